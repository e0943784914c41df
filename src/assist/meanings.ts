import type { AppContext } from '../context.ts';

/** Vectors of texts that are being written. */
export interface Meanings {
  /** The vector of a text as far as it is known; null while it is worked out, for the next time. Never waits. */
  of(text: string, language: string): number[] | null;
}

/** A vector is four kilobytes. */
const maxKept = 200;

/** Keeps the vectors of the latest texts in memory: working one out takes longer than a person may wait while typing. */
export function createMeanings({ embedder, log }: Pick<AppContext, 'embedder' | 'log'>): Meanings {
  const known = new Map<string, number[] | null>();
  return {
    of(text, language) {
      if (!embedder.supports(language)) return null;
      const vector = known.get(text);
      if (vector !== undefined) return vector;
      if (known.size >= maxKept) known.delete(known.keys().next().value ?? '');
      known.set(text, null);
      embedder.embed([text]).then(
        ([computed]) => known.set(text, computed ?? null),
        (error: unknown) => {
          // Asked again with the next text; until then words are compared.
          known.delete(text);
          log.warn({ err: error }, 'the meaning of a text could not be worked out');
        },
      );
      return null;
    },
  };
}
