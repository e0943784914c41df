import { and, eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { runPipelineJob } from './jobs.ts';
import { claimPipeline } from './lease.ts';
import { abandoned, lineOrder, occupying, startable } from './line.ts';
import { type Pipeline, pipelines } from './schema.ts';

/** How many are tried before a job is given up: others may take the first ones at the same moment. */
const mostTried = 20;

/**
 * Which pipelines a worker with a job may take, whose turn it is first: a job is a place for whoever is next, not only
 * for the pipeline that it was made for. What was interrupted goes on first. Then comes the user who would have the
 * fewest at work with it, of those the one whose last turn is longest ago (who never had one before all others), of
 * theirs the first in their line. So a user with a thousand waits behind each other's first.
 *
 * Asked are those that have a job by now, the job's own and the abandoned; the claim looks whether they may.
 */
export async function turnsOf(db: Db, config: AppContext['config'], ticketId: string): Promise<string[]> {
  const rows = await queryRows<{ id: string }>(
    db,
    sql`with called as (
          select ${ticketId}::uuid as id
          union select (data ->> 'pipelineId')::uuid from pgboss.job
            where name = ${runPipelineJob.name} and state in ('created', 'retry') and start_after <= now()
          union select ${pipelines.id} from ${pipelines} where ${abandoned}
        ), waiting as (
          select ${pipelines.id} as id, ${pipelines.userId} as user_id, ${pipelines.createdAt} as created_at,
            ${pipelines.handedOver} or ${pipelines.status} = 'running' as interrupted,
            row_number() over (partition by ${pipelines.userId} order by ${lineOrder}) as number,
            min(${pipelines.createdAt}) over (partition by ${pipelines.userId}) as since
          from ${pipelines} where ${pipelines.id} in (select id from called) and ${startable}
        ), busy as (
          select ${pipelines.userId} as user_id, count(*)::int as places from ${pipelines} where ${occupying} group by 1
        )
        select waiting.id from waiting join users on users.id = waiting.user_id and not users.disabled
          left join busy on busy.user_id = waiting.user_id
        where coalesce(busy.places, 0) < coalesce(users.concurrent_pipelines, ${config.accounts.concurrentPipelines}::int)
        order by waiting.interrupted desc, coalesce(busy.places, 0) + waiting.number, users.last_turn_at nulls first,
          waiting.since, waiting.user_id, waiting.number
        limit ${mostTried}`,
  );
  const ids = rows.map((row) => row.id);
  return ids.includes(ticketId) ? ids : [...ids, ticketId];
}

/**
 * Claims the first of `ids` that is to be had and not in `inHand`, into which it is put. The pipeline of the job gets
 * another job where this one is used for a different pipeline.
 */
export async function claimFirst(
  ctx: Pick<AppContext, 'db' | 'queue' | 'config'>,
  ids: string[],
  ticketId: string,
  inHand: Set<string>,
): Promise<Pipeline | null> {
  for (const id of ids) {
    if (inHand.has(id)) continue;
    inHand.add(id);
    try {
      const claimed = await claimPipeline(ctx, id);
      if (claimed && id !== ticketId) await passOn(ctx, ticketId);
      if (claimed) return claimed;
    } catch (error) {
      inHand.delete(id);
      throw error;
    }
    inHand.delete(id);
  }
  return null;
}

async function passOn(ctx: Pick<AppContext, 'db' | 'queue'>, pipelineId: string): Promise<void> {
  if ((await ctx.db.$count(pipelines, and(eq(pipelines.id, pipelineId), startable))) === 0) return;
  await ctx.queue.enqueue(ctx.db, runPipelineJob, { pipelineId });
}

/** A worker renews its lease every three of its twelve seconds: one with less than this left, in seconds, is silent. */
const silentBelow = 7;

/** Makes a job for the moment at which the next of the leases runs out whose workers are silent. */
export async function awaitSilent(ctx: Pick<AppContext, 'db' | 'queue'>): Promise<void> {
  const [silent] = await ctx.db
    .select({ id: pipelines.id, leaseExpiresAt: pipelines.leaseExpiresAt })
    .from(pipelines)
    .where(and(occupying, sql`${pipelines.leaseExpiresAt} < now() + ${`${silentBelow} seconds`}::interval`))
    .orderBy(pipelines.leaseExpiresAt)
    .limit(1);
  if (!silent?.leaseExpiresAt) return;
  const startAfter = new Date(silent.leaseExpiresAt.getTime() + 500);
  await ctx.queue.enqueue(ctx.db, runPipelineJob, { pipelineId: silent.id }, { startAfter });
}
