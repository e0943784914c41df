import { APICallError } from '@ai-sdk/provider';
import { AppError } from '../errors.ts';
import { believableRetryAfter } from '../net/retry-after.ts';
import type { KeyTrouble } from '../provider-keys/own-keys.ts';
import type { CallLimits } from './models.ts';

/** A failed call, explained: what to tell, whether it may have been billed, and whether a plainer request would do. */
export interface CallFailure {
  error: AppError;
  /** False only when the provider certainly did no work: then the reservation is given back. */
  billed: boolean;
  /** True when the provider cannot hold an answer to a schema: asked again without one, it may answer. */
  schemaRefused: boolean;
  /** What is wrong with the key that was used, when that is why. */
  trouble: KeyTrouble | null;
  /** What the provider said, for the log only: shortened, without anything that looks like a key. */
  said: string;
}

/**
 * Sorts what went wrong with a call.
 * @param arrived whether some of the answer had come: then it is billed
 * @param expired the call's own time limit that ended it
 */
export function explainFailure(
  failure: unknown,
  model: string,
  arrived: boolean,
  expired: keyof CallLimits | null,
): CallFailure {
  const signs = readSigns(failure);
  const said = withoutKeys(signs.body || describe(failure)).slice(0, 500);
  const sorted: Sorted = expired ? late(model, expired) : sort(signs, model);
  const { hint, retryAt } = sorted;
  const error = new AppError(sorted.code, sorted.message, {
    cause: failure,
    details: { status: signs.status ?? null },
    ...(hint ? { hint } : {}),
    ...(retryAt ? { retryAt } : {}),
  });
  return {
    error,
    billed: arrived || sorted.billed,
    schemaRefused: sorted.schemaRefused === true,
    trouble: expired ? null : signs.status === null ? creditOf(signs.body) : keyTrouble(signs.status, signs.body),
    said,
  };
}

/** What an error answer says against the key that was sent; null when it is about something else. */
export function keyTrouble(status: number, body: string): KeyTrouble | null {
  if (status === 402 || ([400, 403, 429].includes(status) && outOfCredit.test(body))) return 'out-of-credit';
  return status === 401 || status === 403 || (status === 400 && badKey.test(body)) ? 'rejected' : null;
}

/** What a failure tells of itself: an HTTP status (also of an error inside a stream), its headers and its body. */
interface Signs {
  status: number | null;
  headers: Record<string, string>;
  body: string;
  /** System codes of the connection, such as ECONNREFUSED. */
  causes: string;
  /** Why the offline writer gave up, when it was that. */
  offline: string | null;
}

interface Sorted {
  code: 'model_unavailable' | 'model_rejected' | 'model_refused';
  message: string;
  hint?: string;
  retryAt?: Date;
  billed: boolean;
  schemaRefused?: boolean;
}

function readSigns(failure: unknown): Signs {
  if (APICallError.isInstance(failure)) {
    const { statusCode = null, responseHeaders = {}, responseBody = '' } = failure;
    const offline = failure.url.startsWith('offline:') ? failure.message : null;
    return { status: statusCode, headers: responseHeaders, body: responseBody, causes: causes(failure), offline };
  }
  // An error inside a stream: the providers' libraries give it a status where its type is known.
  const part = typeof failure === 'object' && failure !== null ? (failure as Record<string, unknown>) : {};
  const status = typeof part.statusCode === 'number' ? part.statusCode : null;
  // What is no error of ours is what the provider sent, such as { type, code, message }.
  const sent = part.data ?? (failure instanceof Error ? undefined : failure);
  const body = sent === undefined ? '' : JSON.stringify(sent);
  return { status, headers: {}, body, causes: causes(failure), offline: null };
}

/** Signs that the account, not the request, is the obstacle: OpenAI, Anthropic, gateways (402). */
const outOfCredit =
  /insufficient_quota|billing_hard_limit|billing_not_active|credit balance is too low|insufficient (credit|balance|funds)/i;
const badKey = /api[_ ]?key[_ ](not valid|invalid|expired)|invalid[_ ]api[_ ]key|API_KEY_INVALID|authentication_error/i;
const tooMuchOutput = /max_(completion_|output_)?tokens|maxOutputTokens/;
const tooLong =
  /context[_ ](length|window|size)|(prompt|input|request) is too (long|large)|input token count|too many (input )?tokens|maximum context|string_above_max_length/i;
const noSchema =
  /response_format|json_schema|structured[_ ]output|output_config|responseSchema|responseJsonSchema|grammar/i;
const declined =
  /content_policy|content_filter|content management policy|moderation_blocked|safety system|invalid_prompt|usage policy|responsible ai/i;

function sort({ status, headers, body, causes: code, offline }: Signs, model: string): Sorted {
  const unavailable = (message: string, billed: boolean, retryAt?: Date): Sorted => ({
    code: 'model_unavailable',
    message,
    billed,
    ...(retryAt ? { retryAt } : {}),
  });
  const rejected = (message: string, hint: string): Sorted => ({
    code: 'model_rejected',
    message,
    hint,
    billed: false,
  });
  if (status === null) {
    const permanent = saidInStream(body, model, rejected);
    if (permanent) return permanent;
    const reached = !/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/.test(code);
    // A connection that broke: whether the provider had begun cannot be known.
    return reached
      ? unavailable(`The answer of ${model} broke off.`, true)
      : unavailable(`The provider of ${model} could not be reached.`, false);
  }
  const trouble = keyTrouble(status, body);
  if (trouble === 'out-of-credit') {
    return rejected(`The account behind ${model} is out of credit.`, 'Add credit at the provider, then retry.');
  }
  if (status === 429)
    return unavailable(`The provider of ${model} asks to wait (429).`, false, retryTime(headers, body));
  if (status === 503 || status === 529) {
    return unavailable(`The provider of ${model} is overloaded (${status}).`, false, retryTime(headers, body));
  }
  if (offline) {
    const hint =
      'It can only quote whole sentences of the sources. Add sources with running text, or set LLM_MODEL, and retry.';
    return rejected(`The offline writer cannot go on: ${offline}`, hint);
  }
  // 501 says that it will never be done: servers without schemas answer so.
  if (status === 408 || status === 409 || status === 425 || (status >= 500 && status !== 501)) {
    return unavailable(`The provider of ${model} answered ${status}.`, true, retryTime(headers, body));
  }
  if (trouble === 'rejected') {
    return rejected(`The provider refused the key for ${model}.`, 'Check the key and what it may use, then retry.');
  }
  if (status === 404) {
    const hint = 'Check the name in LLM_MODEL or in the brief, and that the account may use it; then retry.';
    return rejected(`The provider does not know the model ${model}.`, hint);
  }
  if (status === 413 || (status === 400 && tooLong.test(body))) {
    const hint = 'Use fewer or shorter sources, or a model with a larger context.';
    return rejected(`The text was too long for ${model}.`, hint);
  }
  if (status === 400 && declined.test(body)) return refusal(model);
  if ((status === 400 || status === 422) && tooMuchOutput.test(body)) {
    const hint = 'Ask for a shorter article, or use a model that may write longer answers.';
    return rejected(`${model} does not accept the length of answer that was asked for.`, hint);
  }
  if (status >= 200 && status < 300) return unavailable(`The answer of ${model} broke off or was unreadable.`, true);
  const hint = 'The log of the server says what the provider answered. Choose another model, or mend it and retry.';
  return {
    ...rejected(`The provider of ${model} refused the request (${status}).`, hint),
    schemaRefused: (status === 400 || status === 422 || status === 501) && noSchema.test(body),
  };
}

/**
 * What an error inside a stream says that will not pass, although it has no status: by then the provider has begun, and
 * may have billed it. Null for all others.
 */
function saidInStream(body: string, model: string, rejected: (message: string, hint: string) => Sorted): Sorted | null {
  const billed = (sorted: Sorted): Sorted => ({ ...sorted, billed: true });
  if (creditOf(body)) {
    return billed(rejected(`The account behind ${model} is out of credit.`, 'Add credit at the provider, then retry.'));
  }
  if (tooLong.test(body)) {
    const hint = 'Use fewer or shorter sources, or a model with a larger context.';
    return billed(rejected(`The text was too long for ${model}.`, hint));
  }
  return declined.test(body) ? refusal(model) : null;
}

const creditOf = (body: string): KeyTrouble | null => (outOfCredit.test(body) ? 'out-of-credit' : null);

/** The model, or a filter in front of it, does not want to write this. */
export function refusal(model: string): Sorted {
  const hint = 'Put the topic in other words, look at the sources, or choose another model; then retry.';
  return { code: 'model_refused', message: `The model ${model} declined to write this.`, hint, billed: true };
}

function late(model: string, limit: keyof CallLimits): Sorted {
  const message = {
    firstMs: `The model ${model} did not begin to answer in time.`,
    idleMs: `The model ${model} stopped in the middle of its answer.`,
    totalMs: `The model ${model} took too long over its answer.`,
  }[limit];
  return { code: 'model_unavailable', message, billed: true };
}

/**
 * When the provider wants to be asked again: Retry-After, `retry-after-ms` (OpenAI), or `retryDelay` in Google's error
 * body (google.rpc.RetryInfo). At least a second from now.
 */
function retryTime(headers: Record<string, string>, body: string): Date | undefined {
  const delay = /"retryDelay"\s*:\s*"([\d.]+)s"/.exec(body)?.[1];
  const ms = headers['retry-after-ms'];
  const now = new Date();
  const asked = [ms && String(Number(ms) / 1000), headers['retry-after'], delay]
    .map((value) => believableRetryAfter(value, now))
    .find((time) => time !== null);
  return asked ? new Date(Math.max(asked.getTime(), now.getTime() + 1_000)) : undefined;
}

function describe(failure: unknown): string {
  if (failure instanceof Error) return failure.message;
  const message = (failure as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : String(failure);
}

/** Providers repeat the key that they refuse, in whole or in part. */
function withoutKeys(text: string): string {
  return text.replace(/\b(sk|pk|rk|key|gsk|xai|AIza|Bearer)[-_ ]?[\w*.-]{6,}/gi, '[key]');
}

function causes(error: unknown): string {
  return error instanceof Error
    ? `${error.message} ${(error as NodeJS.ErrnoException).code ?? ''} ${causes(error.cause)}`
    : '';
}
