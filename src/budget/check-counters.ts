import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Db, queryRows } from '../db/open.ts';

/** A counter that does not say what the ledger says; amounts in micro-dollars. */
export const counterDifferenceSchema = z.object({
  counter: z.enum(['spending', 'allotments', 'instance_months']),
  userId: z.string().nullable(),
  payer: z.string().nullable(),
  month: z.string(),
  /** What the counter says, and what the rows that it counts come to. */
  countedMicroUsd: z.object({ settled: z.int(), reserved: z.int() }),
  ledgerMicroUsd: z.object({ settled: z.int(), reserved: z.int() }),
});
export type CounterDifference = z.infer<typeof counterDifferenceSchema>;

/** So many differences are enough to see what is wrong. */
const mostDifferences = 20;

/**
 * Compares the counters that limits are held against with the calls that they count, in one statement and so at one
 * moment. Users' months and parts have to equal the sums of `paid_calls`; the instance's month what all users have drawn
 * and what departed with their accounts (under `settled`). Empty when all is well: the database moves both together.
 */
export async function compareCounters(db: Db): Promise<CounterDifference[]> {
  const rows = await queryRows<{
    counter: CounterDifference['counter'];
    user_id: string | null;
    payer: string | null;
    month: string;
    settled: string;
    reserved: string;
    true_settled: string;
    true_reserved: string;
  }>(
    db,
    sql`with calls as (
          select user_id, payer, month, instance_month, coalesce(cost_micro_usd, 0) as cost,
            case status when 'reserved' then reserved_micro_usd else 0 end as held
          from paid_calls
        ), compared as (
          select 'spending' as counter, user_id, payer, month, coalesce(s.settled_micro_usd, 0) as settled,
            coalesce(s.reserved_micro_usd, 0) as reserved, coalesce(c.cost, 0) as true_settled, coalesce(c.held, 0) as true_reserved
          from spending s
          full join (select user_id, payer, month, sum(cost) as cost, sum(held) as held from calls group by user_id, payer, month) c
            using (user_id, payer, month)
          union all
          select 'allotments', user_id, 'instance', month, coalesce(a.settled_micro_usd, 0), coalesce(a.reserved_micro_usd, 0),
            coalesce(c.cost, 0), coalesce(c.held, 0)
          from allotments a
          full join (
            select user_id, instance_month as month, sum(cost) as cost, sum(held) as held
            from calls where payer = 'instance' group by user_id, instance_month
          ) c using (user_id, month)
          union all
          select 'instance_months', null, null, month, coalesce(i.allotted_micro_usd, 0), 0,
            coalesce(a.allotted, 0) + coalesce(i.departed_micro_usd, 0), 0
          from instance_months i
          full join (select month, sum(allotted_micro_usd) as allotted from allotments group by month) a using (month)
        )
        select counter, user_id, payer, month, settled::text, reserved::text, true_settled::text, true_reserved::text from compared
        where settled <> true_settled or reserved <> true_reserved
        order by month desc, counter, user_id limit ${mostDifferences}`,
  );
  return rows.map((row) => ({
    counter: row.counter,
    userId: row.user_id,
    payer: row.payer,
    month: row.month,
    countedMicroUsd: { settled: Number(row.settled), reserved: Number(row.reserved) },
    ledgerMicroUsd: { settled: Number(row.true_settled), reserved: Number(row.true_reserved) },
  }));
}
