import { and, asc, desc, eq, getTableColumns, gt, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import { articleSources, articles, claims } from '../articles/schema.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { passages, pipelineSources, type Source, sources } from '../knowledge/schema.ts';

const mine = (userId: string, id: string) => and(eq(sources.id, id), eq(sources.userId, userId));
const noDocument = () => new AppError('not_found', 'There is no such source.');

/** A stored source with what rests on it: articles that cite it (those in the bin, too), and claims with a quote of it. */
export type UsedDocument = Source & { articles: number; claims: number };

/** What a list of stored sources is narrowed down to. */
export interface DocumentQuery {
  limit: number;
  cursor?: string | undefined;
  /** Looked for in title, address, author and name of the site. */
  query?: string | undefined;
  kind?: Source['kind'] | undefined;
  /** Only what articles cite, or only what none cites. */
  used?: boolean | undefined;
  deleted: boolean;
}

/** A user's stored sources, newest first; one more than `limit`, to know whether there is a next page. */
export async function listDocuments(db: Db, userId: string, query: DocumentQuery): Promise<UsedDocument[]> {
  const words = query.query ? `%${query.query.replace(/[\\%_]/g, '\\$&')}%` : null;
  const cited = sql`exists (select 1 from ${articleSources} where ${articleSources.sourceId} = ${sources.id})`;
  const rows = await db
    .select()
    .from(sources)
    .where(
      and(
        eq(sources.userId, userId),
        query.deleted ? isNotNull(sources.deletedAt) : isNull(sources.deletedAt),
        query.kind ? eq(sources.kind, query.kind) : undefined,
        query.used === undefined ? undefined : query.used ? cited : sql`not ${cited}`,
        words
          ? or(...[sources.title, sources.url, sources.author, sources.siteName].map((of) => sql`${of} ilike ${words}`))
          : undefined,
        query.cursor ? lt(sources.id, query.cursor) : undefined,
      ),
    )
    .orderBy(desc(sources.id))
    .limit(query.limit + 1);
  return counted(db, rows);
}

async function counted(db: Db, rows: Source[]): Promise<UsedDocument[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const count = sql<number>`count(*)::int`;
  const inArticles = await db
    .select({ sourceId: articleSources.sourceId, count })
    .from(articleSources)
    .where(inArray(articleSources.sourceId, ids))
    .groupBy(articleSources.sourceId);
  const inClaims = await db
    .select({ sourceId: passages.sourceId, count })
    .from(claims)
    .innerJoin(passages, eq(passages.id, claims.passageId))
    .where(inArray(passages.sourceId, ids))
    .groupBy(passages.sourceId);
  const of = (found: { sourceId: string; count: number }[], id: string) =>
    found.find(({ sourceId }) => sourceId === id)?.count ?? 0;
  return rows.map((row) => ({ ...row, articles: of(inArticles, row.id), claims: of(inClaims, row.id) }));
}

/** A user's stored source, also one in the bin. Throws `not_found`, also for another user's. */
export async function getDocument(db: Db, userId: string, id: string): Promise<UsedDocument> {
  const [document] = await counted(db, await db.select().from(sources).where(mine(userId, id)));
  if (!document) throw noDocument();
  return document;
}

/** The same, locked until the end of `tx`, without counts. */
export async function lockDocument(tx: Db, userId: string, id: string): Promise<Source> {
  const [row] = await tx.select().from(sources).where(mine(userId, id)).for('update');
  if (!row) throw noDocument();
  return row;
}

/** An article that a source was used in. */
export interface DocumentUse {
  articleId: string;
  title: string;
  /** Of its footnote. */
  number: number;
  /** How many claims of the article quote it. */
  claims: number;
  /** The article is in the bin. */
  deleted: boolean;
}

/** The articles that cite a source, newest first. */
export async function usesOfDocument(db: Db, userId: string, id: string): Promise<DocumentUse[]> {
  const quoted = sql<number>`(select count(*)::int from ${claims} join ${passages} on ${passages.id} = ${claims.passageId}
    where ${claims.articleId} = ${articles.id} and ${passages.sourceId} = ${id})`;
  return db
    .select({
      articleId: articles.id,
      title: articles.title,
      number: articleSources.number,
      claims: quoted,
      deleted: sql<boolean>`${articles.deletedAt} is not null`,
    })
    .from(articleSources)
    .innerJoin(articles, eq(articles.id, articleSources.articleId))
    .where(and(eq(articleSources.sourceId, id), eq(articleSources.userId, userId)))
    .orderBy(desc(articles.id))
    .limit(100);
}

/** Other readings of the same page, newest first: an address can say something else every day. */
export async function otherReadings(db: Db, userId: string, { id, url }: Source): Promise<Source[]> {
  if (url === null) return [];
  return db
    .select()
    .from(sources)
    .where(
      and(eq(sources.userId, userId), eq(sources.url, url), isNull(sources.deletedAt), sql`${sources.id} <> ${id}`),
    )
    .orderBy(desc(sources.id))
    .limit(20);
}

/** A part of a stored text, with how many claims quote it. */
export type UsedPassage = Pick<typeof passages.$inferSelect, 'id' | 'ordinal' | 'heading' | 'text'> & {
  claims: number;
};

/** The text of a source in reading order, after the passage with the number `after`; one more than `limit`. */
export async function listDocumentPassages(
  db: Db,
  userId: string,
  id: string,
  { after, limit }: { after: number; limit: number },
): Promise<UsedPassage[]> {
  const { ordinal, heading, text } = getTableColumns(passages);
  return db
    .select({
      id: passages.id,
      ordinal,
      heading,
      text,
      claims: sql<number>`(select count(*)::int from claims where claims.passage_id = passages.id)`,
    })
    .from(passages)
    .where(and(eq(passages.sourceId, id), eq(passages.userId, userId), gt(passages.ordinal, after)))
    .orderBy(asc(passages.ordinal))
    .limit(limit + 1);
}

/** Whether a run that has not ended reads or cites a source. */
export async function isAtWork(db: Db, id: string): Promise<boolean> {
  const rows = await queryRows(
    db,
    sql`select 1 from ${pipelineSources} join pipelines on pipelines.id = ${pipelineSources.pipelineId}
        where ${pipelineSources.sourceId} = ${id} and pipelines.status in ('queued', 'running', 'waiting') limit 1`,
  );
  return rows.length > 0;
}

/** Who has named a source in the account's runs: briefs, and searches by their queries. */
export async function waysToDocument(
  db: Db,
  userId: string,
  id: string,
): Promise<Pick<typeof pipelineSources.$inferSelect, 'origin' | 'foundBy'>[]> {
  return db
    .selectDistinct({ origin: pipelineSources.origin, foundBy: pipelineSources.foundBy })
    .from(pipelineSources)
    .where(and(eq(pipelineSources.sourceId, id), eq(pipelineSources.userId, userId)))
    .orderBy(pipelineSources.origin, pipelineSources.foundBy)
    .limit(20);
}
