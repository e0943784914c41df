import { and, eq, isNull, lt, or, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Pipeline, pipelines } from './schema.ts';

/** How long a worker may be silent before another takes its pipeline, and how often it renews, in milliseconds. */
export const leaseMs = 12_000;
export const leaseRenewMs = 3_000;

const expiry = sql`now() + ${`${leaseMs} milliseconds`}::interval`;
const expired = or(isNull(pipelines.leaseExpiresAt), lt(pipelines.leaseExpiresAt, sql`now()`));

/** True when a wait is over. */
const waitIsOver = sql`(${pipelines.waiting} ->> 'until')::timestamptz <= now()`;
/** True when a wait ends later than it could: the clock was ahead when it was set, and has been put right since. */
const waitIsAbsurd = sql`(${pipelines.waiting} ->> 'until')::timestamptz
  > now() + (${pipelines.waiting} ->> 'delayMs')::float8 * interval '1 millisecond' + interval '1 minute'`;
/** What nobody needs to be asked for any more: a pipeline whose wait is over. */
export const waitedEnough = and(eq(pipelines.status, 'waiting'), or(waitIsOver, waitIsAbsurd));

/** What a worker holds while it works: the pipeline as it was, with the lease number that only it has. */
export type Lease = Pick<Pipeline, 'id' | 'lease'>;

/**
 * Takes a pipeline to work on it: one that is queued, whose wait is over, or whose worker has been silent for
 * {@link leaseMs}. Raises the lease number, which fences off whoever held it before. Null when there is nothing to do.
 */
export async function claimPipeline(db: Db, pipelineId: string): Promise<Pipeline | null> {
  const abandoned = and(eq(pipelines.status, 'running'), expired);
  const [claimed] = await db
    .update(pipelines)
    .set({
      status: 'running',
      lease: sql`${pipelines.lease} + 1`,
      leaseExpiresAt: expiry,
      startedAt: sql`coalesce(${pipelines.startedAt}, now())`,
      takeovers: sql`${pipelines.takeovers} + (${pipelines.status} = 'running')::int`,
      waiting: null,
      error: null,
      finishedAt: null,
    })
    .where(and(eq(pipelines.id, pipelineId), or(eq(pipelines.status, 'queued'), waitedEnough, abandoned)))
    .returning();
  return claimed ?? null;
}

/** The condition under which a lease is still ours. */
export const held = (lease: Lease) =>
  and(eq(pipelines.id, lease.id), eq(pipelines.lease, lease.lease), eq(pipelines.status, 'running'));

/** Prolongs the lease; false when it has been lost. */
export async function renewLease(db: Db, lease: Lease): Promise<boolean> {
  const renewed = await db
    .update(pipelines)
    .set({ leaseExpiresAt: expiry })
    .where(held(lease))
    .returning({ id: pipelines.id });
  return renewed.length > 0;
}

/** Whether the lease is still ours, without prolonging it. */
export async function holdsLease(db: Db, lease: Lease): Promise<boolean> {
  return (await db.$count(pipelines, held(lease))) > 0;
}

/** What a worker gets to hear that has lost its lease. */
export function leaseLost(): AppError {
  return new AppError('lease_lost', 'Another worker has taken this pipeline over, or it was cancelled.');
}

/**
 * Locks the pipeline's row until the end of `tx` and makes sure that the lease is still ours, so that nothing can be
 * taken over between this check and the commit. Throws `lease_lost`.
 */
export async function lockLease(tx: Db, lease: Lease): Promise<void> {
  const [row] = await tx.select({ id: pipelines.id }).from(pipelines).where(held(lease)).for('update');
  if (!row) throw leaseLost();
}

/** The same as {@link lockLease}, and changes the row it locks. Throws `lease_lost`. */
export async function changeUnderLease(
  tx: Db,
  lease: Lease,
  change: Partial<typeof pipelines.$inferInsert>,
): Promise<void> {
  const changed = await tx.update(pipelines).set(change).where(held(lease)).returning({ id: pipelines.id });
  if (changed.length === 0) throw leaseLost();
}

/** Changes a pipeline under its lease and gives the lease up. Throws `lease_lost`. */
export async function releaseLease(
  tx: Db,
  lease: Lease,
  change: Partial<typeof pipelines.$inferInsert>,
): Promise<void> {
  await changeUnderLease(tx, lease, { ...change, lease: sql`${pipelines.lease} + 1` as never, leaseExpiresAt: null });
}
