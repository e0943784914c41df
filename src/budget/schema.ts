import { bigint, boolean, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { microUsd, time } from '../db/columns.ts';
import type { StoredError } from '../errors.ts';
import type { UnitPrices } from './prices.ts';

/** reserved: under way; settled: answered and paid; failed: no usable answer, but perhaps paid; released: never sent. */
export const callStatuses = ['reserved', 'settled', 'failed', 'released'] as const;
export type CallStatus = (typeof callStatuses)[number];

export const callKinds = ['text', 'embedding', 'image', 'search'] as const;
/** What was paid for: text of a language model, vectors, a picture, or a request to a search provider. */
export type CallKind = (typeof callKinds)[number];

export const payers = ['instance', 'user'] as const;
/** Whose key a call is made with, and so who gets the provider's bill. */
export type Payer = (typeof payers)[number];

/** The ledger: every attempt at a call that may cost money, with what was reserved for it and what it cost. */
export const paidCalls = pgTable('paid_calls', {
  id: uuid('id').primaryKey(),
  kind: text('kind').$type<CallKind>().notNull(),
  payer: text('payer', { enum: payers }).notNull().default('instance'),
  userId: uuid('user_id').notNull(),
  pipelineId: uuid('pipeline_id'),
  /** The month that it counts in, for example 2026-11: of its user's calendar, and of UTC for the instance. */
  month: text('month').notNull(),
  instanceMonth: text('instance_month').notNull(),
  step: text('step').notNull(),
  task: text('task').notNull(),
  promptVersion: integer('prompt_version'),
  requestDigest: text('request_digest').notNull(),
  provider: text('provider').notNull(),
  model: text('model').notNull(),
  /** The model that the provider says has answered, where it is another. */
  answeredBy: text('answered_by'),
  pricedAs: text('priced_as'),
  unitPrices: jsonb('unit_prices').$type<UnitPrices>(),
  status: text('status').$type<CallStatus>().notNull(),
  estimated: boolean('estimated').notNull().default(false),
  worstCaseMicroUsd: microUsd('worst_case_micro_usd').notNull(),
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

/** What a user's calls of a month of their calendar cost; moved by the database with the ledger's rows. */
export const spending = pgTable(
  'spending',
  {
    userId: uuid('user_id').notNull(),
    payer: text('payer', { enum: payers }).notNull(),
    month: text('month').notNull(),
    settledMicroUsd: microUsd('settled_micro_usd').notNull().default(0),
    reservedMicroUsd: microUsd('reserved_micro_usd').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.userId, table.payer, table.month] })],
);

/** A user's part of the instance's month (of UTC): what they have drawn, and what of it is used. */
export const allotments = pgTable(
  'allotments',
  {
    userId: uuid('user_id').notNull(),
    month: text('month').notNull(),
    settledMicroUsd: microUsd('settled_micro_usd').notNull().default(0),
    reservedMicroUsd: microUsd('reserved_micro_usd').notNull().default(0),
    allottedMicroUsd: microUsd('allotted_micro_usd').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.userId, table.month] })],
);

/** What all users have drawn of the instance's month, those who are gone included. */
export const instanceMonths = pgTable('instance_months', {
  month: text('month').primaryKey(),
  allottedMicroUsd: microUsd('allotted_micro_usd').notNull().default(0),
  departedMicroUsd: microUsd('departed_micro_usd').notNull().default(0),
});

/** Prices that an admin has set: micro-dollars for a million tokens, or for one request. */
export const modelPrices = pgTable('model_prices', {
  model: text('model').primaryKey(),
  inputMicroUsd: bigint('input_micro_usd', { mode: 'number' }).notNull().default(0),
  cachedInputMicroUsd: bigint('cached_input_micro_usd', { mode: 'number' }),
  cacheWriteInputMicroUsd: bigint('cache_write_input_micro_usd', { mode: 'number' }),
  outputMicroUsd: bigint('output_micro_usd', { mode: 'number' }).notNull().default(0),
  reasoningMicroUsd: bigint('reasoning_micro_usd', { mode: 'number' }),
  requestMicroUsd: bigint('request_micro_usd', { mode: 'number' }).notNull().default(0),
  updatedAt: time('updated_at').notNull().defaultNow(),
});
export type ModelPriceRow = typeof modelPrices.$inferSelect;

/** Shares of a limit, in percent, at which its owner is told. */
export const warningPercents = [50, 80, 100] as const;
export type WarningPercent = (typeof warningPercents)[number];

/** Which warnings have gone out, so that each goes out once. */
export const budgetWarnings = pgTable(
  'budget_warnings',
  {
    userId: uuid('user_id').notNull(),
    payer: text('payer', { enum: payers }).notNull(),
    month: text('month').notNull(),
    percent: integer('percent').$type<WarningPercent>().notNull(),
    limitMicroUsd: microUsd('limit_micro_usd').notNull(),
    sentAt: time('sent_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.payer, table.month, table.percent] })],
);

/** The same of the instance's limit. */
export const instanceWarnings = pgTable(
  'instance_warnings',
  {
    month: text('month').notNull(),
    percent: integer('percent').$type<WarningPercent>().notNull(),
    limitMicroUsd: microUsd('limit_micro_usd').notNull(),
    sentAt: time('sent_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.month, table.percent] })],
);
