import { and, eq, gte, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { runPipelineJob } from './jobs.ts';
import { pipelines } from './schema.ts';

/** True when a wait is over. */
const waitIsOver = sql`(${pipelines.waiting} ->> 'until')::timestamptz <= now()`;
/** True when a wait ends later than it could: the clock was ahead when it was set, and has been put right since. */
const waitIsAbsurd = sql`(${pipelines.waiting} ->> 'until')::timestamptz
  > now() + (${pipelines.waiting} ->> 'delayMs')::float8 * interval '1 millisecond' + interval '1 minute'`;
/** What nobody needs to be asked for any more: a pipeline whose wait is over. */
const waitedEnough = and(eq(pipelines.status, 'waiting'), or(waitIsOver, waitIsAbsurd));
const abandoned = and(
  eq(pipelines.status, 'running'),
  or(isNull(pipelines.leaseExpiresAt), lt(pipelines.leaseExpiresAt, sql`now()`)),
);

/** True for a pipeline that a worker could take, if its user has a place for it. The list of states is that of an index. */
export const startable = and(
  inArray(pipelines.status, ['queued', 'running', 'waiting']),
  or(eq(pipelines.status, 'queued'), waitedEnough, abandoned),
);
/** True for a pipeline that a worker is at work on, which takes one of its user's places. */
export const occupying = and(eq(pipelines.status, 'running'), gte(pipelines.leaseExpiresAt, sql`now()`));

/** A job that will come within moments. One that is being worked on may have looked before the place was free. */
const hasJob = sql`exists (select 1 from pgboss.job where name = ${runPipelineJob.name} and state in ('created', 'retry')
  and start_after < now() + interval '2 seconds' and data ->> 'pipelineId' = line.id::text)`;

/**
 * The pipelines whose turn it is: of each user who is not disabled as many as there are free places, those that were
 * started before first, then the oldest. `userId` asks for one user's only.
 */
async function firstInLine(
  db: Db,
  config: AppContext['config'],
  options: { userId?: string; without?: SQL } = {},
): Promise<string[]> {
  const rows = await queryRows<{ id: string }>(
    db,
    sql`select line.id from (
          select ${pipelines.id} as id, ${pipelines.userId} as user_id, ${pipelines.status} as status,
                 row_number() over (partition by ${pipelines.userId}
                   order by ${pipelines.startedAt} is null, ${pipelines.createdAt}, ${pipelines.id}) as position
          from ${pipelines} where ${and(startable, options.userId ? eq(pipelines.userId, options.userId) : undefined)}
        ) as line join users on users.id = line.user_id and not users.disabled
        where line.position <= coalesce(users.concurrent_pipelines, ${config.accounts.concurrentPipelines}::int)
          - (select count(*) from ${pipelines} where ${and(occupying, sql`${pipelines.userId} = line.user_id`)})
          ${options.without ? sql`and not (${options.without})` : sql``}
        order by line.position limit 100`,
  );
  return rows.map((row) => row.id);
}

/** Whether it is this pipeline's turn. Exact only with the user's row locked. */
export async function isNext(tx: Db, config: AppContext['config'], userId: string, id: string): Promise<boolean> {
  return (await firstInLine(tx, config, { userId })).includes(id);
}

/**
 * Enqueues every pipeline whose turn it is and that has no job: of one user, where a place has just become free (in the
 * transaction that freed it, with the user's row locked), or of all. A job too many is harmless, because only one of
 * them gets the lease. Returns how many were found.
 */
export async function enqueueNext(ctx: Pick<AppContext, 'queue' | 'config'>, db: Db, userId?: string): Promise<number> {
  const without = sql`line.status = 'queued' and ${hasJob}`;
  const next = await firstInLine(db, ctx.config, { ...(userId ? { userId } : {}), without });
  for (const pipelineId of next) await ctx.queue.enqueue(db, runPipelineJob, { pipelineId });
  return next.length;
}
