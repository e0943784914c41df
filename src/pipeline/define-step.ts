import type { z } from 'zod';
import type { SearchProviderName } from '../config.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import type { Prompt } from '../llm/prompt.ts';
import type { TaskInput, TaskName, TaskOutput } from '../llm/tasks.ts';
import type { SearchAnswer, SearchQuestion } from '../web-search/ask-search.ts';
import type { Brief } from './brief.ts';
import type { Pipeline, Waiting } from './schema.ts';

/** What a step sees of the run: who asked for what. */
export interface StepContext {
  app: AppContext;
  pipeline: Pipeline;
  brief: Brief;
  /** Aborts when the pipeline is cancelled, taken over by another worker, or the process stops. */
  signal: AbortSignal;
  /** Asks the pipeline's model; reserved and settled in the ledger, and never asked twice for the same question. */
  ask<N extends TaskName>(prompt: Prompt<N>, input: TaskInput<N>): Promise<{ answer: TaskOutput<N>; model: string }>;
  /** Looks for pages on the web; metered like {@link StepContext.ask}. See `askSearch`. */
  search(question: SearchQuestion, refused: Set<SearchProviderName>): Promise<SearchAnswer>;
  /** Tells the watching user what is being done right now. */
  log(message: string): Promise<void>;
  /** How far this step is, 0..1. */
  progress(fraction: number): Promise<void>;
  /** Throws `lease_lost` when another worker has taken over: call it before work for a write outside {@link Step.save}. */
  assertLease(): Promise<void>;
  /** The same at the beginning of that write's transaction: nobody takes over before it has ended. */
  lockLease(tx: Db): Promise<void>;
}

/** One step of the pipeline. `run` may take long and may be repeated; `save` writes its result, once, with the step's row. */
export interface Step<Name extends string, Needs, Output> {
  name: Name;
  /** Goes up when the meaning of the output changes; stored with each record. */
  version: number;
  /** The earlier steps whose outputs it reads; the digest of exactly these tells whether a record still fits. */
  needs: readonly (keyof Needs & string)[];
  /** Validates what was recorded when a run resumes. */
  output: z.ZodType<Output>;
  /** Share of the whole run's time, for the progress bar. */
  weight: number;
  run(context: StepContext, needs: Needs): Promise<Output>;
  /** Runs in the transaction that marks the step as done, under the lease: all or nothing. */
  save?(tx: Db, context: StepContext, needs: Needs, output: Output): Promise<void>;
}

/** Thrown by a step that cannot go on now: the pipeline waits for a person or for a time, and asks again later. */
export class PipelineWaiting extends Error {
  readonly waiting: Waiting;
  constructor(waiting: Waiting) {
    super(waiting.message ?? waiting.reason);
    this.name = 'PipelineWaiting';
    this.waiting = waiting;
  }
}

/** A step as the runner holds it, its types erased: what goes in and out was checked by its own schemas. */
export interface AnyStep {
  name: string;
  version: number;
  needs: readonly string[];
  output: z.ZodType<unknown>;
  weight: number;
  run(context: StepContext, needs: Record<string, unknown>): Promise<unknown>;
  save(tx: Db, context: StepContext, needs: Record<string, unknown>, output: unknown): Promise<void>;
}

/**
 * Declares a step and erases its types for the list in `pipeline.ts`. This is sound because the runner hands over
 * outputs only after they passed the schema of the step that wrote them.
 */
export function defineStep<Name extends string, Needs, Output>(
  step: Step<Name, Needs, Output>,
): AnyStep & { name: Name } {
  return {
    name: step.name,
    version: step.version,
    needs: step.needs,
    output: step.output,
    weight: step.weight,
    run: (context, needs) => step.run(context, needs as Needs),
    save: async (tx, context, needs, output) => step.save?.(tx, context, needs as Needs, output as Output),
  };
}
