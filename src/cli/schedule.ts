import { z } from 'zod';
import { localTime } from '../accounts/calendar.ts';
import { AppError } from '../errors.ts';
import { scheduleRunSchema, scheduleSchema, slotSchema } from '../schedules/present.ts';
import type { Api } from './api.ts';
import { clip, type Io, print, table } from './io.ts';
import { openSession, type Session, sayUnattended } from './session.ts';
import { findSite } from './site.ts';

type Schedule = z.infer<typeof scheduleSchema>;
type Run = z.infer<typeof scheduleRunSchema>;
interface Options {
  account?: string;
  json?: boolean;
}
interface NewSchedule extends Options {
  name?: string;
  site?: string;
  perWeek?: number;
  days?: string[];
  at?: string[];
  cron?: string;
  zone?: string;
  publish?: 'draft' | 'publish';
  approval?: 'manual' | 'auto';
  holdHours?: number;
  minSeoScore?: number;
  proposalsFrom?: number;
  monthlyBudget?: number;
}

const page = z.object({ items: z.array(scheduleSchema), nextCursor: z.string().nullable() });
const runs = z.object({ items: z.array(scheduleRunSchema), nextCursor: z.string().nullable() });
const slots = z.object({ items: z.array(slotSchema) });
const nameWidth = 40;

/** Prints the schedules, newest first, with their state and next time on their own clocks. */
export async function listSchedules(io: Io, options: Options & { site?: string }): Promise<number> {
  return withApi(io, options, async (api) => {
    const site = options.site === undefined ? null : await findSite(api, options.site);
    const items = await allSchedules(api, site?.id);
    print(io, options.json, { items }, () =>
      items.length === 0
        ? ['No schedules yet. Add one: schedule add --per-week 3 --at 09:00 --site NAME']
        : table(
            ['ID', 'STATE', 'NEXT TIME', 'TOPICS', 'NAME'],
            items.map((item) => [
              item.id,
              item.state,
              item.nextSlotAt ? clock(item.nextSlotAt, item.timeZone) : '-',
              String(item.openTopics),
              clip(item.name, nameWidth),
            ]),
          ),
    );
  });
}

/** Adds a schedule. Throws `invalid_request` where it is not said when. */
export async function addSchedule(io: Io, options: NewSchedule): Promise<number> {
  const rule = ruleOf(options);
  return withApi(io, options, async (api, session) => {
    const site = options.site === undefined ? null : await findSite(api, options.site);
    const { publish = site ? 'draft' : 'none', approval, holdHours, minSeoScore } = options;
    const given = Object.entries({ approval, holdHours, minSeoScore }).filter(([, value]) => value !== undefined);
    const schedule = await api.request('POST', '/schedules', scheduleSchema, {
      rule,
      brief: { publish, ...Object.fromEntries(given) },
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(site === null ? {} : { siteId: site.id }),
      ...(options.zone === undefined ? {} : { timeZone: options.zone }),
      ...(options.proposalsFrom === undefined ? {} : { proposalsFromScore: options.proposalsFrom }),
      ...(options.monthlyBudget === undefined
        ? {}
        : { monthlyBudgetMicroUsd: Math.round(options.monthlyBudget * 1_000_000) }),
    });
    print(io, options.json, schedule, () => [`Added ${schedule.name} (${schedule.id}).`, ...standing(schedule)]);
    sayUnattended(io, session);
  });
}

/** Prints a schedule, its next times, and what stands in its way. */
export async function showSchedule(io: Io, wanted: string, options: Options & { count: number }): Promise<number> {
  return withApi(io, options, async (api) => {
    const schedule = await findSchedule(api, wanted);
    const path = `/schedules/${schedule.id}/preview?count=${Math.min(options.count, 100)}`;
    const { items: next } = await api.request('GET', path, slots);
    print(io, options.json, { ...schedule, next }, () => [
      `${schedule.name} (${schedule.id})`,
      ...standing(schedule),
      `  ${ruleWords(schedule.rule)}, on the clocks of ${schedule.timeZone}`,
      ...next.map(({ at, note }) => `  ${clock(at, schedule.timeZone)}${note ? `  ${note}` : ''}`),
    ]);
  });
}

/** Pauses a schedule, or lets it go on with its next time. */
export async function pauseSchedule(io: Io, wanted: string, paused: boolean, options: Options): Promise<number> {
  return withApi(io, options, async (api) => {
    const { id } = await findSchedule(api, wanted);
    const schedule = await api.request('PATCH', `/schedules/${id}`, scheduleSchema, { paused });
    print(io, options.json, schedule, () => [
      `${paused ? 'Paused' : 'Resumed'} ${schedule.name}.`,
      ...(paused ? [] : standing(schedule)),
    ]);
  });
}

/** Forgets a schedule; its articles and topics stay. */
export async function deleteSchedule(io: Io, wanted: string, options: Options): Promise<number> {
  return withApi(io, options, async (api) => {
    const schedule = await findSchedule(api, wanted);
    await api.request('DELETE', `/schedules/${schedule.id}`, z.null());
    print(io, options.json, { deleted: schedule.id }, () => [
      `Deleted ${schedule.name}. Its articles and topics stay.`,
    ]);
  });
}

/** Prints what the times of a schedule have led to, newest first. */
export async function listRuns(io: Io, wanted: string, options: Options & { limit: number }): Promise<number> {
  return withApi(io, options, async (api) => {
    const schedule = await findSchedule(api, wanted);
    const { items } = await api.request(
      'GET',
      `/schedules/${schedule.id}/runs?limit=${Math.min(options.limit, 100)}`,
      runs,
    );
    print(io, options.json, { items }, () =>
      items.length === 0
        ? [`${schedule.name} has not come to a time yet.`]
        : table(
            ['TIME', 'OUTCOME', 'RUN OR REASON'],
            items.map((run) => [clock(run.slotAt, schedule.timeZone), run.outcome, runWords(run)]),
          ),
    );
  });
}

async function allSchedules(api: Api, siteId?: string): Promise<Schedule[]> {
  const items: Schedule[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = `limit=100${siteId ? `&siteId=${siteId}` : ''}${cursor ? `&cursor=${cursor}` : ''}`;
    const next: z.infer<typeof page> = await api.request('GET', `/schedules?${query}`, page);
    items.push(...next.items);
    cursor = next.nextCursor;
  }
  return items;
}

/** The schedule that a person means: by its id, or by its name in any case where only one has it. */
async function findSchedule(api: Api, wanted: string): Promise<Schedule> {
  const all = await allSchedules(api);
  const key = wanted.trim().toLowerCase();
  const found = all.filter(({ id, name }) => id === key || name.toLowerCase() === key);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length > 1) {
    throw new AppError('conflict', `${found.length} schedules are called "${wanted}".`, {
      hint: `Name one by its id: ${found.map(({ id }) => id).join(', ')}.`,
    });
  }
  const names = all.map(({ name }) => name).join(', ');
  throw new AppError('not_found', `There is no schedule "${wanted}".`, {
    hint: names ? `There are: ${names}.` : 'Add one first: schedule add --per-week 3 --at 09:00',
  });
}

function ruleOf({ cron, perWeek, days, at }: NewSchedule): object {
  if (cron !== undefined) return { cron };
  const times = at ?? ['09:00'];
  if (days !== undefined) return { days, times };
  if (perWeek !== undefined) return { perWeek, times };
  throw new AppError('invalid_request', 'When is not said.', {
    hint: 'Use --per-week 3 --at 09:00, or --days mon,thu --at 09:00, or --cron "0 9 * * 1,4".',
  });
}

function ruleWords(rule: Schedule['rule']): string {
  if ('cron' in rule) return `cron ${rule.cron}`;
  const when = 'days' in rule ? rule.days.join(', ') : `${rule.perWeek} a week`;
  return `${when} at ${rule.times.join(', ')}`;
}

function standing(schedule: Schedule): string[] {
  const { state, nextSlotAt, timeZone, openTopics, warnings } = schedule;
  const next = nextSlotAt ? `, next time ${clock(nextSlotAt, timeZone)}` : '';
  return [`  ${state}${next}; ${openTopics} topics in the backlog`, ...warnings.map((warning) => `  ${warning}`)];
}

const clock = (at: string, timeZone: string) => localTime(new Date(at), timeZone).slice(0, 16).replace('T', ' ');

function runWords({ pipelineId, reason, missed, proposalScore }: Run): string {
  const what = reason ? `${reason.message} ${reason.hint}` : (pipelineId ?? '');
  const proposal = proposalScore === null ? '' : `, a proposal of score ${proposalScore}`;
  return `${what}${proposal}${missed > 0 ? `, ${missed} before it were missed` : ''}`;
}

async function withApi(io: Io, options: Options, work: (api: Api, session: Session) => Promise<void>): Promise<number> {
  const session = await openSession(io, { work: false, account: options.account });
  try {
    await work(session.api, session);
    return 0;
  } finally {
    await session.close();
  }
}
