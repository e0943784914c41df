import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eq, inArray, sql } from 'drizzle-orm';
import type { PoolConfig } from 'pg';
import { expect, vi } from 'vitest';
import { users } from '../../src/accounts/schema.ts';
import { listCalls } from '../../src/budget/ledger.ts';
import { newId } from '../../src/db/id.ts';
import { queryRows } from '../../src/db/open.ts';
import { type Pipeline, pipelineSteps, pipelines } from '../../src/pipeline/schema.ts';
import { breadSources, givenPipeline } from '../factories.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../fakes/database-proxy.ts';
import { type ModelServer, type ProviderCall, startModelServer } from '../fakes/model-server.ts';
import { diligentScript } from '../fakes/scripted-model.ts';
import { startTestApp, type TestApp, type TestContext } from '../harness.ts';
import { wrongCounters } from '../ledger.ts';
import { type Program, printed, runProgram } from '../program.ts';
import { needed } from './environment.ts';

const entry = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const programs = {
  /** The whole product as a worker. */
  product: [entry('../../src/cli.ts'), 'start', '--role', 'worker'],
  /** The whole product, with its API. */
  server: [entry('../../src/cli.ts'), 'start'],
  /** Pipelines only, which starts and writes faster. */
  pipelines: [entry('../light-worker.ts'), 'pipelines'],
  /** Schedules only: what they begin stays in the queue. */
  schedules: [entry('../light-worker.ts'), 'schedules'],
} as const;
const ready = /serves on|works the queue/;

const program = (kind: keyof typeof programs) => {
  const [script, ...args] = programs[kind];
  return { script, args };
};

/** A process of the product that reaches its database through a proxy of its own. */
export interface Worker {
  name: string;
  program: Program;
  database: DatabaseProxy;
  /** Sends SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** A PostgreSQL database of its own with a provider of models, and processes that work on it. */
export interface PipelineInstance {
  app: TestApp;
  ctx: TestContext;
  /** Straight to the database. */
  databaseUrl: string;
  provider: ModelServer;
  /** Resolves when the process works. It calls the provider with its name as the key. */
  startWorker(name: string, kind?: keyof typeof programs | { script: string; args: string[] }): Promise<Worker>;
  close(): Promise<void>;
}

/** Starts it without any worker. `env` is for every process. */
export async function startPipelineInstance(env: Record<string, string> = {}): Promise<PipelineInstance> {
  needed('TEST_DATABASE_URL');
  const provider = await startModelServer(diligentScript);
  const models = { OPENAI_BASE_URL: provider.url, LLM_MODEL: 'openai:gpt-4o-mini', ...env };
  const app = await startTestApp({ env: { ...models, LOG_LEVEL: 'warn' } });
  const { ctx } = app;
  const { engine } = ctx.database;
  if (engine.kind !== 'postgres') throw new Error('the tests of processes need PostgreSQL');
  const databaseUrl = (engine.connection as PoolConfig).connectionString ?? '';
  const workers: Worker[] = [];
  return {
    app,
    ctx,
    databaseUrl,
    provider,
    async startWorker(name, kind = 'pipelines') {
      const database = await startDatabaseProxy(databaseUrl);
      const { script, args } = typeof kind === 'object' ? kind : program(kind);
      const child = runProgram(script, args, {
        // What one has compiled the next one reads: many start here.
        NODE_COMPILE_CACHE: fileURLToPath(new URL('../../.cache/compiled', import.meta.url)),
        DATABASE_URL: `${database.url}?application_name=${name}`,
        APP_SECRET: ctx.secrets.appSecret,
        OPENAI_API_KEY: name,
        HOST: '127.0.0.1',
        PORT: '0',
        LOG_LEVEL: 'info',
        AUTH_RATE_LIMIT_PER_MINUTE: '10000',
        ...models,
      });
      const worker: Worker = {
        name,
        program: child,
        database,
        async kill() {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const gone = once(child, 'close');
          child.kill('SIGKILL');
          await gone;
        },
      };
      workers.push(worker);
      await printed(child, ready);
      return worker;
    },
    async close() {
      for (const worker of workers) {
        await worker.kill();
        await worker.database.close();
      }
      await provider.close();
      await app.close();
    },
  };
}

/** A short article of its own words, so that no question about it is that of another one. `tag` stands in each question. */
export const givenArticle = (ctx: TestContext, tag: string): Promise<Pipeline> =>
  givenPipeline(ctx, {
    topic: `Keeping a sourdough starter alive ${tag}`,
    sources: breadSources.map(({ title, text }) => ({ title: `${title} ${tag}`, text: `By ${tag}: ${text}` })),
    duplicates: 'allow',
    words: { min: 100, max: 200 },
  });

/** Keeps back the answer to the first question of a task about an article; resolves as soon as it is asked. */
export function holdCall(
  { provider }: PipelineInstance,
  task: ProviderCall['task'],
  tag: string,
): { asked: Promise<ProviderCall>; answer: () => void } {
  const asked = Promise.withResolvers<ProviderCall>();
  const answer = Promise.withResolvers<void>();
  const others = provider.intercept;
  let held = false;
  provider.intercept = async (call, wire) => {
    if (!held && call.task === task && JSON.stringify(call.messages).includes(tag)) {
      held = true;
      asked.resolve(call);
      await answer.promise;
      return false;
    }
    return (await others?.(call, wire)) ?? false;
  };
  return { asked: asked.promise, answer: answer.resolve };
}

/** Everything that a pipeline has led to, for looking whether something was written since. */
export async function everythingOf(ctx: TestContext, id: string): Promise<unknown> {
  const { updatedAt: _, ...pipeline } = (await readPipeline(ctx, id)) as Pipeline & { updatedAt?: Date };
  const tables = ['pipeline_steps', 'pipeline_events', 'articles'];
  const rows = await Promise.all(
    tables.map((table) =>
      queryRows(ctx.db, sql`select * from ${sql.identifier(table)} where pipeline_id = ${id} order by id`),
    ),
  );
  return { pipeline, rows };
}

/** Another user, who works as the owner of the context that is returned. */
export async function givenUser(
  ctx: TestContext,
  values: Partial<typeof users.$inferInsert> = {},
): Promise<TestContext> {
  const ownerId = newId();
  await ctx.db.insert(users).values({ id: ownerId, name: 'Someone', ...values });
  return { ...ctx, ownerId };
}

export async function readPipeline(ctx: TestContext, id: string): Promise<Pipeline> {
  const [row] = await ctx.db.select().from(pipelines).where(eq(pipelines.id, id));
  if (!row) throw new Error('the pipeline is gone');
  return row;
}

/** Waits until all of them have succeeded. Throws when one fails, and after `timeout` milliseconds. */
export async function untilSucceeded(ctx: TestContext, ids: string[], timeout = 90_000): Promise<void> {
  const told = ({ id, status, waiting, error, currentStep }: Pipeline) =>
    `${id} ${status} ${currentStep} ${error?.message ?? waiting?.message ?? ''}`;
  let given: string[] = [];
  await vi.waitFor(
    async () => {
      const rows = await ctx.db.select().from(pipelines).where(inArray(pipelines.id, ids));
      given = rows.filter(({ status }) => status === 'failed' || status === 'cancelled').map(told);
      // What has ended otherwise does not succeed any more.
      if (given.length > 0) return;
      expect(rows.filter(({ status }) => status !== 'succeeded').map(told)).toEqual([]);
    },
    { timeout, interval: 100 },
  );
  expect(given).toEqual([]);
}

/** Waits until a process has said that it is no longer at work on the pipeline. */
export const untilGivenUp = ({ program }: Worker, id: string) =>
  vi.waitFor(
    () => expect(program.output()).toMatch(new RegExp(`"pipelineId":"${id}".*(pipeline given up|job broken off)`)),
    {
      timeout: 60_000,
    },
  );

/** What a provider was asked, once for each question and pipeline: who asked it, in order. */
export function askedBy(calls: readonly ProviderCall[]): Map<string, (string | undefined)[]> {
  const asked = new Map<string, (string | undefined)[]>();
  for (const { messages, key } of calls) {
    const question = JSON.stringify(messages);
    asked.set(question, [...(asked.get(question) ?? []), key]);
  }
  return asked;
}

/** The questions that were asked more than once, each with who asked it. */
export const askedTwice = (calls: readonly ProviderCall[]) =>
  [...askedBy(calls).values()].filter((by) => by.length > 1);

/**
 * What holds of every pipeline that has succeeded, whatever happened to its workers: each step is recorded once, nothing is
 * left reserved, the ledger has a row for each request, the counters of money are right, and no job is left.
 */
export async function expectWhole({ ctx, provider }: PipelineInstance, ids: string[]): Promise<void> {
  const { name, pipelineId, status } = pipelineSteps;
  const twice = await ctx.db
    .select({ pipelineId, name, count: sql<number>`count(*)::int` })
    .from(pipelineSteps)
    .where(eq(status, 'succeeded'))
    .groupBy(pipelineId, name);
  expect(twice.filter(({ count }) => count !== 1)).toEqual([]);
  expect(twice).toHaveLength(ids.length * 7);
  const articles = await queryRows<{ count: number }>(
    ctx.db,
    sql`select pipeline_id, count(*)::int as count from articles group by pipeline_id`,
  );
  expect(articles.map(({ count }) => count)).toEqual(ids.map(() => 1));
  const calls = await listCalls(ctx.db, ids);
  expect(calls.filter((call) => call.status === 'reserved')).toEqual([]);
  expect(calls.length).toBeGreaterThanOrEqual(provider.calls.length);
  expect(await wrongCounters(ctx.db)).toEqual([]);
  const jobs = await queryRows(
    ctx.db,
    sql`select name, state from pgboss.job where state in ('created', 'retry', 'active')`,
  );
  expect(jobs).toEqual([]);
}
