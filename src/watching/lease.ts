import { and, eq, isNull, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import { mayWork } from '../accounts/work-limits.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type WatchedSource, watchedSources } from './schema.ts';

/** What a worker holds while it reads a source: the lease number that only it has, and for how long at a time. */
export interface ReadingLease {
  sourceId: string;
  lease: number;
  leaseMs: number;
}

export type SourceUpdate = Partial<{ [Column in keyof WatchedSource]: WatchedSource[Column] | SQL }>;

const expiry = (ms: number) => sql`now() + ${`${ms} milliseconds`}::interval`;

/** No server is believed that wants to be left alone for longer than this, in days; what lies further ahead was set by a wrong clock. */
export const longestWaitDays = 30;
const byAnotherClock = sql`${watchedSources.nextReadAt} > now() + ${`${longestWaitDays + 1} days`}::interval`;

/** True for a source whose time has come and that nobody reads. */
export const dueAndFree = and(
  isNull(watchedSources.pausedAt),
  or(isNull(watchedSources.leaseExpiresAt), lt(watchedSources.leaseExpiresAt, sql`now()`)),
  or(lte(watchedSources.nextReadAt, sql`now()`), byAnotherClock),
  mayWork(watchedSources.userId),
);

/**
 * Takes a source that is due, or whose reader has been silent for the length of a lease. Raises the lease number, which
 * fences off whoever held it before. Null when there is nothing to do.
 */
export async function claimSource(db: Db, sourceId: string, leaseMs: number): Promise<WatchedSource | null> {
  const [row] = await db
    .update(watchedSources)
    .set({ lease: sql`${watchedSources.lease} + 1` as never, leaseExpiresAt: expiry(leaseMs) as never })
    .where(and(eq(watchedSources.id, sourceId), dueAndFree))
    .returning();
  return row ?? null;
}

/** Prolongs a lease, and locks the source until the end of a transaction; call it first in one. Throws `lease_lost`. */
export async function prolongLease(db: Db, lease: ReadingLease): Promise<void> {
  await write(db, lease, { leaseExpiresAt: expiry(lease.leaseMs) });
}

/** Writes how a reading ended and gives the lease up. Throws `lease_lost`. */
export async function releaseSource(db: Db, lease: ReadingLease, change: SourceUpdate): Promise<void> {
  await write(db, lease, { ...change, lease: sql`${watchedSources.lease} + 1`, leaseExpiresAt: null });
}

async function write(db: Db, { sourceId, lease }: ReadingLease, change: SourceUpdate): Promise<void> {
  const rows = await db
    .update(watchedSources)
    .set({ ...(change as Partial<WatchedSource>), updatedAt: sql`now()` as never })
    .where(and(eq(watchedSources.id, sourceId), eq(watchedSources.lease, lease)))
    .returning({ id: watchedSources.id });
  if (rows.length === 0) throw new AppError('lease_lost', 'Another worker reads this source, or it was deleted.');
}
