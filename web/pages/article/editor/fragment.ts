import { Fragment, type Node, Slice } from 'prosemirror-model';
import { Origins } from './markdown/origins.ts';
import { readMarkdown } from './markdown/read.ts';
import { schema } from './markdown/schema.ts';
import { labelsOf, writeMarkdown } from './markdown/write.ts';

/** Reads a piece of Markdown that is to stand in `doc`: its references lead to the definitions and footnotes there. */
export function readFragment(markdown: string, doc: Node): Node[] {
  const labels = labelsOf(doc);
  const read = readMarkdown(new Origins(), `${markdown.replace(/\s+$/, '')}\n\n${labels.text}`);
  return read.children.slice(0, read.childCount - labels.count).map(withoutOrigin);
}

/** For the clipboard: what begins or ends with a paragraph joins the text around it. */
export function sliceOf(nodes: readonly Node[]): Slice {
  const open = (node: Node | undefined) => (node?.type.name === 'paragraph' ? 1 : 0);
  return new Slice(Fragment.from([...nodes]), open(nodes[0]), open(nodes.at(-1)));
}

/** What was copied, as Markdown. */
export function writeFragment(origins: Origins, content: Fragment): string {
  const blocks = content.firstChild?.isInline ? schema.node('paragraph', null, content) : content;
  const doc = schema.topNodeType.createChecked(
    null,
    schema.topNodeType.validContent(Fragment.from(blocks)) ? blocks : asBlocks(content),
  );
  return writeMarkdown(origins, doc).trim();
}

/** A part of a list or table, out of which it was copied, as paragraphs. */
function asBlocks(content: Fragment): Node[] {
  const found: Node[] = [];
  content.descendants((node) => {
    if (node.isTextblock)
      found.push(schema.node('paragraph', null, node.type.spec.code ? schema.text(node.textContent) : node.content));
    return !node.isTextblock;
  });
  return found.length > 0 ? found : [schema.node('paragraph')];
}

/** It takes on the ways of the document that it comes into. */
function withoutOrigin(node: Node): Node {
  if (node.isText) return node;
  const attrs = { ...node.attrs };
  for (const name of ['origin', 'marker', 'delimiter']) if (name in attrs) attrs[name] = null;
  return node.type.create(attrs, node.children.map(withoutOrigin), node.marks);
}
