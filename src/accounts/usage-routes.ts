import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { AppContext } from '../context.ts';
import { queryRows } from '../db/open.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { countArticles, getWorkLimits } from './work-limits.ts';

const limitsSchema = z
  .object({
    month: z.string().meta({ description: "The month of the user's calendar, for example 2026-11" }),
    monthEndsAt: z.iso.datetime(),
    timeZone: z.string(),
    spentMicroUsd: z.int(),
    reservedMicroUsd: z.int().meta({ description: 'Set aside for calls that are under way' }),
    limitMicroUsd: z.int().nullable().meta({ description: 'null where the user has no limit of their own' }),
    articles: z.int().meta({ description: 'Begun in this month' }),
    articlesLimit: z.int(),
    runningPipelines: z.int(),
    concurrentPipelines: z.int(),
    requestsPerMinute: z.int(),
  })
  .meta({ id: 'UsageLimits' });

/** What a user has used of what they may use. */
export const usageRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/usage/limits',
    {
      schema: {
        tags: ['usage'],
        summary: 'What was used this month, and the limits',
        operationId: 'getUsageLimits',
        response: { 200: limitsSchema, ...problems(401) },
      },
    },
    async (request) => usageOf(ctx, request.userId),
  );
};

async function usageOf(ctx: AppContext, userId: string): Promise<z.infer<typeof limitsSchema>> {
  const limits = await getWorkLimits(ctx.db, ctx.config, userId);
  const { month } = limits;
  const [used] = await queryRows<{ spent: string; reserved: string; running: number }>(
    ctx.db,
    sql`select coalesce(sum(cost_micro_usd), 0)::text as spent,
               coalesce(sum(reserved_micro_usd) filter (where status = 'reserved'), 0)::text as reserved,
               (select count(*)::int from pipelines where user_id = ${userId} and status = 'running' and lease_expires_at >= now()) as running
        from paid_calls where user_id = ${userId}
        and started_at >= ${month.start.toISOString()}::timestamptz and started_at < ${month.end.toISOString()}::timestamptz`,
  );
  return {
    month: month.name,
    monthEndsAt: month.end.toISOString(),
    timeZone: limits.timeZone,
    spentMicroUsd: Number(used?.spent ?? 0),
    reservedMicroUsd: Number(used?.reserved ?? 0),
    limitMicroUsd: limits.monthlyLimitMicroUsd,
    articles: await countArticles(ctx.db, userId, month),
    articlesLimit: limits.articlesPerMonth,
    runningPipelines: used?.running ?? 0,
    concurrentPipelines: limits.concurrentPipelines,
    requestsPerMinute: limits.requestsPerMinute,
  };
}
