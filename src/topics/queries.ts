import {
  and,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  ilike,
  inArray,
  isNull,
  or,
  type SQL,
  type SQLWrapper,
  sql,
} from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { Brief } from '../pipeline/brief.ts';
import { type Topic, type TopicStatus, topicStatuses, topics } from './schema.ts';

const mine = (userId: string, id: string) => and(eq(topics.id, id), eq(topics.userId, userId));
const noTopic = () => new AppError('not_found', 'There is no such topic.');

/** A topic with what was written about it; null while there is nothing to read. */
export type TopicWithArticle = Topic & { articleId: string | null };

const articleId = sql<string | null>`(select article.id from pipelines as pipeline join articles as article
  on article.id = pipeline.article_id and article.deleted_at is null where pipeline.id = topics.pipeline_id)`;

/** A user's topic. Throws `not_found`, also for another user's. */
export async function getTopic(db: Db, userId: string, id: string): Promise<TopicWithArticle> {
  const [row] = await db
    .select({ ...getTableColumns(topics), articleId })
    .from(topics)
    .where(mine(userId, id));
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

export const topicOrders = ['position', 'score', 'latest'] as const;
type TopicOrder = (typeof topicOrders)[number];

const place = [topics.position, topics.id];
/** What comes before the position, smallest first. */
const worths: Record<Exclude<TopicOrder, 'position'>, SQL> = {
  score: sql`-coalesce(${topics.score}, -1)::numeric`,
  latest: sql`-extract(epoch from coalesce(${topics.usedAt}, ${topics.updatedAt}))`,
};

const ofSite = (siteId: string) => or(eq(topics.siteId, siteId), isNull(topics.siteId));

/**
 * A user's topics in the order in which schedules take them, open ones first; without the texts of their sources, and one
 * more than `limit`, to know whether there is a next page. `siteId` also finds topics for any site; `order: 'score'` puts
 * the best first, and what has no score last, `latest` what was used or changed last; `query` looks into topic, keyword and note.
 */
export async function listTopics(
  db: Db,
  userId: string,
  query: {
    limit: number;
    cursor?: string | undefined;
    status?: TopicStatus[] | undefined;
    siteId?: string | undefined;
    order?: TopicOrder | undefined;
    query?: string | undefined;
  },
): Promise<TopicWithArticle[]> {
  const key = query.order && query.order !== 'position' ? [rank, worths[query.order], ...place] : [rank, ...place];
  const after = query.cursor ? await behind(db, userId, key, query.cursor) : undefined;
  if (after === null) return [];
  const words = query.query ? `%${query.query.replace(/[\\%_]/g, '\\$&')}%` : null;
  return db
    .select({ ...getTableColumns(topics), sources: sourcesWithoutTexts, articleId })
    .from(topics)
    .where(
      and(
        eq(topics.userId, userId),
        // By rank, because the index has no states.
        query.status ? inArray(rank, query.status.map(rankOf)) : undefined,
        query.siteId ? ofSite(query.siteId) : undefined,
        words ? or(ilike(topics.topic, words), ilike(topics.keyword, words), ilike(topics.note, words)) : undefined,
        after,
      ),
    )
    .orderBy(...key)
    .limit(query.limit + 1);
}

/** What comes behind a topic in the order of `key`; null when it is gone. Its values are looked up first: only with them can the index be entered there. */
async function behind(db: Db, userId: string, key: SQLWrapper[], cursor: string): Promise<SQL | null> {
  const [last] = await db
    .select(Object.fromEntries(key.map((part, index) => [index, sql<string>`(${part})::text`])))
    .from(topics)
    .where(mine(userId, cursor));
  if (!last) return null;
  const types = [sql`int`, ...(key.length > 3 ? [sql`numeric`] : []), sql`float8`, sql`uuid`];
  const values = key.map((_, index) => sql`${last[index]}::${types[index]}`);
  return sql`(${sql.join(key, sql`, `)}) > (${sql.join(values, sql`, `)})`;
}

/** How many topics a user has of each status; with `siteId` those of the site and those for any. */
export async function countTopics(db: Db, userId: string, siteId?: string): Promise<Record<TopicStatus, number>> {
  const rows = await db
    .select({ status: topics.status, count: count() })
    .from(topics)
    .where(and(eq(topics.userId, userId), siteId ? ofSite(siteId) : undefined))
    .groupBy(topics.status);
  const counted = (status: TopicStatus) => rows.find((row) => row.status === status)?.count ?? 0;
  return Object.fromEntries(topicStatuses.map((status) => [status, counted(status)])) as Record<TopicStatus, number>;
}

/** Topics of a user that wait to be written about, for a site or, with null, for none in particular. */
const openFor = (userId: string, siteId: string | null) =>
  and(eq(topics.userId, userId), eq(topics.status, 'open'), siteId === null ? isNull(topics.siteId) : ofSite(siteId));

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
