import { formatDateTime } from './time.ts';

/** A time on the clocks of a site (`2026-11-24T09:00:00`), in the reader's locale and with the zone's name. */
export function formatSiteTime(local: { time: string; timeZone: string }, locale?: string): string {
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  return `${format.format(new Date(`${local.time.slice(0, 19)}Z`))} (${local.timeZone})`;
}

/** The same moment on the reader's own clocks; null where these show the same. */
export function formatOwnTime(at: string, local: { time: string; timeZone: string }, locale?: string): string | null {
  const own = formatDateTime(new Date(at), locale);
  return formatSiteTime(local, locale).startsWith(`${own} (`) ? null : own;
}
