import { and, eq, not, sql } from 'drizzle-orm';
import { getArticle } from '../articles/queries.ts';
import { articles } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { getSite } from '../sites/queries.ts';
import { type Site, sites } from '../sites/schema.ts';
import { announcePublication } from './announce.ts';
import { lockQueue, type PublicationChange } from './lease.ts';
import type { PostOptions } from './options.ts';
import { readPublishTime } from './publish-time.ts';
import { getPublication, lockPublication } from './queries.ts';
import { type Publication, publications, type WantedStatus } from './schema.ts';
import { callNext, makeTicket } from './tickets.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'now'>;

export interface PublicationRequest {
  userId: string;
  articleId: string;
  siteId: string;
  wanted: WantedStatus;
  /**
   * When it is to go public: a moment, or words of a time, without a zone in that of the site ({@link readPublishTime}).
   * A time that has passed means now. Required with `future`, refused with `draft`.
   */
  publishAt: Date | string | null;
  /** Before or behind others of its site; as it was, at first 0, when left out. */
  priority?: number;
  /** What this post has beside the article's text; as it was, at first nothing, when left out. */
  options?: PostOptions;
  /** Which pipeline asks; null for a person. */
  pipelineId: string | null;
  /** The id of the publication if there is none yet; a new one by itself. */
  id?: string;
}

/**
 * Asks for an article on a site, and enqueues the delivery in `tx`. There is one publication of an article on a site,
 * for ever: asking again revives it, so that what an earlier attempt may have left on the site is found by its marker.
 * Throws `not_found` for an article or site that is not the user's, `invalid_request` when status and time do not go
 * together, `invalid_state` while this very publication is being sent with another wish, `queue_full` for a site for
 * which {@link mostWaiting} wait.
 */
export async function requestPublication(ctx: Ctx, tx: Db, request: PublicationRequest): Promise<Publication> {
  const { userId, articleId, siteId, pipelineId, priority, options } = request;
  checkTime(request.wanted, request.publishAt);
  await getArticle(tx, userId, articleId);
  const site = await getSite(tx, userId, siteId);
  await assertRoom(tx, site);
  const { at, warnings } = readPublishTime(request.publishAt, site.timezone);
  const wish = {
    ...timeOf(ctx, request.wanted, at),
    warnings,
    ...(priority === undefined ? {} : { priority }),
    ...(options === undefined ? {} : { options }),
  };
  const [inserted] = await tx
    .insert(publications)
    .values({
      id: request.id ?? newId(),
      userId,
      articleId,
      siteId,
      pipelineId,
      task: 'place',
      ...wish,
    } as typeof publications.$inferInsert)
    .onConflictDoNothing({ target: [publications.articleId, publications.siteId] })
    .returning();
  if (inserted) return ticketFor(ctx, tx, inserted);

  const same = sql`${publications.articleId} = ${articleId} and ${publications.siteId} = ${siteId}`;
  const [row] = await tx.select().from(publications).where(same).for('update');
  if (!row) throw new AppError('conflict', 'This publication has just been deleted.');
  if (row.status === 'publishing') {
    if (row.wanted === wish.wanted && (row.task === 'place' || row.task === 'update')) return row;
    throw new AppError('invalid_state', 'This article is being sent to this site at this moment, in another way.', {
      hint: 'Wait until it has arrived, and ask again then.',
    });
  }
  const revived = await change(tx, row.id, {
    ...wish,
    // Only what is not known to be there is made; what is there is brought up to date.
    task: row.remoteId === null ? 'place' : 'update',
    theirs: null,
    conflict: null,
    pipelineId: pipelineId ?? row.pipelineId,
    attempts: 0,
    error: null,
    // A draft of ours that may be on the site without our knowing is to be released then, not only looked at.
    ...(row.mayExist && row.remoteId === null && row.wanted === 'draft' ? { remoteStatus: 'draft' } : {}),
  });
  return ticketFor(ctx, tx, revived);
}

/** How many publications may wait for one site. A site takes a few a minute: what comes after them would take days. */
export const mostWaiting = 10_000;

async function assertRoom(tx: Db, site: Pick<Site, 'id' | 'name'>): Promise<void> {
  const waiting = await queryRows<{ full: boolean }>(
    tx,
    sql`select count(*) >= ${mostWaiting} as full from (select 1 from publications
          where site_id = ${site.id} and status in ('queued', 'scheduled', 'publishing') limit ${mostWaiting}) as queued`,
  );
  if (!waiting[0]?.full) return;
  throw new AppError('queue_full', `${mostWaiting} publications wait for ${site.name}, and no more may wait.`, {
    hint: 'Nothing was asked for. Look at its queue: cancel what is not wanted, or wait until it is shorter.',
    retryAt: new Date(Date.now() + 15 * 60_000),
  });
}

/**
 * Tries now what is not finished, in its old place: what waits for its next attempt or its time, what failed or met a
 * conflict. One that was cancelled is asked for again as it was, also at its time. The site's wish for peace is passed
 * over: a person wants it now. Does nothing for one that is being sent. Throws `invalid_state` for one that is finished.
 */
export async function retryPublication(ctx: Ctx, userId: string, id: string): Promise<Publication> {
  return ctx.db.transaction(async (tx) => {
    const row = await lockQueued(tx, userId, id);
    if (row.status === 'publishing') return row;
    if (row.status === 'published' || row.status === 'unpublished') {
      throw new AppError('invalid_state', `This publication is ${row.status}; there is nothing left to try.`, {
        hint: 'To bring the article there again, publish it from its page (POST /articles/:id/publications).',
      });
    }
    // So is a pause that blog-poster has set because the site failed: if it still does, the next check sets it again.
    const held = and(eq(sites.id, row.siteId), eq(sites.pausedBy, 'site'));
    await tx.update(sites).set({ pausedAt: null, pausedBy: null }).where(held);
    await tx.update(sites).set({ quietUntil: null }).where(eq(sites.id, row.siteId));
    const later = row.status === 'cancelled' && row.publishAt !== null && row.publishAt > ctx.now();
    const when = later
      ? { status: 'scheduled', nextAttemptAt: row.publishAt }
      : { status: 'queued', nextAttemptAt: sql`now()` };
    return ticketFor(ctx, tx, await change(tx, row.id, { ...when, ...anew }));
  });
}

/** What begins again when a publication is asked for once more. */
export const anew = { attempts: 0, error: null, queuedAt: sql`now()` } satisfies PublicationChange;

/**
 * Gives a publication up. What is being sent at this moment may still arrive, which is said in `warnings`; a later
 * request finds it there. A post that is there already stays there: only what was to be done with it is given up. Throws
 * `invalid_state` for one that is finished.
 */
export async function cancelPublication(
  ctx: Pick<Ctx, 'db' | 'queue'>,
  userId: string,
  id: string,
): Promise<Publication> {
  return ctx.db.transaction(async (tx) => {
    const row = await lockQueued(tx, userId, id);
    if (row.status === 'cancelled') return row;
    if (row.status === 'published' || row.status === 'unpublished') {
      throw new AppError('invalid_state', `This publication is ${row.status}; it cannot be cancelled.`, {
        hint: 'To take the post off its site, unpublish it or move it to the trash.',
      });
    }
    const cancelled = await cancelLocked(ctx, tx, row);
    // It may have been the one that all others of its site waited for.
    await callNext(ctx, tx, row.siteId);
    return cancelled;
  });
}

/** Gives up a publication that is not finished; its row is locked. */
export async function cancelLocked(ctx: Pick<Ctx, 'queue'>, tx: Db, row: Publication): Promise<Publication> {
  // A post that is there stays there: only what was to be done with it is given up.
  if (row.task !== 'place' && row.remoteId !== null) return change(tx, row.id, resting(row));
  const uncertain = row.mayExist && row.remoteId === null;
  const warning =
    'It was cancelled after it had been sent without an answer: look on the site whether the post is there.';
  const cancelled = await change(tx, row.id, {
    status: 'cancelled',
    nextAttemptAt: null,
    leaseExpiresAt: null,
    ...(uncertain ? { warnings: [...row.warnings, warning] } : {}),
  });
  return announcePublication(ctx, tx, cancelled);
}

/** An article that is public nowhere any more waits for its next approval. */
export async function noLongerPublished(tx: Db, articleId: string): Promise<void> {
  const isPublic = sql`exists (select 1 from publications where article_id = ${articleId} and status = 'published' and remote_status = 'publish')`;
  await tx
    .update(articles)
    .set({ status: 'ready' })
    .where(and(eq(articles.id, articleId), eq(articles.status, 'published'), not(isPublic)));
}

/** A publication whose post is on the site, with nothing left to do. */
export function resting(row: Publication): PublicationChange {
  const withdrawn =
    row.sent !== null && row.sent.status !== 'publish' && row.publishedAt !== null && row.wanted !== 'draft';
  return {
    status: withdrawn ? 'unpublished' : 'published',
    nextAttemptAt: null,
    leaseExpiresAt: null,
    error: null,
    theirs: null,
    conflict: null,
    evenIfEdited: false,
  };
}

/** Throws `invalid_request` when status and time do not go together. */
export function checkTime(wanted: WantedStatus, publishAt: unknown): void {
  const wrong =
    wanted === 'future' && publishAt === null
      ? 'is needed with status "future"'
      : wanted === 'draft' && publishAt !== null
        ? 'does not go with status "draft"'
        : null;
  if (wrong) {
    throw new AppError('invalid_request', `publishAt: ${wrong}`, { errors: [{ path: 'publishAt', message: wrong }] });
  }
}

/**
 * When a publication is to go, as its columns say it. One at a time stands where that time is: before what is asked for
 * later, however long it has waited then.
 */
export function timeOf(
  ctx: Pick<Ctx, 'now'>,
  wanted: WantedStatus,
  at: Date | null,
): Pick<Publication, 'wanted' | 'publishAt' | 'status'> & Record<'nextAttemptAt' | 'position' | 'queuedAt', unknown> {
  const later = at !== null && at.getTime() > ctx.now().getTime();
  return {
    wanted: at === null ? wanted : 'future',
    publishAt: at,
    status: later ? 'scheduled' : 'queued',
    nextAttemptAt: later ? at : sql`now()`,
    position: later ? at.getTime() / 1000 : sql`extract(epoch from clock_timestamp())`,
    queuedAt: sql`now()`,
  };
}

/** The publication with the queue of its site locked before it. Throws `not_found`, also for another user's. */
export async function lockQueued(tx: Db, userId: string, id: string): Promise<Publication> {
  const { siteId } = await getPublication(tx, userId, id);
  await lockQueue(tx, siteId);
  return lockPublication(tx, userId, id);
}

/** Every change from outside raises the lease number: a worker that still holds the row finds out at its next step. */
export async function change(tx: Db, id: string, columns: PublicationChange): Promise<Publication> {
  const [row] = await tx
    .update(publications)
    .set({ ...(columns as Partial<Publication>), lease: sql`${publications.lease} + 1` })
    .where(eq(publications.id, id))
    .returning();
  if (!row) throw new AppError('not_found', 'There is no such publication.');
  return row;
}

/** Makes the ticket with which a waiting publication comes to its turn; returns it. */
export async function ticketFor(ctx: Ctx, tx: Db, row: Publication): Promise<Publication> {
  await makeTicket(ctx, tx, row, row.status === 'scheduled' && row.publishAt ? row.publishAt : undefined);
  return row;
}
