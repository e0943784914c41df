import { z } from 'zod';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { healthSchema } from '../monitoring/health.ts';
import { incidentSchema } from '../monitoring/incidents.ts';
import { serviceLevelsSchema } from '../monitoring/service-levels.ts';
import { instanceStatus } from './instance.ts';

const time = z.iso.datetime();
const count = z.int();
const oldestAt = time.nullable().meta({ description: 'Since when the oldest of it waits' });

export const statusSchema = z
  .object({
    version: z.string(),
    startedAt: time.meta({ description: 'When the process that answers was started' }),
    health: healthSchema,
    database: z.object({
      kind: z.enum(['embedded', 'postgres']),
      bytes: count.nullable(),
      freeBytes: count.nullable().meta({ description: 'Room on the disk of an embedded one; not known of a server' }),
    }),
    users: z.object({
      total: count,
      disabled: count,
      today: count.meta({ description: 'Seen within the last 24 hours' }),
      month: count.meta({ description: 'Seen within the last 30 days' }),
    }),
    money: z.object({
      todayMicroUsd: count.meta({ description: 'Paid by the instance since midnight, UTC' }),
      callsUnderWay: count.meta({ description: 'Calls of today whose cost is not known yet' }),
      month: z.string(),
      spentMicroUsd: count,
      reservedMicroUsd: count,
      limitMicroUsd: count,
      forecastMicroUsd: count.nullable(),
    }),
    articles: z.object({ writtenToday: count, publishedToday: count }),
    work: z.object({
      pipelines: z.object({
        running: count,
        queued: count,
        stalled: count.meta({ description: 'Their worker has gone; another takes them within seconds' }),
        oldestAt,
      }),
      publications: z.object({ sending: count, due: count, scheduled: count, stalled: count, oldestAt }),
      mails: z.object({ waiting: count, oldestAt }),
      deliveries: z.object({ waiting: count, oldestAt }).meta({ description: 'Of webhooks' }),
    }),
    failed: z.object({ pipeline: count, publication: count, webhook: count, mail: count }),
    levels: serviceLevelsSchema,
    incidents: z
      .array(incidentSchema)
      .meta({ description: 'What is wrong, then what was, the newest first; at most ten' }),
    worker: z.object({
      alive: z.boolean().meta({ description: 'Whether any worker gave a sign of life within the last minute' }),
      seenAt: time.nullable(),
    }),
  })
  .meta({ id: 'InstanceStatus' });

/** How the instance is, for its admins. */
export const instanceRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/admin/status',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['admin'],
        summary: 'How the instance is: accounts, money, work and its age, failures, workers, parts',
        operationId: 'getInstanceStatus',
        response: { 200: statusSchema, ...problems(401, 403) },
      },
    },
    async () => instanceStatus(ctx),
  );
};
