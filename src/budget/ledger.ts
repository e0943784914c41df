import { and, desc, eq, getTableColumns, gte, inArray, or, sql } from 'drizzle-orm';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { queryRows } from '../db/open.ts';
import { patiently } from '../db/patiently.ts';
import { AppError, type StoredError } from '../errors.ts';
import type { TokenUsage, UnitPrices } from './prices.ts';
import { type CallKind, type PaidCall, paidCalls } from './schema.ts';

/** What is known of a call before it is made. */
export interface CallPlan {
  kind: CallKind;
  userId: string;
  pipelineId: string;
  step: string;
  task: string;
  /** Null for a call without a prompt: a search. */
  promptVersion: number | null;
  requestDigest: string;
  provider: string;
  model: string;
  pricedAs: string | null;
  unitPrices: UnitPrices;
  /** The worst case: all input tokens and the full limit of output tokens, in micro-dollars. */
  worstCaseMicroUsd: number;
}

/** Money of a pipeline so far, in micro-dollars: paid, and held back for calls that are under way. */
export interface Spending {
  settledMicroUsd: number;
  reservedMicroUsd: number;
}

/** What a pipeline has spent and reserved. */
export async function pipelineSpending(db: Db, pipelineId: string): Promise<Spending> {
  const [row] = await queryRows<{ settled: string; reserved: string }>(
    db,
    sql`select coalesce(sum(cost_micro_usd), 0) as settled,
          coalesce(sum(reserved_micro_usd) filter (where status = 'reserved'), 0) as reserved
        from paid_calls where pipeline_id = ${pipelineId}`,
  );
  return { settledMicroUsd: Number(row?.settled ?? 0), reservedMicroUsd: Number(row?.reserved ?? 0) };
}

/**
 * Reserves the worst case of a call against the pipeline's budget. Call it in a transaction: it locks the pipeline's
 * row, so that `settled + reserved <= budget` also holds when several calls ask at once. Throws `budget_exceeded` and
 * writes nothing when the call does not fit.
 */
export async function reserve(tx: Db, plan: CallPlan): Promise<string> {
  const [pipeline] = await queryRows<{ budget: string }>(
    tx,
    sql`select budget_micro_usd as budget from pipelines where id = ${plan.pipelineId} for update`,
  );
  if (!pipeline) throw new AppError('not_found', 'The pipeline of this call is gone.');
  const { settledMicroUsd, reservedMicroUsd } = await pipelineSpending(tx, plan.pipelineId);
  const budget = Number(pipeline.budget);
  const left = budget - settledMicroUsd - reservedMicroUsd;
  if (plan.worstCaseMicroUsd > left) {
    throw new AppError(
      'budget_exceeded',
      `The next call may cost up to ${dollars(plan.worstCaseMicroUsd)}, and ${dollars(left)} of the budget of ${dollars(budget)} is left.`,
    );
  }
  const id = newId();
  const { worstCaseMicroUsd, ...columns } = plan;
  await tx.insert(paidCalls).values({ id, status: 'reserved', reservedMicroUsd: worstCaseMicroUsd, ...columns });
  return id;
}

/** How a call ended. */
export interface CallResult {
  /** Null when the provider did not say, and for calls that are not priced by tokens. */
  usage: TokenUsage | null;
  /** The true cost in micro-dollars; null when it is unknown: the reservation then stands in as an estimate. */
  costMicroUsd: number | null;
  output?: unknown;
  error?: StoredError;
}

/**
 * Replaces the reservation by the true cost. Also corrects a call that was meanwhile settled as an estimate because its
 * worker seemed dead; a call that is truly settled is left alone, so settling twice changes nothing. The answer was paid
 * for and exists nowhere else: a database that is away or full is tried for a minute.
 */
export async function settle(db: Db, callId: string, result: CallResult): Promise<void> {
  const known = result.costMicroUsd !== null;
  await patiently(async () =>
    db
      .update(paidCalls)
      .set({
        status: result.error ? 'failed' : 'settled',
        estimated: !known,
        costMicroUsd: known ? result.costMicroUsd : sql`${paidCalls.reservedMicroUsd}`,
        inputTokens: result.usage?.inputTokens ?? null,
        cachedInputTokens: result.usage?.cachedInputTokens ?? null,
        cacheWriteInputTokens: result.usage?.cacheWriteInputTokens ?? null,
        outputTokens: result.usage?.outputTokens ?? null,
        reasoningTokens: result.usage?.reasoningTokens ?? null,
        output: result.output ?? null,
        error: result.error ?? null,
        finishedAt: sql`now()`,
      })
      .where(and(eq(paidCalls.id, callId), or(eq(paidCalls.status, 'reserved'), eq(paidCalls.estimated, true)))),
  );
}

/** Gives a reservation back for a call that certainly was not billed: it was refused or never sent. */
export async function release(db: Db, callId: string, error: StoredError): Promise<void> {
  await db
    .update(paidCalls)
    .set({ status: 'released', costMicroUsd: 0, error, finishedAt: sql`now()` })
    .where(and(eq(paidCalls.id, callId), eq(paidCalls.status, 'reserved')));
}

/**
 * Settles what a dead worker left reserved in this pipeline. Whether those calls were billed cannot be known, so the
 * reservation counts as their cost and they are marked as estimated: never undercounted.
 */
export async function settleAbandoned(db: Db, pipelineId: string): Promise<number> {
  const rows = await db
    .update(paidCalls)
    .set({
      status: 'failed',
      estimated: true,
      costMicroUsd: sql`${paidCalls.reservedMicroUsd}`,
      error: { code: 'lease_lost', message: 'The worker ended before the answer was stored.', hint: '' },
      finishedAt: sql`now()`,
    })
    .where(and(eq(paidCalls.pipelineId, pipelineId), eq(paidCalls.status, 'reserved')))
    .returning({ id: paidCalls.id });
  return rows.length;
}

/** The answer that this pipeline has already paid for to the same question, or null. */
export async function findAnswer(db: Db, pipelineId: string, requestDigest: string): Promise<PaidCall | null> {
  const [row] = await db
    .select()
    .from(paidCalls)
    .where(
      and(
        eq(paidCalls.pipelineId, pipelineId),
        eq(paidCalls.requestDigest, requestDigest),
        eq(paidCalls.status, 'settled'),
        sql`${paidCalls.output} is not null`,
      ),
    );
  return row ?? null;
}

/**
 * What a model answered to this question although it could not be used, at or after `since` (null: ever), as it was
 * given to {@link settle}; null if there is nothing. The newest counts.
 */
export async function findUnusable(
  db: Db,
  pipelineId: string,
  requestDigest: string,
  since: Date | null,
): Promise<unknown> {
  const [row] = await db
    .select({ output: paidCalls.output })
    .from(paidCalls)
    .where(
      and(
        eq(paidCalls.pipelineId, pipelineId),
        eq(paidCalls.requestDigest, requestDigest),
        eq(paidCalls.status, 'failed'),
        sql`${paidCalls.output} is not null`,
        since ? gte(paidCalls.startedAt, since) : undefined,
      ),
    )
    .orderBy(desc(paidCalls.startedAt))
    .limit(1);
  return row?.output ?? null;
}

/** A row of the ledger without the answer, which may be large. */
export type LedgerEntry = Omit<PaidCall, 'output'>;

/** Every call of the given pipelines, oldest first. */
export async function listCalls(db: Db, pipelineIds: string[]): Promise<LedgerEntry[]> {
  if (pipelineIds.length === 0) return [];
  const { output: _, ...columns } = getTableColumns(paidCalls);
  return db
    .select(columns)
    .from(paidCalls)
    .where(inArray(paidCalls.pipelineId, pipelineIds))
    .orderBy(paidCalls.startedAt, paidCalls.id);
}

/** Micro-dollars as dollars for a message: exact, without rounding small amounts away. */
export function dollars(microUsd: number): string {
  const sign = microUsd < 0 ? '-' : '';
  const digits = (Math.abs(microUsd) / 1_000_000).toFixed(6).replace(/0{1,4}$/, '');
  return `${sign}$${digits}`;
}
