import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';

/**
 * Looks again and again, after each of the waits, for something whose making was not answered and may still be under
 * way. A look that fails is not the last. Returns undefined when the site could be asked in the end and has nothing.
 * @throws AppError of the last look, when only that failed
 */
export async function settle<T>(
  look: () => Promise<T | undefined>,
  { settleMs, signal }: { settleMs: readonly number[]; signal: AbortSignal },
): Promise<T | undefined> {
  let failure: unknown;
  for (const ms of settleMs) {
    await sleep(ms, undefined, { signal });
    try {
      const found = await look();
      if (found !== undefined) return found;
      failure = undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError && error.code === 'site_unreachable')) throw error;
      failure = error;
    }
  }
  // Only a site that could be asked in the end may be believed that there is nothing.
  if (failure !== undefined) throw failure;
  return undefined;
}

/** True only when the site (or the way to it) made certain that nothing was created. */
export function clearlyRefused(error: unknown): boolean {
  return error instanceof AppError && error.details?.mayHaveHappened === false;
}
