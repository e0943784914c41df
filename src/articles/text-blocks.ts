import type { Nodes, Root } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { remember } from '../text/remember.ts';
import { splitSentences } from '../text/sentences.ts';

/** A stretch of a Markdown text, in UTF-16 units: from `start` up to but not including `end`. */
export interface TextRange {
  start: number;
  end: number;
}

/** A heading, paragraph, item or cell as a reader reads it, and where it stands. */
export interface TextBlock extends TextRange {
  type: 'heading' | 'paragraph';
  /** Of a heading 1 to 6, else 0. */
  level: number;
  text: string;
  /** Where each character of `text` stands in the Markdown. */
  offsets: number[];
}

/** A sentence of a text and where it stands in the Markdown, without the footnote marks behind it. */
export interface PlacedSentence extends TextRange {
  text: string;
}

/** What a text consists of, read from its Markdown once. */
export interface ReadText {
  tree: Root;
  blocks: TextBlock[];
  images: (TextRange & { alt: string })[];
  /** The footnotes that the text points at and that exist, each once. */
  footnotes: Set<string>;
}

/** Reads the blocks of a Markdown text, which may have been `parsed` before. It has been let through by `renderMarkdown`: this does not refuse hostile shapes. */
export function readText(markdown: string, parsed?: Root): ReadText {
  const tree = parsed ?? unified().use(remarkParse).use(remarkGfm).parse(markdown);
  const read: ReadText = { tree, blocks: [], images: [], footnotes: new Set() };
  const marks = new Set<string>();
  const notes = new Set<string>();
  const visit = (node: Nodes): void => {
    if (node.type === 'footnoteDefinition') {
      notes.add(node.identifier);
      return;
    }
    if (node.type === 'heading' || node.type === 'paragraph' || node.type === 'tableCell') {
      const block = readBlock(node, markdown, read, marks);
      if (block.text.trim() !== '') read.blocks.push(block);
      return;
    }
    if ('children' in node) for (const child of node.children) visit(child);
  };
  visit(tree);
  for (const mark of marks) if (notes.has(mark)) read.footnotes.add(mark);
  return read;
}

function readBlock(
  node: Extract<Nodes, { type: 'heading' | 'paragraph' | 'tableCell' }>,
  markdown: string,
  read: ReadText,
  marks: Set<string>,
): TextBlock {
  const block: TextBlock = {
    type: node.type === 'heading' ? 'heading' : 'paragraph',
    level: node.type === 'heading' ? node.depth : 0,
    start: node.position?.start.offset ?? 0,
    end: node.position?.end.offset ?? 0,
    text: '',
    offsets: [],
  };
  const visit = (inner: Nodes): void => {
    const start = inner.position?.start.offset ?? block.start;
    const end = inner.position?.end.offset ?? start;
    if (inner.type === 'text') append(block, inner.value, markdown, start, end);
    // The value of code stands behind its backticks.
    else if (inner.type === 'inlineCode') append(block, inner.value, markdown, start, end);
    else if (inner.type === 'break') append(block, ' ', markdown, start, end);
    else if (inner.type === 'footnoteReference') marks.add(inner.identifier);
    else if (inner.type === 'image') read.images.push({ start, end, alt: inner.alt ?? '' });
    else if ('children' in inner) for (const child of inner.children) visit(child);
  };
  visit(node);
  return block;
}

/** Escapes, backticks and the beginnings of lines in quotes and lists are shorter than this. */
const stepOver = 40;

/** Appends a value with the place of each of its characters: escapes, entities and the marks of quotes are stepped over. */
function append(block: TextBlock, value: string, markdown: string, start: number, end: number): void {
  block.text += value;
  // Most texts stand in the Markdown as they are.
  if (markdown.startsWith(value, start) && start + value.length <= end) {
    for (let index = 0; index < value.length; index++) block.offsets.push(start + index);
    return;
  }
  let at = start;
  for (let index = 0; index < value.length; index++) {
    const near = markdown.slice(at, Math.min(end, at + stepOver));
    const found = near.indexOf(value[index] ?? '');
    block.offsets.push(Math.min(at + Math.max(0, found), Math.max(start, end - 1)));
    // What an entity stands for is found nowhere: the entity itself is where it stands.
    if (found < 0) at += /^&#?\w+;/.exec(near)?.[0].length ?? 0;
    else at += found + 1;
  }
}

/** The sentences of a text, before which its language stands on a line of its own. */
const sentencesIn = remember(5_000, (text): readonly string[] => {
  const end = text.indexOf('\n');
  return splitSentences(text.slice(end + 1), text.slice(0, end) || null);
});

/** The sentences of a block with their places. */
export function sentencesOf(block: TextBlock, language: string | null): PlacedSentence[] {
  let from = 0;
  return sentencesIn(`${language ?? ''}\n${block.text}`).flatMap((text) => {
    const index = block.text.indexOf(text, from);
    if (index < 0) return [];
    from = index + text.length;
    return [{ text, ...rangeOf(block, index, from) }];
  });
}

/** Where a piece of a block's text stands in the Markdown. */
export function rangeOf({ offsets, start, end }: TextBlock, from: number, to: number): TextRange {
  const last = offsets[to - 1];
  return { start: offsets[from] ?? start, end: last === undefined ? end : last + 1 };
}
