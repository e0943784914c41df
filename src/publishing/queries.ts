import { and, desc, eq, inArray, isNotNull, lt, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Publication, type PublicationStatus, publications } from './schema.ts';

/** A user's publication. Throws `not_found`, also for another user's. */
export async function getPublication(db: Db, userId: string, id: string): Promise<Publication> {
  const [row] = await db
    .select()
    .from(publications)
    .where(and(eq(publications.id, id), eq(publications.userId, userId)));
  if (!row) throw new AppError('not_found', 'There is no such publication.');
  return row;
}

/** The same, locked until the end of `tx`. */
export async function lockPublication(tx: Db, userId: string, id: string): Promise<Publication> {
  const mine = and(eq(publications.id, id), eq(publications.userId, userId));
  const [row] = await tx.select().from(publications).where(mine).for('update');
  if (!row) throw new AppError('not_found', 'There is no such publication.');
  return row;
}

/** The publication of an article on a site, if it was ever asked for. */
export async function findPublication(db: Db, articleId: string, siteId: string): Promise<Publication | null> {
  const [row] = await db
    .select()
    .from(publications)
    .where(and(eq(publications.articleId, articleId), eq(publications.siteId, siteId)));
  return row ?? null;
}

/** A user's publications, newest first by `order`; one more than `limit`, to know whether there is a next page. */
export async function listPublications(
  db: Db,
  userId: string,
  query: {
    limit: number;
    cursor?: string | undefined;
    articleId?: string | undefined;
    siteId?: string | undefined;
    status?: PublicationStatus | PublicationStatus[] | undefined;
    order?: 'created' | 'published';
  },
): Promise<Publication[]> {
  const { cursor, articleId, siteId, status } = query;
  const mine = eq(publications.userId, userId);
  const byPublished = query.order === 'published';
  // Ids are UUIDv7: by id is by the time of creation.
  const after = byPublished
    ? sql`(${publications.publishedAt}, ${publications.id}) < (select published_at, id from publications as last where last.id = ${cursor} and last.user_id = ${userId})`
    : lt(publications.id, cursor ?? '');
  return db
    .select()
    .from(publications)
    .where(
      and(
        mine,
        cursor ? after : undefined,
        byPublished ? isNotNull(publications.publishedAt) : undefined,
        articleId ? eq(publications.articleId, articleId) : undefined,
        siteId ? eq(publications.siteId, siteId) : undefined,
        status === undefined ? undefined : inArray(publications.status, [status].flat()),
      ),
    )
    .orderBy(...(byPublished ? [desc(publications.publishedAt)] : []), desc(publications.id))
    .limit(query.limit + 1);
}
