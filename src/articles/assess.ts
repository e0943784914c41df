import { and, asc, eq, sql } from 'drizzle-orm';
import type { Element, Root } from 'hast';
import { type Db, queryRows } from '../db/open.ts';
import { detectLanguage } from '../text/language.ts';
import { countWords } from '../text/words.ts';
import { adoptOffers } from './adopt-offers.ts';
import { findClaims, type StandingClaim } from './claim-states.ts';
import { renewJsonLd } from './json-ld.ts';
import { isFootnotes, renderedMarkdown, treeToText } from './markdown.ts';
import { type Article, claims, type SeoReport } from './schema.ts';
import { scoreArticle } from './seo-score.ts';
import { type ReadText, readText } from './text-blocks.ts';

/** The parts of an article that the score looks at, as they are being written. */
export type Assessable = Pick<
  Article,
  'title' | 'slug' | 'markdown' | 'metaTitle' | 'metaDescription' | 'excerpt' | 'keyword' | 'language'
>;

/** What is held against a text, read from the database once. */
export interface Standards {
  /** The length that was asked for, in words. */
  words: { min: number; max: number };
  claims: (typeof claims.$inferSelect)[];
  /** Host names of the account's sites. */
  ownHosts: string[];
  /** Whether links to posts of one's own can be expected. */
  expectsLinks: boolean;
}

/** A text as it was found. */
export interface Assessment {
  read: ReadText;
  /** The words that a reader reads, as `markdownToText` finds them. */
  text: string;
  wordCount: number;
  language: string;
  seo: SeoReport;
  claims: StandingClaim[];
}

/** The length that is aimed at where no brief says one. */
const usualWords = { min: 300, max: 2500 };

/**
 * What an article is held against. Links to one's own posts are expected where the pipeline has found some that it could
 * link to, and of an article written by hand where there are other posts. By the names of their tables: pipelines, sites
 * and publications are rooms above this one.
 */
export async function readStandards(
  db: Db,
  article: Pick<Article, 'id' | 'userId' | 'pipelineId' | 'seo'>,
): Promise<Standards> {
  const { id, userId, pipelineId, seo } = article;
  const rows = await db
    .select()
    .from(claims)
    .where(and(eq(claims.articleId, id), eq(claims.userId, userId)))
    .orderBy(asc(claims.ordinal));
  const [found] = await queryRows<{ words: Standards['words'] | null; urls: string[] | null; others: boolean }>(
    db,
    sql`select (select brief -> 'words' from pipelines where id = ${pipelineId}::uuid and user_id = ${userId}) as words,
          (select json_agg(url) from sites where user_id = ${userId}) as urls,
          exists (select 1 from publications where user_id = ${userId} and article_id <> ${id} and remote_status = 'publish')
            or exists (select 1 from site_posts where user_id = ${userId} and status = 'publish' and gone_at is null) as others`,
  );
  return {
    words: found?.words ?? usualWords,
    claims: rows,
    ownHosts: (found?.urls ?? []).flatMap((url) => URL.parse(url)?.hostname ?? []),
    expectsLinks:
      seo === null || pipelineId === null
        ? (found?.others ?? false)
        : seo.checks.some(({ name }) => name === 'internal_links'),
  };
}

/**
 * Scores a text as it stands and finds its claims in it, without a model and without storing anything.
 * @throws AppError invalid_request for hostile shapes, as `renderMarkdown` does
 */
export async function assess(article: Assessable, standards: Standards): Promise<Assessment> {
  const { source, tree } = renderedMarkdown(article.markdown);
  const read = readText(article.markdown, source);
  const text = treeToText(tree);
  // English has the least rules of its own, so it does the least harm to what could not be told.
  const language = article.language ?? (await detectLanguage(text)) ?? 'en';
  const standing = findClaims(read, standards.claims, language);
  const links = linksTo(tree, new Set(standards.ownHosts));
  const counted = (state: StandingClaim['state']) =>
    standards.claims.filter(
      ({ outcome, verdict }, index) =>
        outcome !== 'removed' && verdict === 'supported' && standing[index]?.state === state,
    ).length;
  const removed = standards.claims.filter(({ outcome }) => outcome === 'removed').length;
  const seo = scoreArticle({
    ...article,
    language,
    tree,
    words: standards.words,
    sources: read.footnotes.size,
    claims: standards.claims.length === 0 ? null : { kept: counted('unchanged'), changed: counted('changed'), removed },
    internalLinks: standards.expectsLinks || links > 0 ? links : null,
  });
  return { read, text, wordCount: countWords(text), language, seo, claims: standing };
}

/**
 * Score, number of words and structured data of an article that a person writes, as they are stored with it. What they have taken over from
 * an offered revision becomes a claim. Call it in the transaction that saves the text.
 */
export async function scoreOf(
  db: Db,
  article: Pick<Article, 'id' | 'userId' | 'pipelineId' | 'seo'> & Partial<Pick<Article, 'jsonLd'>> & Assessable,
): Promise<{ seo: SeoReport; wordCount: number; jsonLd?: Record<string, unknown> }> {
  await adoptOffers(db, article);
  const found = await assess(article, await readStandards(db, article));
  const { seo, wordCount } = found;
  return { seo, wordCount, ...(article.jsonLd ? { jsonLd: renewJsonLd(article.jsonLd, article, found) } : {}) };
}

/** How many links of the text lead to one's own sites; those of the footnotes are not meant for readers to go on. */
function linksTo(tree: Root, hosts: ReadonlySet<string>): number {
  const visit = (node: Root | Element): number =>
    node.children.reduce((sum, child) => {
      if (child.type !== 'element' || isFootnotes(child)) return sum;
      const { href } = child.properties;
      const own = child.tagName === 'a' && typeof href === 'string' && hosts.has(URL.parse(href)?.hostname ?? '');
      return sum + (own ? 1 : 0) + visit(child);
    }, 0);
  return visit(tree);
}
