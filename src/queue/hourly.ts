import type { AppContext } from '../context.ts';

const hourMs = 3_600_000;

/**
 * Deletes what was kept for long enough, now and every hour, while the clock can be trusted. `empty` returns how many went,
 * `what` is their name in the log. Returns what ends it.
 */
export async function emptyHourly(
  { log }: Pick<AppContext, 'log'>,
  what: string,
  empty: () => Promise<number>,
): Promise<() => void> {
  const start = { wall: Date.now(), steady: performance.now() };
  /** How far the clock has jumped since the start, in milliseconds. What is deleted on a wrong date is gone. */
  const jumped = () => Math.abs(Date.now() - start.wall - (performance.now() - start.steady));
  const tryIt = async () => {
    if (jumped() >= hourMs) {
      log.warn({ what }, 'the clock has jumped since the start: nothing old is deleted until the next start');
      return;
    }
    await empty().then(
      (count) => {
        if (count > 0) log.info({ [what]: count }, `deleted ${what} that were kept for long enough`);
      },
      (error) => log.warn({ err: error, what }, 'deleting what is old failed; it is tried again in an hour'),
    );
  };
  const timer = setInterval(tryIt, hourMs);
  await tryIt();
  return () => clearInterval(timer);
}
