import fc from 'fast-check';
import { Fragment, type Node } from 'prosemirror-model';
import { EditorState, TextSelection } from 'prosemirror-state';
import { describe, expect, it } from 'vitest';
import { constructs, wholeArticle } from '../../../../../test/block-constructs.ts';
import { Origins } from './origins.ts';
import { readMarkdown } from './read.ts';
import { writeBlocks, writeMarkdown } from './write.ts';

const files = import.meta.glob<string>(['/*.md', '/docs/**/*.md'], { query: '?raw', import: 'default', eager: true });

/** Reads a text and forgets that it has been read whole, so that writing has to go through its blocks. */
function open(markdown: string) {
  const origins = new Origins();
  const doc = readMarkdown(origins, markdown);
  origins.whole = null;
  return { origins, doc };
}

/** A document without what only says how it was written. */
function meaning(node: Node): unknown {
  const forms = [
    'origin',
    'marker',
    'delimiter',
    'same',
    'setext',
    'fence',
    'aligned',
    'padded',
    'spaces',
    'literal',
    'colwidth',
  ];
  const plain = (attrs: object) => Object.fromEntries(Object.entries(attrs).filter(([name]) => !forms.includes(name)));
  const walk = (one: Node): unknown => {
    if (one.isText) {
      const marks = one.marks
        .filter(({ type }) => type.name !== 'wrap')
        .map(({ type, attrs }) => [type.name, plain(attrs)]);
      return { text: one.text, marks };
    }
    const children: unknown[] = [];
    one.forEach((child) => {
      const next = walk(child) as { text?: string; marks?: unknown };
      const last = children.at(-1) as typeof next | undefined;
      if (
        last?.text !== undefined &&
        next.text !== undefined &&
        JSON.stringify(last.marks) === JSON.stringify(next.marks)
      )
        last.text += next.text;
      else children.push(next);
    });
    return { type: one.type.name, attrs: plain(one.attrs), children };
  };
  return walk(node);
}

const reread = (markdown: string) => meaning(readMarkdown(new Origins(), markdown));

/** Puts `text` into the first place of a block that takes it; null where there is none. */
function typeInto(doc: Node, block: number, text: string, into: 'start' | 'end' = 'start'): Node | null {
  let from = 0;
  for (let index = 0; index < block; index += 1) from += doc.child(index).nodeSize;
  let place: number | null = null;
  doc.nodesBetween(from, from + doc.child(block).nodeSize, (node, position) => {
    if (place === null && node.isTextblock && position >= from)
      place = position + 1 + (into === 'end' ? node.content.size : 0);
    return place === null;
  });
  if (place === null) return null;
  const state = EditorState.create({ doc, selection: TextSelection.create(doc, place) });
  return state.apply(state.tr.insertText(text)).doc;
}

const samples = [
  ...Object.entries(files).map(([name, markdown]) => ({ name, markdown })),
  ...constructs.map((markdown, index) => ({ name: `construct ${index}`, markdown })),
  { name: 'the whole article', markdown: wholeArticle },
  { name: 'nothing', markdown: '' },
  { name: 'blank lines', markdown: '\n \n' },
  {
    name: 'a byte order mark and Windows line ends',
    markdown: '\ufeffOne\r\ntwo\r\n\r\n- a\r\n- b\r\n\r\n```js\r\nx\r\n```\r\n',
  },
  {
    name: 'references',
    markdown:
      'A [link][one], [two][], [three] ![image][one].\n\n[one]: https://a.example "T"\n[two]: <https://b.example/x y>\n[three]: /c\n',
  },
  {
    name: 'tight blocks',
    markdown: '# A\ntext\n***\n> q\n```\nc\n```\n## B ##\nSetext\n===\n   indented\n+ a\n+ b\n* c\n1) d\n',
  },
  {
    name: 'right to left and without spaces',
    markdown:
      '## כותרת\n\nשלום **עולם**, [קישור](https://a.example).[^1]\n\n日本語の文章。**強調**も*ある*。\n\n| 項目 | 値 |\n| :- | -: |\n| 一 | 二 |\n\n[^1]: مرحبا.\n',
  },
];

/** Every block of a short text, some thirty of a long one. */
const some = (count: number) =>
  Array.from({ length: count }, (_, index) => index).filter(
    (index) => count <= 30 || index % Math.ceil(count / 30) === 0,
  );

describe.each(samples)('$name', ({ markdown }) => {
  it('is written as it was read', () => {
    const { origins, doc } = open(markdown);
    expect(
      doc.childCount === 1 && doc.textContent === '' && markdown.trim() === '' ? markdown : writeMarkdown(origins, doc),
    ).toBe(markdown);
    expect(writeMarkdown(Object.assign(new Origins(), { whole: { doc, markdown } }), doc)).toBe(markdown);
  });

  it('keeps every other block byte for byte when one is changed, and reads back as it was changed', () => {
    const { origins, doc } = open(markdown);
    const before = writeBlocks(origins, doc).blocks;
    for (const block of some(doc.childCount)) {
      const changed = typeInto(doc, block, 'X1');
      if (!changed) continue;
      const after = writeBlocks(origins, changed).blocks;
      const others = (blocks: typeof before) => blocks.map(({ text }) => text).filter((_, index) => index !== block);
      if (before.length === doc.childCount) expect(others(after)).toEqual(others(before));
      expect(reread(writeMarkdown(origins, changed))).toEqual(meaning(changed));
    }
  });

  it('loses nothing else when a block is deleted', () => {
    const { origins, doc } = open(markdown);
    for (const block of doc.childCount > 1 ? some(doc.childCount) : []) {
      if (doc.child(block).type.name === 'raw' && doc.child(block).attrs.kind === 'definition') continue;
      if (doc.child(block).type.name === 'footnote') continue;
      const changed = doc.type.create(null, Fragment.from(doc.children.filter((_, index) => index !== block)));
      expect(reread(writeMarkdown(origins, changed))).toEqual(meaning(changed));
    }
  });
});

const word = fc.oneof(
  fc.constantFrom(
    'word',
    'Übung',
    '日本語',
    'שלום',
    'مرحبا',
    '2 * 3',
    'snake_case',
    '[gallery id="1"]',
    'a < b',
    'C:\\\\dir',
    '&amp;',
    '1.',
    '#5',
    '🙂',
  ),
  fc.stringMatching(/^[a-z*_~`[\]()#|<>!.,:;+=-]{1,6}$/),
);
const plain = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join(' '));
const phrase = fc.oneof(
  { weight: 4, arbitrary: plain },
  plain.map((text) => `*${text}*`),
  plain.map((text) => `**${text}**`),
  plain.map((text) => `__${text}__`),
  plain.map((text) => `~~${text}~~`),
  plain.map((text) => `\`${text.replaceAll('`', '')}c\``),
  plain.map((text) => `[${text}](https://a.example/?a=1&b=2 "t")`),
  fc.constantFrom(
    '[ref][one]',
    '[one]',
    '![alt](/api/v1/images/x.png)',
    'fact.[^1]',
    '<kbd>k</kbd>',
    'https://bare.example',
    '<https://auto.example>',
    'a  \nb',
    'a\\\nb',
    'a\nb',
  ),
);
const line = fc.array(phrase, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' '));
const oneLine = line.map((text) => text.replace(/\s+/g, ' '));
const indent = (text: string, by: number) => text.replaceAll('\n', `\n${' '.repeat(by)}`);
const block: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: line },
  fc.tuple(fc.integer({ min: 1, max: 6 }), oneLine).map(([level, text]) => `${'#'.repeat(level)} ${text}`),
  oneLine.map((text) => `${text}\n---`),
  fc
    .tuple(fc.constantFrom('-', '*', '+', '1.', '7)'), fc.array(line, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([mark, items, loose]) =>
      items.map((item) => `${mark} ${indent(item, mark.length + 1)}`).join(loose ? '\n\n' : '\n'),
    ),
  fc.tuple(oneLine, oneLine, oneLine).map(([a, b, c]) => `- [ ] ${a}\n  - [x] ${b}\n    1. ${c}`),
  fc.tuple(line, line).map(([a, b]) => `> ${a.replaceAll('\n', '\n> ')}\n>\n> - ${b.replaceAll('\n', '\n>   ')}`),
  fc
    .tuple(fc.constantFrom('', 'js', 'c++ title="x"'), plain)
    .map(([info, text]) => `\`\`\`${info}\n${text.replaceAll('`', '')}\n\n  x\n\`\`\``),
  fc.tuple(oneLine, oneLine).map(([a, b]) => {
    const cell = (text: string) => text.replaceAll('|', '').replaceAll('\\\\', '');
    return `| ${cell(a)} | h |\n| :-- | --: |\n| x | ${cell(b)} |`;
  }),
  fc.constantFrom(
    '***',
    '- - -',
    '<div class="x">\n\n',
    '<!-- kept from the site: gallery 0123456789abcdef -->',
    '    indented\n      code',
    '~~~\nx\n~~~',
  ),
);
const text = fc
  .tuple(fc.array(block, { minLength: 1, maxLength: 7 }), fc.constantFrom('\n\n', '\n\n\n'), fc.constantFrom('', '\n'))
  .map(
    ([blocks, gap, end]) => `${[...blocks, '[one]: https://one.example "T"', '[^1]: Source *one*.'].join(gap)}${end}`,
  );

describe('documents that nobody has thought of', () => {
  const runs = { numRuns: 300 };

  it('are written as they were read', () => {
    fc.assert(
      fc.property(text, (markdown) => {
        const { origins, doc } = open(markdown);
        expect(writeMarkdown(origins, doc)).toBe(markdown);
      }),
      runs,
    );
  });

  it('keep every other block byte for byte, and the changed one says what it was changed to', () => {
    fc.assert(
      fc.property(
        text,
        fc.nat(),
        plain,
        fc.constantFrom('start' as const, 'end' as const),
        (markdown, at, words, into) => {
          const { origins, doc } = open(markdown);
          const index = at % doc.childCount;
          const changed = typeInto(doc, index, words, into);
          if (!changed) return;
          const others = (node: Node) =>
            writeBlocks(origins, node)
              .blocks.filter(({ text: one }, place) => place !== index && one !== '')
              .map(({ text: one }) => one);
          const written = writeMarkdown(origins, changed);
          if (doc.childCount === changed.childCount) expect(others(changed)).toEqual(others(doc));
          expect(reread(written)).toEqual(meaning(changed));
        },
      ),
      runs,
    );
  });
});
