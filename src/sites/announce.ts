import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { emitEvent } from '../webhooks/events.ts';
import type { SiteCheck } from '../wordpress/check.ts';
import type { Site } from './schema.ts';

/** Tells the user's webhooks what happened to a site, in the transaction in which it happens; never its credentials. */
export function announceSite(
  ctx: Pick<AppContext, 'queue'>,
  tx: Db,
  type: 'site.created' | 'site.updated' | 'site.deleted' | 'site.check_failed' | 'site.recovered',
  { id, userId, name, url }: Site,
  check?: SiteCheck,
): Promise<void> {
  return emitEvent(ctx, tx, userId, { type, data: { id, name, url, ...(check ? { lastCheck: check } : {}) } });
}
