import { eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError, type StoredError } from '../errors.ts';
import { problemOf } from '../knowledge/source-problem.ts';
import { type DuplicateLook, lookForDuplicates } from '../topics/duplicates.ts';
import { oneAtATime } from '../topics/topics.ts';
import { fetchEntries, type Listing } from './fetch-entries.ts';
import { claimSource, longestWaitDays, prolongLease, type ReadingLease, releaseSource } from './lease.ts';
import { canBeTopic, entriesWaiting, type NewEntry, nameEntries, newEntries } from './new-entries.ts';
import { keepProposals, type Proposal, storeProposals } from './propose.ts';
import { type WatchedSource, watchedEntries } from './schema.ts';

/** How the reading of sources is paced, in milliseconds. */
export interface ReadTiming {
  leaseMs: number;
  /** Until the next reading, give or take a tenth. */
  everyMs: number;
  /** Until the next try after a first failure; doubles up to `longestRetryMs`. */
  retryMs: number;
  longestRetryMs: number;
  /** Between two pages of one site. */
  pauseMs: number;
}

export const readTiming: ReadTiming = {
  leaseMs: 90_000,
  everyMs: 4 * 3_600_000,
  retryMs: 15 * 60_000,
  longestRetryMs: 24 * 3_600_000,
  pauseMs: 1_000,
};

/** Rows of one statement. */
const batch = 500;

/**
 * Reads a watched source that is due: asks for what has changed, and stores in one transaction what was seen, what of it
 * is proposed, and when to read again. Does nothing while it is not due or another worker does it. What goes wrong at the
 * source is stored with it and tried again later; throws only for faults of our own.
 */
export async function readWatchedSource(
  ctx: AppContext,
  sourceId: string,
  signal: AbortSignal,
  timing: ReadTiming = readTiming,
): Promise<void> {
  const source = await claimSource(ctx.db, sourceId, timing.leaseMs);
  if (!source) return;
  const lease: ReadingLease = { sourceId, lease: source.lease, leaseMs: timing.leaseMs };
  try {
    const asking = askingUnder(ctx, lease);
    const listing = await fetchEntries(asking, source, signal);
    const now = ctx.now();
    const fresh = listing.entries === null ? [] : await newEntries(ctx.db, source, listing.entries, now);
    const entries = [...(await entriesWaiting(ctx.db, sourceId)), ...fresh];
    await nameEntries(asking, source, entries, { signal, pauseMs: timing.pauseMs });
    const wanted = entries.filter(canBeTopic);
    const proposals = wanted.map((entry) => proposalOf(entry, source));
    const look = await lookForDuplicates(ctx, source.userId, proposals, { all: true });
    signal.throwIfAborted();
    await ctx.db.transaction(async (tx) => {
      // First, so that the source is locked: whoever has lost the lease stores nothing.
      await prolongLease(tx, lease);
      await propose(tx, source, wanted, proposals, look);
      await storeEntries(tx, source, entries);
      await oneAtATime(tx, source.userId);
      await keepProposals(tx, source.userId, now);
      await finish(tx, lease, listing, timing);
    });
  } catch (error) {
    await settle(ctx, lease, source, timing, error, signal);
  }
}

/** Every request is asked under the lease: a worker that has lost it asks no more. */
function askingUnder(ctx: AppContext, lease: ReadingLease): AppContext {
  const ask = async (...request: Parameters<AppContext['safeFetch']>) => {
    await prolongLease(ctx.db, lease);
    return ctx.safeFetch(...request);
  };
  return { ...ctx, safeFetch: Object.assign(ask, { close: ctx.safeFetch.close }) };
}

function proposalOf({ title, url, publishedAt }: NewEntry, source: WatchedSource): Proposal {
  const evidence = { title, url: url ?? source.url, publishedAt: publishedAt?.toISOString() ?? null };
  return { topic: title, siteId: source.siteId, evidence: [evidence] };
}

async function propose(
  tx: Db,
  source: WatchedSource,
  entries: NewEntry[],
  proposals: Proposal[],
  look: DuplicateLook,
): Promise<void> {
  if (proposals.length === 0) return;
  // The site may have been deleted while the source was read.
  const proposed = await storeProposals(tx, source.userId, proposals, look, source.kind);
  for (const [index, entry] of entries.entries()) {
    const { outcome, topicId } = proposed[index] ?? { outcome: 'known', topicId: null };
    entry.outcome = outcome === 'known' ? 'known' : 'proposed';
    entry.topicId = topicId;
  }
}

async function storeEntries(tx: Db, source: WatchedSource, entries: NewEntry[]): Promise<void> {
  const fresh = entries.filter(({ stored }) => !stored);
  for (let at = 0; at < fresh.length; at += batch) {
    const rows = fresh.slice(at, at + batch).map(({ stored: _, ...row }) => ({
      ...row,
      userId: source.userId,
      sourceId: source.id,
    }));
    await tx.insert(watchedEntries).values(rows).onConflictDoNothing();
  }
  for (const { id, stored, title, sameness, outcome, topicId } of entries) {
    if (!stored) continue;
    await tx.update(watchedEntries).set({ title, sameness, outcome, topicId }).where(eq(watchedEntries.id, id));
  }
}

const inMs = (ms: number) => sql`now() + ${`${Math.round(ms)} milliseconds`}::interval`;
/** Many that were added together do not stay together. */
const jittered = (ms: number) => ms * (0.9 + Math.random() / 5);

async function finish(
  tx: Db,
  lease: ReadingLease,
  { feedUrl, etag, lastModified }: Listing,
  timing: ReadTiming,
): Promise<void> {
  await releaseSource(tx, lease, {
    feedUrl,
    etag,
    lastModified,
    lastReadAt: sql`now()`,
    nextReadAt: inMs(jittered(timing.everyMs)),
    failures: 0,
    problem: null,
  });
}

/** Stores what went wrong and when to try again. A worker that is asked to stop hands the rest over at once. */
async function settle(
  ctx: AppContext,
  lease: ReadingLease,
  source: WatchedSource,
  timing: ReadTiming,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  // Taken over, or deleted.
  if (error instanceof AppError && error.code === 'lease_lost') return;
  if (signal.aborted) {
    await releaseSource(ctx.db, lease, { nextReadAt: sql`now()` });
    return;
  }
  const { source: _, ...problem } = problemOf(ctx.log, source.feedUrl ?? source.url, error);
  const wait = inMs(jittered(Math.min(timing.retryMs * 2 ** Math.min(source.failures, 10), timing.longestRetryMs)));
  const retryAt = error instanceof AppError ? error.retryAt : undefined;
  await releaseSource(ctx.db, lease, {
    nextReadAt: retryAt
      ? sql`least(greatest(${retryAt.toISOString()}::timestamptz, ${wait}), now() + ${`${longestWaitDays} days`}::interval)`
      : wait,
    failures: source.failures + 1,
    problem: problem satisfies StoredError,
  });
  if (!(error instanceof AppError)) throw error;
}
