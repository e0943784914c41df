import type {
  JSONSchema7,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import type { TokenUsage } from '../budget/prices.ts';
import type { Tracer } from '../monitoring/traces/tracer.ts';
import { printable } from '../storable.ts';
import type { CallLimits, ResolvedModel } from './models.ts';

/** One question to a model, as it goes out. */
export interface ModelRequest {
  instructions: string;
  /** Alternating, a question first. */
  messages: { from: 'user' | 'assistant'; text: string }[];
  /** The shape that the provider shall hold the answer to; null where it stands in the instructions instead. */
  schema: { name: string; json: JSONSchema7 } | null;
  maxOutputTokens: number;
  limits: CallLimits;
  /** Gives the call up; its reason comes back as the failure. */
  signal: AbortSignal;
  /** Called with the whole text so far, as it arrives. */
  onText?(text: string): void;
}

/** Why an answer ended: by itself, at the limit of tokens, or because the model or its provider declined. */
export type AnswerEnd = 'complete' | 'cut' | 'refused';

/** What came back. `usage` is null when the provider did not say. */
export interface ModelReply {
  text: string;
  usage: TokenUsage | null;
  end: AnswerEnd;
  /** The model that the provider says has answered, where it is not the one that was asked. */
  answeredBy: string | null;
  /** What went wrong on the way, if something did; there may be text all the same. */
  failure: unknown;
  /** Which limit ended the call, if one did. */
  expired: keyof CallLimits | null;
}

/**
 * Makes one call and reads its stream to the end. Never throws: what failed is in the reply, together with what had
 * arrived by then, because that may be a whole answer and was certainly billed. Uses the providers' own interface (see
 * docs/decisions/0008): no retries, no second reading of the answer.
 */
export function callModel(
  model: ResolvedModel,
  request: ModelRequest,
  tracer: Tracer,
  about: { step: string; task: string },
): Promise<ModelReply> {
  return tracer.span('model call', 'client', { ...about, model: model.id }, (span) =>
    readReply(model, request).then((reply) => {
      const { inputTokens, outputTokens } = reply.usage ?? {};
      span.note({
        ...(inputTokens === undefined ? {} : { 'tokens.input': inputTokens }),
        ...(outputTokens === undefined ? {} : { 'tokens.output': outputTokens }),
        ended: reply.failure === null ? reply.end : (reply.expired ?? 'failed'),
      });
      return reply;
    }),
  );
}

async function readReply(model: ResolvedModel, request: ModelRequest): Promise<ModelReply> {
  const clock = startClock(request.limits);
  const reply: ModelReply = {
    text: '',
    usage: null,
    end: 'complete',
    answeredBy: null,
    failure: null,
    expired: null,
  };
  try {
    const signal = AbortSignal.any([request.signal, clock.signal]);
    const { stream } = await model.languageModel.doStream(callOptions(model, request, signal));
    await readStream(stream, signal, reply, model.languageModel.modelId, () => {
      clock.heard();
      request.onText?.(reply.text);
    });
  } catch (error) {
    reply.failure ??= error;
  } finally {
    clock.stop();
  }
  reply.expired = clock.expired();
  return reply;
}

function callOptions(model: ResolvedModel, request: ModelRequest, signal: AbortSignal): LanguageModelV4CallOptions {
  const { instructionOptions, callOptions } = model;
  return {
    ...callOptions,
    prompt: [
      {
        role: 'system',
        content: request.instructions,
        ...(instructionOptions ? { providerOptions: instructionOptions } : {}),
      },
      ...request.messages.map(({ from, text }) => ({ role: from, content: [{ type: 'text' as const, text }] })),
    ],
    ...(request.schema
      ? { responseFormat: { type: 'json', schema: request.schema.json, name: request.schema.name } }
      : {}),
    maxOutputTokens: request.maxOutputTokens,
    abortSignal: signal,
    // For the name of the model: see modelVersion.
    includeRawChunks: true,
  };
}

async function readStream(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  signal: AbortSignal,
  reply: ModelReply,
  asked: string,
  onText: () => void,
): Promise<void> {
  const reader = stream.getReader();
  // Not every stream ends when its request is aborted; the wait for its next part always does.
  const aborted = new Promise<never>((_, reject) => {
    const give = () => reject(signal.reason);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
  aborted.catch(() => undefined);
  let ended = false;
  try {
    for (;;) {
      const { done, value: part } = await Promise.race([reader.read(), aborted]);
      if (done) break;
      if (part.type === 'text-delta') {
        reply.text += part.delta;
        if (part.delta !== '') onText();
      } else if (part.type === 'reasoning-delta') {
        if (part.delta !== '') onText();
      } else if (part.type === 'response-metadata') {
        noteAnswerer(reply, asked, part.modelId);
      } else if (part.type === 'raw') {
        noteAnswerer(reply, asked, modelVersion(part.rawValue));
      } else if (part.type === 'error') {
        reply.failure ??= part.error;
      } else if (part.type === 'finish') {
        ended = true;
        reply.usage = tokenUsage(part.usage);
        // Words that were not counted have been billed all the same.
        if (reply.usage?.outputTokens === 0 && reply.text !== '') reply.usage = null;
        const reason = part.finishReason.unified;
        if (reason === 'length') reply.end = 'cut';
        if (reason === 'content-filter') reply.end = 'refused';
        if (reason === 'interrupted' || reason === 'error') reply.failure ??= new Error('The answer broke off.');
      }
    }
    if (!ended) reply.failure ??= new Error('The answer ended before it was complete.');
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

function noteAnswerer(reply: ModelReply, asked: string, name: string | undefined): void {
  if (name && name !== asked) reply.answeredBy = printable(name.slice(0, 200));
}

/** Google names the model in every piece of an answer; its library does not pass that on, other than as it came. */
function modelVersion(piece: unknown): string | undefined {
  const name = typeof piece === 'object' && piece !== null && 'modelVersion' in piece ? piece.modelVersion : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** The three time limits of a call as one signal. */
function startClock(limits: CallLimits) {
  const controller = new AbortController();
  let which: keyof CallLimits | null = null;
  const expire = (limit: keyof CallLimits) => () => {
    which ??= limit;
    controller.abort(new Error(`The answer took longer than ${limits[limit]} ms (${limit}).`));
  };
  const total = setTimeout(expire('totalMs'), limits.totalMs);
  let silence = setTimeout(expire('firstMs'), limits.firstMs);
  return {
    signal: controller.signal,
    heard() {
      clearTimeout(silence);
      silence = setTimeout(expire('idleMs'), limits.idleMs);
    },
    expired: () => which,
    stop() {
      clearTimeout(total);
      clearTimeout(silence);
    },
  };
}

/** The largest number of tokens that the ledger holds; no call has a thousandth of it. */
const mostTokens = 2_147_483_647;

/**
 * Null when the provider reported no usage at all, or nonsense in any part of it. Zero counts as nonsense: some libraries
 * put it where nothing was reported, and no question is empty.
 */
function tokenUsage({ inputTokens: input, outputTokens: output }: LanguageModelV4Usage): TokenUsage | null {
  const usage = {
    inputTokens: input.total ?? 0,
    cachedInputTokens: input.cacheRead ?? 0,
    cacheWriteInputTokens: input.cacheWrite ?? 0,
    outputTokens: output.total ?? -1,
    reasoningTokens: output.reasoning ?? 0,
  };
  const isCount = (value: number) => Number.isInteger(value) && value >= 0 && value <= mostTokens;
  return usage.inputTokens > 0 && Object.values(usage).every(isCount) ? usage : null;
}
