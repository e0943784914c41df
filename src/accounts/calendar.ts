/** What the clocks of a time zone show at a moment, and how far they are ahead of UTC then. */
export type Calendar = (at: Date) => ClockTime;

export interface ClockTime {
  year: number;
  month: number;
  day: number;
  offsetMs: number;
}

const dayMs = 86_400_000;

/** The clocks of a time zone (IANA name; one that nobody knows counts as UTC). */
export function calendarOf(timeZone: string): Calendar {
  const format = formatIn(timeZone);
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const local = Date.UTC(year, month - 1, day, hour, minute, second);
    return { year, month, day, offsetMs: local - Math.floor(at.getTime() / 1000) * 1000 };
  };
}

/**
 * The first moment that a calendar counts to the day `midnight` (its midnight as if clocks were those of UTC), also where
 * clocks jump at midnight; null where no moment `belongs` to it, because the zone left that day out.
 */
export function firstMoment(calendar: Calendar, midnight: number, belongs: (time: ClockTime) => boolean): Date | null {
  // Around a change of the clocks the day before and the day after differ in their distance to UTC: one of them holds.
  const candidates = [-dayMs, dayMs].map((away) => midnight - calendar(new Date(midnight + away)).offsetMs);
  const inside = candidates.filter((time) => belongs(calendar(new Date(time))));
  return inside.length === 0 ? null : new Date(Math.min(...inside));
}

/** How often the clocks of a zone show a time of day: never while they are put forward over it, twice when put back. */
export interface Moment {
  at: Date;
  shown: 'once' | 'twice' | 'never';
}

/**
 * The moment at which a calendar shows `clock` (a time as if clocks were those of UTC, in milliseconds). A time that its
 * clocks leave out moves forward by as much as they do, and of one that they show twice the first is taken, as in RFC 5545
 * (3.3.5).
 */
export function momentOf(calendar: Calendar, clock: number): Moment {
  // Around a change of the clocks the day before and the day after differ in their distance to UTC: one of them holds.
  const [before, after] = [-dayMs, dayMs].map((away) => calendar(new Date(clock + away)).offsetMs) as [number, number];
  const times = [clock - before, clock - after].filter((time) => time + calendar(new Date(time)).offsetMs === clock);
  if (times.length === 0) return { at: new Date(clock - before), shown: 'never' };
  return { at: new Date(Math.min(...times)), shown: new Set(times).size > 1 ? 'twice' : 'once' };
}

/** A moment as the clocks of a zone show it: `2026-11-24T09:00:00`. */
export function localTime(at: Date, timeZone: string): string {
  return new Date(at.getTime() + calendarOf(timeZone)(at).offsetMs).toISOString().slice(0, 19);
}

/** Whether a name is one of a time zone whose clocks are known (IANA), or an offset such as +05:30. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
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
