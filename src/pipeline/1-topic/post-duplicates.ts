import { and, desc, eq, isNull, ne, notExists, or, sql } from 'drizzle-orm';
import { articles } from '../../articles/schema.ts';
import type { AppContext } from '../../context.ts';
import { publications } from '../../publishing/schema.ts';
import { sitePosts } from '../../site-posts/schema.ts';
import { sites } from '../../sites/schema.ts';
import { type Pipeline, pipelines } from '../schema.ts';
import type { Duplicate } from './duplicates.ts';
import { compareTopics } from './similarity.ts';

/** Posts that are looked at, the latest first: of one site, or of all. */
const mostPosts = 20_000;
/** At a time: a comparison takes a fifth of a millisecond, and others want the thread in between. */
const batch = 250;
/** Titles whose vectors are computed: those that share the most words. A few seconds of processor time at most. */
const embedded = 12;

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

/**
 * The closest near-duplicate of a topic among the posts that stand on the user's sites, or null. The rules are those for
 * articles: title against topic, by the terms in which they differ. Vectors only ever support what terms say, so they are
 * computed for the few titles that share the most of them. Posts that are articles of the account are not looked at here:
 * those are compared as articles, and the article that is being written is no duplicate of itself.
 */
export async function closestPost(
  ctx: Pick<AppContext, 'db' | 'embedder'>,
  pipeline: Pipeline,
  language: string | null,
): Promise<Duplicate | null> {
  const { topic } = pipeline.brief;
  let nearest: (Post & { score: number })[] = [];
  let last: Post | undefined;
  for (let seen = 0; seen < mostPosts; seen += batch) {
    const posts = await foreignPosts(ctx, pipeline, last);
    last = posts.at(-1);
    const compared = posts.flatMap((post) => {
      const plain = { language: post.language, text: post.title, vector: null };
      const { score } = compareTopics({ text: topic, language, vector: null }, plain);
      return score > 0 ? [{ ...post, score }] : [];
    });
    nearest = [...nearest, ...compared].sort((a, b) => b.score - a.score).slice(0, embedded);
    if (posts.length < batch) break;
  }
  if (nearest.length === 0) return null;
  const vectors = ctx.embedder.supports(language ?? 'en')
    ? await ctx.embedder.embed([topic, ...nearest.map(({ title }) => title)])
    : [];
  const vectorAt = (index: number) => (vectors[index] ? Array.from(vectors[index]) : null);
  let closest: (Duplicate & { score: number }) | null = null;
  for (const [index, post] of nearest.entries()) {
    const result = compareTopics(
      { text: topic, language, vector: vectorAt(0) },
      { text: post.title, language: post.language, vector: vectorAt(index + 1) },
    );
    if (result.duplicate && result.score > (closest?.score ?? 0)) {
      const { title, url, siteName } = post;
      closest = { articleId: null, title, url, siteName, reason: result.reason, score: result.score };
    }
  }
  return closest;
}

/** The next posts behind `last`, the latest first; in the order of an index (`site_posts_latest`). */
async function foreignPosts(ctx: Pick<AppContext, 'db'>, pipeline: Pipeline, last: Post | undefined): Promise<Post[]> {
  const { db } = ctx;
  const { siteId } = pipeline.brief;
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
        eq(publications.userId, pipeline.userId),
        eq(articles.userId, pipeline.userId),
        // An article in the bin is compared no more, but its post still stands there.
        or(isNull(articles.deletedAt), eq(pipelines.id, pipeline.id)),
      ),
    );
  const changedAt = sql<string>`coalesce(${sitePosts.modifiedAt}, ${sitePosts.firstSeenAt})`;
  const after =
    last &&
    sql`(${changedAt}, ${sitePosts.siteId}, ${sitePosts.remoteId}) < (${last.changedAt}::timestamptz, ${last.siteId}::uuid, ${last.remoteId}::bigint)`;
  const { siteId: ofSite, remoteId } = sitePosts;
  return db
    .select({
      siteId: ofSite,
      remoteId,
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
        eq(sitePosts.userId, pipeline.userId),
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
