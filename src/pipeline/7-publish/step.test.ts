import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { givenCall, givenPipeline } from '../../../test/factories.ts';
import { startTestApp, type TestApp } from '../../../test/harness.ts';
import { editArticle, insertArticle, rewriteArticle } from '../../articles/articles.ts';
import { getArticle } from '../../articles/queries.ts';
import { articles, claims, type SeoReport } from '../../articles/schema.ts';
import { newId } from '../../db/id.ts';
import { queryRows } from '../../db/open.ts';
import { publishJob } from '../../publishing/jobs.ts';
import { requestPublication } from '../../publishing/publications.ts';
import { findPublication } from '../../publishing/queries.ts';
import { createSite } from '../../sites/sites.ts';
import type { BriefRequest } from '../brief.ts';
import { PipelineWaiting, type StepContext } from '../define-step.ts';
import { type Pipeline, pipelines, type Waiting } from '../schema.ts';
import { finishStep, startStep } from '../steps-store.ts';
import { publishStep } from './step.ts';

let app: TestApp;
let siteId: string;
/** The present time, which the tests move. */
let now: Date;
beforeAll(async () => {
  app = await startTestApp();
  app.ctx.now = () => now;
  const input = { name: 'Blog', url: 'https://blog.example', username: 'admin', applicationPassword: 'pass word' };
  siteId = (await createSite(app.ctx, app.ctx.db, app.ctx.ownerId, input)).id;
});
afterAll(() => app.close());

const seo = (score: number): SeoReport => ({ score, checks: [] });

/** A pipeline whose article is written, with the record of the step before this one. */
async function given(brief: Partial<BriefRequest>, score = 80): Promise<{ pipeline: Pipeline; articleId: string }> {
  now = new Date();
  const { ctx } = app;
  const pipeline = await givenPipeline(ctx, { siteId, ...brief });
  const article = await ctx.db.transaction((tx) =>
    insertArticle(ctx, tx, ctx.ownerId, {
      title: 'Sourdough',
      markdown: 'Text.',
      language: 'en',
      pipelineId: pipeline.id,
      author: 'pipeline',
    }),
  );
  await rewriteArticle(ctx, ctx.db, article, { seo: seo(score), status: 'ready' });
  await ctx.db.update(pipelines).set({ articleId: article.id }).where(eq(pipelines.id, pipeline.id));
  await finishWriting(pipeline);
  // As in a real run, the step is handed the row as it was when the run began: without the article.
  return { pipeline, articleId: article.id };
}

async function finishWriting(pipeline: Pipeline): Promise<void> {
  const attempt = await startStep(app.ctx.db, pipeline, { ...publishStep, name: 'seo' }, 'digest');
  await finishStep(app.ctx.db, attempt.id, 'succeeded', { output: {} });
}

/** Runs the step as the runner does: its record first, what it waits for recorded, its result saved in one transaction. */
async function run(
  pipeline: Pipeline,
): Promise<{ output: { publicationId: string | null; reason: string } } | { waiting: Waiting }> {
  const { ctx } = app;
  const [fresh] = await ctx.db.select().from(pipelines).where(eq(pipelines.id, pipeline.id));
  const attempt = await startStep(ctx.db, pipeline, publishStep, 'digest');
  const context: StepContext = {
    app: ctx,
    pipeline: { ...(fresh ?? pipeline), articleId: null },
    brief: pipeline.brief,
    signal: new AbortController().signal,
    ask: () => Promise.reject(new Error('this step asks no model')),
    search: () => Promise.reject(new Error('this step searches nothing')),
    log: async () => undefined,
    progress: async () => undefined,
    assertLease: async () => undefined,
    lockLease: async () => undefined,
  };
  try {
    const output = publishStep.output.parse(await publishStep.run(context, {}));
    await ctx.db.transaction(async (tx) => {
      await publishStep.save(tx, context, {}, output);
      await finishStep(tx, attempt.id, 'succeeded', { output });
    });
    return { output: output as { publicationId: string | null; reason: string } };
  } catch (error) {
    if (!(error instanceof PipelineWaiting)) throw error;
    await finishStep(ctx.db, attempt.id, 'waiting', {});
    return { waiting: error.waiting };
  }
}

const publication = (articleId: string) => findPublication(app.ctx.db, articleId, siteId);
const rowOf = async (pipeline: Pipeline) =>
  (await app.ctx.db.select().from(pipelines).where(eq(pipelines.id, pipeline.id)))[0];
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
/** What the instance pays for the owner's month; null for the usual. */
async function limitMonth(microUsd: number | null): Promise<void> {
  await app.ctx.db.execute(sql`update users set monthly_limit_micro_usd = ${microUsd} where id = ${app.ctx.ownerId}`);
}
async function approve(pipeline: Pipeline): Promise<void> {
  await app.ctx.db.execute(
    sql`update pipelines set approved_at = now(), approved_by = 'owner' where id = ${pipeline.id}`,
  );
}

describe('the publish step', () => {
  it('is off unless publishing was asked for', async () => {
    const { pipeline, articleId } = await given({ publish: 'none' });
    expect(await run(pipeline)).toEqual({
      output: { publicationId: null, reason: expect.any(String), approvedBy: null },
    });
    expect(await publication(articleId)).toBeNull();
  });

  it('enqueues a draft at once, with its job, and never holds it up', async () => {
    const { pipeline, articleId } = await given({ publish: 'draft' }, 5);
    const result = await run(pipeline);
    const row = await publication(articleId);
    expect(row).toMatchObject({ wanted: 'draft', status: 'queued', pipelineId: pipeline.id });
    expect(result).toMatchObject({ output: { publicationId: row?.id } });
    const jobs = await queryRows(
      app.ctx.db,
      sql`select 1 from pgboss.job where name = ${publishJob.name} and data ->> 'publicationId' = ${row?.id}`,
    );
    expect(jobs).toHaveLength(1);
  });

  it('waits for a person before it goes public, however good the article is', async () => {
    const { pipeline, articleId } = await given({ publish: 'publish' }, 100);
    for (const day of [0, 1000]) {
      now = hours(day * 24);
      expect(await run(pipeline)).toEqual({ waiting: { reason: 'approval', articleId, message: expect.any(String) } });
    }
    expect(await publication(articleId)).toBeNull();
    await approve(pipeline);
    expect(await run(pipeline)).toMatchObject({ output: { reason: 'Approved by owner.' } });
    expect(await publication(articleId)).toMatchObject({ wanted: 'publish', status: 'queued' });
  });

  it('asks again for an approval when the article was written anew after it', async () => {
    const { pipeline, articleId } = await given({ publish: 'publish' });
    await approve(pipeline);
    await finishSeoAnew(pipeline);
    expect(await run(pipeline)).toMatchObject({ waiting: { reason: 'approval' } });
    expect(await publication(articleId)).toBeNull();
  });

  it('holds for the window, then goes public by rule and records the rule', async () => {
    const { pipeline, articleId } = await given({ publish: 'publish', approval: 'auto', holdHours: 24 });
    const first = await run(pipeline);
    if (!('waiting' in first) || !first.waiting.until) throw new Error('it did not hold');
    const until = new Date(first.waiting.until);
    expect(Math.abs(until.getTime() - hours(24).getTime())).toBeLessThan(60_000);

    now = new Date(until.getTime() - 1000);
    expect(await run(pipeline)).toEqual({ waiting: { ...first.waiting } });
    expect(await publication(articleId)).toBeNull();

    now = until;
    await run(pipeline);
    expect(await publication(articleId)).toMatchObject({ wanted: 'publish' });
    expect(await rowOf(pipeline)).toMatchObject({
      approvedBy: 'rule: auto after 24 h, no unsupported claim, SEO score 80 (floor 60), budget left',
    });
    const [article] = await app.ctx.db.select().from(articles).where(eq(articles.id, articleId));
    expect(article?.status).toBe('approved');
  });

  it.each([
    ['the article was written anew', (pipeline: Pipeline) => finishSeoAnew(pipeline)],
    [
      'the pipeline was cancelled',
      async (pipeline: Pipeline) => {
        await app.ctx.db.execute(
          sql`insert into pipeline_events (user_id, pipeline_id, type, data) values (${pipeline.userId}, ${pipeline.id}, 'done', '{"status": "cancelled"}')`,
        );
      },
    ],
  ])('gives the full window again when %s', async (_what, happen) => {
    const { pipeline, articleId } = await given({ publish: 'publish', approval: 'auto', holdHours: 1 });
    const first = await run(pipeline);
    await happen(pipeline);
    const second = await run(pipeline);
    if (!('waiting' in first) || !('waiting' in second)) throw new Error('it did not hold');
    expect(Date.parse(second.waiting.until ?? '')).toBeGreaterThan(Date.parse(first.waiting.until ?? ''));
    now = new Date(first.waiting.until ?? '');
    expect(await run(pipeline)).toMatchObject({ waiting: { until: second.waiting.until } });
    expect(await publication(articleId)).toBeNull();
  });

  it('goes out at once by rule when there is no window', async () => {
    const { pipeline, articleId } = await given({ publish: 'publish', approval: 'auto', holdHours: 0 });
    now = hours(0.001);
    await run(pipeline);
    expect(await publication(articleId)).not.toBeNull();
  });

  it('waits for a person without an end when the SEO score is too low', async () => {
    const { pipeline, articleId } = await given({ publish: 'publish', approval: 'auto', holdHours: 0 }, 59);
    now = hours(1000);
    const result = await run(pipeline);
    expect(result).toEqual({ waiting: { reason: 'approval', articleId, message: expect.stringContaining('59') } });
    expect(await publication(articleId)).toBeNull();
  });

  it.each([
    ['unsupported', 'kept', true],
    ['contradicted', 'rewritten', true],
    ['unsupported', 'removed', false],
    ['supported', 'kept', false],
  ] as const)('with a claim that is %s and %s: waits for a person: %s', async (verdict, outcome, waits) => {
    const { pipeline, articleId } = await given({ publish: 'publish', approval: 'auto', holdHours: 0 });
    await app.ctx.db.insert(claims).values({
      id: newId(),
      userId: pipeline.userId,
      articleId,
      ordinal: 1,
      text: 'Bread is a liquid.',
      verdict,
      reason: 'r',
      outcome,
    });
    now = hours(1);
    expect('waiting' in (await run(pipeline))).toBe(waits);
    expect((await publication(articleId)) === null).toBe(waits);
  });

  it.each<[string, string, RegExp | null]>([
    ['takes out what is unsupported', 'Other text.', null],
    ['says what states nothing', 'Text. Bread is a liquid. Now it is your turn.', /1 claim in it is not supported/],
    ['leaves a doubtful claim in other words', 'Text. Bread surely is a liquid.', /1 claim in it is not supported/],
    ['states something', 'Text. In 1987 half of all bakers gave up.', /1 sentence of it was written by hand/],
    ['takes over what was checked', 'Text. Rye bread keeps for five days in a linen bag on the shelf.', null],
  ])('after a person’s edit that %s: decides by the text as it stands', async (_, markdown, against) => {
    const { pipeline, articleId } = await given({ publish: 'publish', approval: 'auto', holdHours: 0 });
    const claim = (ordinal: number, text: string, verdict: 'supported' | 'unsupported') =>
      app.ctx.db.insert(claims).values({
        ...{ id: newId(), userId: pipeline.userId, articleId, ordinal, text, verdict },
        ...{ reason: 'r', outcome: 'kept' as const },
      });
    await claim(1, 'Bread is a liquid.', 'unsupported');
    await claim(2, 'Rye bread keeps for five days in a linen bag on the shelf.', 'supported');
    const { revision } = await getArticle(app.ctx.db, app.ctx.ownerId, articleId);
    await editArticle(app.ctx, app.ctx.ownerId, articleId, revision, { markdown });
    // The floor is another matter.
    await app.ctx.db
      .update(articles)
      .set({ seo: seo(80) })
      .where(eq(articles.id, articleId));
    now = hours(1);
    const result = await run(pipeline);
    if (against) expect(result).toMatchObject({ waiting: { message: expect.stringMatching(against) } });
    else expect(result).toMatchObject({ output: { publicationId: expect.any(String) } });
  });

  it.each([
    [80, 80, false],
    [81, 80, true],
    [0, 3, false],
  ])('with a floor of %s and a score of %s: waits for a person: %s', async (minSeoScore, score, waits) => {
    const { pipeline } = await given({ publish: 'publish', approval: 'auto', holdHours: 0, minSeoScore }, score);
    now = hours(1);
    expect('waiting' in (await run(pipeline))).toBe(waits);
  });

  it.each<[string, () => Promise<unknown>, RegExp | null]>([
    ['the month is used up', () => limitMonth(1_000), /your limit for the month is used up .*\$0\.001.*An admin/],
    ['the month has a millionth of a dollar left', () => limitMonth(1_001), null],
    ['there is no limit that is reached', () => limitMonth(null), null],
  ])('asks for a person or does not when %s', async (_what, limit, why) => {
    const { pipeline } = await given({ publish: 'publish', approval: 'auto', holdHours: 0 });
    const { ctx } = app;
    await givenCall(ctx.db, {
      userId: ctx.ownerId,
      pipelineId: pipeline.id,
      startedAt: new Date(),
      costMicroUsd: 1_000,
    });
    await limit();
    now = hours(1);
    const result = await run(pipeline);
    await limitMonth(null);
    await ctx.db.execute(sql`delete from paid_calls`);
    await ctx.db.execute(sql`delete from spending`);
    expect('waiting' in result ? result.waiting.message : null).toEqual(
      why === null ? null : expect.stringMatching(why),
    );
  });

  it.each([
    ['used up', 5_000, 5_000, true],
    ['not used up', 5_001, 5_000, false],
    ['nothing, of which nothing is used', 0, 0, false],
    ['not set', null, 5_000, false],
  ])(
    'asks for a person only where the limit for own keys is used up: %s',
    async (_what, limit, costMicroUsd, waits) => {
      const { pipeline } = await given({ publish: 'publish', approval: 'auto', holdHours: 0 });
      const { ctx } = app;
      const userId = ctx.ownerId;
      if (costMicroUsd > 0)
        await givenCall(ctx.db, {
          userId,
          pipelineId: pipeline.id,
          payer: 'user',
          startedAt: new Date(),
          costMicroUsd,
        });
      await ctx.db.execute(sql`update users set own_monthly_limit_micro_usd = ${limit} where id = ${userId}`);
      now = hours(0.001);
      const result = await run(pipeline);
      await ctx.db.execute(sql`update users set own_monthly_limit_micro_usd = null where id = ${userId}`);
      await ctx.db.execute(sql`delete from paid_calls`);
      await ctx.db.execute(sql`delete from spending`);
      expect('waiting' in result).toBe(waits);
      if ('waiting' in result) expect(result.waiting.message).toContain('Raise the limit of your own keys');
    },
  );

  it.each([
    ['used up', 5_000, true],
    ['not used up', 5_001, false],
    ['not set', null, false],
  ])('asks for a person only where the budget of its schedule is used up: %s', async (_what, budget, waits) => {
    const { pipeline } = await given({ publish: 'publish', approval: 'auto', holdHours: 0 });
    const { ctx } = app;
    const id = newId();
    await ctx.db.execute(sql`insert into schedules (id, user_id, site_id, name, rule, time_zone, brief, monthly_budget_micro_usd)
      values (${id}, ${ctx.ownerId}, ${siteId}, 'S', '{"cron":"0 9 * * 1"}', 'UTC', '{}', ${budget})`);
    await ctx.db.execute(sql`insert into schedule_runs (id, user_id, schedule_id, slot_at, outcome, pipeline_id)
      values (${newId()}, ${ctx.ownerId}, ${id}, now(), 'started', ${pipeline.id})`);
    // What was set aside for a call counts until its cost is known, and not beside it.
    await givenCall(ctx.db, {
      userId: ctx.ownerId,
      pipelineId: pipeline.id,
      startedAt: new Date(),
      costMicroUsd: 5_000,
      reservedMicroUsd: 900_000,
    });
    now = hours(0.001);
    const result = await run(pipeline);
    await ctx.db.execute(sql`delete from paid_calls`);
    await ctx.db.execute(sql`delete from spending`);
    expect('waiting' in result).toBe(waits);
    if ('waiting' in result) expect(result.waiting.message).toContain('Raise the monthly budget of the schedule');
  });

  it('passes the time on', async () => {
    const publishAt = '2099-05-01T10:00:00Z';
    const { pipeline, articleId } = await given({ publish: 'publish', publishAt });
    await approve(pipeline);
    await run(pipeline);
    expect(await publication(articleId)).toMatchObject({
      status: 'scheduled',
      wanted: 'future',
      publishAt: new Date(publishAt),
    });
  });

  it('goes on with the publication that a person has asked for already', async () => {
    const { pipeline, articleId } = await given({ publish: 'draft' });
    const { ctx } = app;
    const mine = {
      userId: ctx.ownerId,
      articleId,
      siteId,
      wanted: 'draft' as const,
      publishAt: null,
      pipelineId: null,
    };
    const byHand = await ctx.db.transaction((tx) => requestPublication(ctx, tx, mine));
    expect(await run(pipeline)).toMatchObject({ output: { publicationId: byHand.id } });
  });
});

async function finishSeoAnew(pipeline: Pipeline): Promise<void> {
  await app.ctx.db.execute(
    sql`update pipeline_steps set status = 'superseded' where pipeline_id = ${pipeline.id} and name = 'seo'`,
  );
  await finishWriting(pipeline);
}
