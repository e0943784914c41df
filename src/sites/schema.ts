import { boolean, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';
import type { SiteCheck } from '../wordpress/check.ts';
import type { SeoPlugin } from '../wordpress/seo-plugin.ts';
import type { SiteSettings } from './settings.ts';

export const sites = pgTable('sites', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  name: text('name').notNull(),
  url: text('url').notNull(),
  restRoot: text('rest_root'),
  username: text('username').notNull(),
  credential: text('credential').notNull(),
  credentialKeyId: text('credential_key_id').notNull(),
  timezone: text('timezone').notNull().default('UTC'),
  settings: jsonb('settings').$type<Partial<SiteSettings>>().notNull().default({}),
  seoPlugin: text('seo_plugin').$type<SeoPlugin>(),
  connectedBy: text('connected_by').$type<'typed' | 'authorized'>().notNull().default('typed'),
  lastCheck: jsonb('last_check').$type<SiteCheck>(),
  lastCheckedAt: time('last_checked_at'),
  lastOkAt: time('last_ok_at'),
  failingSince: time('failing_since'),
  toldFailing: boolean('told_failing').notNull().default(false),
  toldOfRevisions: boolean('told_of_revisions').notNull().default(false),
  nextCheckAt: time('next_check_at').notNull().defaultNow(),
  pausedAt: time('paused_at'),
  pausedBy: text('paused_by').$type<'user' | 'site'>(),
  quietUntil: time('quiet_until'),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});
export type Site = typeof sites.$inferSelect;

/** A one-click connection that was begun and not yet used up. */
export const siteConnections = pgTable('site_connections', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  stateHash: text('state_hash').notNull(),
  url: text('url').notNull(),
  name: text('name').notNull(),
  siteId: uuid('site_id'),
  createdAt: time('created_at').notNull().defaultNow(),
  expiresAt: time('expires_at').notNull(),
  usedAt: time('used_at'),
});
export type SiteConnection = typeof siteConnections.$inferSelect;
