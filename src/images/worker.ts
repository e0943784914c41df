import type { AppContext } from '../context.ts';
import { emptyHourly } from '../queue/hourly.ts';
import { emptyImageBin } from './bin.ts';

/** Empties the bin of images that have been in it for long enough, now and every hour. Returns what ends it. */
export function workImages(ctx: Pick<AppContext, 'db' | 'log'>): Promise<() => void> {
  return emptyHourly(ctx, 'images', () => emptyImageBin(ctx.db));
}
