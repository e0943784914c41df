import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readPublishTime } from '../../src/publishing/publish-time.ts';
import { formatOwnTime, formatSiteTime, readSiteTime, writeSiteTime } from './site-time.ts';

const read = (typed: string, zone: string) => {
  const { at, clocks } = readSiteTime(typed, zone) ?? {};
  return `${at?.toISOString()} ${clocks}`;
};

/** Days of 2026 and after it, as numbers. */
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe('a time typed on the clocks of a site', () => {
  // Where the browser is says nothing about it.
  beforeEach(() => {
    vi.stubEnv('TZ', 'Pacific/Auckland');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each([
    ['2026-11-24T09:00', 'Europe/Berlin', '2026-11-24T08:00:00.000Z once'],
    ['2026-07-24T09:00', 'Europe/Berlin', '2026-07-24T07:00:00.000Z once'],
    ['2026-11-24T09:00', '+05:30', '2026-11-24T03:30:00.000Z once'],
    ['2026-11-24T09:00', 'Mars/Olympus', '2026-11-24T09:00:00.000Z once'],
    ['2027-03-28T01:59', 'Europe/Berlin', '2027-03-28T00:59:00.000Z once'],
    ['2027-03-28T02:30', 'Europe/Berlin', '2027-03-28T01:30:00.000Z left-out'],
    ['2027-03-28T03:00', 'Europe/Berlin', '2027-03-28T01:00:00.000Z once'],
    ['2026-10-25T01:59', 'Europe/Berlin', '2026-10-24T23:59:00.000Z once'],
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z twice'],
    ['2026-10-25T03:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z once'],
    ['2026-10-04T02:10', 'Australia/Lord_Howe', '2026-10-03T15:40:00.000Z left-out'],
    // On the very days on which the clocks of the browser jump.
    ['2026-09-27T02:30', 'Europe/Berlin', '2026-09-27T00:30:00.000Z once'],
    ['2027-04-04T02:30', 'America/New_York', '2027-04-04T06:30:00.000Z once'],
  ])('%s in %s is %s', (typed, zone, expected) => {
    expect(read(typed, zone)).toBe(expected);
  });

  it('is the same moment as the server makes of it, around every change of the clocks', () => {
    for (const zone of ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', '-03:00']) {
      for (const day of [...range(250, 315), ...range(425, 460)]) {
        for (const hour of ['00:15', '01:45', '02:30']) {
          const typed = `${new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10)}T${hour}`;
          const { at, warnings } = readPublishTime(typed, zone);
          const here = readSiteTime(typed, zone);
          expect(here?.at, `${typed} ${zone}`).toEqual(at);
          expect(here?.clocks !== 'once', `${typed} ${zone}`).toBe(warnings.length > 0);
        }
      }
    }
  });

  it.each(['', '2026-02-30T09:00', '2026-11-24', 'tomorrow'])('is none for “%s”', (typed) => {
    expect(readSiteTime(typed, 'UTC')).toBeNull();
  });

  it('is written as it is typed, and shown beside what the reader’s own clocks show', () => {
    const at = new Date('2026-11-24T08:00:00Z');
    const local = { time: writeSiteTime(at, 'Europe/Berlin'), timeZone: 'Europe/Berlin' };
    expect(local.time).toBe('2026-11-24T09:00');
    expect(formatSiteTime(local, 'en-US')).toMatch(/^Nov 24, 2026, 9:00\sAM \(Europe\/Berlin\)$/);
    expect(formatOwnTime(at.toISOString(), local, 'en-US')).toMatch(/^Nov 24, 2026, 9:00\sPM$/);
    vi.stubEnv('TZ', 'Europe/Paris');
    expect(formatOwnTime(at.toISOString(), local, 'en-US')).toBeNull();
  });
});
