import { and, desc, eq, getTableColumns, inArray, ne, sql } from 'drizzle-orm';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import type { StoredError } from '../errors.ts';
import type { AnyStep } from './define-step.ts';
import { type Pipeline, type PipelineStep, pipelineSteps, type StepStatus } from './schema.ts';

/** The finished record of a step, or null. */
export async function findFinishedStep(db: Db, pipelineId: string, name: string): Promise<PipelineStep | null> {
  const [row] = await db
    .select()
    .from(pipelineSteps)
    .where(
      and(
        eq(pipelineSteps.pipelineId, pipelineId),
        eq(pipelineSteps.name, name),
        eq(pipelineSteps.status, 'succeeded'),
      ),
    );
  return row ?? null;
}

/** A record without its output, which may be large. */
export type StepRecord = Omit<PipelineStep, 'output'>;

/** Every attempt at every step of the pipelines, oldest first. */
export async function listSteps(db: Db, pipelineIds: string[]): Promise<StepRecord[]> {
  if (pipelineIds.length === 0) return [];
  const { output: _, ...columns } = getTableColumns(pipelineSteps);
  return db
    .select(columns)
    .from(pipelineSteps)
    .where(inArray(pipelineSteps.pipelineId, pipelineIds))
    .orderBy(pipelineSteps.startedAt, pipelineSteps.attempt);
}

/** Opens a new attempt. One left "running" by a worker that is gone is closed as cancelled: it was interrupted. */
export async function startStep(tx: Db, pipeline: Pipeline, step: AnyStep, inputDigest: string): Promise<PipelineStep> {
  const mine = and(eq(pipelineSteps.pipelineId, pipeline.id), eq(pipelineSteps.name, step.name));
  await tx
    .update(pipelineSteps)
    .set({ status: 'cancelled', finishedAt: sql`now()` })
    .where(and(mine, eq(pipelineSteps.status, 'running')));
  const [last] = await tx.select().from(pipelineSteps).where(mine).orderBy(desc(pipelineSteps.attempt)).limit(1);
  const [row] = await tx
    .insert(pipelineSteps)
    .values({
      id: newId(),
      userId: pipeline.userId,
      pipelineId: pipeline.id,
      name: step.name,
      attempt: (last?.attempt ?? 0) + 1,
      status: 'running',
      inputDigest,
      stepVersion: step.version,
    })
    .returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

/** Closes an attempt; `output` only with status "succeeded". */
export async function finishStep(
  tx: Db,
  stepId: string,
  status: StepStatus,
  result: { output?: unknown; error?: StoredError },
): Promise<void> {
  await tx
    .update(pipelineSteps)
    .set({ status, finishedAt: sql`now()`, ...result })
    .where(eq(pipelineSteps.id, stepId));
}

/** Sets the finished records of `names` aside, so that those steps run again. Their cost stays in the ledger. */
export async function supersedeSteps(tx: Db, pipelineId: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await tx
    .update(pipelineSteps)
    .set({ status: 'superseded' })
    .where(
      and(
        eq(pipelineSteps.pipelineId, pipelineId),
        inArray(pipelineSteps.name, [...names]),
        eq(pipelineSteps.status, 'succeeded'),
      ),
    );
}

/**
 * How many times a step was set aside on purpose. It goes into the digest of each model call: asked to redo a step, the
 * model is asked anew; retrying after a failure takes the answers that were already paid for.
 */
export async function countRedone(db: Db, pipelineId: string, name: string): Promise<number> {
  return db.$count(
    pipelineSteps,
    and(eq(pipelineSteps.pipelineId, pipelineId), eq(pipelineSteps.name, name), eq(pipelineSteps.status, 'superseded')),
  );
}

/**
 * When a step last failed because no model gave an answer that could be used, or null. Tried again after that, a model
 * is asked anew; after any other failure its unusable answers still count, so that they are not paid for again.
 */
export async function lastUnusable(db: Db, pipelineId: string, name: string): Promise<Date | null> {
  const [row] = await db
    .select({ finishedAt: pipelineSteps.finishedAt })
    .from(pipelineSteps)
    .where(
      and(
        eq(pipelineSteps.pipelineId, pipelineId),
        eq(pipelineSteps.name, name),
        eq(pipelineSteps.status, 'failed'),
        sql`${pipelineSteps.error} ->> 'code' = 'model_output_invalid'`,
      ),
    )
    .orderBy(desc(pipelineSteps.attempt))
    .limit(1);
  return row?.finishedAt ?? null;
}

/** Failed attempts at a step since it last succeeded or was redone; decides how long to wait before the next. */
export async function countFailures(db: Db, pipelineId: string, name: string): Promise<number> {
  const rows = await db
    .select({ status: pipelineSteps.status })
    .from(pipelineSteps)
    .where(
      and(
        eq(pipelineSteps.pipelineId, pipelineId),
        eq(pipelineSteps.name, name),
        ne(pipelineSteps.status, 'cancelled'),
      ),
    )
    .orderBy(desc(pipelineSteps.attempt));
  const end = rows.findIndex((row) => row.status !== 'failed');
  return end < 0 ? rows.length : end;
}
