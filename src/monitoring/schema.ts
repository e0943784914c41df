import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';

/** What is or was wrong with the instance. Without `openedAt` it has not lasted long enough to be told. */
export const incidents = pgTable('incidents', {
  id: uuid('id').primaryKey(),
  rule: text('rule').notNull(),
  /** Which of several of one kind; empty where there is only one. */
  subject: text('subject').notNull(),
  summary: text('summary').notNull(),
  hint: text('hint').notNull(),
  noticedAt: time('noticed_at').notNull(),
  openedAt: time('opened_at'),
  seenAt: time('seen_at').notNull(),
  endedAt: time('ended_at'),
});
export type Incident = typeof incidents.$inferSelect;
