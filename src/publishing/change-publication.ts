import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { getSite } from '../sites/queries.ts';
import type { PublicationChange } from './lease.ts';
import type { PostOptions } from './options.ts';
import { anew, change, checkTime, lockQueued, ticketFor, timeOf } from './publications.ts';
import { readPublishTime } from './publish-time.ts';
import { movePublication } from './queue.ts';
import type { Publication, WantedStatus } from './schema.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'now'>;

/** What can be changed of a publication that has not been sent yet; what is left out stays. */
export interface PublicationUpdate {
  priority?: number | undefined;
  /** As in a request; null takes the time away, so that it goes now. */
  publishAt?: string | null | undefined;
  status?: WantedStatus | undefined;
  options?: PostOptions | undefined;
  /** Directly before which other one of its queue; null for its end. */
  before?: string | null | undefined;
}

/**
 * Changes what waits in a queue: what it is to be, when, how urgent, and where it stands. Throws `not_found`,
 * `invalid_state` for what is being sent or has ended, `invalid_request` for what does not go together, and what
 * {@link movePublication} throws.
 */
export async function changePublication(
  ctx: Ctx,
  userId: string,
  id: string,
  update: PublicationUpdate,
): Promise<Publication> {
  if (update.before !== undefined && update.priority !== undefined) {
    const message = 'does not go with priority: a place in the queue brings its own';
    throw new AppError('invalid_request', `before: ${message}`, { errors: [{ path: 'before', message }] });
  }
  return ctx.db.transaction(async (tx) => {
    const row = await lockQueued(tx, userId, id);
    assertWaiting(row);
    const site = await getSite(tx, userId, row.siteId);
    const time = newTime(ctx, row, update, site.timezone);
    let changed = await change(tx, id, {
      ...time,
      ...(update.priority === undefined ? {} : { priority: update.priority }),
      ...(update.options === undefined ? {} : { options: update.options }),
    });
    if (update.before !== undefined) changed = await movePublication(tx, changed, update.before);
    return time.status === undefined ? changed : ticketFor(ctx, tx, changed);
  });
}

function newTime(ctx: Ctx, row: Publication, update: PublicationUpdate, timeZone: string): PublicationChange {
  if (update.status === undefined && update.publishAt === undefined) return {};
  if (row.task !== 'place') {
    throw new AppError('invalid_state', 'This changes a post that is on the site already; it has no time of its own.', {
      hint: 'Cancel it, and ask for the article on this site anew.',
    });
  }
  const wanted = update.status ?? (update.publishAt ? 'future' : row.wanted === 'future' ? 'publish' : row.wanted);
  const words = update.publishAt === undefined && wanted === 'future' ? row.publishAt : (update.publishAt ?? null);
  checkTime(wanted, words);
  const { at, warnings } = readPublishTime(words, timeZone);
  // A draft of ours that may be on the site without our knowing is to be released then, not only looked at.
  const release = row.mayExist && row.remoteId === null && row.wanted === 'draft' && wanted !== 'draft';
  const draft = release ? { remoteStatus: 'draft' } : {};
  // The place and the attempts are those of the time: where that stays, they stay as well.
  if (at?.getTime() === row.publishAt?.getTime()) return { wanted: at === null ? wanted : 'future', ...draft };
  return { ...timeOf(ctx, wanted, at), ...anew, warnings, ...draft };
}

function assertWaiting({ status }: Publication): void {
  if (status === 'queued' || status === 'scheduled') return;
  const what = status === 'publishing' ? 'is being sent at this moment' : `is ${status}`;
  throw new AppError('invalid_state', `This publication ${what}; only what waits can be changed.`, {
    hint: 'Publish the article there again from its page (POST /articles/:id/publications).',
  });
}
