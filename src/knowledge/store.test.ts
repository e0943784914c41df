import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import type { Embedder } from './embeddings.ts';
import { listPassages, storeDocument } from './store.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

test('a passage is compared by how it begins, in whole words, and kept and found by all of its words', async () => {
  const { db, ownerId } = app.ctx;
  const seen: string[] = [];
  const embedder: Embedder = {
    model: 'recording',
    dimensions: 2,
    supports: () => true,
    embed: async (texts) => {
      seen.push(...texts);
      return texts.map(() => [1, 0]);
    },
    close: () => Promise.resolve(),
  };
  const text = 'A backup is worth as much as the last time that somebody restored it and looked. '.repeat(8).trim();
  const document = {
    title: 'Backups',
    siteName: null,
    author: null,
    publishedAt: null,
    language: 'en',
    canonicalUrl: null,
    blocks: [
      { kind: 'paragraph' as const, text },
      { kind: 'paragraph' as const, text: 'A short one is compared as a whole, and nothing of it is lost.' },
    ],
  };
  const source = await storeDocument(db, embedder, ownerId, { kind: 'text', url: null, document, language: 'en' });
  const passages = await listPassages(db, ownerId, [source?.id ?? '']);
  expect(seen).toHaveLength(passages.length);
  expect(passages.map((passage) => passage.text).join(' ')).toContain(text.slice(-300));
  passages.forEach((passage, index) => {
    const embedded = seen[index] ?? '';
    expect(embedded.length).toBeLessThanOrEqual(200);
    expect(passage.text.startsWith(embedded)).toBe(true);
    // Cut between two words, or not at all.
    expect([undefined, ' ']).toContain(passage.text[embedded.length]);
  });
  expect(seen.some((embedded) => embedded.length > 150)).toBe(true);
});
