import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { onNotFound, problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { readFacts } from './facts.ts';
import { type Health, health, healthSchema } from './health.ts';
import { createMetrics, type Metrics, summaryOf } from './metrics.ts';
import { isMonitor } from './monitor-token.ts';
import { withinLimit } from './parts.ts';
import { remember } from './remember.ts';

/** Whoever asks more often gets the same answer, in milliseconds. */
const healthMs = 2_000;
const readyMs = 1_000;
const summaryMs = 5_000;

/** For monitors: health overall, alive (never touches the database), ready (may be sent requests), and the metrics. */
export const monitoringRoutes: RegisterRoutes = (server, ctx) => {
  const tags = ['health'];
  const look = remember<Health>(healthMs, () => health(ctx));
  server.get(
    '/health',
    {
      schema: {
        tags,
        summary: 'How the parts are',
        operationId: 'getHealth',
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_request, reply) => {
      const answer = await look();
      return reply.code(answer.status === 'unhealthy' ? 503 : 200).send(answer);
    },
  );
  const alive = z.object({ status: z.literal('alive') });
  server.get(
    '/health/live',
    { schema: { tags, summary: 'The process answers', operationId: 'getLiveness', response: { 200: alive } } },
    async () => ({ status: 'alive' as const }),
  );
  const ready = z.object({ status: z.enum(['ready', 'not ready']) });
  const lookWhetherReady = remember(readyMs, () =>
    withinLimit(() => ctx.db.execute(sql`select 1`).then(() => true), false),
  );
  server.get(
    '/health/ready',
    {
      schema: {
        tags,
        summary: 'The database answers',
        operationId: 'getReadiness',
        response: { 200: ready, 503: ready },
      },
    },
    async (_request, reply) => {
      const up = await lookWhetherReady();
      return reply.code(up ? 200 : 503).send({ status: up ? 'ready' : 'not ready' });
    },
  );

  let metrics: Promise<Metrics> | null = null;
  const facts = remember(summaryMs, () => readFacts(ctx));
  const summary = z.object({
    articles_today: z.int().meta({ description: 'Written since midnight, UTC' }),
    active_users: z.int().meta({ description: 'Accounts seen within 24 hours' }),
    api_calls_remaining: z
      .int()
      .nullable()
      .meta({ description: 'Calls of models that fit into the month, by their average cost; null is not known' }),
    error_rate: z.number().nullable().meta({ description: 'Of today’s answers, 0 to 1; null is not known' }),
  });
  server.get(
    '/metrics',
    {
      schema: {
        tags,
        summary: 'Metrics for Prometheus, or with Accept: application/json a summary; needs METRICS_TOKEN',
        operationId: 'getMetrics',
        response: {
          200: {
            description: 'Metrics',
            content: { 'text/plain': { schema: z.string() }, 'application/json': { schema: summary } },
          },
          ...problems(401, 404),
        },
      },
    },
    async (request, reply) => {
      const { metricsToken } = ctx.secrets;
      if (metricsToken === null) return onNotFound(request, reply);
      if (!isMonitor(request.headers.authorization, metricsToken)) {
        throw new AppError('unauthenticated', 'The metrics need the token of METRICS_TOKEN as a bearer token.');
      }
      reply.header('cache-control', 'no-store');
      if ((request.headers.accept ?? '').includes('application/json')) return reply.send(summaryOf(await facts()));
      metrics ??= createMetrics(ctx);
      const { contentType, read } = await metrics;
      return reply.type(contentType).send(await read());
    },
  );
};
