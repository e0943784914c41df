import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';

export const users = pgTable('users', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  email: text('email'),
  createdAt: time('created_at').notNull().defaultNow(),
});
