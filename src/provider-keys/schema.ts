import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';

export const keyProviders = ['openai', 'anthropic', 'google', 'brave', 'tavily'] as const;
/** A provider that a user can have a key of their own for: of text models, or of searches. */
export type KeyProvider = (typeof keyProviders)[number];

/** Their names for people. */
export const keyProviderTitles: Record<KeyProvider, string> = {
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  google: 'Google',
  brave: 'Brave',
  tavily: 'Tavily',
};

/** What is known of a key; `unchecked` also where its provider could not be asked. */
export const keyStatuses = ['unchecked', 'works', 'rejected', 'out-of-credit'] as const;

/** Keys of users for providers, encrypted. A call that is made with one is paid by its owner. */
export const providerKeys = pgTable('provider_keys', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  provider: text('provider', { enum: keyProviders }).notNull(),
  sealed: text('sealed').notNull(),
  keyId: text('key_id').notNull(),
  /** Its last four characters, so that its owner knows it again. */
  ending: text('ending').notNull(),
  status: text('status', { enum: keyStatuses }).notNull().default('unchecked'),
  problem: text('problem'),
  checkedAt: time('checked_at'),
  lastUsedAt: time('last_used_at'),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});
export type ProviderKey = typeof providerKeys.$inferSelect;
