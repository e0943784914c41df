import type { AppContext } from '../context.ts';
import { emptyBin } from './articles.ts';

const hourMs = 3_600_000;

/** Empties the bin of what has been in it for over 30 days, now and every hour, while the clock can be trusted. Returns what ends it. */
export async function workArticles(ctx: Pick<AppContext, 'db' | 'log'>): Promise<() => void> {
  const start = { wall: Date.now(), steady: performance.now() };
  /** How far the clock has jumped since the start, in milliseconds. What is deleted on a wrong date is gone. */
  const jumped = () => Math.abs(Date.now() - start.wall - (performance.now() - start.steady));
  const empty = async () => {
    if (jumped() < hourMs) return emptyNow();
    ctx.log.warn('the clock has jumped since the start: the bin is not emptied until the next start');
  };
  const emptyNow = () =>
    emptyBin(ctx.db).then(
      (count) => {
        if (count > 0) ctx.log.info({ articles: count }, 'deleted articles removed from the bin after 30 days');
      },
      (error) => ctx.log.warn({ err: error }, 'emptying the bin failed; it is tried again in an hour'),
    );
  const timer = setInterval(empty, hourMs);
  await empty();
  return () => clearInterval(timer);
}
