import { jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';
import type { SiteCheck } from '../wordpress/check.ts';

export const sites = pgTable('sites', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  name: text('name').notNull(),
  url: text('url').notNull(),
  restRoot: text('rest_root'),
  username: text('username').notNull(),
  credential: text('credential').notNull(),
  credentialKeyId: text('credential_key_id').notNull(),
  lastCheck: jsonb('last_check').$type<SiteCheck>(),
  lastCheckedAt: time('last_checked_at'),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});
export type Site = typeof sites.$inferSelect;
