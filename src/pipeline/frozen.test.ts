import { eq, StringChunk } from 'drizzle-orm';
import { afterEach, expect, test, vi } from 'vitest';
import { givenPipeline, withModel } from '../../test/factories.ts';
import { diligentScript, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { type SearchServer, startSearchServer } from '../../test/fakes/search-server.ts';
import { startTestApp, type TestApp, testConfig } from '../../test/harness.ts';
import { listCalls, settleAbandoned } from '../budget/ledger.ts';
import type { AppContext } from '../context.ts';
import { sources } from '../knowledge/schema.ts';
import { createWebSearch } from '../web-search/web-search.ts';
import { claimPipeline, leaseMs } from './lease.ts';
import { getPipeline } from './queries.ts';
import { runPipeline } from './runner.ts';
import { pipelineSteps, pipelines } from './schema.ts';

/*
 * Workers that stand still (SIGSTOP, a paused machine) between an answer that was still true and what they do with it, and
 * wake when another has their pipeline.
 */

const never = new AbortController().signal;
let app: TestApp | null = null;
let search: SearchServer | null = null;

afterEach(async () => {
  vi.useRealTimers();
  await app?.close();
  await search?.close();
  app = null;
  search = null;
});

async function start() {
  search = await startSearchServer(() => []);
  const { config, secrets } = testConfig(search.env.brave);
  const model = scriptedModel(diligentScript);
  const webSearch = createWebSearch(config, secrets, { braveUrl: search.url });
  app = await startTestApp({ overrides: { ...withModel(model), webSearch } });
  const { ctx } = app;
  return { ctx, model, search, read: (id: string) => getPipeline(ctx.db, ctx.ownerId, id) };
}

/** All clocks of this machine are `ms` milliseconds further: this process noticed nothing of them. */
function standStill(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
}

/** What another worker does when it has noticed the silence. A server has a clock of its own: to it the time is over, too. */
async function takeOver(ctx: AppContext, id: string): Promise<void> {
  await ctx.db
    .update(pipelines)
    .set({ leaseExpiresAt: new Date(0) })
    .where(eq(pipelines.id, id));
  expect(await claimPipeline(ctx, id)).toMatchObject({ lease: 2 });
  await settleAbandoned(ctx.db, id);
}

/** A context in which `freeze` happens after the database has granted the money for a call of `task`, before its worker hears of it. */
function frozenAt(ctx: AppContext, task: string, freeze: () => Promise<void>): AppContext {
  let frozen = false;
  const db = new Proxy(ctx.db, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name !== 'execute') return typeof value === 'function' ? value.bind(target) : value;
      return async (query: Parameters<typeof target.execute>[0]) => {
        const answer = await target.execute(query);
        const { queryChunks: parts } = query as unknown as { queryChunks: unknown[] };
        const words = parts.flatMap((part) => (part instanceof StringChunk ? part.value : [])).join('');
        if (!frozen && words.includes('money_for_call') && parts.includes(task)) {
          frozen = true;
          await freeze();
        }
        return answer;
      };
    },
  });
  return { ...ctx, db };
}

test('a worker that froze over a reservation asks no model when another has its pipeline by then', async () => {
  const { ctx, model, read } = await start();
  const { id } = await givenPipeline(ctx);
  const freeze = async () => {
    standStill(leaseMs + 1_000);
    await takeOver(ctx, id);
  };
  await runPipeline(frozenAt(ctx, 'topic', freeze), id, never);
  expect(model.asked).toEqual([]);
  expect(await listCalls(ctx.db, [id])).toMatchObject([
    { task: 'topic', status: 'released', estimated: false, costMicroUsd: 0, error: { code: 'lease_lost' } },
  ]);
  // The other one's work is as it was.
  expect(await read(id)).toMatchObject({ status: 'running', lease: 2 });
  expect(await ctx.db.select().from(pipelineSteps)).toMatchObject([{ name: 'topic', status: 'running' }]);
});

test('nor does it search', async () => {
  const { ctx, search, read } = await start();
  const { id } = await givenPipeline(ctx, { sources: [] });
  const freeze = async () => {
    standStill(leaseMs + 1_000);
    await takeOver(ctx, id);
  };
  await runPipeline(frozenAt(ctx, 'search', freeze), id, never);
  expect(search.calls).toEqual([]);
  const searches = (await listCalls(ctx.db, [id])).filter(({ kind }) => kind === 'search');
  expect(searches).toMatchObject([{ status: 'released', costMicroUsd: 0, error: { code: 'lease_lost' } }]);
  expect(await read(id)).toMatchObject({ status: 'running', lease: 2 });
});

test('a worker that froze while nobody took its pipeline asks whose it is, and goes on', async () => {
  const { ctx, model, read } = await start();
  const { id } = await givenPipeline(ctx);
  await runPipeline(
    frozenAt(ctx, 'topic', async () => standStill(leaseMs + 1_000)),
    id,
    never,
  );
  expect(await read(id)).toMatchObject({ status: 'succeeded', lease: 2, takeovers: 0 });
  expect(model.asked.filter((task) => task === 'topic')).toHaveLength(1);
});

test('a worker that lost its pipeline while it computed stores no source', async () => {
  const { ctx, read } = await start();
  const { id } = await givenPipeline(ctx);
  const embed: AppContext['embedder']['embed'] = async (texts) => {
    await takeOver(ctx, id);
    return ctx.embedder.embed(texts);
  };
  await runPipeline({ ...ctx, embedder: { ...ctx.embedder, embed } }, id, never);
  expect(await ctx.db.select().from(sources)).toEqual([]);
  expect(await read(id)).toMatchObject({ status: 'running', lease: 2 });
});
