import { z } from 'zod';
import { timeZoneSchema } from '../accounts/present.ts';
import { onceByKey } from '../http/idempotency.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { assertMayPublish } from '../pipeline/may-publish.ts';
import { exceptionsOf } from './exceptions.ts';
import {
  presentRun,
  presentSchedules,
  presentSlot,
  scheduleRequest,
  scheduleRunSchema,
  scheduleSchema,
  slotSchema,
} from './present.ts';
import { getSchedule, listRuns, listSchedules } from './queries.ts';
import { checkRule, scheduleRuleSchema } from './rule.ts';
import { createSchedule, deleteSchedule, updateSchedule } from './schedules.ts';
import type { Schedule } from './schema.ts';
import { type Exception, plannedSlots, type Timing } from './slots.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['schedules'];
const previewCount = z.coerce.number().int().min(1).max(100).default(10);
const preview = z.object({ items: z.array(slotSchema), nextCursor: z.null() });

const scheduleChange = scheduleRequest
  .extend({ brief: scheduleRequest.shape.brief.unwrap() })
  .partial()
  .extend({ paused: z.boolean().optional() })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ id: 'ScheduleChange' });

type Times = Pick<z.output<typeof scheduleRequest>, 'startsAt' | 'endsAt'>;

/** Schedules: list, add, read, change, pause, forget; their next times and what those before have led to. */
export const scheduleRoutes: RegisterRoutes = (server, ctx) => {
  const present = async (db: typeof ctx.db, row: Schedule) => {
    const [shown] = await presentSchedules(db, [row]);
    if (!shown) throw new Error('one schedule is shown as none');
    return shown;
  };
  const previewOf = (timing: Timing, exceptions: Exception[], count: number) => {
    const items: z.infer<typeof slotSchema>[] = [];
    for (const slot of plannedSlots(timing, exceptions, ctx.now())) {
      items.push(presentSlot(slot, timing.timeZone));
      if (items.length === count) break;
    }
    return { items, nextCursor: null };
  };

  server.get(
    '/schedules',
    {
      schema: {
        tags,
        summary: 'Schedules, newest first',
        operationId: 'listSchedules',
        querystring: listQuery.extend({ siteId: z.uuid().optional() }),
        response: { 200: listOf(scheduleSchema), ...problems(401, 422) },
      },
    },
    async (request) => {
      const rows = page(await listSchedules(ctx.db, request.userId, request.query), request.query.limit);
      return { items: await presentSchedules(ctx.db, rows.items), nextCursor: rows.nextCursor };
    },
  );

  server.post(
    '/schedules',
    {
      schema: {
        tags,
        summary: 'Add a schedule: at each of its times an article about the next topic is begun',
        operationId: 'createSchedule',
        body: scheduleRequest,
        response: { 201: scheduleSchema, ...problems(401, 404, 409, 413, 422) },
      },
    },
    async (request, reply) => {
      assertMayPublish(request, request.body.brief);
      const input = withMoments(request.body);
      return onceByKey(ctx, request, reply, 201, async (tx) =>
        present(tx, await createSchedule(ctx, tx, request.userId, input)),
      );
    },
  );

  server.post(
    '/schedules/preview',
    {
      schema: {
        tags,
        summary: 'The next times of a rule that is not stored yet',
        operationId: 'previewRule',
        body: z.strictObject({ rule: scheduleRuleSchema, timeZone: timeZoneSchema, count: previewCount }),
        response: { 200: preview, ...problems(401, 413, 422) },
      },
    },
    async (request) => {
      const { rule, timeZone, count } = request.body;
      checkRule(rule, timeZone, ctx.now());
      return previewOf({ rule, timeZone, startsAt: null, endsAt: null }, [], count);
    },
  );

  server.get(
    '/schedules/:id',
    {
      schema: {
        tags,
        summary: 'A schedule, its next time, and what will keep it from leading to an article',
        operationId: 'getSchedule',
        params: byId,
        response: { 200: scheduleSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => present(ctx.db, await getSchedule(ctx.db, request.userId, request.params.id)),
  );

  server.patch(
    '/schedules/:id',
    {
      schema: {
        tags,
        summary: 'Change a schedule, pause it, or go on; a time that has had its run does not come again',
        operationId: 'updateSchedule',
        params: byId,
        body: scheduleChange,
        response: { 200: scheduleSchema, ...problems(401, 404, 409, 413, 422) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const schedule = await getSchedule(ctx.db, request.userId, id);
      // Also whoever lets one go on that publishes.
      assertMayPublish(request, request.body.brief ?? schedule.brief);
      const changed = await updateSchedule(ctx, request.userId, id, withMoments(request.body));
      const shown = await present(ctx.db, changed.schedule);
      return { ...shown, warnings: [...changed.warnings, ...shown.warnings] };
    },
  );

  server.delete(
    '/schedules/:id',
    {
      schema: {
        tags,
        summary: 'Forget a schedule; its articles stay, and so do the topics it has not come to',
        operationId: 'deleteSchedule',
        params: byId,
        response: { 204: z.null(), ...problems(401, 404, 422) },
      },
    },
    async (request, reply) => {
      await deleteSchedule(ctx, request.userId, request.params.id);
      return reply.code(204).send(null);
    },
  );

  server.get(
    '/schedules/:id/preview',
    {
      schema: {
        tags,
        summary: 'The next times of a schedule, also of one that is paused',
        operationId: 'previewSchedule',
        params: byId,
        querystring: z.object({ count: previewCount }),
        response: { 200: preview, ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const schedule = await getSchedule(ctx.db, request.userId, request.params.id);
      const exceptions = await exceptionsOf(ctx.db, schedule.id, ctx.now());
      return previewOf(schedule, exceptions, request.query.count);
    },
  );

  server.get(
    '/schedules/:id/runs',
    {
      schema: {
        tags,
        summary: 'What the times of a schedule have led to, newest first',
        operationId: 'listScheduleRuns',
        params: byId,
        querystring: listQuery,
        response: { 200: listOf(scheduleRunSchema), ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const schedule = await getSchedule(ctx.db, request.userId, request.params.id);
      const rows = page(await listRuns(ctx.db, schedule, request.query), request.query.limit);
      return { items: rows.items.map(presentRun), nextCursor: rows.nextCursor };
    },
  );
};

/** What was sent, with its times as moments; what is left out stays so. */
function withMoments<Body extends Times>({ startsAt, endsAt, ...rest }: Body) {
  const read = (time: string | null | undefined) => (typeof time === 'string' ? new Date(time) : time);
  return { ...rest, startsAt: read(startsAt), endsAt: read(endsAt) };
}
