import { and, eq, sql } from 'drizzle-orm';
import { lockWorkLimits } from '../accounts/work-limits.ts';
import { type Decider, lastDecision, nameOf, recordDecision } from '../approvals/approvals.ts';
import type { Approval } from '../approvals/schema.ts';
import { setStatus } from '../articles/articles.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { lastWritten, onHold } from './7-publish/hold-window.ts';
import { endHolds } from './7-publish/holds.ts';
import { announcePipeline } from './announce.ts';
import { change, requeue } from './commands.ts';
import { recordEvent } from './events.ts';
import { enqueueNext } from './line.ts';
import { lockPipeline } from './queries.ts';
import { type Pipeline, pipelineSteps, type Waiting } from './schema.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'models' | 'webSearch' | 'config' | 'secrets'>;

/**
 * Lets the pipeline of an article go public, and writes down who did. Null, and nothing done, for one that is not at its
 * approval: it has been approved, has gone out, or has not come so far. Of an approval, a hold and the end of the hold
 * window at the same moment the first one holds; each locks the pipeline, and a worker that is at it loses its lease.
 */
export async function approvePipeline(
  ctx: Ctx,
  tx: Db,
  userId: string,
  id: string,
  by: Decider,
): Promise<Approval | null> {
  await lockWorkLimits(tx, ctx.config, userId);
  const pipeline = await lockPipeline(tx, userId, id);
  const place = await placeOf(tx, pipeline);
  const writtenAt = await lastWritten(tx, id);
  if (place === null || (place === 'moving' && pipeline.approvedAt && pipeline.approvedAt >= writtenAt)) return null;
  const before = await lastDecision(tx, id, writtenAt);
  await requeue(ctx, tx, pipeline, { approvedAt: sql`now()` as never, approvedBy: nameOf(by) });
  const decision = before?.decision === 'held' ? 'released' : 'approved';
  await endHolds(tx, id);
  return recordDecision(tx, { userId, articleId: pipeline.articleId, pipelineId: id, decision, by });
}

/**
 * Keeps the article of a pipeline from going public: from now on it needs an approval. Also when it was approved a moment
 * ago and nothing has been sent yet. Returns the decision; the earlier one where it is on hold already. Throws
 * `invalid_state` for one that has gone out, or has not come so far.
 */
export async function holdPipeline(ctx: Ctx, tx: Db, userId: string, id: string, by: Decider): Promise<Approval> {
  await lockWorkLimits(tx, ctx.config, userId);
  const pipeline = await lockPipeline(tx, userId, id);
  const place = await placeOf(tx, pipeline);
  if (place === null) throw tooLate(pipeline);
  const before = await lastDecision(tx, id, await lastWritten(tx, id));
  if (before?.decision === 'held' && place === 'waiting') return before;
  const { articleId } = pipeline;
  const waiting: Waiting = { reason: 'approval', message: onHold, ...(articleId ? { articleId } : {}) };
  if (place === 'moving') {
    await tx
      .update(pipelineSteps)
      .set({ status: 'cancelled', finishedAt: sql`now()` })
      .where(and(eq(pipelineSteps.pipelineId, id), eq(pipelineSteps.status, 'running')));
  }
  const held = await change(tx, pipeline, {
    status: 'waiting',
    waiting,
    leaseExpiresAt: null,
    approvedAt: null,
    approvedBy: null,
  });
  if (articleId && pipeline.approvedAt) await setStatus(ctx, tx, articleId, 'ready');
  await recordEvent(tx, pipeline, 'log', { step: 'publish', message: onHold });
  if (place === 'moving') {
    await recordEvent(tx, pipeline, 'done', { status: 'waiting', waiting, error: null });
    await announcePipeline(ctx, tx, held);
    await enqueueNext(ctx, tx, userId);
  }
  await endHolds(tx, id);
  return recordDecision(tx, { userId, articleId, pipelineId: id, decision: 'held', by });
}

/** Where a pipeline stands that can still be approved or held: waiting for it, or on its way past it. */
async function placeOf(tx: Db, pipeline: Pipeline): Promise<'waiting' | 'moving' | null> {
  if (pipeline.status === 'waiting') return pipeline.waiting?.reason === 'approval' ? 'waiting' : null;
  if (pipeline.status !== 'queued' && pipeline.status !== 'running') return null;
  if (pipeline.currentStep !== 'publish' || pipeline.brief.publish !== 'publish') return null;
  const passed = await tx.$count(
    pipelineSteps,
    and(
      eq(pipelineSteps.pipelineId, pipeline.id),
      eq(pipelineSteps.name, 'publish'),
      eq(pipelineSteps.status, 'succeeded'),
    ),
  );
  return passed > 0 ? null : 'moving';
}

function tooLate({ status }: Pipeline): AppError {
  return status === 'succeeded' || status === 'running'
    ? new AppError('invalid_state', 'The article has been handed to its site already.', {
        hint: 'Take the post back on the page of its publication.',
      })
    : new AppError('invalid_state', 'The article does not wait to go public.', {
        hint: 'Look at its run: it says how far it is.',
      });
}
