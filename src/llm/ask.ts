import type { LanguageModelUsage } from 'ai';
import type { z } from 'zod';
import { findAnswer, release, reserve, settle } from '../budget/ledger.ts';
import { priceOf, type TokenUsage, worstPriceOf } from '../budget/prices.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { digest } from '../digest.ts';
import { AppError, toStoredError } from '../errors.ts';
import { answerSchema } from './answer-schema.ts';
import type { ResolvedModel } from './models.ts';
import { type Prompt, renderInput } from './prompt.ts';
import { readAnswer } from './read-answer.ts';
import { type TaskInput, type TaskName, type TaskOutput, tasks } from './tasks.ts';

/** Whose call it is, and what fences it. */
export interface CallOwner {
  pipeline: { id: string; userId: string; brief: { model?: string | undefined } };
  step: string;
  /** Grows when the step is redone on purpose, so that the model is then asked anew. */
  generation: number;
  signal: AbortSignal;
  /** Throws when this worker no longer owns the pipeline; called inside the reserving transaction. */
  guard(tx: Db): Promise<void>;
}

/** No single answer may take longer, in milliseconds. */
const callTimeoutMs = 180_000;
/** Instructions that are added when an answer could not be read. */
const repairNote = (problem: string) =>
  `\n\nYour previous answer could not be used: ${problem}\nAnswer again, with nothing but JSON that fits the schema.`;

/**
 * Asks the pipeline's model one task and returns its answer, checked against the task's schema.
 *
 * The same question of the same pipeline is answered from the ledger: after a crash nothing is paid twice. Before a
 * call its worst case is reserved; afterwards the true cost replaces it, whatever the answer was worth. An answer that
 * does not fit is sent back once with what is wrong.
 *
 * Throws `budget_exceeded` (nothing sent), `model_unavailable` (try later), `model_rejected`, `model_output_invalid`,
 * `price_unknown`, `model_unknown` or `lease_lost`.
 */
export async function ask<N extends TaskName>(
  ctx: Pick<AppContext, 'db' | 'models' | 'log'>,
  owner: CallOwner,
  prompt: Prompt<N>,
  input: TaskInput<N>,
): Promise<{ answer: TaskOutput<N>; model: string }> {
  const model = await ctx.models.resolve(owner.pipeline.brief.model ?? ctx.models.defaultId);
  const question = renderInput(prompt.task, input);
  const first = await attempt(ctx, owner, model, prompt, input, question, prompt.instructions);
  if ('answer' in first) return { answer: first.answer, model: model.id };
  const second = await attempt(
    ctx,
    owner,
    model,
    prompt,
    input,
    question,
    prompt.instructions + repairNote(first.problem),
  );
  if ('answer' in second) return { answer: second.answer, model: model.id };
  throw new AppError(
    'model_output_invalid',
    `The model ${model.id} did not return a usable "${prompt.task}": ${second.problem}`,
  );
}

async function attempt<N extends TaskName>(
  ctx: Pick<AppContext, 'db' | 'models' | 'log'>,
  owner: CallOwner,
  model: ResolvedModel,
  prompt: Prompt<N>,
  input: TaskInput<N>,
  question: string,
  instructions: string,
): Promise<{ answer: TaskOutput<N> } | { problem: string }> {
  const schema = tasks[prompt.task].output as unknown as z.ZodType<TaskOutput<N>>;
  const maxOutputTokens = prompt.maxOutputTokens(input) + model.thinkingTokens;
  const requestDigest = digest({
    model: model.id,
    generation: owner.generation,
    version: prompt.version,
    instructions,
    question,
  });
  const paid = await findAnswer(ctx.db, owner.pipeline.id, requestDigest);
  if (paid) return { answer: schema.parse(paid.output) };

  const at = new Date();
  const inputTokens = inputTokenBound(instructions, question, JSON.stringify(answerSchema(schema)));
  const worstCase = worstPriceOf(model.price, inputTokens, maxOutputTokens, at);
  owner.signal.throwIfAborted();
  const callId = await ctx.db.transaction(async (tx) => {
    await owner.guard(tx);
    return reserve(tx, {
      kind: 'text',
      userId: owner.pipeline.userId,
      pipelineId: owner.pipeline.id,
      step: owner.step,
      task: prompt.task,
      promptVersion: prompt.version,
      requestDigest,
      provider: model.provider,
      model: model.id,
      pricedAs: worstCase.pricedAs,
      unitPrices: worstCase.unitPrices,
      worstCaseMicroUsd: worstCase.microUsd,
    });
  });

  const timeout = AbortSignal.timeout(callTimeoutMs);
  const { generateText, jsonSchema, Output } = await import('ai');
  let text: string;
  let usage: TokenUsage | null;
  try {
    const result = await generateText({
      model: model.languageModel,
      instructions,
      prompt: question,
      // Only the schema is given to the model here; the answer is read by us, so that a repairable one is not lost.
      output: Output.object({ schema: jsonSchema(answerSchema(schema)), name: prompt.task.replace('-', '_') }),
      maxOutputTokens,
      ...(model.thinkingTokens > 0 ? { providerOptions: { openai: { reasoningEffort: 'low' } } } : {}),
      // The pipeline reschedules itself by the provider's own signals; retries in here would hold a worker.
      maxRetries: 0,
      abortSignal: AbortSignal.any([owner.signal, timeout]),
    });
    text = result.text;
    usage = tokenUsage(result.usage);
  } catch (error) {
    // With the SDK itself loaded on first use, so is what knows its errors.
    const { explainFailure } = await import('./provider-errors.ts');
    const failure = explainFailure(error, model.id, owner.signal.aborted ? null : timeout);
    usage = failure.usage ? tokenUsage(failure.usage) : null;
    if (failure.text === null) {
      if (failure.billed) {
        await settle(ctx.db, callId, {
          usage,
          costMicroUsd: cost(model, usage, at),
          error: toStoredError(failure.error),
        });
      } else await release(ctx.db, callId, toStoredError(failure.error));
      owner.signal.throwIfAborted();
      throw failure.error;
    }
    text = failure.text;
  }
  const read = readAnswer(text, schema);
  if ('problem' in read) {
    const error = toStoredError(new AppError('model_output_invalid', read.problem));
    await settle(ctx.db, callId, { usage, costMicroUsd: cost(model, usage, at), error });
    ctx.log.warn({ pipelineId: owner.pipeline.id, task: prompt.task, problem: read.problem }, 'answer not usable');
    return { problem: read.problem };
  }
  await settle(ctx.db, callId, { usage, costMicroUsd: cost(model, usage, at), output: read.answer });
  return { answer: read.answer };
}

function cost(model: ResolvedModel, usage: TokenUsage | null, at: Date): number | null {
  return usage ? priceOf(model.price, usage, at).microUsd : null;
}

/**
 * No byte-level tokenizer makes more tokens than there are bytes, so this bound holds for every provider; the constant
 * covers the framing of roles and messages.
 */
function inputTokenBound(...texts: string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) + 200;
}

/** Null when the provider reported no usage at all, or nonsense. */
function tokenUsage(usage: LanguageModelUsage): TokenUsage | null {
  const { inputTokens, outputTokens } = usage;
  if (inputTokens === undefined || outputTokens === undefined) return null;
  if (!(inputTokens >= 0) || !(outputTokens >= 0)) return null;
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens: usage.inputTokenDetails?.cacheReadTokens ?? 0,
    cacheWriteInputTokens: usage.inputTokenDetails?.cacheWriteTokens ?? 0,
    reasoningTokens: usage.outputTokenDetails?.reasoningTokens ?? 0,
  };
}
