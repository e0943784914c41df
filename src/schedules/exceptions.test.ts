import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Killed } from '../../test/fakes/mortal-context.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { pipelines } from '../pipeline/schema.ts';
import { topics } from '../topics/schema.ts';
import { addTopics } from '../topics/topics.ts';
import { changeSlot } from './exceptions.ts';
import { runDueSchedules } from './run-due.ts';
import { type ScheduleRun, scheduleExceptions, scheduleRuns, schedules } from './schema.ts';

let app: TestApp;
/** What clocks show: moved by the tests. */
let now = new Date();
beforeAll(async () => {
  app = await startTestApp({ overrides: { now: () => now } });
});
afterAll(() => app.close());
beforeEach(async () => {
  now = new Date('2026-11-30T12:00:00Z');
  await app.ctx.db.delete(schedules);
  await app.ctx.db.delete(topics);
  await app.ctx.db.update(pipelines).set({ status: 'cancelled' });
  await app.ctx.db.transaction((tx) =>
    addTopics(
      tx,
      app.ctx.ownerId,
      Array.from({ length: 30 }, (_, index) => ({ topic: `Sourdough question ${index}` })),
    ),
  );
});

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
async function call(method: Method, url: string, payload?: object) {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, json: answer.body === '' ? null : answer.json() };
}
const daily = { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], times: ['09:00'] };
async function create(more: object = {}): Promise<string> {
  const { status, json } = await call('POST', '/schedules', { rule: daily, timeZone: 'UTC', ...more });
  if (status !== 201) throw new Error(JSON.stringify(json));
  return json.id;
}
const move = (id: string, slotAt: string, moveTo: string) =>
  call('POST', `/schedules/${id}/slots`, { slotAt: `${slotAt}:00Z`, moveTo: `${moveTo}:00Z` });
const skip = (id: string, slotAt: string) =>
  call('POST', `/schedules/${id}/slots`, { slotAt: `${slotAt}:00Z`, skip: true });
const undo = (id: string, slotAt: string) => call('DELETE', `/schedules/${id}/slots/${slotAt}:00Z`);
const read = async (id: string) => (await call('GET', `/schedules/${id}`)).json;
const preview = async (id: string, count: number) =>
  (await call('GET', `/schedules/${id}/preview?count=${count}`)).json.items.map(({ at }: { at: string }) =>
    at.slice(5, 16),
  );
const runAt = (time: string) => {
  now = new Date(`${time}:00Z`);
  return runDueSchedules(app.ctx, now);
};
const slotsOf = (runs: ScheduleRun[]) => runs.map(({ slotAt }) => slotAt.toISOString().slice(5, 16));
const moment = (time: string) => new Date(`${time}:00Z`);

describe('a slot that is moved', () => {
  it('is run once, where it stands, and not where the rule has it', async () => {
    const id = await create();
    const { status, json } = await move(id, '2026-12-01T09:00', '2026-12-01T15:30');
    expect(status).toBe(200);
    expect(json).toEqual({
      slotAt: '2026-12-01T09:00:00.000Z',
      at: '2026-12-01T15:30:00.000Z',
      state: 'moved',
      clock: '2026-12-01T15:30',
      note: 'Moved from 2026-12-01 09:00 (UTC).',
    });
    expect((await read(id)).nextSlotAt).toBe('2026-12-01T15:30:00.000Z');
    expect(await preview(id, 2)).toEqual(['12-01T15:30', '12-02T09:00']);
    expect(await runAt('2026-12-01T09:00')).toEqual([]);
    expect(await runAt('2026-12-01T15:30')).toMatchObject([
      { outcome: 'started', slotAt: moment('2026-12-01T09:00'), movedTo: moment('2026-12-01T15:30'), missed: 0 },
    ]);
    expect(slotsOf(await runAt('2026-12-02T09:00'))).toEqual(['12-02T09:00']);
    const { json: runs } = await call('GET', `/schedules/${id}/runs`);
    expect(runs.items.map(({ movedTo }: { movedTo: string | null }) => movedTo)).toEqual([
      null,
      '2026-12-01T15:30:00.000Z',
    ]);
  });

  it('to an earlier day does not come again on its own', async () => {
    const id = await create();
    await move(id, '2026-12-03T09:00', '2026-12-01T18:00');
    expect(slotsOf(await runAt('2026-12-01T09:00'))).toEqual(['12-01T09:00']);
    expect(slotsOf(await runAt('2026-12-01T18:00'))).toEqual(['12-03T09:00']);
    // Also not by way of a rule that lost its time and got it back.
    await call('PATCH', `/schedules/${id}`, { rule: { ...daily, times: ['10:00'] } });
    expect((await call('PATCH', `/schedules/${id}`, { rule: daily })).json.warnings).toEqual([]);
    expect(slotsOf(await runAt('2026-12-02T09:00'))).toEqual(['12-02T09:00']);
    expect(await runAt('2026-12-03T09:00')).toEqual([]);
    expect(slotsOf(await runAt('2026-12-04T09:00'))).toEqual(['12-04T09:00']);
  });

  it('may be moved again, skipped, and put back', async () => {
    const id = await create();
    await move(id, '2026-12-01T09:00', '2026-12-01T15:00');
    expect((await move(id, '2026-12-01T09:00', '2026-12-01T16:00')).status).toBe(200);
    expect(await preview(id, 1)).toEqual(['12-01T16:00']);
    expect((await skip(id, '2026-12-01T09:00')).json).toMatchObject({ state: 'skipped' });
    expect(await preview(id, 1)).toEqual(['12-02T09:00']);
    expect((await undo(id, '2026-12-01T09:00')).json).toMatchObject({
      state: 'planned',
      at: '2026-12-01T09:00:00.000Z',
    });
    expect((await read(id)).nextSlotAt).toBe('2026-12-01T09:00:00.000Z');
    // To its own time is to undo.
    await move(id, '2026-12-01T09:00', '2026-12-01T15:00');
    expect((await move(id, '2026-12-01T09:00', '2026-12-01T09:00')).json.state).toBe('planned');
    expect(await app.ctx.db.$count(scheduleExceptions)).toBe(0);
    expect((await undo(id, '2026-12-01T09:00')).status).toBe(404);
  });

  it('takes part in the one catch-up after a downtime', async () => {
    const id = await create();
    await move(id, '2026-12-01T09:00', '2026-12-03T15:00');
    await skip(id, '2026-12-02T09:00');
    expect(await runAt('2026-12-03T18:00')).toMatchObject([{ slotAt: moment('2026-12-01T09:00'), missed: 1 }]);
    expect(await runAt('2026-12-03T18:00')).toEqual([]);
    expect((await read(id)).nextSlotAt).toBe('2026-12-04T09:00:00.000Z');
  });

  it('rests with its schedule, and is not made up for', async () => {
    const id = await create();
    await call('PATCH', `/schedules/${id}`, { paused: true });
    expect((await move(id, '2026-12-01T09:00', '2026-12-02T12:00')).status).toBe(200);
    expect((await read(id)).nextSlotAt).toBeNull();
    expect(await runAt('2026-12-02T12:00')).toEqual([]);
    now = moment('2026-12-02T13:00');
    const { json } = await call('PATCH', `/schedules/${id}`, { paused: false });
    expect(json.nextSlotAt).toBe('2026-12-03T09:00:00.000Z');
  });

  it('does not take the turn of one that is due at this moment', async () => {
    const id = await create();
    // Its time has come, and no worker has looked yet.
    now = moment('2026-12-01T09:00');
    await move(id, '2026-12-02T09:00', '2026-12-02T12:00');
    await skip(id, '2026-12-03T09:00');
    expect(slotsOf(await runAt('2026-12-01T09:00'))).toEqual(['12-01T09:00']);
  });
});

describe('a slot that is skipped', () => {
  it('is not run, and what follows is', async () => {
    const id = await create();
    expect((await skip(id, '2026-12-01T09:00')).json).toMatchObject({
      state: 'skipped',
      at: '2026-12-01T09:00:00.000Z',
    });
    expect(await runAt('2026-12-01T09:00')).toEqual([]);
    expect(slotsOf(await runAt('2026-12-02T09:00'))).toEqual(['12-02T09:00']);
    expect(await app.ctx.db.$count(topics, eq(topics.status, 'used'))).toBe(1);
  });

  it('as the last one ends the schedule, and put back brings it to life', async () => {
    const id = await create({ endsAt: '2026-12-01T09:00:00Z' });
    await skip(id, '2026-12-01T09:00');
    expect(await read(id)).toMatchObject({ state: 'over', nextSlotAt: null });
    await undo(id, '2026-12-01T09:00');
    expect(await read(id)).toMatchObject({ state: 'active', nextSlotAt: '2026-12-01T09:00:00.000Z' });
  });
});

describe('what cannot be done', () => {
  it.each<[string, string, string, number, string]>([
    ['a time that is no slot', '2026-12-01T09:01', '2026-12-01T12:00', 422, 'slotAt: is no time of this schedule.'],
    ['one that has gone by', '2026-11-30T09:00', '2026-12-01T12:00', 409, 'This time has gone by.'],
    ['into the past', '2026-12-01T09:00', '2026-11-30T11:00', 422, 'moveTo: lies in the past.'],
    ['to this moment', '2026-12-01T09:00', '2026-11-30T12:00', 422, 'moveTo: lies in the past.'],
    [
      'onto another one',
      '2026-12-01T09:00',
      '2026-12-02T09:00',
      409,
      'Another time of “Daily” is at 2026-12-02 09:00 already.',
    ],
    [
      'onto one that was moved',
      '2026-12-01T09:00',
      '2026-12-05T12:00',
      409,
      'Another time of “Daily” is at 2026-12-05 12:00 already.',
    ],
    [
      'after the end',
      '2026-12-01T09:00',
      '2027-01-01T12:00',
      422,
      'moveTo: lies after the end of the schedule (2026-12-31 00:00).',
    ],
  ])('is refused in words: %s', async (_name, slotAt, moveTo, status, detail) => {
    const id = await create({ name: 'Daily', endsAt: '2026-12-31T00:00:00Z' });
    await move(id, '2026-12-06T09:00', '2026-12-05T12:00');
    const answer = await move(id, slotAt, moveTo);
    expect([answer.status, answer.json.detail]).toEqual([status, detail]);
    expect(answer.json.hint).not.toBe('');
    expect(await app.ctx.db.$count(scheduleExceptions)).toBe(1);
  });

  it('is refused: before the start, neither or both of moveTo and skip, a word that is no time', async () => {
    const id = await create({ startsAt: '2026-12-05T00:00:00Z' });
    const early = await move(id, '2026-12-05T09:00', '2026-12-04T09:00');
    expect(early.json.detail).toBe('moveTo: lies before the start of the schedule (2026-12-05 00:00).');
    const slotAt = '2026-12-05T09:00:00Z';
    expect((await call('POST', `/schedules/${id}/slots`, { slotAt })).status).toBe(422);
    expect((await call('POST', `/schedules/${id}/slots`, { slotAt, moveTo: slotAt, skip: true })).status).toBe(422);
    expect((await call('POST', `/schedules/${id}/slots`, { slotAt: 'soon', skip: true })).status).toBe(422);
    expect((await call('DELETE', `/schedules/${id}/slots/soon`)).status).toBe(422);
  });

  it('is refused: what has had its run, wherever it stood, and where its own time has gone by', async () => {
    const id = await create();
    await move(id, '2026-12-03T09:00', '2026-12-01T15:00');
    await move(id, '2026-12-02T09:00', '2026-12-06T15:00');
    await runAt('2026-12-01T15:00');
    for (const answer of [await move(id, '2026-12-03T09:00', '2026-12-04T15:00'), await undo(id, '2026-12-03T09:00')]) {
      expect([answer.status, answer.json.detail]).toEqual([409, 'This time has had its run.']);
    }
    now = moment('2026-12-02T10:00');
    const back = await undo(id, '2026-12-02T09:00');
    expect([back.status, back.json.detail]).toEqual([409, 'Its own time has gone by: it cannot go back there.']);
    expect((await skip(id, '2026-12-02T09:00')).json.state).toBe('skipped');
  });

  it('is put back where another one stands by now', async () => {
    const id = await create();
    await move(id, '2026-12-01T09:00', '2026-12-01T15:00');
    expect((await move(id, '2026-12-02T09:00', '2026-12-01T09:00')).status).toBe(200);
    expect((await undo(id, '2026-12-01T09:00')).json.code).toBe('conflict');
    expect(slotsOf(await runAt('2026-12-01T09:00'))).toEqual(['12-02T09:00']);
  });
});

describe('an edit of the schedule', () => {
  it('forgets what has no place any more and says so; its slot comes where the rule has it', async () => {
    const id = await create({ rule: { ...daily, times: ['09:00', '18:00'] }, timeZone: 'Europe/Berlin' });
    await skip(id, '2026-12-01T08:00');
    await move(id, '2026-12-02T17:00', '2026-12-02T19:00');
    await move(id, '2026-12-03T17:00', '2026-12-20T19:00');
    const renamed = await call('PATCH', `/schedules/${id}`, { name: 'Another name' });
    expect(renamed.json.warnings).toEqual([]);
    const { json } = await call('PATCH', `/schedules/${id}`, {
      rule: { ...daily, times: ['18:00', '20:00'] },
      endsAt: '2026-12-10T00:00:00Z',
    });
    expect(json.warnings).toEqual([
      'That 2026-12-01 09:00 is skipped was forgotten: the schedule has no such time any more.',
      'That 2026-12-02 18:00 was moved to 2026-12-02 20:00 was forgotten: another of its times is there now.',
      'That 2026-12-03 18:00 was moved to 2026-12-20 20:00 was forgotten: that lies outside of its start and end now.',
    ]);
    expect(await app.ctx.db.$count(scheduleExceptions)).toBe(0);
    expect(await preview(id, 3)).toEqual(['11-30T17:00', '11-30T19:00', '12-01T17:00']);
  });
});

describe('many processes', () => {
  it('run a slot once while four of them look for it and others move it to and fro', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 4; index++) ids.push(await create({ name: `Number ${index}` }));
    for (const id of ids) await move(id, '2026-12-02T09:00', '2026-12-01T09:30');
    now = moment('2026-12-01T09:30');
    const { ctx } = app;
    const moves = ids.flatMap((id) =>
      ['2026-12-01T12:00', '2026-12-01T13:00'].map((moveTo) =>
        changeSlot(ctx, ctx.ownerId, id, moment('2026-12-03T09:00'), { moveTo: moment(moveTo) }),
      ),
    );
    const looks = Array.from({ length: 4 }, () => runDueSchedules(ctx, now));
    const [runs] = await Promise.all([Promise.all(looks), Promise.all(moves)]);
    // Two slots of each had come: at most one is made up for.
    expect(runs.flat()).toHaveLength(4);
    expect(new Set(slotsOf(runs.flat()))).toEqual(new Set(['12-02T09:00']));
    expect(await ctx.db.$count(scheduleRuns)).toBe(4);
    expect(await runAt('2026-12-01T11:59')).toEqual([]);
    expect(new Set(slotsOf(await runAt('2026-12-01T13:00')))).toEqual(new Set(['12-03T09:00']));
    expect(await runAt('2026-12-02T09:00')).toEqual([]);
    expect(await runAt('2026-12-03T09:00')).toEqual([]);
    expect(await ctx.db.$count(topics, eq(topics.status, 'used'))).toBe(8);
  });

  it('that die before any access, also amid a transaction, leave a slot moved or not moved, and run it once', async () => {
    const id = await create();
    const died = async (death: number, work: (ctx: AppContext) => Promise<unknown>) => {
      const { ctx, killed } = mortalInTransactions(death);
      await work(ctx).catch((error) => {
        if (!(error instanceof Killed)) throw error;
      });
      return killed();
    };
    const change = { moveTo: moment('2026-12-01T12:00') };
    const moving = (ctx: AppContext) => changeSlot(ctx, app.ctx.ownerId, id, moment('2026-12-01T09:00'), change);
    let death = 1;
    for (; await died(death, moving); death += 1) {
      expect([death, (await read(id)).nextSlotAt]).toEqual([death, '2026-12-01T09:00:00.000Z']);
      expect(await app.ctx.db.$count(scheduleExceptions)).toBe(0);
    }
    expect(death).toBeGreaterThan(5);
    expect((await read(id)).nextSlotAt).toBe('2026-12-01T12:00:00.000Z');

    now = moment('2026-12-01T12:00');
    for (death = 1; await died(death, (ctx) => runDueSchedules(ctx, now)); death += 1) {
      expect([death, await app.ctx.db.$count(scheduleRuns)]).toEqual([death, 0]);
      expect(await app.ctx.db.$count(topics, eq(topics.status, 'used'))).toBe(0);
    }
    expect(death).toBeGreaterThan(10);
    expect(await runDueSchedules(app.ctx, now)).toEqual([]);
    expect(slotsOf(await app.ctx.db.select().from(scheduleRuns))).toEqual(['12-01T09:00']);
    expect(await app.ctx.db.$count(topics, eq(topics.status, 'used'))).toBe(1);
  });
});

/** A context that dies before its `death`-th access to the database, those within transactions counted as well. */
function mortalInTransactions(death: number): { ctx: AppContext; killed(): boolean } {
  let count = 0;
  const mortal = (db: Db): Db =>
    new Proxy(db, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          count += 1;
          if (count >= death) throw new Killed('killed');
          const [work, ...rest] = args;
          if (name !== 'transaction') return Reflect.apply(value, target, args);
          return Reflect.apply(value, target, [(tx: Db) => (work as (tx: Db) => unknown)(mortal(tx)), ...rest]);
        };
      },
    });
  return { ctx: { ...app.ctx, db: mortal(app.ctx.db) }, killed: () => count >= death };
}
