import { DrizzleQueryError, eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError, toStoredError } from '../errors.ts';
import { disableWebhook, lockWebhookOf, noteFailure, noteSuccess, type WebhookDisabled } from './health.ts';
import { webhookJob } from './jobs.ts';
import { assertLease, claimDelivery, type Lease, leaseLost, nextWaiting, releaseLease, renewLease } from './lease.ts';
import { type DisabledReason, type Webhook, type WebhookDelivery, webhooks } from './schema.ts';
import { type Answer, sendDelivery } from './send.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'secrets' | 'safeFetch' | 'log' | 'now'>;

/** All times in milliseconds. */
export interface WebhookTiming {
  /** How long a worker may be silent before another takes its delivery, and how often it renews. */
  leaseMs: number;
  leaseRenewMs: number;
  /** One request to the receiver, with its answer. */
  requestTimeoutMs: number;
  /** Waits before further attempts; after the last the delivery has failed. */
  retryDelaysMs: readonly number[];
  /** The longest that a receiver may ask to be left alone with Retry-After. */
  maxRetryAfterMs: number;
}

const minute = 60_000;
const hour = 60 * minute;
export const webhookTiming: WebhookTiming = {
  leaseMs: 12_000,
  leaseRenewMs: 3_000,
  requestTimeoutMs: 10_000,
  // Together a day: long enough for a receiver that is down over night.
  retryDelaysMs: [5_000, 30_000, 2 * minute, 10 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 8 * hour, 8 * hour],
  // Only the first five waits are shorter: whatever a receiver asks for, it is tried for little more than a day.
  maxRetryAfterMs: hour,
};

/** A delivery whose workers die this often takes them down with it: it is stopped instead of tried for ever. */
const maxAttempts = 25;

type Outcome = { kind: 'answered'; answer: Answer } | { kind: 'ours'; error: unknown } | { kind: 'handed-over' };

/**
 * Takes a delivery, if it is to be had, and sends it once, under a lease that is checked right before the request. How
 * it ended is stored in one transaction with what follows from it: another attempt later, or a webhook disabled with
 * `onDisabled`. A worker that dies after the request leaves a delivery that is sent again with the same id: receivers
 * get everything at least once. Throws only when the database cannot be written.
 */
export async function deliverWebhook(
  ctx: Ctx,
  deliveryId: string,
  shutdown: AbortSignal,
  onDisabled: WebhookDisabled,
  timing: WebhookTiming = webhookTiming,
): Promise<void> {
  const delivery = await claimDelivery(ctx.db, deliveryId, timing.leaseMs);
  if (!delivery) return;
  const lease: Lease = { id: delivery.id, lease: delivery.lease, leaseMs: timing.leaseMs };
  const lost = new AbortController();
  const timer = setInterval(() => {
    renewLease(ctx.db, lease).then(
      (held) => {
        if (!held) lost.abort(leaseLost());
      },
      // The database did not answer: the lease may run out, but it is checked again before the request.
      (error) => ctx.log.warn({ err: error, deliveryId }, 'lease of a webhook delivery not renewed'),
    );
  }, timing.leaseRenewMs);
  try {
    const outcome = await attempt(ctx, delivery, lease, shutdown, lost, timing);
    await store(ctx, delivery, lease, outcome, onDisabled, timing);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'lease_lost')) throw error;
    ctx.log.info({ deliveryId }, 'webhook delivery given up: another worker has it, or its webhook was deleted');
  } finally {
    clearInterval(timer);
  }
}

async function attempt(
  ctx: Ctx,
  delivery: WebhookDelivery,
  lease: Lease,
  shutdown: AbortSignal,
  lost: AbortController,
  timing: WebhookTiming,
): Promise<Outcome> {
  try {
    if (delivery.attempts > maxAttempts) {
      throw new AppError('internal', `This delivery was begun ${maxAttempts} times without coming to an end.`);
    }
    const [webhook] = await ctx.db.select().from(webhooks).where(eq(webhooks.id, delivery.webhookId));
    if (!webhook) throw leaseLost();
    const answer = await sendDelivery(ctx, webhook, delivery, {
      signal: AbortSignal.any([shutdown, lost.signal]),
      timeoutMs: timing.requestTimeoutMs,
      // Whatever keeps us from proving that the lease is ours ends the attempt, and is no failure of the receiver's.
      beforeRequest: () =>
        assertLease(ctx.db, lease).catch((error) => {
          lost.abort(error);
          throw error;
        }),
    });
    return { kind: 'answered', answer };
  } catch (error) {
    if (lost.signal.aborted) throw lost.signal.reason;
    if (shutdown.aborted) return { kind: 'handed-over' };
    if (error instanceof DrizzleQueryError) throw error;
    if (error instanceof AppError && error.code === 'lease_lost') throw error;
    if (!(error instanceof AppError)) {
      ctx.log.error({ err: error, deliveryId: delivery.id }, 'webhook delivery failed unexpectedly');
    }
    return { kind: 'ours', error };
  }
}

/** Writes how the attempt ended and gives the lease up, and with it whatever comes next. */
async function store(
  ctx: Ctx,
  delivery: WebhookDelivery,
  lease: Lease,
  outcome: Outcome,
  onDisabled: WebhookDisabled,
  timing: WebhookTiming,
): Promise<void> {
  const [stored, disabled] = await ctx.db.transaction(async (tx) => {
    // The webhook's row comes first, as with whoever deletes or disables it: nobody waits for the other in a circle.
    const webhook = await lockWebhookOf(tx, delivery.webhookId);
    if (!webhook) throw leaseLost();
    const [released, reason] = await settle(ctx, tx, delivery, lease, webhook, outcome, timing);
    const off = reason === null ? null : await disableWebhook(tx, webhook.id, reason);
    if (off) await onDisabled(tx, off);
    for (const deliveryId of await nextWaiting(tx, delivery.userId)) {
      await ctx.queue.enqueue(tx, webhookJob, { deliveryId });
    }
    return [released, off];
  });
  const { id, webhookId, eventType, status, attempts, responseStatus, durationMs, nextAttemptAt, error } = stored;
  // Never the address: those of many receivers hold a secret.
  ctx.log.info(
    { deliveryId: id, webhookId, eventType, status, attempts, responseStatus, durationMs, nextAttemptAt, error },
    'webhook delivery ended',
  );
  if (disabled) ctx.log.warn({ webhookId, reason: disabled.disabledReason }, 'webhook disabled');
}

/** Stores the end of the attempt; says why the webhook is to be disabled, if it is. */
async function settle(
  ctx: Ctx,
  tx: Db,
  delivery: WebhookDelivery,
  lease: Lease,
  webhook: Webhook,
  outcome: Outcome,
  timing: WebhookTiming,
): Promise<[WebhookDelivery, DisabledReason | null]> {
  if (outcome.kind === 'handed-over') {
    // An interruption of ours is no failure of the receiver's: it costs no attempt.
    return [await again(ctx, tx, lease, webhook, 0, { attempts: sql`attempts - 1` }), null];
  }
  const answer = outcome.kind === 'answered' ? outcome.answer : null;
  const failure = answer ? answer.error : outcome.kind === 'ours' ? outcome.error : null;
  const columns = {
    responseStatus: answer?.responseStatus ?? null,
    responseExcerpt: answer?.responseExcerpt ?? null,
    durationMs: answer?.durationMs ?? null,
    error: failure === null ? null : toStoredError(failure),
  };
  if (failure === null) {
    await noteSuccess(tx, webhook);
    return [await releaseLease(tx, lease, { ...columns, status: 'delivered', deliveredAt: sql`now()` }), null];
  }
  const delay = answer?.gone || isFinal(failure) ? undefined : timing.retryDelaysMs[delivery.attempts - 1];
  const { attempts } = delivery;
  const noted = answer ? await noteFailure(tx, webhook, { attempts, givenUp: delay === undefined }) : null;
  const reason = answer?.gone ? 'gone' : noted;
  if (delay === undefined) {
    return [await releaseLease(tx, lease, { ...columns, status: 'failed', failedAt: sql`now()` }), reason];
  }
  // Up to a fifth more, so that what one outage stopped does not return at once; a receiver can only ask for more.
  const asked = Math.min(answer?.retryAfterMs ?? 0, timing.maxRetryAfterMs);
  const wait = Math.max(delay * (1 + Math.random() / 5), asked);
  return [await again(ctx, tx, lease, webhook, wait, columns), reason];
}

/** True for what cannot be mended by waiting: a fault of ours in this very delivery. */
function isFinal(failure: unknown): boolean {
  return !(failure instanceof AppError) || failure.code === 'internal';
}

async function again(
  ctx: Ctx,
  tx: Db,
  lease: Lease,
  webhook: Webhook,
  waitMs: number,
  columns: Parameters<typeof releaseLease>[2],
): Promise<WebhookDelivery> {
  // It was disabled while this was under way.
  if (webhook.status === 'disabled') return releaseLease(tx, lease, { ...columns, status: 'cancelled' });
  const wait = `${Math.round(waitMs)} milliseconds`;
  const released = await releaseLease(tx, lease, {
    ...columns,
    status: 'pending',
    // Whole milliseconds, as the job's time is given: it must not come a moment too early.
    nextAttemptAt: sql`date_trunc('milliseconds', now() + ${wait}::interval)`,
  });
  const startAfter = released.nextAttemptAt ?? ctx.now();
  await ctx.queue.enqueue(tx, webhookJob, { deliveryId: lease.id }, { startAfter });
  return released;
}
