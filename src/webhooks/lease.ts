import { and, eq, isNull, lt, lte, or, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type WebhookDelivery, webhookDeliveries } from './schema.ts';

/** What a worker holds while it sends: the row with the lease number that only it has, and for how long at a time. */
export type Lease = Pick<WebhookDelivery, 'id' | 'lease'> & { leaseMs: number };

export type DeliveryChange = Partial<{ [Column in keyof typeof webhookDeliveries.$inferInsert]: unknown }>;

const expiry = (ms: number) => sql`now() + ${`${ms} milliseconds`}::interval`;
const held = (lease: Lease) =>
  and(
    eq(webhookDeliveries.id, lease.id),
    eq(webhookDeliveries.lease, lease.lease),
    eq(webhookDeliveries.status, 'delivering'),
  );
/** What a worker gets to hear that has lost its lease. */
export const leaseLost = () =>
  new AppError('lease_lost', 'Another worker has taken this delivery over, or its webhook was deleted.');

/** True for a row whose worker has been silent for too long, or never wrote how long it would be. */
export const abandoned = and(
  eq(webhookDeliveries.status, 'delivering'),
  or(isNull(webhookDeliveries.leaseExpiresAt), lt(webhookDeliveries.leaseExpiresAt, sql`now()`)),
);

/** How many deliveries go out at a time to one webhook and for one user: who hangs must not take every worker. */
const perWebhook = 2;
const perUser = 3;
const hasRoom = sql`(select count(*) < ${perUser} and count(*) filter (where other.webhook_id = ${webhookDeliveries.webhookId}) < ${perWebhook}
  from webhook_deliveries as other where other.user_id = ${webhookDeliveries.userId}
  and other.id <> ${webhookDeliveries.id} and other.status = 'delivering' and other.lease_expires_at >= now())`;

/** False while the webhook or its user is disabled. Users stand in a room above, so only the name of their table is used. */
export const maySend = sql`exists (select 1 from webhooks join users on users.id = webhooks.user_id
  where webhooks.id = ${webhookDeliveries.webhookId} and webhooks.status = 'active' and not users.disabled)`;

/** No attempt is put off for longer than the longest delay and a fifth of it: what lies further ahead was set by a wrong clock. */
export const setByAnotherClock = and(
  eq(webhookDeliveries.status, 'pending'),
  sql`${webhookDeliveries.nextAttemptAt} > now() + interval '11 hours'`,
);
const due = and(
  eq(webhookDeliveries.status, 'pending'),
  or(
    isNull(webhookDeliveries.nextAttemptAt),
    // The time of this very moment, not of the transaction's begin: what came due meanwhile counts.
    lte(webhookDeliveries.nextAttemptAt, sql`clock_timestamp()`),
    setByAnotherClock,
  ),
);

/**
 * Takes a delivery to send it: one that is due while its webhook and its user have room, or whose worker has been silent
 * for the length of a lease. Raises the lease number, which fences off whoever held it before, and counts the attempt.
 * Null when there is nothing to do now; what waits for room is enqueued by whoever makes room ({@link nextWaiting}).
 */
export async function claimDelivery(db: Db, id: string, leaseMs: number): Promise<WebhookDelivery | null> {
  return db.transaction(async (tx) => {
    // One claim of a user at a time: a burst of events would otherwise find room for all of them at the same moment.
    await tx.execute(
      sql`select pg_advisory_xact_lock(hashtext('deliveries of ' || user_id)) from webhook_deliveries where id = ${id}`,
    );
    const [claimed] = await tx
      .update(webhookDeliveries)
      .set({
        status: 'delivering',
        lease: sql`${webhookDeliveries.lease} + 1`,
        leaseExpiresAt: expiry(leaseMs),
        attempts: sql`${webhookDeliveries.attempts} + 1`,
        nextAttemptAt: null,
      } as DeliveryChange as Partial<WebhookDelivery>)
      .where(and(eq(webhookDeliveries.id, id), maySend, or(and(due, hasRoom), abandoned)))
      .returning();
    return claimed ?? null;
  });
}

/** What has waited longest of a user's deliveries for which there is room now, as many as can go out to one webhook. */
export async function nextWaiting(db: Db, userId: string): Promise<string[]> {
  const rows = await db
    .select({ id: webhookDeliveries.id })
    .from(webhookDeliveries)
    .where(and(eq(webhookDeliveries.userId, userId), due, maySend, hasRoom))
    .orderBy(webhookDeliveries.nextAttemptAt)
    .limit(perWebhook);
  return rows.map(({ id }) => id);
}

/** Prolongs the lease; false when it has been lost. */
export async function renewLease(db: Db, lease: Lease): Promise<boolean> {
  const renewed = await db
    .update(webhookDeliveries)
    .set({ leaseExpiresAt: expiry(lease.leaseMs) as never })
    .where(held(lease))
    .returning({ id: webhookDeliveries.id });
  return renewed.length > 0;
}

/** Makes sure that the lease is ours for another full length, right before the request. Throws `lease_lost`. */
export async function assertLease(db: Db, lease: Lease): Promise<void> {
  if (!(await renewLease(db, lease))) throw leaseLost();
}

/** Changes a delivery under its lease and gives the lease up. Throws `lease_lost`. */
export async function releaseLease(tx: Db, lease: Lease, change: DeliveryChange): Promise<WebhookDelivery> {
  const [released] = await tx
    .update(webhookDeliveries)
    .set({
      ...(change as Partial<WebhookDelivery>),
      lease: sql`${webhookDeliveries.lease} + 1` as never,
      leaseExpiresAt: null,
    })
    .where(held(lease))
    .returning();
  if (!released) throw leaseLost();
  return released;
}
