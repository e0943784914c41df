import { and, eq, ne, type SQL, sql } from 'drizzle-orm';
import { users } from '../accounts/schema.ts';
import { lockWorkLimits, mayWork } from '../accounts/work-limits.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { isNext, occupying, startable, waitLeft } from './line.ts';
import { type Pipeline, pipelines } from './schema.ts';

/** How long a worker may be silent before another takes its pipeline, and how often it renews, in milliseconds. */
export const leaseMs = 12_000;
export const leaseRenewMs = 3_000;

type Ctx = Pick<AppContext, 'db' | 'config'>;

const expiry = sql`now() + ${`${leaseMs} milliseconds`}::interval`;
/** What a worker holds while it works: the pipeline as it was, with the lease number that only it has. */
export type Lease = Pick<Pipeline, 'id' | 'lease'>;

/**
 * Takes a pipeline to work on it: one that is queued, whose wait is over, or whose worker has been silent for
 * {@link leaseMs}. Raises the lease number, which fences off whoever held it before. Null when there is nothing to do,
 * when its user is disabled, has no free place (CONCURRENT_PIPELINES), or others of theirs come first. The user's row is
 * locked meanwhile, so that two workers never take one place. One with `waiting` is to go on waiting: its worker has failed,
 * and died before it could.
 */
export async function claimPipeline(ctx: Ctx, pipelineId: string): Promise<Pipeline | null> {
  return ctx.db.transaction(async (tx) => {
    const [row] = await tx.select({ userId: pipelines.userId }).from(pipelines).where(eq(pipelines.id, pipelineId));
    if (!row) return null;
    await lockWorkLimits(tx, ctx.config, row.userId);
    if (!(await isNext(tx, ctx.config, row.userId, pipelineId))) return null;
    const [claimed] = await tx
      .update(pipelines)
      .set({
        status: 'running',
        lease: sql`${pipelines.lease} + 1`,
        leaseExpiresAt: expiry,
        startedAt: sql`coalesce(${pipelines.startedAt}, now())`,
        handedOver: false,
        takeovers: sql`${pipelines.takeovers} + (${pipelines.status} = 'running')::int`,
        waiting: waitLeft as never,
        error: null,
        finishedAt: null,
      })
      .where(and(eq(pipelines.id, pipelineId), startable))
      .returning();
    if (!claimed) return null;
    // By the clock of this moment: of two users who are served at once, one was first.
    await tx.update(users).set({ lastTurnAt: sql`clock_timestamp()` }).where(eq(users.id, row.userId));
    return claimed;
  });
}

/** The condition under which a lease is still ours. */
export const held = (lease: Lease) =>
  and(eq(pipelines.id, lease.id), eq(pipelines.lease, lease.lease), eq(pipelines.status, 'running'));

/** Whether a worker may go on: `disabled` when the lease is its own and its user may have no work done. */
export type Standing = 'held' | 'lost' | 'disabled';

const standingOf = (row: { allowed: boolean } | undefined): Standing =>
  row === undefined ? 'lost' : row.allowed ? 'held' : 'disabled';
const allowed = sql<boolean>`${mayWork(pipelines.userId)}`;

/**
 * Prolongs the lease. One that had run out is prolonged only while its user still has a place for it: another of their
 * pipelines may have been started meanwhile, and then this one is lost.
 */
export async function renewLease(ctx: Ctx, lease: Lease): Promise<Standing> {
  const renew = (db: Db, condition: SQL | undefined) =>
    db.update(pipelines).set({ leaseExpiresAt: expiry }).where(condition).returning({ allowed });
  const [renewed] = await renew(ctx.db, and(held(lease), occupying));
  if (renewed) return standingOf(renewed);
  return ctx.db.transaction(async (tx) => {
    const [row] = await tx.select({ userId: pipelines.userId }).from(pipelines).where(held(lease));
    if (!row) return 'lost';
    const { concurrentPipelines } = await lockWorkLimits(tx, ctx.config, row.userId);
    const taken = await tx.$count(
      pipelines,
      and(occupying, eq(pipelines.userId, row.userId), ne(pipelines.id, lease.id)),
    );
    if (taken >= concurrentPipelines) return 'lost';
    const [again] = await renew(tx, held(lease));
    return standingOf(again);
  });
}

/** How the lease stands, without prolonging it. */
export async function leaseStanding(db: Db, lease: Lease): Promise<Standing> {
  const [row] = await db.select({ allowed }).from(pipelines).where(held(lease));
  return standingOf(row);
}

/** Whether the lease is still ours, without prolonging it. */
export async function holdsLease(db: Db, lease: Lease): Promise<boolean> {
  return (await leaseStanding(db, lease)) !== 'lost';
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
