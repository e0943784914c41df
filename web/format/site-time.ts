import { locale as readerLocale } from '../language.ts';
import { formatDateTime } from './time.ts';

/** A time on the clocks of a site (`2026-11-24T09:00:00`), in the reader's locale and with the zone's name. */
export function formatSiteTime(local: { time: string; timeZone: string }, locale = readerLocale): string {
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  return `${format.format(new Date(`${local.time.slice(0, 19)}Z`))} (${local.timeZone})`;
}

/** The same moment on the clocks of the reader's account; null where these show the same. */
export function formatOwnTime(
  at: string,
  local: { time: string; timeZone: string },
  locale = readerLocale,
): string | null {
  const own = formatDateTime(new Date(at), locale);
  return formatSiteTime(local, locale).startsWith(`${own} (`) ? null : own;
}

/** The day of the week of a time on some clock (`2026-11-24T09:00`): `Tue`. */
export function formatWeekday(clock: string, locale = readerLocale): string {
  return new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(new Date(`${clock}:00Z`));
}

/** What a time typed on the clocks of a site means. */
export interface TypedSiteTime {
  at: Date;
  /** `left-out`: the clocks jump over it, and it moves forward with them; `twice`: they show it twice, the first is meant. */
  clocks: 'once' | 'left-out' | 'twice';
}

const dayMs = 86_400_000;

/**
 * The moment of `2026-11-24T09:00` on the clocks of a zone (IANA name or offset; one that this browser does not know
 * counts as UTC), by the rules of the server, which decides (src/publishing/publish-time.ts). Null for what is no time.
 */
export function readSiteTime(typed: string, timeZone: string): TypedSiteTime | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(typed)) return null;
  const clock = Date.parse(`${typed}Z`);
  // What is counted over (a 30 February) is none.
  if (Number.isNaN(clock) || new Date(clock).toISOString().slice(0, 16) !== typed) return null;
  const ahead = aheadOf(timeZone);
  const [before, after] = [ahead(clock - dayMs), ahead(clock + dayMs)];
  const shown = [...new Set([clock - before, clock - after])].filter((time) => time + ahead(time) === clock);
  if (shown.length === 0) return { at: new Date(clock - before), clocks: 'left-out' };
  return { at: new Date(Math.min(...shown)), clocks: shown.length > 1 ? 'twice' : 'once' };
}

/** A moment as the clocks of a zone show it: `2026-11-24T09:00`. */
export function writeSiteTime(at: Date, timeZone: string): string {
  return new Date(at.getTime() + aheadOf(timeZone)(at.getTime())).toISOString().slice(0, 16);
}

/** How far the clocks of a zone are ahead of UTC at a moment, in milliseconds. */
function aheadOf(timeZone: string): (time: number) => number {
  const format = clocksOf(timeZone);
  return (time) => {
    const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
  };
}

function clocksOf(timeZone: string): Intl.DateTimeFormat {
  const part = 'numeric' as const;
  const parts = {
    year: part,
    month: part,
    day: part,
    hour: part,
    minute: part,
    second: part,
    hourCycle: 'h23' as const,
  };
  try {
    return new Intl.DateTimeFormat('en-US', { ...parts, timeZone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new Intl.DateTimeFormat('en-US', { ...parts, timeZone: 'UTC' });
  }
}
