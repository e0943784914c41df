import { existsSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { version } from '../config.ts';
import type { AppContext } from '../context.ts';
import { isNearlyFull } from '../db/embedded-files.ts';
import { queryRows } from '../db/open.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { emailHealth } from '../notify/health.ts';

const part = z.enum(['up', 'down', 'not configured']);

export const healthSchema = z
  .object({
    status: z.enum(['healthy', 'degraded', 'unhealthy']),
    database: part,
    redis: part,
    queue: part,
    email: part,
    storage: part,
    disk: part.meta({ description: 'down when the embedded database has nearly no room left' }),
    version: z.string(),
    timestamp: z.iso.datetime(),
  })
  .meta({ id: 'Health' });

/** A part that does not answer within this time counts as down, in milliseconds. */
const limitMs = 2_000;

async function answers(probe: Promise<unknown>): Promise<'up' | 'down'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'down'>((resolve) => {
    timer = setTimeout(() => resolve('down'), limitMs);
  });
  const outcome = await Promise.race([
    probe.then(
      () => 'up' as const,
      () => 'down' as const,
    ),
    late,
  ]);
  clearTimeout(timer);
  return outcome;
}

/** Answers while rows can be written: a standby and a server that was set read-only answer questions all the same. */
async function takesWrites(ctx: AppContext): Promise<void> {
  const [row] = await queryRows<{ setting: string }>(
    ctx.db,
    sql`select current_setting('transaction_read_only') as setting`,
  );
  if (row?.setting !== 'off') throw new Error('the database is read-only');
}

function diskOf({ config }: AppContext): 'up' | 'down' | 'not configured' {
  if (config.database.kind !== 'embedded' || !existsSync(config.dataDir)) return 'not configured';
  return isNearlyFull(config.dataDir) ? 'down' : 'up';
}

/** How the parts are, each asked with a limit of two seconds. */
export async function health(ctx: AppContext): Promise<z.infer<typeof healthSchema>> {
  const database = await answers(takesWrites(ctx));
  const redis = await ctx.limiter.health();
  const disk = diskOf(ctx);
  const queue = database === 'up' ? await answers(ctx.db.execute(sql`select 1 from pgboss.version`)) : 'down';
  const email = await emailHealth(ctx).catch(() => 'down' as const);
  return {
    status: database === 'down' ? 'unhealthy' : [queue, disk, redis, email].includes('down') ? 'degraded' : 'healthy',
    database,
    redis,
    queue,
    email,
    // It comes with a later version; a part that does not exist is never shown as up.
    storage: 'not configured',
    disk,
    version,
    timestamp: ctx.now().toISOString(),
  };
}

/** Health for machines: overall, alive (never touches the database), ready (may be sent requests). */
export const healthRoutes: RegisterRoutes = (server, ctx) => {
  const tags = ['health'];
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
      const answer = await health(ctx);
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
      const up = (await answers(ctx.db.execute(sql`select 1`))) === 'up';
      return reply.code(up ? 200 : 503).send({ status: up ? 'ready' : 'not ready' });
    },
  );
};
