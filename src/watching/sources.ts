import { and, eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { GatherContext } from '../knowledge/gathering.ts';
import { problemOf } from '../knowledge/source-problem.ts';
import { getSite } from '../sites/queries.ts';
import { canonicalAddress } from './address.ts';
import { type FoundSource, findOut, toAddress } from './find-out.ts';
import { readSourceJob } from './jobs.ts';
import type { CountedSource } from './present.ts';
import { getSource, lockSource } from './queries.ts';
import { watchedSources } from './schema.ts';

/** Nobody reads what more would propose, and each is a request every few hours. */
export const mostSources = 50;
/** How long finding out what an address is may take, in milliseconds: a person waits for it. */
const findOutMs = 45_000;
/** A person may ask for a reading once in so many milliseconds. */
const askAgainMs = 60_000;

/**
 * Looks at an address before it is watched. Throws `invalid_request` for what is none, `fetch_blocked`, `fetch_failed`,
 * `fetch_too_large` and `extraction_failed` for what cannot be read, each with what to do.
 */
export async function lookAtSource(ctx: GatherContext, address: string): Promise<FoundSource> {
  toAddress(address);
  const signal = AbortSignal.timeout(findOutMs);
  try {
    return await findOut(ctx, address, signal);
  } catch (error) {
    if (signal.aborted) {
      throw new AppError('fetch_failed', `The site did not answer within ${findOutMs / 1000} seconds.`, {
        hint: 'Try again later, or give the address of its feed.',
      });
    }
    if (!(error instanceof AppError) || !error.code.startsWith('fetch_')) throw error;
    const { hint } = problemOf(ctx.log, address, error);
    throw new AppError(error.code, error.message, {
      hint,
      cause: error,
      ...(error.details ? { details: error.details } : {}),
    });
  }
}

/** Watches what {@link lookAtSource} found. Throws `not_found` for the site, `conflict` when it is watched already or there are too many. */
export async function addSource(
  ctx: Pick<AppContext, 'queue'>,
  tx: Db,
  userId: string,
  found: FoundSource,
  { name, siteId }: { name?: string | undefined; siteId?: string | null | undefined },
): Promise<CountedSource> {
  if (siteId) await getSite(tx, userId, siteId);
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`sources of ${userId}`}))`);
  if ((await tx.$count(watchedSources, eq(watchedSources.userId, userId))) >= mostSources) {
    throw new AppError('conflict', `You watch ${mostSources} sources, which is the limit.`, {
      hint: 'Delete one that proposes little, then add this one.',
    });
  }
  const addressKey = canonicalAddress(found.url) ?? found.url;
  const [row] = await tx
    .insert(watchedSources)
    .values({
      id: newId(),
      userId,
      siteId: siteId ?? null,
      name: name ?? found.name,
      url: found.url,
      addressKey,
      kind: found.kind,
      feedUrl: found.feedUrl,
    })
    .onConflictDoNothing()
    .returning();
  if (!row) {
    const [there] = await tx
      .select({ name: watchedSources.name })
      .from(watchedSources)
      .where(and(eq(watchedSources.userId, userId), eq(watchedSources.addressKey, addressKey)));
    throw new AppError('conflict', `You watch this address already, as "${there?.name}".`, {
      hint: 'Look for it in the list of sources; it can be read now from there.',
    });
  }
  await ctx.queue.enqueue(tx, readSourceJob, { sourceId: row.id });
  return { ...row, entries: 0, proposed: 0 };
}

/** Changes a source; what is left out stays. A source that goes on is read soon. Throws `not_found`. */
export async function updateSource(
  ctx: Pick<AppContext, 'db'>,
  userId: string,
  id: string,
  {
    name,
    siteId,
    paused,
  }: { name?: string | undefined; siteId?: string | null | undefined; paused?: boolean | undefined },
): Promise<CountedSource> {
  await ctx.db.transaction(async (tx) => {
    const source = await lockSource(tx, userId, id);
    if (siteId) await getSite(tx, userId, siteId);
    const now = sql`now()` as never;
    await tx
      .update(watchedSources)
      .set({
        ...(name === undefined ? {} : { name }),
        ...(siteId === undefined ? {} : { siteId }),
        ...(paused === true && !source.pausedAt ? { pausedAt: now } : {}),
        ...(paused === false && source.pausedAt ? { pausedAt: null, nextReadAt: now } : {}),
        updatedAt: now,
      })
      .where(eq(watchedSources.id, id));
  });
  return getSource(ctx.db, userId, id);
}

/** Stops watching; what it proposed stays in the backlog. Throws `not_found`. */
export async function deleteSource(ctx: Pick<AppContext, 'db'>, userId: string, id: string): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    await lockSource(tx, userId, id);
    await tx.delete(watchedSources).where(eq(watchedSources.id, id));
  });
}

/**
 * Has a source read now. Throws `not_found`, `invalid_state` while it is paused, `rate_limited` when it was asked for
 * within the last minute.
 */
export async function requestReading(
  ctx: Pick<AppContext, 'db' | 'queue'>,
  userId: string,
  id: string,
): Promise<CountedSource> {
  await ctx.db.transaction(async (tx) => {
    const source = await lockSource(tx, userId, id);
    if (source.pausedAt) {
      throw new AppError('invalid_state', 'This source is paused: nothing is read.', { hint: 'Let it go on first.' });
    }
    const [{ waitMs } = { waitMs: null }] = await tx
      .select({
        waitMs: sql<
          number | null
        >`(extract(epoch from ${watchedSources.requestedAt} - now()) * 1000 + ${askAgainMs}::int)::float8`,
      })
      .from(watchedSources)
      .where(eq(watchedSources.id, id));
    if (waitMs !== null && waitMs > 0) {
      throw new AppError('rate_limited', 'This source was asked for less than a minute ago.', {
        hint: 'Look at what it proposed; it can be read once a minute.',
        retryAt: new Date(Date.now() + waitMs),
      });
    }
    const now = sql`now()` as never;
    await tx.update(watchedSources).set({ nextReadAt: now, requestedAt: now }).where(eq(watchedSources.id, id));
    await ctx.queue.enqueue(tx, readSourceJob, { sourceId: id });
  });
  return getSource(ctx.db, userId, id);
}
