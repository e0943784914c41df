import type { BlockContent, DefinitionContent, ListItem, PhrasingContent, RootContent, Table } from 'mdast';
import { gfmToMarkdown } from 'mdast-util-gfm';
import { defaultHandlers, type Options, toMarkdown } from 'mdast-util-to-markdown';
import type { Mark, Node } from 'prosemirror-model';
import type { Origin, Origins, Style } from './origins.ts';
import { parse } from './parse.ts';
import { definitionText, visit } from './read.ts';
import type { Reference } from './schema.ts';

type Block = BlockContent | DefinitionContent;

/** What a block has to know of the document around it. */
interface Surroundings {
  style: Style;
  /** By identifier: what `[text][label]` leads to now. */
  definitions: ReadonlyMap<string, string>;
  /** Definitions and footnotes as a text, so that references in a single block are read as what they are. */
  labels: string;
  /** Whether addresses that were links without any mark may be written so. */
  bareLinks: boolean;
}

/** One block of the document as it is written. */
export interface WrittenBlock {
  /** Its position in the document, and its length. */
  from: number;
  size: number;
  text: string;
  /** What stands before it: blank lines, mostly. */
  before: string;
}

/** The document as Markdown: blocks that are as they were read are written as they stood there, byte for byte. */
export function writeMarkdown(origins: Origins, doc: Node): string {
  if (origins.whole?.doc.eq(doc)) return origins.whole.markdown;
  const { blocks, after } = writeBlocks(origins, doc);
  return blocks.map(({ before, text }) => before + text).join('') + after;
}

/** {@link writeMarkdown}, block by block; paragraphs with nothing in them are left out, as Markdown has none. */
export function writeBlocks(origins: Origins, doc: Node): { blocks: WrittenBlock[]; after: string } {
  const around = surroundingsOf(origins.style, doc);
  const { lineEnd } = around.style;
  const blocks: WrittenBlock[] = [];
  let last: { node: Node; id: number | null; kept: boolean; text: string } | null = null;
  let origin: Origin | undefined;
  const lastNode = doc.children.findLast((node) => !isEmpty(node));
  doc.forEach((node, from) => {
    if (isEmpty(node)) return;
    origin = origins.of(node);
    const id = origin ? (node.attrs.origin as number) : null;
    const follows = origin !== undefined && (last === null ? origin.previous === null : origin.previous === last.id);
    const isLastNow = node === lastNode;
    const kept =
      origin !== undefined &&
      unchanged(origin, node, around) &&
      ((follows && (last === null || last.kept)) || standsAnywhere(origin, node, last)) &&
      (isLastNow || origin.after === null || closes(node, origin.source));
    const text =
      kept && origin ? origin.source : writeBlock(origins, node, around, last, nextMarker(doc, from + node.nodeSize));
    let before = last === null ? '' : lineEnd.repeat(2);
    if (origin && follows && mayTouch(origin, node, kept, last)) before = origin.before;
    blocks.push({ from, size: node.nodeSize, text, before });
    last = { node, id, kept, text };
  });
  return { blocks, after: blocks.length === 0 ? '' : (origin?.after ?? lineEnd) };
}

const isEmpty = (node: Node) => node.type.name === 'paragraph' && node.textContent.trim() === '' && !hasAtoms(node);
const hasAtoms = (node: Node) => {
  let found = false;
  node.forEach((child) => {
    if (!child.isText && child.type.name !== 'hard_break') found = true;
  });
  return found;
};

function unchanged(origin: Origin, node: Node, { definitions }: Surroundings): boolean {
  if (!node.eq(origin.node)) return false;
  for (const [name, target] of origin.definitions) if (definitions.get(name) !== target) return false;
  return true;
}

/** True for a piece of source that means the same behind whatever stands before it now. */
function standsAnywhere({ source }: Origin, node: Node, last: { node: Node; text: string } | null): boolean {
  if (last === null) return true;
  // What is indented would belong to a list or footnote before it; two lists of one kind would be one.
  const holds = isList(last.node) || last.node.type.name === 'footnote';
  return (
    !(holds && /^[ \t]/.test(source)) && !(isList(node) && isList(last.node) && markOf(source) === markOf(last.text))
  );
}

/** The sign of a list's first item: `-`, or what stands behind its number. */
const markOf = (source: string) => /^\s*(?:[-*+]|\d+[.)])/.exec(source)?.[0].slice(-1) ?? '';

const isList = (node: Node) => node.type.name === 'bullet_list' || node.type.name === 'ordered_list';

/** False for code or HTML that nothing closes: at the end of a text it may be left open, elsewhere it would swallow the rest. */
function closes(node: Node, source: string): boolean {
  if (node.type.name === 'code_block')
    return /(?:^|\n)[ \t]*(?:`{3,}|~{3,})[ \t]*$/.test(source.slice(3)) || !node.attrs.fence;
  return node.type.name !== 'raw' || openEnd(source) === '';
}

/** What an HTML block lacks to end where it ends (CommonMark 4.6, kinds 1 to 5). */
function openEnd(source: string): string {
  const text = source.trimStart();
  const kinds: [RegExp, RegExp, string][] = [
    [/^<!--/, /-->/, '-->'],
    [/^<\?/, /\?>/, '?>'],
    [/^<!\[CDATA\[/, /\]\]>/, ']]>'],
    [/^<![a-z]/i, />/, '>'],
    [/^<(?:script|pre|style|textarea)(?:\s|>|$)/i, /<\/(?:script|pre|style|textarea)>/i, '</pre>'],
  ];
  for (const [begins, ends, end] of kinds) if (begins.test(text)) return ends.test(text) ? '' : end;
  return '';
}

/** Whether what stood between two blocks may go on standing there, now that one of them may be written anew. */
function mayTouch({ before }: Origin, node: Node, kept: boolean, last: { node: Node; kept: boolean } | null): boolean {
  if (last === null || (kept && last.kept) || /(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)/.test(before)) return true;
  // Without a blank line only what ends with its own line stays apart from the next one.
  const endsItself = ['heading', 'horizontal_rule', 'code_block'].includes(last.node.type.name);
  return (
    endsItself ||
    (last.node.type.name === node.type.name &&
      ['footnote', 'raw'].includes(node.type.name) &&
      node.attrs.kind !== 'html')
  );
}

/** The mark of an unchanged list that follows, which a list before it must not have as well. */
function nextMarker(doc: Node, from: number): Node | null {
  let next: Node | null = null;
  doc.nodesBetween(from, doc.content.size, (node, position) => {
    if (position >= from && next === null && !isEmpty(node)) next = node;
    return false;
  });
  return next;
}

/** The definitions and footnotes of a document as a text of `count` blocks: what references in a piece of it lead to. */
export function labelsOf(doc: Node): { text: string; count: number } {
  const labels = new Set<string>();
  doc.descendants((node) => {
    if (node.attrs.kind === 'definition') labels.add(String(node.attrs.source));
    if (node.type.name === 'footnote') labels.add(`[^${node.attrs.label}]: x`);
    return !node.isTextblock;
  });
  return { text: [...labels].join('\n\n'), count: labels.size };
}

function surroundingsOf(style: Style, doc: Node): Surroundings {
  const definitions = new Map<string, string>();
  const labels = new Set<string>();
  doc.descendants((node) => {
    const { definition } = node.type.name === 'raw' ? node.attrs : { definition: null };
    if (definition && !definitions.has(definition.identifier)) {
      definitions.set(definition.identifier, definitionText(definition));
      labels.add(`[${definition.label}]: <x>`);
    }
    if (node.type.name === 'footnote') labels.add(`[^${node.attrs.label}]: x`);
    return !node.isTextblock;
  });
  return { style, definitions, labels: [...labels].join('\n\n'), bareLinks: true };
}

function writeBlock(
  origins: Origins,
  node: Node,
  around: Surroundings,
  last: { node: Node; text: string } | null,
  next: Node | null,
): string {
  if (node.type.name === 'raw') return String(node.attrs.source) + (next ? openEnd(String(node.attrs.source)) : '');
  const markers = isList(node)
    ? markersFor(node, around.style, last, next)
    : { bullet: around.style.bullet, delimiter: around.style.delimiter };
  const context = JSON.stringify([markers, around.labels, around.style]);
  const known = origins.written.get(node);
  if (known?.context === context) return known.text;
  const text = loosen(written(node, around, markers), around.labels).replaceAll('\n', around.style.lineEnd);
  origins.written.set(node, { context, text });
  return text;
}

interface Markers {
  bullet: Style['bullet'];
  delimiter: Style['delimiter'];
}

/** Two lists that follow each other are two only as long as their marks differ. */
function markersFor(node: Node, style: Style, last: { node: Node; text: string } | null, next: Node | null): Markers {
  const own =
    node.type.name === 'bullet_list' ? (node.attrs.marker ?? style.bullet) : (node.attrs.delimiter ?? style.delimiter);
  const taken = new Set<string>();
  if (last?.node.type === node.type) {
    taken.add(markOf(last.text));
  }
  if (next?.type === node.type) taken.add(String(next.attrs.marker ?? next.attrs.delimiter));
  const choices: string[] = node.type.name === 'bullet_list' ? [own, '-', '*', '+'] : [own, '.', ')'];
  const chosen = choices.find((choice) => !taken.has(choice)) ?? own;
  return node.type.name === 'bullet_list'
    ? { bullet: chosen, delimiter: style.delimiter }
    : { bullet: style.bullet, delimiter: chosen };
}

/** Addresses that stood bare go on doing so, unless what stands beside them now would belong to them. */
function written(node: Node, around: Surroundings, markers: Markers): string {
  const marked = writeTree(node, { ...around, bareLinks: false }, markers);
  const bare = writeTree(node, { ...around, bareLinks: true }, markers);
  return bare === marked || meaningOf(bare, around.labels) === meaningOf(marked, around.labels) ? bare : marked;
}

function writeTree(node: Node, around: Surroundings, { bullet, delimiter }: Markers): string {
  const { style } = around;
  const table = node.type.name === 'table' ? node.attrs : { aligned: false, padded: true };
  const [tree] = blockTree(node, around);
  if (!tree) return '';
  const text = toMarkdown(tree, {
    extensions: [
      gfmToMarkdown({
        tablePipeAlign: table.aligned,
        tableCellPadding: table.padded,
        stringLength: (text) => [...text].length,
      }),
    ],
    bullet,
    bulletOther: bullet === '*' ? '-' : '*',
    bulletOrdered: delimiter,
    emphasis: style.emphasis,
    strong: style.strong,
    fence: style.fence,
    rule: style.rule,
    ruleRepetition: Math.max(3, style.ruleRepetition),
    ruleSpaces: style.ruleSpaces,
    listItemIndent: style.itemIndent,
    incrementListMarker: !(node.type.name === 'ordered_list' && node.attrs.same),
    resourceLink: false,
    handlers: ownHandlers,
  }).replace(/\n+$/, '');
  return node.type.name === 'table' ? withFullRule(text) : text;
}

/** `| --- |` as people write it, where the library writes `| - |`. */
function withFullRule(table: string): string {
  const [head = '', rule = '', ...rows] = table.split('\n');
  const full = rule.replace(/:?-+:?/g, (cell) =>
    cell.length >= 3 ? cell : cell.replace(/-+/, '-'.repeat(3 - cell.replace(/-/g, '').length)),
  );
  return [head, full, ...rows].join('\n');
}

/** Where the library knows one way for a whole text, a node says here which one is its own. */
const ownHandlers: Options['handlers'] = {
  heading(node, parent, state, info) {
    const before = state.options.setext;
    state.options.setext = node.data?.setext === true;
    const text = defaultHandlers.heading(node, parent, state, info);
    state.options.setext = before;
    return text;
  },
  code(node, parent, state, info) {
    const { fence, fences } = state.options;
    // Indented code has no name of its language, and must not be empty or begin or end with a blank line.
    state.options.fences = node.data?.fence !== null || /^\s*$|^[ \t]*\n|\n[ \t]*$/.test(node.value);
    state.options.fence = node.data?.fence || fence;
    const text = defaultHandlers.code(node, parent, state, info);
    Object.assign(state.options, { fence, fences });
    return text;
  },
  break(node, parent, state, info) {
    const text = defaultHandlers.break(node, parent, state, info);
    return text === '\\\n' && node.data?.spaces ? '  \n' : text;
  },
  link(node, parent, state, info) {
    return node.data?.literal ? node.data.literal : defaultHandlers.link(node, parent, state, info);
  },
};

declare module 'mdast' {
  interface HeadingData {
    setext?: boolean;
  }
  interface CodeData {
    fence?: '`' | '~' | '' | null;
  }
  interface BreakData {
    spaces?: boolean;
  }
  interface LinkData {
    /** Its text, which is linked without any mark. */
    literal?: string | undefined;
  }
}

function blockTree(node: Node, around: Surroundings): Block[] {
  const inside = () => childTrees(node, around);
  switch (node.type.name) {
    case 'paragraph':
      return [{ type: 'paragraph', children: phrases(node, around) }];
    case 'heading':
      return [
        {
          type: 'heading',
          depth: node.attrs.level,
          data: { setext: node.attrs.setext },
          children: phrases(node, around),
        },
      ];
    case 'blockquote':
      return [{ type: 'blockquote', children: inside() }];
    case 'bullet_list':
    case 'ordered_list': {
      const { spread, start } = node.attrs;
      const children: ListItem[] = [];
      node.forEach((item) => {
        const content = childTrees(item, around);
        const [only] = content;
        const empty = content.length === 1 && only?.type === 'paragraph' && only.children.length === 0;
        children.push({
          type: 'listItem',
          checked: item.attrs.checked,
          spread: item.attrs.spread,
          children: empty ? [] : content,
        });
      });
      const ordered = node.type.name === 'ordered_list';
      return [{ type: 'list', ordered, start: ordered ? start : null, spread, children }];
    }
    case 'code_block': {
      const { lang, meta, fence } = node.attrs;
      return [{ type: 'code', lang, meta, data: { fence }, value: node.textContent }];
    }
    case 'horizontal_rule':
      return [{ type: 'thematicBreak' }];
    case 'table':
      return [tableTree(node, around)];
    case 'footnote': {
      const { label } = node.attrs;
      return [{ type: 'footnoteDefinition', identifier: label, label, children: inside() }];
    }
    default:
      return [{ type: 'html', value: String(node.attrs.source) }];
  }
}

function childTrees(node: Node, around: Surroundings): Block[] {
  const children: Block[] = [];
  node.forEach((child) => {
    // A paragraph with nothing in it would be a blank line: it stays only where it is all there is.
    if (!isEmpty(child) || node.childCount === 1) children.push(...blockTree(child, around));
  });
  return children;
}

function tableTree(node: Node, around: Surroundings): Table {
  const align: NonNullable<Table['align']> = [];
  node.firstChild?.forEach((cell) => {
    align.push(cell.attrs.align);
  });
  const children: Table['children'] = [];
  node.forEach((row) => {
    const cells: Table['children'][number]['children'] = [];
    row.forEach((cell) => {
      cells.push({ type: 'tableCell', children: phrases(cell, around) });
    });
    children.push({ type: 'tableRow', children: cells });
  });
  return { type: 'table', align, children };
}

/** A piece of a line with the marks on it. */
interface Piece {
  node: Node;
  text: string;
  marks: readonly Mark[];
}

const nested = ['link', 'strong', 'em', 'strike'];

function phrases(block: Node, around: Surroundings): PhrasingContent[] {
  const pieces: Piece[] = [];
  block.forEach((node) => {
    const marks = node.marks.filter(({ type }) => nested.includes(type.name));
    const text = node.marks.some(({ type }) => type.name === 'wrap') ? '\n' : (node.text ?? '');
    pieces.push({ node, text, marks });
  });
  return nest(trim(withoutOuterBlanks(pieces)), around);
}

const isText = ({ node }: Piece) => node.isText && !isCode(node);
const isCode = (node: Node) => node.marks.some(({ type }) => type.name === 'code');

/** Blanks at the edge of emphasis would keep its marks from being read as such: they stand outside. */
function withoutOuterBlanks(pieces: Piece[]): Piece[] {
  let result = pieces;
  for (const name of ['strong', 'em', 'strike']) {
    const has = (piece: Piece | undefined) => piece?.marks.some(({ type }) => type.name === name) ?? false;
    const without = (piece: Piece, text: string): Piece => ({
      ...piece,
      text,
      marks: piece.marks.filter(({ type }) => type.name !== name),
    });
    const outer = (list: Piece[], side: 'start' | 'end') => {
      const ordered = side === 'start' ? list : list.toReversed();
      const moved: Piece[] = [];
      let inside = false;
      for (const piece of ordered) {
        if (!has(piece) || !isText(piece)) {
          inside = has(piece);
          moved.push(piece);
          continue;
        }
        if (inside) {
          moved.push(piece);
          continue;
        }
        const rest = side === 'start' ? piece.text.trimStart() : piece.text.trimEnd();
        const blanks =
          side === 'start' ? piece.text.slice(0, piece.text.length - rest.length) : piece.text.slice(rest.length);
        if (blanks) moved.push(without(piece, blanks));
        if (rest) moved.push({ ...piece, text: rest });
        inside = rest !== '';
      }
      return side === 'start' ? moved : moved.reverse();
    };
    result = outer(outer(result, 'start'), 'end');
  }
  return result;
}

/** Blanks at the beginning and end of a block, and around hard breaks, are nothing in Markdown. */
function trim(pieces: Piece[]): Piece[] {
  const isBreak = (piece: Piece | undefined) => piece === undefined || piece.node.type.name === 'hard_break';
  let result = pieces.filter((piece) => !piece.node.isText || piece.text !== '');
  for (let changed = true; changed; ) {
    const before = result;
    result = before.flatMap((piece, index) => {
      if (!isText(piece)) return piece;
      let { text } = piece;
      if (isBreak(before[index - 1])) text = text.replace(/^[ \t\r\n]+/, '');
      if (isBreak(before[index + 1])) text = text.replace(/[ \t\r\n]+$/, '');
      return text === '' ? [] : { ...piece, text };
    });
    // A break with nothing behind it is none.
    while (result.at(-1)?.node.type.name === 'hard_break') result = result.slice(0, -1);
    changed = result.length !== before.length;
  }
  return result;
}

/** Builds the tree of a line: marks that reach further stand around those that end earlier. */
function nest(pieces: Piece[], around: Surroundings): PhrasingContent[] {
  const result: PhrasingContent[] = [];
  for (let index = 0; index < pieces.length; ) {
    const piece = pieces[index];
    if (!piece) break;
    const reach = (mark: Mark) => {
      let end = index;
      while (pieces[end]?.marks.some((other) => other.eq(mark))) end += 1;
      return end;
    };
    const [mark] = piece.marks.toSorted((a, b) => reach(b) - reach(a));
    if (!mark) {
      result.push(...leaf(piece, around));
      index += 1;
      continue;
    }
    const end = reach(mark);
    const inside = pieces
      .slice(index, end)
      .map((one) => ({ ...one, marks: one.marks.filter((other) => !other.eq(mark)) }));
    result.push(wrapped(mark, nest(inside, around), around));
    index = end;
  }
  return result;
}

function wrapped(mark: Mark, children: PhrasingContent[], { definitions, bareLinks }: Surroundings): PhrasingContent {
  if (mark.type.name === 'strong') return { type: 'strong', children };
  if (mark.type.name === 'em') return { type: 'emphasis', children };
  if (mark.type.name === 'strike') return { type: 'delete', children };
  const { href, title, literal } = mark.attrs;
  const reference: Reference | null = mark.attrs.reference;
  if (reference && leadsTo(reference, { url: href, title }, definitions)) {
    const [only] = children;
    const same =
      children.length === 1 && only?.type === 'text' && identifierOf(only.value) === identifierOf(reference.label);
    return {
      type: 'linkReference',
      identifier: identifierOf(reference.label),
      label: reference.label,
      referenceType: same ? reference.type : 'full',
      // Links do not nest; what is within is text and marks.
      children: children as Extract<PhrasingContent, { type: 'linkReference' }>['children'],
    };
  }
  const [only] = children;
  const bare =
    bareLinks && literal && children.length === 1 && only?.type === 'text' && addressOf(only.value) === href
      ? only.value
      : undefined;
  return {
    type: 'link',
    url: href,
    title,
    data: { literal: bare },
    children: children as Extract<PhrasingContent, { type: 'link' }>['children'],
  };
}

const addressOf = (text: string) =>
  /^www\./i.test(text) ? `http://${text}` : /^[^/:]+@[^/:]+$/.test(text) ? `mailto:${text}` : text;

/** As CommonMark compares labels. */
const identifierOf = (label: string) =>
  label
    .replace(/[\t\n\r ]+/g, ' ')
    .trim()
    .toLowerCase()
    .toUpperCase()
    .toLowerCase();

function leadsTo(
  reference: Reference,
  target: { url: string; title: string | null },
  definitions: ReadonlyMap<string, string>,
): boolean {
  return definitions.get(identifierOf(reference.label)) === definitionText(target);
}

function leaf({ node, text }: Piece, { definitions, style }: Surroundings): PhrasingContent[] {
  switch (node.type.name) {
    case 'text':
      return [isCode(node) ? { type: 'inlineCode', value: text } : { type: 'text', value: text }];
    case 'hard_break':
      return [{ type: 'break', data: { spaces: node.attrs.spaces ?? style.breakSpaces } }];
    case 'footnote_ref':
      return [{ type: 'footnoteReference', identifier: node.attrs.label, label: node.attrs.label }];
    case 'image': {
      const { src, alt, title } = node.attrs;
      const reference: Reference | null = node.attrs.reference;
      if (reference && leadsTo(reference, { url: src, title }, definitions)) {
        const referenceType = identifierOf(alt) === identifierOf(reference.label) ? reference.type : 'full';
        return [
          {
            type: 'imageReference',
            identifier: identifierOf(reference.label),
            label: reference.label,
            referenceType,
            alt,
          },
        ];
      }
      return [{ type: 'image', url: src, alt, title }];
    }
    default:
      return [{ type: 'html', value: String(node.attrs.source) }];
  }
}

/** How many single marks of a block are tried for being needed; beyond that all of them stay. */
const mostTried = 40;

/**
 * Takes out what was escaped without need: `[gallery]` and `2 * 3` stay as people write them. Every removal is read back,
 * and stays only where the text still means exactly the same.
 */
function loosen(text: string, labels: string): string {
  if (!text.includes('\\')) return text;
  const meaning = meaningOf(text, labels);
  const means = (candidate: string) => meaningOf(candidate, labels) === meaning;
  const marks = /\\(?=[!-/:-@[-`{-~])/g;
  const free = text.replace(marks, '');
  if (means(free)) return free;
  const places = [...text.matchAll(marks)].map(({ index }) => index);
  if (places.length > mostTried) return text;
  let result = text;
  // From the end, so that the places before stay right.
  for (const place of places.toReversed()) {
    const candidate = result.slice(0, place) + result.slice(place + 1);
    if (means(candidate)) result = candidate;
  }
  return result;
}

/** A block as a tree without positions, in one text. */
export function meaningOf(text: string, labels = ''): string {
  const tree = parse(`${text}\n\n${labels}`);
  visit(tree, (node) => {
    delete node.position;
  });
  return JSON.stringify(tree.children satisfies RootContent[]);
}
