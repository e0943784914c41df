/** A block at the top level of a post, or text of the classic editor between blocks. */
export interface TopBlock {
  /** Without `core/`; null for text that stands in no block. */
  name: string | null;
  /** The JSON of the opening comment; empty when there is none. */
  attributes: string;
  /** What stands between its comments, with the comments of the blocks inside. */
  html: string;
  /** All of it as it stands in the post, its own comments included. */
  raw: string;
}

const opening = /<!--\s+(\/?)wp:([a-z][a-z0-9_-]*(?:\/[a-z][a-z0-9_-]*)?)(?=[\s/-])/g;

interface BlockComment {
  closing: boolean;
  selfClosing: boolean;
  name: string;
  attributes: string;
  from: number;
  to: number;
}

/** Attributes hold no `--` (WordPress escapes it), so the first `-->` ends a comment. */
function* commentsOf(content: string): Generator<BlockComment> {
  let last = 0;
  for (const match of content.matchAll(opening)) {
    if (match.index < last) continue;
    const after = match.index + match[0].length;
    const end = content.indexOf('-->', after);
    // Without this, text full of openings that never end would cost quadratic time.
    if (end < 0) return;
    last = end + 3;
    const rest = content.slice(after, end).trim();
    const selfClosing = rest.endsWith('/');
    yield {
      closing: match[1] === '/',
      selfClosing,
      name: (match[2] ?? '').replace(/^core\//, ''),
      attributes: (selfClosing ? rest.slice(0, -1) : rest).trim(),
      from: match.index,
      to: last,
    };
  }
}

/**
 * Takes a post apart at its top level, as WordPress's own parser does: what is inside a block stays whole, an unclosed
 * block reaches to the end, text outside of blocks is a block without a name. White space between blocks is dropped.
 */
export function parseBlocks(content: string): TopBlock[] {
  const blocks: TopBlock[] = [];
  let depth = 0;
  let open: BlockComment | undefined;
  let end = 0;
  const loose = (until: number) => {
    const html = content.slice(end, until).trim();
    if (html !== '') blocks.push(...classicParagraphs(html));
  };
  const close = ({ name, attributes, from, to }: BlockComment, until: number, all: number) =>
    blocks.push({ name, attributes, html: content.slice(to, until).trim(), raw: content.slice(from, all) });
  for (const comment of commentsOf(content)) {
    if (comment.closing) {
      depth = Math.max(0, depth - 1);
      if (depth > 0 || !open) continue;
      close(open, comment.from, comment.to);
      open = undefined;
      end = comment.to;
      continue;
    }
    if (depth === 0) loose(comment.from);
    if (comment.selfClosing) {
      if (depth > 0) continue;
      const { name, attributes, from, to } = comment;
      blocks.push({ name, attributes, html: '', raw: content.slice(from, to) });
      end = comment.to;
      continue;
    }
    if (depth === 0) open = comment;
    depth += 1;
  }
  if (open) close(open, content.length, content.length);
  else loose(content.length);
  return blocks;
}

/** Blocks that Markdown holds whole. */
const held = new Set(
  'paragraph heading list list-item quote code preformatted table separator image details html freeform'.split(' '),
);

/** Whether a block is of a kind that Markdown has a form for, with all the blocks inside of it. */
export function isHeld({ name, html }: Pick<TopBlock, 'name' | 'html'>): boolean {
  if (name !== null && !held.has(name)) return false;
  for (const inner of commentsOf(html)) if (!held.has(inner.name)) return false;
  return true;
}

const blockTag =
  /^<\/?(?:table|thead|tfoot|caption|col|colgroup|tbody|tr|td|th|div|dl|dd|dt|ul|ol|li|pre|form|map|area|blockquote|address|p|h[1-6]|hr|fieldset|section|article|aside|header|footer|nav|figure|figcaption|details|summary)\b/i;

/** Text of the classic editor has paragraphs where lines are empty; WordPress makes them when it shows the post. */
function classicParagraphs(text: string): TopBlock[] {
  // Preformatted text may hold empty lines of its own, and so may whatever else was opened before them.
  const pieces = /<(?:pre|table|ul|ol|div|blockquote|section|details)\b/i.test(text)
    ? splitOutsideTags(text)
    : text.split(/\n\s*\n/);
  return pieces
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
    .map((piece) => ({
      name: null,
      attributes: '',
      raw: piece,
      html: blockTag.test(piece) ? piece : `<p>${piece.replaceAll('\n', '<br>\n')}</p>`,
    }));
}

function splitOutsideTags(text: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  let depth = 0;
  for (const part of text.split(/(\n\s*\n)/)) {
    const empty = /^\n\s*\n$/.test(part);
    if (empty && depth <= 0) {
      pieces.push(piece);
      piece = '';
      continue;
    }
    for (const [, slash] of part.matchAll(/<(\/?)(?:pre|table|ul|ol|div|blockquote|section|details)\b/gi)) {
      depth += slash ? -1 : 1;
    }
    piece += part;
  }
  return [...pieces, piece];
}
