import { and, desc, eq, inArray, isNull, lt, lte, or, sql } from 'drizzle-orm';
import { mayWork } from '../accounts/work-limits.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { sites } from '../sites/schema.ts';
import { startStopwatch } from '../stopwatch.ts';
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
 * No attempt is put off for longer than a day (what a site may ask for at most) and a fifth of the longest delay: what
 * lies further ahead was set while the clock was wrong. A time that a person chose is another matter.
 */
export const setByAnotherClock = and(
  eq(publications.status, 'queued'),
  sql`${publications.nextAttemptAt} > now() + interval '26 hours'`,
);
/** True for what waits and whose time has come. */
export const due = and(
  inArray(publications.status, ['queued', 'scheduled']),
  or(isNull(publications.nextAttemptAt), lte(publications.nextAttemptAt, sql`now()`), setByAnotherClock),
);
/** True for a site whose queue moves: not paused, not asking for peace (unless by a wrong clock), its user not disabled. */
export const siteMoves = and(
  isNull(sites.pausedAt),
  or(
    isNull(sites.quietUntil),
    lte(sites.quietUntil, sql`now()`),
    sql`${sites.quietUntil} > now() + interval '26 hours'`,
  ),
  mayWork(sites.userId),
);

/**
 * Locks the queue of a site until the end of `tx`: taking, giving back, moving and pausing happen one after another.
 * Always before any row of a publication. New publications can still be asked for.
 */
export async function lockQueue(tx: Db, siteId: string): Promise<void> {
  await tx.select({ id: sites.id }).from(sites).where(eq(sites.id, siteId)).for('no key update');
}

/**
 * Takes the first publication in the queue of a site to deliver it; the site is that of `ticketId`, a publication.
 * First comes one whose worker has been silent for the length of a lease, then what is due, by priority and position.
 * Raises the lease number, which fences off whoever held it before, and counts the attempt. Null when there is nothing
 * to do, when one of the site is being delivered, and when its queue does not move ({@link siteMoves}).
 */
export async function claimPublication(db: Db, ticketId: string, leaseMs: number): Promise<Publication | null> {
  return db.transaction(async (tx) => {
    const siteOfTicket = tx.select({ id: publications.siteId }).from(publications).where(eq(publications.id, ticketId));
    // Two workers cannot both find the site free: the second one waits here, and then sees what the first has taken.
    const [site] = await tx
      .select({ id: sites.id })
      .from(sites)
      .where(and(eq(sites.id, siteOfTicket), siteMoves))
      .for('no key update');
    if (!site) return null;
    const first = await firstOf(tx, site.id);
    if (!first) return null;
    const [claimed] = await tx
      .update(publications)
      .set({
        status: 'publishing',
        lease: sql`${publications.lease} + 1`,
        leaseExpiresAt: expiry(leaseMs),
        attempts: sql`${publications.attempts} + 1`,
        nextAttemptAt: null,
      })
      .where(eq(publications.id, first))
      .returning();
    return claimed ?? null;
  });
}

/** The one whose turn it is, locked. Two statements, because each of them has an index that leads to its row. */
async function firstOf(tx: Db, siteId: string): Promise<string | null> {
  const ofSite = eq(publications.siteId, siteId);
  const [begun] = await tx
    .select({ id: publications.id, abandoned: sql<boolean>`${abandoned}` })
    .from(publications)
    .where(and(ofSite, eq(publications.status, 'publishing')))
    .orderBy(sql`${abandoned}`, publications.id)
    .limit(1)
    .for('no key update');
  if (begun) return begun.abandoned ? begun.id : null;
  // A row that a cancellation holds is waited for, and passed over if it is cancelled then.
  const [next] = await tx
    .select({ id: publications.id })
    .from(publications)
    .where(and(ofSite, due))
    .orderBy(desc(publications.priority), publications.position, publications.id)
    .limit(1)
    .for('no key update');
  return next?.id ?? null;
}

/** A publication of the site that could be taken at once; null when there is none. Lock the queue before. */
export async function nextInQueue(tx: Db, siteId: string): Promise<string | null> {
  const [next] = await tx
    .select({ id: publications.id })
    .from(publications)
    .innerJoin(sites, eq(sites.id, publications.siteId))
    .where(and(eq(publications.siteId, siteId), due, siteMoves))
    .limit(1);
  return next?.id ?? null;
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

/**
 * Makes sure that the lease is ours for at least a quarter of its length, right before something that cannot be undone: do
 * that at once. An answer that took longer is asked for again, because this process may have been frozen over it, and the
 * lease be another's by the time it wakes. Throws `lease_lost`.
 */
export async function assertLease(db: Db, lease: Lease): Promise<void> {
  for (let passed = Infinity; passed > 0.75 * lease.leaseMs; ) {
    const since = startStopwatch();
    if (!(await renewLease(db, lease))) throw lost();
    passed = since();
  }
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
