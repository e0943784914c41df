import { eq } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { continueAffordable } from './budget-waits.ts';
import { runPipelineJob } from './jobs.ts';
import { enqueueAbandoned, enqueueNext } from './line.ts';
import { pipelines } from './schema.ts';

/**
 * Pipelines that one process works on at a time. Each user may have fewer (CONCURRENT_PIPELINES), so that one who starts
 * many does not keep the others waiting.
 */
export const pipelineConcurrency = 4;
/** How often to look for pipelines that nobody works on although somebody should, in milliseconds. */
const sweepMs = 10_000;
/**
 * How often to look for what a worker that died has left, in milliseconds: with a lease of 12 seconds another goes on
 * within 15. Each process keeps a time of its own, up to a tenth more or less, so that many do not look in the same moment.
 */
const abandonedMs = 2_000;

/** Works pipelines until the queue stops. Returns what ends the sweeping. */
export async function workPipelines(ctx: AppContext): Promise<() => void> {
  if (ctx.config.database.kind === 'embedded') await forgetLeases(ctx.db);
  await ctx.queue.work(runPipelineJob, pipelineConcurrency, async ({ pipelineId }, signal) => {
    // What writes articles is loaded with the first of them: an idle server does without it.
    const { runNext } = await import('./runner.ts');
    await runNext(ctx, pipelineId, signal);
  });
  const sweep = () =>
    sweepPipelines(ctx).catch((error) => ctx.log.warn({ err: error }, 'looking for stranded pipelines failed'));
  let looking = false;
  const takeOver = async () => {
    // While the database does not answer, one look waits for it, and not a row of them.
    if (looking) return;
    looking = true;
    await enqueueAbandoned(ctx)
      .catch((error) => ctx.log.warn({ err: error }, 'looking for abandoned pipelines failed'))
      .finally(() => {
        looking = false;
      });
  };
  const timers = [setInterval(sweep, sweepMs), setInterval(takeOver, abandonedMs * (0.9 + 0.2 * Math.random()))];
  const unsubscribe = ctx.bus.onEnabled(sweep);
  await sweep();
  return () => {
    unsubscribe();
    for (const timer of timers) clearInterval(timer);
  };
}

/**
 * Only one process can hold an embedded database, so whoever held leases in it before is gone: there is no need to wait
 * until they run out. Their numbers still grow with the next claim, as always.
 */
async function forgetLeases(db: AppContext['db']): Promise<void> {
  await db.update(pipelines).set({ leaseExpiresAt: null }).where(eq(pipelines.status, 'running'));
}

/**
 * Enqueues every pipeline that is stranded although its user has a place for it: running under a lease that ran out,
 * queued without a job, or past the end of its wait, also of a wait for money. What a worker that died has left is found
 * sooner (`enqueueAbandoned`); this covers a lost job. What waits for a place, or belongs to a disabled user, is left alone. Returns how many were found.
 */
export async function sweepPipelines(
  ctx: Pick<AppContext, 'db' | 'queue' | 'models' | 'webSearch' | 'config' | 'secrets'>,
): Promise<number> {
  await continueAffordable(ctx);
  return enqueueNext(ctx, ctx.db);
}
