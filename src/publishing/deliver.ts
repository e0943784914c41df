import { and, DrizzleQueryError, eq } from 'drizzle-orm';
import { isDisabled } from '../accounts/work-limits.ts';
import { readForGood } from '../articles/articles.ts';
import { getArticle } from '../articles/queries.ts';
import { type Article, articles } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { connectToSite } from '../sites/connect.ts';
import { getSite } from '../sites/queries.ts';
import type { Site } from '../sites/schema.ts';
import type { Delivery, TaskResult } from './delivery.ts';
import { assertLease, changeUnderLease, claimPublication, type Lease, renewLease } from './lease.ts';
import { afterFailure, type Outcome, recordOutcome } from './outcome.ts';
import { placeArticle } from './place-article.ts';
import type { Publication } from './schema.ts';
import { updatePost } from './update-post.ts';
import { trashPost, unpublishPost } from './withdraw-post.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'secrets' | 'safeFetch' | 'imaging' | 'log' | 'now' | 'telemetry'>;

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

/**
 * Takes the first publication in the queue of a site (that of the publication `ticketId`), if there is one to be had,
 * and brings its article onto the site exactly once ({@link placeArticle}), under a lease whose number is checked before
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
    await recordOutcome(ctx, publication, lease, outcome);
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
        // What is under way is let finish, because a request that is cut off may have made the post; no other is begun.
        if (await isDisabled(ctx.db, publication.userId)) disabled.abort(new Error('the user was disabled'));
        disabled.signal.throwIfAborted();
        // Last of all: what comes between this and the request is time in which the lease may be lost.
        await underLease(assertLease(ctx.db, lease));
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
    return { result: await perform(delivery), revision: article.revision };
  } catch (error) {
    if (lost.signal.aborted) throw lost.signal.reason;
    if (shutdown.aborted || disabled.signal.aborted) return { kind: 'handed-over' };
    if (error instanceof DrizzleQueryError) throw error;
    if (!(error instanceof AppError)) {
      ctx.log.error({ err: error, publicationId: publication.id }, 'delivery failed unexpectedly');
    }
    return afterFailure(ctx, publication, error, timing.retryDelaysMs);
  }
}

async function load(db: Db, publication: Publication): Promise<{ article: Article; site: Site }> {
  const withdraws = publication.task === 'unpublish' || publication.task === 'trash';
  const read = withdraws ? articleEvenBinned : articleToSend;
  // What a site gets is what its post is compared with later: no automatic save must take its place.
  const article = await readForGood(db, () => read(db, publication));
  return { article, site: await getSite(db, publication.userId, publication.siteId) };
}

function perform(delivery: Delivery): Promise<TaskResult> {
  const tasks = { place: placeArticle, update: updatePost, unpublish: unpublishPost, trash: trashPost };
  return tasks[delivery.publication.task](delivery);
}

/** What is taken off a site may lie in the bin here. */
async function articleEvenBinned(db: Db, { articleId, userId }: Publication): Promise<Article> {
  const mine = and(eq(articles.id, articleId), eq(articles.userId, userId));
  const [article] = await db.select().from(articles).where(mine);
  if (!article) throw new AppError('not_found', 'The article is gone.');
  return article;
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
