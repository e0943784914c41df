import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';
import { type Block, cleanText, type ExtractedDocument } from './document.ts';
import { blocksOf, type DomElement, removeFurniture, removeLinkLists } from './html-blocks.ts';
import { isDeeperThan } from './html-depth.ts';
import { removeHidden } from './html-hidden.ts';
import { type DomDocument, person, readMetadata } from './page-metadata.ts';
import { refuseWall, shapeOf } from './page-walls.ts';
import { type Refusal, refuse } from './refusal.ts';

/**
 * Reads HTML where it is called, however long it takes: meant for a process that can be killed.
 * Readability picks the article: it tells where the text begins and ends. What it leaves out in between (paragraphs with
 * many links, often) is text as well. Where it leaves out a good part of what the page marks as its main part, or of the
 * element that holds nearly all running text (documentation and reference pages often), that is taken instead.
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
  removeLinkLists(body);
  const whole = blocksOf(mainPart(document) ?? narrowest(body));

  const article = new Readability<DomElement>(document as unknown as ConstructorParameters<typeof Readability>[0], {
    charThreshold: 250,
    keepClasses: true,
    serializer: (node) => node as unknown as DomElement,
  }).parse();
  const picked = article?.content ? blocksOf(article.content) : [];
  const blocks = proseLength(picked) < proseLength(whole) * enough ? whole : withoutGaps(picked, whole);

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

/** Readability leaves out what surrounds an article, which is a tenth of a page's running text and not a third of it. */
const enough = 0.85;

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

/** What keeps a page from being taken apart; null for an ordinary one. */
export function refuseComplex(html: string, maxDepth: number): Refusal | null {
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

/** The page as a tree. */
export function parse(html: string): DomDocument {
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

/**
 * The blocks of `whole` from the first to the last that was picked; the picked ones where most of them stand elsewhere.
 * Readability also cuts words out of paragraphs (whatever is marked as a menu, also a menu that a manual speaks of), so
 * not every picked block stands there in the same words.
 */
function withoutGaps(picked: Block[], whole: Block[]): Block[] {
  const prose = picked.filter(isProse);
  const place = ({ text }: Block) => {
    const exact = whole.findIndex((block) => block.text === text);
    return exact === -1 ? whole.findIndex((block) => block.text.startsWith(text.slice(0, 24))) : exact;
  };
  const positions = prose.map(place).filter((at) => at !== -1);
  if (positions.length === 0 || positions.length < prose.length / 2) return picked;
  let first = Math.min(...positions);
  // A first paragraph full of links is passed over as a menu would be; short fragments above it are a byline or a date.
  for (
    let before = whole[first - 1];
    before && (before.kind === 'heading' || isProse(before));
    before = whole[first - 1]
  )
    first--;
  let last = Math.max(...positions);
  // Notes at the end of a text; what readers wrote below it begins with a heading or a name, a foot with its owner.
  for (let after = whole[last + 1]; after && isProse(after) && !owner.test(after.text); after = whole[last + 1]) last++;
  const blocks = whole.slice(first, last + 1);
  return proseLength(blocks) < proseLength(picked) * 0.95 ? picked : blocks;
}

const owner = /©|\bcopyright\b|all rights reserved/i;

/** The innermost element that holds nearly all running text of the page. */
function narrowest(body: DomElement): DomElement {
  let element = body;
  let size = proseLength(blocksOf(body));
  for (;;) {
    let inner: DomElement | null = null;
    for (let child = element.firstChild; child !== null; child = child.nextSibling) {
      if (child.nodeType !== 1) continue;
      const childSize = proseLength(blocksOf(child as DomElement));
      if (childSize < size * 0.9 || childSize === 0) continue;
      inner = child as DomElement;
      size = childSize;
      break;
    }
    if (inner === null) return element;
    element = inner;
  }
}

/** Running text, without headings, code, and short fragments such as menu entries. */
function isProse({ kind, text }: Block): boolean {
  return kind !== 'heading' && kind !== 'code' && (text.length >= 60 || /[.!?。！？]$/.test(text));
}

/** Characters of running text. */
function proseLength(blocks: Block[]): number {
  return blocks.reduce((length, block) => length + (isProse(block) ? block.text.length : 0), 0);
}

/** The title is a field of the document: repeated as first heading it would only lengthen every heading path. */
function withoutTitle(blocks: Block[], title: string): Block[] {
  const [first, ...rest] = blocks;
  return first?.kind === 'heading' && first.text === title ? rest : blocks;
}
