import { integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { time, vector } from '../db/columns.ts';

/** One named check of the score: what it looks at, whether it holds, how much it weighs, and what to do. */
export interface SeoCheck {
  name: string;
  passed: boolean;
  /** Share of `weight` that was earned, 0..1. */
  earned: number;
  weight: number;
  message: string;
  hint: string;
}
/** `score` is 0-100: the weighted share of the checks that apply. */
export interface SeoReport {
  score: number;
  checks: SeoCheck[];
}

export const articleStatuses = ['draft', 'ready', 'approved', 'published'] as const;
export type ArticleStatus = (typeof articleStatuses)[number];

/** Categories and tags, by name, that an article's posts have unless a publication asks for others. */
export interface ArticleTerms {
  categories: string[];
  tags: string[];
}

export const articles = pgTable('articles', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  pipelineId: uuid('pipeline_id'),
  title: text('title').notNull(),
  slug: text('slug').notNull(),
  markdown: text('markdown').notNull(),
  excerpt: text('excerpt').notNull().default(''),
  metaTitle: text('meta_title').notNull().default(''),
  metaDescription: text('meta_description').notNull().default(''),
  keyword: text('keyword').notNull().default(''),
  language: text('language'),
  wordCount: integer('word_count').notNull(),
  seo: jsonb('seo').$type<SeoReport>(),
  jsonLd: jsonb('json_ld').$type<Record<string, unknown>>(),
  status: text('status').$type<ArticleStatus>().notNull(),
  revision: integer('revision').notNull().default(1),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
  deletedAt: time('deleted_at'),
  featuredImageId: uuid('featured_image_id'),
  terms: jsonb('terms').$type<ArticleTerms>(),
});
export type Article = typeof articles.$inferSelect;

/** The parts of an article beside title and text that a person may edit; kept whole with every revision. */
export interface ArticleFields {
  slug: string;
  excerpt: string;
  metaTitle: string;
  metaDescription: string;
  keyword: string;
}

/** What a revision keeps beside title and text. */
export interface RevisionFields extends ArticleFields {
  /** Missing in revisions from before this was kept: then it is not known. */
  featuredImageId?: string | null;
}

export const articleRevisions = pgTable(
  'article_revisions',
  {
    articleId: uuid('article_id').notNull(),
    revision: integer('revision').notNull(),
    userId: uuid('user_id').notNull(),
    author: text('author').$type<'pipeline' | 'user'>().notNull(),
    title: text('title').notNull(),
    markdown: text('markdown').notNull(),
    fields: jsonb('fields').$type<RevisionFields>().notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
    /**
     * Of a revision that the next automatic save may take the place of: when the first save of its series was. Null for
     * every other, and once something else rests on it.
     */
    begunAt: time('begun_at'),
  },
  (table) => [primaryKey({ columns: [table.articleId, table.revision] })],
);

export const articleEmbeddings = pgTable(
  'article_embeddings',
  {
    articleId: uuid('article_id').notNull(),
    userId: uuid('user_id').notNull(),
    model: text('model').notNull(),
    dimensions: integer('dimensions').notNull(),
    facet: text('facet').$type<'topic' | 'content'>().notNull(),
    embedding: vector('embedding').notNull(),
  },
  (table) => [primaryKey({ columns: [table.articleId, table.model, table.facet] })],
);

export const articleSources = pgTable(
  'article_sources',
  {
    articleId: uuid('article_id').notNull(),
    sourceId: uuid('source_id').notNull(),
    userId: uuid('user_id').notNull(),
    number: integer('number').notNull(),
  },
  (table) => [primaryKey({ columns: [table.articleId, table.sourceId] })],
);

export const claims = pgTable('claims', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  articleId: uuid('article_id').notNull(),
  pipelineId: uuid('pipeline_id'),
  ordinal: integer('ordinal').notNull(),
  section: text('section'),
  text: text('text').notNull(),
  passageId: uuid('passage_id'),
  quote: text('quote'),
  verdict: text('verdict').$type<'supported' | 'contradicted' | 'unsupported'>().notNull(),
  reason: text('reason').notNull(),
  outcome: text('outcome').$type<'kept' | 'rewritten' | 'removed'>().notNull(),
  judgedBy: text('judged_by'),
});
