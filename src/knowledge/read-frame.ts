import { decodeHtml } from './decode-html.ts';
import type { DomElement, DomNode } from './html-blocks.ts';
import type { DomDocument } from './page-metadata.ts';
import { parse, refuseComplex } from './read-html.ts';
import type { SourceInput } from './read-source.ts';
import { type Refusal, refuse } from './refusal.ts';
import { sniff } from './sniff.ts';

/** Where the parts of an article stand in a page of its kind. */
export const frameSlots = ['title', 'content', 'image', 'terms'] as const;
export type FrameSlot = (typeof frameSlots)[number];

/** An element that an article stands in, without anything else that it holds. */
export interface FrameNode {
  tag: string;
  id: string;
  className: string;
  style: string;
  /** The part that takes the place of what it held; null for what only surrounds. */
  slot: FrameSlot | null;
  children: FrameNode[];
}

/** A style sheet by its address, or as it stands in the page. */
export type PageStyle = { media: string | null } & ({ href: string } | { css: string });

/** What a page puts around its article. */
export interface PageFrame {
  htmlClass: string;
  bodyClass: string;
  bodyStyle: string;
  /** What stands in the body; none where the article could not be found in it. */
  body: FrameNode[];
  styles: PageStyle[];
}

/** By the class names of WordPress and its themes, block themes first. */
const selectors: Record<FrameSlot, readonly string[]> = {
  content: ['.wp-block-post-content', '.entry-content', '.post-content', '[itemprop="articleBody"]'],
  title: ['h1.wp-block-post-title', 'h1.entry-title', 'h1.post-title', '.wp-block-post-title', '.entry-title'],
  image: ['.wp-block-post-featured-image', '.post-thumbnail', '.entry-thumbnail', '.featured-image'],
  terms: ['.wp-block-post-terms', '.cat-links', '.entry-categories', '.post-categories'],
};
/** Elements that a frame is made of; any other becomes a div. */
const tags = new Set('div main article section header figure h1 h2 h3 p span ul'.split(' '));
const mostStyles = 60;
const longestAttribute = 2_000;

/**
 * Reads what frames the article of a page, where it is called: meant for a process that can be killed. Menus, side bars,
 * scripts and words of the page are not part of it.
 */
export function readFrame({ content, contentType, url, maxDepth }: SourceInput): PageFrame | Refusal {
  if (typeof content !== 'string' && sniff(content).kind !== 'text') return refuse('not_text', 'It is not a web page.');
  const html = typeof content === 'string' ? content : decodeHtml(content, contentType);
  const tooComplex = refuseComplex(html, maxDepth);
  if (tooComplex !== null) return tooComplex;
  const document = parse(html);
  const { body, documentElement } = document;
  const slots = body ? slotsOf(document) : new Map<DomElement, FrameSlot>();
  return {
    htmlClass: short(documentElement.getAttribute('class')),
    bodyClass: short(body?.getAttribute('class') ?? null),
    bodyStyle: short(body?.getAttribute('style') ?? null),
    body: body && slots.size > 0 ? childrenOf(body, slots) : [],
    styles: stylesOf(document, url),
  };
}

/** The first element for each part, content first: what stands in the content of a post is none of its own parts. */
function slotsOf(document: DomDocument): Map<DomElement, FrameSlot> {
  const slots = new Map<DomElement, FrameSlot>();
  const content = firstOf(document, selectors.content, () => true);
  if (!content) return slots;
  slots.set(content, 'content');
  const inside = new Set(Array.from(content.querySelectorAll('*')));
  for (const slot of ['title', 'image', 'terms'] as const) {
    const found = firstOf(document, selectors[slot], (element) => !inside.has(element) && !slots.has(element));
    // A title that surrounds the content would swallow it.
    if (found && !Array.from(found.querySelectorAll('*')).includes(content)) slots.set(found, slot);
  }
  return slots;
}

function firstOf(
  document: DomDocument,
  wanted: readonly string[],
  fits: (element: DomElement) => boolean,
): DomElement | null {
  for (const selector of wanted) {
    const found = Array.from(document.querySelectorAll(selector)).find(fits);
    if (found) return found;
  }
  return null;
}

const isElement = (node: DomNode): node is DomElement => node.nodeType === 1;

function childrenOf(parent: DomElement, slots: ReadonlyMap<DomElement, FrameSlot>): FrameNode[] {
  const nodes: FrameNode[] = [];
  for (let child = parent.firstChild; child; child = child.nextSibling) {
    if (!isElement(child)) continue;
    const slot = slots.get(child) ?? null;
    const children = slot === null ? childrenOf(child, slots) : [];
    if (slot === null && children.length === 0) continue;
    nodes.push({
      tag: tags.has(child.localName) ? child.localName : 'div',
      id: short(child.getAttribute('id')),
      className: short(child.getAttribute('class')),
      style: short(child.getAttribute('style')),
      slot,
      children,
    });
  }
  return nodes;
}

const short = (text: string | null) => (text ?? '').slice(0, longestAttribute);

function stylesOf(document: DomDocument, base: string | null): PageStyle[] {
  const elements = Array.from(document.querySelectorAll('style, link[rel~="stylesheet"][href]')).slice(0, mostStyles);
  return elements.flatMap((element): PageStyle[] => {
    const media = element.getAttribute('media');
    if (element.localName === 'style') return [{ media, css: element.textContent ?? '' }];
    const href = URL.parse(element.getAttribute('href') ?? '', base ?? undefined)?.href;
    return href && /^https?:/.test(href) ? [{ media, href }] : [];
  });
}
