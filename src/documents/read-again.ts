import { eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { gatherSource } from '../knowledge/gather.ts';
import { sources } from '../knowledge/schema.ts';
import { storeDocument } from '../knowledge/store.ts';
import { getDocument, lockDocument, type UsedDocument } from './queries.ts';

/** A person waits for it. */
const readMs = 45_000;
/** A page can be asked for once in so many milliseconds. */
const askAgainMs = 60_000;

/**
 * Reads the page of a stored source again. A text is never changed once it is stored, because claims quote it: what says
 * something else now becomes a source of its own, and `changed` is true. Throws `invalid_state` for what was pasted or
 * uploaded, `rate_limited` within a minute, and what the page cannot be read for.
 */
export async function readAgain(
  ctx: Pick<AppContext, 'db' | 'safeFetch' | 'robots' | 'extractor' | 'embedder' | 'log' | 'now'>,
  userId: string,
  id: string,
): Promise<{ changed: boolean; document: UsedDocument }> {
  const url = await begin(ctx, userId, id);
  const signal = AbortSignal.timeout(readMs);
  const { documents, problems } = await gather(ctx, url, signal);
  const [problem] = problems;
  const [read] = documents;
  if (!read) {
    throw new AppError(problem?.code ?? 'extraction_failed', problem?.message ?? 'The page holds no text.', {
      hint: problem?.hint ?? 'Open it in a browser and look whether it still shows what you expect.',
    });
  }
  const stored = await storeDocument(ctx.db, ctx.embedder, userId, read);
  if (!stored) {
    throw new AppError('extraction_failed', 'The page holds no text any more that could be cited.', {
      hint: 'Open it in a browser. What was read before stays here.',
    });
  }
  return { changed: stored.id !== id, document: await getDocument(ctx.db, userId, stored.id) };
}

/** Marks the time of asking before anything is fetched, so that a row of clicks is one request. */
function begin(ctx: Pick<AppContext, 'db' | 'now'>, userId: string, id: string): Promise<string> {
  return ctx.db.transaction(async (tx) => {
    const { url, kind, checkedAt, deletedAt } = await lockDocument(tx, userId, id);
    if (deletedAt) throw new AppError('invalid_state', 'This source is in the bin.', { hint: 'Take it out first.' });
    if (url === null || (kind !== 'url' && kind !== 'feed-item')) {
      throw new AppError('invalid_state', 'This text was pasted or uploaded: there is no page to read again.', {
        hint: 'Paste the newer text as a source of the next article.',
      });
    }
    const waitMs = checkedAt === null ? 0 : askAgainMs - (ctx.now().getTime() - checkedAt.getTime());
    if (waitMs > 0) {
      throw new AppError('rate_limited', 'This page was asked for less than a minute ago.', {
        hint: 'Pages rarely change within a minute: wait a moment.',
        retryAt: new Date(ctx.now().getTime() + waitMs),
      });
    }
    await tx.update(sources).set({ checkedAt: sql`now()` }).where(eq(sources.id, id));
    return url;
  });
}

async function gather(ctx: Parameters<typeof readAgain>[0], url: string, signal: AbortSignal) {
  try {
    return await gatherSource(ctx, { url }, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new AppError('fetch_failed', `The page did not answer within ${readMs / 1000} seconds.`, {
      hint: 'Try again later. What was read before stays here.',
      cause: error,
    });
  }
}
