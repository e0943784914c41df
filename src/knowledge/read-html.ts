import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';
import { type Block, cleanText, type ExtractedDocument } from './document.ts';
import { blocksOf, type DomElement, removeFurniture } from './html-blocks.ts';
import { isDeeperThan } from './html-depth.ts';
import { removeHidden } from './html-hidden.ts';
import { type DomDocument, person, readMetadata } from './page-metadata.ts';
import { refuseWall, shapeOf } from './page-walls.ts';
import { type Refusal, refuse } from './refusal.ts';

/**
 * Reads HTML where it is called, however long it takes: meant for a process that can be killed.
 * Readability picks the article. Where it finds nothing, or leaves most of what the page itself marks as its main part
 * (documentation and reference pages often), the marked part is taken instead.
 * @param url where the page came from; null for HTML that was given as it is
 */
export function readHtml(text: string, contentType: string | null, url: string | null, maxDepth: number): Result {
  const html = asHtml(text, contentType);
  const tooComplex = refuseComplex(html, maxDepth);
  if (tooComplex !== null) return tooComplex;
  const document = parse(html);
  const metadata = readMetadata(document, url);
  const body = document.body;
  if (body === null) return { document: { ...metadata, blocks: [] } };
  const shape = shapeOf(document);
  removeHidden(document);
  removeFurniture(body);
  const main = mainPart(document);
  const mainBlocks = main === null ? [] : blocksOf(main);
  const bodyBlocks = main === null ? blocksOf(body) : [];

  const article = new Readability<DomElement>(document as unknown as ConstructorParameters<typeof Readability>[0], {
    charThreshold: 250,
    keepClasses: true,
    serializer: (node) => node as unknown as DomElement,
  }).parse();
  const picked = article?.content ? blocksOf(article.content) : [];
  const size = proseLength(picked);
  const blocks =
    size === 0 || size < proseLength(mainBlocks) * 0.5 ? (main === null ? bodyBlocks : mainBlocks) : picked;

  const wall = url === null ? null : refuseWall(shape, proseLength(blocks), metadata.title);
  if (wall !== null) return wall;
  const title =
    cleanText(article?.title ?? '') || metadata.title || (blocks.find((block) => block.kind === 'heading')?.text ?? '');
  return {
    document: {
      ...metadata,
      title,
      siteName: metadata.siteName ?? (cleanText(article?.siteName ?? '') || null),
      author: metadata.author ?? person(article?.byline ?? null),
      blocks: withoutTitle(blocks, title),
    },
  };
}

type Result = { document: ExtractedDocument } | Refusal;

/**
 * The feeds that a page names in its head, absolute, at most 10; none for a page that is not worth taking apart.
 */
export function announcedFeeds(text: string, url: string, maxDepth: number): string[] {
  const head = text.slice(0, 200_000);
  if (refuseComplex(head, maxDepth) !== null) return [];
  const links = Array.from(parse(head).querySelectorAll('link[rel~="alternate"][href]'));
  return links
    .filter((link) => /^application\/(rss|atom|feed)\+(xml|json)$/i.test(link.getAttribute('type')?.trim() ?? ''))
    .map((link) => link.getAttribute('href') ?? '')
    .filter((href) => URL.canParse(href, url))
    .map((href) => new URL(href, url).href)
    .slice(0, 10);
}

function refuseComplex(html: string, maxDepth: number): Refusal | null {
  if (isDeeperThan(html, maxDepth)) {
    return refuse('too_deep', `The page nests its elements more than ${maxDepth} deep, which no text needs.`);
  }
  if (count(html, '<') > maxTags || count(html, '&') > maxEntities) {
    return refuse('too_complex', 'The page consists of more elements than a text has.');
  }
  const links = html.match(/<a\s/gi)?.length ?? 0;
  if (links > maxLinks) {
    return refuse('too_complex', `The page holds ${links} links: it is a list of addresses, not a text.`);
  }
  if (/<!DOCTYPE[^>[]{0,500}\[[^\]]{0,5000}<!ENTITY\s/i.test(html.slice(0, 10_000))) {
    return refuse('entities', 'The page declares XML entities, which can be nested into gigabytes and are not read.');
  }
  return null;
}

/**
 * The parser makes about 600 bytes of every tag and every entity, and Readability passes over all of them several
 * times: 100,000 empty elements take 3 s. Long pages have 5,000 tags, the largest books on one page about 100,000.
 */
const maxTags = 120_000;
const maxEntities = 100_000;
/** The longest articles of encyclopedias have 5,000. Readability weighs every one several times: 50,000 take 7 s. */
const maxLinks = 15_000;

function count(text: string, char: string): number {
  let found = 0;
  for (let at = text.indexOf(char); at !== -1; at = text.indexOf(char, at + 1)) found++;
  return found;
}

function parse(html: string): DomDocument {
  // linkedom puts what stands outside <body> nowhere useful; fragments therefore get a frame.
  const framed = /<body[\s>]/i.test(html) ? html : `<!doctype html><html><body>${html}</body></html>`;
  return parseHTML(framed).document as unknown as DomDocument;
}

/**
 * In XHTML `<script/>` and `<a id="x"/>` are complete elements; an HTML parser would take the rest of the page for
 * their content.
 */
function asHtml(text: string, contentType: string | null): string {
  if (!/xhtml|[/+]xml/i.test(contentType ?? '') && !/^\s*<\?xml|<!DOCTYPE[^>]{0,100}XHTML/i.test(text.slice(0, 500)))
    return text;
  return text.replace(
    /<(script|style|title|textarea|iframe|a|div|span|p|td|th|li|i|b|em|strong|h[1-6])\b([^<>]*)\/>/gi,
    '<$1$2></$1>',
  );
}

/** The one element that the page marks as its content. */
function mainPart(document: DomDocument): DomElement | null {
  for (const selector of ['main article', 'main', '[role="main"]', 'article', '#content', '#main']) {
    const found = document.querySelectorAll(selector);
    const only = found[0];
    // Several articles are an overview of teasers: Readability knows better than to take the first.
    if (only !== undefined && found.length === 1) return only;
  }
  return null;
}

/** Characters of running text, without headings, code, and short fragments such as menu entries. */
function proseLength(blocks: Block[]): number {
  let length = 0;
  for (const { kind, text } of blocks) {
    if (kind !== 'heading' && kind !== 'code' && (text.length >= 60 || /[.!?。！？]$/.test(text)))
      length += text.length;
  }
  return length;
}

/** The title is a field of the document: repeated as first heading it would only lengthen every heading path. */
function withoutTitle(blocks: Block[], title: string): Block[] {
  const [first, ...rest] = blocks;
  return first?.kind === 'heading' && first.text === title ? rest : blocks;
}
