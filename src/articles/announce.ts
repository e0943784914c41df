import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { emitEvent } from '../webhooks/events.ts';
import type { Article } from './schema.ts';

/** Tells the user's webhooks what happened to an article, in the transaction in which it happens. */
export function announceArticle(
  ctx: Pick<AppContext, 'queue'>,
  tx: Db,
  type: 'article.created' | 'article.updated' | 'article.deleted' | 'article.restored' | 'article.approved',
  row: Article,
): Promise<void> {
  const { id, title, slug, status, revision, language, wordCount, pipelineId } = row;
  const data = { id, title, slug, status, revision, language, wordCount, pipelineId };
  return emitEvent(ctx, tx, row.userId, { type, data });
}
