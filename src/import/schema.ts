import { jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';

/** An article that was written elsewhere, and under which key it came in. */
export const articleImports = pgTable(
  'article_imports',
  {
    userId: uuid('user_id').notNull(),
    /** Its address part: what an article is known by where it comes from. */
    key: text('key').notNull(),
    /** Of the document as it was read: tells the same one from another under its key. */
    digest: text('digest').notNull(),
    articleId: uuid('article_id').notNull(),
    /** Fields of the document that an article has no place for, as they were. */
    extra: jsonb('extra').$type<Record<string, unknown>>().notNull(),
    importedAt: time('imported_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.key] })],
);
