import { bigint, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';
import type { StoredError } from '../errors.ts';

export const sourceKinds = ['feed', 'site'] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** A feed or a site of others whose new posts are looked at. */
export const watchedSources = pgTable('watched_sources', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  siteId: uuid('site_id'),
  name: text('name').notNull(),
  url: text('url').notNull(),
  addressKey: text('address_key').notNull(),
  kind: text('kind').$type<SourceKind>().notNull(),
  feedUrl: text('feed_url'),
  etag: text('etag'),
  lastModified: text('last_modified'),
  pausedAt: time('paused_at'),
  lastReadAt: time('last_read_at'),
  nextReadAt: time('next_read_at').notNull().defaultNow(),
  requestedAt: time('requested_at'),
  lease: bigint('lease', { mode: 'number' }).notNull().default(0),
  leaseExpiresAt: time('lease_expires_at'),
  failures: integer('failures').notNull().default(0),
  problem: jsonb('problem').$type<StoredError>(),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});
export type WatchedSource = typeof watchedSources.$inferSelect;

export const entryOutcomes = ['waiting', 'old', 'known', 'proposed'] as const;
export type EntryOutcome = (typeof entryOutcomes)[number];

/** Something that a watched source has published: title, address and date, never its text. */
export const watchedEntries = pgTable('watched_entries', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  sourceId: uuid('source_id').notNull(),
  addressKey: text('address_key'),
  sameness: text('sameness').notNull(),
  title: text('title').notNull(),
  url: text('url'),
  publishedAt: time('published_at'),
  outcome: text('outcome').$type<EntryOutcome>().notNull(),
  topicId: uuid('topic_id'),
  seenAt: time('seen_at').notNull().defaultNow(),
});
export type WatchedEntry = typeof watchedEntries.$inferSelect;
