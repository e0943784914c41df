import { and, eq, not, sql } from 'drizzle-orm';
import { getArticle } from '../articles/queries.ts';
import { articles } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { getSite } from '../sites/queries.ts';
import { announcePublication } from './announce.ts';
import { publishJob } from './jobs.ts';
import type { PublicationChange } from './lease.ts';
import { lockPublication } from './queries.ts';
import { type Publication, publications, type WantedStatus } from './schema.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'now'>;

export interface PublicationRequest {
  userId: string;
  articleId: string;
  siteId: string;
  wanted: WantedStatus;
  /** When it is to go public, in UTC; a time that has passed means now. Required with `future`, refused with `draft`. */
  publishAt: Date | null;
  /** Which pipeline asks; null for a person. */
  pipelineId: string | null;
  /** The id of the publication if there is none yet; a new one by itself. */
  id?: string;
}

/**
 * Asks for an article on a site, and enqueues the delivery in `tx`. There is one publication of an article on a site,
 * for ever: asking again revives it, so that what an earlier attempt may have left on the site is found by its marker.
 * Throws `not_found` for an article or site that is not the user's, `invalid_request` when status and time do not go
 * together, `invalid_state` while this very publication is being sent with another wish.
 */
export async function requestPublication(ctx: Ctx, tx: Db, request: PublicationRequest): Promise<Publication> {
  const { userId, articleId, siteId, pipelineId, publishAt } = request;
  checkTime(request);
  await getArticle(tx, userId, articleId);
  await getSite(tx, userId, siteId);
  const later = publishAt !== null && publishAt.getTime() > ctx.now().getTime();
  const wish = {
    wanted: publishAt === null ? request.wanted : ('future' as const),
    publishAt,
    status: later ? ('scheduled' as const) : ('queued' as const),
    nextAttemptAt: later ? publishAt : sql`now()`,
  };
  const [inserted] = await tx
    .insert(publications)
    .values({
      id: request.id ?? newId(),
      userId,
      articleId,
      siteId,
      pipelineId,
      ...wish,
    } as typeof publications.$inferInsert)
    .onConflictDoNothing({ target: [publications.articleId, publications.siteId] })
    .returning();
  if (inserted) return enqueue(ctx, tx, inserted);

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
    warnings: [],
    // A draft of ours that may be on the site without our knowing is to be released then, not only looked at.
    ...(row.mayExist && row.remoteId === null && row.wanted === 'draft' ? { remoteStatus: 'draft' } : {}),
  });
  return enqueue(ctx, tx, revived);
}

/**
 * Tries now what is not finished: what waits for its next attempt or its time, what failed, was cancelled, or met a
 * conflict. Does nothing for one that is being sent. Throws `invalid_state` for one that is finished.
 */
export async function retryPublication(ctx: Ctx, userId: string, id: string): Promise<Publication> {
  return ctx.db.transaction(async (tx) => {
    const row = await lockPublication(tx, userId, id);
    if (row.status === 'publishing') return row;
    if (row.status === 'published' || row.status === 'unpublished') {
      throw new AppError('invalid_state', `This publication is ${row.status}; there is nothing left to try.`, {
        hint: 'To bring the article there again, ask for it: POST /articles/:id/publications.',
      });
    }
    const now = { status: 'queued', attempts: 0, error: null, nextAttemptAt: sql`now()` };
    return enqueue(ctx, tx, await change(tx, row.id, now));
  });
}

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
    const row = await lockPublication(tx, userId, id);
    if (row.status === 'cancelled') return row;
    if (row.status === 'published' || row.status === 'unpublished') {
      throw new AppError('invalid_state', `This publication is ${row.status}; it cannot be cancelled.`, {
        hint: 'Take the post off the site in WordPress.',
      });
    }
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
  });
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

function checkTime({ wanted, publishAt }: PublicationRequest): void {
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

export async function enqueue(ctx: Ctx, tx: Db, row: Publication): Promise<Publication> {
  const startAfter = row.status === 'scheduled' && row.publishAt ? { startAfter: row.publishAt } : {};
  await ctx.queue.enqueue(tx, publishJob, { publicationId: row.id }, startAfter);
  return row;
}
