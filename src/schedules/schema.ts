import { integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { microUsd, time } from '../db/columns.ts';
import type { StoredError } from '../errors.ts';
import type { ScheduleBrief } from './brief.ts';
import type { ScheduleRule } from './rule.ts';

export const schedules = pgTable('schedules', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  siteId: uuid('site_id'),
  name: text('name').notNull(),
  rule: jsonb('rule').$type<ScheduleRule>().notNull(),
  timeZone: text('time_zone').notNull(),
  brief: jsonb('brief').$type<ScheduleBrief>().notNull(),
  monthlyBudgetMicroUsd: microUsd('monthly_budget_micro_usd'),
  startsAt: time('starts_at'),
  endsAt: time('ends_at'),
  pausedAt: time('paused_at'),
  pausedBy: text('paused_by').$type<'user' | 'site'>(),
  nextSlotAt: time('next_slot_at'),
  lastSlotAt: time('last_slot_at'),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});
export type Schedule = typeof schedules.$inferSelect;

/** One slot that a person has moved (`movedTo`) or skipped (null); it is known by `slotAt`, where the rule has it. */
export const scheduleExceptions = pgTable('schedule_exceptions', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  scheduleId: uuid('schedule_id').notNull(),
  slotAt: time('slot_at').notNull(),
  movedTo: time('moved_to'),
  createdAt: time('created_at').notNull().defaultNow(),
});
export type ScheduleException = typeof scheduleExceptions.$inferSelect;

/** What one time of a schedule has led to. */
export const scheduleRuns = pgTable('schedule_runs', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  scheduleId: uuid('schedule_id').notNull(),
  slotAt: time('slot_at').notNull(),
  movedTo: time('moved_to'),
  outcome: text('outcome').$type<'started' | 'skipped'>().notNull(),
  reason: jsonb('reason').$type<StoredError>(),
  missed: integer('missed').notNull().default(0),
  topicId: uuid('topic_id'),
  pipelineId: uuid('pipeline_id'),
  createdAt: time('created_at').notNull().defaultNow(),
});
export type ScheduleRun = typeof scheduleRuns.$inferSelect;
