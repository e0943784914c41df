import type { z } from 'zod';
import { type Asker, type CallPlan, findAnswer, findUnusable, release, wasRefused } from '../budget/ledger.ts';
import { reserveInTurn, settleCall } from '../budget/metered.ts';
import { type PriceSource, priceOf, type TokenUsage, worstPriceOf } from '../budget/prices.ts';
import type { AppContext } from '../context.ts';
import { digest } from '../digest.ts';
import { AppError, type ErrorCode, toStoredError } from '../errors.ts';
import { callNotBilled, modelAnswered } from '../events.ts';
import { isKept, noteRefusal, noteUse, ownKeysOf } from '../provider-keys/own-keys.ts';
import { nameKey } from '../provider-keys/secrets.ts';
import { printable } from '../storable.ts';
import { answerSchema } from './answer-schema.ts';
import { callModel, type ModelReply, type ModelRequest } from './call-model.ts';
import { problemOf } from './check-answer.ts';
import { priceFor } from './model-price.ts';
import { accountOf, modelsFor, ownKeyFor, type ResolvedModel } from './models.ts';
import { type Prompt, renderInput } from './prompt.ts';
import { type CallFailure, explainFailure, refusal } from './provider-errors.ts';
import { readAnswer } from './read-answer.ts';
import { readableText } from './readable-text.ts';
import { type TaskInput, type TaskName, type TaskOutput, tasks } from './tasks.ts';

/** Whose call it is, and what fences it. */
export interface CallOwner {
  /**
   * With the number of the lease under which it is worked on: no money is reserved without it. Both are null for what a
   * person asks for outside of pipelines.
   */
  pipeline: { userId: string; brief: { model?: string | undefined } } & (
    | { id: string; lease: number }
    | { id: null; lease: null }
  );
  step: string;
  /** Grows when the step is redone on purpose, so that the model is then asked anew. */
  generation: number;
  /** When the step last failed over its answers: what was refused or of no use by then is asked anew. Null if it never has. */
  failedAt: Date | null;
  signal: AbortSignal;
  /** Makes sure, right before a call, that the lease is still the owner's. Throws `lease_lost`. */
  assureLease(): Promise<void>;
  /** Tells the watching user what happens. */
  log(message: string): Promise<void>;
  /** Shows the watching user what is being written; `text` is only worked out when it is shown. */
  show(text: () => string): void;
  /** Hears of each call whose money was reserved, by its id in the ledger. */
  reserved?(callId: string): void;
}

const askerOf = ({ pipeline }: CallOwner): Asker => pipeline.id ?? { userId: pipeline.userId };

type Ctx = Pick<AppContext, 'db' | 'config' | 'secrets' | 'queue' | 'models' | 'log' | 'telemetry'>;

/** One question, the same for every model. */
interface Question<N extends TaskName> {
  prompt: Prompt<N>;
  input: TaskInput<N>;
  text: string;
  schema: z.ZodType<TaskOutput<N>>;
}

/** An answer that could not be used, and why. */
interface Unusable {
  text: string;
  problem: string;
  cut: boolean;
}

/** The failures of one model that another one may not have. */
const fallsBack: ReadonlySet<ErrorCode> = new Set([
  'model_unavailable',
  'model_rejected',
  'model_refused',
  'model_output_invalid',
  'model_unknown',
  'price_unknown',
]);

/**
 * Asks one task of the pipeline's models, in their order, and returns the first answer that holds, checked against the
 * task's schema.
 *
 * The same question of the same pipeline is answered from the ledger, whichever model answered it: after a crash
 * nothing is paid twice. Before a call its worst case is reserved; afterwards the true cost replaces it, whatever the
 * answer was worth. An answer that cannot be used is sent back once with what is wrong.
 *
 * Throws `budget_exceeded` (nothing sent), `model_unavailable` (try later), `model_rejected`, `model_refused`,
 * `model_output_invalid`, `price_unknown`, `model_unknown` or `lease_lost`.
 */
export async function ask<N extends TaskName>(
  ctx: Ctx,
  owner: CallOwner,
  prompt: Prompt<N>,
  input: TaskInput<N>,
): Promise<{ answer: TaskOutput<N>; model: string }> {
  const schema = tasks[prompt.task].output as unknown as z.ZodType<TaskOutput<N>>;
  const question = { prompt, input, text: renderInput(prompt.task, input), schema };
  const chain = modelsFor(ctx.models, owner.pipeline.brief);
  for (const id of chain) {
    const answer = await recall(ctx, owner, id, question);
    if (answer) return { answer, model: id };
  }
  const failures: { id: string; error: AppError }[] = [];
  let own = await ownKeysOf(ctx, owner.pipeline.userId);
  let left = ctx.models.rests.order(chain, (id) => accountOf(id, ownKeyFor(id, own)));
  for (let id = left.shift(); id !== undefined; id = left.shift()) {
    own = await ownKeysOf(ctx, owner.pipeline.userId);
    const ownKey = ownKeyFor(id, own);
    try {
      const model = await ctx.models.withKeys(own).resolve(id);
      return { answer: await askModel(ctx, owner, model, question), model: id };
    } catch (error) {
      if (error instanceof KeyGone) {
        left.unshift(id);
        continue;
      }
      if (!(error instanceof AppError) || !fallsBack.has(error.code)) throw error;
      failures.push({ id, error });
      // Whoever pays by themselves is helped out by what they pay, too, and never by the instance's money.
      if (ownKey) left = left.filter((other) => ownKeyFor(other, own) !== null);
      const [next] = left;
      if (next === undefined) break;
      letRest(ctx, accountOf(id, ownKey), error);
      await owner.log(`${error.message} Asking ${next} instead.`);
    }
  }
  throw summary(failures);
}

/** The key of a call was replaced or deleted before the call went out: it is put together anew. */
class KeyGone extends Error {}

/** How long a model is passed over, in milliseconds: what a person has to mend takes longer than what passes. */
const restMs = { model_unavailable: 60_000, model_rejected: 600_000 } as const;

function letRest(ctx: Ctx, account: string, error: AppError): void {
  if (error.code !== 'model_unavailable' && error.code !== 'model_rejected') return;
  const named = error.retryAt ? error.retryAt.getTime() - Date.now() : 0;
  ctx.models.rests.begin(account, Math.max(named, restMs[error.code]));
}

/** One error for the whole chain: as long as one of the models may come back, it is worth another try. */
function summary(failures: { id: string; error: AppError }[]): AppError {
  const [first] = failures;
  if (!first) throw new RangeError('no model was asked');
  if (failures.length === 1) return first.error;
  const passing = failures.filter(({ error }) => error.retryable).map(({ error }) => error);
  const lead = passing[0] ?? first.error;
  const times = passing.flatMap(({ retryAt }) => retryAt ?? []).sort((a, b) => a.getTime() - b.getTime());
  // One that named no time may be back at any moment: the ordinary delays decide.
  const retryAt = times.length === passing.length ? times[0] : undefined;
  return new AppError(lead.code, failures.map(({ error }) => error.message).join(' '), {
    hint: lead.hint,
    cause: lead,
    ...(retryAt ? { retryAt } : {}),
  });
}

function digestOf<N extends TaskName>(owner: CallOwner, id: string, question: Question<N>, previous: string | null) {
  const { instructions, version } = question.prompt;
  const base = { model: id, generation: owner.generation, version, instructions, question: question.text };
  return digest(previous === null ? base : { ...base, previous });
}

/** The answer of this model that has already been paid for, at the first or the second attempt. */
async function recall<N extends TaskName>(
  ctx: Ctx,
  owner: CallOwner,
  id: string,
  question: Question<N>,
): Promise<TaskOutput<N> | null> {
  const read = async (requestDigest: string) => {
    const paid = await findAnswer(ctx.db, askerOf(owner), requestDigest);
    const parsed = paid ? question.schema.safeParse(paid.output) : null;
    return parsed?.success ? parsed.data : null;
  };
  const first = digestOf(owner, id, question, null);
  const answer = await read(first);
  if (answer) return answer;
  const unusable = await findUnusable(ctx.db, askerOf(owner), first, null);
  return unusable ? read(digestOf(owner, id, question, (unusable as Unusable).text)) : null;
}

/** One question, and where the answer cannot be used, one more try with what is wrong. */
async function askModel<N extends TaskName>(
  ctx: Ctx,
  owner: CallOwner,
  model: ResolvedModel,
  question: Question<N>,
): Promise<TaskOutput<N>> {
  const first = await attempt(ctx, owner, model, question, null);
  if ('answer' in first) return first.answer;
  // The offline writer gives the same answer however often it is asked.
  const second = model.provider === 'offline' ? first : await attempt(ctx, owner, model, question, first.unusable);
  if ('answer' in second) return second.answer;
  throw new AppError(
    'model_output_invalid',
    `The model ${model.id} did not return a usable "${question.prompt.task}": ${second.unusable.problem}`,
  );
}

async function attempt<N extends TaskName>(
  ctx: Ctx,
  owner: CallOwner,
  model: ResolvedModel,
  question: Question<N>,
  previous: Unusable | null,
): Promise<{ answer: TaskOutput<N> } | { unusable: Unusable }> {
  const requestDigest = digestOf(owner, model.id, question, previous?.text ?? null);
  // A worker died after this answer had been refused: it goes on from there instead of paying for it again.
  const known = await findUnusable(ctx.db, askerOf(owner), requestDigest, owner.failedAt);
  if (known) return { unusable: known as Unusable };
  if (await wasRefused(ctx.db, askerOf(owner), requestDigest, owner.failedAt)) throw declined(model);

  const at = new Date();
  const { callId, request, price } = await reserveCall(ctx, owner, model, question, previous, requestDigest, at);
  owner.reserved?.(callId);
  if (model.ownKey && !(await isKept(ctx.db, model.ownKey))) {
    const error = toStoredError(
      new AppError('model_rejected', 'The key was replaced or deleted before the call went out.'),
    );
    await release(ctx.db, callId, error);
    throw new KeyGone();
  }
  try {
    await owner.assureLease();
  } catch (error) {
    // Nothing was sent; whoever has the pipeline now may have taken it for paid.
    await release(ctx.db, callId, toStoredError(error));
    throw error;
  }
  const sent = performance.now();
  const reply = await callModel(model, request, ctx.telemetry.tracer, { task: question.prompt.task, step: owner.step });
  modelAnswered(ctx, model.id, (performance.now() - sent) / 1000);
  if (model.ownKey && reply.failure === null) await noteUse(ctx.db, model.ownKey);
  const costMicroUsd = reply.usage === null ? null : costOf(price, reply.answeredBy, reply.usage, at);
  const paid = { usage: reply.usage, costMicroUsd, answeredBy: reply.answeredBy };

  // A connection that broke after the last word has still brought the whole answer.
  const read = reply.failure === null || reply.text !== '' ? await readReply(model, question, reply) : null;
  if (read && 'answer' in read && reply.end !== 'refused') {
    await settleCall(ctx, callId, { ...paid, output: read.answer });
    return { answer: read.answer };
  }
  if (reply.failure !== null) {
    const failure = explainFailure(reply.failure, model.id, reply.text !== '', reply.expired);
    const error = await ofOwnKey(ctx, model, failure);
    if (failure.billed) await settleCall(ctx, callId, { ...paid, error: toStoredError(error) });
    else await release(ctx.db, callId, toStoredError(error));
    if (!failure.billed) callNotBilled(ctx, model.id, question.prompt.task);
    owner.signal.throwIfAborted();
    const { pipeline, step } = owner;
    const said = model.ownKey ? failure.said.replaceAll(model.ownKey.open(), '[key]') : failure.said;
    ctx.log.warn({ pipelineId: pipeline.id, step, model: model.id, said }, error.message);
    if (failure.schemaRefused && request.schema) {
      ctx.models.schemaless.add(serverOf(model));
      return attempt(ctx, owner, model, question, previous);
    }
    throw error;
  }
  if (reply.end === 'refused') {
    const error = declined(model);
    await settleCall(ctx, callId, { ...paid, error: toStoredError(error) });
    throw error;
  }
  const problem = read && 'problem' in read ? read.problem : 'the answer was empty.';
  const unusable = {
    text: printable(reply.text.slice(0, 100_000)),
    problem: printable(problem),
    cut: reply.end === 'cut',
  };
  const error = toStoredError(new AppError('model_output_invalid', problem));
  await settleCall(ctx, callId, { ...paid, error, output: unusable });
  ctx.log.warn({ pipelineId: owner.pipeline.id, task: question.prompt.task, problem }, 'answer not usable');
  return { unusable };
}

/** What is told of a model that does not want to write this. */
function declined({ id }: ResolvedModel): AppError {
  const { code, message, hint } = refusal(id);
  return new AppError(code, message, hint ? { hint } : {});
}

/** A failure as it is told: where it is about a user's own key, its owner hears which one, and the key's row is marked. */
async function ofOwnKey(ctx: Ctx, { id, ownKey }: ResolvedModel, failure: CallFailure): Promise<AppError> {
  if (!ownKey) return failure.error;
  if (failure.trouble) {
    const { message, hint } = await noteRefusal(ctx.db, ownKey, failure.trouble);
    return new AppError('model_rejected', message, { hint, details: failure.error.details ?? {} });
  }
  if (failure.error.details?.status !== 404) return failure.error;
  const hint = `Your ${nameKey(ownKey)} is used, at the provider itself: check there that it may use this model, or choose another one; then retry.`;
  return new AppError('model_rejected', `The provider does not know the model ${id}.`, { hint });
}

/** Where a model is asked: a user's key goes to the provider itself, the instance's may go to a server in its place. */
const serverOf = ({ id, ownKey }: ResolvedModel) => (ownKey ? `${id} at its provider` : id);

async function readReply<N extends TaskName>(
  model: ResolvedModel,
  { schema, prompt, input }: Question<N>,
  reply: ModelReply,
): Promise<{ answer: TaskOutput<N> } | { problem: string }> {
  const read = readAnswer(reply.text, schema);
  if ('problem' in read) {
    return reply.end === 'cut' ? { problem: 'it was cut off at the limit of its length: be shorter.' } : read;
  }
  // What the offline writer writes is the sources' own words, in their own language.
  const problem =
    prompt.problem?.(input, read.answer) ??
    (model.provider === 'offline' ? null : await problemOf(prompt, input, read.answer));
  return problem ? { problem } : read;
}

/** Reserves the worst case of the call that it puts together. Nothing has been sent when it throws. */
async function reserveCall<N extends TaskName>(
  ctx: Ctx,
  owner: CallOwner,
  model: ResolvedModel,
  { prompt, input, text, schema }: Question<N>,
  previous: Unusable | null,
  requestDigest: string,
  at: Date,
): Promise<{ callId: string; request: ModelRequest; price: PriceSource }> {
  const json = answerSchema(schema);
  const structured = !ctx.models.schemaless.has(serverOf(model));
  const request: ModelRequest = {
    instructions: structured
      ? prompt.instructions
      : `${prompt.instructions}\n\nThe answer has to fit this JSON schema:\n${JSON.stringify(json)}`,
    messages: previous ? repairMessages(text, previous) : [{ from: 'user', text }],
    schema: structured ? { name: prompt.task.replaceAll('-', '_'), json } : null,
    // An answer that was cut off gets more room: told to be shorter, it may still not be short enough.
    maxOutputTokens: prompt.maxOutputTokens(input) * (previous?.cut ? 2 : 1) + model.thinkingTokens,
    limits: ctx.models.limits,
    signal: owner.signal,
    onText: (partial) => owner.show(() => readableText(partial)),
  };
  const texts = [request.instructions, ...request.messages.map((message) => message.text), JSON.stringify(json)];
  const price = await priceFor(ctx, model, at);
  const worstCase = worstPriceOf(price, inputTokenBound(texts), request.maxOutputTokens, at);
  owner.signal.throwIfAborted();
  const plan: CallPlan = {
    kind: 'text',
    payer: model.ownKey ? 'user' : 'instance',
    userId: owner.pipeline.userId,
    pipelineId: owner.pipeline.id,
    lease: owner.pipeline.lease,
    step: owner.step,
    task: prompt.task,
    promptVersion: prompt.version,
    requestDigest,
    provider: model.provider,
    model: model.id,
    pricedAs: worstCase.pricedAs,
    unitPrices: worstCase.unitPrices,
    worstCaseMicroUsd: worstCase.microUsd,
  };
  return { callId: await reserveInTurn(ctx, plan, owner), request, price };
}

/**
 * What the call cost. A model that its provider has renamed or replaced meanwhile is charged at the dearer of the two
 * prices: what the provider's bill will say is not known before it comes.
 */
function costOf(price: PriceSource, answeredBy: string | null, usage: TokenUsage, at: Date): number {
  const asked = priceOf(price, usage, at).microUsd;
  if (answeredBy === null || price.kind !== 'table') return asked;
  try {
    return Math.max(asked, priceOf({ ...price, modelId: answeredBy }, usage, at).microUsd);
  } catch (error) {
    // The table does not know the other name: then it is an alias of the model that was asked.
    if (error instanceof AppError && error.code === 'price_unknown') return asked;
    throw error;
  }
}

/** The conversation so far and what was wrong, so that the provider finds the long beginning in its cache. */
function repairMessages(question: string, previous: Unusable): ModelRequest['messages'] {
  const note = `Your previous answer could not be used: ${previous.problem}\nAnswer again, with nothing but JSON that fits the schema.`;
  // No provider takes an empty message.
  if (previous.text.trim() === '') return [{ from: 'user', text: `${question}\n\n${note}` }];
  return [
    { from: 'user', text: question },
    { from: 'assistant', text: previous.text.slice(0, 20_000) },
    { from: 'user', text: note },
  ];
}

/**
 * No byte-level tokenizer makes more tokens than there are bytes, so this bound holds for every provider; the constant
 * covers the framing of roles and messages, and what some providers add to hold an answer to a schema.
 */
function inputTokenBound(texts: string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) + 1_000;
}
