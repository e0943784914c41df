import { describe, expect, it } from 'vitest';
import { localTime } from '../accounts/calendar.ts';
import { readPublishTime } from './publish-time.ts';

const read = (words: string, zone: string) => {
  const { at, warnings } = readPublishTime(words, zone);
  return { at: at?.toISOString(), warnings };
};

describe('a time of publication', () => {
  it.each([
    ['2026-11-24T09:00', 'Europe/Berlin', '2026-11-24T08:00:00.000Z'],
    ['2026-07-24T09:00:30', 'Europe/Berlin', '2026-07-24T07:00:30.000Z'],
    ['2026-11-24T09:00', '+05:30', '2026-11-24T03:30:00.000Z'],
    ['2026-11-24T09:00', '-03:00', '2026-11-24T12:00:00.000Z'],
    ['2026-11-24T09:00', 'UTC', '2026-11-24T09:00:00.000Z'],
    // Nobody knows it: UTC.
    ['2026-11-24T09:00', 'Mars/Olympus', '2026-11-24T09:00:00.000Z'],
    // With a zone of its own the site's says nothing.
    ['2026-11-24T09:00:00+02:00', 'America/New_York', '2026-11-24T07:00:00.000Z'],
    ['2026-11-24T09:00:00Z', 'America/New_York', '2026-11-24T09:00:00.000Z'],
    // The last minute before and the first after the clocks go forward.
    ['2027-03-28T01:59', 'Europe/Berlin', '2027-03-28T00:59:00.000Z'],
    ['2027-03-28T03:00', 'Europe/Berlin', '2027-03-28T01:00:00.000Z'],
  ])('%s in %s is %s', (words, zone, expected) => {
    expect(read(words, zone)).toEqual({ at: expected, warnings: [] });
  });

  it('that does not exist moves forward by as much as the clocks do', () => {
    expect(read('2027-03-28T02:30', 'Europe/Berlin')).toEqual({
      at: '2027-03-28T01:30:00.000Z',
      warnings: [expect.stringContaining('goes out at 2027-03-28 03:30')],
    });
    // Half an hour on Lord Howe Island, a whole day in Samoa.
    expect(read('2026-10-04T02:10', 'Australia/Lord_Howe').at).toBe('2026-10-03T15:40:00.000Z');
    expect(localTime(new Date(read('2011-12-30T12:00', 'Pacific/Apia').at ?? ''), 'Pacific/Apia')).toBe(
      '2011-12-31T12:00:00',
    );
  });

  it('that comes twice is the first one, which is said', () => {
    expect(read('2026-10-25T02:30', 'Europe/Berlin')).toEqual({
      at: '2026-10-25T00:30:00.000Z',
      warnings: [expect.stringContaining('twice')],
    });
  });

  it.each(['2026-02-30T09:00', '2026-13-01T09:00', '2026-01-01T24:30', 'tomorrow'])('is not %s', (words) => {
    expect(() => readPublishTime(words, 'UTC')).toThrow('publishAt');
  });
});
