import { boolean, doublePrecision, jsonb, pgTable, real, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';
import type { Brief } from '../pipeline/brief.ts';

export const topicStatuses = ['proposed', 'open', 'used', 'dismissed'] as const;
export type TopicStatus = (typeof topicStatuses)[number];

export const topicOrigins = ['manual', 'import', 'feed', 'site', 'gap'] as const;
export type TopicOrigin = (typeof topicOrigins)[number];

/** Something that speaks for a topic. */
export interface TopicEvidence {
  title: string;
  url: string;
  /** ISO 8601 in UTC; null where the page does not say. */
  publishedAt: string | null;
}

/** What could be written about: by a person, from a list, or proposed with the evidence for it. */
export const topics = pgTable('topics', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  siteId: uuid('site_id'),
  topic: text('topic').notNull(),
  keyword: text('keyword'),
  sources: jsonb('sources').$type<Brief['sources']>().notNull().default([]),
  note: text('note'),
  status: text('status').$type<TopicStatus>().notNull().default('open'),
  origin: text('origin').$type<TopicOrigin>().notNull().default('manual'),
  evidence: jsonb('evidence').$type<TopicEvidence[]>().notNull().default([]),
  score: real('score'),
  familiarity: real('familiarity'),
  duplicatesAllowed: boolean('duplicates_allowed').notNull().default(false),
  position: doublePrecision('position').notNull().default(0),
  sameness: text('sameness').notNull(),
  pipelineId: uuid('pipeline_id'),
  usedAt: time('used_at'),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});
export type Topic = typeof topics.$inferSelect;
