import { and, asc, desc, eq, getTableColumns, inArray, isNull, or, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { Brief } from '../pipeline/brief.ts';
import { type Topic, type TopicStatus, topics } from './schema.ts';

const mine = (userId: string, id: string) => and(eq(topics.id, id), eq(topics.userId, userId));
const noTopic = () => new AppError('not_found', 'There is no such topic.');

/** A user's topic. Throws `not_found`, also for another user's. */
export async function getTopic(db: Db, userId: string, id: string): Promise<Topic> {
  const [row] = await db.select().from(topics).where(mine(userId, id));
  if (!row) throw noTopic();
  return row;
}

/** The same, locked until the end of `tx`. */
export async function lockTopic(tx: Db, userId: string, id: string): Promise<Topic> {
  const [row] = await tx.select().from(topics).where(mine(userId, id)).for('no key update');
  if (!row) throw noTopic();
  return row;
}

/** Open ones first. The words are those of an index (`topics_order`). */
const rank = sql<number>`case ${topics.status} when 'open' then 0 when 'proposed' then 1 when 'used' then 2 else 3 end`;
const rankOf = (status: TopicStatus) => ['open', 'proposed', 'used', 'dismissed'].indexOf(status);

/** A list shows titles: the texts of pasted sources may be a megabyte each. */
const sourcesWithoutTexts = sql<Brief['sources']>`(select coalesce(jsonb_agg(
  case when source ? 'text' then source || '{"text":""}' else source end), '[]') from jsonb_array_elements(${topics.sources}) as source)`;

/**
 * A user's topics in the order in which schedules take them, open ones first; without the texts of their sources, and one
 * more than `limit`, to know whether there is a next page. `siteId` also finds topics for any site.
 */
export async function listTopics(
  db: Db,
  userId: string,
  query: {
    limit: number;
    cursor?: string | undefined;
    status?: TopicStatus[] | undefined;
    siteId?: string | undefined;
  },
): Promise<Topic[]> {
  // The end of the last page is looked up first: only with values can the index be entered there.
  const [last] = query.cursor
    ? await db.select({ rank, position: topics.position }).from(topics).where(mine(userId, query.cursor))
    : [];
  if (query.cursor && !last) return [];
  const after = last
    ? sql`(${rank}, ${topics.position}, ${topics.id}) > (${last.rank}::int, ${last.position}::float8, ${query.cursor}::uuid)`
    : undefined;
  return db
    .select({ ...getTableColumns(topics), sources: sourcesWithoutTexts })
    .from(topics)
    .where(
      and(
        eq(topics.userId, userId),
        // By rank, because the index has no states.
        query.status ? inArray(rank, query.status.map(rankOf)) : undefined,
        query.siteId ? or(eq(topics.siteId, query.siteId), isNull(topics.siteId)) : undefined,
        after,
      ),
    )
    .orderBy(rank, topics.position, topics.id)
    .limit(query.limit + 1);
}

/** Topics of a user that wait to be written about, for a site or, with null, for none in particular. */
const openFor = (userId: string, siteId: string | null) =>
  and(
    eq(topics.userId, userId),
    eq(topics.status, 'open'),
    siteId === null ? isNull(topics.siteId) : or(eq(topics.siteId, siteId), isNull(topics.siteId)),
  );

/** How many topics a schedule for this site finds. */
export async function countOpen(db: Db, userId: string, siteId: string | null): Promise<number> {
  return db.$count(topics, openFor(userId, siteId));
}

/** The next topic for a site, locked; one that another transaction has locked is passed over. Null when there is none. */
export async function lockNextTopic(tx: Db, userId: string, siteId: string | null): Promise<Topic | null> {
  const [row] = await tx
    .select()
    .from(topics)
    .where(openFor(userId, siteId))
    .orderBy(asc(topics.position), asc(topics.id))
    .limit(1)
    .for('update', { skipLocked: true });
  return row ?? null;
}

/** The same without a lock: it may be taken by another one meanwhile. */
export async function peekNextTopic(db: Db, userId: string, siteId: string | null): Promise<Topic | null> {
  const [row] = await db
    .select()
    .from(topics)
    .where(openFor(userId, siteId))
    .orderBy(asc(topics.position), asc(topics.id))
    .limit(1);
  return row ?? null;
}

/** The topic that comes last; null when there is none. */
export async function lastPosition(db: Db, userId: string): Promise<number | null> {
  const [row] = await db
    .select({ position: topics.position })
    .from(topics)
    .where(and(eq(topics.userId, userId), inArray(topics.status, ['open', 'proposed'])))
    .orderBy(desc(topics.position))
    .limit(1);
  return row?.position ?? null;
}
