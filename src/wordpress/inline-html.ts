import type { Element, Nodes, Properties } from 'hast';
import { escapeText, openTag } from './block-markup.ts';

const voidTags = new Set(['br', 'hr', 'img', 'input']);
/** What the editor's own toolbar writes for the same thing. */
const editorTags: Readonly<Record<string, string>> = { del: 's' };

/** True for a node that shows nothing: white space between blocks. */
export function isBlank(node: Nodes): boolean {
  return node.type === 'text' ? node.value.trim() === '' : node.type !== 'element';
}

/** The id in the site's library that an image was given as `dataMediaId`: whoever uploads it says so there. */
export function mediaIdOf(node: Element): number | undefined {
  const id = node.tagName === 'img' ? node.properties.dataMediaId : undefined;
  return typeof id === 'number' ? id : undefined;
}

/** The text below a node, as it stands. */
export function textOf(node: Nodes): string {
  if (node.type === 'text') return node.value;
  return node.type === 'element' || node.type === 'root' ? node.children.map(textOf).join('') : '';
}

/** HTML of nodes exactly as they stand, for the last-resort HTML block and preformatted text. */
export function verbatimHtml(nodes: readonly Nodes[]): string {
  return nodes.map((node) => nodeHtml(node)).join('');
}

/** HTML of running text on one line, as the editor keeps it in a paragraph, heading, list item or cell. */
export function inlineHtml(nodes: readonly Nodes[]): string {
  return verbatimHtml(nodes)
    .replace(/[ \t]*[\r\n]\s*/g, ' ')
    .replace(/ ?<br> ?/g, '<br>')
    .trim();
}

/** WordPress turns an address that stands alone on a line or in a paragraph into an embed: it would ask it for content. */
const loneAddress = /^(\s*https?:)\/\/(?=[^\s<>"]+\s*$)/gim;

function nodeHtml(node: Nodes, inLink = false): string {
  if (node.type === 'text') {
    const text = escapeText(node.value);
    return inLink ? text : text.replace(loneAddress, '$1&#047;&#047;');
  }
  if (node.type !== 'element') return '';
  // Form fields are stripped from the posts of authors and contributors; a sign stays.
  if (node.tagName === 'input') return node.properties.checked ? '☑' : '☐';
  const tag = editorTags[node.tagName] ?? node.tagName;
  const open = openTag(tag, htmlAttributes(node));
  if (voidTags.has(tag)) return open;
  const link = inLink || node.tagName === 'a';
  return `${open}${node.children.map((child) => nodeHtml(child, link)).join('')}</${tag}>`;
}

/** HTML attributes of an element. The footnote plugin's own marks (data-*, task list classes) are left out. */
export function htmlAttributes(node: Element): Record<string, string | true | undefined> {
  const attributes: Record<string, string | true | undefined> = {};
  for (const [property, value] of Object.entries(node.properties)) {
    if (property.startsWith('data') || (property === 'className' && node.tagName !== 'code')) continue;
    attributes[attributeName(property)] = attributeValue(value);
  }
  const media = mediaIdOf(node);
  if (media !== undefined) attributes.class = `wp-image-${media}`;
  return attributes;
}

function attributeName(property: string): string {
  if (property === 'className') return 'class';
  return property.startsWith('aria') ? `aria-${property.slice(4).toLowerCase()}` : property.toLowerCase();
}

function attributeValue(value: Properties[string]): string | true | undefined {
  if (value === null || value === undefined || value === false) return undefined;
  if (value === true) return true;
  return Array.isArray(value) ? value.join(' ') : String(value);
}
