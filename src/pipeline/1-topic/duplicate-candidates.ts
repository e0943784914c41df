import { and, desc, eq, inArray, isNull, lt, ne, notExists, or, sql } from 'drizzle-orm';
import { articles } from '../../articles/schema.ts';
import type { AppContext } from '../../context.ts';
import { publications } from '../../publishing/schema.ts';
import { sitePosts } from '../../site-posts/schema.ts';
import { sites } from '../../sites/schema.ts';
import { pipelines } from '../schema.ts';
import type { Candidate } from './duplicates.ts';

/** Rows that are fetched at a time. */
const batch = 500;
/** Articles that are looked at, the latest first. */
const mostArticles = 2_000;
const mostRunning = 500;
/** Posts that are looked at, the latest first: of one site, or of all. */
const mostPosts = 20_000;

/** Whose things are looked through. */
export interface DuplicateSearch {
  userId: string;
  /** The pipeline that the topic is for: neither itself nor what was asked for after it counts. */
  pipelineId?: string | undefined;
}

type Ctx = Pick<AppContext, 'db'>;

/** A user's articles, by their title and by the topic that was once asked for, and what is being written right now. */
export async function* articleCandidates(ctx: Ctx, search: DuplicateSearch): AsyncGenerator<Candidate[]> {
  yield await runningCandidates(ctx, search);
  let last: string | null = null;
  for (let seen = 0; seen < mostArticles; seen += batch) {
    const rows: { id: string; title: string; keyword: string; language: string | null; topic: string | null }[] =
      await ctx.db
        .select({
          id: articles.id,
          title: articles.title,
          keyword: articles.keyword,
          language: articles.language,
          topic: pipelines.topic,
        })
        .from(articles)
        .leftJoin(pipelines, eq(pipelines.id, articles.pipelineId))
        .where(
          and(
            eq(articles.userId, search.userId),
            isNull(articles.deletedAt),
            search.pipelineId ? or(isNull(articles.pipelineId), ne(articles.pipelineId, search.pipelineId)) : undefined,
            last === null ? undefined : lt(articles.id, last),
          ),
        )
        .orderBy(desc(articles.id))
        .limit(batch);
    yield rows.flatMap(({ id, title, keyword, language, topic }) => {
      const candidate = { kind: 'article' as const, id, title, language, siteId: null };
      const texts = new Set([title, topic].flatMap((text) => (text ? [withKeyword(text, keyword)] : [])));
      return [...texts].map((text) => ({ ...candidate, text }));
    });
    last = rows.at(-1)?.id ?? null;
    if (rows.length < batch) return;
  }
}

/** A topic with its search term, as one text. */
export function withKeyword(topic: string, keyword: string | null | undefined): string {
  return [topic, keyword].filter(Boolean).join('. ');
}

/** Topics that have no article yet: two equal briefs sent together make one, which is the first. */
async function runningCandidates(ctx: Ctx, { userId, pipelineId }: DuplicateSearch): Promise<Candidate[]> {
  const rows = await ctx.db
    .select({ id: pipelines.id, topic: pipelines.topic, brief: pipelines.brief })
    .from(pipelines)
    .where(
      and(
        eq(pipelines.userId, userId),
        pipelineId ? lt(pipelines.id, pipelineId) : undefined,
        isNull(pipelines.articleId),
        inArray(pipelines.status, ['queued', 'running']),
      ),
    )
    .orderBy(desc(pipelines.id))
    .limit(mostRunning);
  return rows.map(({ id, topic, brief }) => ({
    kind: 'pipeline',
    id,
    title: topic,
    text: withKeyword(topic, brief.keyword),
    language: brief.language ?? null,
    siteId: null,
  }));
}

/**
 * Posts that stand on a user's sites, or on one of them. Those that are articles of the account are not among them: they
 * are compared as articles, and the article that is being written is no duplicate of itself.
 */
export async function* postCandidates(
  ctx: Ctx,
  search: DuplicateSearch,
  siteId: string | null,
): AsyncGenerator<Candidate[]> {
  let last: Post | undefined;
  for (let seen = 0; seen < mostPosts; seen += batch) {
    const rows: Post[] = await foreignPosts(ctx, search, siteId, last);
    last = rows.at(-1);
    yield rows.map(({ title, url, language, siteId: ofSite, siteName }) => ({
      ...{ kind: 'post', id: null, text: title, title, url, language, siteId: ofSite, siteName },
    }));
    if (rows.length < batch) return;
  }
}

interface Post {
  siteId: string;
  remoteId: number;
  /** As the database writes it: to the microsecond. */
  changedAt: string;
  title: string;
  url: string;
  language: string | null;
  siteName: string;
}

/** The next posts behind `last`, the latest first; in the order of an index (`site_posts_latest`). */
function foreignPosts(
  { db }: Ctx,
  { userId, pipelineId }: DuplicateSearch,
  siteId: string | null,
  last: Post | undefined,
): Promise<Post[]> {
  const ours = db
    .select({ id: publications.id })
    .from(publications)
    .innerJoin(articles, eq(articles.id, publications.articleId))
    .leftJoin(pipelines, eq(pipelines.articleId, articles.id))
    .where(
      and(
        eq(publications.siteId, sitePosts.siteId),
        eq(publications.remoteId, sitePosts.remoteId),
        // Said again, so that nobody else's are joined.
        eq(publications.userId, userId),
        eq(articles.userId, userId),
        // An article in the bin is compared no more, but its post still stands there.
        or(isNull(articles.deletedAt), pipelineId ? eq(pipelines.id, pipelineId) : undefined),
      ),
    );
  const changedAt = sql<string>`coalesce(${sitePosts.modifiedAt}, ${sitePosts.firstSeenAt})`;
  const after =
    last &&
    sql`(${changedAt}, ${sitePosts.siteId}, ${sitePosts.remoteId}) < (${last.changedAt}::timestamptz, ${last.siteId}::uuid, ${last.remoteId}::bigint)`;
  return db
    .select({
      siteId: sitePosts.siteId,
      remoteId: sitePosts.remoteId,
      changedAt: sql<string>`${changedAt}::text`,
      title: sitePosts.title,
      url: sitePosts.url,
      language: sitePosts.language,
      siteName: sites.name,
    })
    .from(sitePosts)
    .innerJoin(sites, eq(sites.id, sitePosts.siteId))
    .where(
      and(
        eq(sitePosts.userId, userId),
        siteId ? eq(sitePosts.siteId, siteId) : undefined,
        isNull(sitePosts.goneAt),
        ne(sitePosts.title, ''),
        notExists(ours),
        after,
      ),
    )
    .orderBy(desc(changedAt), desc(sitePosts.siteId), desc(sitePosts.remoteId))
    .limit(batch);
}
