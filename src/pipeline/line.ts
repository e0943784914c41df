import { and, eq, gte, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { allotments, instanceMonths } from '../budget/schema.ts';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { runPipelineJob } from './jobs.ts';
import { pipelines } from './schema.ts';

/** True when a wait is over. */
const waitIsOver = sql`(${pipelines.waiting} ->> 'until')::timestamptz <= now()`;
/** True when a wait ends later than it could: the clock was ahead when it was set, and has been put right since. */
const waitIsAbsurd = sql`(${pipelines.waiting} ->> 'until')::timestamptz
  > now() + (${pipelines.waiting} ->> 'delayMs')::float8 * interval '1 millisecond' + interval '1 minute'`;
const waited = sql`(${waitIsOver} or ${waitIsAbsurd})`;
/** What nobody needs to be asked for any more: a pipeline whose wait is over. */
const waitedEnough = and(eq(pipelines.status, 'waiting'), waited);
/** The wait of a pipeline that is still running: its worker has failed, and died before it could wait. Null once it is over. */
export const waitLeft = sql`case when ${pipelines.status} = 'running' and not ${waited} then ${pipelines.waiting} end`;
/** True for a pipeline whose worker has been silent for too long. */
export const abandoned = and(
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

/** Who comes first among the pipelines of one user: what has begun, then by priority, then the oldest. */
export const lineOrder = sql`${pipelines.startedAt} is null, ${pipelines.priority} desc, ${pipelines.createdAt}, ${pipelines.id}`;

/** A job that will come within moments. One that is being worked on may have looked before the place was free. */
const hasJob = sql`exists (select 1 from pgboss.job where name = ${runPipelineJob.name} and state in ('created', 'retry')
  and start_after < now() + interval '2 seconds' and data ->> 'pipelineId' = line.id::text)`;

/**
 * Articles that have begun at the instance's expense and will go on by themselves, with what they may still cost it. Not
 * those that wait for a person: one that is forgotten there must not hold up others for ever. Those that wait for their
 * user's next month take nothing from the instance's present one (`this_month`). Approvals are left out by name, as in the
 * index `pipelines_begun`: thousands may wait for one.
 */
const begun = sql`select p.user_id, greatest(p.expected_micro_usd - coalesce(paid.micro_usd, 0), 0) as rest,
    p.waiting ->> 'cap' is distinct from 'month' as this_month
  from pipelines p left join lateral (
    select sum(case c.status when 'reserved' then c.reserved_micro_usd else c.cost_micro_usd end) as micro_usd
    from paid_calls c where c.pipeline_id = p.id
  ) as paid on true
  where p.started_at is not null and p.expected_micro_usd > 0 and (p.waiting ->> 'reason') is distinct from 'approval'
    and (p.status in ('queued', 'running') or p.status = 'waiting'
    and (p.waiting ->> 'reason' in ('retry', 'provider') or p.waiting ->> 'reason' = 'budget_exceeded' and p.waiting ->> 'cap' in ('month', 'instance')))`;

/** Micro-dollars that the instance has left in its month. */
export const leftOfInstance = (limitMicroUsd: number): SQL => sql`(${limitMicroUsd}::bigint
  - (select coalesce(sum(a.settled_micro_usd + a.reserved_micro_usd), 0) from ${allotments} a where a.month = month_of('UTC', now()))
  - (select coalesce(sum(i.departed_micro_usd), 0) from ${instanceMonths} i where i.month = month_of('UTC', now())))`;

/** Micro-dollars that the user in table `users` has left in their month of what the instance pays. */
export const leftOfMonth = (
  defaultMicroUsd: number,
): SQL => sql`(coalesce(users.monthly_limit_micro_usd, ${defaultMicroUsd}::bigint)
  - (select coalesce(sum(s.settled_micro_usd + s.reserved_micro_usd), 0) from spending s
     where s.user_id = users.id and s.payer = 'instance' and s.month = month_of(users.time_zone, now())))`;

/**
 * True for a pipeline in `line` that there is money for. What has begun is always let on: the ledger decides about each
 * of its calls. A new one begins when the months can pay for it and for all that has begun, else only once nothing is
 * under way: so that a limit that is about to be reached leaves one article half paid and not twelve. Others of the same
 * moment are seen once they are claimed, and the limits themselves do not rest on this.
 */
const affordable = ({ budget }: Pick<AppContext['config'], 'budget'>): SQL => sql`(
  line.started or line.expected = 0 or (
    ((select coalesce(sum(rest), 0) from begun where begun.user_id = line.user_id) + line.new_so_far <= ${leftOfMonth(budget.userLimitMicroUsd)}
      or line.new_so_far = line.expected and not exists (select 1 from begun where begun.user_id = line.user_id))
    and ((select coalesce(sum(rest), 0) from begun where this_month) + line.new_so_far <= ${leftOfInstance(budget.instanceLimitMicroUsd)}
      or line.new_so_far = line.expected and not exists (select 1 from begun where this_month))))`;

/** Pipelines that a worker could take, with their place among those of their user. */
const candidates = (
  userId: string | undefined,
): SQL => sql`select ${pipelines.id} as id, ${pipelines.userId} as user_id,
    ${pipelines.status} as status, ${pipelines.startedAt} is not null as started, ${pipelines.expectedMicroUsd} as expected,
    row_number() over mine as position,
    sum(${pipelines.expectedMicroUsd}) filter (where ${pipelines.startedAt} is null) over mine as new_so_far
  from ${pipelines} where ${and(startable, userId ? eq(pipelines.userId, userId) : undefined)}
  window mine as (partition by ${pipelines.userId} order by ${lineOrder})`;

/**
 * The pipelines whose turn it is: of each user who is not disabled as many as there are free places, by
 * {@link lineOrder}, as far as there is money. `userId` asks for one user's only.
 */
async function firstInLine(
  db: Db,
  config: AppContext['config'],
  options: { userId?: string; without?: SQL } = {},
): Promise<string[]> {
  const rows = await queryRows<{ id: string }>(
    db,
    sql`with begun as materialized (${begun})
        select line.id from (${candidates(options.userId)}) as line join users on users.id = line.user_id and not users.disabled
          ${options.userId ? sql`and users.id = ${options.userId}` : sql``}
        where line.position <= coalesce(users.concurrent_pipelines, ${config.accounts.concurrentPipelines}::int)
          - (select count(*) from ${pipelines} where ${and(occupying, sql`${pipelines.userId} = line.user_id`)})
          and ${affordable(config)}
          ${options.without ? sql`and not (${options.without})` : sql``}
        order by line.position limit 100`,
  );
  return rows.map((row) => row.id);
}

/** Whether it is this pipeline's turn. Exact only with the user's row locked. */
export async function isNext(tx: Db, config: AppContext['config'], userId: string, id: string): Promise<boolean> {
  return (await firstInLine(tx, config, { userId })).includes(id);
}

/** Whether a pipeline that has not begun has to wait until there is money for it; others may keep it waiting besides. */
export async function waitsForMoney(
  tx: Db,
  config: AppContext['config'],
  userId: string,
  id: string,
): Promise<boolean> {
  const rows = await queryRows(
    tx,
    sql`with begun as materialized (${begun})
        select 1 from (${candidates(userId)}) as line join users on users.id = line.user_id
        where line.id = ${id} and not ${affordable(config)}`,
  );
  return rows.length > 0;
}

/**
 * Enqueues every pipeline whose turn it is and that has no job: of one user, where a place has just become free (in the
 * transaction that freed it, with the user's row locked), or of all. A job too many is harmless, because only one of
 * them gets the lease. Returns how many were found.
 */
export async function enqueueNext(ctx: Pick<AppContext, 'queue' | 'config'>, db: Db, userId?: string): Promise<number> {
  const without = sql`line.status = 'queued' and ${hasJob}`;
  return enqueueAll(ctx, db, await firstInLine(db, ctx.config, { ...(userId ? { userId } : {}), without }));
}

/**
 * Enqueues every pipeline whose worker has been silent for too long, where its user has a place for it: they come first
 * in the line of their user. Made to be asked often by many processes: one statement by the index of leases, which reads
 * what is abandoned and nothing else, and no second job while a first one is to be had. Returns how many were found.
 */
export async function enqueueAbandoned(ctx: Pick<AppContext, 'db' | 'queue' | 'config'>): Promise<number> {
  // A job that comes by its time, or again after its worker's death, is not announced and would be taken up to two seconds later.
  const jobIsThere = sql`exists (select 1 from pgboss.job where name = ${runPipelineJob.name} and state = 'created'
    and start_after <= now() and data ->> 'pipelineId' = line.id::text)`;
  const rows = await queryRows<{ id: string }>(
    ctx.db,
    sql`select line.id from (select ${pipelines.id} as id, ${pipelines.userId} as user_id from ${pipelines} where ${abandoned}) as line
          join users on users.id = line.user_id and not users.disabled
        where not ${jobIsThere}
          and (select count(*) from ${pipelines} where ${and(occupying, sql`${pipelines.userId} = line.user_id`)})
            < coalesce(users.concurrent_pipelines, ${ctx.config.accounts.concurrentPipelines}::int)
        limit 100`,
  );
  const ids = rows.map((row) => row.id);
  return enqueueAll(ctx, ctx.db, ids);
}

async function enqueueAll(ctx: Pick<AppContext, 'queue'>, db: Db, ids: string[]): Promise<number> {
  for (const pipelineId of ids) await ctx.queue.enqueue(db, runPipelineJob, { pipelineId });
  return ids.length;
}
