import { integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { time, vector } from '../db/columns.ts';

export const sources = pgTable('sources', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  kind: text('kind').$type<'url' | 'feed-item' | 'file' | 'text'>().notNull(),
  url: text('url'),
  title: text('title').notNull(),
  siteName: text('site_name'),
  author: text('author'),
  publishedAt: time('published_at'),
  language: text('language'),
  contentHash: text('content_hash').notNull(),
  wordCount: integer('word_count').notNull(),
  fetchedAt: time('fetched_at').notNull().defaultNow(),
  /** When its page was last asked for again. */
  checkedAt: time('checked_at'),
  /** When it was put into the bin. */
  deletedAt: time('deleted_at'),
});
export type Source = typeof sources.$inferSelect;

export const sourceOrigins = ['brief', 'search'] as const;
export type SourceOrigin = (typeof sourceOrigins)[number];

export const pipelineSources = pgTable(
  'pipeline_sources',
  {
    pipelineId: uuid('pipeline_id').notNull(),
    sourceId: uuid('source_id').notNull(),
    userId: uuid('user_id').notNull(),
    position: integer('position').notNull(),
    /** Who named it: the brief, or a search. */
    origin: text('origin').$type<SourceOrigin>().notNull().default('brief'),
    /** The query that found it; null for what the brief named. */
    foundBy: text('found_by'),
  },
  (table) => [primaryKey({ columns: [table.pipelineId, table.sourceId] })],
);

export const passages = pgTable('passages', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  sourceId: uuid('source_id').notNull(),
  ordinal: integer('ordinal').notNull(),
  heading: text('heading'),
  text: text('text').notNull(),
});
export type Passage = typeof passages.$inferSelect;

export const passageEmbeddings = pgTable(
  'passage_embeddings',
  {
    passageId: uuid('passage_id').notNull(),
    userId: uuid('user_id').notNull(),
    model: text('model').notNull(),
    dimensions: integer('dimensions').notNull(),
    embedding: vector('embedding').notNull(),
  },
  (table) => [primaryKey({ columns: [table.passageId, table.model] })],
);
