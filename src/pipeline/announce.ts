import { eq } from 'drizzle-orm';
import { pipelineSpending } from '../budget/ledger.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { emitEvent } from '../webhooks/events.ts';
import { type Pipeline, pipelines } from './schema.ts';

/**
 * Tells the user's webhooks that a run has ended or waits for a person, in the transaction that has just recorded it. A
 * wait that ends by itself after a failure (`retry`, `provider`) asks nothing of anyone, so nobody is told.
 */
export async function announcePipeline(
  ctx: Pick<AppContext, 'queue'>,
  tx: Db,
  { id, userId, status, waiting }: Pick<Pipeline, 'id' | 'userId' | 'status' | 'waiting'>,
): Promise<void> {
  const data = () => describePipeline(tx, id);
  if (status === 'succeeded' || status === 'failed' || status === 'cancelled') {
    await emitEvent(ctx, tx, userId, { type: `pipeline.${status}`, data });
  }
  if (status !== 'waiting' || waiting === null || waiting.reason === 'retry' || waiting.reason === 'provider') return;
  await emitEvent(ctx, tx, userId, { type: 'pipeline.waiting', data });
  if (waiting.reason === 'budget_exceeded') await emitEvent(ctx, tx, userId, { type: 'budget.exceeded', data });
}

async function describePipeline(tx: Db, id: string): Promise<Record<string, unknown>> {
  const { topic, status, articleId, siteId, budgetMicroUsd, error, waiting, createdAt, finishedAt } = pipelines;
  const columns = { topic, status, articleId, siteId, budgetMicroUsd, error, waiting, createdAt, finishedAt };
  const [row] = await tx.select(columns).from(pipelines).where(eq(pipelines.id, id));
  if (!row) throw new AppError('not_found', 'There is no such pipeline.');
  return {
    id,
    ...row,
    costMicroUsd: (await pipelineSpending(tx, id)).settledMicroUsd,
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}
