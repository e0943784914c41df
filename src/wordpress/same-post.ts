import type { ElementContent, Root } from 'hast';
import rehypeRaw from 'rehype-raw';
import rehypeStringify from 'rehype-stringify';
import { unified } from 'unified';
import { isHeld, parseBlocks, type TopBlock } from './parse-blocks.ts';

const reader = unified().use(rehypeRaw).use(rehypeStringify);

/** Reads HTML of a post into a tree. Comments, and with them the marks of inner blocks, are left out. */
export function readHtml(html: string): Root {
  const tree = reader.runSync({ type: 'root', children: [{ type: 'raw', value: html }] } as Root);
  return { ...tree, children: withoutComments(tree.children as ElementContent[]) };
}

function withoutComments(children: readonly ElementContent[]): ElementContent[] {
  return children
    .filter(({ type }) => type !== 'comment')
    .map((child) => (child.type === 'element' ? { ...child, children: withoutComments(child.children) } : child));
}

/**
 * What a block shows, in one spelling: what the editor, the filters of a role or WordPress itself write differently
 * without a person having changed anything (entities, ` />`, white space between tags, the classes of a block's kind, the
 * attributes that its HTML repeats) is the same. Two blocks with the same key read the same.
 */
export function blockKey(block: Pick<TopBlock, 'name' | 'attributes' | 'html'>): string {
  const { name, attributes, html } = block;
  // A block without HTML of its own is all in its attributes: latest posts, a navigation.
  if (html === '') return name === null || name === 'paragraph' ? '' : `${name} ${attributes}`;
  // What we never write may say in its attributes, or those of the blocks inside, what its HTML does not.
  if (!isHeld(block)) return `${name} ${attributes} ${html.replace(/>\s+</g, '><')}`;
  const tree = readHtml(html);
  normalize(tree.children as ElementContent[], false);
  return reader.stringify(tree).trim();
}

function normalize(children: ElementContent[], verbatim: boolean, inBlock = true): void {
  for (let index = children.length - 1; index >= 0; index -= 1) {
    const child = children[index];
    if (child?.type === 'text' && !verbatim) {
      child.value = child.value.replace(/[\t\n\r ]+/g, ' ');
      if (inBlock && index === 0) child.value = child.value.trimStart();
      if (inBlock && index === children.length - 1) child.value = child.value.trimEnd();
      if (child.value === '') children.splice(index, 1);
      const besideBlock = [children[index - 1], children[index + 1]].every(
        (other) => other === undefined || (other.type === 'element' && !inline.has(other.tagName)),
      );
      if (child.value === ' ' && besideBlock) children.splice(index, 1);
    }
    if (child?.type !== 'element') continue;
    const { className, ...properties } = child.properties;
    const own = (Array.isArray(className) ? className : []).filter((one) => !/^wp-(block|element)-/.test(String(one)));
    const sorted = Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1));
    child.properties = { ...Object.fromEntries(sorted), ...(own.length > 0 ? { className: own } : {}) };
    normalize(child.children, verbatim || child.tagName === 'pre', !inline.has(child.tagName));
  }
}

const inline = new Set(
  'a abbr b br cite code del em i img ins kbd mark q s samp small span strong sub sup u var'.split(' '),
);

/** Whether two raw contents of a post read the same. */
export function sameContent(a: string, b: string): boolean {
  if (a === b) return true;
  const [keysA, keysB] = [a, b].map((content) =>
    parseBlocks(content)
      .map(blockKey)
      .filter((key) => key !== '' && key !== '<p></p>'),
  );
  return JSON.stringify(keysA) === JSON.stringify(keysB);
}

/** Whether two raw titles or excerpts read the same. */
export function sameLine(a: string, b: string): boolean {
  return a === b || plainText(a) === plainText(b);
}

/** The words of a raw title or excerpt. */
export function plainText(html: string): string {
  const text = (node: { type: string; value?: string; children?: unknown[] }): string =>
    node.type === 'text'
      ? (node.value ?? '')
      : (node.children ?? []).map((child) => text(child as Parameters<typeof text>[0])).join('');
  return text(readHtml(html)).replace(/\s+/g, ' ').trim();
}

/** The part of a post's address that is its own, in letters: WordPress keeps other scripts than Latin percent-encoded. */
export function readSlug(slug: string): string {
  try {
    return decodeURIComponent(slug);
  } catch (error) {
    // Cut in the middle of a letter, at 200 bytes.
    if (error instanceof URIError) return slug;
    throw error;
  }
}
