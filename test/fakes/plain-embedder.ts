import type { Embedder } from '../../src/knowledge/embeddings.ts';
import { contentTerms } from '../../src/text/terms.ts';

/** An embedder without a model: texts that share words lie near each other. For English only, like the real one. */
export function createPlainEmbedder(model = 'plain'): Embedder {
  const dimensions = 64;
  const vectorOf = (text: string) => {
    const vector = new Array<number>(dimensions).fill(0);
    for (const term of contentTerms(text, 'en')) {
      let hash = 7;
      for (const letter of term) hash = (hash * 31 + letter.charCodeAt(0)) % 1_000_003;
      vector[hash % dimensions] = (vector[hash % dimensions] ?? 0) + 1;
    }
    const length = Math.hypot(...vector) || 1;
    return vector.map((value) => value / length);
  };
  return {
    model,
    dimensions,
    supports: (language) => language === 'en',
    embed: async (texts) => texts.map(vectorOf),
    close: async () => undefined,
  };
}
