import { and, eq, inArray, or, sql } from 'drizzle-orm';
import { mayWork } from '../accounts/work-limits.ts';
import type { AppContext } from '../context.ts';
import { type DeliveryTiming, deliverPublication, deliveryTiming } from './deliver.ts';
import { publishJob } from './jobs.ts';
import { abandoned, setByAnotherClock } from './lease.ts';
import { publications } from './schema.ts';

/** Deliveries at a time, of which one site gets two: three sites have to hang before a fourth waits for them. */
const concurrency = 6;
/** How often to look for publications that nobody delivers although somebody should, in milliseconds. */
const sweepMs = 10_000;

/** Delivers publications until the queue stops. Returns what ends the sweeping. */
export async function workPublications(ctx: AppContext, timing: DeliveryTiming = deliveryTiming): Promise<() => void> {
  if (ctx.config.database.kind === 'embedded') {
    // Whoever held leases in an embedded database before is gone: only one process can hold it. Before the first
    // delivery of our own begins.
    await ctx.db.update(publications).set({ leaseExpiresAt: null }).where(eq(publications.status, 'publishing'));
  }
  await ctx.queue.work(publishJob, concurrency, ({ publicationId }, signal) =>
    deliverPublication(ctx, publicationId, signal, timing),
  );
  const sweep = () =>
    sweepPublications(ctx).catch((error) => ctx.log.warn({ err: error }, 'looking for stranded publications failed'));
  const timer = setInterval(sweep, sweepMs);
  const unsubscribe = ctx.bus.onEnabled(sweep);
  await sweep();
  return () => {
    unsubscribe();
    clearInterval(timer);
  };
}

/**
 * Enqueues every publication that is stranded: being sent under a lease that ran out, or due for a while without a job
 * that will come soon; those of disabled users are left alone. A job too many is harmless, because only one of them gets the lease. Returns how many were found.
 */
export async function sweepPublications(ctx: Pick<AppContext, 'db' | 'queue'>): Promise<number> {
  const stranded = await ctx.db
    .select({ id: publications.id })
    .from(publications)
    .where(
      and(
        mayWork(publications.userId),
        or(
          abandoned,
          setByAnotherClock,
          and(
            inArray(publications.status, ['queued', 'scheduled']),
            sql`coalesce(${publications.nextAttemptAt}, ${publications.createdAt}) < now() - interval '5 seconds'`,
            sql`not exists (select 1 from pgboss.job where name = ${publishJob.name} and state in ('created', 'retry', 'active') and start_after < now() + interval '15 seconds' and data ->> 'publicationId' = ${publications.id}::text)`,
          ),
        ),
      ),
    )
    .limit(100);
  for (const { id } of stranded) await ctx.queue.enqueue(ctx.db, publishJob, { publicationId: id });
  return stranded.length;
}
