import { and, eq, isNull, lt, lte, not, or, sql } from 'drizzle-orm';
import { mayWork } from '../accounts/work-limits.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Publication, publications } from './schema.ts';

/** What a worker holds while it delivers: the row with the lease number that only it has, and for how long at a time. */
export type Lease = Pick<Publication, 'id' | 'lease'> & { leaseMs: number };

export type PublicationChange = Partial<{ [Column in keyof typeof publications.$inferInsert]: unknown }>;

const expiry = (ms: number) => sql`now() + ${`${ms} milliseconds`}::interval`;
const held = (lease: Lease) =>
  and(eq(publications.id, lease.id), eq(publications.lease, lease.lease), eq(publications.status, 'publishing'));
const lost = () => new AppError('lease_lost', 'Another worker has taken this publication over, or it was cancelled.');

/** True for a row whose worker has been silent for too long, or never wrote how long it would be. */
export const abandoned = and(
  eq(publications.status, 'publishing'),
  or(isNull(publications.leaseExpiresAt), lt(publications.leaseExpiresAt, sql`now()`)),
);

/**
 * How many publications of one site are delivered at a time: a site that hangs must not take every worker. Not exact when
 * several workers ask at the same moment, and need not be.
 */
const perSite = 2;
const siteIsFree = sql`(select count(*) from publications as other where other.site_id = ${publications.siteId}
  and other.id <> ${publications.id} and other.status = 'publishing' and other.lease_expires_at >= now()) < ${perSite}`;
/**
 * No attempt is put off for longer than a day (what a site may ask for at most) and a fifth of the longest delay: what
 * lies further ahead was set while the clock was wrong. A time that a person chose is another matter.
 */
export const setByAnotherClock = and(
  eq(publications.status, 'queued'),
  sql`${publications.nextAttemptAt} > now() + interval '26 hours'`,
);
const due = and(
  mayWork(publications.userId),
  or(eq(publications.status, 'queued'), eq(publications.status, 'scheduled')),
  or(isNull(publications.nextAttemptAt), lte(publications.nextAttemptAt, sql`now()`), setByAnotherClock),
);

/** True for a row whose worker is gone and whose user may have work done. */
const takeable = and(abandoned, mayWork(publications.userId));

/** Whether a publication is due and only waits for others of its site to be done. */
export async function waitsForSite(db: Db, id: string): Promise<boolean> {
  return (await db.$count(publications, and(eq(publications.id, id), due, not(siteIsFree)))) > 0;
}

/**
 * Takes a publication to deliver it: one that is due while its site is free, or whose worker has been silent for the length of a lease. Raises
 * the lease number, which fences off whoever held it before, and counts the attempt. Null when there is nothing to do,
 * or its user is disabled.
 */
export async function claimPublication(db: Db, id: string, leaseMs: number): Promise<Publication | null> {
  const [claimed] = await db
    .update(publications)
    .set({
      status: 'publishing',
      lease: sql`${publications.lease} + 1`,
      leaseExpiresAt: expiry(leaseMs),
      attempts: sql`${publications.attempts} + 1`,
      nextAttemptAt: null,
    })
    .where(and(eq(publications.id, id), or(and(due, siteIsFree), takeable)))
    .returning();
  return claimed ?? null;
}

/** Prolongs the lease; false when it has been lost. */
export async function renewLease(db: Db, lease: Lease): Promise<boolean> {
  const renewed = await db
    .update(publications)
    .set({ leaseExpiresAt: expiry(lease.leaseMs) })
    .where(held(lease))
    .returning({ id: publications.id });
  return renewed.length > 0;
}

/** Makes sure that the lease is ours for another full length, right before something that cannot be undone. Throws `lease_lost`. */
export async function assertLease(db: Db, lease: Lease): Promise<void> {
  if (!(await renewLease(db, lease))) throw lost();
}

/** Changes a publication under its lease and keeps the lease. Throws `lease_lost`. */
export async function changeUnderLease(db: Db, lease: Lease, change: PublicationChange): Promise<void> {
  const changed = await db
    .update(publications)
    .set({ ...(change as Partial<Publication>), leaseExpiresAt: expiry(lease.leaseMs) })
    .where(held(lease))
    .returning({ id: publications.id });
  if (changed.length === 0) throw lost();
}

/** Changes a publication under its lease and gives the lease up. Throws `lease_lost`. */
export async function releaseLease(tx: Db, lease: Lease, change: PublicationChange): Promise<Publication> {
  const [released] = await tx
    .update(publications)
    .set({ ...(change as Partial<Publication>), lease: sql`${publications.lease} + 1`, leaseExpiresAt: null })
    .where(held(lease))
    .returning();
  if (!released) throw lost();
  return released;
}
