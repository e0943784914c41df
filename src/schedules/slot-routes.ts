import { z } from 'zod';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { assertMayPublish } from '../pipeline/may-publish.ts';
import { changeSlot, undoSlot } from './exceptions.ts';
import { presentSlot, slotSchema } from './present.ts';
import { getSchedule } from './queries.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['schedules'];
const moment = z.iso.datetime({ offset: true });
const slotAt = moment.meta({ description: 'When the rule has it, also of a slot that was moved' });

const slotChange = z
  .strictObject({
    slotAt,
    moveTo: moment.optional().meta({ description: 'When it is to run instead; its own time to undo a move' }),
    skip: z.literal(true).optional().meta({ description: 'It is not run at all' }),
  })
  .refine(({ moveTo, skip }) => (moveTo === undefined) !== (skip === undefined), 'must have either moveTo or skip')
  .meta({ id: 'SlotChange' });

/** Single slots of a schedule: move or skip one, and undo that. */
export const slotRoutes: RegisterRoutes = (server, ctx) => {
  server.post(
    '/schedules/:id/slots',
    {
      schema: {
        tags,
        summary: 'Move or skip one time of a schedule; it stays the same slot, and is run once wherever it stands',
        operationId: 'changeSlot',
        params: byId,
        body: slotChange,
        response: { 200: slotSchema, ...problems(401, 404, 409, 413, 422) },
      },
    },
    async (request) => {
      const schedule = await getSchedule(ctx.db, request.userId, request.params.id);
      assertMayPublish(request, schedule.brief);
      const { slotAt, moveTo } = request.body;
      const change = moveTo === undefined ? { skip: true as const } : { moveTo: new Date(moveTo) };
      const slot = await changeSlot(ctx, request.userId, schedule.id, new Date(slotAt), change);
      return presentSlot(slot, schedule.timeZone);
    },
  );

  server.delete(
    '/schedules/:id/slots/:slotAt',
    {
      schema: {
        tags,
        summary: 'Put a time that was moved or skipped back to where the rule has it',
        operationId: 'undoSlot',
        params: byId.extend({ slotAt }),
        response: { 200: slotSchema, ...problems(401, 404, 409, 422) },
      },
    },
    async (request) => {
      const schedule = await getSchedule(ctx.db, request.userId, request.params.id);
      assertMayPublish(request, schedule.brief);
      const slot = await undoSlot(ctx, request.userId, schedule.id, new Date(request.params.slotAt));
      return presentSlot(slot, schedule.timeZone);
    },
  );
};
