import { and, eq, inArray, isNull, lt, not, or, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { sites } from '../sites/schema.ts';
import { type DeliveryTiming, deliverPublication, deliveryTiming } from './deliver.ts';
import { publishJob } from './jobs.ts';
import { abandoned, setByAnotherClock, siteMoves } from './lease.ts';
import { publications } from './schema.ts';
import { makeTicket } from './tickets.ts';

/** Deliveries at a time, of which each site gets one: six sites have to hang before a seventh waits for them. */
const concurrency = 6;
/** How often to look for queues that stand still although they should move, in milliseconds. */
const sweepMs = 10_000;
/**
 * How often to look for what a worker that died has left. The queue gives its ticket out again at about the time when its
 * lease runs out: a moment before, and the ticket is used up for nothing.
 */
const abandonedMs = 2_000;

type Ctx = Pick<
  AppContext,
  'config' | 'secrets' | 'log' | 'db' | 'queue' | 'bus' | 'safeFetch' | 'imaging' | 'now' | 'telemetry'
>;

/** Delivers publications until the queue stops. Returns what ends the sweeping. */
export async function workPublications(ctx: Ctx, timing: DeliveryTiming = deliveryTiming): Promise<() => void> {
  if (ctx.config.database.kind === 'embedded') {
    // Whoever held leases in an embedded database before is gone: only one process can hold it. Before the first
    // delivery of our own begins.
    await ctx.db.update(publications).set({ leaseExpiresAt: null }).where(eq(publications.status, 'publishing'));
  }
  await ctx.queue.work(publishJob, concurrency, ({ publicationId }, signal) =>
    deliverPublication(ctx, publicationId, signal, timing),
  );
  const sweep = () =>
    sweepPublications(ctx).catch((error) => ctx.log.warn({ err: error }, 'looking for stranded queues failed'));
  const takeOver = () =>
    sweepAbandoned(ctx).catch((error) => ctx.log.warn({ err: error }, 'looking for abandoned publications failed'));
  const timers = [setInterval(sweep, sweepMs), setInterval(takeOver, abandonedMs)];
  const unsubscribe = ctx.bus.onEnabled(sweep);
  await sweep();
  return () => {
    unsubscribe();
    for (const timer of timers) clearInterval(timer);
  };
}

/** Makes a ticket for every site to which something is being sent under a lease that ran out, unless one is there. */
async function sweepAbandoned(ctx: Pick<AppContext, 'db' | 'queue'>): Promise<void> {
  // A ticket that is being worked may be the dead worker's own.
  const ticketComes = sql`exists (select 1 from pgboss.job where name = ${publishJob.name} and state in ('created', 'retry')
    and start_after < now() + interval '15 seconds' and data ->> 'siteId' = ${publications.siteId}::text)`;
  const found = await ctx.db
    .select({ id: publications.id, siteId: publications.siteId })
    .from(publications)
    .innerJoin(sites, eq(sites.id, publications.siteId))
    .where(and(abandoned, siteMoves, not(ticketComes)))
    .limit(100);
  for (const one of found) await makeTicket(ctx, ctx.db, one);
}

/**
 * Makes a ticket for every site whose queue is stranded: something is being sent there under a lease that ran out, or
 * has been due for a while although nothing is being sent and no ticket will come soon. Sites that are paused, ask for
 * peace or belong to disabled users are left alone. A ticket too many is harmless: it finds nothing to do. Returns how
 * many were found.
 */
export async function sweepPublications(ctx: Pick<AppContext, 'db' | 'queue'>): Promise<number> {
  const longDue = sql`now() - interval '5 seconds'`;
  const waiting = inArray(publications.status, ['queued', 'scheduled']);
  // By the index of what is due, which leads to few rows however many are waiting for their time.
  const candidates = ctx.db
    .selectDistinctOn([publications.siteId], {
      id: publications.id,
      siteId: publications.siteId,
      abandoned: sql<boolean>`${abandoned}`.as('abandoned'),
    })
    .from(publications)
    .where(
      or(
        abandoned,
        setByAnotherClock,
        and(waiting, lt(publications.nextAttemptAt, longDue)),
        and(waiting, isNull(publications.nextAttemptAt), lt(publications.createdAt, longDue)),
      ),
    )
    .orderBy(publications.siteId, sql`${abandoned} desc`)
    .as('candidates');
  const busy = sql`exists (select 1 from publications as sent where sent.site_id = ${candidates.siteId} and sent.status = 'publishing')`;
  const ticketComes = sql`exists (select 1 from pgboss.job where name = ${publishJob.name} and state in ('created', 'retry', 'active')
    and start_after < now() + interval '15 seconds' and data ->> 'siteId' = ${candidates.siteId}::text)`;
  const stranded = await ctx.db
    .select({ id: candidates.id, siteId: candidates.siteId })
    .from(candidates)
    .innerJoin(sites, eq(sites.id, candidates.siteId))
    .where(and(siteMoves, or(candidates.abandoned, and(not(busy), not(ticketComes)))))
    .limit(100);
  for (const found of stranded) await makeTicket(ctx, ctx.db, found);
  return stranded.length;
}
