import { and, lt, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { longAgo } from '../retention.ts';
import { syncSiteJob } from './jobs.ts';
import { dueAndFree } from './lease.ts';
import { type SyncTiming, syncTiming } from './run.ts';
import { sitePosts, siteSyncs } from './schema.ts';
import { syncSite } from './sync.ts';

/** Sites that are read at a time: each takes mostly waiting. */
const concurrency = 3;
/** How often to look for sites whose turn has come, and for what is kept too long, in milliseconds. */
const sweepMs = 10_000;
const forgetMs = 3_600_000;

/** Reads the posts of sites until the queue stops. Returns what ends the sweeping. */
export async function workSitePosts(ctx: AppContext, timing: SyncTiming = syncTiming): Promise<() => void> {
  if (ctx.config.database.kind === 'embedded') {
    // Whoever held leases in an embedded database before is gone: only one process can hold it.
    await ctx.db.update(siteSyncs).set({ leaseExpiresAt: null });
  }
  await ctx.queue.work(syncSiteJob, concurrency, ({ siteId }, signal) => syncSite(ctx, siteId, signal, timing));
  const sweep = () =>
    sweepSyncs(ctx).catch((error) => ctx.log.warn({ err: error }, 'looking for sites to read failed'));
  const forget = () =>
    forgetGonePosts(ctx.db).catch((error) => ctx.log.warn({ err: error }, 'forgetting posts that are gone failed'));
  const timers = [setInterval(sweep, sweepMs), setInterval(forget, forgetMs)];
  await sweep();
  await forget();
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/**
 * Makes the sync of every site that has none, and enqueues those that are due and have no job. A job too many is
 * harmless, because only one of them gets the lease. Returns how many were enqueued.
 */
export async function sweepSyncs(ctx: Pick<AppContext, 'db' | 'queue'>): Promise<number> {
  await ctx.db.execute(
    sql`insert into site_syncs (site_id, user_id) select id, user_id from sites
        where not exists (select 1 from site_syncs where site_id = sites.id) on conflict do nothing`,
  );
  const due = await ctx.db
    .select({ siteId: siteSyncs.siteId })
    .from(siteSyncs)
    .where(
      and(
        dueAndFree,
        sql`not exists (select 1 from pgboss.job where name = ${syncSiteJob.name} and state in ('created', 'retry', 'active') and start_after < now() + interval '15 seconds' and data ->> 'siteId' = ${siteSyncs.siteId}::text)`,
      ),
    )
    .orderBy(siteSyncs.nextSyncAt)
    .limit(100);
  for (const { siteId } of due) await ctx.queue.enqueue(ctx.db, syncSiteJob, { siteId });
  return due.length;
}

/** Removes what is known of posts that have been gone for long enough; returns how many. */
export async function forgetGonePosts(db: AppContext['db']): Promise<number> {
  const rows = await db
    .delete(sitePosts)
    .where(lt(sitePosts.goneAt, longAgo('gonePosts')))
    .returning({ id: sitePosts.remoteId });
  return rows.length;
}
