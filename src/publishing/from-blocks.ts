import type { Element, Root } from 'hast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { isFootnotes, type KeptBlock, keptBlockMark, keptBlockOf, renderMarkdown } from '../articles/markdown.ts';
import { blockToMarkdown, htmlTreeToMarkdown } from '../wordpress/block-to-markdown.ts';
import { toBlocks } from '../wordpress/blocks.ts';
import { parseBlocks, type TopBlock } from '../wordpress/parse-blocks.ts';
import { blockKey, readHtml } from '../wordpress/same-post.ts';
import { alignment } from './alignment.ts';
import { blockDigest, isForeign, isStructuredData, keptBlock } from './kept-blocks.ts';

/** The text of a post as Markdown. */
export interface ReadPost {
  markdown: string;
  /** Formatting that Markdown cannot hold. It stays on the site as long as the words there are not changed here. */
  lost: string[];
  /** Blocks that Markdown has no form for and the article did not know: it now says that they are kept as they are. */
  foreign: KeptBlock[];
}

/** A piece of the article's Markdown at its top level, and the blocks that it became. */
interface Segment {
  from: number;
  to: number;
  keys: string[];
  /** For a footnote's text. */
  note?: string;
  /** For a block of the site: its digest. */
  kept?: string;
  isList: boolean;
}

const parser = unified().use(remarkParse).use(remarkGfm);

/**
 * Brings the text of a post back to Markdown, by the article that the post was made of: a block that still reads as it
 * was written keeps the article's own Markdown, byte for byte, with its footnotes; one that was changed or added is
 * converted, or named where Markdown has no form for it ({@link keptBlockMark}); one that is gone is gone. Text of the classic editor is read by its paragraphs. `sentContent` is what the site
 * gave back after we had written it: what it stored in its own way (addresses of images) then counts as unchanged.
 */
export function readPost(articleMarkdown: string, content: string, sentContent = ''): ReadPost {
  const { segments, notes } = segmentsOf(articleMarkdown);
  const named = new Set(segments.flatMap(({ kept }) => kept ?? []));
  const keyOf = (block: TopBlock) => {
    const digest = named.size > 0 ? blockDigest(block) : '';
    return named.has(digest) ? keptKey(digest) : blockKey(block);
  };
  const theirs = shownBlocks(content).filter((block) => !isStructuredData(block));
  const theirKeys = theirs.map(keyOf);
  const shown = segments.flatMap((segment, index) => segment.keys.map((key) => ({ key, segment: index })));
  const ourKeys = asSent([...shown.map(({ key }) => key), ...notes.keys], shownBlocks(sentContent).map(keyOf));
  const pairs = alignment(ourKeys, theirKeys);

  const writer = new MarkdownWriter(articleMarkdown, segments);
  const changedNotes = new Map<string, string>();
  let here = 0;
  for (let index = 0; index < theirs.length; index += 1) {
    const block = theirs[index] as TopBlock;
    const ours = pairs.get(index);
    // The heading and the list of the footnotes are made anew from the notes.
    if (ours !== undefined && ours >= shown.length) continue;
    const whole = ours === undefined ? undefined : wholeSegment(shown, segments, pairs, index, ours);
    if (whole !== undefined) {
      writer.passTo(whole, here);
      writer.own(whole);
      here = whole + 1;
      index += (segments[whole] as Segment).keys.length - 1;
      continue;
    }
    if (ours !== undefined) {
      const at = shown[ours]?.segment ?? here;
      writer.passTo(at, here);
      here = Math.max(here, at);
    }
    const items = notes.keys.length > 0 || block.html.includes('note-fn-') ? readNotes(block) : undefined;
    if (items) {
      for (const [id, text] of items) changedNotes.set(id, text);
      continue;
    }
    if (isNotesHeading(theirs, index, pairs)) {
      if (!notes.keys.includes(theirKeys[index] ?? '')) writer.lost.add('the heading of the footnotes');
      continue;
    }
    writer.converted(block);
  }
  writer.passTo(segments.length, here);
  return writer.end(changedNotes);
}

const shownBlocks = (content: string) =>
  parseBlocks(content).filter((block) => blockKey(block) !== '' && blockKey(block) !== '<p></p>');

/** Our blocks in the form in which the site holds them, where one with the same words stands in the same order. */
function asSent(keys: readonly string[], sent: readonly string[]): string[] {
  const words = (key: string) => `${/^<\w+/.exec(key)?.[0]} ${key.replace(/<[^>]*>/g, '')}`;
  const pairs = alignment(keys.map(words), sent.map(words));
  const stored = [...keys];
  for (const [there, here] of pairs) stored[here] = sent[there] as string;
  return stored;
}

/** Top-level pieces of Markdown, each with its own source, in order; white space between them is dropped. */
export function paragraphsOf(markdown: string): string[] {
  return nodesOf(markdown).map(({ from, to }) => markdown.slice(from, to));
}

function nodesOf(markdown: string) {
  return parser.parse(markdown).children.map((node) => ({
    node,
    from: node.position?.start.offset ?? 0,
    to: node.position?.end.offset ?? 0,
  }));
}

function segmentsOf(markdown: string): { segments: Segment[]; notes: { keys: string[] } } {
  const segments: Segment[] = nodesOf(markdown).map(({ node, from, to }) => ({
    from,
    to,
    keys: [],
    isList: node.type === 'list',
    ...keptIn(node),
    ...(node.type === 'footnoteDefinition' ? { note: node.identifier.toLowerCase() } : {}),
  }));
  const { tree } = renderMarkdown(markdown);
  const notes: { keys: string[] } = { keys: [] };
  let last: Segment | undefined;
  for (const child of tree.children) {
    if (child.type !== 'element' && !(child.type === 'text' && child.value.trim() !== '')) continue;
    const kept = child.type === 'element' ? keptBlockOf(child) : undefined;
    const keys = kept ? [keptKey(kept.digest)] : keysOf({ type: 'root', children: [child] });
    if (child.type === 'element' && isFootnotes(child)) {
      notes.keys = keys;
      continue;
    }
    const at = child.position?.start.offset;
    last = (at === undefined ? undefined : segments.find(({ from, to }) => at >= from && at < to)) ?? last;
    (last ?? segments[0])?.keys.push(...keys);
  }
  return { segments, notes };
}

const keptKey = (digest: string) => `kept ${digest}`;

function keptIn(node: Parameters<typeof keptBlockOf>[0]): { kept?: string } {
  const kept = keptBlockOf(node);
  return kept ? { kept: kept.digest } : {};
}

const keysOf = (tree: Root) => shownBlocks(toBlocks(tree)).map(blockKey);

/** The segment whose blocks all stand here in a row, or undefined. */
function wholeSegment(
  shown: readonly { segment: number }[],
  segments: readonly Segment[],
  pairs: ReadonlyMap<number, number>,
  theirs: number,
  ours: number,
): number | undefined {
  const at = shown[ours]?.segment;
  if (at === undefined || (ours > 0 && shown[ours - 1]?.segment === at)) return undefined;
  const { length } = (segments[at] as Segment).keys;
  for (let offset = 1; offset < length; offset += 1) {
    if (pairs.get(theirs + offset) !== ours + offset) return undefined;
  }
  return at;
}

/** Whether a heading has nothing below it but the list of the footnotes. */
function isNotesHeading(theirs: readonly TopBlock[], index: number, pairs: ReadonlyMap<number, number>): boolean {
  const [here, next] = [theirs[index], theirs[index + 1]];
  if (!here || !next || !/^<h[1-6]\b/i.test(here.html)) return false;
  return !pairs.has(index) && readNotes(next) !== undefined;
}

/** The texts of a list of footnotes by their ids, as Markdown; undefined for any other block. */
function readNotes({ html }: TopBlock): Map<string, string> | undefined {
  if (!html.includes('note-fn-')) return undefined;
  const list = readHtml(html).children.find((child) => child.type === 'element' && child.tagName === 'ol');
  if (list?.type !== 'element') return undefined;
  const notes = new Map<string, string>();
  for (const item of list.children) {
    if (item.type !== 'element') continue;
    const mark = item.children.find((child) => child.type === 'element' && /^note-fn-/.test(idOf(child)));
    const id = mark?.type === 'element' ? idOf(mark).slice('note-fn-'.length) : '';
    // A source that was added there by hand has no mark: then it is a list like any other.
    if (id === '') return undefined;
    const children = item.children.filter((child) => child !== mark);
    notes.set(id, htmlTreeToMarkdown({ type: 'root', children }));
  }
  return notes;
}

const idOf = (node: Element) => String(node.properties.id ?? '');

/** Puts the Markdown together: own pieces with the space that stood between them, converted ones between empty lines. */
class MarkdownWriter {
  readonly lost = new Set<string>();
  private readonly foreign: KeptBlock[] = [];
  private readonly pieces: { text: string; segment?: number; isList: boolean }[] = [];
  private readonly source: string;
  private readonly segments: readonly Segment[];

  constructor(source: string, segments: readonly Segment[]) {
    this.source = source;
    this.segments = segments;
  }

  own(segment: number): void {
    const { from, to, isList } = this.segments[segment] as Segment;
    this.pieces.push({ text: this.source.slice(from, to), segment, isList });
  }

  /** Keeps what shows nothing itself (definitions of links and footnotes) of the segments that are passed. */
  passTo(segment: number, from: number): void {
    for (let index = from; index < segment; index += 1) {
      const { keys, to, from: start } = this.segments[index] as Segment;
      if (keys.length === 0 && to > start) this.own(index);
    }
  }

  converted(block: TopBlock): void {
    if (isForeign(block)) {
      const kept = keptBlock(block);
      this.foreign.push(kept);
      this.pieces.push({ text: keptBlockMark(kept), isList: false });
      return;
    }
    const { markdown, lost } = blockToMarkdown(block);
    for (const one of lost) this.lost.add(one);
    if (markdown !== '')
      this.pieces.push({ text: markdown, isList: block.name === 'list' || /^<[uo]l\b/.test(block.html) });
  }

  end(changedNotes: ReadonlyMap<string, string>): ReadPost {
    const { segments, source } = this;
    const defined = new Set<string>();
    let markdown = '';
    for (const [index, piece] of this.pieces.entries()) {
      const before = this.pieces[index - 1];
      const note = piece.segment === undefined ? undefined : segments[piece.segment]?.note;
      if (note !== undefined) defined.add(note);
      const changed = note === undefined ? undefined : changedNotes.get(note);
      const text =
        changed === undefined || sameNote(piece.text, changed) ? piece.text : definition(note ?? '', changed);
      markdown += this.gap(before, piece) + text;
    }
    for (const [id, text] of changedNotes) if (!defined.has(id)) markdown += `\n\n${definition(id, text)}`;
    const last = this.pieces.at(-1)?.segment;
    if (last !== undefined && last === segments.length - 1)
      markdown += source.slice(segments[last]?.to ?? source.length);
    else if (markdown !== '' && !markdown.endsWith('\n')) markdown += '\n';
    return { markdown, lost: [...this.lost], foreign: this.foreign };
  }

  private gap(before: { segment?: number; isList: boolean } | undefined, here: { segment?: number; isList: boolean }) {
    const { segments, source } = this;
    if (!before) return here.segment === 0 ? source.slice(0, segments[0]?.from ?? 0) : '';
    if (before.segment !== undefined && here.segment === before.segment + 1) {
      return source.slice(segments[before.segment]?.to, segments[here.segment]?.from);
    }
    // Two lists in a row would become one.
    return before.isList && here.isList ? '\n\n<!-- -->\n\n' : '\n\n';
  }
}

const definition = (id: string, text: string) => `[^${id}]: ${text.replace(/\n(?=[^\n])/g, '\n    ')}`;

/** Whether a footnote's definition says in Markdown what the post says. */
function sameNote(source: string, text: string): boolean {
  const { tree } = renderMarkdown(`x[^n]\n\n${source.replace(/^\[\^[^\]]+\]:/, '[^n]:')}`);
  const section = tree.children.find((child) => child.type === 'element' && isFootnotes(child));
  const block = section && parseBlocks(toBlocks({ type: 'root', children: [section] })).at(-1);
  return block !== undefined && readNotes(block)?.get('n') === text;
}
