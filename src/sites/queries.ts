import { and, desc, eq, lt } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Site, sites } from './schema.ts';

/** A user's site. Throws `not_found`, also for another user's. */
export async function getSite(db: Db, userId: string, id: string): Promise<Site> {
  const [row] = await db
    .select()
    .from(sites)
    .where(and(eq(sites.id, id), eq(sites.userId, userId)));
  if (!row) throw new AppError('not_found', 'There is no such site.');
  return row;
}

/** A user's sites, newest first; one more than `limit`, to know whether there is a next page. */
export async function listSites(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<Site[]> {
  return db
    .select()
    .from(sites)
    .where(and(eq(sites.userId, userId), query.cursor ? lt(sites.id, query.cursor) : undefined))
    .orderBy(desc(sites.id))
    .limit(query.limit + 1);
}

/** The addresses of all sites of a user. */
export async function listSiteUrls(db: Db, userId: string): Promise<string[]> {
  const rows = await db.select({ url: sites.url }).from(sites).where(eq(sites.userId, userId));
  return rows.map((row) => row.url);
}
