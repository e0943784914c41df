import { AppError } from '../errors.ts';
import type { SafeFetchResponse } from '../net/safe-fetch.ts';
import { describe, isJson, parseJson, readAnswer, record } from './rest-answer.ts';
import { restUrl, siteBase } from './rest-url.ts';
import { otherHostCause, type SiteCause, siteCauseOf, siteError } from './site-error.ts';

/** What a site says of itself at the root of its REST API. */
export interface SiteDiscovery {
  /** Ends in `/wp-json/` or `?rest_route=/`; always on the host that was typed. */
  restRoot: string;
  name: string;
  /** IANA name (`Europe/Paris`) or offset (`+05:30`); `UTC` where the site sets neither. */
  timezone: string;
  /** What the `Date` of the answer says; no answer of a cache. */
  serverTime?: Date;
  /** The `Server` header, which may be that of a proxy. */
  server?: string;
  /** WordPress version, where the site's home page tells it. */
  version?: string;
  namespaces: string[];
  /** False when the site says it has none: too old, turned off, or reached over plain http. */
  applicationPasswords: boolean;
  /** The page where a user can hand out an Application Password. */
  authorizeUrl?: string;
  /** The origin that WordPress calls its own, where that is not the one typed (a proxy, a moved site). */
  namedOrigin?: string;
}

/** Sends one request to the site; `login` adds the credentials. Redirects are followed only without them. */
export type DiscoveryRequest = (
  url: string,
  options: { login: boolean; follow: boolean },
) => Promise<SafeFetchResponse>;

const indexFields = 'name,home,namespaces,authentication,timezone_string,gmt_offset';

/**
 * Finds the REST API of a site: the Link header of the home page (rel `https://api.w.org/`, also as `<link>`), then
 * `/wp-json/`, then `?rest_route=/`. HTML with a 200, which plain permalinks answer at `/wp-json/`, does not count.
 * @throws AppError site_unreachable or site_rejected with `details.cause`.
 */
export async function discoverSite(request: DiscoveryRequest, siteUrl: string): Promise<SiteDiscovery> {
  const home = await readHome(request, siteBase(siteUrl));
  const { base, namedRoot } = home;
  const named = namedRoot === undefined ? null : URL.parse(namedRoot, base);
  const candidates = new Set([
    ...(named ? [`${new URL(base).origin}${named.pathname}${named.search}`] : []),
    `${base}wp-json/`,
    `${base}?rest_route=/`,
  ]);
  const seen: string[] = [];
  let transient: unknown;
  let refused: unknown;
  for (const restRoot of candidates) {
    const answer = await readIndex(request, restRoot);
    if (answer.index) {
      const { index } = answer;
      const origin = URL.parse(typeof index.home === 'string' ? index.home : '')?.origin ?? named?.origin;
      const foreign = origin !== undefined && origin !== new URL(base).origin;
      return {
        restRoot,
        ...aboutSite(index),
        ...aboutServer(answer.headers),
        version: home.version,
        ...(foreign ? { namedOrigin: origin } : {}),
      };
    }
    seen.push(`${new URL(restRoot).pathname}${new URL(restRoot).search} answered ${answer.seen}`);
    transient ??= answer.transient;
    refused ??= answer.refused;
  }
  if (transient !== undefined) throw transient;
  if (refused !== undefined) throw refused;
  const host = new URL(base).host;
  const details = { tried: seen };
  if (named && named.host !== host) {
    throw siteError('rest_on_other_host', `${host} has no REST API of WordPress; it names ${named.origin} instead.`, {
      details,
    });
  }
  throw siteError('rest_missing', `No REST API of WordPress was found at ${host}: ${seen.join('; ')}.`, { details });
}

interface HomePage {
  base: string;
  namedRoot?: string;
  version?: string;
}

/** Reads the home page without the password, and settles the base: http may become https, but never another host. */
async function readHome(request: DiscoveryRequest, typed: string): Promise<HomePage> {
  let response: SafeFetchResponse;
  try {
    response = await request(typed, { login: false, follow: true });
  } catch (error) {
    // A home page of many megabytes says nothing about the REST API behind it.
    if (siteCauseOf(error) === 'answer_too_large') return { base: typed };
    throw error;
  }
  const [from, to] = [new URL(typed), new URL(response.url)];
  if (to.hostname !== from.hostname || (to.protocol === from.protocol && to.port !== from.port)) {
    throw siteError(otherHostCause(from.hostname, to.hostname), `${from.host} redirects to ${to.origin}.`, {
      details: { location: to.origin },
      hint: `Enter ${to.origin}${to.pathname} as the address of the site: the header with the password is not sent along to another host.`,
    });
  }
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw siteError('redirected_to_http', `${from.host} redirects from https to plain http.`, {
      details: { location: to.origin },
    });
  }
  const html = /html/i.test(response.headers.get('content-type') ?? '') ? new TextDecoder().decode(response.body) : '';
  const version = /<meta name="generator" content="WordPress (\d[\w.-]{0,20})"/i.exec(html)?.[1];
  const base = to.protocol === from.protocol ? typed : `${to.origin}${from.pathname}`;
  return { base, namedRoot: namedRoot(response.headers.get('link') ?? '', html), version };
}

function namedRoot(linkHeader: string, html: string): string | undefined {
  const inHeader = /<([^>]*)>\s*;[^,]*?\brel="?https:\/\/api\.w\.org\/"?/i.exec(linkHeader)?.[1];
  const inPage = /<link\b[^>]*\brel=["']https:\/\/api\.w\.org\/["'][^>]*>/i.exec(html)?.[0];
  const href = inPage && /\bhref=["']([^"']*)["']/i.exec(inPage)?.[1];
  return inHeader ?? href?.replaceAll('&#038;', '&').replaceAll('&amp;', '&');
}

interface IndexAnswer {
  index?: Record<string, unknown>;
  headers?: Headers;
  seen: string;
  /** Waiting may help. */
  transient?: unknown;
  /** Something that stands before WordPress forbids it. */
  refused?: unknown;
}

async function readIndex(request: DiscoveryRequest, restRoot: string): Promise<IndexAnswer> {
  const url = restUrl(restRoot, '/', { _fields: indexFields });
  let response = await request(url, { login: false, follow: false });
  // Plugins that close the REST API to visitors answer 401 or 403 in JSON: ask again as the user.
  if ((response.status === 401 || response.status === 403) && isJson(response))
    response = await request(url, { login: true, follow: false });
  const seen = describe(response);
  try {
    const index = record(readAnswer(response, 'GET').json);
    const namespaces = Array.isArray(index.namespaces) ? index.namespaces : [];
    return namespaces.includes('wp/v2')
      ? { index, headers: response.headers, seen }
      : { seen: `${seen} without wp/v2` };
  } catch (error) {
    const cause = siteCauseOf(error);
    if (cause === undefined) throw error;
    // An answer of WordPress itself, to the login: it stands behind every root.
    if (fromWordPress.has(cause) && parseJson(response.body) !== undefined) throw error;
    return {
      seen,
      transient: error instanceof AppError && error.retryable ? error : undefined,
      refused: cause === 'firewall' ? error : undefined,
    };
  }
}

const fromWordPress: ReadonlySet<SiteCause> = new Set(['credentials_rejected', 'rest_disabled']);

function aboutServer(headers: Headers | undefined): Pick<SiteDiscovery, 'serverTime' | 'server'> {
  const time = headers?.has('age') ? Number.NaN : Date.parse(headers?.get('date') ?? '');
  const server = headers?.get('server')?.slice(0, 200);
  return { ...(Number.isNaN(time) ? {} : { serverTime: new Date(time) }), ...(server ? { server } : {}) };
}

function aboutSite(index: Record<string, unknown>) {
  const passwords = record(record(index.authentication)['application-passwords']);
  const authorizeUrl = record(passwords.endpoints).authorization;
  return {
    name: typeof index.name === 'string' ? index.name : '',
    timezone: timezoneOf(index.timezone_string, index.gmt_offset),
    namespaces: Array.isArray(index.namespaces) ? index.namespaces.filter((name) => typeof name === 'string') : [],
    applicationPasswords: Object.keys(passwords).length > 0,
    ...(typeof authorizeUrl === 'string' ? { authorizeUrl } : {}),
  };
}

/** WordPress keeps either a zone's name or an offset in hours (`5.5`), which `Intl` knows as `+05:30`. */
export function timezoneOf(name: unknown, offset: unknown): string {
  if (typeof name === 'string' && name !== '') return name;
  const minutes = Math.round(Number(offset ?? 0) * 60);
  if (!Number.isFinite(minutes) || minutes === 0) return 'UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}
