import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { givenPipeline, givenSite, withModel } from '../../test/factories.ts';
import { diligentScript, type ScriptedModel, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { publications } from '../publishing/schema.ts';
import { cancelPipeline, retryPipeline } from './commands.ts';
import { claimPipeline, lockLease } from './lease.ts';
import { getPipeline } from './queries.ts';
import { runPipeline } from './runner.ts';
import { pipelines } from './schema.ts';
import { listSteps } from './steps-store.ts';

/* What people ask for at the wrong moment, or twice: each has an answer, and nothing is done twice. */

let app: TestApp;
let ctx: TestContext;
let model: ScriptedModel;
const never = new AbortController().signal;

beforeAll(async () => {
  model = scriptedModel(diligentScript);
  app = await startTestApp({ overrides: withModel(model) });
  ctx = app.ctx;
});
afterAll(() => app.close());
beforeEach(async () => {
  await ctx.db.execute(sql`delete from pgboss.job`);
  await ctx.db.delete(pipelines);
});

const post = async (id: string, command: 'retry' | 'cancel', payload?: object) => {
  const url = `/api/v1/pipelines/${id}/${command}`;
  const answer = await app.server.inject({ method: 'POST', url, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, json: answer.json() };
};
const jobsOf = (id: string) =>
  queryRows(
    ctx.db,
    sql`select id from pgboss.job where data ->> 'pipelineId' = ${id} and state in ('created', 'retry')`,
  );
const read = (id: string) => getPipeline(ctx.db, ctx.ownerId, id);
async function finished(brief: Parameters<typeof givenPipeline>[1] = {}): Promise<string> {
  const { id } = await givenPipeline(ctx, { duplicates: 'allow', ...brief });
  await runPipeline(ctx, id, never);
  expect(await read(id)).toMatchObject({ status: 'succeeded' });
  await ctx.db.execute(sql`delete from pgboss.job`);
  return id;
}
/** How often the article of a pipeline was handed to a site. */
const sentOut = async (id: string) => {
  const { articleId } = await read(id);
  return articleId ? ctx.db.$count(publications, eq(publications.articleId, articleId)) : 0;
};
/** The code of what a command refuses, or the status it leads to. */
const outcome = (command: Promise<{ status: string }>) =>
  command.then(
    ({ status }) => status,
    (error: unknown) => (error instanceof AppError ? error.code : Promise.reject(error)),
  );

/** A context in which `meddle` is done right before the `at`-th access to the database. */
function interrupted(at: number, meddle: () => Promise<unknown>): { ctx: TestContext; accesses(): number } {
  let count = 0;
  const db = new Proxy(ctx.db, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name !== 'transaction' && name !== 'execute') return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: unknown[]) => {
        count += 1;
        if (count === at) await meddle();
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { ctx: { ...ctx, db }, accesses: () => count };
}

describe('a retry', () => {
  it('of what has succeeded is refused, with the way there is', async () => {
    const id = await finished();
    const asked = model.asked.length;
    expect(await post(id, 'retry')).toMatchObject({
      status: 409,
      json: {
        code: 'invalid_state',
        detail: expect.stringContaining('has succeeded'),
        hint: expect.stringContaining('fromStep'),
      },
    });
    expect(await jobsOf(id)).toEqual([]);
    await runPipeline(ctx, id, never);
    expect(model.asked).toHaveLength(asked);
    expect(await read(id)).toMatchObject({ status: 'succeeded' });
  });

  it('of what is queued or running is refused: it goes on by itself', async () => {
    const { id } = await givenPipeline(ctx);
    const answer = { status: 409, json: { code: 'invalid_state', hint: expect.stringContaining('goes on by itself') } };
    expect(await post(id, 'retry')).toMatchObject(answer);
    await claimPipeline(ctx, id);
    expect(await post(id, 'retry')).toMatchObject(answer);
    expect(await post(id, 'retry', { fromStep: 'topic' })).toMatchObject({
      status: 409,
      json: { detail: expect.stringContaining('cancel it before') },
    });
    expect(await jobsOf(id)).toHaveLength(1);
  });

  it('that is asked for twice at once is done once', async () => {
    const { id } = await givenPipeline(ctx);
    await cancelPipeline(ctx, ctx.ownerId, id);
    await ctx.db.execute(sql`delete from pgboss.job`);
    const answers = await Promise.all([post(id, 'retry'), post(id, 'retry')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect(await jobsOf(id)).toHaveLength(1);
  });
});

describe('a redo', () => {
  it('from a step that has not run, or that there is not, is refused', async () => {
    const { id } = await givenPipeline(ctx, {
      sources: [{ title: 'Nothing', text: 'Too short.' }],
      duplicates: 'allow',
    });
    await runPipeline(ctx, id, never);
    expect(await read(id)).toMatchObject({ status: 'failed', error: { code: 'no_sources' } });
    await ctx.db.execute(sql`delete from pgboss.job`);
    expect(await post(id, 'retry', { fromStep: 'draft' })).toMatchObject({
      status: 409,
      json: { code: 'invalid_state', detail: 'The step "draft" has not run yet; retry without it.' },
    });
    expect(await post(id, 'retry', { fromStep: 'print' })).toMatchObject({ status: 422 });
    expect(await jobsOf(id)).toEqual([]);
    expect(await read(id)).toMatchObject({ status: 'failed' });
    expect(await post(id, 'retry', { fromStep: 'research' })).toMatchObject({ status: 202 });
  });

  it('that is asked for twice at once sets aside and asks anew once', async () => {
    const id = await finished();
    const before = model.asked.length;
    const answers = await Promise.all([1, 2].map(() => post(id, 'retry', { fromStep: 'seo' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect(await jobsOf(id)).toHaveLength(1);
    await runPipeline(ctx, id, never);
    expect(model.asked.slice(before)).toEqual(['seo']);
    const seo = (await listSteps(ctx.db, [id])).filter(({ name }) => name === 'seo');
    expect(seo.map(({ status }) => status)).toEqual(['superseded', 'succeeded']);
  });
});

describe('a cancel', () => {
  it('of what has ended is refused, and of what was cancelled changes nothing', async () => {
    const id = await finished();
    expect(await post(id, 'cancel')).toMatchObject({ status: 409, json: { code: 'invalid_state' } });
    const { id: other } = await givenPipeline(ctx, { duplicates: 'allow' });
    expect((await post(other, 'cancel')).status).toBe(202);
    const first = await read(other);
    expect((await post(other, 'cancel')).status).toBe(202);
    expect(await read(other)).toEqual(first);
  });

  it('at any moment around publishing stops it or comes too late: never both, and nothing goes out twice', async () => {
    const siteId = await givenSite(ctx, 'Blog');
    const brief = { siteId, publish: 'draft' as const, duplicates: 'allow' as const };
    const calm = interrupted(Infinity, async () => undefined);
    const { id: first } = await givenPipeline(calm.ctx, brief);
    await runPipeline(calm.ctx, first, never);
    expect(await read(first)).toMatchObject({ status: 'succeeded' });
    const accesses = calm.accesses();
    const ends: string[] = [];
    for (let at = accesses - 7; at <= accesses; at++) {
      let said = '';
      let id = '';
      const meddling = interrupted(at, async () => {
        said = await outcome(cancelPipeline(ctx, ctx.ownerId, id));
      });
      id = (await givenPipeline(ctx, brief)).id;
      await runPipeline(meddling.ctx, id, never);
      const { status } = await read(id);
      const out = await sentOut(id);
      if (said === 'cancelled') {
        expect({ status, out }, `at access ${at}`).toEqual({ status: 'cancelled', out: 0 });
        // And it can be taken up again, which publishes it once.
        await retryPipeline(ctx, ctx.ownerId, id);
        await runPipeline(ctx, id, never);
        expect(await read(id)).toMatchObject({ status: 'succeeded' });
        expect(await sentOut(id)).toBe(1);
      } else {
        expect({ status, out }, `at access ${at}`).toEqual({ status: 'succeeded', out: 1 });
      }
      ends.push(said);
    }
    expect(new Set(ends)).toEqual(new Set(['cancelled', 'invalid_state']));
  }, 180_000);
});

describe('commands that race with a take-over', () => {
  it('leave one holder or none, and every question paid once', async () => {
    for (let round = 0; round < 8; round++) {
      const { id } = await givenPipeline(ctx, { topic: `Sourdough in round ${round}`, duplicates: 'allow' });
      const dead = await claimPipeline(ctx, id);
      await ctx.db
        .update(pipelines)
        .set({ leaseExpiresAt: new Date(0) })
        .where(eq(pipelines.id, id));
      const commands = [
        () => claimPipeline(ctx, id),
        () => outcome(cancelPipeline(ctx, ctx.ownerId, id)),
        () => outcome(retryPipeline(ctx, ctx.ownerId, id)),
        () => claimPipeline(ctx, id),
      ];
      // Every order comes up.
      const order = [0, 1, 2, 3].sort((a, b) => ((a * 7 + round * 5) % 11) - ((b * 7 + round * 5) % 11));
      const results = await Promise.all(order.map((index) => commands[index]?.()));
      const leases = [dead, ...results].flatMap((result) => (result && typeof result === 'object' ? [result] : []));
      const standing = await Promise.all(
        leases.map((lease) =>
          ctx.db
            .transaction((tx) => lockLease(tx, lease))
            .then(
              () => true,
              () => false,
            ),
        ),
      );
      const { status } = await read(id);
      expect(standing.filter(Boolean)).toHaveLength(status === 'running' ? 1 : 0);
      expect(['running', 'queued', 'cancelled']).toContain(status);

      if (status === 'running')
        await ctx.db
          .update(pipelines)
          .set({ leaseExpiresAt: new Date(0) })
          .where(eq(pipelines.id, id));
      if (status === 'cancelled') await retryPipeline(ctx, ctx.ownerId, id);
      const before = model.asked.length;
      await Promise.all([runPipeline(ctx, id, never), runPipeline(ctx, id, never)]);
      expect(await read(id)).toMatchObject({ status: 'succeeded' });
      expect(model.asked.slice(before).filter((task) => task === 'topic')).toHaveLength(1);
      const steps = await listSteps(ctx.db, [id]);
      expect(steps.filter((step) => step.status === 'succeeded')).toHaveLength(7);
    }
  });
});
