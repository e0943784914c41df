import { DrizzleQueryError, sql } from 'drizzle-orm';
import { isDisabled } from '../accounts/work-limits.ts';
import { setStatus } from '../articles/articles.ts';
import { getArticle } from '../articles/queries.ts';
import type { Article } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError, toStoredError } from '../errors.ts';
import { connectToSite } from '../sites/connect.ts';
import { getSite } from '../sites/queries.ts';
import type { Site } from '../sites/schema.ts';
import { publicationMarker } from '../wordpress/blocks.ts';
import { announcePublication } from './announce.ts';
import { composePost } from './compose-post.ts';
import type { Delivery, TaskResult } from './delivery.ts';
import {
  assertLease,
  changeUnderLease,
  claimPublication,
  type Lease,
  lockQueue,
  releaseLease,
  renewLease,
} from './lease.ts';
import { placePost } from './place-post.ts';
import type { Publication } from './schema.ts';
import { callNext, keepQuiet, makeTicket } from './tickets.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'secrets' | 'safeFetch' | 'log' | 'now'>;

/** All times in milliseconds. */
export interface DeliveryTiming {
  /** How long a worker may be silent before another takes its publication, and how often it renews. */
  leaseMs: number;
  leaseRenewMs: number;
  /** One request to the site, with its answer. */
  requestTimeoutMs: number;
  /** Looks for a post whose creation was not answered, each after such a wait. */
  settleMs: readonly number[];
  /** Waits before further attempts after failures that may pass; after the last the publication has failed. */
  retryDelaysMs: readonly number[];
}

const minute = 60_000;
const hour = 60 * minute;
export const deliveryTiming: DeliveryTiming = {
  leaseMs: 12_000,
  leaseRenewMs: 3_000,
  requestTimeoutMs: 20_000,
  settleMs: [500, 2_500, 7_000],
  // Together a little over a day: long enough for a host that is down over night.
  retryDelaysMs: [5_000, 30_000, 2 * minute, 10 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 8 * hour, 8 * hour],
};

/** A publication whose workers die this often takes them down with it: it is stopped instead of tried for ever. */
const maxAttempts = 25;

/** How an attempt ended; `revision` is the article's that it was made with. */
type Outcome =
  | { result: TaskResult; revision: number }
  /** `quietMs`: how long the site wants to be left in peace, if it said so. */
  | { kind: 'failed'; error: unknown; quietMs?: number }
  | { kind: 'retry'; error: unknown; delayMs: number; quietMs?: number }
  | { kind: 'handed-over' };

/**
 * Takes the first publication in the queue of a site (that of the publication `ticketId`), if there is one to be had,
 * and brings its article onto the site exactly once ({@link placePost}), under a lease whose number is checked before
 * every request and every write. What went wrong on the site is stored with the
 * publication, and tried again when that can help; an abort of `shutdown` hands over to the next worker. Throws only
 * when the database cannot be written.
 */
export async function deliverPublication(
  ctx: Ctx,
  ticketId: string,
  shutdown: AbortSignal,
  timing: DeliveryTiming = deliveryTiming,
): Promise<void> {
  const publication = await claimPublication(ctx.db, ticketId, timing.leaseMs);
  if (!publication) return;
  const publicationId = publication.id;
  const lease: Lease = { id: publication.id, lease: publication.lease, leaseMs: timing.leaseMs };
  const lost = new AbortController();
  const timer = setInterval(() => {
    renewLease(ctx.db, lease).then(
      (held) => {
        if (!held) lost.abort(new AppError('lease_lost', 'The publication was cancelled or taken over.'));
      },
      // The database did not answer: the lease may run out, and every request checks it again, so going on is safe.
      (error) => ctx.log.warn({ err: error, publicationId }, 'lease of a publication not renewed'),
    );
  }, timing.leaseRenewMs);
  try {
    const outcome = await attempt(ctx, publication, lease, shutdown, lost, timing);
    await store(ctx, publication, lease, outcome);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'lease_lost')) throw error;
    ctx.log.info({ publicationId }, 'publication given up: another worker has it, or it was cancelled');
  } finally {
    clearInterval(timer);
  }
}

async function attempt(
  ctx: Ctx,
  publication: Publication,
  lease: Lease,
  shutdown: AbortSignal,
  lost: AbortController,
  timing: DeliveryTiming,
): Promise<Outcome> {
  const signal = AbortSignal.any([shutdown, lost.signal]);
  const disabled = new AbortController();
  /** Whatever keeps us from proving that the lease is ours ends the attempt, and is no failure of the site's. */
  const underLease = async (work: Promise<void>) => {
    try {
      await work;
    } catch (error) {
      lost.abort(error);
      throw error;
    }
  };
  try {
    if (publication.attempts > maxAttempts) {
      throw new AppError('internal', `This publication was begun ${maxAttempts} times without coming to an end.`);
    }
    const { article, site } = await load(ctx.db, publication);
    signal.throwIfAborted();
    const client = connectToSite(ctx, site, {
      signal,
      timeoutMs: timing.requestTimeoutMs,
      beforeRequest: async () => {
        await underLease(assertLease(ctx.db, lease));
        // What is under way is let finish, because a request that is cut off may have made the post; no other is begun.
        if (await isDisabled(ctx.db, publication.userId)) disabled.abort(new Error('the user was disabled'));
        disabled.signal.throwIfAborted();
      },
    });
    const delivery: Delivery = {
      ctx,
      publication,
      article,
      site,
      client,
      signal,
      settleMs: timing.settleMs,
      keep: (change) => underLease(changeUnderLease(ctx.db, lease, change)),
    };
    return { result: await place(delivery), revision: article.revision };
  } catch (error) {
    if (lost.signal.aborted) throw lost.signal.reason;
    if (shutdown.aborted || disabled.signal.aborted) return { kind: 'handed-over' };
    if (error instanceof DrizzleQueryError) throw error;
    if (!(error instanceof AppError)) {
      ctx.log.error({ err: error, publicationId: publication.id }, 'delivery failed unexpectedly');
    }
    return afterFailure(ctx, publication, error, timing);
  }
}

async function load(db: Db, publication: Publication): Promise<{ article: Article; site: Site }> {
  const article = await articleToSend(db, publication);
  return { article, site: await getSite(db, publication.userId, publication.siteId) };
}

async function place(delivery: Delivery): Promise<TaskResult> {
  const { publication, client, signal, settleMs, site } = delivery;
  const { post, warnings } = await composePost(delivery);
  const placed = await placePost(
    {
      marker: publicationMarker(publication.id),
      post,
      remoteId: publication.remoteId,
      remoteStatus: publication.remoteStatus,
      mayExist: publication.mayExist,
    },
    { client, signal, settleMs, setMayExist: (mayExist) => delivery.keep({ mayExist }) },
  );
  return placed
    ? { kind: 'done', post: placed.post, warnings: [...warnings, ...placed.warnings], dropped: [] }
    : { kind: 'conflict', error: inTrash(site.name), theirs: null };
}

async function articleToSend(db: Db, publication: Publication): Promise<Article> {
  try {
    return await getArticle(db, publication.userId, publication.articleId);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'not_found')) throw error;
    throw new AppError('not_found', 'The article is in the bin, so it was not sent.', {
      hint: 'Restore the article and retry, or cancel this publication.',
      cause: error,
    });
  }
}

function inTrash(siteName: string): AppError {
  return new AppError('conflict', `The post lies in the trash of “${siteName}”; it was left there.`, {
    hint: 'Restore it in WordPress under Posts > Trash, or delete it there for good; then retry.',
  });
}

function afterFailure(ctx: Ctx, publication: Publication, error: unknown, timing: DeliveryTiming): Outcome {
  if (!(error instanceof AppError && error.retryable)) return { kind: 'failed', error };
  const asked = error.retryAt && Math.max(0, error.retryAt.getTime() - ctx.now().getTime());
  const quiet = asked === undefined ? {} : { quietMs: asked };
  const delay = timing.retryDelaysMs[publication.attempts - 1];
  if (delay === undefined) return { kind: 'failed', error, ...quiet };
  // The site's own word counts; otherwise up to a fifth more, so that what one outage stopped does not return at once.
  return { kind: 'retry', error, delayMs: asked ?? delay * (1 + Math.random() / 5), ...quiet };
}

/** Writes how the attempt ended and gives the lease up, and with it makes the ticket for what comes next. */
async function store(ctx: Ctx, publication: Publication, lease: Lease, outcome: Outcome): Promise<void> {
  const ended = 'result' in outcome ? outcome.result : outcome;
  const stored = await ctx.db.transaction(async (tx) => {
    // Before anything else: whoever is told meanwhile that the site is busy has asked before we look who comes next.
    await lockQueue(tx, publication.siteId);
    const released = await release(ctx, tx, publication, lease, outcome);
    if ('quietMs' in ended && ended.quietMs) await keepQuiet(ctx, tx, released, ended.quietMs);
    await callNext(ctx, tx, publication.siteId);
    return released;
  });
  const { id, siteId, status, attempts, remoteId, nextAttemptAt, warnings } = stored;
  const error = stored.error;
  ctx.log.info(
    { publicationId: id, siteId, status, attempts, remoteId, nextAttemptAt, warnings, error },
    'delivery ended',
  );
}

async function release(
  ctx: Ctx,
  tx: Db,
  publication: Publication,
  lease: Lease,
  outcome: Outcome,
): Promise<Publication> {
  const ended = 'result' in outcome ? outcome.result : outcome;
  const error = 'error' in ended ? toStoredError(ended.error) : null;
  switch (ended.kind) {
    case 'done': {
      const { post, warnings, dropped } = ended;
      const isPublic = post.status === 'publish';
      if (isPublic) await setStatus(ctx, tx, publication.articleId, 'published');
      const released = await releaseLease(tx, lease, {
        status: 'published',
        mayExist: true,
        remoteId: post.id,
        remoteUrl: post.link || null,
        remoteStatus: post.status,
        warnings,
        dropped,
        sent: post,
        sentRevision: 'revision' in outcome ? outcome.revision : null,
        theirs: null,
        remoteChangedAt: sql`now()`,
        error: null,
        publishedAt: sql`coalesce(published_at, now())`,
      });
      return announcePublication(ctx, tx, released);
    }
    case 'conflict': {
      const released = await releaseLease(tx, lease, { status: 'conflict', error, theirs: ended.theirs });
      return announcePublication(ctx, tx, released);
    }
    case 'failed':
      return announcePublication(ctx, tx, await releaseLease(tx, lease, { status: 'failed', error }));
    case 'retry':
    case 'handed-over': {
      const retry = ended.kind === 'retry';
      const wait = `${Math.round(retry ? ended.delayMs : 0)} milliseconds`;
      const released = await releaseLease(tx, lease, {
        status: 'queued',
        nextAttemptAt: sql`now() + ${wait}::interval`,
        // An interruption of ours is no failure of the site's: it costs no attempt.
        ...(retry ? { error } : { attempts: sql`attempts - 1` }),
      });
      if (retry && released.nextAttemptAt) await makeTicket(ctx, tx, released, released.nextAttemptAt);
      return released;
    }
  }
}
