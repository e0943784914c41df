import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Month, monthIn } from '../accounts/month.ts';
import type { AppContext } from '../context.ts';
import { queryRows } from '../db/open.ts';
import { roles } from '../http/access.ts';
import { forecastMonth } from './forecast.ts';
import { instanceSpending } from './spending.ts';

const spenderSchema = z
  .object({
    user: z.object({
      id: z.uuid(),
      name: z.string(),
      email: z.string().nullable(),
      role: z.enum(roles),
      disabled: z.boolean(),
    }),
    spentMicroUsd: z.int().meta({ description: 'Paid by the instance in its month' }),
    reservedMicroUsd: z.int(),
    share: z
      .number()
      .nullable()
      .meta({ description: "Of what the instance's month has cost, 0 to 1; null while that is 0" }),
    articles: z.int().meta({ description: 'Pipelines that something was asked for in the month' }),
    ownSpentMicroUsd: z.int().nullable().meta({
      description: 'Paid with keys of their own; null where they made no such call, or none has ended',
    }),
    limitMicroUsd: z.int().meta({ description: "For a month of the user's own calendar: their limit, or the default" }),
    limitIsDefault: z.boolean(),
    countedMicroUsd: z
      .int()
      .meta({ description: 'What counts against that limit now, in the present month of the user' }),
  })
  .meta({ id: 'Spender' });

export const topSchema = z
  .object({
    month: z.string().meta({ description: 'Of UTC, for example 2026-11' }),
    monthEndsAt: z.iso.datetime(),
    instance: z.object({
      spentMicroUsd: z.int(),
      reservedMicroUsd: z.int(),
      limitMicroUsd: z.int(),
      departedMicroUsd: z.int().meta({ description: 'Of what is spent, that of accounts that are no longer there' }),
      forecastMicroUsd: z.int().nullable().meta({
        description:
          'What the month will have cost if it goes on like this; null when it is over, too young, or free so far',
      }),
      ownSpentMicroUsd: z
        .int()
        .nullable()
        .meta({ description: "Paid with users' own keys, which is not the instance's" }),
    }),
    items: z.array(spenderSchema),
  })
  .meta({ id: 'TopSpenders' });

/** Who spends the instance's money in a month of UTC (by default the present one), the greatest spenders first. */
export async function topSpenders(
  { db, config, now }: Pick<AppContext, 'db' | 'config' | 'now'>,
  asked: { month?: string | undefined; limit: number },
): Promise<z.infer<typeof topSchema>> {
  const month = asked.month ? monthIn('UTC', new Date(`${asked.month}-01T00:00:00Z`)) : monthIn('UTC', now());
  const all = await instanceSpending(db, month.name);
  const { ownSpentMicroUsd, firstUserAt } = await aroundIt(db, month);
  const spenders = await readSpenders(db, month, asked.limit);
  const counted = await countedNow(db, spenders, now());
  return {
    month: month.name,
    monthEndsAt: month.end.toISOString(),
    instance: {
      spentMicroUsd: all.settledMicroUsd,
      reservedMicroUsd: all.reservedMicroUsd,
      limitMicroUsd: config.budget.instanceLimitMicroUsd,
      departedMicroUsd: all.departedMicroUsd,
      forecastMicroUsd:
        now() >= month.end
          ? null
          : forecastMonth({
              spentMicroUsd: all.settledMicroUsd,
              begunAt: firstUserAt,
              now: now(),
              month,
            }),
      ownSpentMicroUsd,
    },
    items: spenders.map(({ id, name, email, role, disabled, ...row }) => ({
      user: { id, name, email, role, disabled },
      spentMicroUsd: Number(row.spent),
      reservedMicroUsd: Number(row.reserved),
      share: all.settledMicroUsd === 0 ? null : Number(row.spent) / all.settledMicroUsd,
      articles: row.articles,
      ownSpentMicroUsd: row.own === null ? null : Number(row.own),
      limitMicroUsd: row.limit === null ? config.budget.userLimitMicroUsd : Number(row.limit),
      limitIsDefault: row.limit === null,
      countedMicroUsd: counted.get(id) ?? 0,
    })),
  };
}

interface SpenderRow {
  id: string;
  name: string;
  email: string | null;
  role: (typeof roles)[number];
  disabled: boolean;
  time_zone: string;
  limit: string | null;
  spent: string;
  reserved: string;
  own: string | null;
  articles: number;
}

/**
 * Those who have called anything in the month, with the instance's keys or their own. Who spends most is known from the
 * counters, and only the calls of those are read; with fewer spenders than asked for, whoever called for nothing or at
 * their own expense comes after them, which takes all calls of the month.
 */
async function readSpenders(db: AppContext['db'], month: Month, most: number): Promise<SpenderRow[]> {
  const counted = sql`select user_id from allotments where month = ${month.name} and settled_micro_usd + reserved_micro_usd > 0
    order by settled_micro_usd + reserved_micro_usd desc, user_id limit ${most}`;
  const spenders = await readCalls(db, month, most, sql`user_id in (${counted})`);
  return spenders.length >= most ? spenders : readCalls(db, month, most, sql`true`);
}

function readCalls(db: AppContext['db'], { name, start, end }: Month, most: number, whose: SQL): Promise<SpenderRow[]> {
  return queryRows<SpenderRow>(
    db,
    sql`select u.id, u.name, u.email, u.role, u.disabled, u.time_zone, u.monthly_limit_micro_usd::text as limit,
          coalesce(a.settled_micro_usd, 0)::text as spent, coalesce(a.reserved_micro_usd, 0)::text as reserved,
          c.own::text as own, c.articles
        from (
          select user_id, count(distinct pipeline_id)::int as articles, sum(cost_micro_usd) filter (where payer = 'user') as own
          from paid_calls
          where started_at >= ${start.toISOString()}::timestamptz and started_at < ${end.toISOString()}::timestamptz and ${whose}
          group by user_id
        ) as c
        join users u on u.id = c.user_id
        left join allotments a on a.user_id = u.id and a.month = ${name}
        order by coalesce(a.settled_micro_usd, 0) + coalesce(a.reserved_micro_usd, 0) desc, coalesce(c.own, 0) desc, u.id
        limit ${most}`,
  );
}

/** What is not in the counters: what users paid themselves, and since when there are users. */
async function aroundIt(
  db: AppContext['db'],
  { start, end }: Month,
): Promise<{ ownSpentMicroUsd: number | null; firstUserAt: Date | null }> {
  const [row] = await queryRows<{ own: string | null; first: string | Date | null }>(
    db,
    sql`select (select sum(cost_micro_usd)::text from paid_calls where payer = 'user'
            and started_at >= ${start.toISOString()}::timestamptz and started_at < ${end.toISOString()}::timestamptz) as own,
          (select min(created_at) from users) as first`,
  );
  return {
    ownSpentMicroUsd: row?.own == null ? null : Number(row.own),
    firstUserAt: row?.first == null ? null : new Date(row.first),
  };
}

/** What each has spent of the present month of their own calendar, which need not be the instance's. */
async function countedNow(
  db: AppContext['db'],
  users: { id: string; time_zone: string }[],
  now: Date,
): Promise<Map<string, number>> {
  if (users.length === 0) return new Map();
  const months = users.map(({ id, time_zone }) => sql`(${id}::uuid, ${monthIn(time_zone, now).name}::text)`);
  const rows = await queryRows<{ id: string; settled: string }>(
    db,
    sql`select m.id, s.settled_micro_usd::text as settled from (values ${sql.join(months, sql`, `)}) as m (id, month)
        join spending s on s.user_id = m.id and s.month = m.month and s.payer = 'instance'`,
  );
  return new Map(rows.map(({ id, settled }) => [id, Number(settled)]));
}
