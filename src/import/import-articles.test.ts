import { sql } from 'drizzle-orm';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { queryRows } from '../db/open.ts';

let app: TestApp;
let user: Account;
let other: Account;
let number = 0;
beforeAll(async () => {
  app = await startTestApp();
});
beforeEach(async () => {
  number += 1;
  user = await givenAccount(app, `ann${number}@example.com`);
  other = await givenAccount(app, `bob${number}@example.com`);
});
afterAll(() => app.close());

interface Answer {
  items: {
    name: string;
    outcome: string;
    articleId: string | null;
    title: string | null;
    slug: string | null;
    warnings: string[];
    error: { code: string; message: string; hint: string } | null;
  }[];
  counts: Record<string, number>;
}

const bees = (more: object = {}) => ({
  title: 'Keeping bees',
  content_markdown: 'Bees need water.',
  primary_keyword: 'bees',
  secondary_keywords: ['honey'],
  tags: ['bees'],
  category: 'Animals',
  generated_at: '2025-03-04T05:06:07Z',
  ...more,
});
const file = (fields: object, name = 'bees.json') => ({ name, text: JSON.stringify(fields) });

async function send(documents: object[], query = '', account = user, format = 'json'): Promise<Answer> {
  const { status, json } = await account.api.ask<Answer>('POST', `/articles/import${query}`, { format, documents });
  expect(status, JSON.stringify(json)).toBe(200);
  return json;
}
const articlesOf = async (account = user) =>
  (await account.api.ask<{ items: { id: string; title: string; createdAt: string }[] }>('GET', '/articles')).json.items;

it('makes a draft of each article, at the place that its date gives it', async () => {
  await user.api.ask('POST', '/articles', { title: 'Written here', markdown: 'Text.' });
  const { items, counts } = await send([
    file(bees()),
    { name: 'bad.json', text: '{' },
    file(bees({ title: 'Older', generated_at: '2020-01-01' }), 'older.json'),
  ]);
  expect(counts).toMatchObject({ created: 2, refused: 1 });
  expect(items.map(({ name, outcome }) => [name, outcome])).toEqual([
    ['bees.json', 'created'],
    ['bad.json', 'refused'],
    ['older.json', 'created'],
  ]);
  expect(items[1]?.error).toMatchObject({ code: 'import_unreadable', message: expect.stringContaining('JSON') });
  expect((await articlesOf()).map(({ title }) => title)).toEqual(['Written here', 'Keeping bees', 'Older']);
  const { json } = await user.api.ask('GET', `/articles/${items[0]?.articleId}`);
  expect(json).toMatchObject({
    ...{ title: 'Keeping bees', slug: 'keeping-bees', markdown: 'Bees need water.', keyword: 'bees', status: 'draft' },
    ...{ createdAt: '2025-03-04T05:06:07.000Z', revision: 1, seo: { score: expect.any(Number) } },
  });
  const [kept] = await queryRows<{ extra: object; terms: object }>(
    app.ctx.db,
    sql`select i.extra, a.terms from article_imports i join articles a on a.id = i.article_id where a.id = ${items[0]?.articleId}`,
  );
  expect(kept).toEqual({
    extra: { secondary_keywords: ['honey'] },
    terms: { categories: ['Animals'], tags: ['bees'] },
  });
});

it('leaves with everything that it came with', async () => {
  const [one] = (await send([file(bees())])).items;
  const answer = await user.api.ask('POST', '/articles/export', { articleIds: [one?.articleId] });
  const files = unzipSync(new Uint8Array(answer.bytes));
  const name = Object.keys(files).find((each) => each.endsWith('.json')) ?? '';
  expect(JSON.parse(strFromU8(files[name] as Uint8Array))).toMatchObject({
    terms: { categories: ['Animals'], tags: ['bees'] },
    imported: { key: 'keeping-bees', extra: { secondary_keywords: ['honey'] } },
  });
});

it('takes nothing twice and changes nothing, whatever a person has made of it', async () => {
  const [first] = (await send([file(bees())])).items;
  await user.api.ask('PATCH', `/articles/${first?.articleId}`, { revision: 1, title: 'My bees', slug: 'mine' });
  expect((await send([file(bees(), 'another name.json')])).items[0]).toMatchObject({
    ...{ outcome: 'known', articleId: first?.articleId, title: 'My bees', slug: 'mine' },
  });
  const changed = (await send([file(bees({ content_markdown: 'Bees need wine.' }))])).items[0];
  expect(changed).toMatchObject({ outcome: 'differs', articleId: first?.articleId });
  await user.api.ask('DELETE', `/articles/${first?.articleId}`);
  expect((await send([file(bees())])).items[0]).toMatchObject({ outcome: 'binned', articleId: first?.articleId });
  expect(await articlesOf()).toEqual([]);
});

it('is known again when the article is gone for good: then it is made anew', async () => {
  const [first] = (await send([file(bees())])).items;
  await app.ctx.db.execute(sql`delete from articles where id = ${first?.articleId}`);
  expect((await send([file(bees())])).items[0]?.outcome).toBe('created');
});

it('says what would happen and keeps nothing of it', async () => {
  const { items } = await send([file(bees()), file(bees()), file(bees({ tags: [] }))], '?dryRun=true');
  expect(items.map(({ outcome }) => outcome)).toEqual(['created', 'known', 'differs']);
  expect(items[0]).toMatchObject({ articleId: null, title: 'Keeping bees', slug: 'keeping-bees' });
  expect(await articlesOf()).toEqual([]);
  expect((await send([file(bees())])).items[0]?.outcome).toBe('created');
});

it('makes each article once when the same files come twice at the same time', async () => {
  const documents = Array.from({ length: 8 }, (_, index) => file(bees({ title: `Bees ${index}` })));
  const answers = await Promise.all([send(documents), send(documents), send(documents.toReversed())]);
  const outcomes = answers.flatMap(({ items }) => items.map(({ outcome }) => outcome));
  expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(8);
  expect(outcomes.filter((outcome) => outcome === 'known')).toHaveLength(16);
  expect(await articlesOf()).toHaveLength(8);
});

it('moves an address that another article has, and says so; it is known by its own the next time', async () => {
  await user.api.ask('POST', '/articles', { title: 'Keeping bees', markdown: 'By hand.' });
  const [one] = (await send([file(bees())])).items;
  expect(one).toMatchObject({ outcome: 'created', slug: 'keeping-bees-2' });
  expect(one?.warnings).toEqual([expect.stringContaining('“keeping-bees-2”')]);
  expect((await send([file(bees())])).items[0]?.outcome).toBe('known');
});

it('is of one account only', async () => {
  await send([file(bees())]);
  expect((await send([file(bees())], '', other)).items[0]?.outcome).toBe('created');
  expect(await articlesOf(other)).toHaveLength(1);
});

it('reads Markdown with front matter', async () => {
  const text = '---\ntitle: Wasps\ntags: [insects]\n---\n# Wasps\n\nThey sting.';
  const [one] = (await send([{ name: 'wasps.md', text }], '', user, 'markdown')).items;
  expect(one).toMatchObject({ outcome: 'created', title: 'Wasps', slug: 'wasps' });
  expect(one?.warnings).toEqual([expect.stringContaining('repeated the title')]);
});

it('refuses what is no import at all', async () => {
  const ask = async (body: object) => (await user.api.ask<{ code: string }>('POST', '/articles/import', body)).status;
  expect(await ask({ format: 'csv', documents: [file(bees())] })).toBe(422);
  expect(await ask({ format: 'json', documents: [] })).toBe(422);
  expect(await ask({ format: 'json', documents: Array.from({ length: 101 }, () => file(bees())) })).toBe(422);
  expect(await ask({ format: 'json', documents: [file({ text: 'x'.repeat(5_100_000) })] })).toBe(413);
});
