import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { checkRule, leastMinutesBetween, nextSlot, type ScheduleRule, scheduleRuleSchema, slotsAfter } from './rule.ts';

/** The next times of a rule as UTC, to the minute. */
function next(rule: ScheduleRule, zone: string, after: string, count: number): string[] {
  const found: string[] = [];
  for (const { at } of slotsAfter(rule, zone, new Date(after))) {
    found.push(at.toISOString().slice(0, 16));
    if (found.length === count) break;
  }
  return found;
}

function refusal(rule: ScheduleRule, zone = 'Europe/Berlin'): string {
  try {
    checkRule(rule, zone, new Date('2026-11-30T12:00:00Z'));
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
  return '';
}

const daysFrom = (first: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(first) + index * 86_400_000).toISOString().slice(0, 10),
  );

const daily = (time: string): ScheduleRule => ({
  days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  times: [time],
});

describe('the times of a rule', () => {
  it('are on the clocks of the zone, in winter and in summer', () => {
    expect(next({ cron: '0 9 * * 1' }, 'Europe/Berlin', '2026-03-20T00:00:00Z', 3)).toEqual([
      '2026-03-23T08:00',
      '2026-03-30T07:00',
      '2026-04-06T07:00',
    ]);
    expect(next({ days: ['mon'], times: ['09:00'] }, 'Pacific/Auckland', '2026-09-20T00:00:00Z', 2)).toEqual([
      '2026-09-20T21:00',
      '2026-09-27T20:00',
    ]);
  });

  it('come after the moment, never at it', () => {
    const rule: ScheduleRule = { cron: '0 9 * * *' };
    expect(nextSlot(rule, 'UTC', new Date('2026-11-30T09:00:00Z'))?.at.toISOString()).toBe('2026-12-01T09:00:00.000Z');
    expect(nextSlot(rule, 'UTC', new Date('2026-11-30T08:59:59.999Z'))?.at.toISOString()).toBe(
      '2026-11-30T09:00:00.000Z',
    );
  });

  it('that the clocks leave out move forward, and others keep their place', () => {
    // On 29 March 2026 the clocks of Berlin go from 02:00 to 03:00.
    expect(next(daily('02:30'), 'Europe/Berlin', '2026-03-28T00:00:00Z', 3)).toEqual([
      '2026-03-28T01:30',
      '2026-03-29T01:30',
      '2026-03-30T00:30',
    ]);
    const rule: ScheduleRule = { days: ['sun'], times: ['03:05', '02:30'] };
    expect(next(rule, 'Europe/Berlin', '2026-03-28T00:00:00Z', 2)).toEqual(['2026-03-29T01:05', '2026-03-29T01:30']);
    // Asked in between, what was moved is still to come.
    expect(next(rule, 'Europe/Berlin', '2026-03-29T01:10:00Z', 1)).toEqual(['2026-03-29T01:30']);
    // 02:00 becomes 03:00, which is one of the rule's as well: one time and not two.
    expect(next({ cron: '0 * * * *' }, 'Europe/Berlin', '2026-03-29T00:00:00Z', 2)).toEqual([
      '2026-03-29T01:00',
      '2026-03-29T02:00',
    ]);
    const [slot] = slotsAfter(daily('02:30'), 'Europe/Berlin', new Date('2026-03-28T12:00:00Z'));
    expect(slot).toMatchObject({ clock: '2026-03-29T02:30', shown: 'never' });
  });

  it('that the clocks show twice come once, the first time', () => {
    // On 25 October 2026 the clocks of Berlin go from 03:00 to 02:00.
    expect(next(daily('02:30'), 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
    expect(next(daily('02:30'), 'Europe/Berlin', '2026-10-25T00:30:00Z', 1)).toEqual(['2026-10-26T01:30']);
    // New York, 1 November 2026, and Lord Howe, where clocks change by half an hour.
    expect(next(daily('01:30'), 'America/New_York', '2026-10-31T12:00:00Z', 2)).toEqual([
      '2026-11-01T05:30',
      '2026-11-02T06:30',
    ]);
    expect(next(daily('01:45'), 'Australia/Lord_Howe', '2026-04-04T00:00:00Z', 2)).toEqual([
      '2026-04-04T14:45',
      '2026-04-05T15:15',
    ]);
  });

  it('cross leap days, the end of a year, and a day that a zone left out', () => {
    expect(next({ cron: '0 0 29 2 *' }, 'UTC', '2026-11-30T00:00:00Z', 2)).toEqual([
      '2028-02-29T00:00',
      '2032-02-29T00:00',
    ]);
    expect(next({ cron: '30 23 31 12 *' }, 'America/New_York', '2026-11-30T00:00:00Z', 2)).toEqual([
      '2027-01-01T04:30',
      '2028-01-01T04:30',
    ]);
    expect(next({ days: ['wed', 'thu'], times: ['09:00'] }, 'UTC', '2026-12-28T00:00:00Z', 3)).toEqual([
      '2026-12-30T09:00',
      '2026-12-31T09:00',
      '2027-01-06T09:00',
    ]);
    // Samoa went from 29 to 31 December 2011.
    expect(next(daily('09:00'), 'Pacific/Apia', '2011-12-28T20:00:00Z', 3)).toEqual([
      '2011-12-29T19:00',
      '2011-12-30T19:00',
      '2011-12-31T19:00',
    ]);
  });

  it.each([
    ['Europe/Berlin', '2026-03-28', '2026-10-24'],
    ['America/Santiago', '2026-04-04', '2026-09-05'],
    ['Africa/Cairo', '2026-04-23', '2026-10-29'],
    ['Australia/Lord_Howe', '2026-04-04', '2026-10-03'],
  ])('are strictly in order and each once while the clocks of %s change', (zone, ...days) => {
    const rules: ScheduleRule[] = [{ cron: '*/15 * * * *' }, { cron: '5 * * * *' }, daily('02:30'), daily('00:00')];
    for (const day of days) {
      for (const rule of rules) {
        const start = Date.parse(`${day}T00:00:00Z`);
        const end = start + 3 * 86_400_000;
        let before = start;
        const clocks: string[] = [];
        for (const { at, clock } of slotsAfter(rule, zone, new Date(start))) {
          expect(at.getTime(), `${zone} ${at.toISOString()}`).toBeGreaterThan(before);
          before = at.getTime();
          if (before > end) break;
          clocks.push(clock.slice(0, 10));
        }
        // Every day has its time, also the one that lost an hour or got one more.
        if ('days' in rule) expect(clocks).toEqual(daysFrom(clocks[0] ?? '', clocks.length));
      }
    }
  });
});

describe('so many a week', () => {
  const week = (perWeek: number, times: string[]) =>
    next({ perWeek, times }, 'UTC', '2026-11-29T23:59:00Z', perWeek + 1);

  it('are spread over its days', () => {
    expect(week(3, ['09:00'])).toEqual([
      '2026-11-30T09:00',
      '2026-12-02T09:00',
      '2026-12-04T09:00',
      '2026-12-07T09:00',
    ]);
    expect(week(5, ['09:00'])).toHaveLength(6);
    expect(week(5, ['09:00'])[5]).toBe('2026-12-07T09:00');
    expect(week(1, ['09:00', '18:00'])).toEqual(['2026-12-01T09:00', '2026-12-08T09:00']);
  });

  it('use the first times first, once one a day is not enough', () => {
    expect(week(9, ['15:00', '09:00'])).toEqual([
      '2026-11-30T15:00',
      '2026-12-01T09:00',
      '2026-12-01T15:00',
      '2026-12-02T15:00',
      '2026-12-03T09:00',
      '2026-12-03T15:00',
      '2026-12-04T15:00',
      '2026-12-05T15:00',
      '2026-12-06T15:00',
      '2026-12-07T15:00',
    ]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 21])('are %i', (perWeek) => {
    const all = next({ perWeek, times: ['08:00', '12:00', '16:00'] }, 'UTC', '2026-11-29T23:59:00Z', 60);
    expect(all.filter((at) => at < '2026-12-07')).toHaveLength(perWeek);
  });
});

describe('a rule that cannot be meant', () => {
  it.each<[string, ScheduleRule, RegExp]>([
    ['never comes', { cron: '0 0 30 2 *' }, /never comes/],
    ['comes every second', { cron: '* * * * * *' }, /6 fields: leave out the seconds/],
    ['comes every minute', { cron: '* * * * *' }, /again 1 min later: leave at least 15/],
    ['comes close together around midnight', { cron: '0,50 0,23 * * *' }, /23:50 and again 10 min later/],
    ['has times close together', { days: ['fri'], times: ['09:00', '09:10'] }, /09:00 and again 10 min later/],
    ['is no expression', { cron: 'every monday' }, /is not understood .*Five fields/],
    ['has an hour that no day has', { cron: '0 25 * * *' }, /is not understood \(Invalid value for hour: 25\)/],
    ['wants more a day than it has times', { perWeek: 8, times: ['09:00', '09:00'] }, /name 2 different times/],
  ])('is refused with what to write instead: it %s', (_name, rule, words) => {
    expect(refusal(rule)).toMatch(words);
  });

  it('is none when only the change of the clocks brings times together', () => {
    // 02:50 becomes 03:50 on one day of the year, ten minutes before 04:00.
    expect(refusal({ days: ['sun'], times: ['02:50', '04:00'] })).toBe('');
    expect(leastMinutesBetween).toBeGreaterThan(10);
    expect(refusal({ cron: '@daily' })).toBe('');
    expect(refusal({ cron: '0 9 * * MON-FRI' })).toBe('');
    expect(refusal({ cron: '0 9 L * *' })).toBe('');
  });

  it.each([
    { days: [], times: ['09:00'] },
    { days: ['mon'], times: [] },
    { days: ['mon'], times: ['9:00'] },
    { days: ['mon'], times: ['24:00'] },
    { days: ['monday'], times: ['09:00'] },
    { perWeek: 0, times: ['09:00'] },
    { perWeek: 2.5, times: ['09:00'] },
    { cron: '' },
    { cron: '0 9 * * *', days: ['mon'] },
    {},
  ])('is refused by its shape: %j', (rule) => {
    expect(scheduleRuleSchema.safeParse(rule).success).toBe(false);
  });
});
