/**
 * Micro-dollars as money in the reader's locale: `$0.0042`, `$0.00` for free, `$12.30`. Small amounts keep the digits that
 * make them comparable: four below a dollar, six below a hundredth of a cent. Unknown (null) is a dash, never zero.
 */
export function formatMoney(microUsd: number | null | undefined, locale?: string): string {
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
export function formatPrice(microUsd: number | null | undefined, locale?: string): string {
  if (microUsd === null || microUsd === undefined) return unknown;
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: 2,
    maximumFractionDigits: 6,
  }).format(microUsd / 1_000_000);
}

/** What stands where a value is not known. */
export const unknown = '–';

/** Dollars as typed (`0.5`, `0,50`, `$1`) to micro-dollars; null when it is no amount. */
export function parseMoney(typed: string): number | null {
  const plain = typed
    .trim()
    .replace(/^\$\s*/, '')
    .replace(',', '.');
  if (!/^\d+(\.\d{1,6})?$|^\.\d{1,6}$/.test(plain)) return null;
  return Math.round(Number(plain) * 1_000_000);
}

/** A whole number in the reader's locale; a dash when unknown. */
export function formatCount(value: number | null | undefined, locale?: string): string {
  return value === null || value === undefined ? unknown : new Intl.NumberFormat(locale).format(value);
}

/** Micro-dollars as someone would type them: `5`, `0.5`, `0.000001`. */
export function plainDollars(microUsd: number): string {
  const digits = String(microUsd).padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, '');
}
