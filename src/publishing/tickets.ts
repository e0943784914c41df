import { eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { sites } from '../sites/schema.ts';
import { publishJob } from './jobs.ts';
import { nextInQueue } from './lease.ts';
import type { Publication } from './schema.ts';

type Ctx = Pick<AppContext, 'queue'>;

/** Makes a ticket for the queue of a publication's site, for now or for a time (UTC), in the caller's transaction. */
export async function makeTicket(
  ctx: Ctx,
  tx: Db,
  { id, siteId }: Pick<Publication, 'id' | 'siteId'>,
  at?: Date,
): Promise<void> {
  await ctx.queue.enqueue(tx, publishJob, { publicationId: id, siteId }, at ? { startAfter: at } : {});
}

/** Makes a ticket when something of a site could be taken at once. With the queue locked, before `tx` ends. */
export async function callNext(ctx: Ctx, tx: Db, siteId: string): Promise<void> {
  const id = await nextInQueue(tx, siteId);
  if (id) await makeTicket(ctx, tx, { id, siteId });
}

/**
 * Leaves a site in peace for `ms` milliseconds, as it has asked: nothing of its queue is sent before, whatever is due.
 * A shorter time than one that it asked for earlier changes nothing. With the queue locked.
 */
export async function keepQuiet(
  ctx: Ctx,
  tx: Db,
  publication: Pick<Publication, 'id' | 'siteId'>,
  ms: number,
): Promise<void> {
  // What a wrong clock has set is no wish of the site's.
  const earlier = sql`case when ${sites.quietUntil} < now() + interval '26 hours' then ${sites.quietUntil} end`;
  const until = sql`greatest(${earlier}, now() + ${`${Math.round(ms)} milliseconds`}::interval)`;
  const [site] = await tx
    .update(sites)
    .set({ quietUntil: until as never })
    .where(eq(sites.id, publication.siteId))
    .returning({ until: sites.quietUntil });
  if (site?.until) await makeTicket(ctx, tx, publication, site.until);
}
