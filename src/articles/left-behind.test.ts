import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { articles } from './schema.ts';

let app: TestApp;
let user: Account;
beforeAll(async () => {
  app = await startTestApp({ env: { SIGNUPS: 'open' } });
  user = await givenAccount(app, 'writer@example.com');
});
afterAll(() => app.close());

interface Answer {
  id: string;
  revision: number;
  stale: { field: string; gone: string[] }[];
  jsonLd: Record<string, unknown> | null;
}
const ask = async (method: 'GET' | 'POST' | 'PATCH', path: string, body?: object) =>
  (await user.api.ask<Answer>(method, path, body)).json;

const notes =
  '[^1]: [Feeding a starter](https://bread.example/feeding), Baker\n\n[^2]: Notes of a bakery\n\n[^3]: [Cold](https://bread.example/cold)';
const markdown = `Keep it at 28 degrees.[^1] The Munich bakery does so with 50 grams.[^2] Cold helps.[^3]\n\n${notes}\n`;
const written = {
  title: 'A starter',
  markdown,
  language: 'en',
  excerpt: 'Keep it at 28 degrees, as the Munich bakery does. Some say 99.',
  metaDescription: 'How 50 grams are kept at 28 degrees.',
};

it('names what excerpt and description say that an edit has taken out of the text, until they are written anew', async () => {
  const { id } = await ask('POST', '/articles', written);
  expect((await ask('GET', `/articles/${id}`)).stale).toEqual([]);
  const edited = await ask('PATCH', `/articles/${id}`, {
    revision: 1,
    markdown: markdown.replace('28', '24').replace('Munich bakery', 'bakery around the corner'),
  });
  // "Some say 99" never stood in the text: it is the author's own.
  const stale = [
    { field: 'metaDescription', gone: ['28'] },
    { field: 'excerpt', gone: ['28', 'Munich'] },
  ];
  expect(edited.stale).toEqual(stale);
  const check = (body: object) => ask('POST', `/articles/${id}/check`, body);
  expect((await check({})).stale).toEqual(stale);
  expect((await check({ markdown })).stale).toEqual([]);
  expect((await check({ excerpt: 'Keep it at 28 degrees in Munich.' })).stale).toEqual([stale[0]]);
  const mended = await ask('PATCH', `/articles/${id}`, { revision: 2, excerpt: 'Keep it at 24 degrees.' });
  expect(mended.stale).toEqual([stale[0]]);
});

it('keeps structured data in step with what a person writes, and makes none where there was none', async () => {
  const { id } = await ask('POST', '/articles', written);
  expect((await ask('PATCH', `/articles/${id}`, { revision: 1, title: 'Another' })).jsonLd).toBeNull();
  const citation = [
    { '@type': 'CreativeWork', name: 'Feeding a starter', url: 'https://bread.example/feeding' },
    { '@type': 'CreativeWork', name: 'Notes of a bakery' },
    { '@type': 'CreativeWork', name: 'Cold', url: 'https://bread.example/cold' },
  ];
  // As the pipeline leaves it.
  await app.ctx.db
    .update(articles)
    .set({ jsonLd: { '@type': 'BlogPosting', headline: 'A starter', description: 'x', wordCount: 1, citation } })
    .where(eq(articles.id, id));
  const edited = await ask('PATCH', `/articles/${id}`, {
    revision: 2,
    title: 'A starter in summer',
    metaDescription: 'How it is kept.',
    keyword: 'starter',
    markdown: markdown.replace(' Cold helps.[^3]', ''),
  });
  expect(edited.jsonLd).toEqual({
    '@type': 'BlogPosting',
    headline: 'A starter in summer',
    description: 'How it is kept.',
    keywords: 'starter',
    inLanguage: 'en',
    wordCount: 13,
    citation: citation.slice(0, 2),
  });
});
