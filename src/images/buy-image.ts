import { type CallPlan, release } from '../budget/ledger.ts';
import { reserveInTurn, settleCall } from '../budget/metered.ts';
import type { AppContext } from '../context.ts';
import { AppError, toStoredError } from '../errors.ts';
import { callNotBilled } from '../events.ts';
import type { ResolvedImageModel } from '../llm/image-models.ts';
import { type CallFailure, explainFailure } from '../llm/provider-errors.ts';
import { isKept, noteRefusal, noteUse, ownKeysOf } from '../provider-keys/own-keys.ts';
import { nameKey } from '../provider-keys/secrets.ts';
import { knownImagePrice } from './image-price.ts';

type Ctx = Pick<AppContext, 'db' | 'config' | 'secrets' | 'queue' | 'models' | 'log' | 'telemetry'>;

/** In milliseconds: how long an image waits for money that other calls hold back, and then for its provider. */
const turnMs = 30_000;
const answerMs = 180_000;

/** What is bought, for whom. */
export interface ImageOrder {
  userId: string;
  prompt: string;
  model: string;
  requestDigest: string;
}

/**
 * Has a model make one image: with the user's own key where there is one for its provider. Its price is reserved first and
 * settled afterwards; an answer is stored with its ledger row, from where {@link generateImage} takes it. Where it is not
 * known whether the provider bills, what was reserved counts.
 *
 * Returns the image as it came, with the call that paid for it. Throws `price_unknown`, `model_unknown`,
 * `budget_exceeded` (nothing sent), `model_unavailable`, `model_rejected`, `model_refused` or `model_output_invalid`.
 */
export async function buyImage(ctx: Ctx, order: ImageOrder): Promise<{ callId: string; base64: string }> {
  const own = await ownKeysOf(ctx, order.userId);
  const model = await ctx.models.withKeys(own).resolveImage(order.model);
  const priceMicroUsd = await knownImagePrice(ctx, model.id);
  const callId = await reserveImage(ctx, order, model, priceMicroUsd);
  if (model.ownKey && !(await isKept(ctx.db, model.ownKey))) {
    const error = new AppError('model_rejected', 'Your key was replaced or deleted before the request went out.', {
      hint: 'Try again.',
    });
    await release(ctx.db, callId, toStoredError(error));
    throw error;
  }
  const reply = await draw(model, order.prompt);
  if ('failure' in reply) {
    const failure = explainFailure(reply.failure, model.id, false, reply.expired ? 'totalMs' : null);
    const error = await forImages(ctx, model, failure);
    if (failure.billed) await settleCall(ctx, callId, { ...unknown, error: toStoredError(error) });
    else await release(ctx.db, callId, toStoredError(error));
    if (!failure.billed) callNotBilled(ctx, model.id, 'image');
    const said = model.ownKey ? failure.said.replaceAll(model.ownKey.open(), '[key]') : failure.said;
    ctx.log.warn({ model: model.id, said }, error.message);
    throw error;
  }
  if (model.ownKey) await noteUse(ctx.db, model.ownKey);
  if (reply.base64 === null) {
    const error = reply.declined
      ? declined(model.id)
      : new AppError('model_output_invalid', `${model.id} answered without an image.`, {
          hint: 'Put the prompt in other words, or choose another model.',
        });
    await settleCall(ctx, callId, { ...unknown, error: toStoredError(error) });
    throw error;
  }
  const output = { base64: reply.base64 };
  await settleCall(ctx, callId, { usage: null, costMicroUsd: priceMicroUsd, output });
  return { callId, ...output };
}

/** Of a call of which nobody knows whether it is billed. */
const unknown = { usage: null, costMicroUsd: null };

async function reserveImage(ctx: Ctx, order: ImageOrder, model: ResolvedImageModel, price: number): Promise<string> {
  const plan: CallPlan = {
    kind: 'image',
    payer: model.ownKey ? 'user' : 'instance',
    userId: order.userId,
    pipelineId: null,
    lease: null,
    step: 'image',
    task: 'image',
    promptVersion: null,
    requestDigest: order.requestDigest,
    provider: model.provider,
    model: model.id,
    pricedAs: null,
    unitPrices: { requestMicroUsd: price },
    worstCaseMicroUsd: price,
  };
  const turn = new AbortController();
  const busy = new AppError('model_unavailable', 'Other calls hold back the money that the image may cost.', {
    hint: 'Nothing was sent. Try again in a minute.',
  });
  const timer = setTimeout(() => turn.abort(busy), turnMs);
  try {
    return await reserveInTurn(ctx, plan, { signal: turn.signal, log: async (message) => ctx.log.info(message) });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'budget_exceeded') throw error;
    // The ledger's own words are for work that goes on by itself.
    const hint = 'Nothing was sent. Try again when the month is over or the limit has been raised.';
    throw new AppError(error.code, error.message, {
      hint,
      cause: error,
      ...(error.details ? { details: error.details } : {}),
    });
  } finally {
    clearTimeout(timer);
  }
}

type Reply = { base64: string | null; declined: boolean } | { failure: unknown; expired: boolean };

async function draw({ imageModel, callOptions }: ResolvedImageModel, prompt: string): Promise<Reply> {
  const abortSignal = AbortSignal.timeout(answerMs);
  const question = { prompt, n: 1, seed: undefined, files: undefined, mask: undefined };
  try {
    const { images, providerMetadata } = await imageModel.doGenerate({ ...question, ...callOptions, abortSignal });
    const [image] = images;
    const base64 = typeof image === 'string' ? image : image ? Buffer.from(image).toString('base64') : null;
    // Google answers 200 without an image and says why.
    const reason = JSON.stringify(providerMetadata ?? {});
    return { base64: base64 || null, declined: /SAFETY|PROHIBITED|BLOCKLIST|RECITATION|SPII/.test(reason) };
  } catch (failure) {
    return { failure, expired: abortSignal.aborted };
  }
}

function declined(model: string): AppError {
  return new AppError('model_refused', `The provider of ${model} declined to make this image.`, {
    hint: 'Its policy does not allow the prompt, or what came of it. Put the prompt in other words, or choose another model.',
  });
}

/** A failure in the words of images; where it is about a user's own key, its owner hears which one, and its row is marked. */
async function forImages(ctx: Ctx, { id, ownKey }: ResolvedImageModel, failure: CallFailure): Promise<AppError> {
  const { error, trouble } = failure;
  const details = error.details ?? {};
  if (ownKey && trouble) {
    const { message, hint } = await noteRefusal(ctx.db, ownKey, trouble);
    return new AppError('model_rejected', message, { hint, details });
  }
  if (error.code === 'model_refused') return declined(id);
  if (error.code === 'model_rejected' && error.details?.status === 404) {
    const hint = ownKey
      ? `Your ${nameKey(ownKey)} is used: check at the provider that it may use this model; then try again.`
      : 'Check the name in IMAGE_MODEL and that the account may use it; then try again.';
    return new AppError('model_rejected', `The provider does not know the model ${id}.`, { hint, details });
  }
  if (error.code !== 'model_unavailable') return error;
  const { retryAt } = error;
  const hint = 'The provider is busy or down. Nothing is tried by itself: send it again in a minute.';
  return new AppError(error.code, error.message, { hint, cause: error, details, ...(retryAt ? { retryAt } : {}) });
}
