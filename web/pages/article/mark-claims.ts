import type { Claim } from '@/api/client/types.gen.ts';
import { findSentence, type Segment } from './find-sentence.ts';
import { foreignHost, namedImage } from './foreign-image.ts';

/** The article's HTML with every claim's sentence wrapped, and which claims were found in it. */
export interface MarkedArticle {
  html: string;
  found: ReadonlySet<string>;
}

/**
 * Wraps the sentence of each claim in spans (`data-claim`, `data-verdict`) so that it can be pointed at, and lets links to
 * other sites open beside the app; images of other sites are named instead of shown. Works on the server's sanitised HTML in
 * a document that is never shown, and adds nothing but attributes and text, so what was safe stays safe.
 */
export function markClaims(html: string, claims: readonly Claim[]): MarkedArticle {
  const page = new DOMParser().parseFromString(html, 'text/html');
  for (const link of page.querySelectorAll<HTMLAnchorElement>('a[href]')) {
    if (!/^https?:/i.test(link.getAttribute('href') ?? '')) continue;
    link.target = '_blank';
    link.relList.add('noopener', 'noreferrer');
  }
  for (const image of page.querySelectorAll('img')) {
    const src = image.getAttribute('src') ?? '';
    const host = foreignHost(src, window.location.origin);
    if (host !== null) image.replaceWith(namedImage(page, { src, alt: image.alt }, host, !image.closest('a')));
  }
  for (const box of page.querySelectorAll('input[type="checkbox"]'))
    box.setAttribute('aria-label', box.hasAttribute('checked') ? '☑' : '☐');

  const nodes = textNodes(page.body);
  const texts = nodes.map((node) => node.data);
  const wraps = new Map<number, (Segment & { claim: Claim })[]>();
  const found = new Set<string>();
  let last: Segment | undefined;
  for (const claim of claims) {
    if (claim.outcome === 'removed') continue;
    // Claims come in reading order: look after the last one first, so that a repeated sentence is found in its own place.
    const forward = last ? findSentence(texts, claim.text, last) : [];
    const segments = forward.length > 0 ? forward : findSentence(texts, claim.text);
    if (segments.length === 0 || segments.some((segment) => overlaps(wraps.get(segment.index), segment))) continue;
    for (const segment of segments)
      wraps.set(segment.index, [...(wraps.get(segment.index) ?? []), { ...segment, claim }]);
    found.add(claim.id);
    last = segments.at(-1);
  }
  for (const [index, segments] of wraps) {
    const node = nodes[index];
    if (node)
      wrap(
        page,
        node,
        segments.toSorted((a, b) => b.start - a.start),
      );
  }
  return { html: page.body.innerHTML, found };
}

function textNodes(root: HTMLElement): Text[] {
  const nodes: Text[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    // Footnote numbers stand inside sentences, and the footnotes quote them: neither is the text itself.
    if (!node.parentElement?.closest('.footnotes, sup:has(> [data-footnote-ref])')) nodes.push(node as Text);
  }
  return nodes;
}

function overlaps(others: readonly Segment[] | undefined, { start, end }: Segment): boolean {
  return others?.some((other) => other.start < end && start < other.end) ?? false;
}

/** From the last one to the first, so that the places of the earlier ones stay right. */
function wrap(page: Document, node: Text, segments: (Segment & { claim: Claim })[]): void {
  for (const { start, end, claim } of segments) {
    const sentence = node.splitText(start);
    sentence.splitText(end - start);
    const span = page.createElement('span');
    span.className = 'claim';
    span.dataset.claim = claim.id;
    span.dataset.verdict = claim.verdict;
    sentence.replaceWith(span);
    span.append(sentence);
  }
}
