import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { lockWorkLimits } from '../accounts/work-limits.ts';
import { caps, settleAbandoned } from '../budget/ledger.ts';
import type { AppContext } from '../context.ts';
import { explainDatabaseError } from '../db/database-error.ts';
import { queryRows } from '../db/open.ts';
import { digest } from '../digest.ts';
import { AppError, toStoredError } from '../errors.ts';
import { stepEnded } from '../events.ts';
import { ask, type CallOwner } from '../llm/ask.ts';
import { startStopwatch } from '../stopwatch.ts';
import { allPrintable } from '../storable.ts';
import { askSearch } from '../web-search/ask-search.ts';
import { beginHold } from './7-publish/holds.ts';
import { announcePipeline } from './announce.ts';
import { type AnyStep, PipelineWaiting, type StepContext } from './define-step.ts';
import { recordEvent, recordEvents, recordUnderLease } from './events.ts';
import { runPipelineJob } from './jobs.ts';
import {
  changeUnderLease,
  holdsLease,
  leaseLost,
  leaseMs,
  leaseRenewMs,
  leaseStanding,
  lockLease,
  releaseLease,
  renewLease,
  type Standing,
} from './lease.ts';
import { enqueueNext, occupying } from './line.ts';
import { createShow } from './live-text.ts';
import { steps } from './pipeline.ts';
import { type Pipeline, pipelines, type Waiting } from './schema.ts';
import { countFailures, finishStep, isFinished, readRecorded, startStep } from './steps-store.ts';
import { awaitSilent, claimFirst, turnsOf } from './turn.ts';

/** Delays before a step that failed for a passing reason is tried again, in milliseconds; after the last it fails. */
const retryDelaysMs = [5_000, 30_000, 120_000, 600_000, 1_800_000];

/**
 * A pipeline whose workers die this often at one step takes them down with it: it is stopped instead of tried for ever.
 * One that comes forward is not to blame, however bad the day of the machines is.
 */
const maxTakeovers = 10;

/** How long a worker that has just looked at its lease takes no notice of announcements, in milliseconds. */
const restMs = 250;

/** Why the walk through the steps stopped before the end. */
type Stop =
  | { kind: 'waiting'; waiting: Waiting }
  | { kind: 'failed'; error: unknown }
  | { kind: 'handed-over' }
  | { kind: 'lease-lost' };

/**
 * Takes the pipeline if it is to be had and walks it through the steps to its end, or until it waits, fails, is
 * cancelled or the process is asked to stop. Finished steps are read back, never run again; after a kill at any point
 * the next worker goes on here. Never throws for what went wrong inside a step: that is stored with the pipeline.
 */
export async function runPipeline(ctx: AppContext, pipelineId: string, shutdown: AbortSignal): Promise<void> {
  await takeFirst(ctx, [pipelineId], pipelineId, shutdown);
}

/** {@link runPipeline} of whoever's turn it is, which need not be the pipeline that the job was made for. */
export async function runNext(ctx: AppContext, ticketId: string, shutdown: AbortSignal): Promise<void> {
  await takeFirst(ctx, await turnsOf(ctx.db, ctx.config, ticketId), ticketId, shutdown);
}

/** Works the first of `ids` that is to be had. */
async function takeFirst(ctx: AppContext, ids: string[], ticketId: string, shutdown: AbortSignal): Promise<void> {
  // A clock that jumps lets leases and heartbeats run out although their holders are well. What this very process is at
  // work on it must not take from itself: the call under way would be paid for a second time.
  const own = inHand.get(ctx.database) ?? new Set();
  inHand.set(ctx.database, own);
  const age = startStopwatch();
  const pipeline = await claimFirst(ctx, ids, ticketId, own);
  if (!pipeline) {
    if (!own.has(ticketId)) await lookAgainLater(ctx, ticketId);
    return;
  }
  try {
    await walkUnderLease(ctx, pipeline, age, shutdown);
  } finally {
    own.delete(pipeline.id);
  }
}

/** The pipelines that this process is at work on, by database: tests run several workers over one. */
const inHand = new WeakMap<AppContext['database'], Set<string>>();

async function walkUnderLease(
  ctx: AppContext,
  pipeline: Pipeline,
  age: () => number,
  shutdown: AbortSignal,
): Promise<void> {
  const pipelineId = pipeline.id;
  const lost = new AbortController();
  // To a worker, its user being disabled is what a shutdown is: it hands over, and nobody takes it.
  const disabled = new AbortController();
  const signal = AbortSignal.any([shutdown, lost.signal, disabled.signal]);
  const watch = keepLease(ctx, pipeline, age, lost, disabled);
  const tenure: Tenure = { signal, assureLease: watch.assure };
  try {
    if (pipeline.takeovers > maxTakeovers) {
      const error = new AppError('internal', `Its workers ended unexpectedly ${maxTakeovers} times at one step.`);
      await stop(ctx, pipeline, { kind: 'failed', error });
      return;
    }
    // Whoever had the pipeline before holds no lease any more: what they left reserved will not be settled by them.
    await settleAbandoned(ctx.db, pipelineId);
    const left = pipeline.waiting;
    const stopped = left
      ? { kind: 'waiting' as const, waiting: left }
      : await ctx.telemetry.tracer.span('pipeline', 'internal', { 'pipeline.id': pipeline.id }, () =>
          walk(ctx, pipeline, tenure),
        );
    await stop(ctx, pipeline, stopped ?? null);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'lease_lost')) throw error;
    ctx.log.info({ pipelineId }, 'pipeline given up: another worker has it, or it was cancelled');
  } finally {
    watch.end();
  }
}

/**
 * A job came that could take nothing. While another worker still holds the lease, come back when that lease would have
 * run out. One that has to wait for its turn gives way to those whose turn it is; its own job comes with a free place.
 */
async function lookAgainLater(ctx: AppContext, pipelineId: string): Promise<void> {
  const { userId, status, leaseExpiresAt } = pipelines;
  const [row] = await ctx.db
    .select({ userId, status, leaseExpiresAt, isHeld: sql<boolean>`${occupying}` })
    .from(pipelines)
    .where(eq(pipelines.id, pipelineId));
  // The job may have been used for another, whose worker has died since.
  if (!row?.isHeld) await awaitSilent(ctx);
  if (!row || ['succeeded', 'failed', 'cancelled'].includes(row.status)) return;
  if (!row.isHeld || !row.leaseExpiresAt) {
    await enqueueNext(ctx, ctx.db, row.userId);
    return;
  }
  const startAfter = new Date(row.leaseExpiresAt.getTime() + 500);
  await ctx.queue.enqueue(ctx.db, runPipelineJob, { pipelineId }, { startAfter });
}

/** While a worker holds its lease: what aborts when it has to stop, and how it makes sure before it spends money. */
interface Tenure {
  signal: AbortSignal;
  assureLease(): Promise<void>;
}

/**
 * Renews the lease while the work goes on. Aborts `lost` as soon as it is no longer ours, and `disabled` as soon as its
 * user may have no work done.
 * @param age of the last answer that the lease is ours: milliseconds since it was asked for
 */
function keepLease(
  ctx: AppContext,
  pipeline: Pipeline,
  age: () => number,
  lost: AbortController,
  disabled: AbortController,
): { assure(): Promise<void>; end(): void } {
  const heed = (standing: Standing) => {
    if (standing === 'lost') lost.abort(new AppError('lease_lost', 'The pipeline was cancelled or taken over.'));
    if (standing === 'disabled') disabled.abort(new Error('the user was disabled'));
  };
  const hear = (answer: Promise<Standing>) => {
    answer.then(heed, (error) => {
      // The database did not answer: the lease may run out, and every write checks it again, so going on is safe.
      ctx.log.warn({ err: error, pipelineId: pipeline.id }, 'lease not looked after');
    });
  };
  const renew = async () => {
    const since = startStopwatch();
    const standing = await renewLease(ctx, pipeline);
    if (standing === 'held') age = since;
    return standing;
  };
  const renewal = setInterval(() => hear(renew()), leaseRenewMs);
  // A cancel is announced like every change, and most changes are this worker's own: one look serves all that come
  // while it rests.
  let rest: NodeJS.Timeout | null = null;
  let again = false;
  const look = () => {
    if (rest) {
      again = true;
      return;
    }
    hear(leaseStanding(ctx.db, pipeline));
    rest = setTimeout(() => {
      rest = null;
      if (again) look();
      again = false;
    }, restMs);
  };
  const unsubscribe = ctx.bus.subscribe(pipeline.id, look);
  const unsubscribeUser = ctx.bus.onDisabled(pipeline.userId, () => hear(leaseStanding(ctx.db, pipeline)));
  return {
    /**
     * Makes sure that the lease is ours for at least a quarter of its length. An answer that is older was given before
     * this process stood still, or while its database was away: it is asked for again, and so is one that was slow itself.
     */
    async assure() {
      while (age() > 0.75 * leaseMs) {
        const standing = await renew();
        heed(standing);
        lost.signal.throwIfAborted();
        disabled.signal.throwIfAborted();
      }
    },
    end() {
      unsubscribe();
      unsubscribeUser();
      clearInterval(renewal);
      if (rest) clearTimeout(rest);
    },
  };
}

async function walk(ctx: AppContext, pipeline: Pipeline, tenure: Tenure): Promise<Stop | undefined> {
  const outputs: Record<string, unknown> = {};
  const { finished, redone, unusable } = await readRecorded(ctx.db, pipeline.id);
  const total = steps.reduce((sum, step) => sum + step.weight, 0);
  let before = 0;
  for (const step of steps) {
    const needs = Object.fromEntries(step.needs.map((name) => [name, outputs[name]]));
    const inputDigest = digest({ brief: pipeline.brief, needs });
    const recorded = finished.get(step.name);
    if (recorded) {
      const output = step.output.safeParse(recorded.output);
      // Another version's output may pass for one of this version and mean something else.
      const sameVersion = recorded.stepVersion === step.version;
      if (!output.success || !sameVersion || recorded.inputDigest !== inputDigest) {
        const message = `The recorded result of the step "${step.name}" does not fit this version.`;
        const hint = `Redo the pipeline from the step "${step.name}".`;
        return { kind: 'failed', error: new AppError('step_output_unreadable', message, { hint }) };
      }
      outputs[step.name] = output.data;
    } else {
      const share = { from: thousandths(before / total), width: step.weight / total };
      const asked = { generation: redone.get(step.name) ?? 0, failedAt: unusable.get(step.name) ?? null };
      const result = await runStep(ctx, pipeline, step, needs, inputDigest, asked, share, tenure);
      if ('stop' in result) return result.stop;
      outputs[step.name] = result.output;
    }
    before += step.weight;
  }
  return undefined;
}

/** Progress in steps of a thousandth: finer differences are noise, and would let the bar tremble. */
const thousandths = (fraction: number) => Math.round(fraction * 1000) / 1000;

async function runStep(
  ctx: AppContext,
  pipeline: Pipeline,
  step: AnyStep,
  needs: Record<string, unknown>,
  inputDigest: string,
  asked: Pick<CallOwner, 'generation' | 'failedAt'>,
  share: { from: number; width: number },
  tenure: Tenure,
): Promise<{ output: unknown } | { stop: Stop }> {
  const { signal } = tenure;
  const attempt = await ctx.db.transaction(async (tx) => {
    await changeUnderLease(tx, pipeline, { currentStep: step.name, progress: share.from });
    const row = await startStep(tx, pipeline, step, inputDigest);
    await recordEvents(tx, pipeline, [
      { type: 'step', data: { name: step.name, status: 'running', attempt: row.attempt } },
      { type: 'progress', data: { progress: share.from } },
    ]);
    return row;
  });
  const context = stepContext(ctx, pipeline, step, asked, share, tenure);
  const began = performance.now();
  const count = (status: string) => stepEnded(ctx, step.name, status, (performance.now() - began) / 1000);
  let output: unknown;
  try {
    signal.throwIfAborted();
    // What pages and models say may hold characters that no table keeps; the digest of later steps needs the stored form.
    output = allPrintable(step.output.parse(await run(ctx, step, pipeline.id, context, needs)));
    await ctx.db.transaction(async (tx) => {
      const progress = thousandths(share.from + share.width);
      await changeUnderLease(tx, pipeline, { progress, takeovers: 0 });
      await step.save(tx, context, needs, output);
      await finishStep(tx, attempt.id, 'succeeded', { output });
      await recordEvents(tx, pipeline, [
        { type: 'step', data: { name: step.name, status: 'succeeded', attempt: attempt.attempt } },
        { type: 'progress', data: { progress } },
      ]);
    });
    count('succeeded');
    return { output };
  } catch (error) {
    const stop = await whyStopped(ctx, pipeline, step, error, signal);
    if (stop.kind === 'lease-lost') throw new AppError('lease_lost', 'The lease is gone.', { cause: error });
    const committed = await ctx.db.transaction(async (tx) => {
      // Waits for a commit whose answer was lost, which holds this row: what stands recorded then is how it ended.
      await lockLease(tx, pipeline);
      if (await isFinished(tx, attempt.id)) return true;
      const status = stop.kind === 'handed-over' ? 'cancelled' : stop.kind === 'waiting' ? 'waiting' : 'failed';
      const cause = explainDatabaseError(error) ?? error;
      const retrying = stop.kind === 'waiting' && stop.waiting.until !== undefined && cause instanceof AppError;
      const failed = stop.kind === 'failed' || retrying;
      // With the failure: a worker that dies before it waits leaves the wait to the next one.
      if (retrying) await changeUnderLease(tx, pipeline, { waiting: stop.waiting });
      await finishStep(tx, attempt.id, retrying ? 'failed' : status, failed ? { error: toStoredError(cause) } : {});
      await recordEvent(tx, pipeline, 'step', {
        name: step.name,
        status: retrying ? 'failed' : status,
        attempt: attempt.attempt,
        ...(failed ? { error: toStoredError(cause) } : {}),
      });
      return false;
    });
    count(committed ? 'succeeded' : stop.kind === 'handed-over' ? 'handed_over' : stop.kind);
    return committed ? { output } : { stop };
  }
}

const run = (
  ctx: AppContext,
  step: AnyStep,
  pipelineId: string,
  context: StepContext,
  needs: Record<string, unknown>,
) =>
  ctx.telemetry.tracer.span(`step ${step.name}`, 'internal', { 'pipeline.id': pipelineId, step: step.name }, () =>
    step.run(context, needs),
  );

/** What a call did not fit under; with a month it ends by itself, and as soon as there is room for the call. */
function waitForMoney({ message, details }: AppError): Waiting {
  const { cap, neededMicroUsd, until } = missingMoney.parse(details);
  return { reason: 'budget_exceeded', message, cap, neededMicroUsd, ...(until ? { until } : {}) };
}

const missingMoney = z.object({ cap: z.enum(caps), neededMicroUsd: z.int(), until: z.string().nullable() });

/** Sorts what a step threw: given up, waiting for someone, worth another try later, or final. */
async function whyStopped(
  ctx: AppContext,
  pipeline: Pipeline,
  step: AnyStep,
  thrown: unknown,
  signal: AbortSignal,
): Promise<Stop> {
  const error = thrown instanceof AppError ? thrown : (explainDatabaseError(thrown) ?? thrown);
  const lostIt = (e: unknown) => e instanceof AppError && e.code === 'lease_lost';
  if (lostIt(error) || lostIt(signal.reason)) return { kind: 'lease-lost' };
  if (signal.aborted) return { kind: 'handed-over' };
  if (error instanceof PipelineWaiting) return { kind: 'waiting', waiting: error.waiting };
  if (error instanceof AppError && error.code === 'budget_exceeded') {
    return { kind: 'waiting', waiting: waitForMoney(error) };
  }
  if (error instanceof AppError && error.retryable) {
    const failures = await countFailures(ctx.db, pipeline, step.name);
    const delay = retryDelaysMs[failures];
    if (delay !== undefined) {
      // Up to a fifth more, so that pipelines stopped by one outage do not all come back in the same second.
      const until = error.retryAt ?? new Date(ctx.now().getTime() + delay * (1 + Math.random() / 5));
      const ofProvider = error.code === 'model_unavailable' || error.code === 'search_unavailable';
      const reason = ofProvider ? 'provider' : 'retry';
      const delayMs = Math.max(0, until.getTime() - ctx.now().getTime());
      const waiting = { reason, until: until.toISOString(), delayMs, message: error.message } as const;
      return { kind: 'waiting', waiting: await byDatabaseClock(ctx, waiting, delayMs) };
    }
  }
  if (!(error instanceof AppError)) {
    ctx.log.error({ err: error, pipelineId: pipeline.id, step: step.name }, 'step failed unexpectedly');
  }
  return { kind: 'failed', error };
}

function stepContext(
  ctx: AppContext,
  pipeline: Pipeline,
  step: AnyStep,
  asked: Pick<CallOwner, 'generation' | 'failedAt'>,
  share: { from: number; width: number },
  { signal, assureLease }: Tenure,
): StepContext {
  const log = (message: string) =>
    recordUnderLease(ctx.db, pipeline, { type: 'log', data: { step: step.name, message } });
  const owner = {
    ...asked,
    pipeline,
    step: step.name,
    signal,
    assureLease,
    log,
    show: createShow(ctx, pipeline.id, step.name),
  } satisfies CallOwner;
  return {
    app: ctx,
    pipeline,
    brief: pipeline.brief,
    signal,
    ask: (prompt, input) => ask(ctx, owner, prompt, input),
    search: (question, refused) => askSearch(ctx, owner, question, refused),
    log,
    progress: (fraction) => {
      const progress = thousandths(share.from + share.width * Math.min(1, Math.max(0, fraction)));
      return recordUnderLease(ctx.db, pipeline, { type: 'progress', data: { progress } }, progress);
    },
    assertLease: async () => {
      if (!(await holdsLease(ctx.db, pipeline))) throw leaseLost();
    },
    lockLease: (tx) => lockLease(tx, pipeline),
  };
}

/** A wait is ended by the database's clock, so it is set by it where ours differs: a machine may be an hour or a year off. */
async function byDatabaseClock(ctx: AppContext, waiting: Waiting, delayMs: number): Promise<Waiting> {
  const [row] = await queryRows<{ now: string | Date }>(ctx.db, sql`select now()`);
  const theirs = new Date(row?.now ?? ctx.now()).getTime();
  if (Math.abs(theirs - ctx.now().getTime()) < 60_000) return waiting;
  return { ...waiting, until: new Date(theirs + delayMs).toISOString() };
}

/** Writes how the run ended, enqueues its continuation when it has a time, and whatever takes its place. */
async function stop(ctx: AppContext, pipeline: Pipeline, stopped: Stop | null): Promise<void> {
  const [cause, status] =
    stopped === null
      ? [null, 'succeeded' as const]
      : stopped.kind === 'waiting'
        ? [null, 'waiting' as const]
        : stopped.kind === 'handed-over'
          ? [null, 'queued' as const]
          : [toStoredError(stopped.kind === 'failed' ? stopped.error : null), 'failed' as const];
  const waiting = stopped?.kind === 'waiting' ? stopped.waiting : null;
  const ended = status === 'succeeded' || status === 'failed';
  await ctx.db.transaction(async (tx) => {
    await lockWorkLimits(tx, ctx.config, pipeline.userId);
    await releaseLease(tx, pipeline, {
      status,
      waiting,
      error: cause,
      handedOver: status === 'queued',
      ...(status === 'succeeded' ? { progress: 1, currentStep: null } : {}),
      ...(ended ? { finishedAt: sql`now()` as never } : {}),
    });
    if (status === 'queued') await ctx.queue.enqueue(tx, runPipelineJob, { pipelineId: pipeline.id });
    const passes = waiting?.until !== undefined && waiting.reason !== 'budget_exceeded';
    if (waiting?.until && passes) {
      const startAfter = new Date(waiting.until);
      await ctx.queue.enqueue(tx, runPipelineJob, { pipelineId: pipeline.id }, { startAfter });
    }
    await enqueueNext(ctx, tx, pipeline.userId);
    // A wait that ends by itself within moments is no end: the run page stays connected.
    if (passes) await recordEvent(tx, pipeline, 'log', { waiting });
    else if (status !== 'queued') await recordEvent(tx, pipeline, 'done', { status, waiting, error: cause });
    await announcePipeline(ctx, tx, { ...pipeline, status, waiting });
    await beginHold(ctx, tx, pipeline, waiting);
  });
  ctx.log.info({ pipelineId: pipeline.id, status, waiting, error: cause }, 'pipeline stopped');
}
