import { sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { change, lockQueued, ticketFor } from './publications.ts';
import type { Publication } from './schema.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'now'>;

/**
 * Asks to bring the post up to date with its article; whether it is public stays as it is. Throws `invalid_state` when
 * nothing of it is known to be on the site, or while it is being sent.
 */
export async function requestUpdate(ctx: Ctx, userId: string, id: string): Promise<Publication> {
  return ask(ctx, userId, id, (row) => ({
    task: 'update',
    // A wish for a draft leaves the status alone, so what was taken down is not published by the way.
    wanted: row.status === 'unpublished' || row.sent?.status !== 'publish' ? 'draft' : 'publish',
    publishAt: null,
  }));
}

/** Asks to take the post back to a draft. Throws as {@link requestUpdate}. */
export async function requestUnpublish(ctx: Ctx, userId: string, id: string): Promise<Publication> {
  return ask(ctx, userId, id, () => ({ task: 'unpublish' }));
}

/**
 * Asks to put the post into the site's trash; one that a person has edited there only with `evenIfEdited`. Throws as
 * {@link requestUpdate}.
 */
export async function requestTrash(
  ctx: Ctx,
  userId: string,
  id: string,
  { evenIfEdited }: { evenIfEdited: boolean },
): Promise<Publication> {
  return ask(ctx, userId, id, () => ({ task: 'trash', evenIfEdited }));
}

async function ask(
  ctx: Ctx,
  userId: string,
  id: string,
  wish: (row: Publication) => Parameters<typeof change>[2],
): Promise<Publication> {
  return ctx.db.transaction(async (tx) => {
    const row = await lockQueued(tx, userId, id);
    const wanted = wish(row);
    if (row.status === 'publishing') {
      if (row.task === wanted.task && row.task !== 'update') return row;
      throw new AppError('invalid_state', 'The post is being worked on at this moment.', {
        hint: 'Wait until that has ended, and ask again then.',
      });
    }
    if (row.remoteId === null && !(row.mayExist && wanted.task !== 'update')) {
      throw new AppError('invalid_state', 'Nothing of this article is on the site yet.', {
        hint: 'Cancel the publication if it is not to go there.',
      });
    }
    const asked = await change(tx, row.id, {
      evenIfEdited: false,
      ...wanted,
      status: 'queued',
      nextAttemptAt: sql`now()`,
      attempts: 0,
      error: null,
      warnings: [],
      theirs: null,
      conflict: null,
    });
    return ticketFor(ctx, tx, asked);
  });
}
