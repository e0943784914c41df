import type { AppContext } from '../context.ts';
import type { SafeFetch } from '../net/safe-fetch.ts';
import { createWordPressClient, type WordPressClient, type WordPressClientOptions } from '../wordpress/client.ts';
import { openCredential } from './credentials.ts';
import type { Site } from './schema.ts';

export interface ConnectOptions extends Pick<WordPressClientOptions, 'signal' | 'timeoutMs'> {
  /** Runs before each request; what it throws keeps the request from being sent. */
  beforeRequest?: () => Promise<void>;
}

/**
 * A WordPress client with the site's own address and password.
 * @throws AppError secret_unreadable when the stored password cannot be decrypted.
 */
export function connectToSite(
  ctx: Pick<AppContext, 'secrets' | 'safeFetch'>,
  site: Site,
  { beforeRequest, ...options }: ConnectOptions = {},
): WordPressClient {
  const guarded = async (...request: Parameters<SafeFetch>) => {
    await beforeRequest?.();
    return ctx.safeFetch(...request);
  };
  return createWordPressClient({
    safeFetch: Object.assign(guarded, { close: ctx.safeFetch.close }),
    siteUrl: site.url,
    username: site.username,
    applicationPassword: openCredential(ctx.secrets, site),
    ...(site.restRoot ? { restRoot: site.restRoot } : {}),
    ...options,
  });
}
