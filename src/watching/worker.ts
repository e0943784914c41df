import { and, isNull, lt, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { longAgo } from '../retention.ts';
import { readSourceJob } from './jobs.ts';
import { dueAndFree } from './lease.ts';
import { type ReadTiming, readTiming, readWatchedSource } from './read.ts';
import { watchedEntries, watchedSources } from './schema.ts';

/** Sources that are read at a time: each takes mostly waiting. */
const concurrency = 2;
/** How often to look for sources whose turn has come, and for what is kept too long, in milliseconds. */
const sweepMs = 15_000;
const forgetMs = 3_600_000;

/** Reads watched sources until the queue stops. Returns what ends the sweeping. */
export async function workWatching(ctx: AppContext, timing: ReadTiming = readTiming): Promise<() => void> {
  if (ctx.config.database.kind === 'embedded') {
    // Whoever held leases in an embedded database before is gone: only one process can hold it.
    await ctx.db.update(watchedSources).set({ leaseExpiresAt: null });
  }
  await ctx.queue.work(readSourceJob, concurrency, ({ sourceId }, signal) =>
    readWatchedSource(ctx, sourceId, signal, timing),
  );
  const sweep = () =>
    sweepSources(ctx).catch((error) => ctx.log.warn({ err: error }, 'looking for sources to read failed'));
  const forget = () =>
    forgetEntries(ctx.db).catch((error) => ctx.log.warn({ err: error }, 'forgetting entries of sources failed'));
  const timers = [setInterval(sweep, sweepMs), setInterval(forget, forgetMs)];
  await sweep();
  await forget();
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/**
 * Enqueues the sources that are due and have no job. A job too many is harmless, because only one of them gets the lease.
 * Returns how many were enqueued.
 */
export async function sweepSources(ctx: Pick<AppContext, 'db' | 'queue'>): Promise<number> {
  const due = await ctx.db
    .select({ sourceId: watchedSources.id })
    .from(watchedSources)
    .where(
      and(
        dueAndFree,
        sql`not exists (select 1 from pgboss.job where name = ${readSourceJob.name} and state in ('created', 'retry', 'active') and start_after < now() + interval '15 seconds' and data ->> 'sourceId' = ${watchedSources.id}::text)`,
      ),
    )
    .orderBy(watchedSources.nextReadAt)
    .limit(100);
  for (const { sourceId } of due) await ctx.queue.enqueue(ctx.db, readSourceJob, { sourceId });
  return due.length;
}

/** Removes entries that were seen long ago and led to no topic; returns how many. Listed again, they are old. */
export async function forgetEntries(db: AppContext['db']): Promise<number> {
  const rows = await db
    .delete(watchedEntries)
    .where(and(lt(watchedEntries.seenAt, longAgo('watchedEntries')), isNull(watchedEntries.topicId)))
    .returning({ id: watchedEntries.id });
  return rows.length;
}
