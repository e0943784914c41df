import { describe, expect, it } from 'vitest';
import { believableRetryAfter, readRetryAfter } from './retry-after.ts';

const now = new Date('2026-11-30T12:00:00Z');
const inSeconds = (value: string | null | undefined) => {
  const at = readRetryAfter(value, now);
  return at && (at.getTime() - now.getTime()) / 1000;
};

describe('Retry-After', () => {
  it.each([
    ['1', 1],
    ['90', 90],
    [' 120 ', 120],
    ['0.5', 0.5],
    ['3600', 3_600],
    ['86400', 86_400],
    ['999999999', 999_999_999],
    ['Mon, 30 Nov 2026 12:00:30 GMT', 30],
    ['Tue, 01 Dec 2026 12:00:00 GMT', 86_400],
    ['Monday, 30-Nov-26 13:00:00 GMT', 3_600],
    ['Mon Nov 30 12:02:00 2026 GMT', 120],
    ['2026-11-30T12:01:00Z', 60],
  ])('%j means in %d seconds', (value, seconds) => {
    expect(inSeconds(value)).toBe(seconds);
  });

  it.each([
    undefined,
    null,
    '',
    ' ',
    '0',
    '-5',
    '+5',
    '1e3',
    'Infinity',
    'NaN',
    '0x10',
    '60s',
    '60, 120',
    'soon',
    'in 5 minutes',
    'May 2099',
    'Mon, 30 Nov 2026 11:59:59 GMT',
    'Mon, 99 Nov 2026 12:00:00 GMT',
    '9'.repeat(30),
  ])('%j is no wish that can be met', (value) => {
    expect(inSeconds(value)).toBeNull();
  });

  it('of a provider is believed for a month', () => {
    const asked = (value: string) => believableRetryAfter(value, now)?.toISOString() ?? null;
    expect(asked('86400')).toBe('2026-12-01T12:00:00.000Z');
    expect(asked(String(31 * 86_400))).toBe('2026-12-31T12:00:00.000Z');
    expect(asked(String(31 * 86_400 + 1))).toBeNull();
    // A moment where seconds belong.
    expect(asked(String(now.getTime() / 1000))).toBeNull();
    expect(asked('Fri, 31 Dec 2999 23:59:59 GMT')).toBeNull();
    expect(asked('soon')).toBeNull();
  });
});
