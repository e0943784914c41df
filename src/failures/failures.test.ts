import { APICallError } from '@ai-sdk/provider';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, client, givenAccount } from '../../test/accounts.ts';
import { breadSources, givenPipeline, givenSite, withModel } from '../../test/factories.ts';
import { diligentScript, type Script, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { auditEvents, users } from '../accounts/schema.ts';
import { listCalls } from '../budget/ledger.ts';
import { newId } from '../db/id.ts';
import { queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { enqueueEmail } from '../notify/emails.ts';
import { emails } from '../notify/schema.ts';
import { getPipeline } from '../pipeline/queries.ts';
import { runPipeline } from '../pipeline/runner.ts';
import { pipelineSteps, pipelines } from '../pipeline/schema.ts';
import { publications } from '../publishing/schema.ts';
import { addDelivery, payloadOf } from '../webhooks/events.ts';
import { webhookDeliveries, webhooks } from '../webhooks/schema.ts';
import { createWebhook } from '../webhooks/webhooks.ts';

/* Dead letters of every kind: listed, tried again once, put aside. No worker runs but what a test calls. */

let app: TestApp;
let ctx: TestContext;
let boss: Account;
let me: Account;
const script: Script = { ...diligentScript };
const model = scriptedModel(new Proxy(script, {}));
const never = new AbortController().signal;

beforeAll(async () => {
  app = await startTestApp({ overrides: withModel(model) });
  boss = await someone('boss@example.com');
});
afterAll(() => app.close());
/** What a provider answers that does nothing and bills nothing. */
const refusal = (statusCode: number) =>
  new APICallError({ message: 'no', url: 'https://provider.example', requestBodyValues: {}, statusCode });
let number = 0;

/** An account as it is made without mail; everything else finds a mail server configured. */
async function someone(email: string): Promise<Account> {
  const { mail } = app.ctx.config;
  mail.kind = 'none';
  const account = await givenAccount(app, email);
  mail.kind = 'smtp';
  return account;
}
beforeEach(async () => {
  Object.assign(script, diligentScript);
  number += 1;
  me = await someone(`me${number}@example.com`);
  ctx = { ...app.ctx, ownerId: me.id };
});

interface Letter {
  id: string;
  kind: string;
  title: string;
  redrive: string;
  whatToDo: string;
  attempts: number;
  error: { code: string; message: string };
}
const list = async (query = '', who = me) =>
  (await who.api.ask<{ items: Letter[]; nextCursor: string | null }>('GET', `/failures${query}`)).json;
const redriveAll = async (body: object, who: Pick<Account, 'api'> = me) =>
  (
    await who.api.ask<{
      items: { id: string; outcome: string; error: { code: string } | null }[];
      redriven: number;
      more: boolean;
    }>('POST', '/failures/redrive', body)
  ).json;
const jobsOf = async (id: string) =>
  (
    await queryRows<{ count: number }>(
      ctx.db,
      sql`select count(*)::int as count from pgboss.job where data::text like ${`%${id}%`} and state = 'created'`,
    )
  )[0]?.count;
const forgetJobs = () => ctx.db.execute(sql`delete from pgboss.job`);

const cause = (code: AppError['code'], message = 'Something said no.') => {
  const { hint } = new AppError(code, message);
  return { code, message, hint };
};

async function failedPipeline(code: AppError['code'] = 'model_rejected', of = ctx): Promise<string> {
  const { id } = await givenPipeline(of);
  await of.db
    .update(pipelines)
    .set({
      status: 'failed',
      currentStep: 'outline',
      startedAt: sql`now()` as never,
      finishedAt: sql`clock_timestamp()` as never,
      error: cause(code),
    })
    .where(eq(pipelines.id, id));
  await forgetJobs();
  return id;
}

async function failedPublication(): Promise<{ id: string; articleId: string; siteId: string }> {
  const siteId = await givenSite(ctx, `Blog ${newId()}`, me.id).catch(async () => {
    const [site] = await queryRows<{ id: string }>(ctx.db, sql`select id from sites where user_id = ${me.id}`);
    return site?.id ?? '';
  });
  const article = await me.api.ask<{ id: string }>('POST', '/articles', { title: 'A loaf', markdown: 'Text.' });
  const made = await me.api.ask<{ id: string }>('POST', `/articles/${article.json.id}/publications`, {
    siteId,
    status: 'publish',
  });
  await ctx.db
    .update(publications)
    .set({
      status: 'failed',
      attempts: 7,
      mayExist: true,
      failedAt: sql`clock_timestamp()` as never,
      error: cause('site_unreachable'),
    })
    .where(eq(publications.id, made.json.id));
  await forgetJobs();
  return { id: made.json.id, articleId: article.json.id, siteId };
}

async function failedDelivery(): Promise<{ id: string; webhookId: string }> {
  const row = await ctx.db.transaction(async (tx) => {
    const hook = await createWebhook(ctx, tx, me.id, {
      url: 'https://receiver.example/hook?key=secret',
      description: '',
      events: ['article.created'],
    });
    return addDelivery(ctx, tx, me.id, hook.id, payloadOf('webhook.test', {}));
  });
  await ctx.db
    .update(webhookDeliveries)
    .set({
      status: 'failed',
      attempts: 11,
      failedAt: sql`clock_timestamp()` as never,
      error: cause('webhook_not_accepted'),
    })
    .where(eq(webhookDeliveries.id, row.id));
  await forgetJobs();
  return { id: row.id, webhookId: row.webhookId };
}

async function failedMail(userId: string | null = me.id): Promise<string> {
  const mail = {
    userId,
    to: 'me@example.com',
    kind: 'dead-links' as const,
    subject: 'Dead links',
    text: 'x',
    html: 'x',
  };
  const { id } = await ctx.db.transaction((tx) => enqueueEmail(ctx, tx, mail));
  await ctx.db
    .update(emails)
    .set({ status: 'bounced', attempts: 2, failedAt: sql`clock_timestamp()` as never, error: cause('mail_refused') })
    .where(eq(emails.id, id));
  await forgetJobs();
  return id;
}

describe('the list', () => {
  it('holds every kind, the latest first, with cause, what to do and whether to try again', async () => {
    const pipeline = await failedPipeline();
    const { id: publication } = await failedPublication();
    const { id: delivery } = await failedDelivery();
    const mail = await failedMail();
    const { items } = await list();
    expect(items).toMatchObject([
      {
        kind: 'mail',
        id: mail,
        title: 'Dead links',
        redrive: 'mend-first',
        attempts: 2,
        error: { code: 'mail_refused' },
      },
      { kind: 'webhook', id: delivery, title: 'webhook.test to receiver.example', redrive: 'helps', attempts: 11 },
      { kind: 'publication', id: publication, title: 'A loaf', redrive: 'helps', attempts: 7 },
      {
        kind: 'pipeline',
        id: pipeline,
        title: 'Keeping a sourdough starter alive',
        redrive: 'mend-first',
        attempts: 1,
      },
    ]);
    expect(items[3]?.whatToDo).toMatch(/Check the key/);
    expect(items[2]?.whatToDo).toMatch(/try again/);
    expect(JSON.stringify(items)).not.toContain('secret');
    expect((await me.api.ask('GET', '/failures/counts')).json).toEqual({
      failed: { pipeline: 1, publication: 1, webhook: 1, mail: 1 },
      waiting: 0,
      total: 4,
    });
    expect((await list('?kind=webhook')).items.map(({ id }) => id)).toEqual([delivery]);
    const first = await list('?limit=3');
    expect((await list(`?limit=3&cursor=${first.nextCursor}`)).items.map(({ id }) => id)).toEqual([pipeline]);
    expect((await list('', boss)).items).toEqual([]);
  });

  it('leaves out what succeeded, goes on by itself or was cancelled', async () => {
    for (const status of ['queued', 'running', 'succeeded', 'cancelled'] as const) {
      const { id } = await givenPipeline(ctx);
      await ctx.db.update(pipelines).set({ status }).where(eq(pipelines.id, id));
    }
    expect((await list()).items).toEqual([]);
  });

  it('says what waits for a person, and not what goes on by itself', async () => {
    const wait = async (waiting: object) => {
      const { id } = await givenPipeline(ctx);
      await ctx.db
        .update(pipelines)
        .set({ status: 'waiting', waiting: waiting as never })
        .where(eq(pipelines.id, id));
      return id;
    };
    const duplicate = await wait({ reason: 'duplicate', message: 'Very much like another.' });
    const budget = await wait({ reason: 'budget_exceeded', cap: 'pipeline', message: 'Its budget is used up.' });
    const approval = await wait({ reason: 'approval' });
    await wait({ reason: 'approval', until: '2099-01-01T00:00:00Z' });
    await wait({ reason: 'budget_exceeded', cap: 'month', until: '2099-01-01T00:00:00Z' });
    await wait({ reason: 'provider', until: '2099-01-01T00:00:00Z' });
    const { id: conflict } = await failedPublication();
    await ctx.db.update(publications).set({ status: 'conflict' }).where(eq(publications.id, conflict));
    const { json } = await me.api.ask<{ items: { kind: string; id: string }[] }>('GET', '/failures/waiting');
    expect(json.items.map(({ kind, id }) => `${kind} ${id}`).sort()).toEqual(
      [`duplicate ${duplicate}`, `budget ${budget}`, `approval ${approval}`, `conflict ${conflict}`].sort(),
    );
    expect((await me.api.ask('GET', '/failures/counts')).json).toMatchObject({ waiting: 4, total: 4 });
  });
});

describe('trying again', () => {
  it('brings each kind back to its queue, and no step that is done is paid again', async () => {
    const { id } = await givenPipeline(ctx);
    script.outline = () => refusal(401);
    await runPipeline(ctx, id, never);
    expect(await getPipeline(ctx.db, me.id, id)).toMatchObject({ status: 'failed' });
    const paid = (await listCalls(ctx.db, [id])).filter(({ status }) => status === 'settled').map((call) => call.id);
    script.outline = diligentScript.outline as NonNullable<Script['outline']>;
    await forgetJobs();
    const { id: publication, articleId, siteId } = await failedPublication();
    const { id: delivery } = await failedDelivery();
    const mail = await failedMail();

    const answer = await redriveAll({ ids: [id, publication, delivery, mail] });
    expect(answer).toMatchObject({ redriven: 4, more: false });
    expect((await list()).items).toEqual([]);
    for (const each of [id, publication, delivery, mail]) expect(await jobsOf(each), each).toBe(1);
    // The same publication: what an earlier attempt may have left on the site is looked for.
    expect(await ctx.db.select().from(publications).where(eq(publications.articleId, articleId))).toMatchObject([
      { id: publication, siteId, status: 'queued', attempts: 0, mayExist: true },
    ]);
    await runPipeline(ctx, id, never);
    expect(await getPipeline(ctx.db, me.id, id)).toMatchObject({ status: 'succeeded' });
    const topics = (await listCalls(ctx.db, [id])).filter(({ step }) => step === 'topic');
    expect(topics.map((call) => call.id)).toEqual(paid);
  });

  it('is done once, however often and by however many it is asked for', async () => {
    const id = await failedPipeline();
    const { id: publication } = await failedPublication();
    const { id: delivery } = await failedDelivery();
    const mail = await failedMail();
    const ids = [id, publication, delivery, mail];
    const answers = await Promise.all(Array.from({ length: 6 }, () => redriveAll({ ids })));
    expect(answers.map(({ redriven }) => redriven).sort()).toEqual([0, 0, 0, 0, 0, 4].sort((a, b) => a - b));
    expect(answers.flatMap(({ items }) => items).filter(({ outcome }) => outcome === 'refused')).toEqual([]);
    for (const each of ids) expect(await jobsOf(each), each).toBe(1);
  });

  it('leaves what has succeeded alone, and refuses what is not theirs', async () => {
    const id = await failedPipeline();
    await ctx.db.update(pipelines).set({ status: 'succeeded' }).where(eq(pipelines.id, id));
    const { id: delivery } = await failedDelivery();
    await ctx.db.update(webhookDeliveries).set({ status: 'delivered' }).where(eq(webhookDeliveries.id, delivery));
    const foreign = await failedPipeline('model_rejected', { ...ctx, ownerId: boss.id });
    expect((await redriveAll({ ids: [id, delivery, foreign] })).items).toMatchObject([
      { id, outcome: 'unchanged' },
      { id: delivery, outcome: 'unchanged' },
      { id: foreign, outcome: 'refused', error: { code: 'not_found' } },
    ]);
    expect((await me.api.ask('POST', '/failures/redrive', { ids: [foreign] })).status).toBe(404);
    expect(await getPipeline(ctx.db, boss.id, foreign)).toMatchObject({ status: 'failed' });
    await ctx.db.delete(pipelines).where(eq(pipelines.id, foreign));
  });

  it('of all takes a kind, or everything that can be tried, and says why the rest cannot', async () => {
    const ids = [await failedPipeline(), await failedPipeline('model_unavailable')];
    const unfit = await failedPipeline('step_output_unreadable');
    const { id: delivery, webhookId } = await failedDelivery();
    await ctx.db
      .update(webhooks)
      .set({ status: 'disabled', disabledReason: 'user', disabledAt: new Date() })
      .where(eq(webhooks.id, webhookId));
    const mail = await failedMail();
    await ctx.db.update(emails).set({ content: null, contentKeyId: null }).where(eq(emails.id, mail));
    const impossible = (await list()).items.filter(({ redrive }) => redrive === 'impossible');
    expect(impossible.map(({ id }) => id).sort()).toEqual([unfit, delivery, mail].sort());
    expect((await redriveAll({ kind: 'pipeline' })).items.map(({ id }) => id)).toEqual(ids);
    expect(await redriveAll({ all: true })).toMatchObject({ items: [], redriven: 0, more: false });
    expect((await redriveAll({ ids: [delivery, mail] })).items).toMatchObject([
      { outcome: 'refused', error: { code: 'invalid_state' } },
      { outcome: 'refused', error: { code: 'invalid_state' } },
    ]);
    for (const wrong of [{}, { all: true, kind: 'mail' }, { ids: [] }, { kind: 'letter' }, { all: false }]) {
      expect((await me.api.ask('POST', '/failures/redrive', wrong)).status, JSON.stringify(wrong)).toBe(422);
    }
  });

  it('needs the scope publish for what ends on a site', async () => {
    const key = await me.api.ask<{ key: string }>('POST', '/api-keys', { name: 'Key', scopes: ['read', 'write'] });
    const holder = { api: client(app, { authorization: `Bearer ${key.json.key}` }) };
    const id = await failedPipeline();
    const { id: publication } = await failedPublication();
    const publishing = await failedPipeline();
    await ctx.db.execute(sql`update pipelines set brief = brief || '{"publish":"draft"}' where id = ${publishing}`);
    expect((await redriveAll({ ids: [id, publication, publishing] }, holder)).items).toMatchObject([
      { id, outcome: 'redriven' },
      { id: publication, outcome: 'refused', error: { code: 'insufficient_scope' } },
      { id: publishing, outcome: 'refused', error: { code: 'insufficient_scope' } },
    ]);
  });

  it('begins anew: attempts and dead workers of before do not count', async () => {
    const { id } = await givenPipeline(ctx);
    await ctx.db.update(pipelines).set({ takeovers: 11 }).where(eq(pipelines.id, id));
    await runPipeline(ctx, id, never);
    expect(await getPipeline(ctx.db, me.id, id)).toMatchObject({ status: 'failed', error: { code: 'internal' } });
    await redriveAll({ ids: [id] });
    script.topic = () => refusal(529);
    // It fails six times in a row; then a person asks again, and it is as patient as at first.
    const delays: number[] = [];
    for (let attempt = 1; attempt <= 6; attempt++) {
      await runPipeline(ctx, id, never);
      const { status, waiting } = await getPipeline(ctx.db, me.id, id);
      if (waiting) delays.push(Math.round((waiting.delayMs ?? 0) / 1000));
      expect(status, `attempt ${attempt}`).toBe(attempt < 6 ? 'waiting' : 'failed');
      if (waiting)
        await ctx.db
          .update(pipelines)
          .set({ waiting: { ...waiting, until: '2020-01-01T00:00:00Z' } })
          .where(eq(pipelines.id, id));
    }
    // Longer each time, with up to a fifth more by chance.
    for (const [n, seconds] of [5, 30, 120, 600, 1_800].entries()) {
      expect(delays[n]).toBeGreaterThanOrEqual(seconds);
      expect(delays[n]).toBeLessThanOrEqual(seconds * 1.2);
    }
    expect((await list()).items).toMatchObject([{ id, attempts: 6, redrive: 'helps' }]);
    await redriveAll({ ids: [id] });
    await runPipeline(ctx, id, never);
    expect(await getPipeline(ctx.db, me.id, id)).toMatchObject({ status: 'waiting', waiting: { reason: 'provider' } });
    expect(await ctx.db.$count(pipelineSteps, eq(pipelineSteps.pipelineId, id))).toBe(7);
  });
});

describe('putting aside', () => {
  const dismiss = (body: object, path = 'dismiss') =>
    me.api.ask<{ changed: number }>('POST', `/failures/${path}`, body);

  it('empties the list, is undone, and does not hide what fails anew', async () => {
    const id = await failedPipeline();
    const { id: delivery } = await failedDelivery();
    const mail = await failedMail();
    expect((await dismiss({ ids: [id] })).json).toEqual({ changed: 1 });
    expect((await dismiss({ ids: [id] })).json).toEqual({ changed: 0 });
    expect((await list()).items.map((item) => item.id)).toEqual([mail, delivery]);
    expect((await dismiss({ all: true })).json).toEqual({ changed: 2 });
    expect((await list()).items).toEqual([]);
    expect((await me.api.ask('GET', '/failures/counts')).json).toMatchObject({ total: 0 });
    expect((await list('?dismissed=true')).items).toHaveLength(3);
    expect((await dismiss({ ids: [delivery] }, 'undismiss')).json).toEqual({ changed: 1 });
    expect((await list()).items.map((item) => item.id)).toEqual([delivery]);
    // It is not tried again with all others.
    await redriveAll({ all: true });
    expect(await getPipeline(ctx.db, me.id, id)).toMatchObject({ status: 'failed' });
    // But by its name, and then it fails again.
    await redriveAll({ ids: [id] });
    await ctx.db
      .update(pipelines)
      .set({ status: 'failed', finishedAt: sql`clock_timestamp()` as never })
      .where(eq(pipelines.id, id));
    expect((await list()).items.map((item) => item.id)).toEqual([id]);
    expect((await dismiss({ kind: 'pipeline' })).json).toEqual({ changed: 1 });
  });

  it('is refused for what is not theirs', async () => {
    const foreign = await failedPipeline('model_rejected', { ...ctx, ownerId: boss.id });
    expect((await dismiss({ ids: [foreign] })).status).toBe(404);
    await dismiss({ all: true });
    expect((await list('', boss)).items.map((item) => item.id)).toContain(foreign);
    await ctx.db.delete(pipelines).where(eq(pipelines.id, foreign));
  });
});

describe('an admin after an outage', () => {
  const groups = async (query = '') =>
    (
      await boss.api.ask<{ items: Record<string, unknown>[]; total: number; moreGroups: number }>(
        'GET',
        `/admin/failures${query}`,
      )
    ).json;
  const redrive = (body: object) => boss.api.ask<Record<string, unknown>>('POST', '/admin/failures/redrive', body);
  beforeEach(async () => {
    await ctx.db.delete(pipelines);
    await ctx.db.delete(emails);
    await ctx.db.delete(webhooks);
    await ctx.db.delete(publications);
  });

  it('sees how many have which cause, of whom, and nothing of what is in them', async () => {
    for (let n = 0; n < 3; n++) await failedPipeline('model_unavailable');
    const other = await someone(`other${number}@example.com`);
    await failedPipeline('model_rejected', { ...ctx, ownerId: other.id });
    await failedMail(null);
    const { items, total } = await groups();
    expect(items).toMatchObject([
      { kind: 'pipeline', code: 'model_unavailable', userId: me.id, email: me.email, count: 3, impossible: 0 },
      { kind: 'mail', code: 'mail_refused', userId: null, email: null, count: 1 },
      { kind: 'pipeline', code: 'model_rejected', userId: other.id, count: 1 },
    ]);
    expect(total).toBe(5);
    expect(JSON.stringify(items)).not.toMatch(/sourdough|Dead links|said no/i);
    expect(await groups('?limit=1')).toMatchObject({ total: 5, moreGroups: 2 });
    expect(await groups(`?code=model_rejected&userId=${me.id}`)).toEqual({ items: [], total: 0, moreGroups: 0 });
    expect((await me.api.ask('GET', '/admin/failures')).status).toBe(403);
  });

  it('has all with one cause since a time tried again, which the audit log tells', async () => {
    const old = await failedPipeline('model_unavailable');
    await ctx.db
      .update(pipelines)
      .set({ finishedAt: new Date('2026-01-01') })
      .where(eq(pipelines.id, old));
    const recent = [await failedPipeline('model_unavailable'), await failedPipeline('model_unavailable')];
    const rejected = await failedPipeline('model_rejected');
    const off = await someone(`off${number}@example.com`);
    const stopped = await failedPipeline('model_unavailable', { ...ctx, ownerId: off.id });
    await ctx.db.update(users).set({ disabled: true }).where(eq(users.id, off.id));
    const since = '2026-06-01T00:00:00Z';
    expect((await redrive({ code: 'model_unavailable', since })).json).toEqual({
      redriven: 2,
      unchanged: 0,
      refused: 0,
      refusals: {},
      more: false,
    });
    const statusOf = async (id: string) =>
      (await ctx.db.select().from(pipelines).where(eq(pipelines.id, id)))[0]?.status;
    for (const id of recent) expect(await statusOf(id)).toBe('queued');
    for (const id of [old, rejected, stopped]) expect(await statusOf(id)).toBe('failed');
    const [event] = await ctx.db.select().from(auditEvents).where(eq(auditEvents.action, 'failures-redriven'));
    expect(event).toMatchObject({ actorId: boss.id, details: { code: 'model_unavailable', since, count: 2 } });
    expect((await redrive({ code: 'model_unavailable', since })).json).toMatchObject({ redriven: 0 });
    expect((await redrive({ since })).status).toBe(422);
    expect((await me.api.ask('POST', '/admin/failures/redrive', { kind: 'pipeline' })).status).toBe(403);
  });

  it('does not try what cannot go on as it is: it needs a person to choose', async () => {
    const id = await failedPipeline('step_output_unreadable');
    expect((await groups()).items).toMatchObject([{ code: 'step_output_unreadable', count: 1, impossible: 1 }]);
    expect((await redrive({ kind: 'pipeline' })).json).toMatchObject({ redriven: 0, unchanged: 0, refused: 0 });
    expect((await ctx.db.select().from(pipelines).where(eq(pipelines.id, id)))[0]?.status).toBe('failed');
  });

  it('is told what was refused, while the queue is full', async () => {
    await ctx.db.update(users).set({ queuedPipelines: 1 }).where(eq(users.id, me.id));
    const failed = await failedPipeline('model_unavailable');
    await ctx.db.update(users).set({ queuedPipelines: null }).where(eq(users.id, me.id));
    await failedPipeline('model_unavailable');
    await ctx.db.update(users).set({ queuedPipelines: 1 }).where(eq(users.id, me.id));
    expect((await redrive({ kind: 'pipeline' })).json).toMatchObject({
      redriven: 1,
      refused: 1,
      refusals: { queue_full: 1 },
    });
    expect((await ctx.db.select().from(pipelines).where(eq(pipelines.id, failed)))[0]?.status).toBe('queued');
  });
});

it('a brief that was refused for a full queue leaves nothing behind', async () => {
  await ctx.db.update(users).set({ queuedPipelines: 1 }).where(eq(users.id, me.id));
  const brief = { topic: 'Sourdough', sources: breadSources };
  expect((await me.api.ask('POST', '/pipelines', brief)).status).toBe(202);
  expect((await me.api.ask('POST', '/pipelines', brief)).json).toMatchObject({ code: 'queue_full' });
  expect(await ctx.db.$count(pipelines, eq(pipelines.userId, me.id))).toBe(1);
  expect((await list()).items).toEqual([]);
});
