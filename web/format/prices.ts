import { locale as readerLocale } from '../language.ts';
import { t } from '../strings.ts';
import { formatMoney } from './money.ts';

const words = t.receipt;

/** Names of the price table (dollars) and of prices that were set (micro-dollars), by what they are the price of. */
const perMillion = {
  input: ['input_mtok', 'inputMicroUsd'],
  cachedInput: ['cache_read_mtok', 'cachedInputMicroUsd'],
  cacheWriteInput: ['cache_write_mtok', 'cacheWriteInputMicroUsd'],
  output: ['output_mtok', 'outputMicroUsd'],
  reasoning: ['output_reasoning_mtok', 'reasoningMicroUsd'],
} as const;

/**
 * What a call was priced by, in words: `$3.00 in, $15.00 out per million tokens`. A price with tiers is told by its first
 * one with a plus sign. Null when there is nothing that is known how to say.
 */
export function describePrices(prices: Record<string, unknown> | null, locale = readerLocale): string | null {
  if (!prices) return null;
  const tokens = Object.entries(perMillion).flatMap(([name, [dollars, microUsd]]) => {
    const price = readDollars(prices[dollars], locale) ?? readMicroUsd(prices[microUsd], locale);
    return price === null ? [] : [`${price} ${words.priceNames[name as keyof typeof perMillion]}`];
  });
  const request = readMicroUsd(prices.requestMicroUsd, locale);
  const parts = [
    ...(tokens.length > 0 ? [words.perMillion(tokens.join(', '))] : []),
    ...(request === null || (prices.requestMicroUsd === 0 && tokens.length > 0) ? [] : [words.perRequest(request)]),
  ];
  return parts.length === 0 ? null : parts.join('; ');
}

function readDollars(price: unknown, locale = readerLocale): string | null {
  if (typeof price === 'number') return formatMoney(price * 1_000_000, locale);
  if (typeof price === 'object' && price !== null && 'base' in price && typeof price.base === 'number') {
    return `${formatMoney(price.base * 1_000_000, locale)}+`;
  }
  return null;
}

const readMicroUsd = (price: unknown, locale = readerLocale): string | null =>
  typeof price === 'number' ? formatMoney(price, locale) : null;
