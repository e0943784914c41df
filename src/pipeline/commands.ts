import { eq, inArray, sql } from 'drizzle-orm';
import { lockWorkLimits, reserveArticle } from '../accounts/work-limits.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type PriorityName, priorityNumber } from '../publishing/present.ts';
import { readPublishTime } from '../publishing/publish-time.ts';
import { publications } from '../publishing/schema.ts';
import { getSite } from '../sites/queries.ts';
import { settingsOf } from '../sites/settings.ts';
import { announcePipeline } from './announce.ts';
import type { Brief } from './brief.ts';
import { withDefaultsOf } from './choose-model.ts';
import { expectedCost } from './estimate-brief.ts';
import { recordEvent } from './events.ts';
import { runPipelineJob } from './jobs.ts';
import { enqueueNext, isNext, waitsForMoney } from './line.ts';
import { lockPipeline } from './queries.ts';
import { reserveRoom } from './queue-room.ts';
import { type Pipeline, pipelineSteps, pipelines } from './schema.ts';
import { type StepName, stepNames } from './step-names.ts';
import { isStepDone, supersedeSteps } from './steps-store.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'models' | 'webSearch' | 'config' | 'secrets'>;

/**
 * Accepts a brief: writes the pipeline and, when its user has a free place, enqueues its run in `tx`. Throws `not_found` for a site that is not the
 * user's, `model_unknown` for a model that cannot be asked here, `articles_limit_reached` when the user has begun as many
 * articles this month as they may, `queue_full` when no more may wait.
 */
export async function createPipeline(
  ctx: Ctx,
  tx: Db,
  userId: string,
  brief: Brief,
  priority: PriorityName = 'normal',
): Promise<Pipeline> {
  await reserveArticle(tx, ctx.config, userId);
  await reserveRoom(tx, ctx.config, userId);
  return insertPipeline(ctx, tx, userId, brief, priority);
}

/** {@link createPipeline} of the house's own sample: it counts like every other, and no limit holds it up. */
export async function insertPipeline(
  ctx: Ctx,
  tx: Db,
  userId: string,
  given: Brief,
  priority: PriorityName = 'normal',
): Promise<Pipeline> {
  await lockWorkLimits(tx, ctx.config, userId);
  const site = given.siteId ? await getSite(tx, userId, given.siteId) : null;
  // The moment is kept, so that it stays when the site's zone is changed before the article is written.
  const publishAt = given.publishAt && readPublishTime(given.publishAt, site?.timezone ?? 'UTC').at?.toISOString();
  // Voice and language of the site where the brief leaves them out, then the account's: the brief that is stored shows them.
  const { voice, language } = site ? settingsOf(site) : { voice: null, language: null };
  const usual = { ...(voice ? { voice } : {}), ...(language ? { language } : {}) };
  const wanted = { ...usual, ...given, ...(publishAt ? { publishAt } : {}) };
  const brief = await withDefaultsOf({ ...ctx, db: tx }, userId, wanted);
  const [row] = await tx
    .insert(pipelines)
    .values({
      id: newId(),
      userId,
      brief,
      topic: brief.topic,
      priority: priorityNumber(priority),
      status: 'queued',
      budgetMicroUsd: brief.budgetMicroUsd,
      expectedMicroUsd: await expectedCost({ ...ctx, db: tx }, userId, brief),
      siteId: brief.siteId ?? null,
      duplicatesAllowed: brief.duplicates === 'allow',
    })
    .returning();
  if (!row) throw new Error('insert returned no row');
  await enqueueIfNext(ctx, tx, row);
  if (await waitsForMoney(tx, ctx.config, userId, row.id)) {
    const message =
      'Waiting to begin: what is left of the month may not pay for this article besides those that have begun. It begins by itself when they are done or the limit is raised.';
    await recordEvent(tx, row, 'log', { message });
  }
  return row;
}

/**
 * Stops a pipeline at once; a worker in the middle of a call notices within a moment. What was paid stays recorded. Throws
 * `invalid_state` for one that has ended, or that has done its last step already: what that handed to a site goes out.
 */
export async function cancelPipeline(ctx: Ctx, userId: string, id: string): Promise<Pipeline> {
  return ctx.db.transaction(async (tx) => {
    await lockWorkLimits(tx, ctx.config, userId);
    const pipeline = await lockPipeline(tx, userId, id);
    if (pipeline.status === 'cancelled') return pipeline;
    if (pipeline.status === 'succeeded' || pipeline.status === 'failed') {
      throw new AppError('invalid_state', `This pipeline has already ${pipeline.status}; there is nothing to cancel.`);
    }
    if (await isStepDone(tx, id, 'publish')) {
      throw new AppError('invalid_state', 'This pipeline has just done its last step; there is nothing to cancel.', {
        hint: 'What it has handed to a site is stopped there: cancel the publication of its article.',
      });
    }
    await tx
      .update(pipelineSteps)
      .set({ status: 'cancelled', finishedAt: sql`now()` })
      .where(sql`${pipelineSteps.pipelineId} = ${id} and ${pipelineSteps.status} = 'running'`);
    const cancelled = await change(tx, pipeline, {
      status: 'cancelled',
      waiting: null,
      leaseExpiresAt: null,
      finishedAt: sql`now()` as never,
    });
    await recordEvent(tx, pipeline, 'done', { status: 'cancelled', waiting: null, error: null });
    await announcePipeline(ctx, tx, cancelled);
    await enqueueNext(ctx, tx, userId);
    return cancelled;
  });
}

/**
 * Runs a pipeline again: from where it failed, or from `fromStep`, whose earlier result and everything after it are
 * then set aside. Throws `invalid_state` while it runs, `already_published` when a redo would part the article from
 * the post that is out, `queue_full` when no more may wait.
 */
export async function retryPipeline(ctx: Ctx, userId: string, id: string, fromStep?: StepName): Promise<Pipeline> {
  return ctx.db.transaction(async (tx) => {
    await lockWorkLimits(tx, ctx.config, userId);
    const pipeline = await lockPipeline(tx, userId, id);
    const selfWaiting = pipeline.status === 'waiting' && pipeline.waiting?.until !== undefined;
    if (!fromStep && !['failed', 'cancelled'].includes(pipeline.status) && !selfWaiting) {
      throw new AppError(
        'invalid_state',
        `This pipeline ${states[pipeline.status]}: only one that failed, was cancelled or waits for another try can be retried.`,
        {
          hint:
            pipeline.status === 'running' || pipeline.status === 'queued'
              ? 'It goes on by itself: there is nothing to do.'
              : 'Name a step to redo from, for example { "fromStep": "draft" }.',
        },
      );
    }
    if (fromStep) {
      if (pipeline.status === 'running' || pipeline.status === 'queued') {
        throw new AppError('invalid_state', 'This pipeline is under way; cancel it before you redo a step.');
      }
      await refuseAfterPublishing(tx, pipeline);
      const from = stepNames.indexOf(fromStep);
      const ran = await tx.$count(
        pipelineSteps,
        sql`${pipelineSteps.pipelineId} = ${id} and ${inArray(pipelineSteps.name, [...stepNames.slice(from)])}`,
      );
      if (ran === 0) throw new AppError('invalid_state', `The step "${fromStep}" has not run yet; retry without it.`);
      await supersedeSteps(tx, id, stepNames.slice(from));
    }
    if (pipeline.status !== 'waiting') await reserveRoom(tx, ctx.config, userId);
    // A person has looked at it: what its workers and attempts met before counts no more.
    return requeue(ctx, tx, pipeline, { takeovers: 0, retriedAt: sql`now()` as never });
  });
}

/**
 * Lets a pipeline go before or behind its user's others, from this moment on. One that has begun stays before those that
 * have not. Throws `invalid_state` for one that has ended.
 */
export async function prioritizePipeline(
  ctx: Ctx,
  userId: string,
  id: string,
  priority: PriorityName,
): Promise<Pipeline> {
  return ctx.db.transaction(async (tx) => {
    await lockWorkLimits(tx, ctx.config, userId);
    const pipeline = await lockPipeline(tx, userId, id);
    if (!['queued', 'running', 'waiting'].includes(pipeline.status)) {
      throw new AppError('invalid_state', `This pipeline ${states[pipeline.status]}; it waits for no turn.`, {
        hint: 'Only what has not ended has a priority: retry it first.',
      });
    }
    // No new lease: whoever is at work on it goes on.
    const [row] = await tx
      .update(pipelines)
      .set({ priority: priorityNumber(priority) })
      .where(eq(pipelines.id, id))
      .returning();
    if (!row) throw new AppError('not_found', 'There is no such pipeline.');
    await enqueueNext(ctx, tx, userId);
    return row;
  });
}

/** What a pipeline does, in words. */
const states: Record<Pipeline['status'], string> = {
  queued: 'is queued',
  running: 'is running',
  waiting: 'waits for somebody',
  succeeded: 'has succeeded',
  failed: 'has failed',
  cancelled: 'was cancelled',
};

/** A post that is out, or may be, stays tied to the article it was made from. */
async function refuseAfterPublishing(tx: Db, pipeline: Pipeline): Promise<void> {
  if (!pipeline.articleId) return;
  const sent = await tx.$count(
    publications,
    sql`${publications.articleId} = ${pipeline.articleId} and ${publications.status} not in ('cancelled')`,
  );
  if (sent > 0)
    throw new AppError('already_published', 'The article of this pipeline has already been handed to a site.');
}

/**
 * Goes on with a pipeline that waits for a decision: in spite of a near-duplicate, or after its budget was raised
 * (`budgetMicroUsd`). Throws `invalid_state` when it does not wait for that.
 */
export async function continuePipeline(
  ctx: Ctx,
  userId: string,
  id: string,
  budgetMicroUsd: number | undefined,
): Promise<Pipeline> {
  return ctx.db.transaction(async (tx) => {
    await lockWorkLimits(tx, ctx.config, userId);
    const pipeline = await lockPipeline(tx, userId, id);
    const reason = pipeline.status === 'waiting' ? pipeline.waiting?.reason : undefined;
    if (reason === 'approval') {
      throw new AppError('invalid_state', 'This pipeline waits for approval.', {
        hint: 'Approve its article: POST /articles/:id/approve.',
      });
    }
    if (reason === undefined)
      throw new AppError('invalid_state', `This pipeline is ${pipeline.status}; it waits for nothing.`);
    return requeue(ctx, tx, pipeline, {
      ...(reason === 'duplicate' ? { duplicatesAllowed: true } : {}),
      ...(budgetMicroUsd === undefined ? {} : { budgetMicroUsd }),
    });
  });
}

/** Queues a pipeline again, from outside, with a change of its columns. The user's row has to be locked. */
export async function requeue(
  ctx: Ctx,
  tx: Db,
  pipeline: Pipeline,
  columns: Partial<typeof pipelines.$inferInsert>,
): Promise<Pipeline> {
  const row = await change(tx, pipeline, {
    status: 'queued',
    waiting: null,
    error: null,
    finishedAt: null,
    ...columns,
  });
  await enqueueIfNext(ctx, tx, row);
  await recordEvent(tx, pipeline, 'log', { message: 'Queued.' });
  return row;
}

/**
 * A pipeline that waits for a place has no job: it gets one with the place. A job that could do nothing would keep a
 * worker from the pipelines of others, for two seconds each. The user's row has to be locked.
 */
async function enqueueIfNext(ctx: Ctx, tx: Db, { id, userId }: Pipeline): Promise<void> {
  if (await isNext(tx, ctx.config, userId, id)) await ctx.queue.enqueue(tx, runPipelineJob, { pipelineId: id });
}

/** Every change from outside raises the lease number: a worker that still holds the pipeline finds out at its next write. */
export async function change(
  tx: Db,
  pipeline: Pipeline,
  columns: Partial<typeof pipelines.$inferInsert>,
): Promise<Pipeline> {
  const [row] = await tx
    .update(pipelines)
    .set({ ...columns, lease: sql`${pipelines.lease} + 1` })
    .where(eq(pipelines.id, pipeline.id))
    .returning();
  if (!row) throw new AppError('not_found', 'There is no such pipeline.');
  return row;
}
