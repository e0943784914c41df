import type { Schedule } from '@/api/client/types.gen.ts';
import { scheduleWords as words } from '@/strings-schedules.ts';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** When a schedule runs, in words: `Mon, Thu at 09:00`. */
export function ruleWords(rule: Schedule['rule']): string {
  if ('cron' in rule) return words.rule.cron(rule.cron);
  const times = rule.times.join(', ');
  if ('perWeek' in rule) return words.rule.perWeek(rule.perWeek, times);
  const days = weekdays.filter((day) => rule.days.includes(day));
  return words.rule.days(
    days.length === 7 ? words.rule.everyDay : days.map((day) => words.weekdays[day]).join(', '),
    times,
  );
}

/** Times of day as typed (`9:00, 15:30`), each with two digits for its hour; null when one of them is none. */
export function readTimes(typed: string): string[] | null {
  const parts = typed.split(/[\s,;]+/).filter(Boolean);
  const times = parts.map((part) => {
    const [, hour = '', minute = ''] = /^(\d{1,2}):(\d\d)$/.exec(part) ?? [];
    return hour !== '' && Number(hour) < 24 && Number(minute) < 60 ? `${hour.padStart(2, '0')}:${minute}` : null;
  });
  return times.length === 0 || times.includes(null) ? null : [...new Set(times as string[])];
}

/** Every zone that this browser knows, and those that are meant besides. */
export function timeZones(...besides: string[]): string[] {
  return [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), ...besides.filter(Boolean)])].sort();
}

/** The zone of the reader's own clocks. */
export const ownTimeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
