import { afterAll, describe, expect, it } from 'vitest';
import { cosine, createEmbedder } from './embeddings.ts';

const embedder = createEmbedder();
afterAll(() => embedder.close());

describe('createEmbedder', () => {
  it('gives unit vectors of 512 dimensions in the order of the texts, whatever the batch', async () => {
    const texts = Array.from(
      { length: 70 },
      (_, i) => `Sentence number ${i} about ${i % 2 ? 'gardens' : 'databases'}.`,
    );
    const vectors = await embedder.embed(texts);
    expect(vectors).toHaveLength(70);
    for (const vector of vectors) {
      expect(vector).toHaveLength(embedder.dimensions);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    }
    const [alone] = await embedder.embed([texts[69] ?? '']);
    expect(cosine(alone ?? [], vectors[69] ?? [])).toBeCloseTo(1, 4);
  });

  it('puts paraphrases near each other and unrelated texts far', async () => {
    const [a, b, c] = await embedder.embed([
      'How to back up a WordPress site',
      'WordPress site backup: a guide',
      'The cat sleeps on the warm roof',
    ]);
    expect(cosine(a ?? [], b ?? [])).toBeGreaterThan(0.8);
    expect(cosine(a ?? [], c ?? [])).toBeLessThan(0.5);
  });

  it('takes empty, strange and very long texts', async () => {
    const vectors = await embedder.embed(['', '   ', '😀', '\u0000', 'x'.repeat(100_000)]);
    expect(vectors.map((vector) => vector.length)).toEqual([512, 512, 512, 512, 512]);
    expect(vectors.flat().every(Number.isFinite)).toBe(true);
    expect(await embedder.embed([])).toEqual([]);
  });

  it('knows English only', () => {
    expect([embedder.supports('en'), embedder.supports('de'), embedder.supports('zh')]).toEqual([true, false, false]);
  });

  it('refuses to work after it was closed', async () => {
    const other = createEmbedder();
    await other.close();
    await expect(other.embed(['text'])).rejects.toMatchObject({ reason: 'closed' });
  });
});

describe('cosine', () => {
  it('is 1, 0 and -1 for same, square and opposite directions, and 0 for a zero vector', () => {
    expect(cosine([1, 2], [2, 4])).toBeCloseTo(1);
    expect(cosine([1, 0], [0, 1])).toBe(0);
    expect(cosine([1, 1], [-1, -1])).toBeCloseTo(-1);
    expect(cosine([0, 0], [1, 1])).toBe(0);
  });
});
