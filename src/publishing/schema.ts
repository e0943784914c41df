import { bigint, boolean, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';
import type { StoredError } from '../errors.ts';

export const publicationStatuses = [
  'queued',
  'scheduled',
  'publishing',
  'published',
  'conflict',
  'failed',
  'unpublished',
  'cancelled',
] as const;
export type PublicationStatus = (typeof publicationStatuses)[number];

export const wantedStatuses = ['draft', 'publish', 'future'] as const;
export type WantedStatus = (typeof wantedStatuses)[number];

export const publications = pgTable('publications', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  articleId: uuid('article_id').notNull(),
  siteId: uuid('site_id').notNull(),
  pipelineId: uuid('pipeline_id'),
  wanted: text('wanted').$type<WantedStatus>().notNull(),
  publishAt: time('publish_at'),
  status: text('status').$type<PublicationStatus>().notNull(),
  lease: bigint('lease', { mode: 'number' }).notNull().default(0),
  leaseExpiresAt: time('lease_expires_at'),
  remoteId: bigint('remote_id', { mode: 'number' }),
  remoteUrl: text('remote_url'),
  remoteStatus: text('remote_status'),
  attempts: integer('attempts').notNull().default(0),
  mayExist: boolean('may_exist').notNull().default(false),
  nextAttemptAt: time('next_attempt_at'),
  warnings: jsonb('warnings').$type<string[]>().notNull().default([]),
  error: jsonb('error').$type<StoredError>(),
  createdAt: time('created_at').notNull().defaultNow(),
  publishedAt: time('published_at'),
});
export type Publication = typeof publications.$inferSelect;
