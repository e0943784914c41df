import { eq, sql } from 'drizzle-orm';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { givenPipeline, withModel } from '../../test/factories.ts';
import { diligentScript, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../test/fakes/webhook-receiver.ts';
import { createWordPressDouble } from '../../test/fakes/wordpress-double.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import { queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { cancelPipeline } from '../pipeline/commands.ts';
import { getPipeline } from '../pipeline/queries.ts';
import { runPipeline } from '../pipeline/runner.ts';
import { deliverPublication, deliveryTiming } from '../publishing/deliver.ts';
import { subscribableTypeNames } from './event-types.ts';
import { mostPending } from './events.ts';
import { webhookDeliveries, webhooks } from './schema.ts';
import { createWebhook } from './webhooks.ts';
import { workWebhooks } from './worker.ts';

let app: TestApp;
let ctx: TestContext;
const never = new AbortController().signal;
const site = { name: 'Blog', url: 'https://blog.example', username: 'admin', applicationPassword: 'abcd efgh ijkl' };

beforeAll(async () => {
  app = await startTestApp({ overrides: withModel(scriptedModel(diligentScript)) });
  const wordpress = createWordPressDouble();
  app.ctx.safeFetch = wordpress.safeFetch;
  ctx = app.ctx;
});
afterAll(() => app.close());
beforeEach(async () => {
  await ctx.db.delete(webhooks);
  await ctx.db.execute(sql`delete from sites`);
  await ctx.db.execute(sql`delete from articles`);
  await listen(ctx);
});

/** A webhook that is told everything. */
const listen = (on: TestContext, url = 'https://receiver.example/hook', userId = on.ownerId) =>
  on.db.transaction((tx) => createWebhook(on, tx, userId, { url, description: '', events: subscribableTypeNames }));
async function call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, json: answer.body === '' ? null : answer.json() };
}
/** What was told since the last time, in order. */
async function told() {
  const rows = await ctx.db.select().from(webhookDeliveries).orderBy(webhookDeliveries.id);
  await ctx.db.delete(webhookDeliveries);
  return rows.map(({ payload }) => ({ type: payload.type, data: payload.data }));
}
const types = async () => (await told()).map(({ type }) => type);

describe('articles', () => {
  it('tell of each change with ids and what a receiver needs, and never with the text', async () => {
    const { json } = await call('POST', '/articles', { title: 'By hand', markdown: 'The text of it.' });
    const shown = { id: json.id, title: 'By hand', slug: 'by-hand', language: null, wordCount: 4, pipelineId: null };
    expect(await told()).toEqual([{ type: 'article.created', data: { ...shown, status: 'draft', revision: 1 } }]);
    await call('PATCH', `/articles/${json.id}`, { revision: 1, markdown: 'Shorter.' });
    expect(await told()).toEqual([
      { type: 'article.updated', data: { ...shown, wordCount: 1, status: 'draft', revision: 2 } },
    ]);
    expect((await call('PATCH', `/articles/${json.id}`, { revision: 1, markdown: 'Stale.' })).status).toBe(409);
    await call('DELETE', `/articles/${json.id}`);
    expect((await call('DELETE', `/articles/${json.id}`)).status).toBe(404);
    await call('POST', `/articles/${json.id}/restore`);
    expect((await call('POST', `/articles/${json.id}/restore`)).status).toBe(404);
    expect(await types()).toEqual(['article.deleted', 'article.restored']);
  });

  it('of one user are told to no webhook of another', async () => {
    const stranger = newId();
    await ctx.db.execute(sql`insert into users (id, name) values (${stranger}, 'Stranger')`);
    const theirs = await listen(ctx, 'https://theirs.example/', stranger);
    await call('POST', '/articles', { title: 'Mine', markdown: 'Text.' });
    expect(await ctx.db.$count(webhookDeliveries, eq(webhookDeliveries.webhookId, theirs.id))).toBe(0);
    expect(await types()).toEqual(['article.created']);
  });
});

describe('sites', () => {
  it('tell of each change and of a failed check, and never of the password', async () => {
    const answering = ctx.safeFetch;
    const silent = () => Promise.reject(new AppError('fetch_failed', 'It is down.', { details: { cause: 'refused' } }));
    ctx.safeFetch = Object.assign(silent, { close: answering.close });
    const { json } = await call('POST', '/sites', site).finally(() => {
      ctx.safeFetch = answering;
    });
    const { id, lastCheck } = json;
    expect(lastCheck.ok).toBe(false);
    const first = await told();
    expect(first).toEqual([
      { type: 'site.created', data: { id, name: 'Blog', url: 'https://blog.example/' } },
      { type: 'site.check_failed', data: { id, name: 'Blog', url: 'https://blog.example/', lastCheck } },
    ]);
    await call('PATCH', `/sites/${id}`, { name: 'Renamed' });
    await call('DELETE', `/sites/${id}`);
    const later = await told();
    expect(later.map(({ type, data }) => [type, data.name])).toEqual([
      ['site.updated', 'Renamed'],
      ['site.deleted', 'Renamed'],
    ]);
    expect(JSON.stringify([first, later])).not.toMatch(/abcd|credential/);
  });

  it('say nothing of what was refused', async () => {
    await call('POST', '/sites', site);
    await told();
    expect((await call('POST', '/sites', { ...site, username: 'another' })).status).toBe(409);
    expect(await told()).toEqual([]);
  });
});

describe('publications', () => {
  async function given() {
    const { json: article } = await call('POST', '/articles', { title: 'How to', markdown: 'Text.' });
    const { json: stored } = await call('POST', '/sites', site);
    await call('PATCH', `/sites/${stored.id}`, { settings: { featuredImage: 'none' } });
    const { json } = await call('POST', `/articles/${article.id}/publications`, {
      siteId: stored.id,
      status: 'publish',
    });
    return { id: json.id as string, articleId: article.id as string, siteId: stored.id as string };
  }
  const deliver = (id: string) =>
    deliverPublication(ctx, id, never, { ...deliveryTiming, settleMs: [1], retryDelaysMs: [] });

  it('tell of the approval, and of the post with its address', async () => {
    const { id, articleId, siteId } = await given();
    expect(await types()).toContain('article.approved');
    await deliver(id);
    expect(await told()).toMatchObject([
      {
        type: 'publication.published',
        data: {
          id,
          articleId,
          siteId,
          title: 'How to',
          status: 'published',
          remoteUrl: 'https://blog.example/how-to/',
        },
      },
    ]);
  });

  it('tell of a failure with its reason, and of one that was given up, once each', async () => {
    const { id, articleId } = await given();
    await call('DELETE', `/articles/${articleId}`);
    await told();
    await deliver(id);
    expect(await told()).toMatchObject([
      { type: 'publication.failed', data: { id, error: { message: expect.stringContaining('bin') } } },
    ]);
    await call('POST', `/publications/${id}/cancel`);
    await call('POST', `/publications/${id}/cancel`);
    expect(await types()).toEqual(['publication.cancelled']);
  });
});

describe('pipelines', () => {
  it('tell of a cancelled run, and say nothing of one that was only accepted', async () => {
    const { id } = await givenPipeline(ctx);
    expect(await told()).toEqual([]);
    await cancelPipeline(ctx, ctx.ownerId, id);
    await cancelPipeline(ctx, ctx.ownerId, id);
    expect(await told()).toMatchObject([
      { type: 'pipeline.cancelled', data: { id, status: 'cancelled', articleId: null } },
    ]);
  });

  it('tell of a run that stops at its budget, as what waits and as what was exceeded', async () => {
    const { id } = await givenPipeline(ctx, { budgetMicroUsd: 5_000, duplicates: 'allow' });
    await runPipeline(ctx, id, never);
    const events = await told();
    expect(events.map(({ type }) => type)).toEqual(['pipeline.waiting', 'budget.exceeded']);
    for (const { data } of events) {
      expect(data).toMatchObject({ id, budgetMicroUsd: 5_000, waiting: { reason: 'budget_exceeded' } });
      expect(data.costMicroUsd).toBeGreaterThan(0);
      expect(data.costMicroUsd).toBeLessThanOrEqual(5_000);
    }
  });

  it('tell of a run that failed, with the error', async () => {
    const sources = [{ title: 'Almost nothing', text: 'Too short.' }];
    const { id } = await givenPipeline(ctx, { sources, duplicates: 'allow' });
    await runPipeline(ctx, id, never);
    expect(await told()).toMatchObject([
      { type: 'pipeline.failed', data: { id, error: { code: 'no_sources', hint: expect.any(String) } } },
    ]);
  });

  it('tell of one that waits for approval, and of nothing that is tried again by itself', async () => {
    const { json: stored } = await call('POST', '/sites', site);
    await told();
    const { id } = await givenPipeline(ctx, { siteId: stored.id, publish: 'publish', duplicates: 'allow' });
    await runPipeline(ctx, id, never);
    const events = await told();
    expect(events.map(({ type }) => type)).toEqual(['article.created', 'article.updated', 'pipeline.waiting']);
    const { articleId } = await getPipeline(ctx.db, ctx.ownerId, id);
    expect(events.at(-1)?.data).toMatchObject({ id, articleId, waiting: { reason: 'approval' } });

    const busy = await givenPipeline(ctx, { duplicates: 'allow' });
    const unavailable = scriptedModel({
      ...diligentScript,
      topic: () => new AppError('model_unavailable', 'The provider answered 429.'),
    });
    await runPipeline({ ...ctx, ...withModel(unavailable) }, busy.id, never);
    expect((await getPipeline(ctx.db, ctx.ownerId, busy.id)).waiting?.reason).toBe('provider');
    expect(await told()).toEqual([]);
  });
});

describe('a whole run with the offline model', () => {
  let receiver: WebhookReceiver;
  let whole: TestApp;
  beforeAll(async () => {
    receiver = await startWebhookReceiver();
    whole = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: receiver.host } });
  });
  afterAll(async () => {
    await whole.close();
    await receiver.close();
  });

  it('arrives at the receiver: the article, then the end of the run, with ids that belong together', async () => {
    const webhook = await whole.server.inject({
      method: 'POST',
      url: '/api/v1/webhooks',
      payload: { url: receiver.url, events: ['article.created', 'pipeline.succeeded'] },
    });
    const { secret } = webhook.json();
    const end = await workWebhooks(whole.ctx, async () => undefined);
    const { id } = await givenPipeline(whole.ctx);
    await runPipeline(whole.ctx, id, never);
    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(2);
    end();
    const events = receiver.received.map(
      ({ body, headers }) =>
        new Verifier(secret).verify(body, headers) as { type: string; data: Record<string, unknown> },
    );
    const article = events.find(({ type }) => type === 'article.created');
    const run = events.find(({ type }) => type === 'pipeline.succeeded');
    expect(article?.data).toMatchObject({ pipelineId: id });
    expect(run?.data).toMatchObject({ id, status: 'succeeded', articleId: article?.data.id, costMicroUsd: 0 });
    const shown = await whole.server.inject({ url: `/api/v1/articles/${run?.data.articleId}` });
    expect(shown.json().title).toBe(article?.data.title);
  });
});

it('that nobody fetches pile up to an end: what comes then is there to be sent again', async () => {
  const [hook] = await ctx.db.select().from(webhooks);
  await ctx.db.execute(sql`insert into webhook_deliveries (id, webhook_id, user_id, event_type, payload, status, next_attempt_at)
    select gen_random_uuid(), ${hook?.id}, ${ctx.ownerId}, 'webhook.test', '{}', 'pending', now() from generate_series(1, ${mostPending - 1}::int)`);
  const jobs = () =>
    queryRows<{ count: number }>(
      ctx.db,
      sql`select count(*)::int as count from pgboss.job where name = 'webhook-deliver'`,
    );
  const made = async (title: string) => {
    await call('POST', '/articles', { title, markdown: 'The text of it.' });
    const rows = await ctx.db
      .select()
      .from(webhookDeliveries)
      .where(eq(webhookDeliveries.eventType, 'article.created'));
    return rows
      .map(({ status, error, failedAt }) => ({ status, code: error?.code, failed: failedAt !== null }))
      .sort((a, b) => b.status.localeCompare(a.status));
  };
  expect(await made('One')).toEqual([{ status: 'pending', code: undefined, failed: false }]);
  const before = await jobs();
  expect(await made('Two')).toEqual([
    { status: 'pending', code: undefined, failed: false },
    { status: 'failed', code: 'queue_full', failed: true },
  ]);
  expect(await jobs()).toEqual(before);
});
