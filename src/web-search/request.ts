import { AppError } from '../errors.ts';
import { believableRetryAfter } from '../net/retry-after.ts';
import type { SafeFetch } from '../net/safe-fetch.ts';
import { SearchError } from './provider.ts';

const maxBytes = 2_000_000;

/** A provider as requests see it. */
export interface Endpoint {
  http: SafeFetch;
  /** For one request to the last byte of its answer, in milliseconds. */
  timeoutMs: number;
  /** Its name for people. */
  title: string;
  /** True when it bills successful requests only; otherwise a failure of its own may have been billed. */
  failuresAreFree: boolean;
}

/** One request. */
export interface ProviderRequest {
  url: URL;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  signal: AbortSignal;
}

/** An answer of whatever status; `json` is undefined when the body is not JSON. */
export interface ProviderAnswer {
  status: number;
  headers: Headers;
  json: unknown;
}

/**
 * Sends a request and reads the answer, within its time and 2 MB. Redirects are not followed: a key is sent to one
 * host only. Throws {@link SearchError} when no whole answer came, or the reason of the signal.
 */
export async function send(endpoint: Endpoint, request: ProviderRequest): Promise<ProviderAnswer> {
  const { http, title } = endpoint;
  try {
    const answer = await http(request.url, {
      method: request.method ?? 'GET',
      headers: { accept: 'application/json', ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
      signal: request.signal,
      timeoutMs: endpoint.timeoutMs,
      maxBytes,
      redirect: 'manual',
    });
    return { status: answer.status, headers: answer.headers, json: parse(answer.body) };
  } catch (error) {
    request.signal.throwIfAborted();
    throw explain(error, title, request.url.host);
  }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    // Not JSON is an answer too: the caller says what it means, by status.
    return undefined;
  }
}

/** Failures of a connection that never came about: nothing was sent, so nothing was billed. */
const neverSent = new Set(['dns', 'refused', 'unreachable', 'tls']);

function explain(error: unknown, title: string, host: string): SearchError {
  const cause = error instanceof AppError ? String(error.details?.cause) : 'unknown';
  if (error instanceof AppError && error.code === 'fetch_too_large') {
    return new SearchError('search_rejected', `${title} answered with more than ${maxBytes / 1_000_000} MB.`, {
      billed: true,
      cause: error,
    });
  }
  if (error instanceof AppError && error.code === 'fetch_blocked') {
    return new SearchError('search_rejected', `${title} cannot be asked: ${error.message}`, {
      billed: false,
      cause: error,
    });
  }
  const message =
    error instanceof AppError ? `${title} cannot be reached: ${error.message}` : `The search with ${title} broke off.`;
  return new SearchError('search_unavailable', message, {
    billed: !neverSent.has(cause),
    cause: error,
    details: { host, cause },
  });
}

/**
 * What an answer without success means, where the provider's own words say nothing else: 408, 409, 425, 429 and 5xx pass, the rest
 * is permanent. Null for a success.
 */
export function failure(endpoint: Endpoint, answer: ProviderAnswer): SearchError | null {
  const { status, headers } = answer;
  const { title } = endpoint;
  if (status >= 200 && status < 300) {
    if (answer.json !== undefined) return null;
    return unreadable(endpoint);
  }
  if ([408, 409, 425, 429].includes(status) || status >= 500) {
    const retryAt = believableRetryAfter(headers.get('retry-after'), new Date());
    return new SearchError('search_unavailable', `${title} answered ${status}.`, {
      billed: status >= 500 && status !== 503 && !endpoint.failuresAreFree,
      details: { status },
      ...(retryAt ? { retryAt } : {}),
    });
  }
  if (status >= 300 && status < 400) {
    const target = URL.parse(headers.get('location') ?? '')?.host;
    return new SearchError(
      'search_rejected',
      `${title} redirects${target ? ` to ${target}` : ''} instead of answering.`,
      { billed: false, hint: 'Configure the address that answers itself; keys are not carried along.' },
    );
  }
  if (status === 402) {
    return new SearchError('search_rejected', `The account at ${title} is out of credit (402).`, {
      billed: false,
      trouble: 'out-of-credit',
      hint: `Add credit at ${title}, then retry.`,
    });
  }
  if (status === 401 || status === 403) {
    return new SearchError('search_rejected', `${title} refused the key (${status}).`, {
      billed: false,
      trouble: 'rejected',
      hint: `Check the key of ${title} and what it may use, then retry.`,
    });
  }
  return new SearchError('search_rejected', `${title} refused the request (${status}).`, {
    billed: false,
    ofRequest: true,
    details: { status },
  });
}

/** An answer that says success and is not what the provider's API describes. */
export function unreadable(endpoint: Endpoint, hint?: string): SearchError {
  return new SearchError('search_rejected', `${endpoint.title} did not answer with a list of results.`, {
    billed: true,
    ...(hint ? { hint } : {}),
  });
}
