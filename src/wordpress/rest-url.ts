import { AppError } from '../errors.ts';

/** Query parameters of a REST call; undefined ones are left out. */
export type RestParameters = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The address of a site as typed, made regular: ends in `/`, without query, fragment and the pages people copy along
 * (`/wp-admin/...`, `/wp-login.php`, `/wp-json/`).
 * @throws AppError invalid_request for anything but an http(s) address without a password in it.
 */
export function siteBase(siteUrl: string): string {
  const url = URL.parse(siteUrl.trim());
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new AppError('invalid_request', 'The address of a site begins with https:// or http://.', {
      hint: 'For example https://example.com',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new AppError('invalid_request', 'The address of a site may not hold a user name or password.', {
      hint: 'Enter them in the fields for user name and Application Password.',
    });
  }
  const path = url.pathname
    .replace(/\/(?:wp-admin(?:\/.*)?|wp-login\.php|wp-json(?:\/.*)?|index\.php)$/, '')
    .replace(/\/*$/, '/');
  return `${url.origin}${path}`;
}

/**
 * Address of a REST route below a root of either kind: `https://x/wp-json/` (pretty permalinks) or
 * `https://x/?rest_route=/` and `https://x/index.php?rest_route=/` (plain ones).
 * @param path begins with `/`, for example `/wp/v2/posts`; `/` is the index.
 */
export function restUrl(restRoot: string, path: string, parameters: RestParameters = {}): string {
  const url = new URL(restRoot);
  const route = url.searchParams.get('rest_route');
  if (route === null) url.pathname = url.pathname.replace(/\/*$/, '') + path;
  else url.searchParams.set('rest_route', route.replace(/\/*$/, '') + path);
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) url.searchParams.set(name, String(value));
  return url.href;
}

/** True for a root that goes through `?rest_route=`: the site has plain permalinks, or its rewriting is broken. */
export function isPlainRoot(restRoot: string): boolean {
  return new URL(restRoot).searchParams.has('rest_route');
}
