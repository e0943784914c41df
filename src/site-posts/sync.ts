import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq, lte, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { AppError, toStoredError } from '../errors.ts';
import { connectToSite } from '../sites/connect.ts';
import { getSite } from '../sites/queries.ts';
import type { Site } from '../sites/schema.ts';
import { findDeadLinks } from './dead-links.ts';
import { embedPosts } from './embed.ts';
import { changeSync, claimSync, releaseSync, type SyncChange, type SyncLease } from './lease.ts';
import { listAll } from './listing.ts';
import { sightOf } from './read-posts.ts';
import { mostPosts, type SyncRun, type SyncTiming, syncTiming } from './run.ts';
import { type SiteSync, siteSyncs } from './schema.ts';
import { readChanges, readScheduled } from './walk.ts';

/**
 * Reads the posts of a site as far as one run goes: what has changed, then now and then a complete listing, then the
 * vectors, then the links of articles to what is gone. One request at a time, with a pause after each. Does nothing while
 * it is not due, another worker does it, or the site is paused or failing. What goes wrong at the site is stored with the
 * sync and tried again later; throws only for faults of our own.
 */
export async function syncSite(
  ctx: AppContext,
  siteId: string,
  signal: AbortSignal,
  timing: SyncTiming = syncTiming,
): Promise<void> {
  const claimed = await claimSync(ctx.db, siteId, timing.leaseMs);
  if (!claimed) return;
  const lease: SyncLease = { siteId, lease: claimed.lease, leaseMs: timing.leaseMs };
  try {
    const site = await getSite(ctx.db, claimed.userId, siteId);
    const sync = await atItsAddress(ctx, lease, claimed, site);
    const done = await readSite(ctx, { site, sync, lease, timing, signal });
    await releaseSync(ctx.db, lease, {
      nextSyncAt: inMs(done ? timing.everyMs * (0.9 + Math.random() / 5) : timing.restMs),
      failures: 0,
      error: done && done.posts >= mostPosts ? tooMany : null,
    });
  } catch (error) {
    await settle(ctx, lease, claimed, timing, error, signal);
  }
}

const inMs = (ms: number) => sql`now() + ${`${Math.round(ms)} milliseconds`}::interval`;

const tooMany = toStoredError(
  new AppError('site_rejected', `The site has more than ${mostPosts} posts; the others are not read.`, {
    hint: 'Duplicate checks and links use those that were read.',
  }),
);

/** What was found at another address is looked at anew: the posts themselves stay until a listing misses them. */
async function atItsAddress(ctx: AppContext, lease: SyncLease, sync: SiteSync, site: Site): Promise<SiteSync> {
  if (sync.url === site.url) return sync;
  const anew: SyncChange = sync.url === null ? {} : { modifiedUntil: null, modifiedOffset: 0, listingStartedAt: null };
  return changeSync(ctx.db, lease, { url: site.url, ...anew, listDueAt: sql`now()` });
}

interface Reading {
  site: Site;
  sync: SiteSync;
  lease: SyncLease;
  timing: SyncTiming;
  signal: AbortSignal;
}

/** The sync as it stands at the end; null when something is left for the next run. */
async function readSite(ctx: AppContext, { site, sync, lease, timing, signal }: Reading): Promise<SiteSync | null> {
  const client = connectToSite(ctx, site, {
    signal,
    timeoutMs: timing.requestTimeoutMs,
    beforeRequest: async () => {
      await changeSync(ctx.db, lease);
    },
  });
  let requests = 0;
  const mayAsk = async () => {
    if (requests >= timing.requestsPerRun) return false;
    if (requests > 0) await sleep(timing.pauseMs, undefined, { signal });
    requests += 1;
    return true;
  };
  await mayAsk();
  const sight = await sightOf(client);
  const run: SyncRun = { ctx, site, client, sight, lease, timing, sync, mayAsk };
  if (!(await readChanges(run))) return null;
  if (!(await readScheduled(run))) return null;
  if ((await listingIsDue(run)) && !(await listAll(run))) return null;
  await findDeadLinks(ctx, site.userId);
  return (await embedPosts(run)) ? run.sync : null;
}

/** By the clock that set the time: the database's. */
async function listingIsDue({ ctx, site, sync }: SyncRun): Promise<boolean> {
  if (sync.listingStartedAt !== null) return true;
  const due = and(eq(siteSyncs.siteId, site.id), lte(siteSyncs.listDueAt, sql`now()`));
  return (await ctx.db.$count(siteSyncs, due)) > 0;
}

/** Stores what went wrong and when to try again. A worker that is asked to stop hands the rest over at once. */
async function settle(
  ctx: AppContext,
  lease: SyncLease,
  before: SiteSync,
  timing: SyncTiming,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  // Taken over, or the site was forgotten.
  if (error instanceof AppError && ['lease_lost', 'not_found'].includes(error.code)) return;
  if (signal.aborted) {
    await releaseSync(ctx.db, lease, { nextSyncAt: sql`now()` });
    return;
  }
  const failures = before.failures + 1;
  const wait = Math.min(timing.retryMs * 2 ** Math.min(before.failures, 10), timing.everyMs);
  const retryAt = error instanceof AppError ? error.retryAt : undefined;
  await releaseSync(ctx.db, lease, {
    nextSyncAt: retryAt ? sql`greatest(${retryAt.toISOString()}::timestamptz, ${inMs(wait)})` : inMs(wait),
    failures,
    error: toStoredError(error),
  });
  if (!(error instanceof AppError)) throw error;
}
