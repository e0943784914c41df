import type { CitablePassage } from '../knowledge/store.ts';
import type { PassageInput } from '../llm/tasks.ts';

/** Short names for passages within one model call, and the way back from what the model cites. */
export interface Handles {
  passages: PassageInput[];
  /** The id behind a handle, or null for one that was never given out. */
  resolve(ref: string): string | null;
}

/** Numbers the passages p1, p2, ... and their sources s1, s2, ... in the given order. */
export function giveHandles(passages: CitablePassage[]): Handles {
  const sources = new Map<string, string>();
  const ids = new Map<string, string>();
  const named = passages.map((passage, index) => {
    const ref = `p${index + 1}`;
    ids.set(ref, passage.id);
    const source = sources.get(passage.sourceId) ?? `s${sources.size + 1}`;
    sources.set(passage.sourceId, source);
    return { ref, source, sourceTitle: passage.sourceTitle, heading: passage.heading, text: passage.text };
  });
  return { passages: named, resolve: (ref) => ids.get(ref.trim()) ?? null };
}
