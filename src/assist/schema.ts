import { jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';

/** A sentence that a revision offered, and how it stood up to its sources. */
export interface OfferedClaim {
  text: string;
  passageId: string | null;
  quote: string | null;
  verdict: 'supported' | 'contradicted' | 'unsupported';
  reason: string;
  /** The model that judged; null when the text alone decided. */
  judgedBy: string | null;
}

/** What was offered for a stretch of an article: its sentences become claims when they are saved with the text. */
export const offeredRevisions = pgTable('offered_revisions', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  articleId: uuid('article_id').notNull(),
  action: text('action').notNull(),
  claims: jsonb('claims').$type<OfferedClaim[]>().notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
});
