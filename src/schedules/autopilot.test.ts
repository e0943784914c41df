import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, client, givenAccount } from '../../test/accounts.ts';
import { givenSite } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { insertArticle } from '../articles/articles.ts';
import { pipelines } from '../pipeline/schema.ts';
import { topics } from '../topics/schema.ts';
import { addTopics } from '../topics/topics.ts';
import type { Autopilot } from './autopilot-present.ts';
import { runDueSchedules } from './run-due.ts';
import { schedules } from './schema.ts';

let app: TestApp;
let ann: Account;
let siteId: string;
let now = new Date('2026-11-30T12:00:00Z');
beforeAll(async () => {
  app = await startTestApp({ overrides: { now: () => now } });
  ann = await givenAccount(app, 'ann@example.com');
  siteId = await givenSite(app.ctx, 'Garden', ann.id);
  await app.ctx.db.execute(
    sql`update sites set timezone = 'Europe/Berlin', settings = '{"voice":"dry"}' where id = ${siteId}`,
  );
});
afterAll(() => app.close());
beforeEach(async () => {
  now = new Date('2026-11-30T12:00:00Z');
  await app.ctx.db.delete(schedules);
  await app.ctx.db.delete(topics);
});

const path = () => `/sites/${siteId}/autopilot`;
const get = async () => (await ann.api.ask<Autopilot>('GET', path())).json;
const put = (body: object) => ann.api.ask<Autopilot & { code: string }>('PUT', path(), body);
const backlog = (number: number) =>
  app.ctx.db.transaction((tx) =>
    addTopics(
      tx,
      ann.id,
      Array.from({ length: number }, () => ({ topic: `Rye ${crypto.randomUUID()}` })),
    ),
  );

describe('the autopilot of a site', () => {
  it('is off until it is set up, and then has what is usual', async () => {
    expect(await get()).toMatchObject({ state: 'off', schedules: [], next: [], approval: null, held: [], runs: [] });
    const { status, json } = await put({});
    expect(status).toBe(200);
    expect(json).toMatchObject({
      state: 'on',
      siteName: 'Garden',
      style: { voice: 'dry', language: null, words: { min: 600, max: 1200 } },
      approval: { mode: 'manual', holdHours: 24, minSeoScore: 60 },
      schedules: [{ name: 'Garden', timeZone: 'Europe/Berlin', rule: { perWeek: 3, times: ['09:00'] } }],
      topics: { open: 0, proposed: 0, proposedTaken: 0, lastDays: 0 },
      budget: { month: '2026-11', spentMicroUsd: 0, limitMicroUsd: null },
    });
    expect(json.next.slice(0, 2).map(({ at }) => at)).toEqual(['2026-12-02T08:00:00.000Z', '2026-12-04T08:00:00.000Z']);
    expect(json.next).toHaveLength(10);
  });

  it('is changed in place: what is not named stays', async () => {
    await put({ approval: 'auto', holdHours: 6, minSeoScore: 75, monthlyBudgetMicroUsd: 5_000_000, voice: 'warm' });
    const { json } = await put({ rule: { days: ['mon'], times: ['07:30'] }, holdHours: 12, proposalsFromScore: 80 });
    expect(json.schedules).toHaveLength(1);
    expect(json).toMatchObject({
      approval: { mode: 'auto', holdHours: 12, minSeoScore: 75 },
      style: { voice: 'warm' },
      budget: { limitMicroUsd: 5_000_000 },
      schedules: [{ proposalsFromScore: 80, rule: { days: ['mon'], times: ['07:30'] } }],
    });
  });

  it('pauses and resumes all of its schedules, and leaves those alone that publish elsewhere or nowhere', async () => {
    await put({});
    await ann.api.ask('POST', '/schedules', { siteId, rule: { cron: '0 7 * * 1' }, brief: { publish: 'draft' } });
    await ann.api.ask('POST', '/schedules', { siteId, name: 'Writes only', rule: { cron: '0 6 * * 1' } });
    const { json } = await put({ paused: true });
    expect(json).toMatchObject({ state: 'paused', next: [], topics: { lastDays: null }, approval: { mode: 'mixed' } });
    expect(json.schedules.map(({ state }) => state)).toEqual(['paused', 'paused']);
    const all = await ann.api.ask<{ items: { name: string; state: string }[] }>('GET', '/schedules');
    expect(all.json.items.find(({ name }) => name === 'Writes only')?.state).toBe('active');
    expect((await put({ paused: false })).json.schedules.map(({ state }) => state)).toEqual(['active', 'active']);
    // Which of the two is meant is not guessed.
    expect((await put({ holdHours: 3 })).json.code).toBe('conflict');
  });

  it('is made once by two requests at once', async () => {
    await Promise.all([put({}), put({}), put({ paused: true })]);
    expect((await get()).schedules).toHaveLength(1);
  });

  it('says for how many days the topics last', async () => {
    await put({
      rule: { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], times: ['09:00'] },
      proposalsFromScore: 50,
    });
    await backlog(3);
    await app.ctx.db.execute(sql`insert into topics (id, user_id, topic, status, origin, score, sameness)
      select gen_random_uuid(), ${ann.id}, 'P' || s, 'proposed', 'gap', s, 'p' || s from generate_series(49, 51) s`);
    // Five topics: those of 1 to 5 December; the time of the 6th finds none.
    expect((await get()).topics).toEqual({ open: 3, proposed: 3, proposedTaken: 2, lastDays: 5 });
  });

  it('lists what is held, the next to go out first, and its last runs', async () => {
    await put({ rule: { cron: '0 9 * * *' }, approval: 'auto' });
    await backlog(2);
    now = new Date('2026-12-01T08:00:00Z');
    await runDueSchedules(app.ctx, now);
    now = new Date('2026-12-02T08:00:00Z');
    await runDueSchedules(app.ctx, now);
    const runs = (await get()).runs;
    expect(runs).toMatchObject([
      {
        slotAt: '2026-12-02T08:00:00.000Z',
        outcome: 'started',
        pipelineStatus: 'queued',
        topic: expect.stringContaining('Rye'),
      },
      { slotAt: '2026-12-01T08:00:00.000Z' },
    ]);
    for (const [index, run] of runs.entries()) {
      const article = await app.ctx.db.transaction((tx) =>
        insertArticle(app.ctx, tx, ann.id, {
          ...{ title: `Article ${index}`, markdown: 'Text.', language: 'en', pipelineId: run.pipelineId },
          author: 'pipeline',
        }),
      );
      const until = index === 0 ? {} : { until: '2026-12-03T08:00:00.000Z' };
      const waiting = { reason: 'approval' as const, message: 'Why', articleId: article.id, ...until };
      const row = { status: 'waiting' as const, articleId: article.id, waiting };
      await app.ctx.db
        .update(pipelines)
        .set(row)
        .where(eq(pipelines.id, run.pipelineId ?? ''));
    }
    expect((await get()).held).toMatchObject([
      { title: 'Article 1', endsAt: '2026-12-03T08:00:00.000Z' },
      { title: 'Article 0', endsAt: null, message: 'Why' },
    ]);
  });

  it('is not for a key that may not publish, and not there for another account', async () => {
    const key = await ann.api.ask<{ key: string }>('POST', '/api-keys', { name: 'k', scopes: ['read', 'write'] });
    const byKey = client(app, { authorization: `Bearer ${key.json.key}` });
    expect((await byKey.ask('PUT', path(), {})).status).toBe(403);
    const eve = await givenAccount(app, 'eve@example.com');
    expect((await eve.api.ask('GET', path())).status).toBe(404);
    expect((await eve.api.ask('PUT', path(), {})).status).toBe(404);
    expect(await app.ctx.db.$count(schedules)).toBe(0);
  });

  it('refuses what cannot be meant, and leaves nothing half done', async () => {
    expect((await put({ rule: { cron: '* * * * *' } })).status).toBe(422);
    expect((await put({ holdHours: 9999 })).status).toBe(422);
    expect((await put({ minSeoScore: 101 })).status).toBe(422);
    expect(await app.ctx.db.$count(schedules)).toBe(0);
  });
});
