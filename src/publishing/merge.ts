import { diff3Merge, LCS } from 'node-diff3';
import { paragraphsOf } from './from-blocks.ts';

/** A stretch of paragraphs: agreed, or open, where both sides changed the same place. `base` is null when it is not known. */
export type Hunk =
  | { kind: 'agreed'; text: string }
  | { kind: 'open'; ours: string; base: string | null; theirs: string };

/**
 * Merges two Markdown texts paragraph by paragraph. What one side changed and the other did not is taken over; where both
 * changed the same place, it is left open. Without a base whatever differs is open.
 */
export function mergeMarkdown(ours: string, base: string | null, theirs: string): Hunk[] {
  const [a, b] = [paragraphsOf(ours), paragraphsOf(theirs)];
  if (base === null) return withoutBase(a, b);
  const regions = diff3Merge(a, paragraphsOf(base), b, { excludeFalseConflicts: true });
  return regions.flatMap(({ ok, conflict }): Hunk[] => {
    if (ok) return ok.length === 0 ? [] : [{ kind: 'agreed', text: join(ok) }];
    return conflict ? [{ kind: 'open', ours: join(conflict.a), base: join(conflict.o), theirs: join(conflict.b) }] : [];
  });
}

/** Paragraphs as one text. */
export const join = (paragraphs: readonly string[]) => paragraphs.join('\n\n');

function withoutBase(ours: string[], theirs: string[]): Hunk[] {
  const hunks: Hunk[] = [];
  const common: [number, number][] = [];
  for (let at = LCS(ours, theirs); at?.chain; at = at.chain) common.unshift([at.buffer1index, at.buffer2index]);
  let [a, b] = [0, 0];
  const agreed: string[] = [];
  const flush = () => {
    if (agreed.length > 0) hunks.push({ kind: 'agreed', text: join(agreed.splice(0)) });
  };
  for (const [nextA, nextB] of [...common, [ours.length, theirs.length] as [number, number]]) {
    if (nextA > a || nextB > b) {
      flush();
      hunks.push({ kind: 'open', ours: join(ours.slice(a, nextA)), base: null, theirs: join(theirs.slice(b, nextB)) });
    }
    if (nextA < ours.length) agreed.push(ours[nextA] as string);
    [a, b] = [nextA + 1, nextB + 1];
  }
  flush();
  return hunks;
}
