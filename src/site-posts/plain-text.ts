import type { Nodes, Root } from 'hast';
import rehypeRaw from 'rehype-raw';
import { unified } from 'unified';
import { oneLine } from '../storable.ts';
import { limitText } from '../text/limit-text.ts';

/** Of the HTML, in UTF-16 units: what comes behind it no title or excerpt has. */
const longestHtml = 10_000;
const unseen = /<!--[\s\S]*?-->|<(script|style|template)\b[\s\S]*?<\/\1\s*>/gi;
const apart = /<\/?(?:p|br|div|li|ul|ol|h[1-6]|td|th|tr|blockquote)\b[^<>]*>/gi;
const tag = /<[a-z/!?][^<>]*>/gi;

const decoder = unified().use(rehypeRaw);

/**
 * A title or excerpt of a site as text on one line: without tags, with entities decoded as a browser would, at most
 * `limit` characters. What it says is a stranger's: it is text and nothing else.
 */
export function plainText(html: string, limit: number): string {
  const whole = html.length <= longestHtml ? html : html.slice(0, longestHtml).replace(/<[^<>]*$/, '');
  const bare = whole.replace(unseen, ' ').replace(apart, ' ').replace(tag, '');
  return limitText(oneLine(bare.includes('&') ? decoded(bare) : bare), limit);
}

function decoded(text: string): string {
  // No tag is left; what still looks like the beginning of one is a less-than sign.
  const value = text.replaceAll('<', '&lt;');
  const tree: Root = { type: 'root', children: [{ type: 'raw', value } as unknown as Root['children'][number]] };
  return textOf(decoder.runSync(tree) as Nodes);
}

function textOf(node: Nodes): string {
  if (node.type === 'text') return node.value;
  return 'children' in node ? node.children.map(textOf).join('') : '';
}
