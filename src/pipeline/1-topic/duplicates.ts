import { and, desc, eq, inArray, isNull, lt, ne, or } from 'drizzle-orm';
import { articleEmbeddings, articles } from '../../articles/schema.ts';
import type { AppContext } from '../../context.ts';
import { type Pipeline, pipelines } from '../schema.ts';
import { closestPost } from './post-duplicates.ts';
import { compareTopics } from './similarity.ts';

/** Something of the account that the new topic comes too close to; `articleId` is null while it is being written. */
export interface Duplicate {
  articleId: string | null;
  title: string;
  reason: string;
  /** Of a post that stands on a site already and is none of the account's articles. */
  url?: string;
  siteName?: string;
}

interface Candidate {
  articleId: string | null;
  title: string;
  text: string;
  language: string | null;
  vector: number[] | null;
}

/**
 * The closest near-duplicate of a new pipeline's topic, or null: among the account's articles and the topics that are being
 * written right now, and if there is none, among the posts of the site it goes to (of all sites when none is chosen).
 * Costs nothing: it compares words, and vectors that are computed on this machine.
 */
export async function findDuplicate(
  ctx: Pick<AppContext, 'db' | 'embedder'>,
  pipeline: Pipeline,
  language: string | null,
): Promise<Duplicate | null> {
  return (await closestArticle(ctx, pipeline, language)) ?? (await closestPost(ctx, pipeline, language));
}

async function closestArticle(
  ctx: Pick<AppContext, 'db' | 'embedder'>,
  pipeline: Pipeline,
  language: string | null,
): Promise<Duplicate | null> {
  const candidates = [...(await articleCandidates(ctx, pipeline)), ...(await runningCandidates(ctx, pipeline))];
  if (candidates.length === 0) return null;
  const text = [pipeline.brief.topic, pipeline.brief.keyword].filter(Boolean).join('. ');
  const known = ctx.embedder.supports(language ?? 'en');
  const vector = known ? Array.from((await ctx.embedder.embed([text]))[0] ?? []) : null;
  let closest: (Duplicate & { score: number }) | null = null;
  for (const candidate of candidates) {
    const result = compareTopics({ text, language, vector }, candidate);
    if (result.duplicate && result.score > (closest?.score ?? 0)) {
      closest = { articleId: candidate.articleId, title: candidate.title, reason: result.reason, score: result.score };
    }
  }
  return closest;
}

async function articleCandidates(ctx: Pick<AppContext, 'db' | 'embedder'>, pipeline: Pipeline): Promise<Candidate[]> {
  const rows = await ctx.db
    .select({
      articleId: articles.id,
      title: articles.title,
      keyword: articles.keyword,
      language: articles.language,
      vector: articleEmbeddings.embedding,
      topic: pipelines.topic,
    })
    .from(articles)
    .leftJoin(
      articleEmbeddings,
      and(
        eq(articleEmbeddings.articleId, articles.id),
        eq(articleEmbeddings.model, ctx.embedder.model),
        eq(articleEmbeddings.facet, 'topic'),
      ),
    )
    .leftJoin(pipelines, eq(pipelines.id, articles.pipelineId))
    .where(
      and(
        eq(articles.userId, pipeline.userId),
        isNull(articles.deletedAt),
        or(isNull(articles.pipelineId), ne(articles.pipelineId, pipeline.id)),
      ),
    )
    .orderBy(desc(articles.id))
    .limit(2000);
  return rows.flatMap(({ keyword, topic, ...row }) => [
    { ...row, text: [row.title, keyword].filter(Boolean).join('. ') },
    // The topic as it was once asked for: the same brief sent twice is caught whatever its title became.
    ...(topic ? [{ ...row, text: [topic, keyword].filter(Boolean).join('. '), vector: null }] : []),
  ]);
}

/** Topics that were accepted before this one and have no article yet: two equal briefs sent together make one. */
async function runningCandidates(ctx: Pick<AppContext, 'db'>, pipeline: Pipeline): Promise<Candidate[]> {
  const rows = await ctx.db
    .select({ topic: pipelines.topic, brief: pipelines.brief })
    .from(pipelines)
    .where(
      and(
        eq(pipelines.userId, pipeline.userId),
        lt(pipelines.id, pipeline.id),
        isNull(pipelines.articleId),
        inArray(pipelines.status, ['queued', 'running']),
      ),
    )
    .limit(500);
  return rows.map(({ topic, brief }) => ({
    articleId: null,
    title: topic,
    text: [topic, brief.keyword].filter(Boolean).join('. '),
    language: brief.language ?? null,
    vector: null,
  }));
}
