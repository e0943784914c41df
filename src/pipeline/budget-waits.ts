import { sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { continuePipeline } from './commands.ts';
import { leftOfInstance, leftOfMonth } from './line.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'models' | 'webSearch' | 'config' | 'secrets'>;

/** What is left of the cap that a waiting pipeline's call did not fit under, in micro-dollars; null for no limit. */
const left = ({ budget }: AppContext['config']) => sql`case p.waiting ->> 'cap'
  when 'month' then least(${leftOfMonth(budget.userLimitMicroUsd)}, ${leftOfInstance(budget.instanceLimitMicroUsd)})
  when 'article' then users.pipeline_limit_micro_usd
    - (select coalesce(sum(coalesce(c.cost_micro_usd, c.reserved_micro_usd)), 0) from paid_calls c
       where c.pipeline_id = p.id and c.payer = 'instance')
  when 'instance' then ${leftOfInstance(budget.instanceLimitMicroUsd)}
  when 'own-month' then users.own_monthly_limit_micro_usd
    - (select coalesce(sum(s.settled_micro_usd + s.reserved_micro_usd), 0) from spending s
       where s.user_id = users.id and s.payer = 'user' and s.month = month_of(users.time_zone, now()))
  else 0 end`;

/**
 * Sends the pipelines on that wait for a month's money and whose next call fits now: the month has turned, a limit was
 * raised, or calls turned out cheaper than what was held back for them. Those that began first come first, and each only
 * with what those before it leave. Returns how many were sent on.
 */
export async function continueAffordable(ctx: Ctx): Promise<number> {
  const rows = await queryRows<{ id: string; user_id: string }>(
    ctx.db,
    sql`select id, user_id from (
          select p.id, p.user_id, p.started_at, ${left(ctx.config)} as left_micro_usd, p.waiting ->> 'cap' as cap,
            sum((p.waiting ->> 'neededMicroUsd')::bigint) over (
              partition by p.waiting ->> 'cap', case p.waiting ->> 'cap' when 'instance' then null when 'article' then p.id else p.user_id end
              order by p.started_at, p.id) as needed_so_far
          from pipelines p join users on users.id = p.user_id and not users.disabled
          where p.status = 'waiting' and p.waiting ->> 'reason' = 'budget_exceeded' and p.waiting ->> 'cap' <> 'pipeline'
        ) as waits
        where left_micro_usd >= needed_so_far or cap in ('own-month', 'article') and left_micro_usd is null
        order by started_at, id limit 100`,
  );
  let count = 0;
  for (const { id, user_id: userId } of rows) {
    try {
      await continuePipeline(ctx, userId, id, undefined);
      count += 1;
    } catch (error) {
      // Someone has cancelled it, or sent it on, in the meantime.
      if (!(error instanceof AppError && (error.code === 'invalid_state' || error.code === 'not_found'))) throw error;
    }
  }
  return count;
}
