import { z } from 'zod';
import type { Db } from '../db/open.ts';
import { sourceOrigins } from '../knowledge/schema.ts';
import { claimStates, findClaims } from './claim-states.ts';
import { renderedMarkdown, treeToText } from './markdown.ts';
import {
  type ArticleSource,
  type ArticleSummary,
  type ClaimRow,
  type DeadLinkRow,
  type FeaturedImage,
  listArticleDeadLinks,
  listArticleSources,
  listFeaturedImages,
} from './queries.ts';
import { type Article, articleStatuses } from './schema.ts';
import { describingFields, findStale } from './stale-fields.ts';
import { readText } from './text-blocks.ts';

const time = z.iso.datetime();

export const claimSchema = z
  .object({
    id: z.uuid(),
    ordinal: z.int(),
    section: z.string().nullable(),
    text: z.string(),
    quote: z.string().nullable(),
    verdict: z.enum(['supported', 'contradicted', 'unsupported']),
    reason: z.string(),
    outcome: z.enum(['kept', 'rewritten', 'removed']),
    state: z.enum(claimStates).meta({
      description:
        'Whether its sentence stands in the stored text: word for word, in other words than were checked (`changed`), or not at all',
    }),
    judgedBy: z.string().nullable(),
    passageId: z.uuid().nullable(),
    passage: z.string().nullable(),
    passageHeading: z.string().nullable(),
    sourceId: z.uuid().nullable(),
    sourceTitle: z.string().nullable(),
    sourceUrl: z.string().nullable(),
  })
  .meta({ id: 'Claim' });

/** The claims of an article as they leave, with what has become of them in its text. */
export function presentClaims(
  { markdown, language }: Pick<Article, 'markdown' | 'language'>,
  rows: ClaimRow[],
): z.infer<typeof claimSchema>[] {
  if (rows.length === 0) return [];
  const standing = findClaims(readText(markdown), rows, language);
  return rows.map((row, index) => ({ ...row, state: standing[index]?.state ?? 'missing' }));
}

const sourceSchema = z
  .object({
    id: z.uuid(),
    number: z.int().meta({ description: 'Its footnote number in the article' }),
    kind: z.enum(['url', 'feed-item', 'file', 'text']),
    url: z.string().nullable(),
    title: z.string(),
    siteName: z.string().nullable(),
    author: z.string().nullable(),
    publishedAt: time.nullable(),
    language: z.string().nullable(),
    wordCount: z.int(),
    fetchedAt: time,
    origin: z
      .enum(sourceOrigins)
      .nullable()
      .meta({ description: 'Who named it: the brief, or a search; null when that is not known' }),
    foundBy: z.string().nullable().meta({ description: 'The query that found it' }),
  })
  .meta({ id: 'ArticleSource' });

/** One check of the score, as it leaves. */
export const seoCheckSchema = z.object({
  name: z.string(),
  passed: z.boolean(),
  earned: z.number(),
  weight: z.number(),
  message: z.string(),
  hint: z.string(),
});

const seoSchema = z
  .object({ score: z.int().meta({ description: '0-100' }), checks: z.array(seoCheckSchema) })
  .meta({ id: 'SeoReport' });

export const featuredImageSchema = z
  .object({ id: z.uuid(), url: z.string(), width: z.int(), height: z.int(), alt: z.string() })
  .meta({ id: 'FeaturedImage' });

const summaryShape = {
  id: z.uuid(),
  title: z.string(),
  slug: z.string(),
  excerpt: z.string(),
  metaTitle: z.string(),
  metaDescription: z.string(),
  keyword: z.string(),
  language: z.string().nullable(),
  wordCount: z.int(),
  seo: seoSchema.nullable(),
  status: z.enum(articleStatuses),
  revision: z.int(),
  pipelineId: z.uuid().nullable(),
  featuredImage: featuredImageSchema.nullable(),
  sources: z.array(sourceSchema),
  deadLinks: z
    .array(
      z.object({
        url: z.string(),
        movedTo: z.string().nullable().meta({ description: 'Where the post is now, if only its address has changed' }),
        foundAt: time,
      }),
    )
    .meta({ description: 'Links to posts of your own sites that are no longer there; looked for every week' }),
  createdAt: time,
  updatedAt: time,
};

/** An article in lists: without its text. */
export const articleSummarySchema = z
  .object({
    ...summaryShape,
    deletedAt: time.nullable().meta({ description: 'When it was put into the bin; null for what is not in it' }),
  })
  .meta({ id: 'ArticleSummary' });

/** Texts around an article that an edit has left behind. */
export const staleSchema = z
  .array(
    z.object({
      field: z.enum(describingFields),
      gone: z.array(z.string()).meta({
        description: 'Numbers and names in it that stood in the article when it was written, and no longer do',
      }),
    }),
  )
  .meta({ description: 'Excerpt, title and description for search that speak of what has gone out of the text' });

/** An article with its text, as Markdown and as sanitised HTML. */
export const articleSchema = z
  .object({
    ...summaryShape,
    markdown: z.string(),
    html: z.string(),
    jsonLd: z.record(z.string(), z.unknown()).nullable(),
    stale: staleSchema,
  })
  .meta({ id: 'Article' });

/** Puts articles into words for lists. */
export async function presentSummaries(
  db: Db,
  rows: ArticleSummary[],
): Promise<z.infer<typeof articleSummarySchema>[]> {
  const ids = rows.map((row) => row.id);
  const cited = await listArticleSources(db, ids);
  const featured = await listFeaturedImages(db, rows);
  const dead = await listArticleDeadLinks(db, ids);
  return rows.map((row) => ({
    ...summary(row, cited, featured, dead),
    deletedAt: row.deletedAt?.toISOString() ?? null,
  }));
}

/** Puts one article into words, with its text rendered. */
export async function presentArticle(db: Db, row: Article): Promise<z.infer<typeof articleSchema>> {
  const cited = await listArticleSources(db, [row.id]);
  const { tree, html } = renderedMarkdown(row.markdown);
  return {
    ...summary(row, cited, await listFeaturedImages(db, [row]), await listArticleDeadLinks(db, [row.id])),
    markdown: row.markdown,
    html,
    jsonLd: row.jsonLd,
    stale: await findStale(db, row, { ...row, text: treeToText(tree) }),
  };
}

function summary(
  row: ArticleSummary,
  cited: ArticleSource[],
  featured: Map<string, FeaturedImage>,
  dead: DeadLinkRow[],
): Omit<z.infer<typeof articleSummarySchema>, 'deletedAt'> {
  return {
    id: row.id,
    title: row.title,
    slug: row.slug,
    excerpt: row.excerpt,
    metaTitle: row.metaTitle,
    metaDescription: row.metaDescription,
    keyword: row.keyword,
    language: row.language,
    wordCount: row.wordCount,
    seo: row.seo,
    status: row.status,
    revision: row.revision,
    pipelineId: row.pipelineId,
    featuredImage: featured.get(row.featuredImageId ?? '') ?? null,
    sources: cited
      .filter((source) => source.articleId === row.id)
      .map(({ articleId: _, ...source }) => ({
        ...source,
        publishedAt: source.publishedAt?.toISOString() ?? null,
        fetchedAt: source.fetchedAt.toISOString(),
      })),
    deadLinks: dead
      .filter((link) => link.articleId === row.id)
      .map(({ url, movedTo, foundAt }) => ({ url, movedTo, foundAt: foundAt.toISOString() })),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
