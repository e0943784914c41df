import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { countDays, type Days, daysBetween, daysOfMonth } from '../accounts/days.ts';
import { getWorkLimits } from '../accounts/work-limits.ts';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { callKinds, payers } from './schema.ts';

/** What calls can be grouped by. */
export const usageDimensions = ['day', 'model', 'step', 'site', 'payer', 'kind'] as const;
export type UsageDimension = (typeof usageDimensions)[number];

const longestDays = 366;
/** More groups than anybody reads; a year by day, model and step of a busy account is about half of it. */
const mostGroups = 20_000;

const amount = z.int().nullable();
const figures = {
  calls: z.int().meta({ description: 'Every attempt, failed ones and those under way included' }),
  failedCalls: z.int().meta({ description: 'Ended without a usable answer; some of them were billed all the same' }),
  articles: z.int().meta({ description: 'Pipelines that the calls were made for; one may count in several groups' }),
  costMicroUsd: amount.meta({ description: 'null while no call in it has a known cost' }),
  estimatedMicroUsd: amount.meta({ description: 'The part of the cost that the provider did not report' }),
  instanceCostMicroUsd: amount.meta({ description: 'The part of the cost that the instance pays' }),
  ownCostMicroUsd: amount.meta({ description: "The part of the cost that was paid with the user's own keys" }),
  reservedMicroUsd: z.int().meta({ description: 'Set aside for calls that are under way' }),
  inputTokens: amount.meta({
    description: 'Of the calls whose provider reported them, as all tokens here; null if none did',
  }),
  cachedInputTokens: amount,
  outputTokens: amount,
  reasoningTokens: amount,
};
const figuresSchema = z.object(figures).meta({ id: 'UsageFigures' });
export type UsageFigures = z.infer<typeof figuresSchema>;

const groupSchema = z
  .object({
    day: z.iso.date().optional(),
    model: z.string().optional(),
    step: z.string().optional(),
    site: z
      .object({ id: z.uuid(), name: z.string() })
      .nullable()
      .optional()
      .meta({ description: 'null for articles of no site, or of one that is gone' }),
    payer: z.enum(payers).optional(),
    kind: z.enum(callKinds).optional(),
    ...figures,
  })
  .meta({ id: 'UsageGroup', description: 'Holds what was grouped by, and the figures' });
export type UsageGroup = z.infer<typeof groupSchema>;

export const usageSchema = z
  .object({
    from: z.iso.date(),
    to: z.iso.date(),
    timeZone: z.string().meta({ description: 'Whose calendar the days are of' }),
    groupBy: z.array(z.enum(usageDimensions)),
    groups: z
      .array(groupSchema)
      .meta({ description: 'By day where that was asked for, then the most expensive first' }),
    totals: figuresSchema,
  })
  .meta({ id: 'Usage' });
export type Usage = z.infer<typeof usageSchema>;

/** Which days; by default those of the present month. */
export interface UsagePeriod {
  from?: string | undefined;
  to?: string | undefined;
}

/** The days that a user asked about, in their time zone. */
export interface Period extends Days {
  from: string;
  to: string;
  timeZone: string;
}

/**
 * The days of a question: `from` is the first day of the month that `to` lies in unless it is given, `to` the last of the
 * present month. Throws `invalid_request` when they are in the wrong order or too many.
 */
export async function periodOf(
  { db, config }: Pick<AppContext, 'db' | 'config'>,
  userId: string,
  period: UsagePeriod,
): Promise<Period> {
  const { timeZone, month } = await getWorkLimits(db, config, userId);
  const to = period.to ?? daysOfMonth(month.name).last;
  const from = period.from ?? `${to.slice(0, 7)}-01`;
  const wrong = (path: string, message: string) =>
    new AppError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] });
  if (from > to) throw wrong('to', `must not be before from (${from})`);
  if (countDays(from, to) > longestDays) throw wrong('from', `must be at most ${longestDays} days before to (${to})`);
  return { ...daysBetween(timeZone, from, to), from, to, timeZone };
}

/** The calls of a user in a period, as a condition on `paid_calls` under the name `calls`. */
export const callsIn = (userId: string, { start, end }: Days): SQL =>
  sql`calls.user_id = ${userId}::uuid and calls.started_at >= ${start.toISOString()}::timestamptz
      and calls.started_at < ${end.toISOString()}::timestamptz`;

/** What a user's calls used and cost, in groups and together. Throws `invalid_request`. */
export async function usageOf(
  ctx: Pick<AppContext, 'db' | 'config'>,
  userId: string,
  { groupBy, ...asked }: UsagePeriod & { groupBy: UsageDimension[] },
): Promise<Usage> {
  const period = await periodOf(ctx, userId, asked);
  const rows = await sumCalls(ctx.db, userId, period, groupBy);
  if (rows.length > mostGroups + 1) {
    throw new AppError('invalid_request', `These are more than ${mostGroups} groups.`, {
      hint: 'Ask for fewer days, or group by less.',
    });
  }
  const totals = rows.find((row) => row.is_total === 1);
  if (!totals) throw new Error('a sum over no rows is a row, too');
  const groups = rows.filter((row) => row !== totals);
  return {
    from: period.from,
    to: period.to,
    timeZone: period.timeZone,
    groupBy,
    groups: groups.map((row) => ({ ...keysOf(row, groupBy, period), ...figuresOf(row) })),
    totals: figuresOf(totals),
  };
}

type Sums = Record<keyof UsageFigures, string | number | null>;
interface Row extends Sums {
  is_total: number;
  /** The number of the day in the period, from 1. */
  day: number;
  model: string;
  step: string;
  site_id: string | null;
  site_name: string | null;
  payer: (typeof payers)[number];
  kind: (typeof callKinds)[number];
}

const columnsOf: Record<UsageDimension, string[]> = {
  day: ['day'],
  model: ['model'],
  step: ['step'],
  site: ['site_id', 'site_name'],
  payer: ['payer'],
  kind: ['kind'],
};

/** One statement, so that groups and totals are of the same moment. The names of columns are ours, never a user's. */
async function sumCalls(db: Db, userId: string, period: Period, groupBy: UsageDimension[]): Promise<Row[]> {
  const columns = groupBy.flatMap((dimension) => columnsOf[dimension]);
  const list = sql.raw(columns.join(', '));
  const order = sql.raw(
    [...columns.filter((name) => name === 'day'), '"costMicroUsd" desc nulls last', ...columns].join(', '),
  );
  const starts = `{${period.days.map(({ start }) => start.toISOString()).join(',')}}`;
  return queryRows<Row>(
    db,
    sql`select ${list}, grouping(${sql.raw(columns[0] ?? '')}) as is_total,
          count(*) as calls,
          count(*) filter (where status in ('failed', 'released')) as "failedCalls",
          count(distinct pipeline_id) as articles,
          sum(cost_micro_usd) as "costMicroUsd",
          case when sum(cost_micro_usd) is not null then coalesce(sum(cost_micro_usd) filter (where estimated), 0) end as "estimatedMicroUsd",
          sum(cost_micro_usd) filter (where payer = 'instance') as "instanceCostMicroUsd",
          sum(cost_micro_usd) filter (where payer = 'user') as "ownCostMicroUsd",
          coalesce(sum(reserved_micro_usd) filter (where status = 'reserved'), 0) as "reservedMicroUsd",
          sum(input_tokens) as "inputTokens", sum(cached_input_tokens) as "cachedInputTokens",
          sum(output_tokens) as "outputTokens", sum(reasoning_tokens) as "reasoningTokens"
        from (
          select calls.*, width_bucket(calls.started_at, ${starts}::timestamptz[]) as day, sites.id as site_id, sites.name as site_name
          from paid_calls calls
          left join pipelines on pipelines.id = calls.pipeline_id
          left join sites on sites.id = pipelines.site_id
          where ${callsIn(userId, period)}
        ) as calls
        group by grouping sets ((${list}), ())
        order by is_total desc, ${order}
        limit ${mostGroups + 2}`,
  );
}

function keysOf(row: Row, groupBy: UsageDimension[], { days }: Period): Partial<UsageGroup> {
  const { site_id: id, site_name: name, model, step, payer, kind } = row;
  const keys: Record<UsageDimension, unknown> = {
    day: days[row.day - 1]?.name,
    model,
    step,
    site: id === null ? null : { id, name: name ?? '' },
    payer,
    kind,
  };
  return Object.fromEntries(groupBy.map((dimension) => [dimension, keys[dimension]]));
}

function figuresOf(row: Sums): UsageFigures {
  const names = Object.keys(figures) as (keyof UsageFigures)[];
  return Object.fromEntries(names.map((name) => [name, row[name] === null ? null : Number(row[name])])) as UsageFigures;
}
