import type { Node } from 'prosemirror-model';
import { Plugin, PluginKey } from 'prosemirror-state';
import { Decoration, DecorationSet } from 'prosemirror-view';
import { schema } from './markdown/schema.ts';

interface Citations {
  /** By label: the number that a reader sees; footnotes are numbered as they are first pointed at. */
  numbers: ReadonlyMap<string, number>;
  /** By label: the footnote's text. */
  texts: ReadonlyMap<string, string>;
  decorations: DecorationSet;
  /** How many citations and footnotes there are. */
  places: number;
}

/** Numbers citations and footnotes as the reader's page does. */
export const citations = new PluginKey<Citations>('citations');

export function numberCitations(): Plugin<Citations> {
  return new Plugin<Citations>({
    key: citations,
    state: {
      init: (_, { doc }) => count(doc),
      apply: (tr, before) => {
        if (!tr.docChanged) return before;
        // Most keys change no citation: then the numbers only move along.
        if (!touchesCitations(tr.before, tr.doc)) {
          return { ...before, decorations: before.decorations.map(tr.mapping, tr.doc) };
        }
        const now = read(tr.doc);
        const same = sameMap(now.numbers, before.numbers) && sameMap(now.texts, before.texts);
        if (same && now.places.length === before.places) {
          return { ...before, decorations: before.decorations.map(tr.mapping, tr.doc) };
        }
        return count(tr.doc);
      },
    },
    props: { decorations: (state) => citations.getState(state)?.decorations },
  });
}

function read(doc: Node) {
  const texts = new Map<string, string>();
  const numbers = new Map<string, number>();
  const places: { from: number; to: number; label: string }[] = [];
  const { footnote, footnote_ref } = schema.nodes;
  doc.forEach((node) => {
    if (node.type === footnote) texts.set(node.attrs.label, node.textContent);
  });
  doc.descendants((node, from) => {
    if (node.type !== footnote_ref && node.type !== footnote) return !node.isTextblock || node.inlineContent;
    const { label } = node.attrs;
    places.push({ from, to: from + node.nodeSize, label });
    if (node.type === footnote_ref && texts.has(label) && !numbers.has(label)) numbers.set(label, numbers.size + 1);
    return true;
  });
  return { texts, numbers, places };
}

function count(doc: Node): Citations {
  const { texts, numbers, places } = read(doc);
  const decorations = places.map(({ from, to, label }) => {
    const number = numbers.get(label);
    return Decoration.node(
      from,
      to,
      { 'data-number': number === undefined ? '' : String(number) },
      { label, number, text: texts.get(label) },
    );
  });
  return { numbers, texts, decorations: DecorationSet.create(doc, decorations), places: places.length };
}

/** Whether any of the blocks that differ between two documents holds, or held, a citation or a footnote. */
function touchesCitations(before: Node, after: Node): boolean {
  const [old, now] = [before.children, after.children];
  let start = 0;
  while (start < old.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const changed = [...old.slice(start, old.length - end), ...now.slice(start, now.length - end)];
  return changed.some(holdsCitation);
}

function holdsCitation(node: Node): boolean {
  const { footnote, footnote_ref } = schema.nodes;
  if (node.type === footnote || node.type === footnote_ref) return true;
  return node.children.some(holdsCitation);
}

function sameMap<Value>(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value) return false;
  return true;
}
