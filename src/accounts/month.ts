import { type Calendar, calendarOf, firstMoment } from './calendar.ts';

/** A calendar month as someone in a time zone lives it. */
export interface Month {
  /** For example 2026-11. */
  name: string;
  start: Date;
  /** The start of the next one. */
  end: Date;
}

/**
 * The month that `at` lies in for someone in `timeZone` (IANA name; one that nobody knows counts as UTC). It begins with
 * the first moment that the zone's calendar calls the first of the month, also where clocks jump at midnight. Computed
 * here and not in SQL, because not every PostgreSQL knows every name that a browser sends.
 */
export function monthIn(timeZone: string, at: Date): Month {
  const calendar = calendarOf(timeZone);
  const { year, month } = calendar(at);
  return {
    name: `${year}-${String(month).padStart(2, '0')}`,
    start: startOf(calendar, year, month),
    end: month === 12 ? startOf(calendar, year + 1, 1) : startOf(calendar, year, month + 1),
  };
}

function startOf(calendar: Calendar, year: number, month: number): Date {
  const start = firstMoment(calendar, Date.UTC(year, month - 1, 1), (time) => time.month === month);
  if (!start) throw new Error(`no calendar leaves out a month: ${year}-${month}`);
  return start;
}
