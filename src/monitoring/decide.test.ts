import { expect, it } from 'vitest';
import { decide, type Looked, quietFor } from './decide.ts';
import type { Incident } from './schema.ts';

const minuteMs = 60_000;
const start = Date.parse('2026-11-30T12:00:00Z');
const finding = { summary: 'It is broken.', hint: 'Mend it.' };

/** Plays looks a minute apart, over rows in memory; returns how often somebody was told of a beginning and of an end. */
function play(minutes: number, isWrong: (minute: number) => boolean | null, holdMs = 0) {
  let rows: Incident[] = [];
  const all: Incident[] = [];
  const told = { begun: [] as number[], over: [] as number[] };
  for (let minute = 0; minute < minutes; minute++) {
    const now = new Date(start + minute * minuteMs);
    const wrong = isWrong(minute);
    const looked: Looked[] = [
      { rule: { name: 'x', holdMs }, look: wrong === null ? {} : { '': wrong ? finding : null } },
    ];
    const dayAgo = now.getTime() - 24 * 60 * minuteMs;
    const times = all.filter(({ openedAt }) => openedAt && openedAt.getTime() > dayAgo).length;
    const decision = decide(rows, looked, now, new Map([['x ', times]]));
    for (const { rule, subject, summary, hint, opened } of decision.noticed) {
      const openedAt = opened ? now : null;
      const row: Incident = {
        id: `${minute}`,
        rule,
        subject,
        summary,
        hint,
        noticedAt: now,
        openedAt,
        seenAt: now,
        endedAt: null,
      };
      rows.push(row);
      all.push(row);
      if (opened) told.begun.push(minute);
    }
    for (const { id } of decision.seen) for (const row of rows) if (row.id === id) row.seenAt = now;
    for (const { id } of decision.opened) {
      for (const row of rows) if (row.id === id) row.openedAt = now;
      told.begun.push(minute);
    }
    told.over.push(...decision.ended.map(() => minute));
    const gone = [...decision.ended, ...decision.forgotten].map(({ id }) => id);
    rows = rows.filter(({ id }) => !gone.includes(id));
  }
  return told;
}

it('tells once of what goes on for hours, and once when it is over', () => {
  expect(play(300, (minute) => minute >= 5 && minute < 200)).toEqual({ begun: [5], over: [209] });
});

it('tells nobody of what is over before it has lasted long enough', () => {
  expect(play(60, (minute) => minute % 3 === 0, 2 * minuteMs)).toEqual({ begun: [], over: [] });
  expect(play(60, (minute) => minute >= 10 && minute < 14, 2 * minuteMs)).toEqual({ begun: [12], over: [23] });
});

it('takes what comes and goes every few minutes for one incident', () => {
  expect(play(24 * 60, (minute) => minute % 10 < 5)).toEqual({ begun: [0], over: [] });
});

it('tells ever more seldom of what comes and goes every half hour', () => {
  const { begun, over } = play(24 * 60, (minute) => minute % 30 < 5);
  expect(begun.length).toBeLessThan(4);
  expect(over.length).toBeLessThan(4);
  expect([1, 2, 3, 4, 20].map((times) => quietFor(times) / minuteMs)).toEqual([10, 20, 40, 80, 1440]);
});

it('leaves an incident as it is while nobody knows, and lets it be over when nobody has for a day', () => {
  expect(play(300, (minute) => (minute < 10 ? true : null))).toEqual({ begun: [0], over: [] });
  expect(play(1500, (minute) => (minute < 10 ? true : null))).toEqual({ begun: [0], over: [1449] });
});
