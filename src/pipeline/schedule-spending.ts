import { sql } from 'drizzle-orm';
import { type Month, monthIn } from '../accounts/month.ts';
import { type Db, queryRows } from '../db/open.ts';

/**
 * What the articles of a schedule that were begun in a month cost, in micro-dollars: what was paid and is reserved for
 * those that have ended, and at least what was expected of those that have not. Whoever pays it: own keys count as well.
 */
export async function spentInMonth(db: Db, scheduleId: string, month: Pick<Month, 'start' | 'end'>): Promise<number> {
  return sumOfCalls(
    db,
    scheduleId,
    month,
    sql`case when p.status in ('succeeded', 'failed', 'cancelled') then calls.spent
          else greatest(calls.spent, p.expected_micro_usd) end`,
  );
}

/** The schedule that began a pipeline, with its budget of the month and what was paid of it; null without a budget. */
export async function scheduleMonthOf(
  db: Db,
  pipelineId: string,
  now: Date,
): Promise<{ spentMicroUsd: number; limitMicroUsd: number } | null> {
  const [row] = await queryRows<{ id: string; time_zone: string; budget: string | number }>(
    db,
    // By table name: schedules stand a floor above.
    sql`select s.id, s.time_zone, s.monthly_budget_micro_usd as budget from schedules s
        join schedule_runs r on r.schedule_id = s.id
        where r.pipeline_id = ${pipelineId} and s.monthly_budget_micro_usd is not null`,
  );
  if (!row) return null;
  const spentMicroUsd = await paidInMonth(db, row.id, monthIn(row.time_zone, now));
  return { spentMicroUsd, limitMicroUsd: Number(row.budget) };
}

/** The same as {@link spentInMonth} without what is only expected: what was paid and is reserved. */
export function paidInMonth(db: Db, scheduleId: string, month: Pick<Month, 'start' | 'end'>): Promise<number> {
  return sumOfCalls(db, scheduleId, month, sql`calls.spent`);
}

async function sumOfCalls(
  db: Db,
  scheduleId: string,
  month: Pick<Month, 'start' | 'end'>,
  each: ReturnType<typeof sql>,
): Promise<number> {
  const [row] = await queryRows<{ spent: number | string }>(
    db,
    sql`select coalesce(sum(${each}), 0) as spent
        from schedule_runs r
        join pipelines p on p.id = r.pipeline_id
        cross join lateral (select coalesce(sum(case c.status when 'reserved' then c.reserved_micro_usd else c.cost_micro_usd end), 0) as spent
          from paid_calls c where c.pipeline_id = p.id) calls
        where r.schedule_id = ${scheduleId} and r.created_at >= ${month.start.toISOString()}::timestamptz
          and r.created_at < ${month.end.toISOString()}::timestamptz`,
  );
  return Number(row?.spent ?? 0);
}
