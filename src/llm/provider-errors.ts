import { APICallError, type LanguageModelUsage, NoObjectGeneratedError } from 'ai';
import { AppError } from '../errors.ts';

/** A failed call, explained: what to tell, whether it may have been billed, and what it left behind. */
export interface CallFailure {
  error: AppError;
  /** False only when the provider certainly did no work: then the reservation is given back. */
  billed: boolean;
  usage: LanguageModelUsage | null;
  /** The text of an answer that arrived but did not fit; it may still be readable. */
  text: string | null;
}

/** Sorts what the AI SDK threw. `timeout` is the call's own time limit, null when the caller itself gave up. */
export function explainFailure(error: unknown, model: string, timeout: AbortSignal | null): CallFailure {
  if (NoObjectGeneratedError.isInstance(error)) {
    return {
      error: new AppError('model_output_invalid', `The model ${model} returned something that cannot be used.`),
      billed: true,
      usage: error.usage ?? null,
      text: error.text ?? '',
    };
  }
  const nothing = { usage: null, text: null };
  if (timeout?.aborted) {
    const late = new AppError('model_unavailable', `The model ${model} did not answer in time.`, { cause: error });
    return { error: late, billed: true, ...nothing };
  }
  if (APICallError.isInstance(error)) return { ...explainApiError(error, model), ...nothing };
  const cause = new AppError('model_unavailable', `The call to the model ${model} broke off.`, { cause: error });
  return { error: cause, billed: true, ...nothing };
}

function explainApiError(error: APICallError, model: string): Pick<CallFailure, 'error' | 'billed'> {
  const status = error.statusCode;
  const body = error.responseBody ?? '';
  if (status === undefined) {
    // The connection failed or broke: whether the provider had begun cannot be known.
    const lost = new AppError('model_unavailable', `The provider of ${model} could not be reached.`, { cause: error });
    return { error: lost, billed: !/ECONNREFUSED|ENOTFOUND/.test(causes(error)) };
  }
  const rejected = (message: string, hint: string) => ({
    error: new AppError('model_rejected', message, { hint, cause: error, details: { status } }),
    billed: false,
  });
  if (status === 429 && /insufficient_quota/.test(body)) {
    return rejected(`The account behind ${model} is out of credit.`, 'Add credit at the provider, then retry.');
  }
  if (status === 429 || status >= 500) {
    const retryAt = retryTime(error.responseHeaders);
    const busy = new AppError('model_unavailable', `The provider of ${model} answered ${status}.`, {
      cause: error,
      ...(retryAt ? { retryAt } : {}),
    });
    return { error: busy, billed: status >= 500 && status !== 503 && status !== 529 };
  }
  if (error.url.startsWith('offline:')) {
    return rejected(
      `The offline writer cannot go on: ${error.message}`,
      'It can only quote whole sentences of the sources. Add sources with running text, or set LLM_MODEL, and retry.',
    );
  }
  if (status === 401 || status === 403) {
    return rejected(`The provider refused the key for ${model}.`, 'Check the key and what it may use, then retry.');
  }
  if (status === 404) return rejected(`The provider does not know the model ${model}.`, 'Check LLM_MODEL, then retry.');
  if (status === 400 && /context|too long|maximum.*tokens/i.test(body)) {
    return rejected(`The text was too long for ${model}.`, 'Use fewer sources or a model with a larger context.');
  }
  if (status >= 200 && status < 300) {
    const garbled = new AppError('model_unavailable', `The answer of ${model} broke off or was unreadable.`, {
      cause: error,
    });
    return { error: garbled, billed: true };
  }
  return rejected(`The provider of ${model} refused the request (${status}).`, 'Look at the log for what it said.');
}

/** When the provider wants to be asked again: Retry-After as seconds or as a date (RFC 9110), however far away. */
function retryTime(headers: Record<string, string> | undefined): Date | null {
  const value = headers?.['retry-after'];
  if (!value) return null;
  const seconds = Number(value);
  const time = Number.isFinite(seconds) ? Date.now() + seconds * 1000 : Date.parse(value);
  return Number.isFinite(time) ? new Date(time) : null;
}

function causes(error: unknown): string {
  return error instanceof Error
    ? `${error.message} ${(error as NodeJS.ErrnoException).code ?? ''} ${causes(error.cause)}`
    : '';
}
