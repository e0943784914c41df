import { locale as readerLocale } from '../language.ts';
import { unknown } from './money.ts';
import { readerTimeZone } from './reader.ts';

/** Milliseconds as `0.8 s`, `12 s`, `3 min 05 s` or `1 h 02 min`; a dash when unknown. */
export function formatDuration(ms: number | null | undefined, locale = readerLocale): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return unknown;
  const seconds = Math.max(0, ms) / 1000;
  const number = (value: number, digits = 0) =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  if (seconds < 9.95) return `${number(seconds, 1)} s`;
  if (seconds < 59.5) return `${number(seconds)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

const steps: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** How long ago, or until, a time is: `3 minutes ago`, `in 2 hours`, `now` below 45 seconds. */
export function formatRelative(time: Date, now: Date, locale = readerLocale): string {
  const seconds = (time.getTime() - now.getTime()) / 1000;
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  if (Math.abs(seconds) < 45) return format.format(0, 'second');
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size || unit === 'minute')
      return format.format(Math.round(seconds / size) || Math.sign(seconds), unit);
  }
  return format.format(0, 'second');
}

/** Date and time in the reader's locale and time zone. */
export function formatDateTime(time: Date, locale = readerLocale): string {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: readerTimeZone(),
  }).format(time);
}

/** The time of day to the second, in the reader's locale and time zone. */
export function formatClock(time: Date, locale = readerLocale): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: 'medium', timeZone: readerTimeZone() }).format(time);
}

/** The date alone, for sources. */
export function formatDate(time: Date, locale = readerLocale): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: readerTimeZone() }).format(time);
}
