import { and, eq, inArray, or, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { abandoned } from './lease.ts';
import { type DisabledReason, type Webhook, webhookDeliveries, webhooks } from './schema.ts';

/**
 * Called in the transaction that disables a webhook because of its failures: whatever it writes (a mail to the owner)
 * exists exactly when the webhook is disabled.
 */
export type WebhookDisabled = (tx: Db, webhook: Webhook) => Promise<void>;

/** A webhook that has failed for so long without any success is disabled. */
const failingFor = sql`interval '3 days'`;
/** Nor for a single hiccup after a long silence: the delivery that shows it has been tried so often, some ten minutes long. */
const triedAtLeast = 5;
/** So many deliveries in a row that were given up disable it as well. */
const maxGivenUp = 20;

const sentences: Record<DisabledReason, string> = {
  gone: 'Its receiver answered 410 Gone: it wants no more events.',
  failing: 'No delivery has succeeded for three days.',
  rejecting: `${maxGivenUp} deliveries in a row could not be delivered within a day each.`,
  user: 'It was switched off.',
};

/** Why a webhook is disabled, in words for its owner; null while it is active. */
export function explainDisabled(webhook: Pick<Webhook, 'disabledReason'>): string | null {
  return webhook.disabledReason === null ? null : sentences[webhook.disabledReason];
}

/** The webhook of a delivery, locked until the end of `tx`; null when it is gone. */
export async function lockWebhookOf(tx: Db, webhookId: string): Promise<Webhook | null> {
  const [row] = await tx.select().from(webhooks).where(eq(webhooks.id, webhookId)).for('no key update');
  return row ?? null;
}

/** Notes that something arrived: whatever failed before is forgotten. */
export async function noteSuccess(tx: Db, webhook: Webhook): Promise<void> {
  if (webhook.failingSince === null && webhook.failedInARow === 0) return;
  await tx.update(webhooks).set({ failingSince: null, failedInARow: 0 }).where(eq(webhooks.id, webhook.id));
}

/**
 * Notes a failed attempt, or with `givenUp` a delivery that is not tried again. Says whether the webhook is to be
 * disabled for it.
 */
export async function noteFailure(
  tx: Db,
  webhook: Webhook,
  { attempts, givenUp }: { attempts: number; givenUp: boolean },
): Promise<DisabledReason | null> {
  const [row] = await tx
    .update(webhooks)
    .set({
      failingSince: sql`coalesce(${webhooks.failingSince}, now())` as never,
      failedInARow: sql`${webhooks.failedInARow} + ${givenUp ? 1 : 0}` as never,
    })
    .where(eq(webhooks.id, webhook.id))
    .returning({
      failedInARow: webhooks.failedInARow,
      forDays: sql<boolean>`${webhooks.failingSince} < now() - ${failingFor}`,
    });
  if (!row) return null;
  if (row.failedInARow >= maxGivenUp) return 'rejecting';
  return row.forDays && attempts >= triedAtLeast ? 'failing' : null;
}

/** Disables a webhook and cancels what waits to be sent to it. Null when it was disabled already. */
export async function disableWebhook(tx: Db, id: string, reason: DisabledReason): Promise<Webhook | null> {
  const [row] = await tx
    .update(webhooks)
    .set({
      status: 'disabled',
      disabledReason: reason,
      disabledAt: sql`now()` as never,
      updatedAt: sql`now()` as never,
    })
    .where(and(eq(webhooks.id, id), eq(webhooks.status, 'active')))
    .returning();
  if (!row) return null;
  await cancelWaiting(tx, id);
  return row;
}

/** Cancels what is not being sent at this moment: to one webhook, or (null) to all that are disabled. */
export async function cancelWaiting(db: Db, webhookId: string | null): Promise<void> {
  const whose =
    webhookId === null
      ? sql`exists (select 1 from webhooks where webhooks.id = ${webhookDeliveries.webhookId} and webhooks.status = 'disabled')`
      : eq(webhookDeliveries.webhookId, webhookId);
  const waiting = db
    .select({ id: webhookDeliveries.id })
    .from(webhookDeliveries)
    .where(and(whose, or(eq(webhookDeliveries.status, 'pending'), abandoned)))
    // Whoever holds one just now sees for itself that the webhook is disabled; waiting for it could go round in a circle.
    .for('update', { skipLocked: true });
  await db
    .update(webhookDeliveries)
    .set({
      status: 'cancelled',
      nextAttemptAt: null,
      leaseExpiresAt: null,
      lease: sql`${webhookDeliveries.lease} + 1` as never,
    })
    .where(inArray(webhookDeliveries.id, waiting));
}
