import { Cron } from 'croner';
import { z } from 'zod';
import { calendarOf, momentOf } from '../accounts/calendar.ts';
import { AppError } from '../errors.ts';

const dayMs = 86_400_000;

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** Closer together than this, two articles are a slip in the rule. In minutes. */
export const leastMinutesBetween = 15;
/** Of how many times the distances are looked at. Minutes and hours repeat every day, and no rule has more than 96 of them. */
const timesCompared = 200;

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 09:00');
const times = z.array(timeOfDay).min(1).max(24);

/** When a schedule runs, on the clocks of its time zone. */
export const scheduleRuleSchema = z.union([
  z
    .strictObject({
      cron: z
        .string()
        .trim()
        .min(1)
        .max(200)
        .meta({ description: 'Five fields: minute, hour, day of month, month, day of week', example: '0 9 * * 1,4' }),
    })
    .meta({ title: 'cron' }),
  z
    .strictObject({ days: z.array(z.enum(weekdays)).min(1).max(7), times })
    .meta({ title: 'days', description: 'At each of these times on each of these days' }),
  z
    .strictObject({ perWeek: z.int().min(1).max(168), times })
    .meta({ title: 'perWeek', description: 'So many a week, spread over its days; the first times are used first' }),
]);
export type ScheduleRule = z.infer<typeof scheduleRuleSchema>;

/** One time at which a schedule is to run. */
export interface Slot {
  at: Date;
  /** What the rule says, on the clocks of the zone: `2026-11-24T09:00`. */
  clock: string;
  /** The clocks leave that time out, or show it twice, because they are put forward or back. */
  shown: 'once' | 'twice' | 'never';
}

/** The days of a week on which so many of its seven are used. */
const spread: readonly (readonly Weekday[])[] = [
  [],
  ['tue'],
  ['tue', 'thu'],
  ['mon', 'wed', 'fri'],
  ['mon', 'tue', 'thu', 'fri'],
  ['mon', 'tue', 'wed', 'thu', 'fri'],
  ['mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
  weekdays,
];

/**
 * The times of a rule after a moment, in order; without end, except for a cron expression that never comes (`0 0 30 2 *`).
 * The rule is read on the clocks of `timeZone`, each time of a day once: one that the clocks leave out moves forward by as
 * much as they do, and of one that they show twice the first is taken. So a daily schedule runs every day, and an hourly
 * one rests for an hour in autumn. Times that become the same moment are one.
 */
export function* slotsAfter(rule: ScheduleRule, timeZone: string, after: Date): Generator<Slot, undefined> {
  const calendar = calendarOf(timeZone);
  let last = after.getTime();
  /** Moved forward, and so perhaps past times that come after them on the clocks. */
  let moved: Slot[] = [];
  function* inTurn(slot: Slot): Generator<Slot> {
    if (slot.at.getTime() <= last) return;
    last = slot.at.getTime();
    yield slot;
  }
  // From two days before, on any clock: what the clocks leave out may move past the moment.
  for (const clock of clockTimes(rule, after.getTime() - 2 * dayMs)) {
    const { at, shown } = momentOf(calendar, clock);
    const slot: Slot = { at, clock: new Date(clock).toISOString().slice(0, 16), shown };
    if (shown === 'never') {
      moved.push(slot);
      continue;
    }
    for (const earlier of moved.filter((one) => one.at < at)) yield* inTurn(earlier);
    moved = moved.filter((one) => one.at > at);
    yield* inTurn(slot);
  }
}

/** The next time of a rule; null when it has none. */
export function nextSlot(rule: ScheduleRule, timeZone: string, after: Date): Slot | null {
  return slotsAfter(rule, timeZone, after).next().value ?? null;
}

/** Times of day as if clocks were those of UTC, in milliseconds and in order. */
function* clockTimes(rule: ScheduleRule, from: number): Generator<number, undefined> {
  if ('cron' in rule) {
    const cron = new Cron(rule.cron, { paused: true, timezone: 'UTC', mode: '5-part' });
    for (let at = cron.nextRun(new Date(from)); at; at = cron.nextRun(at)) yield at.getTime();
    return;
  }
  const week = timesOfWeek(rule);
  for (let day = Math.floor(from / dayMs) * dayMs; ; day += dayMs) {
    // The first day of 1970 was a Thursday.
    const weekday = weekdays[(day / dayMs + 3) % 7] as Weekday;
    for (const minutes of week.get(weekday) ?? []) yield day + minutes * 60_000;
  }
}

/** For each day its times in minutes after midnight, in order and each once. */
function timesOfWeek(rule: Exclude<ScheduleRule, { cron: string }>): Map<Weekday, number[]> {
  const minutes = [...new Set(rule.times)].map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
  const inOrder = (chosen: number[]) => [...chosen].sort((a, b) => a - b);
  if ('days' in rule) return new Map(rule.days.map((day) => [day, inOrder(minutes)]));
  const everyDay = Math.floor(rule.perWeek / 7);
  const more = spread[rule.perWeek % 7] ?? [];
  return new Map(weekdays.map((day) => [day, inOrder(minutes.slice(0, everyDay + (more.includes(day) ? 1 : 0)))]));
}

/**
 * Refuses a rule that cannot be meant: one that is not understood, that never comes, or that comes more often than every
 * {@link leastMinutesBetween} minutes. Throws `invalid_request` that says which and what to write instead.
 */
export function checkRule(rule: ScheduleRule, timeZone: string, now: Date): void {
  if ('cron' in rule) checkCron(rule.cron);
  else if ('perWeek' in rule && Math.ceil(rule.perWeek / 7) > new Set(rule.times).size) {
    const needed = Math.ceil(rule.perWeek / 7);
    throw invalid(
      'rule.times',
      `${rule.perWeek} a week are up to ${needed} a day: name ${needed} different times, or fewer a week`,
    );
  }
  let before: Slot | null = null;
  let compared = 0;
  for (const slot of slotsAfter(rule, timeZone, now)) {
    const minutes = before ? (slot.at.getTime() - before.at.getTime()) / 60_000 : leastMinutesBetween;
    // Where the clocks are put forward, times move towards each other that are far enough apart on every other day.
    if (before && minutes < leastMinutesBetween && slot.shown !== 'never' && before.shown !== 'never') {
      throw invalid(
        path(rule),
        `runs at ${before.clock.replace('T', ' ')} and again ${minutes} min later: leave at least ${leastMinutesBetween} minutes between`,
      );
    }
    before = slot;
    compared += 1;
    if (compared === timesCompared) break;
  }
  if (!before) throw invalid(path(rule), 'never comes: there is no such day in any year. Try "0 9 1 * *"');
}

const path = (rule: ScheduleRule) => ('cron' in rule ? 'rule.cron' : 'rule.times');

function checkCron(cron: string): void {
  const fields = cron.split(/\s+/).length;
  if (fields === 6 || fields === 7) {
    throw invalid('rule.cron', `has ${fields} fields: leave out the seconds and the year, as in "0 9 * * 1"`);
  }
  try {
    new Cron(cron, { paused: true, timezone: 'UTC', mode: '5-part' });
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const why = error.message.replace(/^CronPattern: /, '');
    throw invalid(
      'rule.cron',
      `is not understood (${why}). Five fields are needed: minute, hour, day of month, month, day of week, as in "0 9 * * 1"`,
    );
  }
}

function invalid(where: string, message: string): AppError {
  return new AppError('invalid_request', `${where}: ${message}.`, { errors: [{ path: where, message }] });
}
