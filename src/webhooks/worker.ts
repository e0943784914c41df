import { and, eq, lt, or, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { longAgo } from '../retention.ts';
import { deliverWebhook, type WebhookTiming, webhookTiming } from './deliver.ts';
import { cancelWaiting, type WebhookDisabled } from './health.ts';
import { webhookJob } from './jobs.ts';
import { abandoned, maySend, setByAnotherClock } from './lease.ts';
import { webhookDeliveries } from './schema.ts';

/** Deliveries at a time, of which one user gets three and one webhook two. */
const concurrency = 6;
/** How often to look for deliveries that nobody sends although somebody should, in milliseconds. */
const sweepMs = 10_000;
/** How often to remove old deliveries, in milliseconds. */
const forgetMs = 3_600_000;

/**
 * Sends deliveries until the queue stops; `onDisabled` runs in the transaction that disables a webhook because of its
 * failures. Returns what ends the sweeping.
 */
export async function workWebhooks(
  ctx: AppContext,
  onDisabled: WebhookDisabled,
  timing: WebhookTiming = webhookTiming,
): Promise<() => void> {
  if (ctx.config.database.kind === 'embedded') {
    // Whoever held leases in an embedded database before is gone: only one process can hold it. Before any work
    // begins, or what has just been taken would be sent a second time.
    await ctx.db
      .update(webhookDeliveries)
      .set({ leaseExpiresAt: null })
      .where(eq(webhookDeliveries.status, 'delivering'));
  }
  await ctx.queue.work(webhookJob, concurrency, ({ deliveryId }, signal) =>
    deliverWebhook(ctx, deliveryId, signal, onDisabled, timing),
  );
  const sweep = () =>
    sweepDeliveries(ctx).catch((error) => ctx.log.warn({ err: error }, 'looking for stranded webhooks failed'));
  const forget = () =>
    forgetOldDeliveries(ctx.db).catch((error) =>
      ctx.log.warn({ err: error }, 'removing old webhook deliveries failed'),
    );
  const timers = [setInterval(sweep, sweepMs), setInterval(forget, forgetMs)];
  await sweep();
  await forget();
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/**
 * Enqueues every delivery that is stranded: being sent under a lease that ran out, or due for a while without a job that
 * will come soon, such as those of a user who is enabled again. A job too many is harmless, because only one of them
 * gets the lease. What was added while its webhook was being disabled is cancelled. Returns how many were enqueued.
 */
export async function sweepDeliveries(ctx: Pick<AppContext, 'db' | 'queue'>): Promise<number> {
  await cancelWaiting(ctx.db, null);
  const stranded = await ctx.db
    .select({ id: webhookDeliveries.id })
    .from(webhookDeliveries)
    .where(
      and(
        maySend,
        or(
          abandoned,
          setByAnotherClock,
          and(
            eq(webhookDeliveries.status, 'pending'),
            sql`coalesce(${webhookDeliveries.nextAttemptAt}, ${webhookDeliveries.createdAt}) < now() - interval '5 seconds'`,
            sql`not exists (select 1 from pgboss.job where name = ${webhookJob.name} and state in ('created', 'retry', 'active') and start_after < now() + interval '15 seconds' and data ->> 'deliveryId' = ${webhookDeliveries.id}::text)`,
          ),
        ),
      ),
    )
    .orderBy(webhookDeliveries.nextAttemptAt)
    .limit(100);
  for (const { id } of stranded) await ctx.queue.enqueue(ctx.db, webhookJob, { deliveryId: id });
  return stranded.length;
}

/** Removes old deliveries, whatever became of them; returns how many. */
export async function forgetOldDeliveries(db: AppContext['db']): Promise<number> {
  const rows = await db
    .delete(webhookDeliveries)
    .where(
      and(
        lt(webhookDeliveries.createdAt, longAgo('webhookDeliveries')),
        sql`${webhookDeliveries.status} <> 'delivering'`,
      ),
    )
    .returning({ id: webhookDeliveries.id });
  return rows.length;
}
