import { type Calendar, calendarOf, firstMoment } from './calendar.ts';

const dayMs = 86_400_000;

/** A calendar day as someone in a time zone lives it: 23 or 25 hours long when clocks change. */
export interface Day {
  /** For example 2026-11-01. */
  name: string;
  start: Date;
}

/** Days that follow each other. */
export interface Days {
  days: Day[];
  /** The start of the first. */
  start: Date;
  /** The start of the one after the last. */
  end: Date;
}

/**
 * The days from `from` to `to` (2026-11-01; both inclusive) in a time zone, an unknown one counting as UTC. A day that the
 * zone left out, as Samoa did when it changed sides of the date line, is not among them. Computed here and not in SQL,
 * for the same reason as months are.
 */
export function daysBetween(timeZone: string, from: string, to: string): Days {
  const calendar = calendarOf(timeZone);
  const days: Day[] = [];
  for (let name = from; name <= to; name = dayAfter(name)) {
    const start = startOf(calendar, name);
    if (start) days.push({ name, start });
  }
  let next = dayAfter(to);
  let end = startOf(calendar, next);
  while (!end) {
    next = dayAfter(next);
    end = startOf(calendar, next);
  }
  return { days, start: days[0]?.start ?? end, end };
}

function startOf(calendar: Calendar, name: string): Date | null {
  const [year = 0, month = 1, day = 1] = name.split('-').map(Number);
  return firstMoment(
    calendar,
    Date.UTC(year, month - 1, day),
    (time) => time.year === year && time.month === month && time.day === day,
  );
}

function dayAfter(name: string): string {
  return new Date(Date.parse(name) + dayMs).toISOString().slice(0, 10);
}

/** How many days lie from one to the other, both counted. */
export function countDays(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / dayMs) + 1;
}

/** The first and the last day of a month such as 2026-11. */
export function daysOfMonth(month: string): { first: string; last: string } {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return { first: `${month}-01`, last: new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10) };
}
