import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { monthIn } from '../accounts/month.ts';
import { countArticles, getWorkLimits } from '../accounts/work-limits.ts';
import type { AppContext } from '../context.ts';
import { queryRows } from '../db/open.ts';
import { forecastMonth } from './forecast.ts';
import { instanceSpending, spendingOf } from './spending.ts';

export const usageLimitsSchema = z
  .object({
    month: z.string().meta({ description: "The month of the user's calendar, for example 2026-11" }),
    monthEndsAt: z.iso.datetime(),
    timeZone: z.string(),
    spentMicroUsd: z.int().meta({ description: 'Paid by the instance this month' }),
    reservedMicroUsd: z.int().meta({ description: 'Set aside for calls that are under way' }),
    limitMicroUsd: z.int().meta({
      description: "What the instance pays at most: the user's own limit, or the default; 0 means nothing",
    }),
    articleLimitMicroUsd: z
      .int()
      .nullable()
      .meta({ description: 'What the instance pays for one article at most, whatever its budget; null for no limit' }),
    ownSpentMicroUsd: z.int().meta({ description: "Paid with the user's own keys, which counts separately" }),
    ownReservedMicroUsd: z.int(),
    ownLimitMicroUsd: z
      .int()
      .nullable()
      .meta({ description: 'null where the user has set no limit for their own keys' }),
    forecastMicroUsd: z.int().nullable().meta({
      description:
        'What the instance will have paid at the end of the month if it goes on like this; null in the first three days and while nothing was spent',
    }),
    instance: z
      .object({ limitReached: z.boolean() })
      .meta({ description: 'Whether the month of all users together is used up; nothing more is paid then' }),
    articles: z.int().meta({ description: 'Begun in this month' }),
    articlesLimit: z.int(),
    runningPipelines: z.int(),
    concurrentPipelines: z.int(),
    queuedPipelines: z.int().meta({ description: 'Waiting for a place' }),
    queuedPipelinesLimit: z.int(),
    requestsPerMinute: z.int(),
  })
  .meta({ id: 'UsageLimits' });

/** What a user has used this month of what they may use. Throws `not_found` for a user that is gone. */
export async function usageLimitsOf(
  { db, config }: Pick<AppContext, 'db' | 'config'>,
  userId: string,
): Promise<z.infer<typeof usageLimitsSchema>> {
  const limits = await getWorkLimits(db, config, userId);
  const { month, now, createdAt } = limits;
  const { instance, user } = await spendingOf(db, userId, month.name);
  const all = await instanceSpending(db, monthIn('UTC', now).name);
  const { runningPipelines, queuedPipelines } = await countUnderWay(db, userId);
  return {
    month: month.name,
    monthEndsAt: month.end.toISOString(),
    timeZone: limits.timeZone,
    spentMicroUsd: instance.settledMicroUsd,
    reservedMicroUsd: instance.reservedMicroUsd,
    limitMicroUsd: limits.monthlyLimitMicroUsd,
    articleLimitMicroUsd: limits.pipelineLimitMicroUsd,
    ownSpentMicroUsd: user.settledMicroUsd,
    ownReservedMicroUsd: user.reservedMicroUsd,
    ownLimitMicroUsd: limits.ownMonthlyLimitMicroUsd,
    forecastMicroUsd: forecastMonth({
      spentMicroUsd: instance.settledMicroUsd,
      begunAt: createdAt,
      now,
      month,
    }),
    instance: {
      limitReached: all.settledMicroUsd + all.reservedMicroUsd >= config.budget.instanceLimitMicroUsd,
    },
    articles: await countArticles(db, userId, month),
    articlesLimit: limits.articlesPerMonth,
    runningPipelines,
    concurrentPipelines: limits.concurrentPipelines,
    queuedPipelines,
    queuedPipelinesLimit: limits.queuedPipelines,
    requestsPerMinute: limits.requestsPerMinute,
  };
}

/** In SQL of its own: pipelines belong to a room above this one. */
async function countUnderWay(
  db: AppContext['db'],
  userId: string,
): Promise<{ runningPipelines: number; queuedPipelines: number }> {
  const [row] = await queryRows<{ running: number; queued: number }>(
    db,
    sql`select (count(*) filter (where status = 'running' and lease_expires_at >= now()))::int as running,
          (count(*) filter (where status = 'queued'))::int as queued
        from pipelines where user_id = ${userId} and status in ('queued', 'running', 'waiting')`,
  );
  return { runningPipelines: row?.running ?? 0, queuedPipelines: row?.queued ?? 0 };
}
