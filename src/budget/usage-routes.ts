import { Readable } from 'node:stream';
import { z } from 'zod';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { periodOf, usageDimensions, usageOf, usageSchema } from './usage.ts';
import { callsCsv, usageCsv } from './usage-csv.ts';
import { usageLimitsOf, usageLimitsSchema } from './usage-limits.ts';

const tags = ['usage'];

const day = z.iso
  .date('must be a day such as 2026-11-01')
  .refine((name) => name >= '2000-01-01' && name <= '2199-12-31', 'must lie between 2000 and 2199');
const period = z.strictObject({
  from: day.optional().meta({ description: "A day of the user's time zone; the first of the month of `to`" }),
  to: day.optional().meta({ description: 'Inclusive; the last of the present month' }),
});

const grouped = period.extend({
  groupBy: z
    .string()
    .default('day')
    .transform((names) => names.split(','))
    .pipe(
      z
        .array(z.enum(usageDimensions, `must be any of ${usageDimensions.join(', ')}, with commas between them`))
        .refine((names) => new Set(names).size === names.length, 'names something twice'),
    )
    .meta({ description: `Any of ${usageDimensions.join(', ')}, with commas between them` }),
});

const csv = { content: { 'text/csv': { schema: z.string() } }, description: 'The file' };

const csvHeaders = (name: string, from: string, to: string) => ({
  'content-type': 'text/csv; charset=utf-8; header=present',
  'content-disposition': `attachment; filename="blog-poster-${name}-${from}-to-${to}.csv"`,
  'cache-control': 'no-store',
});

/** What a user has used: of what they may use, and in groups or call by call. Only ever their own. */
export const usageRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/usage/limits',
    {
      schema: {
        tags,
        summary: 'What was used this month, and the limits',
        operationId: 'getUsageLimits',
        response: { 200: usageLimitsSchema, ...problems(401) },
      },
    },
    async (request) => usageLimitsOf(ctx, request.userId),
  );

  server.get(
    '/usage',
    {
      schema: {
        tags,
        summary: 'Calls, tokens and costs by day, model, step, site, payer or kind',
        operationId: 'getUsage',
        querystring: grouped,
        response: { 200: usageSchema, ...problems(401, 403, 422) },
      },
    },
    async (request) => usageOf(ctx, request.userId, request.query),
  );

  server.get(
    '/usage.csv',
    {
      schema: {
        tags,
        summary: 'The same as CSV (RFC 4180)',
        operationId: 'getUsageCsv',
        querystring: grouped,
        response: { 200: csv, ...problems(401, 403, 422) },
      },
    },
    async (request, reply) => {
      const usage = await usageOf(ctx, request.userId, request.query);
      return reply.headers(csvHeaders('usage', usage.from, usage.to)).send(usageCsv(usage) as never);
    },
  );

  server.get(
    '/usage/calls.csv',
    {
      schema: {
        tags,
        summary: 'Every call with its cost, as CSV (RFC 4180)',
        operationId: 'getUsageCallsCsv',
        querystring: period,
        response: { 200: csv, ...problems(401, 403, 422) },
      },
    },
    async (request, reply) => {
      const asked = await periodOf(ctx, request.userId, request.query);
      const lines = Readable.from(callsCsv(ctx.db, request.userId, asked));
      return reply.headers(csvHeaders('calls', asked.from, asked.to)).send(lines as never);
    },
  );
};
