import { eq } from 'drizzle-orm';
import { articles } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { emitEvent } from '../webhooks/events.ts';
import { isOutdated, presentPublication } from './present.ts';
import type { Publication } from './schema.ts';

/** Tells the user's webhooks that a publication has come to an end, in the transaction that records it; returns it. */
export async function announcePublication(
  ctx: Pick<AppContext, 'queue'>,
  tx: Db,
  row: Publication,
): Promise<Publication> {
  const { status } = row;
  if (status === 'queued' || status === 'scheduled' || status === 'publishing') return row;
  const data = async () => {
    const [article] = await tx
      .select({ title: articles.title, revision: articles.revision })
      .from(articles)
      .where(eq(articles.id, row.articleId));
    // What only says how it waits has come to its end.
    const { attempts: _a, nextAttemptAt: _n, ahead: _h, pausedBy: _p, waiting: _w, ...shown } = presentPublication(row);
    return { ...shown, title: article?.title ?? null, outdated: article ? isOutdated(row, article.revision) : null };
  };
  await emitEvent(ctx, tx, row.userId, { type: `publication.${status}`, data });
  return row;
}
