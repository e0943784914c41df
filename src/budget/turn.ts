import { setTimeout as sleep } from 'node:timers/promises';
import { dollars, type Refusal } from './ledger.ts';

/** How a call waits for its turn while others have reserved what it needs: it can be given up, and its user is told. */
export function turnOf(owner: { signal: AbortSignal; log(message: string): Promise<void> }) {
  return {
    async pause(ms: number): Promise<void> {
      try {
        await sleep(ms, undefined, { signal: owner.signal });
      } catch (error) {
        // The reason says who gave it up; the timer's own error does not.
        owner.signal.throwIfAborted();
        throw error;
      }
    },
    onWait: ({ neededMicroUsd }: Refusal) =>
      owner.log(
        `Waiting for other calls to end: the next one may cost ${dollars(neededMicroUsd)}, which they hold back.`,
      ),
  };
}
