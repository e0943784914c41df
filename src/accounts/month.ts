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
    start: firstMoment(calendar, year, month),
    end: month === 12 ? firstMoment(calendar, year + 1, 1) : firstMoment(calendar, year, month + 1),
  };
}

type Calendar = (at: Date) => { year: number; month: number; offsetMs: number };

const dayMs = 86_400_000;

function firstMoment(calendar: Calendar, year: number, month: number): Date {
  const asIfUtc = Date.UTC(year, month - 1, 1);
  // Around a change of the clocks the day before and the day after differ in their distance to UTC: one of them holds.
  const candidates = [-dayMs, dayMs].map((away) => asIfUtc - calendar(new Date(asIfUtc + away)).offsetMs);
  const inside = candidates.filter((time) => calendar(new Date(time)).month === month);
  return new Date(Math.min(...inside));
}

function calendarOf(timeZone: string): Calendar {
  const format = formatIn(timeZone);
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const local = Date.UTC(year, month - 1, day, hour, minute, second);
    return { year, month, offsetMs: local - Math.floor(at.getTime() / 1000) * 1000 };
  };
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
  const options: Intl.DateTimeFormatOptions = {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  };
  try {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' });
  }
}
