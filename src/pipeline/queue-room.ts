import { sql } from 'drizzle-orm';
import { lockWorkLimits } from '../accounts/work-limits.ts';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';

/**
 * What others are about to add at the same moment is not seen yet: from so many below the limit of the instance on, they
 * are let in one at a time. Transactions under way are as many as connections, which are far fewer.
 */
const countedTogether = 100;
/** The shortest and the longest wait that a refusal asks for, in seconds. */
const shortest = 5;
const longest = 900;

/**
 * Makes sure that one more pipeline may wait for a place, of this user and of all together, and that nobody takes that
 * room until `tx` ends. Throws `queue_full` with the time at which there should be room, from how many have begun in the
 * last hour.
 */
export async function reserveRoom(tx: Db, config: AppContext['config'], userId: string): Promise<void> {
  const { queuedPipelines } = await lockWorkLimits(tx, config, userId);
  if ((await countQueued(tx, queuedPipelines, userId)) >= queuedPipelines) {
    throw await queueFull(
      tx,
      `${queuedPipelines} of your articles are waiting to begin, and no more may wait.`,
      userId,
    );
  }
  const all = config.accounts.instanceQueuedPipelines;
  if ((await countQueued(tx, all)) < all - countedTogether) return;
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('pipelines that wait'))`);
  if ((await countQueued(tx, all)) >= all) {
    throw await queueFull(tx, `This instance has ${all} articles waiting to begin, and no more may wait.`);
  }
}

async function countQueued(tx: Db, atMost: number, userId?: string): Promise<number> {
  const mine = userId ? sql`and user_id = ${userId}` : sql``;
  const [row] = await queryRows<{ count: number }>(
    tx,
    sql`select count(*)::int as count from (select 1 from pipelines where status = 'queued' ${mine} limit ${atMost}) as queued`,
  );
  return row?.count ?? 0;
}

async function queueFull(tx: Db, message: string, userId?: string): Promise<AppError> {
  const mine = userId ? sql`and user_id = ${userId}` : sql``;
  const [row] = await queryRows<{ begun: number }>(
    tx,
    sql`select count(*)::int as begun from pipelines where started_at > now() - interval '1 hour' ${mine}`,
  );
  const seconds = Math.ceil(3_600 / Math.max(1, row?.begun ?? 0));
  const wait = Math.min(longest, Math.max(shortest, seconds));
  return new AppError('queue_full', message, { retryAt: new Date(Date.now() + wait * 1000) });
}
