import { expect, test } from 'vitest';
import { backupsToDelete, type KeptBackup } from './retention.ts';

const dayMs = 86_400_000;
const start = Date.parse('2026-01-01T03:15:00Z');

/** Lives for so many days: takes one backup a day, which is verified unless `fails`, and deletes by the rule each time. */
function live(days: number, fails: (day: number) => boolean = () => false): KeptBackup[] {
  let kept: KeptBackup[] = [];
  for (let day = 0; day < days; day++) {
    kept.push({ id: `day ${day}`, at: new Date(start + day * dayMs), verified: !fails(day) });
    const gone = new Set(backupsToDelete(kept, 7));
    kept = kept.filter(({ id }) => !gone.has(id));
  }
  return kept.toReversed();
}

const daysOf = (kept: KeptBackup[]) => kept.map(({ at }) => (at.getTime() - start) / dayMs);
const datesOf = (kept: KeptBackup[]) => kept.map(({ at }) => at.toISOString().slice(0, 10));

test('the first week is kept whole', () => {
  expect(daysOf(live(7))).toEqual([6, 5, 4, 3, 2, 1, 0]);
});

test('after half a year: seven days, the ends of four weeks and of six months', () => {
  const kept = datesOf(live(240));
  // The last day is Friday 2026-08-28.
  expect(kept.slice(0, 7)).toEqual([28, 27, 26, 25, 24, 23, 22].map((day) => `2026-08-${day}`));
  expect(kept.slice(7)).toEqual([
    // The week that is still leaving the seven days, then the ends of weeks.
    ...['2026-08-21', '2026-08-16', '2026-08-09', '2026-08-02', '2026-07-26'],
    // July is still leaving the weeks; then the last of each month, back to six months before that.
    ...['2026-07-19', '2026-06-28', '2026-05-31', '2026-04-26', '2026-03-29', '2026-02-22', '2026-01-25'],
  ]);
});

test('on every day of a year there is a backup about as old as is asked for, and there are never many', () => {
  let kept: KeptBackup[] = [];
  for (let day = 0; day < 400; day++) {
    const now = start + day * dayMs;
    kept.push({ id: `day ${day}`, at: new Date(now), verified: true });
    const gone = new Set(backupsToDelete(kept, 7));
    kept = kept.filter(({ id }) => !gone.has(id));
    for (const [age, tolerance] of [
      [0, 1],
      [6, 1],
      [14, 8],
      [28, 8],
      [90, 35],
      [150, 35],
    ] as const) {
      if (day < age + tolerance) continue;
      const near = kept.some(({ at }) => Math.abs(now - at.getTime() - age * dayMs) <= tolerance * dayMs);
      expect(near, `day ${day}: a backup about ${age} days old`).toBe(true);
    }
    expect(kept.length).toBeLessThanOrEqual(7 + 5 + 7);
  }
});

test('while no backup can be verified nothing is deleted', () => {
  expect(live(60, () => true)).toHaveLength(60);
  // It stops being verified after the 20th day: what was kept then stays, and so does all that came after.
  const before = live(20);
  const after = live(60, (day) => day >= 20);
  expect(daysOf(after)).toEqual(expect.arrayContaining(daysOf(before)));
  expect(after).toHaveLength(before.length + 40);
});

test('of two in one week the verified one stays, although the other is newer', () => {
  const day = (number: number, verified: boolean) => ({
    id: `day ${number}`,
    at: new Date(start + number * dayMs),
    verified,
  });
  // Day 5 is a Tuesday, day 7 the Thursday after it.
  const gone = backupsToDelete([day(5, true), day(7, false), day(30, true)], 7);
  expect(gone).toEqual(['day 7']);
});

test('several of one day stay as long as the day does', () => {
  const hour = (number: number) => ({ id: `h${number}`, at: new Date(start + number * 3_600_000), verified: true });
  const many = Array.from({ length: 24 }, (_, number) => hour(number));
  expect(backupsToDelete(many, 7)).toEqual([]);
  expect(backupsToDelete([...many, hour(24 * 20)], 7)).toHaveLength(23);
});

test('a clock that is far ahead deletes no more than the newest backup allows', () => {
  const kept = [0, 1, 2].map((day) => ({ id: `${day}`, at: new Date(start + day * dayMs), verified: true }));
  expect(backupsToDelete(kept, 7)).toEqual([]);
});
