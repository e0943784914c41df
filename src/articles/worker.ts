import type { AppContext } from '../context.ts';
import { emptyHourly } from '../queue/hourly.ts';
import { emptyBin } from './articles.ts';

/** Empties the bin of what has been in it for long enough, now and every hour. Returns what ends it. */
export function workArticles(ctx: Pick<AppContext, 'db' | 'log'>): Promise<() => void> {
  return emptyHourly(ctx, 'articles', () => emptyBin(ctx.db));
}
