import { Webhook as Signer } from 'standardwebhooks';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { readRetryAfter } from '../net/retry-after.ts';
import type { SafeFetchResponse } from '../net/safe-fetch.ts';
import { printable } from '../storable.ts';
import type { Webhook, WebhookDelivery, WebhookPayload } from './schema.ts';
import { signingSecrets } from './secrets.ts';

/** How one request to a receiver ended. */
export interface Answer {
  /** Null when it arrived: the receiver answered 2xx. */
  error: AppError | null;
  /** The receiver wants nothing more, ever (410). */
  gone: boolean;
  /** Null when there was no whole answer. */
  responseStatus: number | null;
  responseExcerpt: string | null;
  durationMs: number;
  /** How long the receiver asks to be left alone, in milliseconds. */
  retryAfterMs: number | null;
}

/** Enough for 500 characters of any script. */
const maxResponseBytes = 2_000;
const excerptCharacters = 500;

/** The body of the request: the same bytes at every attempt, whatever order the database keeps names in. */
export function bodyOf({ type, timestamp, data }: WebhookPayload): string {
  return JSON.stringify({ type, timestamp, data });
}

/**
 * Sends a delivery once, signed as Standard Webhooks prescribes (with each secret that is still valid), without
 * following redirects, and reads no more of the answer than is shown. `beforeRequest` runs right before it; what that
 * throws, and the reason of `signal`, are thrown unchanged. What the receiver does is never thrown.
 * @throws AppError secret_unreadable
 */
export async function sendDelivery(
  ctx: Pick<AppContext, 'safeFetch' | 'secrets' | 'now'>,
  webhook: Webhook,
  delivery: WebhookDelivery,
  options: { signal: AbortSignal; timeoutMs: number; beforeRequest: () => Promise<void> },
): Promise<Answer> {
  const body = bodyOf(delivery.payload);
  const at = ctx.now();
  const signatures = signingSecrets(ctx.secrets, webhook, at).map((secret) =>
    new Signer(secret).sign(delivery.id, at, body),
  );
  await options.beforeRequest();
  const started = performance.now();
  const durationMs = () => Math.round(performance.now() - started);
  let response: SafeFetchResponse;
  try {
    response = await ctx.safeFetch(webhook.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': delivery.id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': signatures.join(' '),
      },
      body,
      signal: options.signal,
      timeoutMs: options.timeoutMs,
      maxBytes: maxResponseBytes,
      larger: 'cut',
      redirect: 'manual',
    });
  } catch (error) {
    if (options.signal.aborted || !(error instanceof AppError)) throw error;
    const nothing = { gone: false, responseStatus: null, responseExcerpt: null, retryAfterMs: null };
    return { ...nothing, error: withoutAddress(error, webhook), durationMs: durationMs() };
  }
  const { status } = response;
  return {
    error: status >= 200 && status < 300 ? null : notAccepted(status),
    gone: status === 410,
    responseStatus: status,
    responseExcerpt: excerptOf(response.body),
    durationMs: durationMs(),
    retryAfterMs: msUntil(readRetryAfter(response.headers.get('retry-after'), at), at),
  };
}

const msUntil = (time: Date | null, now: Date) => time && time.getTime() - now.getTime();

function notAccepted(status: number): AppError {
  const hint =
    status === 410
      ? 'The receiver wants no more events. Switch the webhook on again if that was a mistake.'
      : status >= 300 && status < 400
        ? 'Redirects are not followed: set the address that it leads to as the address of the webhook.'
        : undefined;
  return new AppError('webhook_not_accepted', `The receiver answered ${status}.`, hint ? { hint } : {});
}

/** What a name stands for in the operator's network is not for users to find out. */
function withoutAddress(error: AppError, webhook: Webhook): AppError {
  if (error.details?.cause !== 'private_address') return error;
  const { host } = new URL(webhook.url);
  return new AppError('fetch_blocked', `${host} may not be reached from here: it is no public address.`, {
    hint: 'Use a public http(s) address. One in a private network has to be listed by the operator in ALLOW_PRIVATE_HOSTS.',
  });
}

function excerptOf(body: Uint8Array): string {
  const text = printable(new TextDecoder().decode(body));
  // By characters, not halves of them.
  return [...text].slice(0, excerptCharacters).join('');
}
