import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { PgBoss } from 'pg-boss';
import { closeContext, createContext } from '../src/app.ts';
import type { AppContext } from '../src/context.ts';
import { newId } from '../src/db/id.ts';
import { queryRows } from '../src/db/open.ts';
import { createLogger } from '../src/logger.ts';
import { briefSchema } from '../src/pipeline/brief.ts';
import { runPipelineJob } from '../src/pipeline/jobs.ts';
import { pipelines } from '../src/pipeline/schema.ts';
import { pipelineConcurrency } from '../src/pipeline/worker.ts';
import { migrateQueue, queueConnections } from '../src/queue/queue.ts';
import { breadSources } from '../test/factories.ts';
import { givenUser } from '../test/ledger.ts';
import { startProcess } from '../test/server-process.ts';
import { type BenchDatabase, noPostgres, openPostgresBench, postgresUrl } from './support/database.ts';
import { type Figure, figure, type Measure, type MeasureOptions, repeat } from './support/measure.ts';
import { bareJob, type Kind, type Message, plainJob } from './support/queue-jobs.ts';

/** How long a job that waits for a model keeps its place, in milliseconds: far less than any model needs. */
const restMs = 50;

/**
 * What the queue carries, each worker in a process of its own on PostgreSQL: milliseconds for each of many waiting jobs,
 * by our workers and by pg-boss alone with the same settings, in turns; one worker against two; how long a job lies before
 * an idle worker begins it; and how long a pipeline lies whose worker was killed before another has taken it.
 */
export const queue: Measure = async (options) => {
  if (!postgresUrl) return { figures: [], notMeasured: [`the queue on PostgreSQL: ${noPostgres}`] };
  const bench = await openPostgresBench(postgresUrl);
  const { database, secrets, remove } = bench;
  await migrateQueue(database, [bareJob, plainJob] as never[]);
  const ctx = await createContext({ ...bench.config, role: 'web' }, secrets, createLogger('warn'), database);
  try {
    const figures = [
      ...(await throughput(ctx, options)),
      ...(await twoWorkers(ctx, options)),
      ...(await startOnIdle(ctx, options)),
    ];
    // A lease lasts twelve seconds: too long for a run that only shows that all works.
    if (options.quick) return { figures, notMeasured: ['takeover after kill -9: left out with --quick'] };
    return { figures: [...figures, await takeover(ctx, bench)], notMeasured: [] };
  } finally {
    await closeContext(ctx);
    await remove();
  }
};

async function throughput(ctx: AppContext, { quick }: MeasureOptions): Promise<Figure[]> {
  const [jobs, rounds] = quick ? [60, 1] : [300, 5];
  const kinds: Kind[] = ['bare', 'plain', 'pipeline'];
  const workers = new Map<Kind, Worker>();
  try {
    const started = await Promise.all(kinds.map((kind) => startWorker(ctx, kind)));
    for (const [index, kind] of kinds.entries()) workers.set(kind, started[index] as Worker);
    const each: Record<Kind, number[]> = { bare: [], plain: [], pipeline: [] };
    // The first round warms up; the others go forth and back, so that each kind meets the same machine.
    for (let round = 0; round <= rounds; round++) {
      for (const kind of round % 2 ? kinds : kinds.toReversed()) {
        const spent = await workAll(ctx, kind, [workers.get(kind) as Worker], round === 0 ? 40 : jobs);
        if (round > 0) each[kind].push(spent);
      }
    }
    const baseline = { what: 'bare pg-boss', values: each.bare };
    return [
      figure('a job of our queue, one worker: time for each', 'ms', each.plain, { baseline, aimRatio: 1 / 0.6 }),
      figure('an empty pipeline, one worker: time for each', 'ms', each.pipeline, { baseline, aimRatio: 1 / 0.6 }),
    ];
  } finally {
    for (const worker of workers.values()) await worker.stop();
  }
}

async function twoWorkers(ctx: AppContext, { quick }: MeasureOptions): Promise<Figure[]> {
  const [jobs, rounds] = quick ? [24, 1] : [120, 3];
  const figures: Figure[] = [];
  const waiting = [`a pipeline that waits ${restMs} ms for a model`, restMs] as const;
  for (const [name, rest] of quick ? [waiting] : [waiting, ['an empty pipeline', 0] as const]) {
    const first = await startWorker(ctx, 'pipeline', rest);
    const measured = (workers: Worker[]) => repeat(rounds, () => workAll(ctx, 'pipeline', workers, jobs));
    await workAll(ctx, 'pipeline', [first], 20);
    const before = await measured([first]);
    const second = await startWorker(ctx, 'pipeline', rest);
    await workAll(ctx, 'pipeline', [first, second], 20);
    const two = await measured([first, second]);
    await second.stop();
    const one = [...before, ...(await measured([first]))];
    await first.stop();
    const baseline = { what: 'one worker', values: one };
    figures.push(figure(`${name}, two workers: time for each`, 'ms', two, { baseline, aimRatio: 1 / 1.7 }));
  }
  return figures;
}

async function startOnIdle(ctx: AppContext, { quick }: MeasureOptions): Promise<Figure[]> {
  const worker = await startWorker(ctx, 'pipeline');
  try {
    const userId = await givenUser(ctx.db);
    const lain = await repeat(quick ? 5 : 40, async () => {
      const [begun, done] = [worker.next('begun'), worker.next('done')];
      const start = performance.timeOrigin + performance.now();
      await ctx.db.transaction(async (tx) => {
        const id = await givenPipeline(tx, userId);
        await ctx.queue.enqueue(tx, runPipelineJob, { pipelineId: id });
      });
      const { at } = (await begun) as { at: number };
      await done;
      // Until it listens again like one that has had nothing to do for a while.
      await pause(quick ? 20 : 150);
      return at - start;
    });
    const slow = [...lain].sort((a, b) => a - b)[Math.floor(lain.length * 0.95)] ?? 0;
    return [
      figure('from enqueueing to the start, idle worker', 'ms', lain, { aim: 100 }),
      figure('from enqueueing to the start, idle worker, 95th percentile', 'ms', [slow], { aim: 100 }),
    ];
  } finally {
    await worker.stop();
  }
}

/** Kills the worker of several pipelines in the middle of a call, three times; seconds until another has each. */
async function takeover(ctx: AppContext, { database, secrets }: BenchDatabase): Promise<Figure> {
  const { engine } = database;
  if (engine.kind !== 'postgres') throw new Error('measured on PostgreSQL');
  // A provider that takes every question and answers none.
  let asked = 0;
  const provider = createServer(() => {
    asked += 1;
  });
  await once(provider.listen(0, '127.0.0.1'), 'listening');
  const env = {
    APP_SECRET: secrets.appSecret,
    DATABASE_URL: String(engine.connection.connectionString),
    OPENAI_BASE_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`,
    LLM_MODEL: 'openai:gpt-4o-mini',
  };
  const startOne = async () => {
    const started = startProcess('src/cli.ts', env, { args: ['start', '--role', 'worker'] });
    await until(async () => started.output().includes('works'));
    return started;
  };
  const seconds: number[] = [];
  let one = await startOne();
  let other = one;
  try {
    for (let number = 0; number < pipelineConcurrency; number++) {
      const userId = await givenUser(ctx.db);
      await ctx.db.transaction(async (tx) => {
        const id = await givenPipeline(tx, userId);
        await ctx.queue.enqueue(tx, runPipelineJob, { pipelineId: id });
      });
    }
    for (let kill = 0; kill < 3; kill++) {
      // The one has all of them, each in the middle of a call; the other has nothing to do.
      await until(async () => asked >= pipelineConcurrency * (kill + 1));
      other = await startOne();
      const start = performance.now();
      await one.kill('SIGKILL');
      const taken = new Set<string>();
      await until(async () => {
        const rows = await queryRows<{ id: string }>(
          ctx.db,
          sql`select id from pipelines where status = 'running' and takeovers > ${kill} and lease_expires_at > now()`,
        );
        for (const { id } of rows.filter((row) => !taken.has(row.id))) {
          taken.add(id);
          seconds.push((performance.now() - start) / 1000);
        }
        return taken.size === pipelineConcurrency;
      });
      one = other;
    }
  } finally {
    await one.kill('SIGKILL');
    await other.kill('SIGKILL');
    provider.closeAllConnections();
    provider.close();
  }
  return figure('takeover of a pipeline after kill -9 of its worker', 's', seconds, { aim: 15 });
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  const start = performance.now();
  while (!(await reached())) {
    if (performance.now() - start > 120_000) throw new Error('it did not come to that');
    await pause(20);
  }
}

/**
 * Adds so many jobs at once and returns the milliseconds that each took. The clock starts with the second job of every
 * place, so that the time until it is woken is not in it.
 */
async function workAll(ctx: AppContext, kind: Kind, workers: Worker[], count: number): Promise<number> {
  const { engine } = ctx.database;
  if (engine.kind !== 'postgres') throw new Error('measured on PostgreSQL');
  const data =
    kind === 'pipeline'
      ? (await givenPipelines(ctx, count)).map((pipelineId) => ({ pipelineId }))
      : Array.from({ length: count }, (_, number) => ({ number }));
  const name = { bare: bareJob, plain: plainJob, pipeline: runPipelineJob }[kind].name;
  const { connectionString } = engine.connection;
  const boss = new PgBoss({
    connectionString,
    max: queueConnections,
    migrate: false,
    supervise: false,
    schedule: false,
  });
  await boss.start();
  const first = 2 * pipelineConcurrency * workers.length;
  let done = 0;
  let start = 0;
  const finished = Promise.withResolvers<void>();
  const endings = workers.map((worker) =>
    worker.onDone(() => {
      done += 1;
      if (done === first) start = performance.now();
      if (done === count) finished.resolve();
    }),
  );
  await boss.insert(
    name,
    data.map((one) => ({ data: one })),
  );
  await finished.promise;
  const spent = (performance.now() - start) / (count - first);
  for (const end of endings) end();
  await boss.stop({ graceful: false });
  return spent;
}

const brief = briefSchema.parse({
  topic: 'Keeping a sourdough starter alive',
  sources: breadSources,
  duplicates: 'allow',
});

async function givenPipeline(tx: AppContext['db'], userId: string): Promise<string> {
  const id = newId();
  const row = { id, userId, brief, topic: brief.topic, status: 'queued', budgetMicroUsd: 1_000_000 } as const;
  await tx.insert(pipelines).values(row);
  return id;
}

/** Pipelines of as many users, so that none waits for the place of another. */
async function givenPipelines({ db }: AppContext, count: number): Promise<string[]> {
  const rows = await queryRows<{ id: string }>(
    db,
    sql`with writers as (
          insert into users (id, name) select gen_random_uuid(), 'Writer' from generate_series(1, ${count}) returning id
        )
        insert into pipelines (id, user_id, brief, topic, status, budget_micro_usd)
          select gen_random_uuid(), id, ${JSON.stringify(brief)}::jsonb, ${brief.topic}, 'queued', 1000000 from writers returning id`,
  );
  return rows.map(({ id }) => id);
}

interface Worker {
  /** Calls back for every job that is done, until what it returns is called. */
  onDone(listener: () => void): () => void;
  next(kind: Message['kind']): Promise<Message>;
  stop(): Promise<void>;
}

async function startWorker({ database }: AppContext, kind: Kind, rest = 0): Promise<Worker> {
  const { engine } = database;
  if (engine.kind !== 'postgres') throw new Error('measured on PostgreSQL');
  const file = new URL('./support/queue-worker.ts', import.meta.url);
  const child: ChildProcess = fork(file, [kind, String(engine.connection.connectionString), String(rest)]);
  const ended = once(child, 'exit').then(([status]) => new Error(`the worker ended with ${status}`));
  const next = (wanted: Message['kind']) =>
    new Promise<Message>((resolve, reject) => {
      const look = (message: Message) => {
        if (message.kind !== wanted) return;
        child.off('message', look);
        resolve(message);
      };
      child.on('message', look);
      ended.then(reject);
    });
  await next('ready');
  return {
    onDone(listener) {
      const look = (message: Message) => message.kind === 'done' && listener();
      child.on('message', look);
      return () => child.off('message', look);
    },
    next,
    async stop() {
      child.send('stop');
      await ended;
    },
  };
}
