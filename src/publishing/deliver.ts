import { and, DrizzleQueryError, eq, sql } from 'drizzle-orm';
import { isDisabled } from '../accounts/work-limits.ts';
import { setStatus } from '../articles/articles.ts';
import { getArticle } from '../articles/queries.ts';
import { type Article, articles } from '../articles/schema.ts';
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
import { findPost } from './find-post.ts';
import { publishJob } from './jobs.ts';
import {
  assertLease,
  changeUnderLease,
  claimPublication,
  type Lease,
  releaseLease,
  renewLease,
  waitsForSite,
} from './lease.ts';
import { placePost } from './place-post.ts';
import { noLongerPublished } from './publications.ts';
import type { Publication } from './schema.ts';
import { stopped, updatePost } from './update-post.ts';
import { trashPost, unpublishPost } from './withdraw-post.ts';

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

/** How long a publication waits while others of its site are delivered, before it looks again; in milliseconds. */
const siteBusyMs = 1_000;

/** A publication whose workers die this often takes them down with it: it is stopped instead of tried for ever. */
const maxAttempts = 25;

/** How an attempt ended; `revision` is the article's that it was made with. */
type Outcome =
  | { result: TaskResult; revision: number }
  | { kind: 'failed'; error: unknown }
  | { kind: 'retry'; error: unknown; delayMs: number }
  | { kind: 'handed-over' };

/**
 * Takes a publication, if it is to be had, and brings its article onto its site exactly once ({@link placePost}), under
 * a lease whose number is checked before every request and every write. What went wrong on the site is stored with the
 * publication, and tried again when that can help; an abort of `shutdown` hands over to the next worker. Throws only
 * when the database cannot be written.
 */
export async function deliverPublication(
  ctx: Ctx,
  publicationId: string,
  shutdown: AbortSignal,
  timing: DeliveryTiming = deliveryTiming,
): Promise<void> {
  const publication = await claimPublication(ctx.db, publicationId, timing.leaseMs);
  if (!publication) {
    // Its turn comes when one of the others is done; the job that is asked for now looks again.
    if (await waitsForSite(ctx.db, publicationId)) {
      const startAfter = new Date(ctx.now().getTime() + siteBusyMs);
      await ctx.queue.enqueue(ctx.db, publishJob, { publicationId }, { startAfter });
    }
    return;
  }
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
    return { result: await perform(delivery), revision: article.revision };
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
  const withdraws = publication.task === 'unpublish' || publication.task === 'trash';
  const article = await (withdraws ? articleEvenBinned : articleToSend)(db, publication);
  return { article, site: await getSite(db, publication.userId, publication.siteId) };
}

function perform(delivery: Delivery): Promise<TaskResult> {
  const tasks = { place, update: updatePost, unpublish: unpublishPost, trash: trashPost };
  return tasks[delivery.publication.task](delivery);
}

async function place(delivery: Delivery): Promise<TaskResult> {
  const { publication, client, signal, settleMs } = delivery;
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
    : stopped(delivery, await findPost(delivery), 'trashed');
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

function afterFailure(ctx: Ctx, publication: Publication, error: unknown, timing: DeliveryTiming): Outcome {
  if (!(error instanceof AppError && error.retryable)) return { kind: 'failed', error };
  const delay = timing.retryDelaysMs[publication.attempts - 1];
  if (delay === undefined) return { kind: 'failed', error };
  // The site's own word counts; otherwise up to a fifth more, so that what one outage stopped does not return at once.
  const asked = error.retryAt ? error.retryAt.getTime() - ctx.now().getTime() : undefined;
  return { kind: 'retry', error, delayMs: Math.max(0, asked ?? delay * (1 + Math.random() / 5)) };
}

/** Writes how the attempt ended and gives the lease up, and with it enqueues what comes next. */
async function store(ctx: Ctx, publication: Publication, lease: Lease, outcome: Outcome): Promise<void> {
  const ended = 'result' in outcome ? outcome.result : outcome;
  const error = 'error' in ended ? toStoredError(ended.error) : null;
  const stored = await ctx.db.transaction(async (tx) => {
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
          sent: ended.base ?? post,
          sentRevision: 'revision' in outcome ? outcome.revision : null,
          theirs: null,
          conflict: null,
          remoteChangedAt: sql`now()`,
          error: null,
          publishedAt: sql`coalesce(published_at, now())`,
        });
        return announcePublication(ctx, tx, released);
      }
      case 'conflict': {
        const { theirs, conflict } = ended;
        const kind = theirs === null ? ('deleted' as const) : theirs.status === 'trash' ? 'trashed' : 'edited';
        const released = await releaseLease(tx, lease, {
          status: 'conflict',
          error,
          theirs,
          conflict: conflict ?? { kind, fields: [], late: false },
          // A post that was only known by its marker is known by its id from now on.
          ...(theirs ? { remoteId: theirs.id } : {}),
        });
        return announcePublication(ctx, tx, released);
      }
      case 'withdrawn': {
        const { post, warnings } = ended;
        const released = await releaseLease(tx, lease, {
          status: 'unpublished',
          remoteStatus: post?.status ?? null,
          ...(post ? { remoteId: post.id, remoteUrl: post.link || null } : {}),
          // The text stays the base that it was: an edit of a person is still to be told from it.
          ...(post && publication.sent ? { sent: { ...publication.sent, status: post.status } } : {}),
          warnings,
          theirs: null,
          conflict: null,
          evenIfEdited: false,
          remoteChangedAt: sql`now()`,
          error: null,
        });
        await noLongerPublished(tx, publication.articleId);
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
        const startAfter = released.nextAttemptAt ?? ctx.now();
        await ctx.queue.enqueue(tx, publishJob, { publicationId: lease.id }, { startAfter });
        return released;
      }
    }
  });
  const { id, siteId, status, attempts, remoteId, nextAttemptAt, warnings } = stored;
  ctx.log.info(
    { publicationId: id, siteId, status, attempts, remoteId, nextAttemptAt, warnings, error },
    'delivery ended',
  );
}
