import { and, eq, isNotNull, lt, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { sources } from '../knowledge/schema.ts';
import { longAgo } from '../retention.ts';
import { getDocument, isAtWork, lockDocument, type UsedDocument, usesOfDocument } from './queries.ts';

/**
 * Puts a stored source into the bin, where it stays 30 days. What an article cites is the proof of its claims and stays as
 * long as the article, also one in the bin. Throws `source_in_use` with the titles, or while a run works with it;
 * `not_found`.
 */
export async function deleteDocument(db: Db, userId: string, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const { deletedAt } = await lockDocument(tx, userId, id);
    if (deletedAt) throw new AppError('not_found', 'This source is in the bin already.');
    const uses = await usesOfDocument(tx, userId, id);
    if (uses.length > 0) {
      const titles = uses.slice(0, 5).map(({ title, deleted }) => `“${title}”${deleted ? ' (in the bin)' : ''}`);
      const more = uses.length > 5 ? ` and ${uses.length - 5} more` : '';
      throw new AppError('source_in_use', `The source is cited by ${titles.join(', ')}${more}.`, {
        details: { articleIds: uses.map(({ articleId }) => articleId) },
      });
    }
    if (await isAtWork(tx, id)) {
      throw new AppError('source_in_use', 'An article is being written with this source.', {
        hint: 'Wait until it is written, or cancel its run.',
      });
    }
    await tx.update(sources).set({ deletedAt: sql`now()` }).where(eq(sources.id, id));
  });
}

/** Takes a source out of the bin. Throws `not_found` when it is not in there. */
export async function restoreDocument(db: Db, userId: string, id: string): Promise<UsedDocument> {
  await db.transaction(async (tx) => {
    const [row] = await tx
      .update(sources)
      .set({ deletedAt: null })
      .where(and(eq(sources.id, id), eq(sources.userId, userId), isNotNull(sources.deletedAt)))
      .returning({ id: sources.id });
    if (!row) throw new AppError('not_found', 'There is no such source in the bin.');
  });
  return getDocument(db, userId, id);
}

/** Removes sources that have been in the bin for long enough and that nothing has come to rest on; returns how many. */
export async function emptyDocumentBin(db: Db): Promise<number> {
  const rows = await db
    .delete(sources)
    .where(
      and(
        isNotNull(sources.deletedAt),
        lt(sources.deletedAt, longAgo('bin')),
        sql`not exists (select 1 from article_sources where source_id = ${sources.id})`,
        sql`not exists (select 1 from claims join passages on passages.id = claims.passage_id where passages.source_id = ${sources.id})`,
      ),
    )
    .returning({ id: sources.id });
  return rows.length;
}
