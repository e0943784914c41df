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
        const now = read(tr.doc);
        // Most keys change no citation: then everything only moves along.
        if (
          sameMap(now.numbers, before.numbers) &&
          sameMap(now.texts, before.texts) &&
          now.places.length === before.decorations.find().length
        ) {
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
  return { numbers, texts, decorations: DecorationSet.create(doc, decorations) };
}

function sameMap<Value>(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value) return false;
  return true;
}
