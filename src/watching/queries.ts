import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { CountedSource } from './present.ts';
import { type WatchedSource, watchedEntries, watchedSources } from './schema.ts';

const mine = (userId: string, id: string) => and(eq(watchedSources.id, id), eq(watchedSources.userId, userId));
const noSource = () => new AppError('not_found', 'There is no such source.');

/** How much has been seen in a source. */
async function counted(db: Db, rows: WatchedSource[]): Promise<CountedSource[]> {
  if (rows.length === 0) return [];
  const counts = await db
    .select({
      sourceId: watchedEntries.sourceId,
      entries: sql<number>`count(*)::int`,
      proposed: sql<number>`(count(*) filter (where ${watchedEntries.outcome} = 'proposed'))::int`,
    })
    .from(watchedEntries)
    .where(sql`${watchedEntries.sourceId} in ${rows.map(({ id }) => id)}`)
    .groupBy(watchedEntries.sourceId);
  const bySource = new Map(counts.map((row) => [row.sourceId, row]));
  return rows.map((row) => {
    const { entries = 0, proposed = 0 } = bySource.get(row.id) ?? {};
    return { ...row, entries, proposed };
  });
}

/** A user's watched source. Throws `not_found`, also for another user's. */
export async function getSource(db: Db, userId: string, id: string): Promise<CountedSource> {
  const [source] = await counted(db, await db.select().from(watchedSources).where(mine(userId, id)));
  if (!source) throw noSource();
  return source;
}

/** The same, locked until the end of `tx`, without counts. */
export async function lockSource(tx: Db, userId: string, id: string): Promise<WatchedSource> {
  const [row] = await tx.select().from(watchedSources).where(mine(userId, id)).for('no key update');
  if (!row) throw noSource();
  return row;
}

/** A user's watched sources, newest first; one more than `limit`, to know whether there is a next page. */
export async function listSources(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined; siteId?: string | undefined },
): Promise<CountedSource[]> {
  const rows = await db
    .select()
    .from(watchedSources)
    .where(
      and(
        eq(watchedSources.userId, userId),
        query.siteId ? eq(watchedSources.siteId, query.siteId) : undefined,
        query.cursor ? lt(watchedSources.id, query.cursor) : undefined,
      ),
    )
    .orderBy(desc(watchedSources.id))
    .limit(query.limit + 1);
  return counted(db, rows);
}
