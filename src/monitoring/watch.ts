import type { AppContext } from '../context.ts';
import { storeCounts } from './store-counts.ts';

/** Twice in every minute, so that none is missed in which the process was up; in milliseconds. */
const storeMs = 25_000;

/**
 * Adds what this process counts to the totals of the instance, twice a minute and once more at the end. Returns what ends it
 * and resolves when the last of it is stored.
 */
export function watchInstance(ctx: AppContext): () => Promise<void> {
  const serves = ctx.config.role !== 'worker';
  const store = () =>
    storeCounts(ctx.db, ctx.telemetry.counts, serves).catch((error) =>
      ctx.log.warn({ err: error }, 'what was counted could not be stored; it is kept and tried again'),
    );
  const timer = setInterval(store, storeMs);
  void store();
  return async () => {
    clearInterval(timer);
    await store();
  };
}
