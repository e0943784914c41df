import { and, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { runPipelineJob } from './jobs.ts';
import { waitedEnough } from './lease.ts';
import { pipelines } from './schema.ts';

/**
 * Pipelines that one process works on at a time. Each user may have fewer (CONCURRENT_PIPELINES), so that one who starts
 * many does not keep the others waiting.
 */
const concurrency = 4;
/** How often to look for pipelines that nobody works on although somebody should, in milliseconds. */
const sweepMs = 10_000;

/** Works pipelines until the queue stops. Returns what ends the sweeping. */
export async function workPipelines(ctx: AppContext): Promise<() => void> {
  if (ctx.config.database.kind === 'embedded') await forgetLeases(ctx.db);
  await ctx.queue.work(runPipelineJob, concurrency, async ({ pipelineId }, signal) => {
    // What writes articles is loaded with the first of them: an idle server does without it.
    const { runPipeline } = await import('./runner.ts');
    await runPipeline(ctx, pipelineId, signal);
  });
  const sweep = () =>
    sweepPipelines(ctx).catch((error) => ctx.log.warn({ err: error }, 'looking for stranded pipelines failed'));
  const timer = setInterval(sweep, sweepMs);
  await sweep();
  return () => clearInterval(timer);
}

/**
 * Only one process can hold an embedded database, so whoever held leases in it before is gone: there is no need to wait
 * until they run out. Their numbers still grow with the next claim, as always.
 */
async function forgetLeases(db: AppContext['db']): Promise<void> {
  await db.update(pipelines).set({ leaseExpiresAt: null }).where(eq(pipelines.status, 'running'));
}

/**
 * Enqueues every pipeline that is stranded: running under a lease that ran out, queued for a while, or past the end of
 * its wait. The queue does this by itself when a worker dies; this also covers a lost job. A job too many is harmless,
 * because only one of them gets the lease. Returns how many were found.
 */
export async function sweepPipelines(ctx: Pick<AppContext, 'db' | 'queue'>): Promise<number> {
  const stranded = await ctx.db
    .select({ id: pipelines.id })
    .from(pipelines)
    .where(
      and(
        inArray(pipelines.status, ['queued', 'running', 'waiting']),
        or(
          and(
            eq(pipelines.status, 'running'),
            or(isNull(pipelines.leaseExpiresAt), lt(pipelines.leaseExpiresAt, sql`now()`)),
          ),
          and(
            eq(pipelines.status, 'queued'),
            sql`not exists (select 1 from pgboss.job where name = ${runPipelineJob.name} and state in ('created', 'retry', 'active') and data ->> 'pipelineId' = ${pipelines.id}::text)`,
          ),
          waitedEnough,
        ),
      ),
    )
    .limit(100);
  for (const { id } of stranded) await ctx.queue.enqueue(ctx.db, runPipelineJob, { pipelineId: id });
  return stranded.length;
}
