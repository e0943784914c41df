import { and, eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError, toStoredError } from '../errors.ts';
import { allPrintable } from '../storable.ts';
import type { EventType, SubscribableType } from './event-types.ts';
import { webhookJob } from './jobs.ts';
import { type WebhookDelivery, type WebhookPayload, webhookDeliveries, webhooks } from './schema.ts';

/** What happened. `data` is thin: ids, and what a receiver needs to decide; never a secret, never a whole text. */
export interface WebhookEvent {
  type: SubscribableType;
  /** A function where it has to be read first: it is called only when a webhook wants to know. */
  data: Record<string, unknown> | (() => Promise<Record<string, unknown>>);
}

/**
 * Tells the user's webhooks that want to know: writes one delivery for each and enqueues it, in the transaction `tx`
 * that made the change, so that neither exists without the other. Costs one query when no webhook wants to know.
 * Receivers get events at least once and in no particular order.
 */
export async function emitEvent(
  ctx: Pick<AppContext, 'queue'>,
  tx: Db,
  userId: string,
  { type, data }: WebhookEvent,
): Promise<void> {
  const receivers = await tx
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(and(eq(webhooks.userId, userId), eq(webhooks.status, 'active'), sql`${type} = any(${webhooks.events})`))
    // One that is being deleted at this moment is waited for and left out: the change itself must not fail for it.
    .for('key share');
  if (receivers.length === 0) return;
  const payload = payloadOf(type, typeof data === 'function' ? await data() : data);
  for (const { id } of receivers) await addDelivery(ctx, tx, userId, id, payload);
}

/** The body of an event that happens now. */
export function payloadOf(type: EventType, data: Record<string, unknown>): WebhookPayload {
  return { type, timestamp: new Date().toISOString(), data: allPrintable(data) };
}

/** How many deliveries may wait for one webhook: its receiver is behind by hours then. */
export const mostPending = 10_000;

/** What becomes of an event for which there is no room: it is there to be sent again, once the receiver keeps up. */
const noRoom = () =>
  toStoredError(
    new AppError('queue_full', `${mostPending} deliveries wait for this webhook, and no more may wait.`, {
      hint: 'Mend the receiver or make it faster; then send this again.',
    }),
  );

/** Writes a delivery and enqueues it in `tx`; one too many is written as failed. */
export async function addDelivery(
  ctx: Pick<AppContext, 'queue'>,
  tx: Db,
  userId: string,
  webhookId: string,
  payload: WebhookPayload,
): Promise<WebhookDelivery> {
  const waiting = await queryRows(
    tx,
    sql`select 1 from webhook_deliveries where webhook_id = ${webhookId} and user_id = ${userId} and status = 'pending'
        offset ${mostPending - 1} limit 1`,
  );
  const full = waiting.length > 0;
  const [row] = await tx
    .insert(webhookDeliveries)
    .values({
      id: newId(),
      webhookId,
      userId,
      eventType: payload.type,
      payload,
      ...(full
        ? { status: 'failed', failedAt: sql`now()` as never, error: noRoom() }
        : { status: 'pending', nextAttemptAt: sql`now()` as never }),
    })
    .returning();
  if (!row) throw new Error('insert returned no row');
  if (!full) await ctx.queue.enqueue(tx, webhookJob, { deliveryId: row.id });
  return row;
}
