import type { AppContext } from '../context.ts';
import { emptyHourly } from '../queue/hourly.ts';
import { emptyDocumentBin } from './bin.ts';

/** Empties the bin of stored sources of what has been in it for long enough, now and every hour. Returns what ends it. */
export function workDocuments(ctx: Pick<AppContext, 'db' | 'log'>): Promise<() => void> {
  return emptyHourly(ctx, 'sources', () => emptyDocumentBin(ctx.db));
}
