import { eq, ne, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { givenPipeline, givenRunningPipeline, withModel } from '../../test/factories.ts';
import { diligentScript, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { users } from '../accounts/schema.ts';
import { listCalls, release, settle, tryReserve } from '../budget/ledger.ts';
import type { Payer } from '../budget/schema.ts';
import { newId } from '../db/id.ts';
import { continueAffordable } from './budget-waits.ts';
import { claimPipeline } from './lease.ts';
import { getPipeline } from './queries.ts';
import { runPipeline } from './runner.ts';
import { type Pipeline, pipelines } from './schema.ts';
import { sweepPipelines, workPipelines } from './worker.ts';

/* What happens to articles when a month's money is used up, and when there is some again. */

let app: TestApp;
let ctx: TestContext;
const never = new AbortController().signal;
/** What an article of the script costs, in micro-dollars: found by the first test, which runs one. */
let wholeArticle = 0;

beforeAll(async () => {
  const overrides = withModel(scriptedModel(diligentScript));
  app = await startTestApp({ env: { MONTHLY_LIMIT_USD: '10', INSTANCE_MONTHLY_LIMIT_USD: '1000' }, overrides });
  const pipeline = await givenPipeline(app.ctx, { topic: 'The first of all' });
  await runPipeline(app.ctx, pipeline.id, never);
  const calls = await listCalls(app.ctx.db, [pipeline.id]);
  wholeArticle = calls.reduce((sum, call) => sum + (call.costMicroUsd ?? 0), 0);
});
afterAll(() => app.close());
beforeEach(async () => {
  // What other tests have begun would count against the instance's month.
  await app.ctx.db.update(pipelines).set({ status: 'cancelled' }).where(ne(pipelines.status, 'succeeded'));
  ctx = { ...app.ctx, ownerId: await someone() };
});

async function someone(): Promise<string> {
  const id = newId();
  await app.ctx.db.insert(users).values({ id, name: 'Someone', concurrentPipelines: 12 });
  return id;
}
const limit = (monthlyLimitMicroUsd: number | null, id = ctx.ownerId) =>
  app.ctx.db.update(users).set({ monthlyLimitMicroUsd }).where(eq(users.id, id));
const read = (pipeline: Pipeline) => getPipeline(app.ctx.db, pipeline.userId, pipeline.id);
const given = (topic: string) => givenPipeline(ctx, { topic: `${topic} ${newId()}`, duplicates: 'allow' });
const run = (pipeline: Pipeline) => runPipeline(ctx, pipeline.id, never);
const spent = async (pipeline: Pipeline) =>
  (await listCalls(app.ctx.db, [pipeline.id])).reduce((sum, call) => sum + (call.costMicroUsd ?? 0), 0);

/** A reservation that a call of this pipeline holds. */
async function holding(pipeline: Pipeline, worstCaseMicroUsd: number, payer: Payer = 'instance'): Promise<string> {
  const granted = await tryReserve(ctx, {
    kind: 'text',
    payer,
    userId: pipeline.userId,
    pipelineId: pipeline.id,
    lease: null,
    step: 'topic',
    task: 'topic',
    promptVersion: 1,
    requestDigest: newId(),
    provider: 'scripted',
    model: 'scripted:one',
    pricedAs: null,
    unitPrices: {},
    worstCaseMicroUsd,
  });
  if ('refusal' in granted) throw new Error(`the reservation has to fit: ${granted.refusal.cap}`);
  return granted.id;
}

describe('a month that is used up', () => {
  it('lets the run wait with what it needs and until when, and nothing is asked of a model', async () => {
    await limit(0);
    const pipeline = await given('Nothing may be paid');
    await run(pipeline);
    const { status, waiting } = await read(pipeline);
    expect(status).toBe('waiting');
    expect(waiting).toMatchObject({ reason: 'budget_exceeded', cap: 'month', neededMicroUsd: expect.any(Number) });
    expect(new Date(waiting?.until ?? 0).getTime()).toBeGreaterThan(Date.now());
    expect(await listCalls(ctx.db, [pipeline.id])).toEqual([]);
  });

  it('goes on by itself when the limit is raised, from where it stood, and pays nothing twice', async () => {
    await limit(Math.round(wholeArticle * 0.9));
    const pipeline = await given('Half of it');
    await run(pipeline);
    expect((await read(pipeline)).waiting).toMatchObject({ cap: 'month' });
    expect(await continueAffordable(ctx)).toBe(0);
    await limit(10_000_000);
    expect(await continueAffordable(ctx)).toBe(1);
    expect((await read(pipeline)).status).toBe('queued');
    await run(pipeline);
    expect((await read(pipeline)).status).toBe('succeeded');
    const questions = (await listCalls(ctx.db, [pipeline.id])).map(({ requestDigest }) => requestDigest);
    expect(new Set(questions).size).toBe(questions.length);
    expect(await spent(pipeline)).toBe(wholeArticle);
  });

  it('is over with the month, in the time zone of the user', async () => {
    await limit(1_000_000);
    const before = await givenRunningPipeline(ctx, { topic: 'What came before', budgetMicroUsd: 1_000_000 });
    await settle(ctx.db, await holding(before, 999_999), { usage: null, costMicroUsd: null });
    await ctx.db.update(pipelines).set({ status: 'succeeded' }).where(eq(pipelines.id, before.id));
    const pipeline = await given('Until next month');
    await run(pipeline);
    expect((await read(pipeline)).waiting).toMatchObject({ cap: 'month' });
    await ctx.db.execute(sql`update spending set month = '2001-01' where user_id = ${ctx.ownerId}`);
    expect(await continueAffordable(ctx)).toBe(1);
  });

  it('sends only as many on as the new room is for, those that began first', async () => {
    await limit(0);
    const waiting = [await given('One'), await given('Two'), await given('Three')];
    for (const pipeline of waiting) {
      // All had begun before the limit was lowered.
      await ctx.db.update(pipelines).set({ startedAt: new Date() }).where(eq(pipelines.id, pipeline.id));
      await run(pipeline);
    }
    const needed = (await Promise.all(waiting.map(read))).map((row) => row.waiting?.neededMicroUsd ?? 0);
    await limit((needed[0] ?? 0) + (needed[1] ?? 0));
    expect(await continueAffordable(ctx)).toBe(2);
    expect((await Promise.all(waiting.map(read))).map(({ status }) => status)).toEqual(['queued', 'queued', 'waiting']);
  });

  it('of the instance lets those wait who need more, says nothing of others, and is over when it is raised', async () => {
    const poor = { ...ctx, config: { ...ctx.config, budget: { ...ctx.config.budget, instanceLimitMicroUsd: 1 } } };
    const pipeline = await given('The instance is poor');
    await runPipeline(poor, pipeline.id, never);
    const { waiting } = await read(pipeline);
    expect(waiting).toMatchObject({ reason: 'budget_exceeded', cap: 'instance' });
    expect(waiting?.message).not.toMatch(/\(\$/);
    expect(await continueAffordable(poor)).toBe(0);
    expect(await continueAffordable(ctx)).toBe(1);
  });

  it('is not touched by a limit for one article, which holds whatever the budget is and is over when it is raised', async () => {
    const articleLimit = (pipelineLimitMicroUsd: number | null) =>
      app.ctx.db.update(users).set({ pipelineLimitMicroUsd }).where(eq(users.id, ctx.ownerId));
    const most = Math.round(wholeArticle * 0.9);
    await articleLimit(most);
    const pipeline = await given('No more than this');
    await run(pipeline);
    expect((await read(pipeline)).waiting).toMatchObject({ reason: 'budget_exceeded', cap: 'article' });
    expect(await spent(pipeline)).toBeLessThanOrEqual(most);
    expect(await continueAffordable(ctx)).toBe(0);
    // Another article has a limit of its own.
    const other = await given('And another');
    await run(other);
    expect((await read(other)).waiting).toMatchObject({ cap: 'article' });
    expect(await spent(other)).toBe(await spent(pipeline));
    await articleLimit(null);
    expect(await continueAffordable(ctx)).toBe(2);
    await run(pipeline);
    expect((await read(pipeline)).status).toBe('succeeded');
  });

  it('counts what own keys pay against the budget and not against the limit for one article', async () => {
    await app.ctx.db.update(users).set({ pipelineLimitMicroUsd: 100 }).where(eq(users.id, ctx.ownerId));
    const pipeline = await givenRunningPipeline(ctx, { topic: 'Two payers', budgetMicroUsd: 1_000 });
    await settle(ctx.db, await holding(pipeline, 600, 'user'), { usage: null, costMicroUsd: null });
    await settle(ctx.db, await holding(pipeline, 100), { usage: null, costMicroUsd: null });
    await expect(holding(pipeline, 1)).rejects.toThrow('article');
    await holding(pipeline, 300, 'user');
    await expect(holding(pipeline, 1, 'user')).rejects.toThrow('pipeline');
  });

  it('does not hold up what costs nothing', async () => {
    await limit(0);
    const free = withModel({
      ...scriptedModel(diligentScript),
      resolved: {
        ...scriptedModel(diligentScript).resolved,
        price: { kind: 'explicit', inputMicroUsd: 0, outputMicroUsd: 0 },
      },
    });
    const pipeline = await given('Free of charge');
    await runPipeline({ ...ctx, ...free }, pipeline.id, never);
    expect((await read(pipeline)).status).toBe('succeeded');
  });
});

describe('a call that only others keep from its money', () => {
  it('waits until they have ended, and the run goes on without anyone being told that money is missing', async () => {
    await limit(wholeArticle * 50);
    const other = await given('The other');
    const held = await holding(other, wholeArticle * 50);
    const pipeline = await given('Waits its turn');
    await ctx.db.update(pipelines).set({ startedAt: new Date() }).where(eq(pipelines.id, pipeline.id));
    const running = run(pipeline);
    const said = async () =>
      JSON.stringify(
        (await ctx.db.execute(sql`select data from pipeline_events where pipeline_id = ${pipeline.id}`)) as never,
      );
    await expect.poll(said, { timeout: 10_000 }).toContain('Waiting for other calls to end');
    expect((await read(pipeline)).status).toBe('running');
    await release(ctx.db, held, { code: 'model_unavailable', message: 'Not sent.', hint: '' });
    await running;
    expect((await read(pipeline)).status).toBe('succeeded');
  });
});

describe('a limit that is about to be reached', () => {
  it('says of a new article that it waits to begin, and lets it begin once what has begun is done', async () => {
    const first = await given('Under way');
    expect(await claimPipeline(ctx, first.id)).not.toBeNull();
    await limit(first.expectedMicroUsd);
    const second = await given('Has to wait');
    const events = JSON.stringify(
      (await ctx.db.execute(sql`select data from pipeline_events where pipeline_id = ${second.id}`)) as never,
    );
    expect(events).toContain('Waiting to begin');
    expect(await claimPipeline(ctx, second.id)).toBeNull();
    await ctx.db.update(pipelines).set({ status: 'cancelled' }).where(eq(pipelines.id, first.id));
    expect(await claimPipeline(ctx, second.id)).not.toBeNull();
  });

  it('takes no notice of an article that waits for a person', async () => {
    const first = await given('Forgotten');
    await ctx.db
      .update(pipelines)
      .set({ status: 'waiting', startedAt: new Date(), waiting: { reason: 'approval' } })
      .where(eq(pipelines.id, first.id));
    await limit(first.expectedMicroUsd);
    const second = await given('Not held up');
    expect(await claimPipeline(ctx, second.id)).not.toBeNull();
  });

  // The last one of this file: the queue goes on taking what others would claim by hand.
  it('leaves one article half paid and not twelve', async () => {
    const many: Pipeline[] = [];
    for (let index = 0; index < 12; index++) many.push(await given(`Article ${index}`));
    await limit(Math.round(wholeArticle * 2.5));
    const end = await workPipelines(app.ctx);
    const standing = async () =>
      (await Promise.all(many.map(read))).filter(({ status }) => status === 'waiting').length;
    await expect.poll(standing, { timeout: 60_000 }).toBe(1);
    await sweepPipelines(app.ctx);
    const rows = await Promise.all(many.map(read));
    end();
    const costs = await Promise.all(many.map(spent));
    // Whole ones, one that has begun, and the rest untouched.
    expect(costs.filter((cost) => cost > 0 && cost < wholeArticle).length).toBeLessThanOrEqual(1);
    expect(rows.filter(({ status }) => status === 'succeeded').length).toBeGreaterThanOrEqual(1);
    expect(rows.filter(({ startedAt }) => startedAt === null).length).toBeGreaterThanOrEqual(9);
    expect(costs.reduce((sum, cost) => sum + cost, 0)).toBeLessThanOrEqual(wholeArticle * 2.5);
    // With money they all come to their end.
    await limit(null);
    await sweepPipelines(app.ctx);
    const done = async () => (await Promise.all(many.map(read))).filter(({ status }) => status === 'succeeded').length;
    await expect.poll(done, { timeout: 120_000 }).toBe(12);
  });
});
