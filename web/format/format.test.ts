import { describe, expect, it } from 'vitest';
import { daysOf, everyDayOf, formatDay, formatMonth, formatShare, isMonth, monthsUntil } from './calendar.ts';
import { formatCount, formatMoney, formatPrice, parseMoney, writeMoney } from './money.ts';
import { describePrices } from './prices.ts';
import { formatDuration, formatRelative } from './time.ts';

describe('money', () => {
  it('keeps the digits that make small amounts comparable', () => {
    expect(formatMoney(4_200, 'en-US')).toBe('$0.0042');
    expect(formatMoney(37, 'en-US')).toBe('$0.000037');
    expect(formatMoney(500_000, 'en-US')).toBe('$0.50');
    expect(formatMoney(123_456, 'en-US')).toBe('$0.1235');
    expect(formatMoney(12_345_678, 'en-US')).toBe('$12.35');
  });

  it('shows free as money and unknown as a dash', () => {
    expect(formatMoney(0, 'en-US')).toBe('$0.00');
    expect(formatMoney(null, 'en-US')).toBe('–');
    expect(formatCount(null)).toBe('–');
    expect(formatCount(0, 'en-US')).toBe('0');
  });

  it('speaks the locale of its reader', () => {
    expect(formatMoney(4_200, 'de-DE')).toMatch(/^0,0042\s\$$/);
    expect(formatCount(12_345, 'de-DE')).toBe('12.345');
  });

  it('shows prices exactly, and writes amounts as they are read again', () => {
    expect(formatPrice(25_001, 'en-US')).toBe('$0.025001');
    expect(formatPrice(1_250_000, 'en-US')).toBe('$1.25');
    expect(formatPrice(null, 'en-US')).toBe('–');
    for (const microUsd of [0, 1, 10, 250_000, 1_000_000, 10_000_000, 123_456_789, 10_000_000_000]) {
      expect(parseMoney(writeMoney(microUsd))).toBe(microUsd);
    }
    expect([writeMoney(250_000), writeMoney(10_000_000), writeMoney(null)]).toEqual(['0.25', '10', '']);
    expect([writeMoney(500_000, 'de-AT'), writeMoney(37, 'de-DE')]).toEqual(['0,50', '0,000037']);
    expect(parseMoney(writeMoney(1_234_500_000, 'de-DE'), 'de-DE')).toBe(1_234_500_000);
  });

  it('reads what people type as an amount', () => {
    expect(parseMoney('0.50')).toBe(500_000);
    expect(parseMoney(' $1 ')).toBe(1_000_000);
    expect(parseMoney('0,05')).toBe(50_000);
    expect(parseMoney('.000001')).toBe(1);
    expect(parseMoney('1.1')).toBe(1_100_000);
    expect(parseMoney('0,50 $', 'de-DE')).toBe(500_000);
    expect(parseMoney('0.025', 'de-DE')).toBe(25_000);
  });

  it('takes nothing else for an amount', () => {
    for (const typed of ['', 'free', '-1', '1.', '1e3', '1,000.50', '0.0000001']) expect(parseMoney(typed)).toBeNull();
  });

  it('does not guess whether a thousand is meant', () => {
    expect(parseMoney('1,250', 'en-US')).toBeNull();
    expect(['1.250', '1.250.000'].map((typed) => parseMoney(typed, 'de-AT'))).toEqual([null, null]);
    expect([parseMoney('1.250', 'en-US'), parseMoney('1,250', 'de-DE')]).toEqual([1_250_000, 1_250_000]);
  });
});

describe('prices', () => {
  const say = (prices: Record<string, unknown> | null) => describePrices(prices, 'en-US');

  it('are told from the price table and as they were set', () => {
    expect(say({ input_mtok: 3, output_mtok: 15, cache_read_mtok: 0.3 })).toBe(
      '$3.00 in, $0.30 cached in, $15.00 out per million tokens',
    );
    expect(say({ inputMicroUsd: 250_000, outputMicroUsd: 2_000_000, requestMicroUsd: 0 })).toBe(
      '$0.25 in, $2.00 out per million tokens',
    );
    expect(say({ requestMicroUsd: 5_000 })).toBe('$0.005 a request');
    expect(say({ input_mtok: { base: 1.25, tiers: [{ start: 200_000, price: 2.5 }] } })).toBe(
      '$1.25+ in per million tokens',
    );
  });

  it('that nobody knows are not told, and those of nothing are', () => {
    for (const nothing of [null, {}, { tool_use_kcount: 3 }]) expect(say(nothing)).toBeNull();
    expect(say({ inputMicroUsd: 0, outputMicroUsd: 0 })).toBe('$0.00 in, $0.00 out per million tokens');
  });
});

describe('months', () => {
  it('have the days of the calendar', () => {
    expect(daysOf('2028-02')).toEqual({ from: '2028-02-01', to: '2028-02-29' });
    expect(daysOf('2026-12')).toEqual({ from: '2026-12-01', to: '2026-12-31' });
    expect(everyDayOf('2026-02')).toHaveLength(28);
    expect(monthsUntil('2026-02', 3)).toEqual(['2026-02', '2026-01', '2025-12']);
  });

  it('and days are named without a time zone', () => {
    expect(formatMonth('2026-11', 'en-US')).toBe('November 2026');
    expect(formatDay('2026-11-01', 'en-US')).toBe('Nov 1');
    expect(['2026-13', '2026', '1999-01', undefined, '2026-1'].filter(isMonth)).toEqual([]);
  });
});

describe('shares', () => {
  it('do not show a little as nothing', () => {
    expect([0, 0.00001, 0.035, 0.5, 1.02].map((share) => formatShare(share, 'en-US'))).toEqual([
      '0%',
      '<0.1%',
      '3.5%',
      '50%',
      '102%',
    ]);
  });
});

describe('durations', () => {
  it('grow from tenths of a second to hours', () => {
    expect(formatDuration(840, 'en-US')).toBe('0.8 s');
    expect(formatDuration(9_949, 'en-US')).toBe('9.9 s');
    expect(formatDuration(9_960, 'en-US')).toBe('10 s');
    expect(formatDuration(59_600, 'en-US')).toBe('1 min 00 s');
    expect(formatDuration(185_000, 'en-US')).toBe('3 min 05 s');
    expect(formatDuration(3_725_000, 'en-US')).toBe('1 h 02 min');
  });

  it('never run backwards, and are a dash while unknown', () => {
    expect(formatDuration(-5, 'en-US')).toBe('0.0 s');
    expect(formatDuration(null)).toBe('–');
    expect(formatDuration(Number.NaN)).toBe('–');
  });
});

describe('relative times', () => {
  const now = new Date('2026-03-10T12:00:00Z');
  const at = (time: string) => formatRelative(new Date(time), now, 'en-US');

  it('say how long ago something was', () => {
    expect(at('2026-03-10T11:59:40Z')).toBe('now');
    expect(at('2026-03-10T11:59:10Z')).toBe('1 minute ago');
    expect(at('2026-03-10T11:57:00Z')).toBe('3 minutes ago');
    expect(at('2026-03-09T11:00:00Z')).toBe('yesterday');
    expect(at('2025-03-01T12:00:00Z')).toBe('last year');
  });

  it('say how long until something is', () => {
    expect(at('2026-03-10T14:00:00Z')).toBe('in 2 hours');
    expect(at('2026-03-10T12:00:50Z')).toBe('in 1 minute');
  });
});
