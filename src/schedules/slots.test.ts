import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScheduleRule } from './rule.ts';
import {
  type Exception,
  latestSlot,
  nextFor,
  plannedSlots,
  slotAtMoment,
  slotOfRule,
  sortExceptions,
} from './slots.ts';

const daily: ScheduleRule = { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], times: ['09:00'] };
const timing = (more: object = {}) => ({ rule: daily, timeZone: 'UTC', startsAt: null, endsAt: null, ...more });
const at = (time: string) => new Date(`${time}:00Z`);
/** On 1 December at 09:00 and so on, moved or (without a time) skipped. */
const exception = (slotAt: string, movedTo?: string): Exception => ({
  slotAt: at(slotAt),
  movedTo: movedTo ? at(movedTo) : null,
});
function list(exceptions: Exception[], after: string, count: number, more: object = {}, options = {}): string[] {
  const found: string[] = [];
  for (const slot of plannedSlots(timing(more), exceptions, at(after), options)) {
    if (found.length === count) break;
    const [own, place] = [slot.slotAt, slot.at].map((time) => time.toISOString().slice(5, 16));
    found.push(
      slot.state === 'planned' ? `${place}` : slot.state === 'moved' ? `${place} of ${own}` : `${place} skipped`,
    );
  }
  return found;
}

describe('the slots of a schedule', () => {
  it('come where they were moved to, in the order of their places, and not where the rule has them', () => {
    const moved = [
      exception('2026-12-01T09:00', '2026-12-03T15:00'),
      exception('2026-12-05T09:00', '2026-12-02T07:00'),
    ];
    expect(list(moved, '2026-11-30T12:00', 6)).toEqual([
      '12-02T07:00 of 12-05T09:00',
      '12-02T09:00',
      '12-03T09:00',
      '12-03T15:00 of 12-01T09:00',
      '12-04T09:00',
      '12-06T09:00',
    ]);
    // After its own time, a moved one is still to come; after its place it is not.
    expect(list(moved, '2026-12-03T10:00', 1)).toEqual(['12-03T15:00 of 12-01T09:00']);
    expect(list(moved, '2026-12-03T15:00', 2)).toEqual(['12-04T09:00', '12-06T09:00']);
  });

  it('leave out what is skipped, unless that is asked for', () => {
    const skipped = [exception('2026-12-01T09:00')];
    expect(list(skipped, '2026-11-30T12:00', 1)).toEqual(['12-02T09:00']);
    expect(list(skipped, '2026-11-30T12:00', 2, {}, { withSkipped: true })).toEqual([
      '12-01T09:00 skipped',
      '12-02T09:00',
    ]);
  });

  it('lie between start and end, moved ones too, and those at the very end and start count', () => {
    const between = { startsAt: at('2026-12-02T09:00'), endsAt: at('2026-12-04T09:00') };
    expect(list([], '2026-11-30T12:00', 9, between)).toEqual(['12-02T09:00', '12-03T09:00', '12-04T09:00']);
    const moved = [
      exception('2026-12-02T09:00', '2026-12-03T20:00'),
      exception('2026-12-03T09:00', '2026-12-04T20:00'),
    ];
    expect(list(moved, '2026-11-30T12:00', 9, between)).toEqual(['12-03T20:00 of 12-02T09:00', '12-04T09:00']);
  });

  it('of a rule that has no more times still bring those that were moved', () => {
    const rule = { rule: { cron: '0 9 1 12 *' }, endsAt: at('2027-01-01T00:00') };
    expect(list([exception('2026-12-01T09:00', '2026-12-24T09:00')], '2026-11-30T12:00', 9, rule)).toEqual([
      '12-24T09:00 of 12-01T09:00',
    ]);
  });

  it('are known by the moment of the rule also where clocks change', () => {
    // 29 March 2026: Berlin has no 02:30; the slot is at 01:30 UTC.
    const berlin = { rule: { ...daily, times: ['02:30'] }, timeZone: 'Europe/Berlin' };
    expect(slotOfRule(timing(berlin), at('2026-03-29T01:30'))).toMatchObject({ shown: 'never' });
    expect(slotOfRule(timing(berlin), at('2026-03-29T00:30'))).toBeNull();
    expect(list([exception('2026-03-29T01:30', '2026-03-29T10:00')], '2026-03-28T12:00', 2, berlin)).toEqual([
      '03-29T10:00 of 03-29T01:30',
      '03-30T00:30',
    ]);
    const [slot] = plannedSlots(
      timing(berlin),
      [exception('2026-03-29T01:30', '2026-03-29T10:00')],
      at('2026-03-28T12:00'),
    );
    expect(slot?.clock).toBe('2026-03-29T12:00');
  });

  it('are each there once, whatever is moved and skipped, and never go back in time', () => {
    const hour = 3_600_000;
    const start = at('2026-12-01T00:00').getTime();
    const days = fc.uniqueArray(fc.record({ day: fc.nat(20), to: fc.option(fc.nat(600), { nil: null }) }), {
      selector: ({ day }) => day,
    });
    fc.assert(
      fc.property(days, (changes) => {
        const exceptions = changes.map(({ day, to }) => ({
          slotAt: new Date(start + day * 24 * hour + 9 * hour),
          movedTo: to === null ? null : new Date(start + to * hour + 1),
        }));
        const seen: number[] = [];
        let before = 0;
        for (const slot of plannedSlots(timing(), exceptions, new Date(start))) {
          if (slot.at.getTime() > start + 30 * 24 * hour) break;
          expect(slot.at.getTime()).toBeGreaterThanOrEqual(before);
          before = slot.at.getTime();
          seen.push(slot.slotAt.getTime());
        }
        const expected = Array.from({ length: 30 }, (_, day) => start + day * 24 * hour + 9 * hour).filter(
          (slotAt) => exceptions.find((one) => one.slotAt.getTime() === slotAt)?.movedTo !== null,
        );
        expect([...seen].sort((a, b) => a - b)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the next time', () => {
  it('is never before what has been dealt with, however slots were moved', () => {
    const moved = [exception('2026-12-01T09:00', '2026-12-03T15:00')];
    const next = (lastSlotAt: Date | null, now: string) => nextFor({ ...timing(), lastSlotAt }, at(now), moved);
    expect(next(null, '2026-11-30T12:00')).toEqual(at('2026-12-02T09:00'));
    expect(next(at('2026-12-03T09:00'), '2026-12-02T00:00')).toEqual(at('2026-12-03T15:00'));
    expect(next(at('2026-12-03T15:00'), '2026-12-02T00:00')).toEqual(at('2026-12-04T09:00'));
  });
  it('is none after the end', () => {
    const over = { ...timing({ endsAt: at('2026-12-01T09:00') }), lastSlotAt: null };
    expect(nextFor(over, at('2026-11-30T12:00'), [exception('2026-12-01T09:00')])).toBeNull();
  });
});

describe('after a downtime', () => {
  const latest = (exceptions: Exception[], now: string) => {
    const found = latestSlot(timing(), exceptions, at('2026-11-30T12:00'), at(now));
    return found && { slotAt: found.slot.slotAt, missed: found.missed };
  };
  it('the latest is run, by its place, and the others count as missed', () => {
    const moved = [exception('2026-12-01T09:00', '2026-12-03T15:00'), exception('2026-12-02T09:00')];
    expect(latest(moved, '2026-12-03T18:00')).toEqual({ slotAt: at('2026-12-01T09:00'), missed: 1 });
    expect(latest(moved, '2026-12-04T18:00')).toEqual({ slotAt: at('2026-12-04T09:00'), missed: 2 });
    expect(latest(moved, '2026-12-02T18:00')).toBeNull();
  });
});

describe('what stands at a moment', () => {
  it('is a slot of the rule, or one that was moved there; a place that was left is free', () => {
    const moved = [exception('2026-12-01T09:00', '2026-12-03T15:00'), exception('2026-12-05T09:00')];
    const other = at('2026-12-20T09:00');
    const stands = (time: string, self = other) => slotAtMoment(timing(), moved, at(time), self)?.slotAt ?? null;
    expect(stands('2026-12-02T09:00')).toEqual(at('2026-12-02T09:00'));
    expect(stands('2026-12-03T15:00')).toEqual(at('2026-12-01T09:00'));
    expect(stands('2026-12-03T15:00', at('2026-12-01T09:00'))).toBeNull();
    expect(stands('2026-12-01T09:00')).toBeNull();
    expect(stands('2026-12-05T09:00')).toBeNull();
    expect(stands('2026-12-02T09:01')).toBeNull();
  });
});

describe('a change of the times', () => {
  const sort = (more: object, ...exceptions: Exception[]) => {
    const { kept, dropped } = sortExceptions(timing(more), exceptions);
    return { kept: kept.length, dropped: dropped.map(({ why }) => why) };
  };
  const moved = exception('2026-12-01T09:00', '2026-12-03T15:00');
  it('leaves what still has its slot', () => {
    expect(sort({}, moved, exception('2026-12-02T09:00'))).toEqual({ kept: 2, dropped: [] });
  });
  it('drops what has no slot, lies outside, or stands where another slot is now', () => {
    expect(sort({ rule: { ...daily, times: ['10:00'] } }, moved)).toEqual({ kept: 0, dropped: ['no_slot'] });
    expect(sort({ endsAt: at('2026-12-02T00:00') }, moved)).toEqual({ kept: 0, dropped: ['outside'] });
    expect(sort({ startsAt: at('2026-12-01T08:00') }, exception('2026-12-01T09:00', '2026-12-01T07:00'))).toEqual({
      kept: 0,
      dropped: ['outside'],
    });
    expect(sort({ rule: { ...daily, times: ['09:00', '15:00'] } }, moved)).toEqual({ kept: 0, dropped: ['taken'] });
  });
  it('also drops what stands where a dropped one comes back to', () => {
    const second = exception('2026-12-02T09:00', '2026-12-01T09:00');
    expect(sort({}, moved, second)).toEqual({ kept: 2, dropped: [] });
    expect(sort({ rule: { ...daily, times: ['09:00', '15:00'] } }, moved, second)).toEqual({
      kept: 0,
      dropped: ['taken', 'taken'],
    });
  });
});
