import { expect, test } from 'vitest';
import { monthIn } from './month.ts';

const turns: [zone: string, at: string, name: string, start: string, end: string][] = [
  ['UTC', '2026-11-24T09:00:00Z', '2026-11', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
  ['UTC', '2026-12-31T23:59:59.999Z', '2026-12', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
  // Summer time in Auckland (UTC+13) since September, in Los Angeles (UTC-7) until the first of November itself.
  ['Pacific/Auckland', '2026-10-31T10:59:59.999Z', '2026-10', '2026-09-30T11:00:00Z', '2026-10-31T11:00:00Z'],
  ['Pacific/Auckland', '2026-10-31T11:00:00Z', '2026-11', '2026-10-31T11:00:00Z', '2026-11-30T11:00:00Z'],
  ['America/Los_Angeles', '2026-11-01T06:59:59.999Z', '2026-10', '2026-10-01T07:00:00Z', '2026-11-01T07:00:00Z'],
  ['America/Los_Angeles', '2026-11-01T07:00:00Z', '2026-11', '2026-11-01T07:00:00Z', '2026-12-01T08:00:00Z'],
  ['Asia/Kathmandu', '2026-03-01T00:00:00Z', '2026-03', '2026-02-28T18:15:00Z', '2026-03-31T18:15:00Z'],
  // Clocks went from midnight to one in the morning: the month began at one.
  ['America/Asuncion', '2017-10-01T12:00:00Z', '2017-10', '2017-10-01T04:00:00Z', '2017-11-01T03:00:00Z'],
  ['Nowhere/Land', '2026-11-24T09:00:00Z', '2026-11', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
  ["UTC'; drop table users; --", '2026-11-24T09:00:00Z', '2026-11', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
];

test.each(turns)('in %s at %s it is %s', (zone, at, name, start, end) => {
  expect(monthIn(zone, new Date(at))).toEqual({ name, start: new Date(start), end: new Date(end) });
});

test('every month of many zones ends where the next one begins', () => {
  for (const zone of Intl.supportedValuesOf('timeZone').filter((_, index) => index % 11 === 0)) {
    let month = monthIn(zone, new Date('2026-01-15T00:00:00Z'));
    for (let i = 0; i < 12; i++) {
      expect(month.end.getTime(), zone).toBeGreaterThan(month.start.getTime());
      const next = monthIn(zone, month.end);
      expect(next.start, zone).toEqual(month.end);
      expect(monthIn(zone, new Date(month.end.getTime() - 1)).name, zone).toBe(month.name);
      month = next;
    }
  }
});
