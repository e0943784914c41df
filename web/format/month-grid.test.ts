import { describe, expect, it } from 'vitest';
import {
  dayAfter,
  dayIn,
  firstWeekdayOf,
  formatLongDay,
  formatTimeOfDay,
  monthAfter,
  rangeOf,
  sameTimeOn,
  weekdayNames,
  weeksOf,
} from './month-grid.ts';

describe('the weeks of a month', () => {
  it('begin where weeks of the reader begin, and hold every day once', () => {
    expect(firstWeekdayOf('en-US')).toBe(0);
    expect(firstWeekdayOf('de-DE')).toBe(1);
    expect(firstWeekdayOf('ar-EG')).toBe(6);
    const december = weeksOf('2026-12', 1);
    expect(december.map(([monday]) => monday)).toEqual([
      '2026-11-30',
      '2026-12-07',
      '2026-12-14',
      '2026-12-21',
      '2026-12-28',
    ]);
    expect(weeksOf('2026-12', 0)[0]?.[0]).toBe('2026-11-29');
    // A February of four whole weeks.
    expect(weeksOf('2027-02', 1)).toHaveLength(4);
    for (const first of [0, 1, 6]) {
      for (let month = '2026-01'; month < '2029-01'; month = monthAfter(month, 1)) {
        const days = weeksOf(month, first).flat();
        expect(days).toEqual(days.map((_, index) => dayAfter(days[0] ?? '', index)));
        expect(days.filter((day) => day.startsWith(month))).toHaveLength(
          new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate(),
        );
      }
    }
    expect(weekdayNames(december[0] ?? [], 'short', 'en-US')).toEqual([
      'Mon',
      'Tue',
      'Wed',
      'Thu',
      'Fri',
      'Sat',
      'Sun',
    ]);
  });

  it('cross the end of a year', () => {
    expect([monthAfter('2026-12', 1), monthAfter('2026-01', -1), monthAfter('2026-11', 14)]).toEqual([
      '2027-01',
      '2025-12',
      '2028-01',
    ]);
    expect(dayAfter('2026-12-31', 1)).toBe('2027-01-01');
    expect(formatLongDay('2026-12-01', 'en-US')).toBe('Tuesday, December 1');
  });
});

describe('a day on the clocks of a zone', () => {
  it('has 23 or 25 hours where they are changed', () => {
    const hours = (day: string, zone: string) => {
      const { from, to } = rangeOf(day, dayAfter(day, 1), zone);
      return (Date.parse(to) - Date.parse(from)) / 3_600_000;
    };
    expect([
      hours('2026-03-29', 'Europe/Berlin'),
      hours('2026-10-25', 'Europe/Berlin'),
      hours('2026-12-01', '+05:30'),
    ]).toEqual([23, 25, 24]);
    expect(rangeOf('2026-12-01', '2026-12-02', 'Asia/Tokyo').from).toBe('2026-11-30T15:00:00.000Z');
    expect(dayIn('2026-11-30T15:00:00.000Z', 'Asia/Tokyo')).toBe('2026-12-01');
    expect(formatTimeOfDay('2026-11-30T15:30:00.000Z', 'Asia/Tokyo', 'en-US')).toMatch(/^12:30\sAM$/);
  });

  it('keeps the time of day of what is moved to it, across a change of the clocks', () => {
    const to = (at: string, day: string) => sameTimeOn(at, day, 'Europe/Berlin').toISOString();
    expect(to('2026-10-24T07:00:00Z', '2026-10-26')).toBe('2026-10-26T08:00:00.000Z');
    expect(to('2026-03-30T07:00:00Z', '2026-03-28')).toBe('2026-03-28T08:00:00.000Z');
    // 02:30 is left out that day: an hour later; shown twice: the first.
    expect(to('2026-03-28T01:30:00Z', '2026-03-29')).toBe('2026-03-29T01:30:00.000Z');
    expect(to('2026-10-24T00:30:00Z', '2026-10-25')).toBe('2026-10-25T00:30:00.000Z');
  });
});
