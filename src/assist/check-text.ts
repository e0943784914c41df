import { and, eq, sql } from 'drizzle-orm';
import type { ArticleContent } from '../articles/articles.ts';
import { type Assessment, assess, readStandards } from '../articles/assess.ts';
import { type Article, articleEmbeddings, type SeoCheck } from '../articles/schema.ts';
import { slugify } from '../articles/slug.ts';
import { findStale, type StaleField } from '../articles/stale-fields.ts';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { findLinkTargets, findMention, type LinkTarget } from '../pipeline/6-seo/links.ts';
import { createMeanings, type Meanings } from './meanings.ts';
import { type Place, placeOf } from './places.ts';

/** What a person has written and not yet saved; what is missing is as it is stored. */
export type Draft = Partial<ArticleContent>;

/** A post that the text could link to. */
export interface Suggestion extends LinkTarget {
  /** The first mention of it in running text that is not linked yet; null where there is none. */
  mention: { start: number; end: number } | null;
}

/** What was found in a text that is being written. */
export interface TextCheck extends Assessment {
  checks: (SeoCheck & { at: Place | null })[];
  links: Suggestion[];
  /** What around the text has been left behind by it. */
  stale: StaleField[];
  /** Rounded up, at least one. */
  readingMinutes: number;
}

/** Suggestions at a time: whoever takes them all has enough. */
const maxSuggestions = 5;
/** Words that an adult reads silently in a minute (Brysbaert 2019, non-fiction: 238). */
const wordsPerMinute = 238;

/** Checks texts as they are written; what a check computes for the next ones is kept in memory. */
export type TextChecker = (article: Article, draft: Draft) => Promise<TextCheck>;

/** Builds the checker of a process. */
export function createTextChecker(ctx: Pick<AppContext, 'db' | 'embedder' | 'log'>): TextChecker {
  const meanings = createMeanings(ctx);
  return (article, draft) => checkText(ctx, meanings, article, draft);
}

/**
 * Scores an article as a person has it before them, finds its claims in it, and the posts of their sites that it could link
 * to. No model, no money, nothing stored.
 * @throws AppError invalid_request for hostile shapes, as `renderMarkdown` does
 */
async function checkText(
  { db, embedder }: Pick<AppContext, 'db' | 'embedder'>,
  meanings: Meanings,
  article: Article,
  draft: Draft,
): Promise<TextCheck> {
  const said = Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined)) as Draft;
  const present = { ...article, ...said, ...(said.slug === undefined ? {} : { slug: slugify(said.slug) }) };
  const found = await assess(present, await readStandards(db, article));
  const { title, keyword, excerpt } = present;
  const same = title === article.title && keyword === article.keyword && excerpt === article.excerpt;
  const stored = same ? await storedMeaning(db, article.id, embedder.model) : null;
  const targets = await findLinkTargets(
    db,
    embedder,
    {
      id: article.id,
      userId: article.userId,
      text: `${title} ${keyword} ${excerpt}`,
      language: found.language,
      // The same words as the pipeline compares.
      vector: stored ?? meanings.of([[title, keyword].join('. '), excerpt].join('. '), found.language),
    },
    await siteOf(db, article),
    maxSuggestions * 2,
  );
  const taken: { start: number; end: number }[] = [];
  const links = targets
    .filter(({ url }) => !present.markdown.includes(url))
    .slice(0, maxSuggestions)
    .map((target) => {
      const mention = findMention(found.read.tree, present.markdown, target.keyword, taken);
      if (mention) taken.push(mention);
      return { ...target, mention };
    });
  const first = links.find(({ mention }) => mention)?.mention ?? null;
  return {
    ...found,
    checks: found.seo.checks.map((check) => ({ ...check, at: check.passed ? null : placeOf(check, found, first) })),
    links,
    stale: await findStale(db, article, { ...present, text: found.text }),
    readingMinutes: Math.max(1, Math.ceil(found.wordCount / wordsPerMinute)),
  };
}

async function storedMeaning(db: Db, articleId: string, model: string): Promise<number[] | null> {
  const { embedding, facet } = articleEmbeddings;
  const [row] = await db
    .select({ embedding })
    .from(articleEmbeddings)
    .where(and(eq(articleEmbeddings.articleId, articleId), eq(articleEmbeddings.model, model), eq(facet, 'content')));
  return row?.embedding ?? null;
}

/** The site that the article goes to: where it is published, else where its brief wants it; null for any. */
async function siteOf(db: Db, { id, pipelineId }: Article): Promise<string | null> {
  const [row] = await queryRows<{ site: string | null }>(
    db,
    sql`select coalesce(
          (select case when count(*) = 1 then min(site_id::text) end from publications where article_id = ${id}),
          (select brief ->> 'siteId' from pipelines where id = ${pipelineId}::uuid)) as site`,
  );
  return row?.site ?? null;
}
