import { and, desc, eq, getTableColumns, gt, inArray, notInArray, or, sql } from 'drizzle-orm';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import type { StoredError } from '../errors.ts';
import type { AnyStep } from './define-step.ts';
import { type Pipeline, type PipelineStep, pipelineSteps, type StepStatus } from './schema.ts';

/** What stands recorded of a pipeline's steps when a worker takes it. */
export interface Recorded {
  /** The finished record of each step that has one, by name. */
  finished: Map<string, Pick<PipelineStep, 'inputDigest' | 'output' | 'stepVersion'>>;
  /**
   * How many times each step was set aside on purpose. It goes into the digest of each model call: asked to redo a
   * step, the model is asked anew; retrying after a failure takes the answers that were already paid for.
   */
  redone: Map<string, number>;
  /**
   * When each step last failed because no model gave an answer that could be used, or wanted to. Tried again after that,
   * a model is asked anew; after any other failure its unusable answers and refusals still count, so that they are not
   * paid for again.
   */
  unusable: Map<string, Date>;
}

/** Reads {@link Recorded}. Nobody but the holder of the lease changes it: whoever sets steps aside takes the lease away. */
export async function readRecorded(db: Db, pipelineId: string): Promise<Recorded> {
  const { name, status, inputDigest, stepVersion, output, error, finishedAt } = pipelineSteps;
  const gaveNothing = sql`${status} = 'failed' and ${error} ->> 'code' in ('model_output_invalid', 'model_refused')`;
  const rows = await db
    .select({
      name,
      status,
      inputDigest,
      stepVersion,
      finishedAt,
      output: sql`case when ${status} = 'succeeded' then ${output} end`,
    })
    .from(pipelineSteps)
    .where(and(eq(pipelineSteps.pipelineId, pipelineId), or(inArray(status, ['succeeded', 'superseded']), gaveNothing)))
    .orderBy(pipelineSteps.attempt);
  const finished = rows.filter((row) => row.status === 'succeeded');
  const redone = new Map<string, number>();
  for (const row of rows) if (row.status === 'superseded') redone.set(row.name, (redone.get(row.name) ?? 0) + 1);
  const unusable = new Map<string, Date>();
  for (const row of rows) if (row.status === 'failed' && row.finishedAt) unusable.set(row.name, row.finishedAt);
  return { finished: new Map(finished.map((row) => [row.name, row])), redone, unusable };
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
  const [row] = await tx
    .insert(pipelineSteps)
    .values({
      id: newId(),
      userId: pipeline.userId,
      pipelineId: pipeline.id,
      name: step.name,
      attempt: sql`(select coalesce(max(${pipelineSteps.attempt}), 0) + 1 from ${pipelineSteps} where ${mine})`,
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

/** Whether a pipeline has a result of a step that counts. */
export async function isStepDone(tx: Db, pipelineId: string, name: string): Promise<boolean> {
  const done = and(eq(pipelineSteps.name, name), eq(pipelineSteps.status, 'succeeded'));
  return (await tx.$count(pipelineSteps, and(eq(pipelineSteps.pipelineId, pipelineId), done))) > 0;
}

/** Whether an attempt stands recorded as succeeded. */
export async function isFinished(tx: Db, stepId: string): Promise<boolean> {
  return (await tx.$count(pipelineSteps, and(eq(pipelineSteps.id, stepId), eq(pipelineSteps.status, 'succeeded')))) > 0;
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

/** Failed attempts at a step since it last succeeded, was redone or a person asked for it again; decides how long to wait before the next. */
export async function countFailures(
  db: Db,
  { id: pipelineId, retriedAt }: Pick<Pipeline, 'id' | 'retriedAt'>,
  name: string,
): Promise<number> {
  const rows = await db
    .select({ status: pipelineSteps.status })
    .from(pipelineSteps)
    .where(
      and(
        eq(pipelineSteps.pipelineId, pipelineId),
        eq(pipelineSteps.name, name),
        // The attempt that has just failed is not closed yet.
        notInArray(pipelineSteps.status, ['cancelled', 'running']),
        retriedAt ? gt(pipelineSteps.startedAt, retriedAt) : undefined,
      ),
    )
    .orderBy(desc(pipelineSteps.attempt));
  const end = rows.findIndex((row) => row.status !== 'failed');
  return end < 0 ? rows.length : end;
}
