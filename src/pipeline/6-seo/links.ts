import { and, desc, eq, isNotNull, isNull, ne } from 'drizzle-orm';
import type { Nodes, Root } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { escapeLinkText } from '../../articles/markdown.ts';
import { articleEmbeddings, articles } from '../../articles/schema.ts';
import type { Db } from '../../db/open.ts';
import { cosine, type Embedder } from '../../knowledge/embeddings.ts';
import { publications } from '../../publishing/schema.ts';
import { contentTerms } from '../../text/terms.ts';

/** One of the account's published articles that the new one could link to. */
export interface LinkTarget {
  articleId: string;
  title: string;
  keyword: string;
  url: string;
  /** How close in meaning, 0..1. */
  score: number;
}

/** Links to the account's own articles are few: each should be worth a reader's click. */
const maxLinks = 3;
/** Cosine from which articles count as neighbours, and the share of common words where no vector can tell. */
const minCosine = 0.45;
const minOverlap = 0.25;

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

/** The account's published articles by closeness to the new one, closest first; on the given site only, if one is given. */
export async function findLinkTargets(
  db: Db,
  embedder: Embedder,
  article: { id: string; userId: string; text: string; language: string; vector: number[] | null },
  siteId: string | null,
): Promise<LinkTarget[]> {
  const rows = await db
    .select({
      articleId: articles.id,
      title: articles.title,
      keyword: articles.keyword,
      excerpt: articles.excerpt,
      url: publications.remoteUrl,
      vector: articleEmbeddings.embedding,
    })
    .from(articles)
    .innerJoin(publications, and(eq(publications.articleId, articles.id), eq(publications.remoteStatus, 'publish')))
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
        ne(articles.id, article.id),
        isNull(articles.deletedAt),
        isNotNull(publications.remoteUrl),
        siteId ? eq(publications.siteId, siteId) : undefined,
      ),
    )
    .orderBy(desc(articles.id))
    .limit(2000);
  const terms = new Set(contentTerms(article.text, article.language));
  const targets = rows.flatMap(({ vector, excerpt, url, ...row }) => {
    const own = contentTerms(`${row.title} ${row.keyword} ${excerpt}`, article.language);
    const overlap = own.filter((term) => terms.has(term)).length / Math.max(1, own.length);
    const meaning = vector && article.vector ? cosine(vector, article.vector) : null;
    const close = meaning === null ? overlap >= minOverlap : meaning >= minCosine;
    return url && close ? [{ ...row, url, score: meaning ?? overlap }] : [];
  });
  const once = new Map(targets.sort((a, b) => b.score - a.score).map((target) => [target.articleId, target]));
  return [...once.values()].sort((a, b) => b.score - a.score).slice(0, maxLinks);
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

/** Where a phrase stands in running text, as offsets into the Markdown; not in headings, links, code or footnotes. */
function findMention(
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
