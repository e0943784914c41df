import { and, eq, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { mayWork } from '../accounts/work-limits.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type SiteSync, siteSyncs } from './schema.ts';

/** What a worker holds while it reads a site's posts: the lease number that only it has, and for how long at a time. */
export interface SyncLease {
  siteId: string;
  lease: number;
  leaseMs: number;
}

export type SyncChange = Partial<{ [Column in keyof SiteSync]: SiteSync[Column] | SQL }>;

const expiry = (ms: number) => sql`now() + ${`${ms} milliseconds`}::interval`;
const held = ({ siteId, lease }: SyncLease) => and(eq(siteSyncs.siteId, siteId), eq(siteSyncs.lease, lease));

/** No run is put off for longer than a day: what lies further ahead was set while the clock was wrong. */
const byAnotherClock = sql`${siteSyncs.nextSyncAt} > now() + interval '26 hours'`;
/** Nothing is asked of a site that is paused, that fails its checks, or whose user is disabled. */
const readable = and(
  mayWork(siteSyncs.userId),
  sql`exists (select 1 from sites where sites.id = ${siteSyncs.siteId} and sites.paused_at is null and sites.failing_since is null)`,
);

/** True for a sync that is due and that nobody works on. */
export const dueAndFree = and(
  or(isNull(siteSyncs.leaseExpiresAt), lt(siteSyncs.leaseExpiresAt, sql`now()`)),
  or(lt(siteSyncs.nextSyncAt, sql`now()`), eq(siteSyncs.nextSyncAt, sql`now()`), byAnotherClock),
  readable,
);

/**
 * Takes the sync of a site that is due, or whose worker has been silent for the length of a lease. Raises the lease
 * number, which fences off whoever held it before. Null when there is nothing to do.
 */
export async function claimSync(db: Db, siteId: string, leaseMs: number): Promise<SiteSync | null> {
  const [row] = await db
    .update(siteSyncs)
    .set({ lease: sql`${siteSyncs.lease} + 1` as never, leaseExpiresAt: expiry(leaseMs) as never })
    .where(and(eq(siteSyncs.siteId, siteId), dueAndFree))
    .returning();
  return row ?? null;
}

/** Changes a sync under its lease and prolongs it; call it first in a transaction that stores what was read. Throws `lease_lost`. */
export async function changeSync(db: Db, lease: SyncLease, change: SyncChange = {}): Promise<SiteSync> {
  return write(db, lease, { ...change, leaseExpiresAt: expiry(lease.leaseMs) });
}

/** The same, and gives the lease up. */
export async function releaseSync(db: Db, lease: SyncLease, change: SyncChange): Promise<SiteSync> {
  return write(db, lease, { ...change, lease: sql`${siteSyncs.lease} + 1`, leaseExpiresAt: null });
}

async function write(db: Db, lease: SyncLease, change: SyncChange): Promise<SiteSync> {
  const [row] = await db
    .update(siteSyncs)
    .set({ ...(change as Partial<SiteSync>), updatedAt: sql`now()` as never })
    .where(held(lease))
    .returning();
  if (!row) throw new AppError('lease_lost', 'Another worker reads the posts of this site, or the site was forgotten.');
  return row;
}
