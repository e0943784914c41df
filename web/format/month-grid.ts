import { locale as readerLocale } from '../language.ts';
import { readSiteTime, writeSiteTime } from './site-time.ts';

const dayMs = 86_400_000;
/** A day of a calendar (2026-11-30) has no zone: it is reckoned with as if it were one of UTC. */
const dayAt = (time: number) => new Date(time).toISOString().slice(0, 10);
const timeOf = (day: string) => Date.parse(`${day}T00:00:00Z`);

/** The day so many days after another one. */
export const dayAfter = (day: string, days: number): string => dayAt(timeOf(day) + days * dayMs);

/** The month so many months after another one, as `2026-12`. */
export function monthAfter(month: string, months: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return dayAt(Date.UTC(year, number - 1 + months, 1)).slice(0, 7);
}

/** The weeks that a month touches, each of seven days from `firstWeekday` (0 is Sunday). */
export function weeksOf(month: string, firstWeekday: number): string[][] {
  const first = timeOf(`${month}-01`);
  const next = timeOf(`${monthAfter(month, 1)}-01`);
  const weeks: string[][] = [];
  let start = first - ((new Date(first).getUTCDay() - firstWeekday + 7) % 7) * dayMs;
  for (; start < next; start += 7 * dayMs) {
    const from = start;
    weeks.push(Array.from({ length: 7 }, (_, index) => dayAt(from + index * dayMs)));
  }
  return weeks;
}

interface WeekInfo {
  firstDay: number;
}

/** On which day weeks begin for readers of a locale: 0 is Sunday. Monday (ISO 8601) where the browser does not know. */
export function firstWeekdayOf(locale: string): number {
  const known = new Intl.Locale(locale) as Intl.Locale & { getWeekInfo?: () => WeekInfo; weekInfo?: WeekInfo };
  return ((known.getWeekInfo?.() ?? known.weekInfo)?.firstDay ?? 1) % 7;
}

/** The names of the days of a week, from its first. */
export function weekdayNames(week: string[], weekday: 'short' | 'long', locale = readerLocale): string[] {
  const format = new Intl.DateTimeFormat(locale, { weekday, timeZone: 'UTC' });
  return week.map((day) => format.format(timeOf(day)));
}

/** A day in words: `Tuesday, December 1`. */
export function formatLongDay(day: string, locale = readerLocale): string {
  const format = new Intl.DateTimeFormat(locale, { weekday: 'long', month: 'long', day: 'numeric', timeZone: 'UTC' });
  return format.format(timeOf(day));
}

/** From the first moment of a day up to that of another one, on the clocks of a zone. */
export function rangeOf(from: string, until: string, timeZone: string): { from: string; to: string } {
  const start = (day: string) => (readSiteTime(`${day}T00:00`, timeZone)?.at ?? new Date(timeOf(day))).toISOString();
  return { from: start(from), to: start(until) };
}

/** The day on which something is, on the clocks of a zone. */
export const dayIn = (at: string, timeZone: string): string => writeSiteTime(new Date(at), timeZone).slice(0, 10);

/** The moment of the same time of day on another day, on the clocks of a zone; as much later where they leave it out. */
export function sameTimeOn(at: string, day: string, timeZone: string): Date {
  const typed = `${day}${writeSiteTime(new Date(at), timeZone).slice(10)}`;
  const read = readSiteTime(typed, timeZone);
  if (!read) throw new Error(`no time: ${typed}`);
  return read.at;
}

/** The time of day on the clocks of a zone, in the reader's locale: `9:00 AM`. */
export function formatTimeOfDay(at: string, timeZone: string, locale = readerLocale): string {
  const format = new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: 'UTC' });
  return format.format(new Date(`${writeSiteTime(new Date(at), timeZone)}Z`));
}

/** A moment on the clocks of a zone, short: `Mon, Nov 30, 9:00 AM`, in the reader's locale. */
export function formatDayAndTime(at: string, timeZone: string, locale?: string): string {
  const format = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZone: 'UTC',
  });
  return format.format(new Date(`${writeSiteTime(new Date(at), timeZone)}Z`));
}
