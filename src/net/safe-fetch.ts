import { Agent, type Response, fetch as undiciFetch } from 'undici';
import { AppError } from '../errors.ts';
import {
  blocked,
  checkUrl,
  createGuardedConnector,
  parsePrivateHosts,
  type ResolveAll,
  resolveAll,
} from './address-guard.ts';
import { fetchFailed, toFetchError } from './fetch-errors.ts';

/** One request. Times in milliseconds, sizes in bytes. */
export interface SafeFetchOptions {
  method?: string;
  headers?: Record<string, string>;
  /** Kept whole in memory, because a redirect with 307 or 308 sends it again. */
  body?: string | Uint8Array<ArrayBuffer>;
  /** Cancels the request; its reason is thrown unchanged. */
  signal?: AbortSignal;
  /** For everything together: names, connections, redirects and the last byte of the body. */
  timeoutMs: number;
  /** Cap on the body after decompression; a function of the answer's headers where it depends on what comes. */
  maxBytes: number | ((headers: Headers) => number);
  /** What becomes of a larger body: the request is refused unless told, or only its first `maxBytes` are read. */
  larger?: 'refuse' | 'cut';
  /** 5 unless told; ignored with `redirect: 'manual'`. */
  maxRedirects?: number;
  /** `manual` returns a 3xx answer as it is. `follow` unless told. */
  redirect?: 'follow' | 'manual';
}

/** An answer, whatever its status. */
export interface SafeFetchResponse {
  status: number;
  /** The address that gave the answer, without a fragment. */
  url: string;
  /** The addresses that redirected, in order, the requested one first; empty when there was no redirect. */
  redirects: string[];
  headers: Headers;
  /** The whole body after decompression; never cut short unless `larger` said so. */
  body: Uint8Array<ArrayBuffer>;
}

/** Fetches an address that a user named; see {@link createSafeFetch}. */
export interface SafeFetch {
  (url: string | URL, options: SafeFetchOptions): Promise<SafeFetchResponse>;
  /** Closes idle connections and waits for running requests. */
  close(): Promise<void>;
}

/** What a safe fetch is built from. */
export interface SafeFetchSettings {
  /** `host`, `host:port`, addresses or CIDR ranges that may be reached although they are private. */
  allowPrivateHosts: readonly string[];
  userAgent: string;
  /** Name resolution; the operating system's unless a test replaces it. */
  resolve?: ResolveAll;
  /** PEM certificates of authorities to trust instead of the built-in ones. */
  ca?: string;
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** Never carried to another origin. */
const credentialHeaders = ['authorization', 'cookie', 'proxy-authorization'];
const bodyHeaders = ['content-type', 'content-length', 'content-encoding', 'content-language', 'content-location'];
const maxHeaderBytes = 32 * 1024;
const maxUrlLength = 8192;

/**
 * Builds the only way out to addresses that users name. It reaches public http(s) addresses and what the operator
 * listed, checks every hop of a redirect anew, carries no credentials to another origin, ends at one deadline however
 * slowly the bytes drip, and counts bytes after decompression. Connections are kept alive and shared.
 *
 * @throws AppError (from the returned function) fetch_blocked when the address may not be reached, fetch_too_large
 * when the body passes `maxBytes`, fetch_failed otherwise; each with a stable word in `details.cause`
 * (fetch_failed: see {@link FetchFailure}). Any HTTP status is an answer, not an error.
 */
export function createSafeFetch(settings: SafeFetchSettings): SafeFetch {
  const allowed = parsePrivateHosts(settings.allowPrivateHosts);
  const agent = new Agent({
    connect: createGuardedConnector({
      allowed,
      resolve: settings.resolve ?? resolveAll,
      ca: settings.ca,
      connectTimeoutMs: 10_000,
    }),
    allowH2: false,
    maxHeaderSize: maxHeaderBytes,
    keepAliveTimeout: 4_000,
    // A server may ask for longer; an idle socket to a stranger is not worth more than this.
    keepAliveMaxTimeout: 30_000,
    connections: 8,
    maxOrigins: 512,
  });

  async function request(target: string | URL, options: SafeFetchOptions): Promise<SafeFetchResponse> {
    options.signal?.throwIfAborted();
    const deadline = AbortSignal.timeout(options.timeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
    const maxRedirects = options.maxRedirects ?? 5;
    const redirects: string[] = [];
    let hop: Hop = {
      url: parseUrl(target),
      method: (options.method ?? 'GET').toUpperCase(),
      headers: new Headers({ 'user-agent': settings.userAgent, ...options.headers }),
      body: options.body,
    };
    for (;;) {
      checkUrl(hop.url, allowed);
      try {
        const response = await undiciFetch(hop.url, {
          method: hop.method,
          headers: [...hop.headers],
          body: hop.body,
          redirect: 'manual',
          signal,
          dispatcher: agent,
        });
        const location = redirectStatuses.has(response.status) ? response.headers.get('location') : null;
        if (location === null || options.redirect === 'manual') {
          const headers = new Headers([...response.headers]);
          const { maxBytes } = options;
          const cap = typeof maxBytes === 'number' ? maxBytes : maxBytes(headers);
          const body = await readCapped(response, hop, cap, options.larger === 'cut');
          return {
            status: response.status,
            url: hop.url.href,
            redirects,
            headers,
            body,
          };
        }
        // Cancelling frees the connection; waiting for the body of a redirect would be a gift to a slow server.
        await response.body?.cancel();
        redirects.push(hop.url.href);
        hop = nextHop(hop, location, response.status);
        if (redirects.includes(hop.url.href)) {
          throw fetchFailed(`${hop.url.href} redirects in a circle.`, 'redirects', { host: hop.url.host, redirects });
        }
        if (redirects.length > maxRedirects) {
          throw fetchFailed(`The address redirects more than ${maxRedirects} times.`, 'redirects', {
            host: hop.url.host,
            redirects,
          });
        }
      } catch (error) {
        if (options.signal?.aborted) throw options.signal.reason;
        if (deadline.aborted) {
          const seconds = Math.round(options.timeoutMs / 100) / 10;
          throw fetchFailed(`${hop.url.host} did not answer completely within ${seconds} seconds.`, 'timeout', {
            host: hop.url.host,
            timeoutMs: options.timeoutMs,
          });
        }
        throw toFetchError(error, hop.url.host);
      }
    }
  }

  return Object.assign(request, { close: () => agent.close() });
}

interface Hop {
  url: URL;
  method: string;
  headers: Headers;
  body: string | Uint8Array<ArrayBuffer> | undefined;
}

function parseUrl(target: string | URL, base?: URL): URL {
  const text = String(target);
  if (text.length > maxUrlLength || !URL.canParse(text, base?.href)) {
    const shown = text.length > 200 ? `${text.slice(0, 200)}...` : text;
    throw blocked(`"${shown}" is not a web address.`, 'invalid_url', {
      hint: 'Write the whole address, for example https://example.com/page.',
    });
  }
  const url = new URL(text, base?.href);
  url.hash = '';
  return url;
}

/** The request after a redirect, by the rules of the Fetch standard (HTTP-redirect fetch, steps 12-14). */
function nextHop(hop: Hop, location: string, status: number): Hop {
  const url = parseUrl(location, hop.url);
  const headers = new Headers(hop.headers);
  if (url.origin !== hop.url.origin) for (const name of credentialHeaders) headers.delete(name);
  const becomesGet =
    (status === 303 && hop.method !== 'GET' && hop.method !== 'HEAD') ||
    ((status === 301 || status === 302) && hop.method === 'POST');
  if (!becomesGet) return { url, method: hop.method, headers, body: hop.body };
  for (const name of bodyHeaders) headers.delete(name);
  return { url, method: 'GET', headers, body: undefined };
}

async function readCapped(
  response: Response,
  hop: Hop,
  maxBytes: number,
  cut: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () =>
    new AppError('fetch_too_large', `${hop.url.href} is larger than the ${maxBytes} bytes that are accepted.`, {
      details: { host: hop.url.host, maxBytes, cause: 'too_large' },
    });
  if (response.body === null) return new Uint8Array(0);
  const announced = Number(response.headers.get('content-length') ?? 0);
  if (hop.method !== 'HEAD' && announced > maxBytes && !cut) {
    await response.body.cancel();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop by an exception cancels the stream, and with it the connection.
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    const room = maxBytes - size;
    if (chunk.byteLength > room && !cut) throw tooLarge();
    chunks.push(chunk.byteLength > room ? chunk.subarray(0, room) : chunk);
    size += Math.min(chunk.byteLength, room);
    if (cut && size === maxBytes) break;
  }
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}
