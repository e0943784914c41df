import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { givenCall, givenSite } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { users } from '../accounts/schema.ts';
import { newId } from '../db/id.ts';
import { queryRows } from '../db/open.ts';
import { pipelines } from '../pipeline/schema.ts';
import { deleteSite } from '../sites/sites.ts';
import { topics } from '../topics/schema.ts';
import { addTopics } from '../topics/topics.ts';
import { runDueSchedules } from './run-due.ts';
import { maxSchedules } from './schedules.ts';
import { type ScheduleRun, scheduleRuns, schedules } from './schema.ts';

let app: TestApp;
let siteId: string;
/** What clocks show: moved by the tests. */
let now = new Date('2026-11-30T12:00:00Z');
beforeAll(async () => {
  app = await startTestApp({ overrides: { now: () => now } });
  siteId = await givenSite(app.ctx, 'Blog');
});
afterAll(() => app.close());
beforeEach(async () => {
  now = new Date('2026-11-30T12:00:00Z');
  await app.ctx.db.delete(schedules);
  await app.ctx.db.delete(topics);
  await app.ctx.db.update(pipelines).set({ status: 'cancelled' });
});

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
async function call(method: Method, url: string, payload?: object) {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, json: answer.body === '' ? null : answer.json() };
}
const daily = { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], times: ['09:00'] };
async function create(more: object = {}): Promise<{ id: string; [key: string]: unknown }> {
  const { status, json } = await call('POST', '/schedules', { rule: daily, timeZone: 'Europe/Berlin', ...more });
  if (status !== 201) throw new Error(JSON.stringify(json));
  return json;
}
const backlog = (count: number, from = 0) =>
  app.ctx.db.transaction((tx) =>
    addTopics(
      tx,
      app.ctx.ownerId,
      Array.from({ length: count }, (_, index) => ({ topic: `Sourdough question ${from + index}` })),
    ),
  );
const runAt = (time: string) => {
  now = new Date(time);
  return runDueSchedules(app.ctx, now);
};
const started = (runs: ScheduleRun[]) => runs.filter(({ outcome }) => outcome === 'started').length;
const read = async (id: string) => (await call('GET', `/schedules/${id}`)).json;

describe('a schedule', () => {
  it('begins an article about the next topic at each of its times, and not before', async () => {
    await backlog(3);
    const schedule = await create({
      name: 'Every morning',
      siteId,
      brief: { publish: 'draft', words: { min: 300, max: 500 }, voice: 'dry', budgetMicroUsd: 250_000 },
    });
    expect(schedule).toMatchObject({
      name: 'Every morning',
      state: 'active',
      nextSlotAt: '2026-12-01T08:00:00.000Z',
      openTopics: 3,
    });
    expect(await runAt('2026-12-01T07:59:59Z')).toEqual([]);
    const [run] = await runAt('2026-12-01T08:00:00Z');
    expect(run).toMatchObject({ outcome: 'started', missed: 0, slotAt: new Date('2026-12-01T08:00:00Z') });
    const [pipeline] = await app.ctx.db
      .select()
      .from(pipelines)
      .where(eq(pipelines.id, run?.pipelineId ?? ''));
    expect(pipeline?.brief).toMatchObject({
      topic: 'Sourdough question 0',
      siteId,
      publish: 'draft',
      words: { min: 300, max: 500 },
      voice: 'dry',
      budgetMicroUsd: 250_000,
    });
    // Its job is there as well.
    const jobs = await queryRows<{ count: number }>(
      app.ctx.db,
      sql`select count(*)::int as count from pgboss.job where data ->> 'pipelineId' = ${run?.pipelineId}`,
    );
    expect(jobs[0]?.count).toBe(1);
    expect(await runAt('2026-12-01T08:00:01Z')).toEqual([]);
    expect(started(await runAt('2026-12-02T08:00:00Z'))).toBe(1);
    expect(await read(schedule.id)).toMatchObject({
      nextSlotAt: '2026-12-03T08:00:00.000Z',
      openTopics: 1,
      lastRun: { outcome: 'started', slotAt: '2026-12-02T08:00:00.000Z' },
    });
    const { json } = await call('GET', `/schedules/${schedule.id}/runs`);
    expect(json.items).toHaveLength(2);
    const used = await app.ctx.db.select().from(topics).where(eq(topics.status, 'used'));
    expect(used.map(({ topic }) => topic).sort()).toEqual(['Sourdough question 0', 'Sourdough question 1']);
    expect(used.every(({ pipelineId }) => pipelineId !== null)).toBe(true);
  });

  it('makes up for five days of downtime with one article', async () => {
    await backlog(10);
    const { id } = await create({ rule: { ...daily, times: ['09:00', '15:00'] } });
    const runs = await runAt('2026-12-05T12:00:00Z');
    // 30 November 15:00 to 5 December 09:00 are ten times: the last is run.
    expect(runs).toMatchObject([{ outcome: 'started', missed: 9, slotAt: new Date('2026-12-05T08:00:00Z') }]);
    expect(await runAt('2026-12-05T12:00:05Z')).toEqual([]);
    expect((await read(id)).nextSlotAt).toBe('2026-12-05T14:00:00.000Z');
  });

  it('counts back a month when it was down for years, and still answers at once', async () => {
    await backlog(1);
    await create({ rule: { cron: '*/15 * * * *' } });
    const before = performance.now();
    const [run] = await runAt('2029-11-30T12:00:00Z');
    expect(run?.missed).toBe(31 * 96);
    expect(performance.now() - before).toBeLessThan(20_000);
  });

  it('runs each time once, however many processes see that it has come', async () => {
    await backlog(30);
    for (let index = 0; index < 5; index++) await create({ name: `Number ${index}` });
    now = new Date('2026-12-01T08:00:00Z');
    const all = await Promise.all(Array.from({ length: 4 }, () => runDueSchedules(app.ctx, now)));
    expect(all.flat()).toHaveLength(5);
    expect(await app.ctx.db.$count(scheduleRuns)).toBe(5);
    expect(await app.ctx.db.$count(topics, eq(topics.status, 'used'))).toBe(5);
  });

  it('starts nothing when its time turns out to have had its run, and goes on with the next', async () => {
    await backlog(2);
    const { id } = await create();
    await app.ctx.db.insert(scheduleRuns).values({
      id: newId(),
      userId: app.ctx.ownerId,
      scheduleId: id,
      slotAt: new Date('2026-12-01T08:00:00Z'),
      outcome: 'started',
    });
    const before = await app.ctx.db.$count(pipelines);
    expect(await runAt('2026-12-01T08:00:00Z')).toEqual([]);
    expect(await app.ctx.db.$count(pipelines)).toBe(before);
    expect(await app.ctx.db.$count(topics, eq(topics.status, 'open'))).toBe(2);
    expect((await read(id)).nextSlotAt).toBe('2026-12-02T08:00:00.000Z');
    expect(started(await runAt('2026-12-02T08:00:00Z'))).toBe(1);
  });

  it('that cannot be run keeps its time, and the others from nothing', async () => {
    await backlog(2);
    const broken = await create({ name: 'Broken' });
    const sound = await create({ name: 'Sound' });
    // As no version of the program writes it; its time comes first.
    await app.ctx.db.execute(
      sql`update schedules set brief = brief || '{"words": 1}', next_slot_at = next_slot_at - interval '1 second' where id = ${broken.id}`,
    );
    expect(await runAt('2026-12-01T08:00:00Z')).toMatchObject([{ scheduleId: sound.id, outcome: 'started' }]);
    expect(app.logs.at(-1)).toContain('a schedule could not be run');
    expect(await app.ctx.db.$count(topics, eq(topics.status, 'open'))).toBe(1);
    // Mended, it makes up for its time.
    await app.ctx.db.execute(
      sql`update schedules set brief = (select brief from schedules where id = ${sound.id}) where id = ${broken.id}`,
    );
    expect(await runAt('2026-12-01T08:00:05Z')).toMatchObject([{ scheduleId: broken.id, outcome: 'started' }]);
  });

  it('does not lose a time that has come to a new name', async () => {
    await backlog(1);
    const { id } = await create();
    now = new Date('2026-12-01T08:00:03Z');
    await call('PATCH', `/schedules/${id}`, { name: 'Another name' });
    expect(started(await runAt('2026-12-01T08:00:05Z'))).toBe(1);
  });

  it('says that there was no topic, and goes on with the next time once there is one', async () => {
    const { id, warnings } = await create();
    expect(warnings).toEqual(['There is no topic to write about: add some to the backlog.']);
    expect(await runAt('2026-12-01T08:00:00Z')).toMatchObject([
      { outcome: 'skipped', reason: { code: 'no_topic', hint: expect.stringContaining('backlog') } },
    ]);
    await backlog(1);
    expect(started(await runAt('2026-12-02T08:00:00Z'))).toBe(1);
    expect((await read(id)).lastRun.outcome).toBe('started');
  });

  it('takes topics of its site and those for any, never those of another', async () => {
    const other = await givenSite(app.ctx, `Other ${newId()}`);
    await app.ctx.db.transaction((tx) =>
      addTopics(tx, app.ctx.ownerId, [
        { topic: 'Cakes of the other site', siteId: other },
        { topic: 'Rolls of this site', siteId },
        { topic: 'Bread of any site' },
      ]),
    );
    await create({ siteId });
    for (const day of ['01', '02', '03']) await runAt(`2026-12-${day}T08:00:00Z`);
    const used = await app.ctx.db.select().from(topics).where(eq(topics.status, 'used')).orderBy(topics.position);
    expect(used.map(({ topic }) => topic)).toEqual(['Rolls of this site', 'Bread of any site']);
  });

  it('changes at once, and a time that has had its run does not come again', async () => {
    await backlog(5);
    const { id } = await create();
    await runAt('2026-12-01T08:00:00Z');
    // The same minute again, by another rule and in another zone.
    now = new Date('2026-12-01T07:30:00Z');
    const changed = await call('PATCH', `/schedules/${id}`, { rule: { cron: '0 8 * * *' }, timeZone: 'UTC' });
    expect(changed.json.nextSlotAt).toBe('2026-12-02T08:00:00.000Z');
    const later = await call('PATCH', `/schedules/${id}`, { rule: { cron: '45 8 * * *' } });
    expect(later.json.nextSlotAt).toBe('2026-12-01T08:45:00.000Z');
    expect(started(await runAt('2026-12-01T08:45:00Z'))).toBe(1);
  });

  it('rests while it is paused, and does not make up for it', async () => {
    await backlog(5);
    const { id } = await create();
    expect((await call('PATCH', `/schedules/${id}`, { paused: true })).json).toMatchObject({
      state: 'paused',
      nextSlotAt: null,
    });
    expect(await runAt('2026-12-04T12:00:00Z')).toEqual([]);
    const { json } = await call('GET', `/schedules/${id}/preview?count=1`);
    expect(json.items[0].at).toBe('2026-12-05T08:00:00.000Z');
    // Changed while it rests, it rests on.
    expect((await call('PATCH', `/schedules/${id}`, { name: 'Resting' })).json.state).toBe('paused');
    expect((await call('PATCH', `/schedules/${id}`, { paused: false })).json).toMatchObject({
      state: 'active',
      nextSlotAt: '2026-12-05T08:00:00.000Z',
    });
    expect(await runAt('2026-12-04T12:00:05Z')).toEqual([]);
  });

  it('begins and ends when it is told to', async () => {
    await backlog(9);
    const { id } = await create({ startsAt: '2026-12-10T08:00:00Z', endsAt: '2026-12-11T08:00:00Z' });
    expect((await read(id)).nextSlotAt).toBe('2026-12-10T08:00:00.000Z');
    const { json } = await call('GET', `/schedules/${id}/preview`);
    expect(json.items.map(({ at }: { at: string }) => at)).toEqual([
      '2026-12-10T08:00:00.000Z',
      '2026-12-11T08:00:00.000Z',
    ]);
    // Down from before its start until after its end: its last time is made up for.
    expect(await runAt('2026-12-20T00:00:00Z')).toMatchObject([
      { slotAt: new Date('2026-12-11T08:00:00Z'), missed: 1 },
    ]);
    expect(await read(id)).toMatchObject({ state: 'over', nextSlotAt: null });
  });

  it('stops when its site is deleted, and says so', async () => {
    await backlog(2);
    const gone = await givenSite(app.ctx, `Short-lived ${newId()}`);
    const { id } = await create({ siteId: gone, brief: { publish: 'draft' } });
    await deleteSite(app.ctx, app.ctx.ownerId, gone);
    expect(await read(id)).toMatchObject({
      siteId: null,
      state: 'site_deleted',
      warnings: [expect.stringContaining('deleted')],
    });
    expect(await runAt('2026-12-01T08:00:00Z')).toEqual([]);
    expect(await app.ctx.db.$count(topics, eq(topics.status, 'open'))).toBe(2);
    // With another site it goes on.
    await call('PATCH', `/schedules/${id}`, { siteId, paused: false });
    expect(started(await runAt('2026-12-02T08:00:00Z'))).toBe(1);
  });

  it('keeps within the monthly budget of its own', async () => {
    await backlog(4);
    const { id } = await create({ monthlyBudgetMicroUsd: 1_000_000 });
    const [first] = await runAt('2026-12-01T08:00:00Z');
    await app.ctx.db.execute(sql`update schedule_runs set created_at = ${now.toISOString()}::timestamptz`);
    await givenCall(app.ctx.db, {
      userId: app.ctx.ownerId,
      pipelineId: first?.pipelineId ?? '',
      startedAt: now,
      costMicroUsd: 1_000_001,
    });
    const [second] = await runAt('2026-12-02T08:00:00Z');
    expect(second).toMatchObject({
      outcome: 'skipped',
      reason: { code: 'budget_exceeded', message: expect.stringContaining('1.00 $') },
    });
    // Nothing of the article that was not begun is left, and its topic waits.
    expect(await app.ctx.db.$count(topics, eq(topics.status, 'open'))).toBe(3);
    expect(started(await runAt('2027-01-01T08:00:00Z'))).toBe(1);
    await call('PATCH', `/schedules/${id}`, { monthlyBudgetMicroUsd: null });
  });

  it('says when the month has no more articles, and leaves the topic in the backlog', async () => {
    await backlog(1);
    await create();
    const { ctx } = app;
    await ctx.db.update(users).set({ articlesPerMonth: 0 }).where(eq(users.id, ctx.ownerId));
    const [run] = await runAt('2026-12-01T08:00:00Z');
    await ctx.db.update(users).set({ articlesPerMonth: null }).where(eq(users.id, ctx.ownerId));
    expect(run).toMatchObject({ outcome: 'skipped', reason: { code: 'articles_limit_reached' } });
    expect(await ctx.db.$count(topics, eq(topics.status, 'open'))).toBe(1);
  });

  it('rests while its user is disabled, and then makes up for one time', async () => {
    await backlog(3);
    await create();
    const { ctx } = app;
    await ctx.db.update(users).set({ disabled: true }).where(eq(users.id, ctx.ownerId));
    expect(await runAt('2026-12-03T12:00:00Z')).toEqual([]);
    await ctx.db.update(users).set({ disabled: false }).where(eq(users.id, ctx.ownerId));
    expect(await runAt('2026-12-03T12:00:05Z')).toMatchObject([{ missed: 2, outcome: 'started' }]);
  });

  it('is forgotten with its runs; what it wrote stays', async () => {
    await backlog(2);
    const { id } = await create();
    const [run] = await runAt('2026-12-01T08:00:00Z');
    expect((await call('DELETE', `/schedules/${id}`)).status).toBe(204);
    expect(await app.ctx.db.$count(scheduleRuns)).toBe(0);
    expect((await call('GET', `/pipelines/${run?.pipelineId}`)).status).toBe(200);
    expect((await call('GET', `/schedules/${id}`)).status).toBe(404);
  });
});

describe('what cannot be a schedule', () => {
  it.each<[string, object, string]>([
    ['a cron that never comes', { rule: { cron: '0 0 31 4 *' } }, 'rule.cron'],
    ['one every second', { rule: { cron: '* * * * * *' } }, 'rule.cron'],
    ['one every minute', { rule: { cron: '* * * * *' } }, 'rule.cron'],
    ['a zone that nobody knows', { timeZone: 'Mars/Olympus' }, 'timeZone'],
    ['a start in the past', { startsAt: '2026-11-29T00:00:00Z' }, 'startsAt'],
    ['an end in the past', { endsAt: '2026-11-29T00:00:00Z' }, 'endsAt'],
    ['an end before its start', { startsAt: '2026-12-29T00:00:00Z', endsAt: '2026-12-28T00:00:00Z' }, 'endsAt'],
    ['publishing without a site', { brief: { publish: 'draft' } }, 'siteId'],
    ['a topic in its brief', { brief: { topic: 'Bread' } }, 'brief'],
    ['no rule at all', { rule: {} }, 'rule'],
  ])('is refused with the field that is meant: %s', async (_name, more, path) => {
    const { status, json } = await call('POST', '/schedules', { rule: daily, ...more });
    expect(status).toBe(422);
    expect(json.errors[0].path).toMatch(new RegExp(`^${path}`));
    expect(await app.ctx.db.$count(schedules)).toBe(0);
  });

  it('is refused: a site of nobody, a model that cannot be asked', async () => {
    expect((await call('POST', '/schedules', { rule: daily, siteId: newId() })).status).toBe(404);
    const { json } = await call('POST', '/schedules', { rule: daily, brief: { model: 'openai:gpt-5-mini' } });
    expect(json.code).toBe('model_unknown');
  });

  it('leaves a schedule as it was when a change is refused', async () => {
    const { id } = await create();
    expect((await call('PATCH', `/schedules/${id}`, { name: 'New', rule: { cron: 'x' } })).status).toBe(422);
    expect((await call('PATCH', `/schedules/${id}`, { name: 'New', siteId: newId() })).status).toBe(404);
    expect((await call('PATCH', `/schedules/${id}`, {})).status).toBe(422);
    expect((await read(id)).name).toBe('Schedule');
  });

  it('is one too many', async () => {
    const row = { userId: app.ctx.ownerId, name: 'Many', rule: { cron: '0 9 * * *' }, timeZone: 'UTC' };
    const [brief] = [(await create()).brief] as never[];
    await app.ctx.db
      .insert(schedules)
      .values(Array.from({ length: maxSchedules - 1 }, () => ({ ...row, id: newId(), brief: brief as never })));
    expect((await call('POST', '/schedules', { rule: daily })).status).toBe(409);
  });
});

describe('the preview', () => {
  it('shows the next times of a rule with what a change of the clocks does to them', async () => {
    now = new Date('2027-03-26T12:00:00Z');
    const { json } = await call('POST', '/schedules/preview', {
      rule: { ...daily, times: ['02:30'] },
      timeZone: 'Europe/Berlin',
      count: 3,
    });
    expect(json.items).toEqual([
      {
        slotAt: '2027-03-27T01:30:00.000Z',
        at: '2027-03-27T01:30:00.000Z',
        state: 'planned',
        clock: '2027-03-27T02:30',
        note: null,
      },
      {
        slotAt: '2027-03-28T01:30:00.000Z',
        at: '2027-03-28T01:30:00.000Z',
        state: 'planned',
        clock: '2027-03-28T02:30',
        note: expect.stringContaining('put forward'),
      },
      {
        slotAt: '2027-03-29T00:30:00.000Z',
        at: '2027-03-29T00:30:00.000Z',
        state: 'planned',
        clock: '2027-03-29T02:30',
        note: null,
      },
    ]);
    const refused = await call('POST', '/schedules/preview', { rule: { cron: '* * * * *' }, timeZone: 'UTC' });
    expect(refused.status).toBe(422);
  });
});
