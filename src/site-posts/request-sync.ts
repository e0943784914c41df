import { eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { getSite } from '../sites/queries.ts';
import type { Site } from '../sites/schema.ts';
import { syncSiteJob } from './jobs.ts';
import { type SiteSync, siteSyncs } from './schema.ts';

/** A person may ask for it once in so many milliseconds. */
const askAgainMs = 60_000;

/** Whether nothing is read from a site at present. */
export const isHalted = (site: Pick<Site, 'pausedAt' | 'failingSince'>) =>
  site.pausedAt !== null || site.failingSince !== null;

/**
 * Has the posts of a site read now, with a complete listing. Throws `not_found`, `invalid_state` while the site is paused
 * or failing, `rate_limited` when it was asked for within the last minute.
 */
export async function requestSync(
  ctx: Pick<AppContext, 'db' | 'queue'>,
  userId: string,
  siteId: string,
): Promise<SiteSync> {
  return ctx.db.transaction(async (tx) => {
    const site = await getSite(tx, userId, siteId);
    if (isHalted(site)) {
      throw new AppError('invalid_state', `Nothing is read from ${site.name} while it is paused or fails its check.`, {
        hint: 'Check the site, mend what the check names, and let it go on.',
      });
    }
    await tx.insert(siteSyncs).values({ siteId, userId }).onConflictDoNothing();
    const [locked] = await tx
      .select({
        sync: siteSyncs,
        waitMs: sql<number>`(extract(epoch from ${siteSyncs.requestedAt} - now()) * 1000 + ${askAgainMs}::int)::float8`,
      })
      .from(siteSyncs)
      .where(eq(siteSyncs.siteId, siteId))
      .for('update');
    if (locked && locked.waitMs !== null && locked.waitMs > 0) {
      throw new AppError('rate_limited', 'The posts of this site were asked for less than a minute ago.', {
        hint: 'Look at how far it is; it can be asked for once a minute.',
        retryAt: new Date(Date.now() + locked.waitMs),
      });
    }
    const now = sql`now()` as never;
    const [row] = await tx
      .update(siteSyncs)
      .set({ nextSyncAt: now, listDueAt: now, requestedAt: now, error: null })
      .where(eq(siteSyncs.siteId, siteId))
      .returning();
    if (!row) throw new AppError('not_found', 'There is no such site.');
    await ctx.queue.enqueue(tx, syncSiteJob, { siteId });
    return row;
  });
}
