import { boolean, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { microUsd, time } from '../db/columns.ts';
import type { StoredError } from '../errors.ts';

/** reserved: under way; settled: answered and paid; failed: no usable answer, but perhaps paid; released: never sent. */
export const callStatuses = ['reserved', 'settled', 'failed', 'released'] as const;
export type CallStatus = (typeof callStatuses)[number];

/** The ledger: every attempt at a model call, with what was reserved for it and what it cost. */
export const modelCalls = pgTable('model_calls', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  pipelineId: uuid('pipeline_id'),
  step: text('step').notNull(),
  task: text('task').notNull(),
  promptVersion: integer('prompt_version').notNull(),
  requestDigest: text('request_digest').notNull(),
  provider: text('provider').notNull(),
  model: text('model').notNull(),
  pricedAs: text('priced_as'),
  status: text('status').$type<CallStatus>().notNull(),
  estimated: boolean('estimated').notNull().default(false),
  reservedMicroUsd: microUsd('reserved_micro_usd').notNull(),
  costMicroUsd: microUsd('cost_micro_usd'),
  inputTokens: integer('input_tokens'),
  cachedInputTokens: integer('cached_input_tokens'),
  outputTokens: integer('output_tokens'),
  reasoningTokens: integer('reasoning_tokens'),
  output: jsonb('output').$type<unknown>(),
  error: jsonb('error').$type<StoredError>(),
  startedAt: time('started_at').notNull().defaultNow(),
  finishedAt: time('finished_at'),
});
export type ModelCall = typeof modelCalls.$inferSelect;
