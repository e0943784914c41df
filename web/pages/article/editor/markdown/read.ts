import type { Definition, List, ListItem, Nodes, PhrasingContent, RootContent, Table } from 'mdast';
import type { Mark, Node } from 'prosemirror-model';
import { type Origins, ownStyle, type Style } from './origins.ts';
import { parse } from './parse.ts';
import { type Align, type Reference, schema } from './schema.ts';
import { blockStart } from './slices.ts';

/** What is known while one text is read. */
interface Reading {
  source: string;
  definitions: ReadonlyMap<string, Definition>;
  /** Those that the block in hand refers to. */
  used: Set<string>;
}

/** A block as a person sees it in a list: what it links to by a definition, in one text. */
export const definitionText = ({ url, title }: { url: string; title?: string | null }) => `${url}\n${title ?? ''}`;

/**
 * Reads Markdown as a document. Each block remembers in `origins` the piece of source that it was. What the editor has no
 * form for becomes a `raw` node, so nothing of the text is lost.
 */
export function readMarkdown(origins: Origins, markdown: string): Node {
  // The parser passes over a byte order mark and does not count it.
  const mark = markdown.startsWith('\ufeff') ? '\ufeff' : '';
  const source = markdown.slice(mark.length);
  const tree = parse(source);
  const definitions = new Map<string, Definition>();
  visit(tree, (node) => {
    if (node.type === 'definition' && !definitions.has(node.identifier)) definitions.set(node.identifier, node);
  });
  origins.style = styleOf(tree, source);
  const blocks: Node[] = [];
  let previous: number | null = null;
  let end = 0;
  tree.children.forEach((child, index) => {
    const reading: Reading = { source, definitions, used: new Set() };
    const id = origins.nextId();
    const begin = blockStart(source, startOf(child), end);
    const node = withOrigin(readBlock(reading, child), id);
    const isLast = index === tree.children.length - 1;
    origins.set(id, {
      node,
      source: source.slice(begin, endOf(child)),
      before: (index === 0 ? mark : '') + source.slice(end, begin),
      previous,
      after: isLast ? source.slice(endOf(child)) : null,
      definitions: new Map(
        [...reading.used].flatMap((name) => {
          const definition = definitions.get(name);
          return definition ? [[name, definitionText(definition)]] : [];
        }),
      ),
    });
    blocks.push(node);
    previous = id;
    end = endOf(child);
  });
  const doc = schema.node('doc', null, blocks.length > 0 ? blocks : [schema.node('paragraph')]);
  origins.whole = { doc, markdown };
  return doc;
}

const startOf = (node: Nodes) => node.position?.start.offset ?? 0;
const endOf = (node: Nodes) => node.position?.end.offset ?? 0;
const withOrigin = (node: Node, origin: number) =>
  node.type.create({ ...node.attrs, origin }, node.content, node.marks);

export function visit(node: Nodes, see: (node: Nodes) => void): void {
  see(node);
  if ('children' in node) for (const child of node.children) visit(child, see);
}

const sliceOf = (reading: Reading, node: Nodes) => reading.source.slice(startOf(node), endOf(node));

function readBlocks(reading: Reading, nodes: readonly RootContent[]): Node[] {
  const blocks = nodes.map((node) => readBlock(reading, node));
  return blocks.length > 0 ? blocks : [schema.node('paragraph')];
}

function readBlock(reading: Reading, node: RootContent): Node {
  switch (node.type) {
    case 'paragraph':
      return schema.node('paragraph', null, readInline(reading, node.children, []));
    case 'heading':
      return schema.node(
        'heading',
        { level: node.depth, setext: reading.source.charAt(startOf(node)) !== '#' },
        readInline(reading, node.children, []),
      );
    case 'blockquote':
      return schema.node('blockquote', null, readBlocks(reading, node.children));
    case 'list':
      return readList(reading, node);
    case 'code': {
      const first = reading.source.charAt(startOf(node));
      return schema.node(
        'code_block',
        { lang: node.lang ?? null, meta: node.meta ?? null, fence: first === '`' || first === '~' ? first : null },
        node.value === '' ? [] : [schema.text(node.value.replace(/\r\n?/g, '\n'))],
      );
    }
    case 'thematicBreak':
      return schema.node('horizontal_rule');
    case 'table':
      return readTable(reading, node) ?? rawBlock(reading, node);
    case 'footnoteDefinition':
      return schema.node('footnote', { label: node.label ?? node.identifier }, readBlocks(reading, node.children));
    case 'definition': {
      const { label, identifier, url, title } = node;
      return schema.node('raw', {
        source: sliceOf(reading, node),
        kind: 'definition',
        definition: { label: label ?? identifier, identifier, url, title: title ?? null },
      });
    }
    default:
      return rawBlock(reading, node);
  }
}

/** In a quote or list its lines bear the marks of what holds it; the value of the node does not. */
const rawBlock = (reading: Reading, node: RootContent) =>
  schema.node('raw', { source: node.type === 'html' ? node.value : sliceOf(reading, node), kind: 'html' });

function readList(reading: Reading, list: List): Node {
  const [first, second] = list.children;
  const numberOf = (item: ListItem | undefined) => (item ? Number.parseInt(sliceOf(reading, item), 10) : Number.NaN);
  const items = list.children.map((item) =>
    schema.node(
      'list_item',
      { checked: item.checked ?? null, spread: item.spread === true },
      readBlocks(reading, item.children),
    ),
  );
  const spread = list.spread === true;
  if (!list.ordered) {
    const marker = first ? reading.source.charAt(startOf(first)) : null;
    return schema.node('bullet_list', { marker, spread }, items);
  }
  const [, delimiter = null] = first ? (/^\d+([.)])/.exec(sliceOf(reading, first)) ?? []) : [];
  const same = second !== undefined && numberOf(first) === numberOf(second);
  return schema.node('ordered_list', { start: list.start ?? 1, delimiter, same, spread }, items);
}

/** Null for a table that has longer rows than its head: what is beyond is not shown, and must not come to light or be lost. */
function readTable(reading: Reading, table: Table): Node | null {
  const aligns: Align[] = table.align?.map((align) => align ?? null) ?? [];
  const columns = aligns.length;
  if (columns === 0 || table.children.some((row) => row.children.length > columns)) return null;
  const rows = table.children.map((row, index) => {
    const type = index === 0 ? 'table_header' : 'table_cell';
    const cells = aligns.map((align, column) => {
      const cell = row.children[column];
      return schema.node(type, { align }, cell ? readInline(reading, cell.children, []) : []);
    });
    return schema.node('table_row', null, cells);
  });
  const lines = sliceOf(reading, table).split(/\r\n?|\n/);
  const widths = new Set(lines.map((line) => [...line.trim()].length));
  return schema.node('table', { aligned: widths.size === 1, padded: !lines[0]?.match(/^\s*\|?[^\s|]+\|[^\s|]/) }, rows);
}

function readInline(reading: Reading, nodes: readonly PhrasingContent[], marks: readonly Mark[]): Node[] {
  return nodes.flatMap((node) => readPhrase(reading, node, marks));
}

function readPhrase(reading: Reading, node: PhrasingContent, marks: readonly Mark[]): Node | Node[] {
  const within = (mark: Mark) => mark.addToSet(marks);
  const raw = () => schema.node('raw_inline', { source: sliceOf(reading, node) }, undefined, marks);
  switch (node.type) {
    case 'text':
      return readText(node.value, marks);
    case 'emphasis':
      return readInline(reading, node.children, within(schema.mark('em')));
    case 'strong':
      return readInline(reading, node.children, within(schema.mark('strong')));
    case 'delete':
      return readInline(reading, node.children, within(schema.mark('strike')));
    case 'inlineCode':
      return schema.text(node.value, within(schema.mark('code')));
    case 'break':
      return schema.node('hard_break', { spaces: reading.source.charAt(startOf(node)) !== '\\' }, undefined, marks);
    case 'link': {
      if (node.children.length === 0) return raw();
      const literal = !/[[<]/.test(reading.source.charAt(startOf(node)));
      const mark = schema.mark('link', { href: node.url, title: node.title ?? null, literal });
      return readInline(reading, node.children, within(mark));
    }
    case 'linkReference': {
      if (node.children.length === 0) return raw();
      const mark = schema.mark('link', { ...targetOf(reading, node, 'href'), reference: referenceOf(node) });
      return readInline(reading, node.children, within(mark));
    }
    case 'image':
      return schema.node('image', { src: node.url, alt: node.alt ?? '', title: node.title ?? null }, undefined, marks);
    case 'imageReference':
      return schema.node(
        'image',
        { ...targetOf(reading, node, 'src'), alt: node.alt ?? '', reference: referenceOf(node) },
        undefined,
        marks,
      );
    case 'footnoteReference':
      return schema.node('footnote_ref', { label: node.label ?? node.identifier }, undefined, marks);
    case 'html':
      return schema.node('raw_inline', { source: node.value }, undefined, marks);
    default:
      return raw();
  }
}

const referenceOf = (node: {
  label?: string | null;
  identifier: string;
  referenceType: Reference['type'];
}): Reference => ({
  label: node.label ?? node.identifier,
  type: node.referenceType,
});

function targetOf(reading: Reading, { identifier }: { identifier: string }, name: 'href' | 'src') {
  reading.used.add(identifier);
  const definition = reading.definitions.get(identifier);
  return { [name]: definition?.url ?? '', title: definition?.title ?? null };
}

/** A line end within a paragraph is a blank for the reader; where it stood is remembered by a mark. */
function readText(value: string, marks: readonly Mark[]): Node[] {
  return value.split(/(\r\n?|\n)/).flatMap((piece, index) => {
    if (index % 2 === 1) return schema.text(' ', schema.mark('wrap').addToSet(marks));
    return piece === '' ? [] : schema.text(piece, marks);
  });
}

/** The forms that a text uses, by the first of each kind in it; {@link ownStyle} for what it does not use. */
function styleOf(tree: Nodes, source: string): Style {
  const found: Partial<Style> = {};
  const note = <Name extends keyof Style>(name: Name, value: Style[Name]) => {
    if (found[name] === undefined) found[name] = value;
  };
  const oneOf = <Sign extends string>(signs: readonly Sign[], char: string) => signs.find((sign) => sign === char);
  visit(tree, (node) => {
    const piece = source.slice(startOf(node), endOf(node));
    const sign = piece.charAt(0);
    const emphasis = oneOf(['*', '_'], sign);
    if (node.type === 'emphasis' && emphasis) note('emphasis', emphasis);
    if (node.type === 'strong' && emphasis) note('strong', emphasis);
    const fence = oneOf(['`', '~'], sign);
    if (node.type === 'code' && fence) note('fence', fence);
    if (node.type === 'break') note('breakSpaces', sign === ' ');
    const rule = oneOf(['*', '-', '_'], sign);
    if (node.type === 'thematicBreak' && rule) {
      note('rule', rule);
      note('ruleRepetition', piece.replace(/[^*_-]/g, '').length);
      note('ruleSpaces', /\S\s+\S/.test(piece));
    }
    if (node.type === 'listItem') {
      const [, marker = '', blanks = ''] = /^([-*+]|\d+[.)])([ \t]+)\S/.exec(piece) ?? [];
      const bullet = oneOf(['-', '*', '+'], marker);
      if (bullet) note('bullet', bullet);
      const delimiter = oneOf(['.', ')'], marker.slice(-1));
      if (delimiter) note('delimiter', delimiter);
      if (blanks) note('itemIndent', blanks.length > 1 && (marker.length + blanks.length) % 4 === 0 ? 'tab' : 'one');
    }
  });
  const lineEnd = source.includes('\r\n') ? '\r\n' : '\n';
  return { ...ownStyle, ...found, lineEnd };
}
