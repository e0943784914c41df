import { and, eq, isNotNull, or, sql } from 'drizzle-orm';
import { setStatus } from '../articles/articles.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError, toStoredError } from '../errors.ts';
import { publicationAttemptEnded } from '../events.ts';
import { sites } from '../sites/schema.ts';
import { checkSoon, siteWideCause } from '../sites/standing.ts';
import { siteCauseOf } from '../wordpress/site-error.ts';
import { announcePublication } from './announce.ts';
import type { TaskResult } from './delivery.ts';
import { type Lease, lockQueue, releaseLease } from './lease.ts';
import { noLongerPublished } from './publications.ts';
import type { Publication } from './schema.ts';
import { callNext, keepQuiet, makeTicket } from './tickets.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'log' | 'now' | 'telemetry'>;

/** How an attempt ended; `revision` is the article's that it was made with. */
export type Outcome =
  | { result: TaskResult; revision: number }
  /** `quietMs`: how long the site wants to be left in peace, if it said so. */
  | { kind: 'failed'; error: unknown; quietMs?: number }
  | { kind: 'retry'; error: unknown; delayMs: number; refusals?: number; quietMs?: number }
  | { kind: 'handed-over' };

/**
 * A password that the site took before and refuses now may be taken again: proxies drop the header while they are
 * reconfigured, and security plugins lock users out for minutes. So many refusals in a row are tried again.
 */
const maxRefusals = 3;

/**
 * What follows from a failure: another attempt where that can help, after what the site asked for or else the next of
 * `retryDelaysMs`.
 */
export async function afterFailure(
  ctx: Ctx,
  publication: Publication,
  error: unknown,
  retryDelaysMs: readonly number[],
): Promise<Outcome> {
  const refused = siteCauseOf(error) === 'credentials_rejected';
  const again = refused && publication.refusals < maxRefusals && (await workedBefore(ctx.db, publication));
  if (!(error instanceof AppError && (error.retryable || again))) return { kind: 'failed', error };
  const asked = error.retryAt && Math.max(0, error.retryAt.getTime() - ctx.now().getTime());
  const quiet = asked === undefined ? {} : { quietMs: asked };
  const delay = retryDelaysMs[publication.attempts - 1];
  if (delay === undefined) return { kind: 'failed', error, ...quiet };
  // The site's own word counts; otherwise up to a fifth more, so that what one outage stopped does not return at once.
  const delayMs = asked ?? delay * (1 + Math.random() / 5);
  return { kind: 'retry', error, delayMs, refusals: refused ? publication.refusals + 1 : 0, ...quiet };
}

/** Whether the site has taken its password: its check found nothing in the way, or something was written there since it was entered. */
async function workedBefore(db: Db, { userId, siteId }: Publication): Promise<boolean> {
  const written = sql`exists (select 1 from publications where site_id = ${sites.id} and published_at > ${sites.updatedAt})`;
  const [worked] = await db
    .select({ id: sites.id })
    .from(sites)
    .where(and(eq(sites.id, siteId), eq(sites.userId, userId), or(isNotNull(sites.lastOkAt), written)));
  return worked !== undefined;
}

/** Writes how the attempt ended and gives the lease up, and with it makes the ticket for what comes next. */
export async function recordOutcome(ctx: Ctx, publication: Publication, lease: Lease, outcome: Outcome): Promise<void> {
  const ended = 'result' in outcome ? outcome.result : outcome;
  const stored = await ctx.db.transaction(async (tx) => {
    // Before anything else: whoever is told meanwhile that the site is busy has asked before we look who comes next.
    await lockQueue(tx, publication.siteId);
    const released = await release(ctx, tx, publication, lease, outcome);
    if ('quietMs' in ended && ended.quietMs) await keepQuiet(ctx, tx, released, ended.quietMs);
    await callNext(ctx, tx, publication.siteId);
    return released;
  });
  publicationAttemptEnded(ctx, ended.kind);
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
      const { post, base = post, warnings, dropped } = ended;
      const isPublic = post.status === 'publish';
      if (ended.toldOfRevisions) {
        await tx.update(sites).set({ toldOfRevisions: true }).where(eq(sites.id, publication.siteId));
      }
      if (isPublic) await setStatus(ctx, tx, publication.articleId, 'published');
      const released = await releaseLease(tx, lease, {
        status: 'published',
        mayExist: true,
        remoteId: post.id,
        remoteUrl: post.link || null,
        remoteStatus: post.status,
        warnings,
        dropped,
        ...(base === null ? {} : { sent: base, sentRevision: 'revision' in outcome ? outcome.revision : null }),
        theirs: null,
        conflict: null,
        remoteChangedAt: sql`now()`,
        refusals: 0,
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
        refusals: 0,
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
        refusals: 0,
        remoteChangedAt: sql`now()`,
        error: null,
      });
      await noLongerPublished(tx, publication.articleId);
      return announcePublication(ctx, tx, released);
    }
    case 'failed': {
      const failedCause = siteWideCause(ended.error);
      if (failedCause) await checkSoon(tx, publication.siteId);
      const change = { status: 'failed', error, failedAt: sql`now()`, failedCause, refusals: 0 };
      return announcePublication(ctx, tx, await releaseLease(tx, lease, change));
    }
    case 'retry':
    case 'handed-over': {
      const retry = ended.kind === 'retry';
      if (retry && siteWideCause(ended.error)) await checkSoon(tx, publication.siteId);
      const wait = `${Math.round(retry ? ended.delayMs : 0)} milliseconds`;
      const released = await releaseLease(tx, lease, {
        status: 'queued',
        nextAttemptAt: sql`now() + ${wait}::interval`,
        // An interruption of ours is no failure of the site's: it costs no attempt.
        ...(retry ? { error, refusals: ended.refusals ?? 0 } : { attempts: sql`attempts - 1` }),
      });
      if (retry && released.nextAttemptAt) await makeTicket(ctx, tx, released, released.nextAttemptAt);
      return released;
    }
  }
}
