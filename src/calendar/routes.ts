import { z } from 'zod';
import { getUser } from '../accounts/account.ts';
import { monthIn } from '../accounts/month.ts';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { pipelineStatuses } from '../pipeline/schema.ts';
import { publicationStatuses } from '../publishing/publication-status.ts';
import { getSite } from '../sites/queries.ts';
import { maxItems, readCalendar } from './calendar.ts';
import { type CalendarItem, calendarKinds, slotStates } from './item.ts';

const longestDays = 100;
const dayMs = 86_400_000;
const moment = z.iso.datetime({ offset: true });
const uuid = z.uuid().nullable();
const states = [
  ...new Set([...slotStates, 'not_started', 'ends', ...pipelineStatuses, ...publicationStatuses] as const),
];

export const calendarItemSchema = z
  .object({
    id: z.string().meta({ description: 'The same for as long as it is the same: a slot keeps it when it is moved' }),
    kind: z.enum(calendarKinds),
    at: z.iso.datetime(),
    title: z
      .string()
      .nullable()
      .meta({ description: 'Of a slot: the topic that it would take; null when none is known' }),
    state: z.enum(states).meta({
      description:
        'Of a slot planned, due, paused or skipped; of a run not_started or the status of its pipeline; of a publication its status; of a hold ends',
    }),
    siteId: uuid,
    scheduleId: uuid,
    schedule: z.string().nullable().meta({ description: 'The name of the schedule' }),
    slotAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When the rule has it: what POST /schedules/:id/slots takes' }),
    pipelineId: uuid,
    articleId: uuid,
    publicationId: uuid,
    topicId: uuid,
    movable: z.boolean().meta({
      description: 'A slot by POST /schedules/:id/slots, a publication by PATCH /publications/:id',
    }),
    note: z.string().nullable().meta({ description: 'Moved, missed, failed, or what a change of the clocks does' }),
  })
  .meta({ id: 'CalendarItem' });

const calendarSchema = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    timeZone: z.string().meta({ description: 'On whose clocks it is best shown: of the site, else of the account' }),
    items: z.array(calendarItemSchema),
    truncated: z.boolean().meta({ description: `There is more than ${maxItems} in it: ask for less time` }),
  })
  .meta({ id: 'Calendar' });

/** What ran, what is planned and what goes out, in one list. */
export const calendarRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/calendar',
    {
      schema: {
        tags: ['schedules'],
        summary: 'What ran, what is planned, what goes out and which holds end, in the order of time',
        operationId: 'getCalendar',
        querystring: z.strictObject({
          from: moment.optional().meta({ description: 'The start of the present month where it is left out' }),
          to: moment.optional().meta({ description: `Exclusive, at most ${longestDays} days later; else 31 days` }),
          siteId: z.uuid().optional(),
        }),
        response: { 200: calendarSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const { userId, query } = request;
      const timeZone = await zoneOf(ctx, userId, query.siteId);
      const from = query.from ? new Date(query.from) : monthIn(timeZone, ctx.now()).start;
      const to = query.to ? new Date(query.to) : new Date(from.getTime() + 31 * dayMs);
      if (to <= from) throw wrongTo('must be after from');
      if (to.getTime() - from.getTime() > longestDays * dayMs) {
        throw wrongTo(`is more than ${longestDays} days after from`);
      }
      const { items, truncated } = await readCalendar(ctx, { userId, from, to, siteId: query.siteId ?? null });
      return { from: from.toISOString(), to: to.toISOString(), timeZone, items: items.map(presentItem), truncated };
    },
  );
};

async function zoneOf(ctx: Pick<AppContext, 'db'>, userId: string, siteId: string | undefined): Promise<string> {
  if (siteId) return (await getSite(ctx.db, userId, siteId)).timezone;
  return (await getUser(ctx.db, userId)).timeZone;
}

/** A thing of the calendar as it leaves. */
export const presentItem = ({ at, slotAt, ...item }: CalendarItem): z.infer<typeof calendarItemSchema> => ({
  ...item,
  at: at.toISOString(),
  slotAt: slotAt?.toISOString() ?? null,
});

function wrongTo(message: string): AppError {
  return new AppError('invalid_request', `to: ${message}.`, { errors: [{ path: 'to', message }] });
}
