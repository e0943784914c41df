import { sql } from 'drizzle-orm';
import { type ConstructorOptions, fromDrizzle, fromPglite, type Job, PgBoss, type WorkOptions } from 'pg-boss';
import bossManifest from 'pg-boss/package.json' with { type: 'json' };
import { type Database, type Db, queryRows } from '../db/open.ts';
import type { Logger } from '../logger.ts';
import { keptMs } from '../retention.ts';
import type { JobDefinition } from './define-job.ts';

/** Background work in the same database: enqueued in the caller's transaction, so that neither exists without the other. */
export interface Queue {
  /** Adds a job inside `tx`. `startAfter` is a time in UTC; without it the job starts at once. */
  enqueue<Payload extends object>(
    tx: Db,
    job: JobDefinition<Payload>,
    payload: Payload,
    options?: { startAfter?: Date },
  ): Promise<void>;
  /** Works a kind of job, `concurrency` at a time. `signal` aborts when the process is asked to stop. */
  work<Payload extends object>(
    job: JobDefinition<Payload>,
    concurrency: number,
    handler: (payload: Payload, signal: AbortSignal) => Promise<void>,
  ): Promise<void>;
  /** Jobs that wait or run, for health and tests. */
  depth(job: JobDefinition<object>): Promise<{ ready: number; active: number }>;
  stop(): Promise<void>;
}

const shutdownMs = 8_000;

/** How the queue treats jobs of every kind. */
export const queueSettings = { notify: true, heartbeatSeconds: 10, retryBackoff: true, retryDelayMax: 600 };

/** How a process connects to an installed queue. */
export const bossSettings = {
  migrate: false,
  createSchema: false,
  schedule: false,
  superviseIntervalSeconds: 2,
  monitorIntervalSeconds: 2,
} satisfies ConstructorOptions;

/** How a process works jobs. */
export const workSettings = {
  batchSize: 1,
  heartbeatRefreshSeconds: 3,
  pollingIntervalSeconds: 2,
  // A job whose time comes is not announced, and with LISTEN the default poll is every 30 s: retries and held articles
  // would be that late.
  notifyPollingIntervalSeconds: 2,
} satisfies WorkOptions;

/**
 * Works jobs of one name at `places` places of this process, each of which looks for its next job as soon as it has done
 * one. pg-boss alone rests between two unless its count of waiting jobs, which is seconds old, says that there are more:
 * a backlog of short jobs then went at the pace of the resting.
 */
export async function workWithoutRest(
  boss: PgBoss,
  name: string,
  places: number,
  handler: (job: Job<object>) => Promise<void>,
): Promise<void> {
  for (let place = 0; place < places; place++) {
    let worker: string | undefined;
    worker = await boss.work<object>(name, workSettings, async ([job]) => {
      if (!job) return;
      try {
        await handler(job);
      } finally {
        if (worker) boss.notifyWorker(worker);
      }
    });
  }
}

/** Connections of the queue's own for its statements; one more listens. */
export const queueConnections = 2;

/**
 * Two connections of its own and one that listens; with the pool of five and our own listener that makes nine, so that
 * two releases fit side by side into the 22 of a small managed database.
 */
function engineOptions(database: Database): ConstructorOptions {
  const { engine } = database;
  return engine.kind === 'embedded'
    ? { db: fromPglite(engine.pglite), backend: 'pglite' }
    : { ...(engine.connection as ConstructorOptions), max: queueConnections };
}

/** Installs the queue's own schema and the queues of `jobs`. Safe to run twice and by two processes at once. */
export async function migrateQueue(database: Database, jobs: JobDefinition<never>[]): Promise<void> {
  // Its tables may be large: a change of them takes as long as it takes.
  const unguarded = { onConnect: undefined } as ConstructorOptions;
  const boss = new PgBoss({ ...engineOptions(database), ...unguarded, supervise: false, schedule: false });
  const errors: Error[] = [];
  boss.on('error', (error) => errors.push(error));
  await boss.start();
  try {
    for (const job of jobs) {
      const options = {
        ...queueSettings,
        retryLimit: job.retryLimit,
        retryDelay: job.retryDelaySeconds,
        // A pipeline may take long when a model drips; the heartbeat, not this, finds dead workers.
        expireInSeconds: 6 * 3600,
        deleteAfterSeconds: keptMs('doneJobs') / 1000,
        retentionSeconds: keptMs('leftJobs') / 1000,
      };
      if (await boss.getQueue(job.name)) await boss.updateQueue(job.name, options);
      else await boss.createQueue(job.name, options);
    }
  } finally {
    await boss.stop({ graceful: false });
  }
  if (errors[0]) throw errors[0];
}

/** The version of the queue's own schema: in the database (null where it is not installed), and as this version has it. */
export async function queueSchema(db: Db): Promise<{ installed: number | null; wanted: number }> {
  const wanted = bossManifest.pgboss.schema;
  const [found] = await queryRows<{ there: boolean }>(
    db,
    sql`select to_regclass('pgboss.version') is not null as there`,
  );
  if (!found?.there) return { installed: null, wanted };
  const [row] = await queryRows<{ version: number }>(db, sql`select version::int as version from pgboss.version`);
  return { installed: row?.version ?? null, wanted };
}

/** Connects to the installed queue. `supervise` is for processes that work: they also look after dead workers' jobs. */
export async function openQueue(database: Database, log: Logger, supervise: boolean): Promise<Queue> {
  const boss = new PgBoss({
    ...engineOptions(database),
    ...bossSettings,
    supervise,
    useListenNotify: supervise,
  });
  boss.on('error', (error) => log.error({ err: error }, 'queue error'));
  boss.on('warning', (warning) => log.warn({ warning: warning.message }, 'queue warning'));
  await boss.start();
  // Not the signal of the job: the queue also aborts that for a job whose heartbeat it missed, as when the clock jumped.
  // Whether work may go on is for the lease to say.
  const stopping = new AbortController();

  return {
    async enqueue(tx, job, payload, options = {}) {
      const data = job.payload.parse(payload);
      await boss.send(job.name, data, {
        db: fromDrizzle(tx as unknown as Parameters<typeof fromDrizzle>[0], sql as never),
        ...(options.startAfter ? { startAfter: options.startAfter } : {}),
      });
    },
    async work(job, concurrency, handler) {
      await workWithoutRest(boss, job.name, concurrency, async (next) => {
        const payload = job.payload.parse(next.data);
        try {
          await handler(payload, stopping.signal);
        } catch (error) {
          // The queue keeps the error with the job, where nobody looks, and gives the job out again.
          log.warn({ err: error, job: job.name, payload }, 'job broken off');
          throw error;
        }
      });
    },
    async depth(job) {
      const [stats] = await boss.getQueueStats(job.name, { force: true });
      return { ready: stats?.readyCount ?? 0, active: stats?.activeCount ?? 0 };
    },
    stop: () => {
      stopping.abort(new Error('the process is stopping'));
      return boss.stop({ graceful: true, timeout: shutdownMs });
    },
  };
}
