import {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  ilike,
  inArray,
  isNotNull,
  isNull,
  lt,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { passages, pipelineSources, sources } from '../knowledge/schema.ts';
import { type Article, articleRevisions, articleSources, articles, claims } from './schema.ts';

/** A user's article, unless it is in the bin. Throws `not_found`, also for another user's. */
export async function getArticle(db: Db, userId: string, id: string): Promise<Article> {
  const [row] = await db
    .select()
    .from(articles)
    .where(and(eq(articles.id, id), eq(articles.userId, userId), isNull(articles.deletedAt)));
  if (!row) throw new AppError('not_found', 'There is no such article.');
  return row;
}

/** An article without its text, which may be half a megabyte for each of a list. */
export type ArticleSummary = Omit<Article, 'markdown' | 'jsonLd'>;

/** Scripts that set no spaces between words: what stands between two spaces there is a sentence. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/**
 * True for articles that hold `query` as it is written: anywhere in the title, in the text from the beginning of a word. Its
 * words lead to the articles (`articles_terms`, `articles_title_parts`); without words, or where words cannot be told apart,
 * every text of the user is read.
 */
function holds(userId: string, query: string): SQL | undefined {
  const part = `%${query.replace(/[\\%_]/g, '\\$&')}%`;
  const asWritten = or(ilike(articles.title, part), ilike(articles.markdown, part));
  if (unspaced.test(query)) return asWritten;
  const words = sql`article_words(${userId}::uuid, ${query})`;
  const terms = sql`article_terms(${articles.userId}, ${articles.title}, ${articles.markdown})`;
  const titleParts = sql`title_parts(${articles.userId}, ${articles.title})`;
  const found = sql`(${words} is null or ${terms} @@ ${words} or ${titleParts} @@ ${words})`;
  // A single word is found for certain; what stands between several has to be read.
  return /^[\p{L}\p{N}]+$/u.test(query) ? found : and(found, asWritten);
}

/** A user's articles, newest first; one more than `limit`, to know whether there is a next page. */
export async function listArticles(
  db: Db,
  userId: string,
  query: {
    limit: number;
    cursor?: string | undefined;
    query?: string | undefined;
    status?: Article['status'] | undefined;
    /** Only those with a publication on this site. */
    siteId?: string | undefined;
    /** Only those with links to posts that are gone. */
    deadLinks?: boolean | undefined;
    /** What is in the bin, and nothing else. */
    deleted?: boolean | undefined;
  },
): Promise<ArticleSummary[]> {
  const { markdown: _text, jsonLd: _jsonLd, ...columns } = getTableColumns(articles);
  return db
    .select(columns)
    .from(articles)
    .where(
      and(
        eq(articles.userId, userId),
        query.deleted ? isNotNull(articles.deletedAt) : isNull(articles.deletedAt),
        query.cursor ? lt(articles.id, query.cursor) : undefined,
        query.status ? eq(articles.status, query.status) : undefined,
        query.query ? holds(userId, query.query) : undefined,
        // Publications are a room above this one, so only the name of their table is used here.
        query.siteId
          ? sql`exists (select 1 from publications where article_id = ${articles.id} and site_id = ${query.siteId})`
          : undefined,
        query.deadLinks
          ? sql`exists (select 1 from dead_links where article_id = ${articles.id} and position(url in ${articles.markdown}) > 0)`
          : undefined,
      ),
    )
    .orderBy(desc(articles.id))
    .limit(query.limit + 1);
}

/** A link of an article to a post that is gone. */
export interface DeadLinkRow {
  articleId: string;
  url: string;
  movedTo: string | null;
  foundAt: Date;
}

/**
 * The dead links of articles. By the name of their table: who finds them is a room above this one. Without those that were
 * taken out of the text since: the next look forgets them.
 */
export async function listArticleDeadLinks(db: Db, articleIds: string[]): Promise<DeadLinkRow[]> {
  if (articleIds.length === 0) return [];
  const rows = await queryRows<{ article_id: string; url: string; moved_to: string | null; found_at: string | Date }>(
    db,
    sql`select article_id, url, moved_to, found_at from dead_links join articles on articles.id = article_id
        where article_id = any(${`{${articleIds.join(',')}}`}::uuid[]) and position(url in articles.markdown) > 0 order by url`,
  );
  return rows.map((row) => ({
    articleId: row.article_id,
    url: row.url,
    movedTo: row.moved_to,
    foundAt: new Date(row.found_at),
  }));
}

/** The sources that an article cites, by their number in it. */
export async function listArticleSources(db: Db, articleIds: string[]) {
  if (articleIds.length === 0) return [];
  return db
    .select({
      articleId: articleSources.articleId,
      number: articleSources.number,
      id: sources.id,
      kind: sources.kind,
      url: sources.url,
      title: sources.title,
      siteName: sources.siteName,
      author: sources.author,
      publishedAt: sources.publishedAt,
      language: sources.language,
      wordCount: sources.wordCount,
      fetchedAt: sources.fetchedAt,
      origin: pipelineSources.origin,
      foundBy: pipelineSources.foundBy,
    })
    .from(articleSources)
    .innerJoin(sources, eq(sources.id, articleSources.sourceId))
    .innerJoin(articles, eq(articles.id, articleSources.articleId))
    .leftJoin(
      pipelineSources,
      and(eq(pipelineSources.pipelineId, articles.pipelineId), eq(pipelineSources.sourceId, sources.id)),
    )
    .where(inArray(articleSources.articleId, articleIds))
    .orderBy(asc(articleSources.number));
}
export type ArticleSource = Awaited<ReturnType<typeof listArticleSources>>[number];

/** An article's featured image, as far as articles show it. */
export interface FeaturedImage {
  id: string;
  url: string;
  width: number;
  height: number;
  alt: string;
}

/** The featured images of a user's articles or their revisions, by their ids; without those that are deleted. */
export async function listFeaturedImages(
  db: Db,
  rows: readonly { featuredImageId?: string | null }[],
): Promise<Map<string, FeaturedImage>> {
  const ids = rows.flatMap(({ featuredImageId }) => featuredImageId ?? []);
  if (ids.length === 0) return new Map();
  // Images are a room above this one, so only the name of their table is used here.
  const found = await queryRows<Omit<FeaturedImage, 'url'>>(
    db,
    sql`select id, width, height, alt from images where deleted_at is null and ${inArray(sql`id`, ids)}`,
  );
  return new Map(found.map((image) => [image.id, { ...image, url: `/api/v1/images/${image.id}/file` }]));
}

/** Throws `not_found` unless the image is the user's. */
export async function assertOwnImage(db: Db, userId: string, id: string): Promise<void> {
  const rows = await queryRows(
    db,
    sql`select id from images where id = ${id} and user_id = ${userId} and deleted_at is null`,
  );
  if (rows.length === 0) throw new AppError('not_found', 'There is no such image.');
}

/** Every claim of an article in reading order, with the passage and source that it rests on. */
export async function listClaims(db: Db, userId: string, articleId: string) {
  return db
    .select({
      id: claims.id,
      ordinal: claims.ordinal,
      section: claims.section,
      text: claims.text,
      quote: claims.quote,
      verdict: claims.verdict,
      reason: claims.reason,
      outcome: claims.outcome,
      judgedBy: claims.judgedBy,
      passageId: claims.passageId,
      passage: passages.text,
      passageHeading: passages.heading,
      sourceId: passages.sourceId,
      sourceTitle: sources.title,
      sourceUrl: sources.url,
    })
    .from(claims)
    .leftJoin(passages, eq(passages.id, claims.passageId))
    .leftJoin(sources, eq(sources.id, passages.sourceId))
    .where(and(eq(claims.articleId, articleId), eq(claims.userId, userId)))
    .orderBy(asc(claims.ordinal));
}
export type ClaimRow = Awaited<ReturnType<typeof listClaims>>[number];

/** The revisions of an article, newest first. */
export async function listRevisions(db: Db, userId: string, articleId: string) {
  return db
    .select()
    .from(articleRevisions)
    .where(and(eq(articleRevisions.articleId, articleId), eq(articleRevisions.userId, userId)))
    .orderBy(desc(articleRevisions.revision));
}

/** One revision of an article. Throws `not_found`. */
export async function getRevision(db: Db, userId: string, articleId: string, revision: number) {
  const [row] = await db
    .select()
    .from(articleRevisions)
    .where(
      and(
        eq(articleRevisions.articleId, articleId),
        eq(articleRevisions.userId, userId),
        eq(articleRevisions.revision, revision),
      ),
    );
  if (!row) throw new AppError('not_found', `The article has no revision ${revision}.`);
  return row;
}

/**
 * Takes those of a user's images that are in the bin out of it, and returns the ids of those that are kept then; the
 * others were deleted for good.
 */
export async function bringBackImages(db: Db, userId: string, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  // There is always room: what is in the bin counts until it is gone.
  const rows = await queryRows<{ id: string }>(
    db,
    sql`update images set deleted_at = null where user_id = ${userId} and ${inArray(sql`id`, ids)} returning id`,
  );
  return new Set(rows.map(({ id }) => id));
}

/** True when a person has changed the article since the pipeline wrote it. */
export async function editedByUser(db: Db, articleId: string): Promise<boolean> {
  const [row] = await db
    .select({ author: articleRevisions.author })
    .from(articleRevisions)
    .where(and(eq(articleRevisions.articleId, articleId), eq(articleRevisions.author, 'user')))
    .limit(1);
  return row !== undefined;
}
