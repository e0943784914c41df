import { locale as readerLocale } from '../language.ts';

/**
 * Micro-dollars as money in the reader's locale: `$0.0042`, `$0.00` for free, `$12.30`. Small amounts keep the digits that
 * make them comparable: four below a dollar, six below a hundredth of a cent. Unknown (null) is a dash, never zero.
 */
export function formatMoney(microUsd: number | null | undefined, locale = readerLocale): string {
  if (microUsd === null || microUsd === undefined) return unknown;
  const size = Math.abs(microUsd);
  const maximumFractionDigits = size === 0 || size >= 1_000_000 ? 2 : size < 100 ? 6 : 4;
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: 2,
    maximumFractionDigits,
  }).format(microUsd / 1_000_000);
}

/** A price in the reader's locale, exact to the micro-dollar, because it is multiplied: `$0.025`, `$1.25`. Unknown is a dash. */
export function formatPrice(microUsd: number | null | undefined, locale = readerLocale): string {
  if (microUsd === null || microUsd === undefined) return unknown;
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: 2,
    maximumFractionDigits: 6,
  }).format(microUsd / 1_000_000);
}

/** Micro-dollars as the reader would type them and {@link parseMoney} reads them: `0.50`, `0,50`, `10`; empty when unknown. */
export function writeMoney(microUsd: number | null | undefined, locale = readerLocale): string {
  if (microUsd === null || microUsd === undefined) return '';
  const dollars = (microUsd / 1_000_000).toFixed(6).replace(/\.?0+$/, '');
  return dollars.replace(/\.\d$/, '$&0').replace('.', decimalOf(locale));
}

/** What stands where a value is not known. */
export const unknown = '–';

/**
 * Dollars as typed (`0.5`, `0,50`, `$1`, `1 $`) to micro-dollars; null when it is no amount, or one that the reader may
 * mean otherwise: `1.250` is more than a thousand in German, and `1,250` in English.
 */
export function parseMoney(typed: string, locale = readerLocale): number | null {
  const plain = typed.trim().replace(/^\$\s*|\s*\$$/, '');
  const [whole = '', ...groups] = plain.split(decimalOf(locale) === ',' ? '.' : ',');
  if (/^[1-9]\d{0,2}$/.test(whole) && groups.length > 0 && groups.every((group) => group.length === 3)) return null;
  if (!/^\d+([.,]\d{1,6})?$|^[.,]\d{1,6}$/.test(plain)) return null;
  return Math.round(Number(plain.replace(',', '.')) * 1_000_000);
}

/** A whole number in the reader's locale; a dash when unknown. */
export function formatCount(value: number | null | undefined, locale = readerLocale): string {
  return value === null || value === undefined ? unknown : new Intl.NumberFormat(locale).format(value);
}

/** What stands before fractions. */
const decimalOf = (locale: string): string =>
  new Intl.NumberFormat(locale).formatToParts(0.5).find(({ type }) => type === 'decimal')?.value ?? '.';
