import { setTimeout as sleep } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import type { PoolConfig } from 'pg';
import { paidCalls } from '../../src/budget/schema.ts';
import { spendingChecked } from '../../src/budget/warnings.ts';
import { tendBudget } from '../../src/budget/worker.ts';
import type { AppContext } from '../../src/context.ts';
import { openDatabase, queryRows } from '../../src/db/open.ts';
import { createEmbedder } from '../../src/knowledge/embeddings.ts';
import { createExtractor, type Extractor } from '../../src/knowledge/extract.ts';
import { createRobots } from '../../src/knowledge/robots.ts';
import { createModels } from '../../src/llm/models.ts';
import { createSafeFetch } from '../../src/net/safe-fetch.ts';
import type { EventBus } from '../../src/pipeline/event-bus.ts';
import { type Pipeline, pipelines } from '../../src/pipeline/schema.ts';
import { workPipelines } from '../../src/pipeline/worker.ts';
import { createWebSearch } from '../../src/web-search/web-search.ts';
import { beginLife, type Death, type Life } from '../awaits/mortal-life.ts';
import { startDatabaseProxy } from '../fakes/database-proxy.ts';
import { type ModelServer, startModelServer } from '../fakes/model-server.ts';
import { type PageServer, startPageServer } from '../fakes/page-server.ts';
import { diligentScript, type Script } from '../fakes/scripted-model.ts';
import { type SearchServer, startSearchServer } from '../fakes/search-server.ts';
import { startTestApp, type TestApp, type TestContext } from '../harness.ts';
import { needed } from './environment.ts';

/** Says where the lives of workers end. */
export type Fate = (death: Death, passed: number) => boolean;
export const immortal: Fate = () => false;

/** A PostgreSQL database of its own, the servers that articles are made from, and workers that can die in this process. */
export interface Rig {
  ctx: TestContext;
  models: ModelServer;
  search: SearchServer;
  web: PageServer;
  /** Every death so far, with the calls of the ledger that were reserved then, and how many calls there were. */
  deaths: (Death & { reserved: string[]; calls: number })[];
  /** How many calls of models there had been each time a person had a step redone: from then on it is asked anew. */
  redone: number[];
  /** What the models answer from now on; nothing for what they usually do. */
  setScript(script: Script): void;
  /** Tells the worker that lives at the moment to end, as SIGTERM does. */
  askToStop(): void;
  /** Does `work` as a process of its own with connections of its own. Resolves with its death, or null when it lived. */
  live(fate: Fate, work: (ctx: AppContext) => Promise<void>): Promise<Death | null>;
  /** Works the pipeline with one worker after the other until nobody has to, and returns how it stands. */
  work(fate: Fate, id: string): Promise<Pipeline>;
  close(): Promise<void>;
}

export async function startRig(env: Record<string, string>): Promise<Rig> {
  needed('TEST_DATABASE_URL');
  let script: Script = {};
  const answering = new Proxy(diligentScript, { get: (usual, task: keyof Script) => script[task] ?? usual[task] });
  const models = await startModelServer(answering);
  const search = await startSearchServer();
  const web = await startPageServer(6);
  const app = await startTestApp({
    // Its own, not the one that tests share, whose waiting nobody sees.
    overrides: { extractor: patientExtractor(), embedder: createEmbedder() },
    env: {
      OPENAI_BASE_URL: models.url,
      ALLOW_PRIVATE_HOSTS: '127.0.0.0/8',
      ...search.env.brave,
      ...search.env.tavily,
      ...search.env.searxng,
      ...env,
    },
  });
  const deaths: Rig['deaths'] = [];
  let lives = 0;
  let orphans = 0;
  let shutdown = new AbortController();

  async function live(fate: Fate, work: (ctx: AppContext) => Promise<void>): Promise<Death | null> {
    lives += 1;
    const name = `bp-life-${lives}`;
    const life = beginLife(fate);
    const { ctx, end, kill } = await openProcess(app, models, search, name, life);
    // Its clocks may strike once more when its work is done: who died then would keep a connection for ever.
    const working = life.run(() => work(ctx)).then(() => (life.survive() ? null : life.death));
    const watch = watchOver(life);
    const death = await Promise.race([working, life.death, watch.stuck]).finally(watch.end);
    if (death === null) await end();
    else await kill();
    const left = await queryRows<{ id: string }>(app.ctx.db, sql`select id from paid_calls where status = 'reserved'`);
    const reserved = left.map(({ id }) => id);
    const calls = await app.ctx.db.$count(paidCalls);
    expectSettledFirst(deaths.at(-1), { reserved, calls });
    if (death !== null) deaths.push({ ...death, reserved, calls });
    return death;
  }

  async function work(fate: Fate, id: string): Promise<Pipeline> {
    let inVain = 0;
    for (let lived = 0; lived < 2_000; lived += 1) {
      shutdown = new AbortController();
      const death = await live(fate, (ctx) => workOne(ctx, id, shutdown.signal));
      inVain = death === null ? inVain + 1 : 0;
      // Nobody waits 12 seconds for the end of a lease here. Every second time that money is held back by the dead, it is
      // long over when someone comes. So many deaths are counted neither as takeovers nor as failures of a step.
      const holdsMoney = death !== null && (deaths.at(-1)?.reserved.length ?? 0) > 0;
      const ago = sql`interval '${sql.raw(holdsMoney && orphans++ % 2 === 0 ? '20' : '1')} seconds'`;
      const { db } = app.ctx;
      await db
        .update(pipelines)
        .set({
          takeovers: 0,
          ...(death ? { retriedAt: sql`now()` as never } : {}),
          leaseExpiresAt: sql`now() - ${ago}`,
        })
        .where(eq(pipelines.status, 'running'));
      await db
        .update(paidCalls)
        .set({ startedAt: sql`${paidCalls.startedAt} - ${ago}` as never })
        .where(eq(paidCalls.status, 'reserved'));
      const [row] = await db.select().from(pipelines).where(eq(pipelines.id, id));
      if (!row) throw new Error('the pipeline is gone');
      if (death === null && row.status !== 'queued' && row.status !== 'running') return row;
      if (inVain === livesInVain) throw new Error(`nobody takes it: ${JSON.stringify(row)}`);
    }
    throw new Error('the pipeline never came to an end');
  }

  return {
    ctx: app.ctx,
    models,
    search,
    web,
    deaths,
    redone: [],
    setScript: (next) => {
      script = next;
    },
    askToStop: () => shutdown.abort(new Error('the process is stopping')),
    live,
    work,
    async close() {
      await app.close();
      await models.close();
      await search.close();
      await web.close();
    },
  };
}

/**
 * Whoever goes on after a death settles what it left reserved before they ask for anything: else that money is held back
 * until somebody notices, and their own calls may not fit beside it.
 */
function expectSettledFirst(
  death: Rig['deaths'][number] | undefined,
  now: { reserved: string[]; calls: number },
): void {
  if (!death || now.calls === death.calls) return;
  const held = death.reserved.filter((id) => now.reserved.includes(id));
  if (held.length > 0) {
    throw new Error(
      `${held.length} calls of the dead were held back while another asked on; it died ${death.side} ${death.site}`,
    );
  }
}

/** How many workers in a row may end without having brought a pipeline to where nobody has to work it. */
const livesInVain = 30;
/** How long a life may last before the test is given up, in milliseconds: a whole article takes a few seconds. */
const patienceMs = 120_000;

/** Fails with the places where a life waits when it comes to no end. Its clocks may strike all the while. */
function watchOver(life: Life): { stuck: Promise<never>; end(): void } {
  const { promise: stuck, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      reject(new Error(`it comes to no end; after ${life.passed()} places it waits at\n${life.waitsAt().join('\n')}`)),
    patienceMs,
  );
  return { stuck, end: () => clearTimeout(timer) };
}

/** The product's, but on a busy machine a page is not given up for the time that it takes. */
function patientExtractor(): Extractor {
  const extractor = createExtractor();
  const timeoutMs = 120_000;
  return {
    ...extractor,
    read: (input, options) => extractor.read(input, { ...options, timeoutMs }),
    extract: (input, options) => extractor.extract(input, { ...options, timeoutMs }),
  };
}

/** What a worker does from its start on when the queue has this one job for it. */
async function workOne(ctx: AppContext, pipelineId: string, shutdown: AbortSignal): Promise<void> {
  let handle: (payload: { pipelineId: string }, signal: AbortSignal) => Promise<void> = async () => undefined;
  const work: AppContext['queue']['work'] = async (_job, _concurrency, handler) => {
    handle = handler as unknown as typeof handle;
  };
  const endWork = await workPipelines({ ...ctx, queue: { ...ctx.queue, work } });
  const endBudget = await tendBudget(ctx);
  await handle({ pipelineId }, shutdown);
  endWork();
  endBudget();
  await spendingChecked(ctx.db);
}

/** What a process of its own has to itself: connections to the database and to others, and what it remembers. */
async function openProcess({ ctx }: TestApp, models: ModelServer, search: SearchServer, name: string, life: Life) {
  const { engine } = ctx.database;
  if (engine.kind !== 'postgres') throw new Error('this needs PostgreSQL');
  const proxy = await startDatabaseProxy((engine.connection as PoolConfig).connectionString ?? '');
  const url = new URL(proxy.url);
  url.searchParams.set('application_name', name);
  const config = { ...ctx.config, database: { kind: 'postgres' as const, caCertificate: null, poolSize: 5 } };
  const secrets = { ...ctx.secrets, databaseUrl: url.toString() };
  const database = await openDatabase(config, secrets);
  const safeFetch = createSafeFetch(config.net);
  const webSearch = createWebSearch(config, secrets, { braveUrl: search.url, tavilyUrl: search.url });
  const own: AppContext = {
    ...ctx,
    config,
    secrets,
    database,
    db: database.db,
    bus: busOf(ctx.bus, life),
    safeFetch,
    webSearch,
    robots: createRobots(safeFetch, ctx.extractor, { userAgent: config.net.userAgent }),
    models: createModels(config, secrets, { urls: models.urls }),
  };
  const closeOthers = () => Promise.all([safeFetch.close(), webSearch.close()]);
  return {
    ctx: own,
    async end() {
      await closeOthers();
      await database.close();
      await proxy.close();
    },
    /** What the kernel does for a process that is no more, until the server has noticed. */
    async kill() {
      await proxy.close();
      // The function's own waiting looks every 100 ms only.
      const end = sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = ${name} and datname = current_database()`;
      while ((await queryRows(ctx.db, end)).length > 0) await sleep(2);
      // What it still had to ask goes nowhere.
      database.close().catch(() => undefined);
      closeOthers().catch(() => undefined);
    },
  };
}

/** The bus of the test for a life: what it is woken for is its own doing, and the dead are not woken. */
function busOf(bus: EventBus, life: Life): EventBus {
  const ofLife =
    <Args extends unknown[]>(callback: (...args: Args) => void) =>
    (...args: Args) => {
      if (!life.isDead()) life.run(() => callback(...args));
    };
  return {
    ...bus,
    subscribe: (id, onChange) => bus.subscribe(id, ofLife(onChange)),
    onDisabled: (id, look) => bus.onDisabled(id, ofLife(look)),
    onEnabled: (look) => bus.onEnabled(ofLife(look)),
  };
}
