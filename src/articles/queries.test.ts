import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
  await written('Sourdough bread for beginners', 'Flour, water, salt and an unhurried night.');
  await written('Crème-brûlée at 12.5 %', 'Sugar and cream.');
  await written('???', 'Nothing but questions.');
});
afterAll(() => app.close());

async function written(title: string, markdown: string): Promise<void> {
  const answer = await app.server.inject({ method: 'POST', url: '/api/v1/articles', payload: { title, markdown } });
  expect(answer.statusCode).toBe(201);
}

async function found(query: string): Promise<string[]> {
  const answer = await app.server.inject(`/api/v1/articles?query=${encodeURIComponent(query)}`);
  expect(answer.statusCode).toBe(200);
  return answer.json().items.map(({ title }: { title: string }) => title);
}

const bread = 'Sourdough bread for beginners';
const cream = 'Crème-brûlée at 12.5 %';

test.each([
  ['the beginning of a word of the title', 'sour', [bread]],
  ['its middle', 'URDOU', [bread]],
  ['its end', 'dough', [bread]],
  ['its last letter', 'd', [bread]],
  ['several words from the middle of one on', 'dough bre', [bread]],
  ['words that stand apart', 'dough beginners', []],
  ['letters with accents, behind a hyphen', 'rûlée', [cream]],
  ['the end of a number', '2.5', [cream]],
  ['a sign alone', '??', ['???']],
  ['the beginning of a word of the text', 'unhur', [bread]],
  ['several words of the text', 'unhurried nig', [bread]],
  ['the middle of a word of the text, which is not looked for', 'hurried', []],
])('an article is found by %s', async (_what, query, titles) => {
  expect(await found(query)).toEqual(titles);
});

test('a changed title is found by its new parts, and one in the bin by none', async () => {
  const { items } = (await app.server.inject('/api/v1/articles?query=questions')).json();
  const url = `/api/v1/articles/${items[0].id}`;
  const changed = await app.server.inject({
    method: 'PATCH',
    url,
    payload: { title: 'Questionnaires', revision: items[0].revision },
  });
  expect(changed.statusCode).toBe(200);
  expect(await found('naire')).toEqual(['Questionnaires']);
  await app.server.inject({ method: 'DELETE', url });
  expect(await found('naire')).toEqual([]);
});
