import { eq, type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { givenPipeline, givenSite } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { users } from '../accounts/schema.ts';
import { articles } from '../articles/schema.ts';
import { newId } from '../db/id.ts';
import { queryRows } from '../db/open.ts';
import { pipelines } from '../pipeline/schema.ts';
import { publications } from '../publishing/schema.ts';
import { runDueSchedules } from '../schedules/run-due.ts';
import { scheduleRuns, schedules } from '../schedules/schema.ts';
import { topics } from '../topics/schema.ts';
import { addTopics } from '../topics/topics.ts';
import { publicationAtMoment, runAtMoment } from './happened.ts';

let app: TestApp;
let siteId: string;
let otherSite: string;
let now = new Date();
beforeAll(async () => {
  app = await startTestApp({ overrides: { now: () => now } });
  siteId = await givenSite(app.ctx, 'Blog');
  otherSite = await givenSite(app.ctx, 'Other');
});
afterAll(() => app.close());
beforeEach(async () => {
  now = new Date('2026-11-30T12:00:00Z');
  const { db } = app.ctx;
  await db.delete(schedules);
  await db.delete(topics);
  await db.delete(publications);
  await db.delete(pipelines);
  await db.delete(articles);
});

interface Item {
  [key: string]: unknown;
  id: string;
  kind: string;
  at: string;
  title: string | null;
  state: string;
  note: string | null;
  movable: boolean;
}
async function call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, json: answer.body === '' ? null : answer.json() };
}
const daily = { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], times: ['09:00'] };
async function post(url: string, body: object): Promise<string> {
  const { status, json } = await call('POST', url, body);
  if (status >= 300) throw new Error(JSON.stringify(json));
  return json.id;
}
const schedule = (more: object = {}) => post('/schedules', { name: 'Daily', rule: daily, timeZone: 'UTC', ...more });
const backlog = (...list: { topic: string; siteId?: string }[]) =>
  app.ctx.db.transaction((tx) => addTopics(tx, app.ctx.ownerId, list));
async function calendar(
  from: string,
  to: string,
  more = '',
): Promise<{ items: Item[]; truncated: boolean; timeZone: string }> {
  const { status, json } = await call('GET', `/calendar?from=${from}T00:00:00Z&to=${to}T00:00:00Z${more}`);
  if (status !== 200) throw new Error(JSON.stringify(json));
  return json;
}
const runAt = (time: string) => {
  now = new Date(`${time}:00Z`);
  return runDueSchedules(app.ctx, now);
};
/** An article of the owner, and its publication to the site as it would be after `change`. */
async function givenPublication(title: string, change: Partial<typeof publications.$inferInsert>): Promise<string> {
  const articleId = await post('/articles', { title, markdown: 'Text.' });
  const id = newId();
  const base = { id, userId: app.ctx.ownerId, articleId, siteId, wanted: 'future', status: 'scheduled' } as const;
  await app.ctx.db.insert(publications).values({ ...base, ...change });
  return id;
}
const short = ({ at, title, state }: Item) => `${at.slice(5, 16)} ${state} ${title}`;

describe('what is planned', () => {
  it('is each slot with the topic that it would take, across schedules that share a backlog', async () => {
    await backlog({ topic: 'One' }, { topic: 'For the blog', siteId }, { topic: 'Two' }, { topic: 'Three' });
    await schedule();
    await schedule({ name: 'Blog', siteId, rule: { ...daily, times: ['12:30'] } });
    const { items } = await calendar('2026-11-30', '2026-12-03');
    expect(items.map(short)).toEqual([
      '11-30T12:30 planned One',
      '12-01T09:00 planned Two',
      '12-01T12:30 planned For the blog',
      '12-02T09:00 planned Three',
      '12-02T12:30 planned null',
    ]);
    expect(items[0]).toMatchObject({
      kind: 'slot',
      movable: true,
      siteId,
      schedule: 'Blog',
      slotAt: '2026-11-30T12:30:00.000Z',
    });
    // The topics of earlier slots are gone by then.
    expect((await calendar('2026-12-02', '2026-12-03')).items.map(short)).toEqual([
      '12-02T09:00 planned Three',
      '12-02T12:30 planned null',
    ]);
    // What stands in the calendar comes true.
    const titles: string[] = [];
    for (const time of ['11-30T12:30', '12-01T09:00', '12-01T12:30', '12-02T09:00']) {
      const [run] = await runAt(`2026-${time}`);
      const [row] = await app.ctx.db
        .select()
        .from(pipelines)
        .where(eq(pipelines.id, run?.pipelineId ?? ''));
      titles.push(row?.topic ?? '');
      await app.ctx.db.update(pipelines).set({ status: 'succeeded' });
    }
    expect(titles).toEqual(['One', 'Two', 'For the blog', 'Three']);
  });

  it('tells moved, skipped, paused and due slots, and what the clocks do', async () => {
    const id = await schedule({ rule: { ...daily, times: ['02:30'] }, timeZone: 'Europe/Berlin' });
    now = new Date('2027-03-27T12:00:00Z');
    await call('PATCH', `/schedules/${id}`, { name: 'Night' });
    const slots = `/schedules/${id}/slots`;
    await call('POST', slots, { slotAt: '2027-03-29T00:30:00Z', moveTo: '2027-03-28T10:00:00Z' });
    await call('POST', slots, { slotAt: '2027-03-30T00:30:00Z', skip: true });
    const { items } = await calendar('2027-03-28', '2027-04-01');
    expect(items.map(short)).toEqual([
      '03-28T01:30 planned null',
      '03-28T10:00 planned null',
      '03-30T00:30 skipped null',
      '03-31T00:30 planned null',
    ]);
    expect(items.map(({ note }) => note)).toEqual([
      'The clocks are put forward over this time: it comes as much later.',
      'Moved from 2027-03-29 02:30 (Europe/Berlin).',
      null,
      null,
    ]);
    expect(items.map(({ movable }) => movable)).toEqual([true, true, false, true]);
    // A slot that was moved is the same one.
    expect(items[1]?.id).toBe(`${id}:2027-03-29T00:30:00.000Z`);

    now = new Date('2027-03-28T01:30:02Z');
    expect((await calendar('2027-03-28', '2027-03-29')).items.map(short)).toEqual([
      '03-28T01:30 due null',
      '03-28T10:00 planned null',
    ]);
    now = new Date('2027-03-31T12:00:00Z');
    expect((await calendar('2027-03-30', '2027-03-31')).items.map(short)).toEqual(['03-30T00:30 skipped null']);
    await call('PATCH', `/schedules/${id}`, { paused: true });
    await backlog({ topic: 'One' });
    expect((await calendar('2027-04-01', '2027-04-02')).items.map(short)).toEqual(['04-01T00:30 paused null']);
  });

  it('is nothing of a schedule whose site is gone, nor before its start or after its end', async () => {
    const id = await schedule({ siteId, brief: { publish: 'draft' } });
    await schedule({ name: 'Two days', startsAt: '2026-12-05T00:00:00Z', endsAt: '2026-12-06T12:00:00Z' });
    await app.ctx.db.update(schedules).set({ siteId: null }).where(eq(schedules.id, id));
    const { items } = await calendar('2026-12-01', '2026-12-31');
    expect(items.map(short)).toEqual(['12-05T09:00 planned null', '12-06T09:00 planned null']);
  });
});

describe('what happened', () => {
  it('is each run where it stood, with its result, and what began by hand', async () => {
    await backlog({ topic: 'One' }, { topic: 'Two' });
    const id = await schedule();
    await call('POST', `/schedules/${id}/slots`, { slotAt: '2026-12-01T09:00:00Z', moveTo: '2026-12-02T15:00:00Z' });
    await runAt('2026-12-02T15:00');
    const [first] = await app.ctx.db.select().from(scheduleRuns);
    const error = { code: 'no_sources', message: 'Nothing could be read.', hint: 'Add a page.' } as const;
    await app.ctx.db
      .update(pipelines)
      .set({ status: 'failed', error })
      .where(eq(pipelines.id, first?.pipelineId ?? ''));
    await runAt('2026-12-03T09:00');
    await runAt('2026-12-06T09:00');
    const byHand = await givenPipeline(app.ctx, { topic: 'By hand' });
    const createdAt = new Date('2026-12-04T10:00:00Z');
    await app.ctx.db.update(pipelines).set({ createdAt }).where(eq(pipelines.id, byHand.id));
    const { items } = await calendar('2026-12-01', '2026-12-07');
    expect(items.map(short)).toEqual([
      '12-02T15:00 failed One',
      '12-03T09:00 queued Two',
      '12-04T10:00 queued By hand',
      '12-06T09:00 not_started null',
    ]);
    expect(items[0]).toMatchObject({
      kind: 'run',
      id: first?.id,
      pipelineId: first?.pipelineId,
      scheduleId: id,
      schedule: 'Daily',
      movable: false,
      note: 'Nothing could be read. Moved from 2026-12-01 09:00 (UTC). One time before it was missed.',
    });
    expect(items[2]).toMatchObject({ pipelineId: byHand.id, scheduleId: null });
    expect(items[3]?.note).toMatch(/^There was no topic to write about\. .*2 times before it were missed\.$/);
  });

  it('is each publication at its time, and each hold where it ends', async () => {
    const scheduled = await givenPublication('Later', { publishAt: new Date('2026-12-10T10:00:00Z') });
    await givenPublication('Out', { status: 'published', publishedAt: new Date('2026-11-20T10:00:00Z') });
    const refused = { code: 'site_rejected', message: 'The site said no.', hint: 'Look there.' } as const;
    await givenPublication('Broken', { status: 'failed', failedAt: new Date('2026-11-21T10:00:00Z'), error: refused });
    await givenPublication('At once', { status: 'queued' });
    await givenPublication('Given up', { status: 'cancelled', publishAt: new Date('2026-12-13T10:00:00Z') });
    const held = await givenPipeline(app.ctx, { topic: 'Held', siteId, publish: 'publish', approval: 'auto' });
    const waiting = { reason: 'approval', until: '2026-12-11T10:00:00.000Z' } as const;
    await app.ctx.db
      .update(pipelines)
      .set({ status: 'waiting', waiting, createdAt: new Date('2026-10-01T10:00:00Z') })
      .where(eq(pipelines.id, held.id));
    const { items } = await calendar('2026-11-01', '2026-12-31');
    expect(items.map((item) => `${item.kind} ${short(item)}`)).toEqual([
      'publication 11-20T10:00 published Out',
      'publication 11-21T10:00 failed Broken',
      'publication 12-10T10:00 scheduled Later',
      'hold 12-11T10:00 ends Held',
      'publication 12-13T10:00 cancelled Given up',
    ]);
    expect(items.map(({ movable }) => movable)).toEqual([false, false, true, false, false]);
    expect(items[1]?.note).toBe('The site said no.');
    expect(items[2]).toMatchObject({ publicationId: scheduled, siteId, articleId: expect.any(String) });
    // As the calendar says, so it is moved.
    const moved = await call('PATCH', `/publications/${scheduled}`, { publishAt: '2026-12-12T10:00:00Z' });
    expect(moved.status).toBe(200);
    expect((await calendar('2026-12-12', '2026-12-13')).items.map(short)).toEqual(['12-12T10:00 scheduled Later']);
  });
});

describe('the calendar', () => {
  it('shows nothing of another account', async () => {
    const { db, ownerId } = app.ctx;
    const id = await schedule({ siteId });
    await backlog({ topic: 'Theirs' }, { topic: 'Their second' });
    await call('POST', `/schedules/${id}/slots`, { slotAt: '2026-12-01T09:00:00Z', skip: true });
    await runAt('2026-12-02T09:00');
    const byHand = await givenPipeline(app.ctx, { topic: 'By hand' });
    await db.update(pipelines).set({ createdAt: now }).where(eq(pipelines.id, byHand.id));
    await givenPublication('Out', { status: 'published', publishedAt: now });
    const held = await givenPipeline(app.ctx, { topic: 'Held', siteId, publish: 'publish', approval: 'auto' });
    const waiting = { reason: 'approval', until: '2026-12-03T10:00:00.000Z' } as const;
    await db.update(pipelines).set({ status: 'waiting', waiting, createdAt: now }).where(eq(pipelines.id, held.id));
    const theirs = (await calendar('2026-12-01', '2026-12-04')).items;
    expect(theirs.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
      'hold ends',
      'publication published',
      'run queued',
      'run queued',
      'run waiting',
      'slot planned',
      'slot skipped',
    ]);

    const other = newId();
    await db.insert(users).values({ id: other, name: 'Other', email: 'other@example.com' });
    const give = async (userId: string) => {
      for (const table of [
        'schedules',
        'schedule_exceptions',
        'schedule_runs',
        'pipelines',
        'publications',
        'topics',
      ]) {
        await db.execute(sql`update ${sql.identifier(table)} set user_id = ${userId}`);
      }
    };
    await give(other);
    expect((await calendar('2026-12-01', '2026-12-04')).items).toEqual([]);
    await schedule({ name: 'Mine' });
    expect((await calendar('2026-12-03', '2026-12-04')).items.map(short)).toEqual(['12-03T09:00 planned null']);
    await give(ownerId);
    await db.delete(users).where(eq(users.id, other));
  });

  it('of one site shows what is of it, on its clocks', async () => {
    await schedule({ name: 'Mine', siteId });
    await schedule({ name: 'Its', siteId: otherSite });
    await schedule({ name: 'Any' });
    await givenPublication('Later', { publishAt: new Date('2026-12-01T10:00:00Z') });
    await app.ctx.db.execute(sql`update sites set timezone = 'Asia/Tokyo' where id = ${otherSite}`);
    const of = async (id: string) => {
      const { items, timeZone } = await calendar('2026-12-01', '2026-12-02', `&siteId=${id}`);
      return [timeZone, ...items.map((item) => item.schedule ?? item.title)];
    };
    expect(await of(siteId)).toEqual(['UTC', 'Mine', 'Later']);
    expect(await of(otherSite)).toEqual(['Asia/Tokyo', 'Its']);
    expect((await call('GET', `/calendar?siteId=${newId()}`)).status).toBe(404);
    const { items } = await calendar('2026-12-01', '2026-12-02');
    expect(items).toHaveLength(4);
  });

  it('without a time is the present month of the account, and takes at most 100 days', async () => {
    const { db, ownerId } = app.ctx;
    await db.update(users).set({ timeZone: 'Europe/Berlin' }).where(eq(users.id, ownerId));
    const { json } = await call('GET', '/calendar');
    await db.update(users).set({ timeZone: 'UTC' }).where(eq(users.id, ownerId));
    expect(json).toMatchObject({
      from: '2026-10-31T23:00:00.000Z',
      to: '2026-12-01T23:00:00.000Z',
      timeZone: 'Europe/Berlin',
      truncated: false,
    });
    const ask = async (query: string) => (await call('GET', `/calendar?${query}`)).json;
    const long = await ask('from=2026-01-01T00:00:00Z&to=2026-04-11T00:00:01Z');
    expect([long.status, long.errors]).toEqual([422, [{ path: 'to', message: 'is more than 100 days after from' }]]);
    expect((await ask('from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z')).errors[0].message).toBe(
      'must be after from',
    );
    expect((await ask('from=yesterday')).status).toBe(422);
  });

  it('says where it ends when there is more than it holds, and asks as often for much as for little', async () => {
    const asked = async () => {
      const { db } = app.ctx;
      let count = 0;
      const counting = new Proxy(db, {
        get(target, name) {
          const value = Reflect.get(target, name, target);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            count += 1;
            return Reflect.apply(value, target, args);
          };
        },
      });
      app.ctx.db = counting;
      try {
        const { items, truncated } = await calendar('2026-12-01', '2027-03-01');
        return { count, items, truncated };
      } finally {
        app.ctx.db = db;
      }
    };
    await schedule();
    const little = await asked();
    expect(little).toMatchObject({ truncated: false });
    await backlog(...Array.from({ length: 300 }, (_, index) => ({ topic: `Topic number ${index}` })));
    for (let index = 0; index < 8; index++) await schedule({ rule: { cron: `${index} */2 * * *` } });
    // Also where it is all of one kind.
    expect((await asked()).truncated).toBe(true);
    for (const title of ['A', 'B', 'C']) await givenPublication(title, { publishAt: new Date('2026-12-01T10:00:00Z') });
    const much = await asked();
    expect(much.truncated).toBe(true);
    expect(much.items).toHaveLength(1000);
    expect(much.count).toBe(little.count);
    const times = much.items.map(({ at }) => at);
    expect(times).toEqual([...times].sort());
    // The first thousand, of all kinds.
    expect(much.items.filter(({ kind }) => kind === 'publication')).toHaveLength(3);
    expect(times[0]).toBe('2026-12-01T00:00:00.000Z');
  });

  it('reads runs and publications in their order by an index', async () => {
    await app.ctx.db.transaction(async (tx) => {
      await tx.execute(sql`set local enable_sort = off`);
      const plan = async (from: SQL, when: SQL) => {
        const query = sql`select from ${from} where user_id = ${app.ctx.ownerId} and ${when} >= now() order by ${when} limit 10`;
        return JSON.stringify(await queryRows(tx, sql`explain (format json) ${query}`));
      };
      expect(await plan(sql`schedule_runs r`, runAtMoment)).toContain('schedule_runs_calendar');
      expect(await plan(sql`publications p`, publicationAtMoment)).toContain('publications_calendar');
    });
  });
});
