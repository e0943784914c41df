import { eq, sql } from 'drizzle-orm';
import { users } from '../src/accounts/schema.ts';
import { budgetExceeded, type CallPlan, tryReserve } from '../src/budget/ledger.ts';
import type { Payer } from '../src/budget/schema.ts';
import type { AppContext } from '../src/context.ts';
import { newId } from '../src/db/id.ts';
import { type Db, queryRows } from '../src/db/open.ts';
import { briefSchema } from '../src/pipeline/brief.ts';
import { pipelines } from '../src/pipeline/schema.ts';

/** A user without anything else, as tests of the ledger need them. */
export async function givenUser(db: Db, values: Partial<typeof users.$inferInsert> = {}): Promise<string> {
  const id = newId();
  await db.insert(users).values({ id, name: 'Someone', ...values });
  return id;
}

/** A pipeline that nobody works on, with its budget in micro-dollars. */
export async function givenBudget(db: Db, userId: string, budgetMicroUsd: number): Promise<string> {
  const id = newId();
  const brief = briefSchema.parse({ topic: `Budget ${id}`, budgetMicroUsd });
  await db.insert(pipelines).values({ id, userId, brief, topic: brief.topic, status: 'queued', budgetMicroUsd });
  return id;
}

/** A call of a pipeline. */
export type PipelinePlan = CallPlan & { pipelineId: string };

/** A call that is about to be made, of a model whose price plays no part. */
export function callPlan(
  userId: string,
  pipelineId: string,
  worstCaseMicroUsd: number,
  more: Partial<PipelinePlan> = {},
): PipelinePlan {
  return {
    kind: 'text',
    payer: 'instance',
    lease: null,
    userId,
    pipelineId,
    step: 'topic',
    task: 'topic',
    promptVersion: 1,
    requestDigest: newId(),
    provider: 'test',
    model: 'test:model',
    pricedAs: null,
    unitPrices: { inputMicroUsd: 1, outputMicroUsd: 1 },
    worstCaseMicroUsd,
    ...more,
  };
}

/** Reserves for one call and returns its id. Throws `budget_exceeded` when it does not fit. */
export async function reserveOne(
  ctx: Pick<AppContext, 'db' | 'config'>,
  plan: CallPlan,
  at: Date | null = null,
): Promise<string> {
  const granted = await tryReserve(ctx, plan, at);
  if ('refusal' in granted) throw budgetExceeded(granted.refusal);
  return granted.id;
}

/** Changes what a user may spend a month, in micro-dollars. */
export async function setLimit(db: Db, userId: string, monthlyLimitMicroUsd: number | null): Promise<void> {
  await db.update(users).set({ monthlyLimitMicroUsd }).where(eq(users.id, userId));
}

/** What a user's month or the instance's month holds, in micro-dollars; zero where nothing was ever counted. */
export interface Counted {
  settled: number;
  reserved: number;
}

/** A month of a user's calendar, as its counter says. */
export async function countedMonth(db: Db, userId: string, month: string, payer: Payer = 'instance'): Promise<Counted> {
  const [row] = await queryRows<Counted>(
    db,
    sql`select settled_micro_usd::float8 as settled, reserved_micro_usd::float8 as reserved from spending
        where user_id = ${userId} and payer = ${payer} and month = ${month}`,
  );
  return row ?? { settled: 0, reserved: 0 };
}

/** A month of the instance: what all accounts have spent, those that are gone included, and what is held back. */
export async function countedInstance(db: Db, month: string): Promise<Counted & { allotted: number }> {
  const [row] = await queryRows<Counted & { allotted: number }>(
    db,
    sql`select i.allotted_micro_usd::float8 as allotted,
          (i.departed_micro_usd + coalesce(sum(a.settled_micro_usd), 0))::float8 as settled,
          coalesce(sum(a.reserved_micro_usd), 0)::float8 as reserved
        from instance_months i left join allotments a using (month) where i.month = ${month}
        group by i.month`,
  );
  return row ?? { settled: 0, reserved: 0, allotted: 0 };
}

/** Every counter that differs from what the ledger's rows add up to; none, when the database keeps them as it should. */
export async function wrongCounters(db: Db): Promise<unknown[]> {
  return queryRows(
    db,
    sql`with held as (
          select *, coalesce(cost_micro_usd, 0) as cost, case status when 'reserved' then reserved_micro_usd else 0 end as open
          from paid_calls
        ), users_sum as (
          select user_id, payer, month, sum(cost) as settled, sum(open) as reserved from held group by 1, 2, 3
        ), parts_sum as (
          select user_id, instance_month as month, sum(cost) as settled, sum(open) as reserved
          from held where payer = 'instance' group by 1, 2
        ), drawn as (
          select month, sum(allotted_micro_usd) as allotted from allotments group by 1
        )
        select 'spending' as counter, month, user_id, s.settled_micro_usd, u.settled, s.reserved_micro_usd, u.reserved
          from spending s full join users_sum u using (user_id, payer, month)
          where (coalesce(s.settled_micro_usd, 0), coalesce(s.reserved_micro_usd, 0))
            is distinct from (coalesce(u.settled, 0), coalesce(u.reserved, 0))
        union all
        select 'allotments', month, user_id, a.settled_micro_usd, p.settled, a.reserved_micro_usd, p.reserved
          from allotments a full join parts_sum p using (user_id, month)
          where (coalesce(a.settled_micro_usd, 0), coalesce(a.reserved_micro_usd, 0))
            is distinct from (coalesce(p.settled, 0), coalesce(p.reserved, 0))
        union all
        select 'instance_months', month, null, i.allotted_micro_usd, d.allotted + i.departed_micro_usd, null, null
          from instance_months i full join drawn d using (month)
          where coalesce(i.allotted_micro_usd, 0) <> coalesce(d.allotted, 0) + coalesce(i.departed_micro_usd, 0)`,
  );
}
