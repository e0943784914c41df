import { bigint, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { time, vector } from '../db/columns.ts';
import type { StoredError } from '../errors.ts';

/** A post of a site, whoever wrote it. */
export const sitePosts = pgTable(
  'site_posts',
  {
    siteId: uuid('site_id').notNull(),
    remoteId: bigint('remote_id', { mode: 'number' }).notNull(),
    userId: uuid('user_id').notNull(),
    url: text('url').notNull(),
    slug: text('slug').notNull(),
    title: text('title').notNull(),
    excerpt: text('excerpt').notNull().default(''),
    language: text('language'),
    status: text('status').notNull(),
    modifiedAt: time('modified_at'),
    model: text('model'),
    dimensions: integer('dimensions'),
    embedding: vector('embedding'),
    firstSeenAt: time('first_seen_at').notNull().defaultNow(),
    lastSeenAt: time('last_seen_at').notNull().defaultNow(),
    goneAt: time('gone_at'),
    formerUrls: jsonb('former_urls').$type<string[]>().notNull().default([]),
  },
  (table) => [primaryKey({ columns: [table.siteId, table.remoteId] })],
);
export type SitePost = typeof sitePosts.$inferSelect;

/** How far the reading of a site's posts has come. */
export const siteSyncs = pgTable('site_syncs', {
  siteId: uuid('site_id').primaryKey(),
  userId: uuid('user_id').notNull(),
  url: text('url'),
  modifiedUntil: time('modified_until'),
  modifiedOffset: integer('modified_offset').notNull().default(0),
  syncedAt: time('synced_at'),
  listedAt: time('listed_at'),
  listDueAt: time('list_due_at').notNull().defaultNow(),
  listingStartedAt: time('listing_started_at'),
  listingOffset: integer('listing_offset').notNull().default(0),
  listingLastId: bigint('listing_last_id', { mode: 'number' }).notNull().default(0),
  nextSyncAt: time('next_sync_at').notNull().defaultNow(),
  requestedAt: time('requested_at'),
  lease: bigint('lease', { mode: 'number' }).notNull().default(0),
  leaseExpiresAt: time('lease_expires_at'),
  posts: integer('posts').notNull().default(0),
  failures: integer('failures').notNull().default(0),
  error: jsonb('error').$type<StoredError>(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});
export type SiteSync = typeof siteSyncs.$inferSelect;

/** A link of an article to a post that is no longer there. */
export const deadLinks = pgTable(
  'dead_links',
  {
    articleId: uuid('article_id').notNull(),
    url: text('url').notNull(),
    userId: uuid('user_id').notNull(),
    siteId: uuid('site_id'),
    movedTo: text('moved_to'),
    foundAt: time('found_at').notNull().defaultNow(),
    toldAt: time('told_at'),
  },
  (table) => [primaryKey({ columns: [table.articleId, table.url] })],
);
