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
