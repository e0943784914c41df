import { diffIndices } from 'node-diff3';
import { Fragment, type Node } from 'prosemirror-model';
import type { Transaction } from 'prosemirror-state';
import type { Origins } from './markdown/origins.ts';
import { readMarkdown } from './markdown/read.ts';
import { schema } from './markdown/schema.ts';
import { writeBlocks } from './markdown/write.ts';

/**
 * Makes the document say what `markdown` says by replacing only the blocks that differ: the caret stays where it is, and
 * undoing goes on working for the rest.
 */
export function applyMarkdown(origins: Origins, tr: Transaction, markdown: string): Transaction {
  const before = writeBlocks(origins, tr.doc).blocks;
  const read = readMarkdown(origins, markdown);
  const after = writeBlocks(origins, read).blocks;
  const changes = diffIndices(
    before.map(({ text }) => text),
    after.map(({ text }) => text),
  );
  keepOrigins(origins, tr.doc, read, { before, after, changes });
  const nodeAt = (from: number) => read.nodeAt(from);
  for (const { buffer1, buffer2 } of changes.toReversed()) {
    const [start, count] = buffer1;
    const old = before.slice(start, start + count);
    const first = old[0];
    const last = old.at(-1);
    const next = before[start + count];
    const from = first?.from ?? next?.from ?? tr.doc.content.size;
    const to = last ? last.from + last.size : from;
    const nodes = after.slice(buffer2[0], buffer2[0] + buffer2[1]).flatMap(({ from: place }) => nodeAt(place) ?? []);
    if (nodes.length === 0 && from === 0 && to === tr.doc.content.size) nodes.push(schema.node('paragraph'));
    tr.replaceWith(from, to, Fragment.from(nodes));
  }
  return tr;
}

/** Blocks that stay in the document stand from now on for the pieces of the text that was just read. */
function keepOrigins(
  origins: Origins,
  doc: Node,
  read: Node,
  {
    before,
    after,
    changes,
  }: { before: { from: number }[]; after: { from: number }[]; changes: ReturnType<typeof diffIndices<string>> },
): void {
  const renamed = new Map<number, number>();
  let [one, other] = [0, 0];
  for (const { buffer1, buffer2 } of [...changes, { buffer1: [before.length, 0], buffer2: [after.length, 0] }]) {
    for (; one < (buffer1[0] ?? 0); one += 1, other += 1) {
      const old = doc.nodeAt(before[one]?.from ?? 0);
      const next = read.nodeAt(after[other]?.from ?? 0);
      const fresh = next && origins.of(next);
      if (!old || !next || !fresh || old.attrs.origin === null || renamed.has(old.attrs.origin)) continue;
      origins.set(old.attrs.origin, { ...fresh, node: old });
      renamed.set(next.attrs.origin, old.attrs.origin);
    }
    one += buffer1[1] ?? 0;
    other += buffer2[1] ?? 0;
  }
  origins.rename(renamed);
}
