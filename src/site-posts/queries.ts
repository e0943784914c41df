import { and, asc, desc, eq, ilike, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import { articles } from '../articles/schema.ts';
import type { Db } from '../db/open.ts';
import { publications } from '../publishing/schema.ts';
import { deadLinks, type SitePost, type SiteSync, sitePosts, siteSyncs } from './schema.ts';

/** A post with the article that it is, if it is ours. */
export type ListedSitePost = SitePost & { articleId: string | null };

/** A user's posts of a site, the newest first; one more than `limit`, to know whether there is a next page. */
export async function listSitePosts(
  db: Db,
  userId: string,
  query: {
    siteId: string;
    limit: number;
    /** The id of the post that the last page ended with. */
    before?: number | undefined;
    query?: string | undefined;
    gone: boolean;
  },
): Promise<ListedSitePost[]> {
  const words = query.query ? `%${query.query.replace(/[\\%_]/g, '\\$&')}%` : null;
  const rows = await db
    .select({ post: sitePosts, articleId: publications.articleId })
    .from(sitePosts)
    .leftJoin(
      publications,
      and(eq(publications.siteId, sitePosts.siteId), eq(publications.remoteId, sitePosts.remoteId)),
    )
    .where(
      and(
        eq(sitePosts.userId, userId),
        eq(sitePosts.siteId, query.siteId),
        query.before === undefined ? undefined : lt(sitePosts.remoteId, query.before),
        query.gone ? isNotNull(sitePosts.goneAt) : isNull(sitePosts.goneAt),
        words
          ? or(ilike(sitePosts.title, words), ilike(sitePosts.excerpt, words), ilike(sitePosts.url, words))
          : undefined,
      ),
    )
    .orderBy(desc(sitePosts.remoteId))
    .limit(query.limit + 1);
  return rows.map(({ post, articleId }) => ({ ...post, articleId }));
}

/** How far the reading of a user's site has come; null before a worker has seen the site. */
export async function getSync(db: Db, userId: string, siteId: string): Promise<SiteSync | null> {
  const [row] = await db
    .select()
    .from(siteSyncs)
    .where(and(eq(siteSyncs.siteId, siteId), eq(siteSyncs.userId, userId)));
  return row ?? null;
}

/** Articles of a user with links to posts that are gone, the newest first; one more than `limit`. */
export async function listDeadLinks(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ id: string; title: string; links: { url: string; movedTo: string | null; foundAt: Date }[] }[]> {
  const rows = await db
    .select({ id: articles.id, title: articles.title })
    .from(articles)
    .where(
      and(
        eq(articles.userId, userId),
        isNull(articles.deletedAt),
        query.cursor ? lt(articles.id, query.cursor) : undefined,
        sql`exists (select 1 from dead_links where article_id = ${articles.id})`,
      ),
    )
    .orderBy(desc(articles.id))
    .limit(query.limit + 1);
  if (rows.length === 0) return [];
  const found = await db
    .select()
    .from(deadLinks)
    .where(
      inArray(
        deadLinks.articleId,
        rows.map(({ id }) => id),
      ),
    )
    .orderBy(asc(deadLinks.url));
  const links = Map.groupBy(found, ({ articleId }) => articleId);
  return rows.map((row) => ({ ...row, links: links.get(row.id) ?? [] }));
}

/** Posts of a user's sites, a page at a time, in an order that does not change. */
export async function pageOfPosts(
  db: Db,
  userId: string,
  after: Pick<SitePost, 'siteId' | 'remoteId'> | null,
  limit: number,
): Promise<ListedSitePost[]> {
  const behind =
    after && sql`(${sitePosts.siteId}, ${sitePosts.remoteId}) > (${after.siteId}::uuid, ${after.remoteId}::bigint)`;
  const rows = await db
    .select({ post: sitePosts, articleId: publications.articleId })
    .from(sitePosts)
    .leftJoin(
      publications,
      and(eq(publications.siteId, sitePosts.siteId), eq(publications.remoteId, sitePosts.remoteId)),
    )
    .where(and(eq(sitePosts.userId, userId), behind ?? undefined))
    .orderBy(asc(sitePosts.siteId), asc(sitePosts.remoteId))
    .limit(limit);
  return rows.map(({ post, articleId }) => ({ ...post, articleId }));
}
