import { bigint, boolean, integer, jsonb, pgTable, real, smallint, text, uuid } from 'drizzle-orm/pg-core';
import type { Cap } from '../budget/ledger.ts';
import { microUsd, time } from '../db/columns.ts';
import type { StoredError } from '../errors.ts';
import type { Brief } from './brief.ts';

export const pipelineStatuses = ['queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'] as const;
export type PipelineStatus = (typeof pipelineStatuses)[number];

export const waitingReasons = ['duplicate', 'budget_exceeded', 'approval', 'retry', 'provider'] as const;
/** Why a pipeline stands still: on its own until a time (`until`, ISO 8601 UTC), or until someone decides. */
export interface Waiting {
  reason: (typeof waitingReasons)[number];
  until?: string;
  articleId?: string;
  message?: string;
  /** With `budget_exceeded`: which of the caps a call did not fit under. */
  cap?: Cap;
  /** What that call may cost, in micro-dollars: with as much room, it goes on by itself. */
  neededMicroUsd?: number;
  /** How long it was to wait when `until` was set, in milliseconds; with reasons that end by themselves after a failure. */
  delayMs?: number;
}

export const stepStatuses = ['running', 'succeeded', 'failed', 'waiting', 'cancelled', 'superseded'] as const;
export type StepStatus = (typeof stepStatuses)[number];

export const pipelines = pgTable('pipelines', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  brief: jsonb('brief').$type<Brief>().notNull(),
  topic: text('topic').notNull(),
  /** Among those of its user: -1 low, 0 normal, 1 high. */
  priority: smallint('priority').notNull().default(0),
  status: text('status').$type<PipelineStatus>().notNull(),
  currentStep: text('current_step'),
  progress: real('progress').notNull().default(0),
  budgetMicroUsd: microUsd('budget_micro_usd').notNull(),
  /** What the instance is expected to pay for it: whoever is new waits until what has begun can be finished. */
  expectedMicroUsd: microUsd('expected_micro_usd').notNull().default(0),
  siteId: uuid('site_id'),
  articleId: uuid('article_id'),
  waiting: jsonb('waiting').$type<Waiting>(),
  error: jsonb('error').$type<StoredError>(),
  duplicatesAllowed: boolean('duplicates_allowed').notNull().default(false),
  lease: bigint('lease', { mode: 'number' }).notNull().default(0),
  leaseExpiresAt: time('lease_expires_at'),
  /** How often a worker has died at it since its last finished step. */
  takeovers: integer('takeovers').notNull().default(0),
  /** Its worker was asked to stop and gave it back. */
  handedOver: boolean('handed_over').notNull().default(false),
  /** When it was last asked for again: failures before that count no more. */
  retriedAt: time('retried_at'),
  approvedAt: time('approved_at'),
  approvedBy: text('approved_by'),
  createdAt: time('created_at').notNull().defaultNow(),
  startedAt: time('started_at'),
  finishedAt: time('finished_at'),
  dismissedAt: time('dismissed_at'),
});
export type Pipeline = typeof pipelines.$inferSelect;

export const pipelineSteps = pgTable('pipeline_steps', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  pipelineId: uuid('pipeline_id').notNull(),
  name: text('name').notNull(),
  attempt: integer('attempt').notNull(),
  status: text('status').$type<StepStatus>().notNull(),
  inputDigest: text('input_digest').notNull(),
  stepVersion: integer('step_version').notNull(),
  output: jsonb('output').$type<unknown>(),
  error: jsonb('error').$type<StoredError>(),
  startedAt: time('started_at').notNull().defaultNow(),
  finishedAt: time('finished_at'),
});
export type PipelineStep = typeof pipelineSteps.$inferSelect;

export const eventTypes = ['step', 'progress', 'log', 'done'] as const;
export type EventType = (typeof eventTypes)[number];

export const pipelineEvents = pgTable('pipeline_events', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  userId: uuid('user_id').notNull(),
  pipelineId: uuid('pipeline_id').notNull(),
  type: text('type').$type<EventType>().notNull(),
  data: jsonb('data').$type<Record<string, unknown>>().notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
});
export type PipelineEvent = typeof pipelineEvents.$inferSelect;

/**
 * An article of automatic approval at its end: it goes public by itself at `endsAt`, or (null) waits for a person because
 * a gate has not passed.
 */
export const holds = pgTable('holds', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  pipelineId: uuid('pipeline_id').notNull(),
  articleId: uuid('article_id').notNull(),
  beganAt: time('began_at').notNull(),
  endsAt: time('ends_at'),
  tokenDigest: text('token_digest'),
  endedAt: time('ended_at'),
  createdAt: time('created_at').notNull().defaultNow(),
});
