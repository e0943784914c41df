import { and, eq, inArray, isNotNull, isNull, lt, ne, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { longAgo } from '../retention.ts';
import { countWords } from '../text/words.ts';
import { announceArticle } from './announce.ts';
import { scoreOf } from './assess.ts';
import { markdownToText } from './markdown.ts';
import { assertOwnImage, getArticle } from './queries.ts';
import {
  type Article,
  type ArticleFields,
  type ArticleTerms,
  articleRevisions,
  articles,
  type SeoReport,
} from './schema.ts';
import { slugify } from './slug.ts';

/** The editable parts of an article. */
export interface ArticleContent extends ArticleFields {
  title: string;
  markdown: string;
}

/** What a person may change of an article. */
export interface ArticleEdit extends Partial<ArticleContent> {
  /** One of their images; null for none. */
  featuredImageId?: string | null | undefined;
}

/** How an edit is kept. */
export interface Saving {
  /**
   * The editor saved it by itself: together with those of the ten minutes before it makes one revision. One that changes
   * nothing makes none.
   */
  automatic?: boolean | undefined;
}

type NewArticle = Pick<ArticleContent, 'title' | 'markdown'> &
  Partial<ArticleFields> & {
    language: string | null;
    pipelineId: string | null;
    author: 'pipeline' | 'user';
    terms?: ArticleTerms | null;
    /** When it was written, of one that comes from elsewhere: it takes its place among the others by that. */
    createdAt?: Date;
  };

type Ctx = Pick<AppContext, 'db' | 'queue'>;

/** Words of the text as a reader sees it: no footnote marks, no link targets. */
export function wordsOf(markdown: string): number {
  return countWords(markdownToText(markdown));
}

/** Writes a new article and its first revision. Call it in a transaction. */
export async function insertArticle(
  ctx: Pick<Ctx, 'queue'>,
  tx: Db,
  userId: string,
  content: NewArticle,
): Promise<Article> {
  const { author, ...columns } = content;
  const slug = await freeSlug(tx, userId, slugify(columns.slug || columns.title));
  const id = newId(columns.createdAt);
  const blank = { excerpt: '', metaTitle: '', metaDescription: '', keyword: '' };
  const found = await measure(tx, { ...blank, ...columns, id, userId, slug, seo: null }, columns, author);
  const [row] = await tx
    .insert(articles)
    .values({ id, userId, ...columns, slug, wordCount: 0, ...found, status: 'draft' })
    .returning();
  if (!row) throw new Error('insert returned no row');
  await keepRevision(tx, row, author);
  await announceArticle(ctx, tx, 'article.created', row);
  return row;
}

/** Replaces what the pipeline wrote earlier by what it writes now, as a new revision. Call it in a transaction. */
export async function rewriteArticle(
  ctx: Pick<Ctx, 'queue'>,
  tx: Db,
  article: Article,
  change: Partial<ArticleContent> & Pick<Partial<Article>, 'status' | 'seo' | 'jsonLd' | 'language'>,
): Promise<Article> {
  return update(ctx, tx, article, change, 'pipeline');
}

/**
 * A person's edit. `revision` is the one they had before them. Throws `stale_revision` when the article has changed
 * since, and writes nothing then: the edit is still with its author.
 */
export async function editArticle(
  ctx: Ctx,
  userId: string,
  id: string,
  revision: number,
  change: ArticleEdit,
  saving: Saving = {},
): Promise<Article> {
  return ctx.db.transaction((tx) => editArticleIn(ctx, tx, userId, id, revision, change, saving));
}

/** {@link editArticle} in a transaction of the caller's. */
export async function editArticleIn(
  ctx: Pick<Ctx, 'queue'>,
  tx: Db,
  userId: string,
  id: string,
  revision: number,
  change: ArticleEdit,
  { automatic = false }: Saving = {},
): Promise<Article> {
  await tx.select({ id: articles.id }).from(articles).where(eq(articles.id, id)).for('update');
  const article = await getArticle(tx, userId, id);
  if (change.featuredImageId) await assertOwnImage(tx, userId, change.featuredImageId);
  assertCurrent(article, revision);
  const slug = change.slug === undefined ? {} : { slug: slugify(change.slug) };
  const wanted = { ...change, ...slug };
  if (!automatic) return update(ctx, tx, article, wanted, 'user');
  if (changesNothing(article, wanted)) return article;
  const begunAt = (await takePlace(tx, article)) ?? 'now';
  return update(ctx, tx, article, wanted, 'user', begunAt);
}

/** Throws `stale_revision` unless `revision` is the article's present one. */
export function assertCurrent(article: Article, revision: number): void {
  if (article.revision === revision) return;
  throw new AppError(
    'stale_revision',
    `The article is at revision ${article.revision}; the change was made on revision ${revision}.`,
    { details: { revision: article.revision } },
  );
}

const changesNothing = (article: Article, change: Partial<Article>) =>
  Object.entries(change).every(([name, value]) => value === undefined || article[name as keyof Article] === value);

/** How long the automatic saves of one series make one revision, counted from its first. */
const seriesMinutes = 10;

/**
 * Removes the present revision where the next automatic save may take its place, and returns when its series began; null
 * where it has to stay: it is older, was made on purpose, or something rests on it ({@link readForGood}).
 */
async function takePlace(tx: Db, article: Article): Promise<Date | null> {
  const [row] = await tx
    .delete(articleRevisions)
    .where(
      and(
        eq(articleRevisions.articleId, article.id),
        eq(articleRevisions.revision, article.revision),
        sql`${articleRevisions.begunAt} > now() - make_interval(mins => ${seriesMinutes})`,
      ),
    )
    .returning({ begunAt: articleRevisions.begunAt });
  return row?.begunAt ?? null;
}

/**
 * Reads an article whose present revision stays from then on, because something is about to rest on it: a delivery to a site,
 * an approval. Reads again where an automatic save has just taken its place.
 */
export async function readForGood<Read extends Pick<Article, 'id' | 'revision'> | undefined>(
  db: Db,
  read: () => Promise<Read>,
): Promise<Read> {
  for (let article = await read(); article; ) {
    const { id, revision } = article;
    const kept = await db
      .update(articleRevisions)
      .set({ begunAt: null })
      .where(and(eq(articleRevisions.articleId, id), eq(articleRevisions.revision, revision)))
      .returning({ revision: articleRevisions.revision });
    if (kept.length > 0) return article;
    const again = await read();
    if (again?.revision === revision) return again;
    article = again;
  }
  return undefined as Read;
}

async function update(
  ctx: Pick<Ctx, 'queue'>,
  tx: Db,
  article: Article,
  change: Partial<typeof articles.$inferInsert>,
  author: 'pipeline' | 'user',
  /** Of an automatic save: when its series began. */
  begunAt: Date | 'now' | null = null,
): Promise<Article> {
  const said = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const found = await measure(tx, { ...article, ...said }, change, author);
  const [row] = await tx
    .update(articles)
    .set({
      ...change,
      ...found,
      revision: sql`${articles.revision} + 1`,
      updatedAt: sql`now()`,
    })
    .where(eq(articles.id, article.id))
    .returning();
  if (!row) throw new AppError('not_found', 'The article is gone.');
  await keepRevision(tx, row, author, begunAt);
  await announceArticle(ctx, tx, 'article.updated', row);
  return row;
}

/**
 * The words of a text that was changed, and its score and structured data where a person did that: the pipeline makes its own,
 * when it is done.
 */
async function measure(
  tx: Db,
  article: Parameters<typeof scoreOf>[1],
  change: Partial<typeof articles.$inferInsert>,
  author: 'pipeline' | 'user',
): Promise<{ wordCount?: number; seo?: SeoReport; jsonLd?: Record<string, unknown> }> {
  if (author === 'user') return scoreOf(tx, article);
  return change.markdown === undefined ? {} : { wordCount: wordsOf(change.markdown) };
}

async function keepRevision(
  tx: Db,
  row: Article,
  author: 'pipeline' | 'user',
  begunAt: Date | 'now' | null = null,
): Promise<void> {
  const { slug, excerpt, metaTitle, metaDescription, keyword, featuredImageId } = row;
  await tx.insert(articleRevisions).values({
    articleId: row.id,
    revision: row.revision,
    userId: row.userId,
    author,
    title: row.title,
    markdown: row.markdown,
    fields: { slug, excerpt, metaTitle, metaDescription, keyword, featuredImageId },
    begunAt: begunAt === 'now' ? sql`now()` : begunAt,
  });
}

const slugsAtOnce = 20;

/**
 * The address with -2, -3, ... behind it while another of the account's articles has it. Call it in the transaction that
 * stores it: until that ends, no other article of the account can take an address this way.
 */
export async function freeSlug(tx: Db, userId: string, wanted: string, ownId?: string): Promise<string> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`slugs of ${userId}`}))`);
  const others = ownId === undefined ? undefined : ne(articles.id, ownId);
  // A handful at a time, by index: an account may have tens of thousands.
  for (let first = 1; ; first += slugsAtOnce) {
    const numbers = Array.from({ length: slugsAtOnce }, (_, index) => first + index);
    const slugs = numbers.map((number) => (number === 1 ? wanted : `${wanted}-${number}`));
    const rows = await tx
      .select({ slug: articles.slug })
      .from(articles)
      .where(and(eq(articles.userId, userId), inArray(articles.slug, slugs), others));
    const taken = new Set(rows.map(({ slug }) => slug));
    const free = slugs.find((slug) => !taken.has(slug));
    if (free !== undefined) return free;
  }
}

/** Marks what has been decided about an article; the text stays as it is, so this makes no revision. */
export async function setStatus(ctx: Pick<Ctx, 'queue'>, tx: Db, id: string, status: Article['status']): Promise<void> {
  const [row] = await tx.update(articles).set({ status, updatedAt: sql`now()` }).where(eq(articles.id, id)).returning();
  if (row && status === 'approved') await announceArticle(ctx, tx, 'article.approved', row);
}

/** Puts an article into the bin, where it stays 30 days. */
export async function deleteArticle(ctx: Ctx, userId: string, id: string): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const [row] = await tx
      .update(articles)
      .set({ deletedAt: sql`now()` })
      .where(and(eq(articles.id, id), eq(articles.userId, userId), isNull(articles.deletedAt)))
      .returning();
    if (!row) throw new AppError('not_found', 'There is no such article.');
    await announceArticle(ctx, tx, 'article.deleted', row);
  });
}

/** Takes an article out of the bin. Throws `not_found` when it is not in there. */
export async function restoreArticle(ctx: Ctx, userId: string, id: string): Promise<Article> {
  return ctx.db.transaction(async (tx) => {
    const [row] = await tx
      .update(articles)
      .set({ deletedAt: null })
      .where(and(eq(articles.id, id), eq(articles.userId, userId), isNotNull(articles.deletedAt)))
      .returning();
    if (!row) throw new AppError('not_found', 'There is no such article in the bin.');
    await announceArticle(ctx, tx, 'article.restored', row);
    return row;
  });
}

/** Removes articles that have been in the bin for long enough; returns how many. */
export async function emptyBin(db: Db): Promise<number> {
  const rows = await db
    .delete(articles)
    .where(and(isNotNull(articles.deletedAt), lt(articles.deletedAt, longAgo('bin'))))
    .returning({ id: articles.id });
  return rows.length;
}
