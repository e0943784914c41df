import { integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';
import type { GateFigures } from './gate-figures.ts';

export const decisions = ['approved', 'held', 'released', 'approved_by_rule'] as const;
/** `released`: let out by a person after it was held. */
export type Decision = (typeof decisions)[number];

export const decisionVias = ['web', 'api', 'api_key', 'command_line', 'mail_link', 'rule', 'unknown'] as const;
/** By what means it was decided; `unknown` for decisions from before this was kept. */
export type DecisionVia = (typeof decisionVias)[number];

/** Who or what has let an article go public, or kept it from going: one row for each decision, never changed. */
export const approvals = pgTable('approvals', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  articleId: uuid('article_id'),
  pipelineId: uuid('pipeline_id'),
  decision: text('decision').$type<Decision>().notNull(),
  decidedBy: text('decided_by').notNull(),
  via: text('via').$type<DecisionVia>().notNull(),
  gates: jsonb('gates').$type<GateFigures>(),
  revision: integer('revision'),
  decidedAt: time('decided_at').notNull().defaultNow(),
});
export type Approval = typeof approvals.$inferSelect;
