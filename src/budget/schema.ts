import { boolean, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { microUsd, time } from '../db/columns.ts';
import type { StoredError } from '../errors.ts';
import type { UnitPrices } from './prices.ts';

/** reserved: under way; settled: answered and paid; failed: no usable answer, but perhaps paid; released: never sent. */
export const callStatuses = ['reserved', 'settled', 'failed', 'released'] as const;
export type CallStatus = (typeof callStatuses)[number];

export const callKinds = ['text', 'search'] as const;
/** What was paid for: text of a language model, or a request to a search provider. */
export type CallKind = (typeof callKinds)[number];

/** The ledger: every attempt at a call that may cost money, with what was reserved for it and what it cost. */
export const paidCalls = pgTable('paid_calls', {
  id: uuid('id').primaryKey(),
  kind: text('kind').$type<CallKind>().notNull(),
  userId: uuid('user_id').notNull(),
  pipelineId: uuid('pipeline_id'),
  step: text('step').notNull(),
  task: text('task').notNull(),
  promptVersion: integer('prompt_version'),
  requestDigest: text('request_digest').notNull(),
  provider: text('provider').notNull(),
  model: text('model').notNull(),
  pricedAs: text('priced_as'),
  unitPrices: jsonb('unit_prices').$type<UnitPrices>(),
  status: text('status').$type<CallStatus>().notNull(),
  estimated: boolean('estimated').notNull().default(false),
  reservedMicroUsd: microUsd('reserved_micro_usd').notNull(),
  costMicroUsd: microUsd('cost_micro_usd'),
  inputTokens: integer('input_tokens'),
  cachedInputTokens: integer('cached_input_tokens'),
  cacheWriteInputTokens: integer('cache_write_input_tokens'),
  outputTokens: integer('output_tokens'),
  reasoningTokens: integer('reasoning_tokens'),
  output: jsonb('output').$type<unknown>(),
  error: jsonb('error').$type<StoredError>(),
  startedAt: time('started_at').notNull().defaultNow(),
  finishedAt: time('finished_at'),
});
export type PaidCall = typeof paidCalls.$inferSelect;
