import type { Element, ElementContent, Root } from 'hast';
import type { PhrasingContent } from 'mdast';
import rehypeRemark, { type Options } from 'rehype-remark';
import remarkGfm from 'remark-gfm';
import remarkStringify from 'remark-stringify';
import { unified } from 'unified';
import { isHeld, type TopBlock } from './parse-blocks.ts';
import { readHtml } from './same-post.ts';

type Handle = NonNullable<NonNullable<Options['handlers']>[string]>;

/** Attributes that say nothing which the Markdown does not say. */
const said =
  /^(metadata|level|ordered|start|reversed|hasFixedLayout|linkDestination|showContent|className|id|sizeSlug|alt|width|height|aspectRatio|scale)$/;

const footnoteHref = /^#note-fn-(.+)$/;

/** What Markdown has no mark for stands as the HTML that it is: the renderer lets these through. */
const kept = ['sup', 'sub', 'mark', 'u', 'kbd', 'ins', 'small', 'q', 'cite', 'var', 'samp'];
const keepTag: Handle = (state, node: Element) => {
  const id = node.tagName === 'sup' ? footnoteIn(node) : undefined;
  if (id !== undefined) return { type: 'footnoteReference', identifier: id, label: id };
  return [
    { type: 'html', value: `<${node.tagName}>` },
    ...(state.all(node) as PhrasingContent[]),
    { type: 'html', value: `</${node.tagName}>` },
  ];
};

const toMarkdown = unified()
  .use(rehypeRemark, { handlers: Object.fromEntries(kept.map((tag) => [tag, keepTag])) })
  .use(remarkGfm)
  .use(remarkStringify, { bullet: '-', emphasis: '*', rule: '-', fences: true });

/** The footnote that a raised number points at. */
export function footnoteIn(node: Element): string | undefined {
  const [only] = node.children;
  if (only?.type !== 'element' || only.tagName !== 'a') return undefined;
  const id = footnoteHref.exec(String(only.properties.href ?? ''))?.[1];
  return id === undefined ? undefined : decodeURIComponent(id);
}

function textOf(node: Element | ElementContent): string {
  if (node.type === 'text') return node.value;
  return node.type === 'element' ? node.children.map(textOf).join('') : '';
}

/** One block as Markdown; `lost` names what of it Markdown cannot hold. */
export function blockToMarkdown(block: TopBlock): { markdown: string; lost: string[] } {
  const { name, html } = block;
  const lost = lostOf(block);
  if (name === 'html' || name === 'details') return { markdown: asHtml(html), lost };
  const tree = readHtml(html);
  if (name === 'preformatted' || name === 'verse') return { markdown: asHtml(html.replaceAll('\n', '<br>')), lost };
  prepare(tree.children as ElementContent[]);
  return { markdown: htmlTreeToMarkdown(tree), lost };
}

/** A tree of a post's HTML as Markdown. */
export function htmlTreeToMarkdown(tree: Root): string {
  return toMarkdown.stringify(toMarkdown.runSync(tree)).trim();
}

/** HTML within Markdown ends at an empty line, so there must be none. */
function asHtml(html: string): string {
  return html
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/\n\s*\n/g, '\n')
    .trim();
}

function lostOf({ name, attributes }: TopBlock): string[] {
  if (name === null) return [];
  if (!isHeld({ name, html: '' })) return [name];
  const keys = /^\{/.test(attributes) ? Object.keys(parsed(attributes)).filter((key) => !said.test(key)) : [];
  return keys.map((key) => `${name}: ${key}`);
}

function parsed(attributes: string): Record<string, unknown> {
  try {
    return JSON.parse(attributes) as Record<string, unknown>;
  } catch (error) {
    // WordPress, too, takes a block with broken attributes for one without.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Brings what WordPress writes in a way of its own into the form that the converter knows. */
function prepare(children: ElementContent[]): void {
  for (const [index, child] of children.entries()) {
    if (child.type !== 'element') continue;
    if (child.tagName === 's') child.tagName = 'del';
    if (child.tagName === 'pre') {
      const [code] = child.children;
      const classes = [child.properties.className ?? []].flat().filter((one) => /^language-/.test(String(one)));
      if (code?.type === 'element' && code.tagName === 'code' && classes.length > 0) {
        code.properties = { className: classes };
      }
    }
    const align = child.properties.dataAlign;
    if ((child.tagName === 'td' || child.tagName === 'th') && typeof align === 'string') child.properties.align = align;
    if (child.tagName === 'figure') children[index] = figure(child);
    prepare(child.children);
  }
}

/** An image with its caption: Markdown's title of the image, which becomes the caption again. */
function figure(node: Element): Element {
  const image = findImage(node);
  const caption = node.children.find((child) => child.type === 'element' && child.tagName === 'figcaption');
  const images = node.children.filter((child) => child !== caption && textOf(child).trim() === '');
  const plain = caption?.type === 'element' && caption.children.every(({ type }) => type === 'text');
  if (image && caption && plain && images.length === node.children.length - 1) {
    image.properties.title = textOf(caption).trim();
    node.children = images;
  }
  return { ...node, tagName: image ? 'p' : 'div' };
}

function findImage(node: Element): Element | undefined {
  if (node.tagName === 'img') return node;
  return node.children.flatMap((child) => (child.type === 'element' ? [findImage(child)] : [])).find(Boolean);
}
