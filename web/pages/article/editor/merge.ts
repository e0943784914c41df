import { diff3MergeRegions } from 'node-diff3';
import { type SourceBlock, sliceBlocks } from './markdown/slices.ts';
import { type FieldName, fieldNames, type Values } from './values.ts';

/** A place that both sides changed: a field, or a stretch of blocks. */
export interface Clash {
  /** `markdown` for a stretch of the text. */
  name: FieldName | 'markdown';
  mine: string;
  theirs: string;
}
/** What is to become of a place that both changed. */
export type Choice = 'mine' | 'theirs' | 'both';

/** Two versions of an article put together, as far as that can be done without asking. */
export interface Merge {
  clashes: Clash[];
  /** The article with each clash decided as `choices` says, in their order. */
  settle(choices: readonly Choice[]): Values;
}

type Piece = SourceBlock | { clash: number; before: string };

/**
 * Merges what was written here with what was written elsewhere since `base`. The text is compared block by block: what only
 * one side changed is taken over, also when the block beside it was changed by the other; what both changed is a clash.
 */
export function merge(base: Values, mine: Values, theirs: Values): Merge {
  const clashes: Clash[] = [];
  const fields: Partial<Record<FieldName, string | number>> = {};
  for (const name of fieldNames) {
    if (mine[name] === base[name] || mine[name] === theirs[name]) fields[name] = theirs[name];
    else if (theirs[name] === base[name]) fields[name] = mine[name];
    else fields[name] = clashes.push({ name, mine: mine[name], theirs: theirs[name] }) - 1;
  }
  const text = mergeText(base.markdown, mine.markdown, theirs.markdown, clashes);
  return {
    clashes,
    settle(choices) {
      const decided = (index: number) => {
        const clash = clashes[index];
        const choice = choices[index] ?? 'mine';
        if (!clash) return '';
        if (choice !== 'both') return clash[choice];
        return [clash.mine, clash.theirs].filter(Boolean).join(clash.name === 'markdown' ? '\n\n' : ' ');
      };
      const value = (name: FieldName) => {
        const found = fields[name];
        return typeof found === 'number' ? decided(found) : (found ?? '');
      };
      return {
        title: value('title'),
        slug: value('slug'),
        excerpt: value('excerpt'),
        metaTitle: value('metaTitle'),
        metaDescription: value('metaDescription'),
        keyword: value('keyword'),
        markdown: typeof text === 'string' ? text : joined(text, decided),
      };
    },
  };
}

/** The merged text, or its pieces where some are clashes. */
function mergeText(
  base: string,
  mine: string,
  theirs: string,
  clashes: Clash[],
): string | { pieces: Piece[]; after: string } {
  if (mine === base || mine === theirs) return theirs;
  if (theirs === base) return mine;
  const [a, o, b] = [sliceBlocks(mine), sliceBlocks(base), sliceBlocks(theirs)];
  const texts = ({ blocks }: { blocks: SourceBlock[] }) => blocks.map(({ text }) => text);
  const pieces: Piece[] = [];
  const [ours, olds, others] = [texts(a), texts(o), texts(b)];
  for (const region of diff3MergeRegions(ours, olds, others)) {
    if (region.stable) {
      const from = { a, o, b }[region.buffer as 'a' | 'o' | 'b'];
      pieces.push(...from.blocks.slice(region.bufferStart, region.bufferStart + region.bufferLength));
      continue;
    }
    const { aStart, aLength, oStart, oLength, bStart, bLength } = region;
    const mineHere = a.blocks.slice(aStart, aStart + aLength);
    const baseHere = o.blocks.slice(oStart, oStart + oLength);
    const theirsHere = b.blocks.slice(bStart, bStart + bLength);
    // Where both only changed blocks, and added none, each block is compared with its own.
    const apart = aLength === oLength && bLength === oLength;
    const groups = apart
      ? mineHere.map(
          (block, index) => [[block], baseHere.slice(index, index + 1), theirsHere.slice(index, index + 1)] as const,
        )
      : [[mineHere, baseHere, theirsHere] as const];
    for (const [one, old, other] of groups) {
      if (same(one, other) || same(other, old)) pieces.push(...one);
      else if (same(one, old)) pieces.push(...other);
      else {
        const clash = clashes.push({ name: 'markdown', mine: whole(one), theirs: whole(other) }) - 1;
        pieces.push({ clash, before: (one[0] ?? other[0])?.before ?? '' });
      }
    }
  }
  const text = { pieces, after: a.after || b.after };
  return pieces.some((piece) => 'clash' in piece) ? text : joined(text, () => '');
}

const same = (a: readonly SourceBlock[], b: readonly SourceBlock[]) =>
  a.length === b.length && a.every(({ text }, index) => text === b[index]?.text);

const whole = (blocks: readonly SourceBlock[]) =>
  blocks.map(({ text, before }, index) => (index === 0 ? '' : before) + text).join('');

function joined({ pieces, after }: { pieces: Piece[]; after: string }, decided: (clash: number) => string): string {
  let text = '';
  for (const piece of pieces) {
    const block = 'clash' in piece ? decided(piece.clash) : piece.text;
    if (block === '') continue;
    // What stood before a block stood behind another one: at least a blank line parts the two.
    const between = /\n[ \t]*\r?\n/.test(piece.before) || text === '' ? piece.before : '\n\n';
    text += (text === '' ? between.replace(/^\s+$/, '') : between) + block;
  }
  return text + after;
}
