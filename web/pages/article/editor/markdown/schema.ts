import { type Attrs, type DOMOutputSpec, type NodeSpec, Schema } from 'prosemirror-model';

/** How a table's column is set; null as the reader's theme does it. */
export type Align = 'left' | 'center' | 'right' | null;

/** A reference to a definition elsewhere in the text, in place of an address: `[text][label]`. */
export interface Reference {
  label: string;
  type: 'full' | 'collapsed' | 'shortcut';
}

/** What every block carries: which block of which reading it came from ({@link import('./origins.ts').Origins}). */
const origin = { origin: { default: null } };

const isAlign = (value: string | null): value is NonNullable<Align> =>
  value === 'left' || value === 'center' || value === 'right';

const cell = (tag: 'td' | 'th', tableRole: string): NodeSpec => ({
  content: 'inline*',
  tableRole,
  isolating: true,
  // The table commands ask for these three; Markdown joins no cells, so they stay as they are.
  attrs: { colspan: { default: 1 }, rowspan: { default: 1 }, colwidth: { default: null }, align: { default: null } },
  parseDOM: [
    {
      tag,
      getAttrs: (element) => {
        const align = element.style.textAlign || element.getAttribute('align');
        return { align: isAlign(align) ? align : null };
      },
    },
  ],
  toDOM: ({ attrs }): DOMOutputSpec => [tag, attrs.align ? { 'data-align': attrs.align } : {}, 0],
});

const safeAddress = (address: string | null): string | null =>
  address !== null && /^(?:https?:|mailto:|\/(?!\/)|#)/i.test(address.trim()) ? address.trim() : null;

/**
 * What an article can hold in the editor: everything CommonMark and GFM have a form for. `raw` and `raw_inline` stand for
 * what they have none for, as its source. What comes in as HTML (a paste) becomes these nodes and nothing else.
 */
export const schema = new Schema({
  nodes: {
    doc: { content: 'block+' },
    paragraph: {
      group: 'block',
      content: 'inline*',
      attrs: origin,
      parseDOM: [{ tag: 'p' }],
      toDOM: () => ['p', 0],
    },
    heading: {
      group: 'block',
      content: 'inline*',
      defining: true,
      attrs: { ...origin, level: { default: 2 }, setext: { default: false } },
      parseDOM: [1, 2, 3, 4, 5, 6].map((level) => ({ tag: `h${level}`, attrs: { level } })),
      toDOM: ({ attrs }) => [`h${attrs.level}`, 0],
    },
    blockquote: {
      group: 'block',
      content: 'block+',
      defining: true,
      attrs: origin,
      parseDOM: [{ tag: 'blockquote' }],
      toDOM: () => ['blockquote', 0],
    },
    bullet_list: {
      group: 'block list',
      content: 'list_item+',
      attrs: { ...origin, marker: { default: null }, spread: { default: false } },
      parseDOM: [{ tag: 'ul' }],
      toDOM: () => ['ul', 0],
    },
    ordered_list: {
      group: 'block list',
      content: 'list_item+',
      attrs: {
        ...origin,
        start: { default: 1 },
        delimiter: { default: null },
        // `1. 1. 1.`: all items bear the number of the first.
        same: { default: false },
        spread: { default: false },
      },
      parseDOM: [
        {
          tag: 'ol',
          getAttrs: (element) => {
            const start = Number.parseInt(element.getAttribute('start') ?? '1', 10);
            return { start: start >= 0 && start < 1e9 ? start : 1 };
          },
        },
      ],
      toDOM: ({ attrs }) => ['ol', attrs.start === 1 ? {} : { start: attrs.start }, 0],
    },
    list_item: {
      content: 'block+',
      defining: true,
      attrs: { checked: { default: null }, spread: { default: false } },
      parseDOM: [
        {
          tag: 'li',
          getAttrs: (element) => {
            const box = element.querySelector(':scope > input[type="checkbox"], :scope > p > input[type="checkbox"]');
            return { checked: box ? box.hasAttribute('checked') : null };
          },
        },
      ],
      toDOM: () => ['li', 0],
    },
    code_block: {
      group: 'block',
      content: 'text*',
      marks: '',
      code: true,
      defining: true,
      // `fence`: the sign it is fenced with, or null for one that is indented.
      attrs: { ...origin, lang: { default: null }, meta: { default: null }, fence: { default: '' } },
      parseDOM: [
        {
          tag: 'pre',
          preserveWhitespace: 'full',
          getAttrs: (element) => {
            const inner = element.querySelector('code')?.className ?? '';
            return { lang: /(?:^|\s)language-(\S+)/.exec(inner)?.[1] ?? null };
          },
        },
      ],
      toDOM: ({ attrs }) => [
        'pre',
        attrs.lang ? { 'data-language': attrs.lang } : {},
        ['code', attrs.lang ? { class: `language-${attrs.lang}` } : {}, 0],
      ],
    },
    horizontal_rule: { group: 'block', attrs: origin, parseDOM: [{ tag: 'hr' }], toDOM: () => ['hr'] },
    table: {
      group: 'block',
      content: 'table_row+',
      tableRole: 'table',
      isolating: true,
      attrs: { ...origin, aligned: { default: true }, padded: { default: true } },
      parseDOM: [{ tag: 'table' }],
      toDOM: () => ['table', ['tbody', 0]],
    },
    table_row: {
      content: '(table_cell | table_header)+',
      tableRole: 'row',
      parseDOM: [{ tag: 'tr' }],
      toDOM: () => ['tr', 0],
    },
    table_header: cell('th', 'header_cell'),
    table_cell: cell('td', 'cell'),
    footnote: {
      group: 'block',
      content: 'block+',
      defining: true,
      isolating: true,
      attrs: { ...origin, label: { default: '' } },
      parseDOM: [
        { tag: 'div[data-footnote]', getAttrs: (element) => ({ label: element.getAttribute('data-footnote') ?? '' }) },
      ],
      toDOM: ({ attrs }) => ['div', { 'data-footnote': attrs.label }, 0],
    },
    /** A block that is kept as its Markdown source. */
    raw: {
      group: 'block',
      atom: true,
      selectable: true,
      defining: true,
      attrs: {
        ...origin,
        source: { default: '' },
        // `definition`: what links refer to; with its label, address and title.
        kind: { default: 'html' },
        definition: { default: null },
      },
      parseDOM: [{ tag: 'pre[data-raw]', getAttrs: (element) => ({ source: element.textContent ?? '' }) }],
      toDOM: ({ attrs }) => ['pre', { 'data-raw': attrs.kind }, attrs.source],
      leafText: ({ attrs }) => String(attrs.source),
    },
    text: { group: 'inline' },
    image: {
      group: 'inline',
      inline: true,
      draggable: true,
      attrs: { src: { default: '' }, alt: { default: '' }, title: { default: null }, reference: { default: null } },
      parseDOM: [
        {
          tag: 'img[src]',
          getAttrs: (element) => {
            const src = safeAddress(element.getAttribute('src'));
            if (src === null) return false;
            return { src, alt: element.getAttribute('alt') ?? '', title: element.getAttribute('title') || null };
          },
        },
      ],
      toDOM: ({ attrs: { src, alt, title } }) => [
        'img',
        { ...(safeAddress(src) === null ? {} : { src }), alt, ...(title ? { title } : {}) },
      ],
    },
    hard_break: {
      group: 'inline',
      inline: true,
      selectable: false,
      // Written as two blanks at the end of the line, or as a backslash; null as the document does it.
      attrs: { spaces: { default: null } },
      parseDOM: [{ tag: 'br' }],
      toDOM: () => ['br'],
      leafText: () => '\n',
    },
    /** A citation: the raised number that points at a footnote. */
    footnote_ref: {
      group: 'inline',
      inline: true,
      atom: true,
      attrs: { label: { default: '' } },
      parseDOM: [
        {
          tag: 'sup[data-footnote-label]',
          getAttrs: (element) => ({ label: element.getAttribute('data-footnote-label') ?? '' }),
          priority: 60,
        },
      ],
      toDOM: ({ attrs }) => ['sup', { 'data-footnote-label': attrs.label }, `[${attrs.label}]`],
    },
    raw_inline: {
      group: 'inline',
      inline: true,
      atom: true,
      attrs: { source: { default: '' } },
      parseDOM: [
        { tag: 'code[data-raw-inline]', getAttrs: (element) => ({ source: element.textContent ?? '' }), priority: 60 },
      ],
      toDOM: ({ attrs }) => ['code', { 'data-raw-inline': '' }, attrs.source],
    },
  },
  marks: {
    link: {
      inclusive: false,
      // `literal`: an address that GFM links although nobody marked it as a link.
      attrs: {
        href: { default: '' },
        title: { default: null },
        reference: { default: null },
        literal: { default: false },
      },
      parseDOM: [
        {
          tag: 'a[href]',
          getAttrs: (element) => {
            const href = safeAddress(element.getAttribute('href'));
            return href !== null && { href, title: element.getAttribute('title') || null };
          },
        },
      ],
      toDOM: ({ attrs }) => ['a', linkAttributes(attrs), 0],
    },
    strong: {
      parseDOM: [
        { tag: 'strong' },
        // Google Docs wraps the whole clipboard in <b style="font-weight:normal">.
        { tag: 'b', getAttrs: (element) => element.style.fontWeight !== 'normal' && null },
        { style: 'font-weight', getAttrs: (value) => /^(?:bold(?:er)?|[6-9]\d{2})$/.test(value) && null },
      ],
      toDOM: () => ['strong', 0],
    },
    em: {
      parseDOM: [
        { tag: 'em' },
        { tag: 'i', getAttrs: (element) => element.style.fontStyle !== 'normal' && null },
        { style: 'font-style=italic' },
      ],
      toDOM: () => ['em', 0],
    },
    strike: {
      parseDOM: [{ tag: 's' }, { tag: 'del' }, { tag: 'strike' }, { style: 'text-decoration=line-through' }],
      toDOM: () => ['del', 0],
    },
    code: {
      code: true,
      parseDOM: [{ tag: 'code' }],
      toDOM: () => ['code', { spellcheck: 'false' }, 0],
    },
    /** A blank that is a line end in the source; the reader sees a blank. */
    wrap: { inclusive: false, parseDOM: [{ tag: 'span[data-wrap]' }], toDOM: () => ['span', { 'data-wrap': '' }, 0] },
  },
});

function linkAttributes({ href, title }: Attrs): Record<string, string> {
  // What a link in the source names stays there, but nothing that runs is ever put into the page.
  return { ...(safeAddress(href) === null ? {} : { href }), rel: 'noopener noreferrer', ...(title ? { title } : {}) };
}
