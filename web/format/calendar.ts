import { locale as readerLocale } from '../language.ts';

/** The first and the last day (2026-11-30) of a month such as 2026-11. */
export function daysOf(month: string): { from: string; to: string } {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return { from: `${month}-01`, to: new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10) };
}

/** Every day of a month, in order. */
export function everyDayOf(month: string): string[] {
  const last = Number(daysOf(month).to.slice(-2));
  return Array.from({ length: last }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`);
}

/** Months that end with `last`, which comes first. */
export function monthsUntil(last: string, count: number): string[] {
  const [year = 0, number = 1] = last.split('-').map(Number);
  return Array.from({ length: count }, (_, index) =>
    new Date(Date.UTC(year, number - 1 - index, 1)).toISOString().slice(0, 7),
  );
}

/** Whether text is a month such as 2026-11. */
export const isMonth = (text: string | undefined): text is string => /^20\d\d-(0[1-9]|1[0-2])$/.test(text ?? '');

/** The month in words: `November 2026`. */
export function formatMonth(month: string, locale = readerLocale): string {
  const format = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' });
  return format.format(new Date(`${month}-01T00:00:00Z`));
}

/** A day of a calendar in words: `Nov 3`. It has no time zone, so none is applied. */
export function formatDay(day: string, locale = readerLocale): string {
  const format = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' });
  return format.format(new Date(`${day}T00:00:00Z`));
}

/** A share of 0 to 1 as `3.5%`; a little is not shown as nothing. */
export function formatShare(share: number, locale = readerLocale): string {
  const digits = share > 0 && share < 0.1 ? 1 : 0;
  const format = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits });
  return share > 0 && share < 0.001 ? `<${format.format(0.001)}` : format.format(share);
}
