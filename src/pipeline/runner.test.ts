import { eq, sql } from 'drizzle-orm';
import { afterEach, describe, expect, test } from 'vitest';
import { givenPipeline, withModel } from '../../test/factories.ts';
import { Killed, mortalContext } from '../../test/fakes/mortal-context.ts';
import { diligentScript, type Script, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { editArticle } from '../articles/articles.ts';
import { listClaims } from '../articles/queries.ts';
import { articles } from '../articles/schema.ts';
import { listCalls } from '../budget/ledger.ts';
import { paidCalls } from '../budget/schema.ts';
import { newId } from '../db/id.ts';
import { AppError } from '../errors.ts';
import { publications } from '../publishing/schema.ts';
import { createSite } from '../sites/sites.ts';
import { cancelPipeline, continuePipeline, retryPipeline } from './commands.ts';
import { eventsAfter } from './events.ts';
import { claimPipeline, lockLease } from './lease.ts';
import { getPipeline } from './queries.ts';
import { runPipeline } from './runner.ts';
import { pipelineSteps, pipelines } from './schema.ts';
import { listSteps } from './steps-store.ts';
import { sweepPipelines } from './worker.ts';

let app: TestApp | null = null;
const never = new AbortController().signal;

async function start(script: Script) {
  const model = scriptedModel(script);
  app = await startTestApp({ overrides: withModel(model) });
  const { ctx } = app;
  return { ctx, model, read: (id: string) => getPipeline(ctx.db, ctx.ownerId, id) };
}

afterEach(async () => {
  await app?.close();
  app = null;
});

describe('a run', () => {
  test('goes from a topic and sources to a checked article with claims, cost and a receipt', async () => {
    const { ctx, read } = await start(diligentScript);
    const { id } = await givenPipeline(ctx, { keyword: 'sourdough starter' });
    await runPipeline(ctx, id, never);

    const pipeline = await read(id);
    expect(pipeline).toMatchObject({ status: 'succeeded', progress: 1, error: null, waiting: null });
    const [article] = await ctx.db.select().from(articles);
    expect(article).toMatchObject({ status: 'ready', keyword: 'sourdough starter', language: 'en' });
    expect(article?.markdown).toContain('[^1]: Feeding a starter.');
    const claims = await listClaims(ctx.db, ctx.ownerId, article?.id ?? '');
    expect(claims.length).toBeGreaterThan(2);
    for (const claim of claims) {
      expect(claim.verdict).toBe('supported');
      expect(claim.passage).toContain(claim.quote);
    }
    expect(new Set(claims.map((claim) => claim.sourceTitle)).size).toBe(3);
    const calls = await listCalls(ctx.db, [id]);
    // 1000 input tokens at 1 $ and 100 output tokens at 2 $ per million.
    expect(calls.map((call) => call.costMicroUsd)).toEqual(calls.map(() => 1200));
    expect(calls.every((call) => call.status === 'settled' && !call.estimated)).toBe(true);
    expect((await eventsAfter(ctx.db, id, 0)).at(-1)).toMatchObject({ type: 'done', data: { status: 'succeeded' } });
  });

  test('never writes without a source that can be read', async () => {
    const { ctx, model, read } = await start(diligentScript);
    const { id } = await givenPipeline(ctx, { sources: [{ title: 'Almost nothing', text: 'Too short.' }] });
    await runPipeline(ctx, id, never);
    expect(await read(id)).toMatchObject({ status: 'failed', error: { code: 'no_sources' }, articleId: null });
    expect(model.asked).toEqual(['topic']);
    expect(await ctx.db.select().from(articles)).toEqual([]);
  });

  test('removes a sentence whose quote does not stand in its passage, and one that cites what was never given', async () => {
    const { ctx, read } = await start({
      ...diligentScript,
      'draft-section': async (input, call) => {
        const answer = await diligentScript['draft-section'](input, call);
        if (typeof answer === 'string' || answer instanceof Error) return answer;
        answer.blocks[0]?.sentences.push(
          {
            text: 'Starters cure the common cold.',
            citations: [{ ref: 'p1', quote: 'cures the common cold at once' }],
          },
          { text: 'Experts agree on all of this.', citations: [{ ref: 'p999', quote: 'experts agree' }] },
          {
            text: 'It doubles within nine hours.',
            citations: [{ ref: 'p1', quote: input.passages[0]?.text.slice(0, 40) ?? '' }],
          },
        );
        return answer;
      },
    });
    const { id } = await givenPipeline(ctx);
    await runPipeline(ctx, id, never);
    const { articleId } = await read(id);
    const [article] = await ctx.db.select().from(articles);
    expect(article?.markdown).not.toMatch(/common cold|Experts agree|nine hours/);
    const removed = (await listClaims(ctx.db, ctx.ownerId, articleId ?? '')).filter(
      (claim) => claim.outcome === 'removed',
    );
    expect(new Set(removed.map((claim) => claim.text))).toEqual(
      new Set(['Starters cure the common cold.', 'Experts agree on all of this.', 'It doubles within nine hours.']),
    );
  });

  test('keeps a rewrite only when the rewrite holds', async () => {
    const { ctx, read } = await start({
      ...diligentScript,
      judge: ({ claims }) => ({
        verdicts: claims.map(({ id, text }) => ({
          id,
          verdict: text.startsWith('A sourdough starter is') ? ('contradicted' as const) : ('supported' as const),
          reason: 'as scripted',
        })),
      }),
      rewrite: ({ claims }) => ({
        rewrites: claims.map(({ id, passages }) => {
          const quote = 'It is fed with fresh flour and water once a day';
          const ref = passages.find((passage) => passage.text.includes(quote))?.ref ?? 'p1';
          return { id, sentence: { text: `${quote}.`, citations: [{ ref, quote }] } };
        }),
      }),
    });
    const { id } = await givenPipeline(ctx);
    await runPipeline(ctx, id, never);
    const claims = await listClaims(ctx.db, ctx.ownerId, (await read(id)).articleId ?? '');
    expect(claims.filter((claim) => claim.outcome === 'rewritten').map((claim) => claim.text)).toEqual([
      'It is fed with fresh flour and water once a day.',
    ]);
    const [article] = await ctx.db.select().from(articles);
    expect(article?.markdown).not.toContain('A sourdough starter is a mixture');
  });
});

describe('links to own articles', () => {
  test('go to a published article on a neighbouring topic, and not to one on something else or not yet public', async () => {
    const { ctx, read } = await start(diligentScript);
    const site = await createSite(ctx, ctx.db, ctx.ownerId, {
      name: 'Blog',
      url: 'https://blog.example.com',
      username: 'me',
      applicationPassword: 'abcd efgh ijkl mnop',
    });
    const publish = async (topic: string, keyword: string, remoteStatus: string) => {
      const { id } = await givenPipeline(ctx, { topic, keyword, duplicates: 'allow' });
      await runPipeline(ctx, id, never);
      const { articleId, userId } = await read(id);
      await ctx.db.insert(publications).values({
        id: newId(),
        userId,
        articleId: articleId ?? '',
        siteId: site.id,
        wanted: 'publish',
        status: 'published',
        remoteStatus,
        remoteUrl: `https://blog.example.com/${keyword.replaceAll(' ', '-')}`,
      });
    };
    await publish('Baking bread with a sourdough starter', 'sourdough bread', 'publish');
    await publish('Feeding a sourdough starter with rye flour', 'rye starter', 'draft');
    await publish('Quarterly tax returns for freelancers', 'tax returns', 'publish');

    const { id } = await givenPipeline(ctx, { topic: 'Keeping a sourdough starter alive', duplicates: 'allow' });
    await runPipeline(ctx, id, never);
    const [article] = await ctx.db.select().from(articles).where(eq(articles.pipelineId, id));
    const links = [...(article?.markdown ?? '').matchAll(/https:\/\/blog\.example\.com\/[\w-]+/g)].map(([url]) => url);
    expect(links).toEqual(['https://blog.example.com/sourdough-bread']);
    expect(article?.seo?.checks.find(({ name }) => name === 'internal_links')).toMatchObject({ passed: true });
  });
});

describe('after a stop in the middle', () => {
  test('a finished step is never asked of a model again, whichever call the worker died in', async () => {
    const { ctx: first, model } = await start(diligentScript);
    const { id: whole } = await givenPipeline(first);
    await runPipeline(first, whole, never);
    const calls = model.asked.length;
    await app?.close();

    for (let fatal = 1; fatal <= calls; fatal++) {
      let count = 0;
      const dying = new AbortController();
      const script = Object.fromEntries(
        Object.entries(diligentScript).map(([task, answer]) => [
          task,
          (input: never, call: number) => {
            count++;
            if (count === fatal) dying.abort(new Error('the process is going down'));
            return (answer as (input: never, call: number) => unknown)(input, call);
          },
        ]),
      ) as Script;
      const { ctx, model: dyingModel, read } = await start(script);
      const { id } = await givenPipeline(ctx);
      await runPipeline(ctx, id, dying.signal);
      expect((await read(id)).status).toBe('queued');
      await runPipeline(ctx, id, never);
      expect((await read(id)).status).toBe('succeeded');
      // Only the call in flight may have been made twice.
      expect(dyingModel.asked.length).toBeLessThanOrEqual(calls + 1);
      await app?.close();
    }
    app = null;
  }, 120_000);

  test('a worker whose lease was taken writes nothing more', async () => {
    const { ctx, read } = await start({
      ...diligentScript,
      outline: async (input, call) => {
        // Meanwhile the lease has run out and another worker has the pipeline.
        await ctx.db.update(pipelines).set({ leaseExpiresAt: new Date(0) });
        expect(await claimPipeline(ctx, input.title === '' ? '' : id)).not.toBeNull();
        return diligentScript.outline(input, call);
      },
    });
    const { id } = await givenPipeline(ctx);
    await runPipeline(ctx, id, never);
    const steps = await listSteps(ctx.db, [id]);
    expect(steps.map(({ name, status }) => [name, status])).toEqual([
      ['topic', 'succeeded'],
      ['research', 'succeeded'],
      ['outline', 'running'],
    ]);
    expect((await read(id)).status).toBe('running');
    await expect(lockLease(ctx.db, { id, lease: 1 })).rejects.toMatchObject({ code: 'lease_lost' });
  });

  test('a stranded pipeline is found and enqueued again', async () => {
    const { ctx } = await start(diligentScript);
    const { id } = await givenPipeline(ctx);
    await claimPipeline(ctx, id);
    expect(await sweepPipelines(ctx)).toBe(0);
    await ctx.db.update(pipelines).set({ leaseExpiresAt: new Date(0) });
    expect(await sweepPipelines(ctx)).toBe(1);
  });

  test('a recorded step that this version cannot read is an error with a way on, not a guess', async () => {
    const { ctx, read } = await start(diligentScript);
    const { id } = await givenPipeline(ctx);
    await runPipeline(ctx, id, never);
    await ctx.db
      .update(pipelineSteps)
      .set({ output: { strange: true } })
      .where(eq(pipelineSteps.name, 'outline'));
    await ctx.db.update(pipelines).set({ status: 'queued' });
    await runPipeline(ctx, id, never);
    expect(await read(id)).toMatchObject({
      status: 'failed',
      error: { code: 'step_output_unreadable', hint: 'Redo the pipeline from the step "outline".' },
    });
    await retryPipeline(ctx, ctx.ownerId, id, 'outline');
    await runPipeline(ctx, id, never);
    expect((await read(id)).status).toBe('succeeded');
  });

  test("another version's record of a step is not taken for one of this version because it has the same form", async () => {
    const { ctx, model, read } = await start(diligentScript);
    const { id } = await givenPipeline(ctx);
    await runPipeline(ctx, id, never);
    const asked = model.asked.length;
    await ctx.db.update(pipelineSteps).set({ stepVersion: 2 }).where(eq(pipelineSteps.name, 'outline'));
    await ctx.db.update(pipelines).set({ status: 'queued' });
    await runPipeline(ctx, id, never);
    expect(await read(id)).toMatchObject({ status: 'failed', error: { code: 'step_output_unreadable' } });
    expect(model.asked).toHaveLength(asked);
  });
});

describe('waiting and commands', () => {
  test('a near-duplicate stops before anything is asked of a model, and goes on when told to', async () => {
    const { ctx, model, read } = await start(diligentScript);
    const { id: first } = await givenPipeline(ctx);
    await runPipeline(ctx, first, never);
    const before = model.asked.length;
    const { id } = await givenPipeline(ctx, { topic: 'Keeping your sourdough starter alive' });
    await runPipeline(ctx, id, never);
    const waiting = await read(id);
    expect(waiting).toMatchObject({ status: 'waiting', waiting: { reason: 'duplicate' } });
    expect(waiting.waiting?.articleId).toBe((await read(first)).articleId);
    expect(model.asked.length).toBe(before);

    await continuePipeline(ctx, ctx.ownerId, id, undefined);
    await runPipeline(ctx, id, never);
    expect((await read(id)).status).toBe('succeeded');
  });

  test('a call that does not fit the budget is not made; with more budget the run goes on where it stood', async () => {
    const { ctx, model, read } = await start(diligentScript);
    const { id } = await givenPipeline(ctx, { budgetMicroUsd: 5_000 });
    await runPipeline(ctx, id, never);
    expect(await read(id)).toMatchObject({ status: 'waiting', waiting: { reason: 'budget_exceeded' } });
    const spent = (await listCalls(ctx.db, [id])).reduce((sum, call) => sum + (call.costMicroUsd ?? 0), 0);
    expect(spent).toBeLessThanOrEqual(5_000);
    const asked = [...model.asked];
    await continuePipeline(ctx, ctx.ownerId, id, 1_000_000);
    await runPipeline(ctx, id, never);
    expect((await read(id)).status).toBe('succeeded');
    expect(model.asked.slice(asked.length)).not.toContain(asked[0]);
  });

  test('a provider that is busy makes the run wait until the time it named', async () => {
    const retryAt = new Date(Date.now() + 7_200_000);
    const { ctx, read } = await start({
      ...diligentScript,
      topic: () => new AppError('model_unavailable', 'The provider answered 429.', { retryAt }),
    });
    const { id } = await givenPipeline(ctx);
    await runPipeline(ctx, id, never);
    const pipeline = await read(id);
    expect(pipeline.status).toBe('waiting');
    expect(pipeline.waiting?.reason).toBe('provider');
    // Before its time nobody takes it.
    expect(await claimPipeline(ctx, id)).toBeNull();
  });

  test('a wait that ends later than it could was set by a wrong clock, and is over', async () => {
    const { ctx } = await start(diligentScript);
    const { id } = await givenPipeline(ctx);
    const wait = (until: string, delayMs: number | null) =>
      ctx.db.execute(
        sql`update pipelines set status = 'waiting', waiting = jsonb_strip_nulls(jsonb_build_object('reason', 'provider', 'until', now() + ${until}::interval, 'delayMs', ${delayMs}::int)) where id = ${id}`,
      );
    const claimed = async () => (await claimPipeline(ctx, id)) !== null;
    await wait('2 hours', 7_200_000);
    expect(await claimed()).toBe(false);
    await wait('1 year', null);
    expect(await claimed()).toBe(false);
    await wait('1 year', 7_200_000);
    expect(await claimed()).toBe(true);
  });

  test('workers that die do not count any more once a step is finished', async () => {
    const { ctx, read } = await start(diligentScript);
    const { id } = await givenPipeline(ctx);
    for (let at = 1; (await ctx.db.$count(pipelineSteps, eq(pipelineSteps.status, 'succeeded'))) === 0; at += 10) {
      // The last death that is put up with, wherever it comes.
      await ctx.db.update(pipelines).set({ leaseExpiresAt: new Date(0), takeovers: 9 });
      const { ctx: mortal } = mortalContext(ctx, at);
      await runPipeline(mortal, id, never).catch((error) => expect(error).toBeInstanceOf(Killed));
    }
    expect(await read(id)).toMatchObject({ status: 'running', takeovers: 0 });
    await ctx.db.update(pipelines).set({ leaseExpiresAt: new Date(0) });
    await runPipeline(ctx, id, never);
    expect(await read(id)).toMatchObject({ status: 'succeeded' });
  });

  test('a worker that dies between its failure and its wait leaves the wait to the next one', async () => {
    const { ctx, model, read } = await start({
      ...diligentScript,
      topic: () => new AppError('model_unavailable', 'The provider answered 503.'),
    });
    const { id } = await givenPipeline(ctx);
    const failedRecords = () => ctx.db.$count(pipelineSteps, eq(pipelineSteps.status, 'failed'));
    const dieAfterFailure = async () => {
      const before = await failedRecords();
      for (let at = 1; (await failedRecords()) === before; at++) {
        await ctx.db.update(pipelines).set({ leaseExpiresAt: new Date(0), takeovers: 0 });
        const { ctx: mortal } = mortalContext(ctx, at);
        await runPipeline(mortal, id, never).catch((error) => expect(error).toBeInstanceOf(Killed));
      }
    };
    await dieAfterFailure();
    expect(await read(id)).toMatchObject({ status: 'running', waiting: { reason: 'provider' } });
    const asked = model.asked.length;

    await ctx.db.update(pipelines).set({ leaseExpiresAt: new Date(0) });
    const { waiting } = await read(id);
    await runPipeline(ctx, id, never);
    expect(await read(id)).toMatchObject({ status: 'waiting', waiting });
    expect(model.asked).toHaveLength(asked);
    expect(await claimPipeline(ctx, id)).toBeNull();

    // One whose time is over by then is tried again.
    await ctx.db.execute(sql`update pipelines set status = 'running', lease_expires_at = now() - interval '1 second',
      waiting = jsonb_set(waiting, '{until}', to_jsonb(now() - interval '1 second')) where id = ${id}`);
    await runPipeline(ctx, id, never);
    expect(model.asked.length).toBeGreaterThan(asked);
  });

  test('an answer that cannot be read is sent back once with what is wrong, and both are billed', async () => {
    const { ctx, model, read } = await start({
      ...diligentScript,
      topic: (input, call) => (call === 1 ? '{"angle": "half' : diligentScript.topic(input, call)),
    });
    const { id } = await givenPipeline(ctx);
    await runPipeline(ctx, id, never);
    expect((await read(id)).status).toBe('succeeded');
    expect(model.asked.filter((task) => task === 'topic')).toHaveLength(2);
    const calls = (await listCalls(ctx.db, [id])).filter((call) => call.task === 'topic');
    expect(calls.map(({ status, costMicroUsd }) => [status, costMicroUsd])).toEqual([
      ['failed', 1200],
      ['settled', 1200],
    ]);
  });

  test('a cancelled run stops, and its worker notices at once', async () => {
    const { ctx, read, model } = await start({
      ...diligentScript,
      outline: async (input, call) => {
        await cancelPipeline(ctx, ctx.ownerId, id);
        return diligentScript.outline(input, call);
      },
    });
    const { id } = await givenPipeline(ctx);
    await runPipeline(ctx, id, never);
    expect((await read(id)).status).toBe('cancelled');
    expect(model.asked).not.toContain('draft-section');
    // The answer that came anyway is in the ledger: it was paid for.
    const [outline] = await ctx.db.select().from(paidCalls).where(eq(paidCalls.task, 'outline'));
    expect(outline?.costMicroUsd).toBe(1200);
    await retryPipeline(ctx, ctx.ownerId, id);
    await runPipeline(ctx, id, never);
    expect(model.asked.filter((task) => task === 'topic')).toHaveLength(1);
  });

  test('redo from a step asks the model anew from there on, and rewrites the article it wrote', async () => {
    const { ctx, model, read } = await start(diligentScript);
    const { id } = await givenPipeline(ctx);
    await runPipeline(ctx, id, never);
    const before = model.asked.length;
    await retryPipeline(ctx, ctx.ownerId, id, 'draft');
    await runPipeline(ctx, id, never);
    expect((await read(id)).status).toBe('succeeded');
    expect(model.asked.slice(before)).toContain('draft-section');
    expect(model.asked.slice(before)).not.toContain('outline');
    expect(await ctx.db.$count(articles)).toBe(1);
  });

  test("a redo never overwrites a person's edit: it makes a new article", async () => {
    const { ctx, read } = await start(diligentScript);
    const { id } = await givenPipeline(ctx);
    await runPipeline(ctx, id, never);
    const { articleId } = await read(id);
    const [article] = await ctx.db.select().from(articles);
    await editArticle(ctx, ctx.ownerId, articleId ?? '', article?.revision ?? 0, { markdown: 'My own words.' });
    await retryPipeline(ctx, ctx.ownerId, id, 'draft');
    await runPipeline(ctx, id, never);
    const rows = await ctx.db.select().from(articles);
    expect(rows).toHaveLength(2);
    expect(rows.find((row) => row.id === articleId)?.markdown).toBe('My own words.');
    expect((await read(id)).articleId).not.toBe(articleId);
  });
});
