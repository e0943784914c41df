import { and, desc, eq, isNotNull, isNull, ne, notExists, or, type SQL, sql } from 'drizzle-orm';
import type { Nodes, Root } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { escapeLinkText } from '../../articles/markdown.ts';
import { articleEmbeddings, articles } from '../../articles/schema.ts';
import type { Db } from '../../db/open.ts';
import type { Embedder } from '../../knowledge/embeddings.ts';
import { publications } from '../../publishing/schema.ts';
import { sitePosts } from '../../site-posts/schema.ts';
import { contentTerms } from '../../text/terms.ts';

/** A post that the new article could link to: one of the account's articles, or what others wrote on its sites. */
export interface LinkTarget {
  /** Null for a post that is none of the account's articles. */
  articleId: string | null;
  title: string;
  /** What is looked for in the text as a mention. */
  keyword: string;
  url: string;
  /** How close in meaning, 0..1. */
  score: number;
}

/** Links to the site's own posts are few: each should be worth a reader's click. */
const maxLinks = 3;
/** Whose vectors are compared. */
type Meaning = Pick<Embedder, 'model'>;
/** Cosine from which articles count as neighbours, and the share of common words where no vector can tell. */
const minCosine = 0.45;
const minOverlap = 0.25;
/** Of articles, and of posts that others wrote, the latest. */
const mostRows = 2000;

/** Headings of the list for targets whose keyword the text does not mention. */
const related: Record<string, string> = {
  en: 'Related articles',
  de: 'Weiterlesen',
  fr: 'À lire aussi',
  es: 'Artículos relacionados',
  it: 'Leggi anche',
  nl: 'Lees ook',
  pt: 'Leia também',
  pl: 'Czytaj także',
  sv: 'Läs också',
};

/** The article that is to link. */
interface Linking {
  id: string;
  userId: string;
  text: string;
  language: string;
  vector: number[] | null;
}

/**
 * Public posts of the account's sites by closeness to the new article, closest first; of the given site only, if one is
 * given. Articles of the account and what others wrote there, each once, without what is gone and without the article's
 * own post.
 */
export async function findLinkTargets(
  db: Db,
  embedder: Meaning,
  article: Linking,
  siteId: string | null,
  limit = maxLinks,
): Promise<LinkTarget[]> {
  const found = [
    ...(await ownTargets(db, embedder, article, siteId)),
    ...(await foreignTargets(db, embedder, article, siteId)),
  ];
  const once = new Map<string, LinkTarget>();
  for (const target of found.sort((a, b) => b.score - a.score)) {
    const key = target.articleId ?? target.url;
    if (!once.has(key)) once.set(key, target);
  }
  return [...once.values()].slice(0, limit);
}

/** How close a text is, or null when it is no neighbour: by meaning where both vectors are known, else by shared words. */
function closeness(article: Linking, terms: Set<string>, text: string, meaning: number | null): number | null {
  if (meaning !== null) return meaning >= minCosine ? meaning : null;
  const own = contentTerms(text, article.language);
  const overlap = own.filter((term) => terms.has(term)).length / Math.max(1, own.length);
  return overlap >= minOverlap ? overlap : null;
}

async function ownTargets(db: Db, embedder: Meaning, article: Linking, siteId: string | null): Promise<LinkTarget[]> {
  const meaning = meaningOf(article, sql`${articleEmbeddings.embedding}`);
  const rows = await db
    .select({
      articleId: articles.id,
      title: articles.title,
      keyword: articles.keyword,
      excerpt: articles.excerpt,
      // The address as it was seen last: it may have been changed on the site.
      url: sql<string | null>`coalesce(nullif(${sitePosts.url}, ''), ${publications.remoteUrl})`,
      meaning,
    })
    .from(articles)
    .innerJoin(publications, and(eq(publications.articleId, articles.id), eq(publications.remoteStatus, 'publish')))
    .leftJoin(sitePosts, and(eq(sitePosts.siteId, publications.siteId), eq(sitePosts.remoteId, publications.remoteId)))
    .leftJoin(
      articleEmbeddings,
      and(
        eq(articleEmbeddings.articleId, articles.id),
        eq(articleEmbeddings.model, embedder.model),
        eq(articleEmbeddings.facet, 'content'),
      ),
    )
    .where(
      and(
        eq(articles.userId, article.userId),
        // Said again, so that nobody else's are joined.
        eq(publications.userId, article.userId),
        ne(articles.id, article.id),
        isNull(articles.deletedAt),
        isNotNull(publications.remoteUrl),
        isNull(sitePosts.goneAt),
        siteId ? eq(publications.siteId, siteId) : undefined,
      ),
    )
    .orderBy(desc(articles.id))
    .limit(mostRows);
  const terms = new Set(contentTerms(article.text, article.language));
  return rows.flatMap(({ meaning, excerpt, url, ...row }) => {
    const score = closeness(article, terms, `${row.title} ${row.keyword} ${excerpt}`, numberOf(meaning));
    return url && score !== null ? [{ ...row, url, score }] : [];
  });
}

/** How close a vector of the database is to the article's: compared there, where there are thousands of them. */
function meaningOf({ vector }: Linking, other: SQL): SQL<number | null> {
  if (!vector) return sql<number | null>`null::float8`;
  return sql<number | null>`1 - (${other} <=> ${JSON.stringify(vector)}::vector)`;
}

/** A vector without a direction has no angle to any other. */
const numberOf = (meaning: number | null) =>
  meaning === null || Number.isNaN(Number(meaning)) ? null : Number(meaning);

/** Posts that are no articles of the account. */
async function foreignTargets(
  db: Db,
  embedder: Meaning,
  article: Linking,
  siteId: string | null,
): Promise<LinkTarget[]> {
  const ours = db
    .select({ id: publications.id })
    .from(publications)
    .innerJoin(articles, eq(articles.id, publications.articleId))
    .where(
      and(
        eq(publications.siteId, sitePosts.siteId),
        eq(publications.remoteId, sitePosts.remoteId),
        // Said again, so that nobody else's are joined.
        eq(publications.userId, article.userId),
        eq(articles.userId, article.userId),
        // What is in the bin stands on the site nevertheless.
        or(isNull(articles.deletedAt), eq(articles.id, article.id)),
      ),
    );
  const hasVector = article.vector ? eq(sitePosts.model, embedder.model) : sql`false`;
  const meaning = sql<
    number | null
  >`case when ${hasVector} then ${meaningOf(article, sql`${sitePosts.embedding}`)} end`;
  const rows = await db
    .select({ title: sitePosts.title, excerpt: sitePosts.excerpt, url: sitePosts.url, meaning })
    .from(sitePosts)
    .where(
      and(
        eq(sitePosts.userId, article.userId),
        siteId ? eq(sitePosts.siteId, siteId) : undefined,
        eq(sitePosts.status, 'publish'),
        isNull(sitePosts.goneAt),
        ne(sitePosts.url, ''),
        ne(sitePosts.title, ''),
        or(isNull(sitePosts.language), eq(sitePosts.language, article.language)),
        notExists(ours),
      ),
    )
    // Those without a vector come after those with one, the latest first.
    .orderBy(sql`${meaning} desc nulls last`, desc(sitePosts.remoteId))
    .limit(mostRows);
  const terms = new Set(contentTerms(article.text, article.language));
  return rows.flatMap(({ title, excerpt, url, meaning }) => {
    const score = closeness(article, terms, `${title} ${excerpt}`, numberOf(meaning));
    return score === null ? [] : [{ articleId: null, title, keyword: phraseOf(title), url, score }];
  });
}

/** The phrase of a title that a text may mention: without what explains it behind a colon or a dash. */
function phraseOf(title: string): string {
  return title.split(/(?:[:|?!]|\s[–—-])\s/u)[0]?.trim() ?? title;
}

/**
 * Links the first mention of each target's keyword in a paragraph or list; targets that the text does not mention are
 * listed at its end. Nothing else of the Markdown changes, and a text that already links there is left alone.
 */
export function insertLinks(
  markdown: string,
  targets: LinkTarget[],
  language: string,
): { markdown: string; links: number } {
  const tree = unified().use(remarkParse).use(remarkGfm).parse(markdown);
  const spots: { start: number; end: number; url: string }[] = [];
  const unmentioned: LinkTarget[] = [];
  for (const target of targets.filter(({ url }) => !markdown.includes(url))) {
    const spot = findMention(tree, markdown, target.keyword, spots);
    if (spot) spots.push({ ...spot, url: target.url });
    else unmentioned.push(target);
  }
  let linked = markdown;
  for (const { start, end, url } of spots.sort((a, b) => b.start - a.start)) {
    linked = `${linked.slice(0, start)}[${linked.slice(start, end)}](<${url}>)${linked.slice(end)}`;
  }
  if (unmentioned.length > 0) {
    const list = unmentioned.map(({ title, url }) => `- [${escapeLinkText(title)}](<${url}>)`).join('\n');
    linked = beforeFootnotes(linked, `## ${related[language] ?? related.en}\n\n${list}`);
  }
  return { markdown: linked, links: spots.length + unmentioned.length };
}

/** Where a phrase stands in running text that is not linked yet, as offsets into the Markdown; not in headings, links, code or footnotes. */
export function findMention(
  tree: Root,
  markdown: string,
  phrase: string,
  taken: { start: number; end: number }[],
): { start: number; end: number } | null {
  if (phrase.trim().length < 4) return null;
  const escaped = phrase.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'iu');
  const visit = (node: Nodes): { start: number; end: number } | null => {
    if (['heading', 'link', 'linkReference', 'code', 'inlineCode', 'footnoteDefinition', 'table'].includes(node.type))
      return null;
    const offset = node.position?.start.offset;
    // Only where the source is the text itself: escapes would shift the offsets.
    if (node.type === 'text' && offset !== undefined && markdown.startsWith(node.value, offset)) {
      const match = pattern.exec(node.value);
      if (!match) return null;
      const start = offset + match.index;
      const end = start + match[0].length;
      return taken.some((other) => start < other.end && other.start < end) ? null : { start, end };
    }
    if (!('children' in node)) return null;
    for (const child of node.children) {
      const found = visit(child);
      if (found) return found;
    }
    return null;
  };
  return visit(tree);
}

function beforeFootnotes(markdown: string, addition: string): string {
  const notes = markdown.search(/^\[\^[^\]]+\]: /m);
  if (notes < 0) return `${markdown.trimEnd()}\n\n${addition}\n`;
  return `${markdown.slice(0, notes).trimEnd()}\n\n${addition}\n\n${markdown.slice(notes)}`;
}
