import { setTimeout as sleep } from 'node:timers/promises';
import { explainDatabaseError } from './database-error.ts';

/** First and longest pause between two tries, in milliseconds. */
const pauses = { first: 100, longest: 2_000 };

/**
 * Repeats a write for up to `forMs` milliseconds while the database is away, full or read-only: for what exists nowhere
 * else and was paid for. The write must be harmless when it is done twice, because a lost connection does not say whether
 * it was. Throws what the last try threw.
 */
export async function patiently<T>(write: () => Promise<T>, forMs = 60_000): Promise<T> {
  const start = performance.now();
  for (let pause = pauses.first; ; pause = Math.min(pause * 2, pauses.longest)) {
    try {
      return await write();
    } catch (error) {
      const passes = explainDatabaseError(error)?.retryable === true;
      if (!passes || performance.now() - start + pause > forMs) throw error;
    }
    await sleep(pause);
  }
}
