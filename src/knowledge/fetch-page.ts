import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { believableRetryAfter } from '../net/retry-after.ts';
import type { SafeFetchResponse } from '../net/safe-fetch.ts';

/** Bytes from an address. */
export interface FetchedPage {
  /** Where redirects have led. */
  url: string;
  body: Uint8Array;
  contentType: string | null;
}

const pageTimeoutMs = 20_000;
const maxPageBytes = 5_000_000;
/** A PDF may be larger; and what is in a file that is only called one is found out after it was fetched. */
const maxFileBytes = 20_000_000;

const accept =
  'text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/pdf,text/*;q=0.8,*/*;q=0.1';

/** What a server said of an answer, to be asked later only for what has changed (RFC 9110, 13.1). */
export interface Validators {
  etag: string | null;
  lastModified: string | null;
}

/**
 * Fetches a page that its site lets robots read.
 * @throws AppError fetch_blocked, fetch_failed or fetch_too_large; with `details.cause` `login` for pages that answer
 * 401 or 403 or send the reader to a log-in, and `retryAt` where the site says when to come back
 */
export async function fetchPage(
  ctx: Pick<AppContext, 'safeFetch' | 'robots'>,
  url: string,
  signal: AbortSignal,
): Promise<FetchedPage> {
  return toPage(url, await request(ctx, url, signal, {}));
}

/** The same for a page that was fetched before; null when it has not changed since. Throws as {@link fetchPage}. */
export async function fetchIfChanged(
  ctx: Pick<AppContext, 'safeFetch' | 'robots'>,
  url: string,
  { etag, lastModified }: Validators,
  signal: AbortSignal,
): Promise<(FetchedPage & Validators) | null> {
  const answer = await request(ctx, url, signal, {
    ...(etag ? { 'if-none-match': etag } : {}),
    ...(lastModified ? { 'if-modified-since': lastModified } : {}),
  });
  if (answer.status === 304 && (etag || lastModified)) return null;
  const page = toPage(url, answer);
  return { ...page, etag: answer.headers.get('etag'), lastModified: answer.headers.get('last-modified') };
}

async function request(
  ctx: Pick<AppContext, 'safeFetch' | 'robots'>,
  url: string,
  signal: AbortSignal,
  headers: Record<string, string>,
): Promise<SafeFetchResponse> {
  if (!(await ctx.robots.allowed(url))) {
    throw new AppError('fetch_blocked', 'The site does not allow robots on this page (robots.txt).', {
      hint: 'Use another page, or paste its text if you may.',
      details: { cause: 'robots' },
    });
  }
  return ctx.safeFetch(url, {
    signal,
    timeoutMs: pageTimeoutMs,
    maxBytes: (answer) => (/pdf|octet-stream/i.test(answer.get('content-type') ?? '') ? maxFileBytes : maxPageBytes),
    headers: { accept, ...headers },
  });
}

function toPage(url: string, answer: SafeFetchResponse): FetchedPage {
  if (answer.status < 200 || answer.status > 299) throw refusedBy(answer.status, answer.headers);
  if (answer.redirects.length > 0 && isLogin(answer.url) && !isLogin(url)) {
    throw login(`The site sends readers of this page to a log-in (${new URL(answer.url).pathname}).`);
  }
  return { url: answer.url, body: answer.body, contentType: answer.headers.get('content-type') };
}

function login(message: string): AppError {
  return new AppError('fetch_failed', message, {
    hint: 'Log in with your browser and paste the text of the page as a source, if you may use it.',
    details: { cause: 'login' },
  });
}

const loginSegments =
  /\/(wp-login\.php|log-?in|sign-?in|sign_in|sso|oauth2?|session\/new|auth\/realms)(\/|\.\w+)?$|\/(oauth2?|sso)\//i;

function isLogin(url: string): boolean {
  return loginSegments.test(new URL(url).pathname);
}

function refusedBy(status: number, headers: Headers): AppError {
  const asked = status === 429 || status >= 500;
  const retryAt = asked ? believableRetryAfter(headers.get('retry-after'), new Date()) : null;
  const retry = retryAt === null ? {} : { retryAt };
  const failed = (message: string, hint: string, cause: string) =>
    new AppError('fetch_failed', message, { hint, details: { cause, status }, ...retry });
  const paste = 'Open the page in a browser and paste its text as a source, if you may use it.';
  if (status === 401 || status === 407) return login(`The page asks for a log-in (it answered ${status}).`);
  if (status === 403 && !headers.has('cf-mitigated')) {
    return login('The site refuses to show the page (it answered 403): it asks for a log-in, or keeps robots out.');
  }
  if (status === 403 || status === 402 || status === 451) {
    return failed(`The site refuses to show the page to robots (it answered ${status}).`, paste, 'refused_page');
  }
  if (status === 404 || status === 410) {
    return failed(
      `The page does not exist (the site answered ${status}).`,
      'Check the address in a browser.',
      'not_found',
    );
  }
  if (status === 429) {
    return failed(
      'The site asks for fewer requests (it answered 429).',
      `Try again later. ${paste}`,
      'too_many_requests',
    );
  }
  if (status >= 500) {
    return failed(
      `The site has a fault of its own (it answered ${status}).`,
      'Try again when the page opens in a browser.',
      'server_error',
    );
  }
  return failed(`The page answered ${status}.`, paste, 'status');
}
