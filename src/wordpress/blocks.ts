import type { Element, ElementContent, Nodes, Root, RootContent } from 'hast';
import { AppError } from '../errors.ts';
import { type BlockAttributes, block, escapeCode, openTag } from './block-markup.ts';
import { htmlAttributes, inlineHtml, isBlank, mediaIdOf, textOf, verbatimHtml } from './inline-html.ts';

/** The blocks of WordPress that articles become, without `core/`. */
export const blockNames = [
  'code',
  'details',
  'heading',
  'html',
  'image',
  'list',
  'list-item',
  'paragraph',
  'preformatted',
  'quote',
  'separator',
  'table',
] as const;

/** A block before it is written: its name, attributes of the comment, and the saved HTML. */
interface Block {
  /** `kept` is none of ours: a block of the site that is put back as it was. */
  name: (typeof blockNames)[number] | 'kept';
  attributes: BlockAttributes;
  html: string;
  /** Stands for a block of the site by the digest of its markup: the tree holds nothing of it. */
  kept?: string;
}

export interface BlockOptions {
  /** From {@link publicationMarker}; stands in the attributes of the first block that is ours. */
  publicationMarker?: string;
  /**
   * Blocks of the very post that is written, by their digest: they are written as they stand there. What the tree names and
   * is not among them is left out, so that no text can bring markup of its own onto a site.
   */
  kept?: ReadonlyMap<string, string>;
}

/**
 * The marker of a publication: found by the site's own search, invisible to readers, kept by the editor as the block's
 * name and by the filters of every role (measured as administrator, author and contributor on WordPress 6.8).
 */
export function publicationMarker(publicationId: string): string {
  if (!/^[\da-z]+(?:-[\da-z]+)*$/i.test(publicationId)) {
    throw new AppError('internal', 'A publication id may hold only letters, digits and single hyphens.');
  }
  return `bp-${publicationId}`;
}

/** True when the raw content of a post carries the marker in a block's attributes (not just in its text). */
export function hasMarker(rawContent: string, marker: string): boolean {
  const comments = rawContent.matchAll(/<!-- wp:[^\n]*?"metadata":\{[^}\n]*?"name":"([^"]*)"/g);
  return comments.some(([, name]) => name === marker);
}

/**
 * Writes a sanitised tree as WordPress block markup. Every construct becomes the markup that core's own `save` gives, so
 * the editor opens it without a repair notice; what no core block can hold (definition lists, a table in a list item)
 * stands in an HTML block. Footnotes become raised links, a heading and a numbered list, which works on every theme.
 */
export function toBlocks(tree: Root, options: BlockOptions = {}): string {
  const blocks = flow(tree.children);
  const marker = options.publicationMarker;
  if (marker !== undefined) {
    const at = blocks.findIndex(({ kept }) => kept === undefined);
    const first = blocks[at] ?? { name: 'paragraph', attributes: {}, html: '<p></p>' };
    const marked = { ...first, attributes: { ...first.attributes, metadata: { name: marker } } };
    blocks.splice(Math.max(at, 0), at < 0 ? 0 : 1, marked);
  }
  return write(blocks, options.kept);
}

function write(blocks: readonly Block[], keptBlocks?: ReadonlyMap<string, string>): string {
  const written = blocks.flatMap(({ name, attributes, html, kept }) =>
    kept === undefined ? block(name, attributes, html) : (keptBlocks?.get(kept) ?? []),
  );
  return written.join('\n\n');
}

type Child = RootContent | ElementContent;

/** Children in block position: loose inline nodes between blocks become paragraphs. */
function flow(children: readonly Child[]): Block[] {
  const blocks: Block[] = [];
  let loose: Child[] = [];
  const endParagraph = () => {
    if (!loose.every(isBlank)) blocks.push(...paragraph(loose));
    loose = [];
  };
  for (const child of children) {
    const writer = child.type === 'element' ? writers[child.tagName] : undefined;
    if (child.type === 'element' && writer) {
      endParagraph();
      blocks.push(...writer(child));
    } else {
      loose.push(child);
    }
  }
  endParagraph();
  return blocks;
}

const writers: Readonly<Record<string, (node: Element) => Block[]>> = {
  p: (node) => paragraph(node.children),
  h1: heading,
  h2: heading,
  h3: heading,
  h4: heading,
  h5: heading,
  h6: heading,
  ul: (node) => [list(node) ?? asHtml(node)],
  ol: (node) => [list(node) ?? asHtml(node)],
  blockquote: (node) => [
    {
      name: 'quote',
      attributes: {},
      html: `<blockquote class="wp-block-quote">${write(flow(node.children))}</blockquote>`,
    },
  ],
  pre: (node) => [preformatted(node)],
  table: (node) => [table(node)],
  hr: () => [
    { name: 'separator', attributes: {}, html: '<hr class="wp-block-separator has-alpha-channel-opacity" />' },
  ],
  img: (node) => [image(node)],
  figure,
  details: (node) => [details(node)],
  section,
  div: (node) => flow(node.children),
  dl: (node) => [asHtml(node)],
  // Only met outside their parents in broken HTML, where their text still counts.
  li: (node) => flow(node.children),
  dt: (node) => flow(node.children),
  dd: (node) => flow(node.children),
  figcaption: (node) => flow(node.children),
  summary: (node) => flow(node.children),
};

/** True when a node holds something that cannot stand within running text. */
function holdsBlocks(node: Nodes): boolean {
  return (
    node.type === 'element' && ((node.tagName in writers && node.tagName !== 'img') || node.children.some(holdsBlocks))
  );
}

function asHtml(node: Element): Block {
  return { name: 'html', attributes: {}, html: verbatimHtml([node]) };
}

/** A paragraph; images that stand alone in one are blocks of their own. */
function paragraph(children: readonly Child[]): Block[] {
  const shown = children.filter((child) => !isBlank(child));
  if (shown.length > 0 && shown.every((child) => pictureIn(child) !== undefined)) {
    return shown.flatMap((child) => (child.type === 'element' ? [image(child)] : []));
  }
  if (shown.some(holdsBlocks)) return [{ name: 'html', attributes: {}, html: verbatimHtml(children) }];
  const html = inlineHtml(children);
  return html === '' ? [] : [{ name: 'paragraph', attributes: {}, html: `<p>${html}</p>` }];
}

function heading(node: Element): Block[] {
  const level = Number(node.tagName.slice(1));
  const { id } = htmlAttributes(node);
  const open = openTag(node.tagName, { class: 'wp-block-heading', id });
  const html = inlineHtml(node.children);
  // Level 2 is the default, which the editor does not write.
  return html === ''
    ? []
    : [{ name: 'heading', attributes: level === 2 ? {} : { level }, html: `${open}${html}</${node.tagName}>` }];
}

/** A list block, or undefined when an item holds what the list block cannot: only text followed by one more list. */
function list(node: Element): Block | undefined {
  const items: string[] = [];
  for (const item of node.children) {
    if (isBlank(item)) continue;
    if (item.type !== 'element' || item.tagName !== 'li') return undefined;
    const html = listItem(item.children);
    if (html === undefined) return undefined;
    items.push(html);
  }
  return writeList(node, items);
}

function writeList(node: Element, items: readonly string[]): Block {
  const ordered = node.tagName === 'ol';
  const start =
    ordered && typeof node.properties.start === 'number' && node.properties.start !== 1
      ? node.properties.start
      : undefined;
  const reversed = ordered && node.properties.reversed === true ? true : undefined;
  const attributes = {
    ...(ordered ? { ordered } : {}),
    ...(start === undefined ? {} : { start }),
    ...(reversed ? { reversed } : {}),
  };
  const open = openTag(node.tagName, { reversed, start: start?.toString(), class: 'wp-block-list' });
  const blocks = items.map((html): Block => ({ name: 'list-item', attributes: {}, html: `<li>${html}</li>` }));
  return { name: 'list', attributes, html: `${open}${write(blocks)}</${node.tagName}>` };
}

function listItem(children: readonly Child[]): string | undefined {
  const paragraphs: string[] = [];
  const lists: Block[] = [];
  let loose: Child[] = [];
  const endParagraph = () => {
    const html = inlineHtml(loose);
    if (html !== '') paragraphs.push(html);
    loose = [];
  };
  for (const child of children) {
    if (child.type === 'element' && (child.tagName === 'ul' || child.tagName === 'ol')) {
      endParagraph();
      const inner = list(child);
      if (inner === undefined) return undefined;
      lists.push(inner);
    } else if (lists.length > 0 && !isBlank(child)) {
      return undefined;
    } else if (child.type === 'element' && child.tagName === 'p' && !child.children.some(holdsBlocks)) {
      endParagraph();
      loose = [...child.children];
      endParagraph();
    } else if (holdsBlocks(child)) {
      return undefined;
    } else {
      loose.push(child);
    }
  }
  endParagraph();
  return paragraphs.join('<br><br>') + write(lists);
}

/** A fenced or indented code block, or other preformatted text. The language stays as a class for highlighters. */
function preformatted(node: Element): Block {
  const [code, ...rest] = node.children.filter((child) => child.type !== 'text' || child.value.trim() !== '');
  if (code?.type !== 'element' || code.tagName !== 'code' || rest.length > 0) {
    return {
      name: 'preformatted',
      attributes: {},
      html: `<pre class="wp-block-preformatted">${verbatimHtml(node.children)}</pre>`,
    };
  }
  const className = htmlAttributes(code).class;
  const attributes = typeof className === 'string' ? { className } : {};
  const open = openTag('pre', {
    class: typeof className === 'string' ? `wp-block-code ${className}` : 'wp-block-code',
  });
  return { name: 'code', attributes, html: `${open}<code>${escapeCode(textOf(code).replace(/\n$/, ''))}</code></pre>` };
}

function table(node: Element): Block {
  if (node.children.some(cellHoldsBlocks)) return asHtml(node);
  const sections = node.children.filter((child) => child.type === 'element');
  const part = (tag: string): string => {
    const rows = sections.filter(({ tagName }) => tagName === tag).flatMap((section) => elements(section, 'tr'));
    const html = rows.map((row) => `<tr>${elements(row, 'td', 'th').map(cell).join('')}</tr>`).join('');
    return html === '' ? '' : `<${tag}>${html}</${tag}>`;
  };
  // Said outright, because the default (true in 6.8) decides the markup and has not always been the same.
  const attributes = { hasFixedLayout: false };
  return {
    name: 'table',
    attributes,
    html: `<figure class="wp-block-table"><table>${part('thead')}${part('tbody')}${part('tfoot')}</table></figure>`,
  };
}

function cellHoldsBlocks(node: Nodes): boolean {
  if (node.type !== 'element') return false;
  const cellTag = node.tagName === 'td' || node.tagName === 'th';
  return node.children.some(cellTag ? holdsBlocks : cellHoldsBlocks);
}

function elements(node: Element, ...tags: string[]): Element[] {
  return node.children.filter((child) => child.type === 'element').filter(({ tagName }) => tags.includes(tagName));
}

function cell(node: Element): string {
  const { align, scope, colspan, rowspan } = htmlAttributes(node);
  const aligned = align === 'left' || align === 'center' || align === 'right' ? align : undefined;
  const open = openTag(node.tagName, {
    class: aligned && `has-text-align-${aligned}`,
    'data-align': aligned,
    scope: node.tagName === 'th' ? scope : undefined,
    colspan,
    rowspan,
  });
  return `${open}${inlineHtml(node.children)}</${node.tagName}>`;
}

/** The image of `<img>` or of a link that holds nothing else. */
function pictureIn(node: Nodes): Element | undefined {
  if (node.type !== 'element') return undefined;
  if (node.tagName === 'img') return node;
  const shown = node.children.filter((child) => !isBlank(child));
  const [only] = shown;
  return node.tagName === 'a' && shown.length === 1 && only !== undefined ? pictureIn(only) : undefined;
}

/** An image block from `<img>` or a linked one. Markdown's title is the caption unless a figure gives one. */
function image(node: Element, captionHtml?: string): Block {
  const picture = pictureIn(node);
  if (picture === undefined) return asHtml(node);
  const { src, alt, title, class: className } = htmlAttributes(picture);
  const media = mediaIdOf(picture);
  const img = `${openTag('img', { src, alt: alt ?? '', class: className }).slice(0, -1)} />`;
  const { href, rel } = htmlAttributes(node);
  const linked = node.tagName === 'a' && typeof href === 'string';
  const body = linked ? `${openTag('a', { href, rel })}${img}</a>` : img;
  const caption = captionHtml ?? (typeof title === 'string' ? inlineHtml([{ type: 'text', value: title }]) : '');
  const captioned = caption === '' ? '' : `<figcaption class="wp-element-caption">${caption}</figcaption>`;
  const destination = linked ? { linkDestination: 'custom' } : media ? { linkDestination: 'none' } : {};
  return {
    name: 'image',
    attributes: { ...(media ? { id: media, sizeSlug: 'full' } : {}), ...destination },
    html: `<figure class="wp-block-image${media ? ' size-full' : ''}">${body}${captioned}</figure>`,
  };
}

/** A figure around one image becomes an image block; around anything else its parts stand one after another. */
function figure(node: Element): Block[] {
  const [caption] = elements(node, 'figcaption');
  const rest = node.children.filter((child) => child !== caption && !isBlank(child));
  const unwrapped = rest
    .flatMap((child) => (child.type === 'element' && child.tagName === 'p' ? child.children : [child]))
    .filter((child) => !isBlank(child));
  const [only] = unwrapped;
  const simple = caption === undefined || !caption.children.some(holdsBlocks);
  if (unwrapped.length !== 1 || only?.type !== 'element' || pictureIn(only) === undefined || !simple)
    return flow(node.children);
  return [image(only, caption && inlineHtml(caption.children))];
}

function section(node: Element): Block[] {
  const kept = String(node.properties.dataKept ?? '').split(' ')[1];
  if (kept !== undefined) return [{ name: 'kept', attributes: {}, html: '', kept }];
  return 'dataFootnotes' in node.properties ? footnotes(node) : flow(node.children);
}

function details(node: Element): Block {
  const [summary] = elements(node, 'summary');
  const open = node.properties.open === true || node.properties.open === '' ? true : undefined;
  const inner = write(flow(node.children.filter((child) => child !== summary)));
  const tag = openTag('details', { class: 'wp-block-details', open });
  return {
    name: 'details',
    attributes: open ? { showContent: true } : {},
    html: `${tag}<summary>${summary ? inlineHtml(summary.children) : ''}</summary>${inner}</details>`,
  };
}

/**
 * Footnotes as a heading and a numbered list. The anchor stands on the way-back link before each source, because the id
 * of a list item is kept by the list block of new WordPress versions only.
 */
function footnotes(section: Element): Block[] {
  return section.children.flatMap((child) => {
    if (child.type !== 'element') return [];
    if (child.tagName !== 'ol') return flow([child]);
    const items = elements(child, 'li');
    const html = items.map((item) => {
      const text = listItem(withoutBackLinks(item.children));
      return text === undefined ? undefined : `${backLink(item)} ${text}`;
    });
    const simple = html.filter((text) => text !== undefined);
    return [simple.length === items.length ? writeList(child, simple) : asHtml(child)];
  });
}

function backLink(item: Element): string {
  const id = htmlAttributes(item).id;
  const first = findBackLink(item);
  const { href, 'aria-label': label } = first ? htmlAttributes(first) : {};
  return `${openTag('a', { href, id, 'aria-label': label })}↑</a>`;
}

function findBackLink(node: Element): Element | undefined {
  for (const child of node.children) {
    if (child.type !== 'element') continue;
    const found = 'dataFootnoteBackref' in child.properties ? child : findBackLink(child);
    if (found) return found;
  }
  return undefined;
}

function withoutBackLinks(children: readonly ElementContent[]): ElementContent[] {
  return children
    .filter((child) => child.type !== 'element' || !('dataFootnoteBackref' in child.properties))
    .map((child) => (child.type === 'element' ? { ...child, children: withoutBackLinks(child.children) } : child));
}
