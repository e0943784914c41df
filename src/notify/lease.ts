import { and, eq, getTableColumns, isNull, lt, lte, or, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Email, emails } from './schema.ts';

/** What a worker holds while it sends: the row with the lease number that only it has, and for how long at a time. */
export type Lease = Pick<Email, 'id' | 'lease'> & { leaseMs: number };
export type ClaimedEmail = Email & { tooLate: boolean };
export type EmailChange = Partial<{ [Column in keyof typeof emails.$inferInsert]: unknown }>;

const expiry = (ms: number) => sql`now() + ${`${ms} milliseconds`}::interval`;
const held = (lease: Lease) =>
  and(eq(emails.id, lease.id), eq(emails.lease, lease.lease), eq(emails.status, 'sending'));
const lost = () => new AppError('lease_lost', 'Another worker has taken this mail over.');

/** True for a row whose worker has been silent for too long. */
export const abandoned = and(
  eq(emails.status, 'sending'),
  or(isNull(emails.leaseExpiresAt), lt(emails.leaseExpiresAt, sql`now()`)),
);
/** No attempt is put off for longer than a day: what lies further ahead was set while the clock was wrong. */
export const setByAnotherClock = and(
  eq(emails.status, 'queued'),
  sql`${emails.nextAttemptAt} > now() + interval '26 hours'`,
);
const due = and(
  eq(emails.status, 'queued'),
  or(isNull(emails.nextAttemptAt), lte(emails.nextAttemptAt, sql`now()`), setByAnotherClock),
);

/**
 * Takes a mail to send it: one that is due, or whose worker has been silent for the length of a lease. Raises the lease
 * number, which fences off whoever held it before, and counts the attempt. Null when there is nothing to do.
 */
export async function claimEmail(db: Db, id: string, leaseMs: number): Promise<ClaimedEmail | null> {
  const [claimed] = await db
    .update(emails)
    .set({
      status: 'sending',
      lease: sql`${emails.lease} + 1`,
      leaseExpiresAt: expiry(leaseMs),
      attempts: sql`${emails.attempts} + 1`,
      lastAttemptAt: sql`now()`,
      nextAttemptAt: null,
    })
    .where(and(eq(emails.id, id), or(due, abandoned)))
    .returning({ ...getTableColumns(emails), tooLate: sql<boolean>`${emails.giveUpAt} <= now()` });
  return claimed ?? null;
}

/** Prolongs the lease; false when it has been lost. */
export async function renewLease(db: Db, lease: Lease): Promise<boolean> {
  const renewed = await db
    .update(emails)
    .set({ leaseExpiresAt: expiry(lease.leaseMs) })
    .where(held(lease))
    .returning({ id: emails.id });
  return renewed.length > 0;
}

/** Makes sure that the lease is ours for another full length, right before what cannot be undone. Throws `lease_lost`. */
export async function assertLease(db: Db, lease: Lease): Promise<void> {
  if (!(await renewLease(db, lease))) throw lost();
}

/** Changes a mail under its lease and gives the lease up. Throws `lease_lost`. */
export async function releaseLease(tx: Db, lease: Lease, change: EmailChange): Promise<Email> {
  const [released] = await tx
    .update(emails)
    .set({ ...(change as Partial<Email>), lease: sql`${emails.lease} + 1`, leaseExpiresAt: null })
    .where(held(lease))
    .returning();
  if (!released) throw lost();
  return released;
}
