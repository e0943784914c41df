import { PgBoss } from 'pg-boss';
import { closeContext, createContext } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/open.ts';
import { createLogger } from '../../src/logger.ts';
import { recordEvent } from '../../src/pipeline/events.ts';
import { runPipelineJob } from '../../src/pipeline/jobs.ts';
import { claimPipeline, releaseLease } from '../../src/pipeline/lease.ts';
import { enqueueNext } from '../../src/pipeline/line.ts';
import { pipelineConcurrency } from '../../src/pipeline/worker.ts';
import { bossSettings, queueConnections, workWithoutRest } from '../../src/queue/queue.ts';
import { bareJob, type Kind, type Message, plainJob } from './queue-jobs.ts';

/**
 * A worker of a process of its own: `kind` says what it does with a job, `restMs` how long a job keeps it waiting without
 * keeping the processor busy, as a model does. Tells its parent of every job that it begins and ends.
 */
const [kind, url, restMs] = process.argv.slice(2) as [Kind, string, string];
const env = { APP_SECRET: 'a secret for measuring only, forty characters', LOG_LEVEL: 'warn', DATABASE_URL: url };
const { config, secrets } = loadConfig(env);
const database = await openDatabase(config, secrets);
const tell = (message: Message) => process.send?.(message);
const rest = () => (Number(restMs) > 0 ? new Promise((resolve) => setTimeout(resolve, Number(restMs))) : null);
const at = () => performance.timeOrigin + performance.now();

const stop = kind === 'bare' ? await workBare() : await workOurs();
tell({ kind: 'ready' });
process.on('message', async () => {
  await stop();
  process.disconnect();
});

/** pg-boss with the settings of `src/queue/queue.ts` and nothing else. */
async function workBare(): Promise<() => Promise<void>> {
  const { engine } = database;
  if (engine.kind !== 'postgres') throw new Error('measured on PostgreSQL');
  const { connectionString } = engine.connection;
  const boss = new PgBoss({
    connectionString,
    max: queueConnections,
    ...bossSettings,
    supervise: true,
    useListenNotify: true,
  });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await workWithoutRest(boss, bareJob.name, pipelineConcurrency, async () => {
    tell({ kind: 'begun', at: at() });
    await rest();
    tell({ kind: 'done' });
  });
  return async () => {
    await boss.stop({ graceful: true, timeout: 2_000 });
    await database.close();
  };
}

async function workOurs(): Promise<() => Promise<void>> {
  const ctx = await createContext(config, secrets, createLogger('warn'), database);
  if (kind === 'plain') {
    await ctx.queue.work(plainJob, pipelineConcurrency, async () => {
      tell({ kind: 'begun', at: at() });
      await rest();
      tell({ kind: 'done' });
    });
  } else {
    // What a pipeline without steps is to a worker: its turn and its lease are taken, and given back with an event.
    await ctx.queue.work(runPipelineJob, pipelineConcurrency, async ({ pipelineId }) => {
      const pipeline = await claimPipeline(ctx, pipelineId);
      if (!pipeline) throw new Error('a pipeline was not to be had');
      tell({ kind: 'begun', at: at() });
      await rest();
      await ctx.db.transaction(async (tx) => {
        await releaseLease(tx, pipeline, { status: 'succeeded', progress: 1 });
        await enqueueNext(ctx, tx, pipeline.userId);
        await recordEvent(tx, pipeline, 'done', { status: 'succeeded', waiting: null, error: null });
      });
      tell({ kind: 'done' });
    });
  }
  return () => closeContext(ctx);
}
