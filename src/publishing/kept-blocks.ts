import { createHash } from 'node:crypto';
import type { KeptBlock } from '../articles/markdown.ts';
import { renderMarkdown } from '../articles/markdown.ts';
import { blockToMarkdown } from '../wordpress/block-to-markdown.ts';
import { hasMarker, toBlocks } from '../wordpress/blocks.ts';
import { isHeld, parseBlocks, type TopBlock } from '../wordpress/parse-blocks.ts';
import { blockKey, readHtml } from '../wordpress/same-post.ts';
import { alignment } from './alignment.ts';

/** How a block of a site is told from all others: by the bytes of its markup. */
export const blockDigest = ({ raw }: Pick<TopBlock, 'raw'>): string =>
  createHash('sha256').update(raw).digest('hex').slice(0, 16);

/** The structured data that we write, or a plugin: no part of the text. */
export const isStructuredData = ({ html }: Pick<TopBlock, 'html'>): boolean =>
  /<script type="application\/ld\+json"/.test(html);

/** A paragraph that is nothing but a shortcode, which Markdown would show instead of running it. */
const shortcode = /^<p[^>]*>\s*\[\w[^<]*\]\s*<\/p>$/;
/** What a rendered article never holds. */
const stripped = /<(?:script|style|iframe|object|embed|video|audio|form|svg|canvas)\b/i;

/**
 * Whether Markdown has no form for a block, so that it is kept as it stands: a gallery, columns, a shortcode, HTML that an
 * article may not hold.
 */
export function isForeign(block: TopBlock): boolean {
  const { name, html } = block;
  if (isStructuredData(block)) return false;
  if (!isHeld(block) || shortcode.test(html) || stripped.test(html)) return true;
  return (name === 'html' || name === 'freeform') && !comesBack(block);
}

/** Whether HTML is the same after it has been an article's. */
function comesBack(block: TopBlock): boolean {
  const { tree } = renderMarkdown(blockToMarkdown(block).markdown);
  const again = parseBlocks(toBlocks(tree));
  return again.length === 1 && again[0] !== undefined && blockKey(again[0]) === blockKey(block);
}

export const keptBlock = (block: TopBlock): KeptBlock => ({ name: nameOf(block), digest: blockDigest(block) });
const nameOf = ({ name }: TopBlock) => name ?? 'html';

/** The blocks of contents of one post by their digests, for the places in an article that stand for them. */
export function keptBlocks(...contents: (string | undefined)[]): Map<string, string> {
  const blocks = contents.flatMap((content) => (content ? parseBlocks(content) : []));
  return new Map(blocks.map((block) => [blockDigest(block), block.raw]));
}

/**
 * Takes over from the post as it stands the blocks that read the same as ours: with alignment, colours, and whatever else
 * a person gave them there that Markdown cannot hold. `lost` names what of it goes, where the words have changed.
 */
export function withFormOf(ours: string, standing: string, marker: string): { content: string; lost: string[] } {
  const mine = parseBlocks(ours);
  const theirs = parseBlocks(standing).filter((block) => !isStructuredData(block));
  const [here, there] = [new Set(mine.map(({ raw }) => raw)), new Set(theirs.map(({ raw }) => raw))];
  const keys = (blocks: readonly TopBlock[], same: ReadonlySet<string>) =>
    blocks.map((block) => (same.has(block.raw) ? block.raw : readingOf(block)));
  const pairs = alignment(keys(mine, there), keys(theirs, here));
  const lost = new Set<string>();
  for (const [index, block] of theirs.entries()) {
    const at = pairs.get(index);
    const own = at === undefined ? undefined : mine[at];
    // Our marker stays where it is; elsewhere it makes no difference between two blocks.
    const isMarked = own !== undefined && hasMarker(own.raw, marker);
    const taken = own !== undefined && (!isMarked || hasMarker(block.raw, marker));
    if (at !== undefined && taken) {
      if (isMarked || unmarked(block.raw, marker) !== own.raw) mine[at] = block;
    } else if (isHeld(block)) for (const one of blockToMarkdown(block).lost) lost.add(one);
  }
  return { content: mine.map(({ raw }) => raw).join('\n\n'), lost: [...lost] };
}

const unmarked = (raw: string, marker: string) => raw.replace(` {"metadata":{"name":"${marker}"}}`, '');

/** What a block says: its Markdown, and its words (the number of a footnote is in them only). */
function readingOf(block: TopBlock): string {
  const { markdown } = blockToMarkdown(block);
  return JSON.stringify([markdown, textOf(readHtml(block.html))]);
}

function textOf(node: { type: string; value?: string; children?: unknown[] }): string {
  if (node.type === 'text') return (node.value ?? '').replace(/\s+/g, ' ');
  return (node.children ?? [])
    .map((child) => textOf(child as Parameters<typeof textOf>[0]))
    .join('')
    .trim();
}
