import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { givenCall, givenPipeline, givenRunningPipeline, givenSite } from '../../test/factories.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { queryRows } from '../db/open.ts';
import { pipelines } from '../pipeline/schema.ts';
import { publications } from '../publishing/schema.ts';
import { sites } from '../sites/schema.ts';
import type { statusSchema } from './instance-routes.ts';
import type { overviewSchema } from './routes.ts';

type ApiOverview = z.infer<typeof overviewSchema>;
type ApiStatus = z.infer<typeof statusSchema>;

let app: TestApp;
let ctx: TestContext;
let admin: Account;
let me: Account;
let number = 0;

beforeAll(async () => {
  app = await startTestApp({ env: { TERMS_URL: 'https://blog.example/terms' } });
  admin = await givenAccount(app, 'boss@example.com');
});
afterAll(() => app.close());
beforeEach(async () => {
  number += 1;
  me = await givenAccount(app, `me${number}@example.com`);
  ctx = { ...app.ctx, ownerId: me.id };
});

const overview = async (who = me) => (await who.api.ask<ApiOverview>('GET', '/overview')).json;

async function givenPublished(siteId: string, title: string, at: string): Promise<void> {
  const { json } = await me.api.ask<{ id: string }>('POST', '/articles', { title, markdown: 'Text.' });
  await me.api.ask('POST', `/articles/${json.id}/publications`, { siteId, status: 'publish' });
  await ctx.db
    .update(publications)
    .set({ status: 'published', publishedAt: new Date(at), remoteUrl: `https://blog.example/${title}/` })
    .where(eq(publications.articleId, json.id));
}

describe('what a person sees first', () => {
  it('is empty for who has just come, and says what to do first', async () => {
    const seen = await overview();
    expect(seen).toMatchObject({
      work: { items: [], total: 0 },
      decisions: { items: [], total: 0 },
      failures: { items: [], total: 0 },
      sites: { items: [], total: 0 },
      published: [],
      coming: [],
      firstSteps: { site: false, article: false, published: false, sampleArticleId: null },
      canSearch: false,
    });
    expect(seen.limits).toMatchObject({ spentMicroUsd: 0, limitMicroUsd: 10_000_000, forecastMicroUsd: null });
  });

  it('is what runs first, then what waits for its turn, five at most with how many there are', async () => {
    const siteId = await givenSite(ctx, 'Bread blog', me.id);
    const queued = [];
    for (let i = 0; i < 5; i += 1) queued.push(await givenPipeline(ctx, { topic: `Queued ${i}`, siteId }));
    const running = await givenRunningPipeline(ctx, { topic: 'Running' });
    const done = await givenPipeline(ctx, { topic: 'Done' });
    await ctx.db.update(pipelines).set({ status: 'succeeded' }).where(eq(pipelines.id, done.id));
    const { work } = await overview();
    expect(work.total).toBe(6);
    expect(work.items.map(({ id }) => id)).toEqual([running.id, ...queued.slice(0, 4).map(({ id }) => id)]);
    expect(work.items.map(({ site }) => site)).toEqual([null, 'Bread blog', 'Bread blog', 'Bread blog', 'Bread blog']);
  });

  it('is what waits for a decision, and not what goes on by itself', async () => {
    const budget = await givenPipeline(ctx, { topic: 'Out of money' });
    const later = await givenPipeline(ctx, { topic: 'Provider rests' });
    const until = new Date(Date.now() + 60_000).toISOString();
    for (const [id, waiting] of [
      [budget.id, { reason: 'budget_exceeded' as const, cap: 'pipeline' as const }],
      [later.id, { reason: 'provider' as const, until }],
    ] as const) {
      await ctx.db.update(pipelines).set({ status: 'waiting', waiting }).where(eq(pipelines.id, id));
    }
    const { decisions, work } = await overview();
    expect(decisions).toMatchObject({ total: 1, items: [{ kind: 'budget', id: budget.id, title: 'Out of money' }] });
    expect(work).toMatchObject({ total: 1, items: [{ id: later.id, waiting: { reason: 'provider', until } }] });
  });

  it('is what has failed, with what to do, and not what was put aside', async () => {
    const failed = await givenPipeline(ctx, { topic: 'Broken' });
    const aside = await givenPipeline(ctx, { topic: 'Aside' });
    const error = { code: 'model_unavailable' as const, message: 'The model did not answer.', hint: 'Try again.' };
    for (const { id } of [failed, aside]) {
      await ctx.db
        .update(pipelines)
        .set({ status: 'failed', error, finishedAt: new Date() })
        .where(eq(pipelines.id, id));
    }
    await me.api.ask('POST', '/failures/dismiss', { ids: [aside.id] });
    const { failures } = await overview();
    expect(failures.total).toBe(1);
    expect(failures.items).toMatchObject([{ id: failed.id, kind: 'pipeline', title: 'Broken' }]);
    expect(failures.items[0]?.whatToDo).not.toBe('');
  });

  it('is a site that fails and one whose queue stands still, with what waits for each; not one that is well', async () => {
    const [failing, paused] = [await givenSite(ctx, 'Failing', me.id), await givenSite(ctx, 'Paused', me.id)];
    await givenSite(ctx, 'Well', me.id);
    const finding = {
      code: 'timeout',
      severity: 'error',
      message: 'It did not answer.',
      hint: 'Ask your host.',
    } as const;
    const info = { code: 'site_answers', severity: 'info', message: 'Fine.', hint: 'Nothing.' } as const;
    await ctx.db
      .update(sites)
      .set({ failingSince: new Date(), lastCheck: { ok: false, findings: [info, finding] } })
      .where(eq(sites.id, failing));
    await ctx.db.update(sites).set({ pausedAt: new Date(), pausedBy: 'user' }).where(eq(sites.id, paused));
    const { json } = await me.api.ask<{ id: string }>('POST', '/articles', { title: 'Waits', markdown: 'Text.' });
    await me.api.ask('POST', `/articles/${json.id}/publications`, { siteId: failing, status: 'publish' });
    const seen = (await overview()).sites;
    expect(seen.total).toBe(2);
    expect(seen.items.find(({ id }) => id === failing)).toMatchObject({
      name: 'Failing',
      problem: { code: 'timeout', message: 'It did not answer.', hint: 'Ask your host.' },
      paused: false,
      waiting: 1,
    });
    expect(seen.items.find(({ id }) => id === paused)).toMatchObject({ problem: null, paused: true, waiting: 0 });
  });

  it('is what went out lately, the latest first, and what comes next', async () => {
    const siteId = await givenSite(ctx, 'Bread blog', me.id);
    await givenPublished(siteId, 'Older', '2026-01-01T00:00:00Z');
    await givenPublished(siteId, 'Newer', '2026-02-01T00:00:00Z');
    const { json } = await me.api.ask<{ id: string }>('POST', '/articles', { title: 'Next week', markdown: 'Text.' });
    const publishAt = new Date(Date.now() + 7 * 86_400_000).toISOString();
    await me.api.ask('POST', `/articles/${json.id}/publications`, { siteId, status: 'future', publishAt });
    const { published, coming, firstSteps } = await overview();
    expect(published).toMatchObject([
      { title: 'Newer', site: 'Bread blog', url: 'https://blog.example/Newer/' },
      { title: 'Older' },
    ]);
    expect(coming).toMatchObject([{ kind: 'publication', title: 'Next week', at: publishAt, state: 'scheduled' }]);
    expect(firstSteps).toEqual({ site: true, article: true, published: true, sampleArticleId: null });
  });

  it('holds nothing of another account', async () => {
    const siteId = await givenSite(ctx, 'Secret site', me.id);
    await givenPipeline(ctx, { topic: 'Secret topic', siteId });
    await givenPublished(siteId, 'Secret post', '2026-02-01T00:00:00Z');
    const other = await givenAccount(app, `other${number}@example.com`);
    expect(JSON.stringify(await overview(other))).not.toContain('Secret');
    expect(JSON.stringify(await overview())).toContain('Secret');
  });

  it('does not count the article that an instance writes by itself', async () => {
    const { id } = await givenPipeline(ctx, { topic: 'Sample' });
    const setting = JSON.stringify({ pipelineId: id, toldAt: null });
    await ctx.db.execute(sql`insert into instance_settings (name, value) values ('first-run', ${setting}::jsonb)`);
    const { json } = await me.api.ask<{ id: string }>('POST', '/articles', { title: 'Sample', markdown: 'Text.' });
    await ctx.db.execute(sql`update articles set pipeline_id = ${id} where id = ${json.id}`);
    expect((await overview()).firstSteps).toMatchObject({ article: false, sampleArticleId: json.id });
    await me.api.ask('POST', '/articles', { title: 'Mine', markdown: 'Text.' });
    expect((await overview()).firstSteps.article).toBe(true);
  });
});

describe('how the instance is', () => {
  const status = async () => (await admin.api.ask<ApiStatus>('GET', '/admin/status')).json;

  it('is for admins alone', async () => {
    expect((await me.api.ask('GET', '/admin/status')).status).toBe(403);
  });

  it('counts money, work, failures and accounts of everyone, and what it does not know is not zero', async () => {
    const before = await status();
    await givenCall(ctx.db, { userId: me.id, startedAt: new Date(), costMicroUsd: 1_250_000 });
    await givenCall(ctx.db, { userId: me.id, startedAt: new Date(), status: 'reserved', reservedMicroUsd: 70_000 });
    await givenCall(ctx.db, { userId: me.id, startedAt: new Date(), costMicroUsd: 900_000, payer: 'user' });
    await givenPipeline(ctx, { topic: 'Waits' });
    await givenRunningPipeline(ctx, { topic: 'Runs' });
    const failed = await givenPipeline(ctx, { topic: 'Failed' });
    await ctx.db.update(pipelines).set({ status: 'failed', finishedAt: new Date() }).where(eq(pipelines.id, failed.id));
    const after = await status();
    expect(after.money.todayMicroUsd - before.money.todayMicroUsd).toBe(1_250_000);
    expect(after.money.spentMicroUsd - before.money.spentMicroUsd).toBe(1_250_000);
    expect(after.money.reservedMicroUsd - before.money.reservedMicroUsd).toBe(70_000);
    expect(after.money.callsUnderWay - before.money.callsUnderWay).toBe(1);
    expect(after.money.limitMicroUsd).toBe(100_000_000);
    expect(after.work.pipelines.queued - before.work.pipelines.queued).toBe(1);
    expect(after.work.pipelines.running - before.work.pipelines.running).toBe(1);
    expect(after.work.pipelines.oldestAt).not.toBeNull();
    expect(after.failed.pipeline - before.failed.pipeline).toBe(1);
    expect(after.users.total).toBe(number + 2);
    expect(after.database).toMatchObject({ kind: 'embedded' });
    expect(after.database.bytes).toBeGreaterThan(1_000_000);
    expect(after.health).toMatchObject({ database: 'up', storage: 'not configured' });
  });

  it('says when no worker has given a sign of life, and when one has', async () => {
    await ctx.db.execute(sql`update pgboss.queue set monitor_on = null, monitor_claim_on = null`);
    expect((await status()).worker).toEqual({ alive: false, seenAt: null });
    await ctx.db.execute(sql`update pgboss.queue set monitor_claim_on = now() - interval '2 minutes'`);
    expect((await status()).worker.alive).toBe(false);
    await ctx.db.execute(sql`update pgboss.queue set monitor_on = now()`);
    expect((await status()).worker.alive).toBe(true);
  });
});

it('names the links of the operator to who is not signed in, and null for those that are not set', async () => {
  const answer = await app.send({ method: 'GET', url: '/api/v1/auth/session' });
  expect(answer.json().instance.links).toEqual({ terms: 'https://blog.example/terms', privacy: null, source: null });
});

it('lists what is in the bin apart from what is not', async () => {
  const { json } = await me.api.ask<{ id: string }>('POST', '/articles', { title: 'Gone', markdown: 'Text.' });
  await me.api.ask('POST', '/articles', { title: 'Kept', markdown: 'Text.' });
  await me.api.ask('DELETE', `/articles/${json.id}`);
  const list = async (query: string) =>
    (await me.api.ask<{ items: { title: string; deletedAt: string | null }[] }>('GET', `/articles${query}`)).json.items;
  const [binned] = await queryRows<{ at: string }>(
    ctx.db,
    sql`select deleted_at as at from articles where id = ${json.id}`,
  );
  expect(await list('?deleted=true')).toMatchObject([
    { title: 'Gone', deletedAt: new Date(binned?.at ?? '').toISOString() },
  ]);
  expect(await list('')).toMatchObject([{ title: 'Kept', deletedAt: null }]);
});

it('finds runs by a part of their topic, as it is written', async () => {
  await givenPipeline(ctx, { topic: 'Bread at 100% hydration' });
  await givenPipeline(ctx, { topic: 'Bread at 1000 metres' });
  const { json } = await me.api.ask<{ items: { topic: string }[] }>('GET', '/pipelines?query=100%25%20hyd');
  expect(json.items.map(({ topic }) => topic)).toEqual(['Bread at 100% hydration']);
});
