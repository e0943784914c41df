import { createImaging, type Imaging } from '../src/images/imaging.ts';
import { createEmbedder, type Embedder } from '../src/knowledge/embeddings.ts';
import { createExtractor, type Extractor } from '../src/knowledge/extract.ts';

/**
 * Starting the processes and the thread that read pages, draw and embed takes longer than most tests, and nothing stays
 * in them from one call to the next: the applications of one test process share theirs, which end with it.
 */
const extractor = createExtractor();
const imaging = createImaging();
const embedder = createEmbedder();
/** Vectors of texts that were embedded before: most articles of tests are about the same few sources. */
const vectors = new Map<string, Promise<number[]>>();

/** The parts of an application that are shared; objects of its own, so that a test may replace what they do. */
export function sharedWorkers(): { extractor: Extractor; imaging: Imaging; embedder: Embedder } {
  const close = async () => undefined;
  return {
    extractor: { ...extractor, close },
    imaging: { ...imaging, close },
    embedder: { ...embedder, embed, close },
  };
}

async function embed(texts: string[]): Promise<number[][]> {
  const missing = [...new Set(texts)].filter((text) => !vectors.has(text));
  if (missing.length > 0) {
    const made = embedder.embed(missing);
    missing.forEach((text, at) => {
      vectors.set(
        text,
        made.then((all) => all[at] ?? []),
      );
    });
    // What has failed is tried again when it is asked for again.
    made.catch(() => {
      for (const text of missing) vectors.delete(text);
    });
  }
  const all = await Promise.all(texts.map((text) => vectors.get(text) as Promise<number[]>));
  return all.map((vector) => [...vector]);
}
