import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { givenPipeline, givenSite, givenSitePost } from '../../test/factories.ts';
import { createPlainEmbedder } from '../../test/fakes/plain-embedder.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import type { articles } from '../articles/schema.ts';
import { runPipeline } from '../pipeline/runner.ts';

let app: TestApp;
let id: string;
let stored: typeof articles.$inferSelect;

interface Check {
  seo: { score: number; checks: { name: string; passed: boolean; message: string; at: unknown }[] };
  claims: { id: string; state: string; at: { start: number; end: number } | null; now: string | null }[];
  links: { title: string; url: string; score: number; mention: { start: number; end: number } | null }[];
  wordCount: number;
  readingMinutes: number;
}

async function ask<Answer>(method: 'GET' | 'POST' | 'PATCH', path: string, payload?: object) {
  const answer = await app.server.inject({ method, url: `/api/v1${path}`, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, json: answer.json<Answer>() };
}
const check = async (draft: object = {}, of = id) => (await ask<Check>('POST', `/articles/${of}/check`, draft)).json;
const named = ({ seo }: Check, name: string) => seo.checks.find((one) => one.name === name);
const stateOf = ({ claims }: Check, claim: string) => claims.find((one) => one.id === claim);
const claimsOf = async () =>
  (
    await ask<{ items: { id: string; text: string; outcome: string; state: string }[] }>(
      'GET',
      `/articles/${id}/claims`,
    )
  ).json.items;

beforeAll(async () => {
  app = await startTestApp({ overrides: { embedder: createPlainEmbedder() } });
  const pipeline = await givenPipeline(app.ctx, { keyword: 'sourdough starter' });
  await runPipeline(app.ctx, pipeline.id, new AbortController().signal);
  id = (await ask<{ articleId: string }>('GET', `/pipelines/${pipeline.id}`)).json.articleId;
  stored = (await ask<typeof stored>('GET', `/articles/${id}`)).json;
});
afterAll(() => app.close());

describe('a check of what is being written', () => {
  it('finds in the stored text what the pipeline found, every claim of it in its place', async () => {
    const found = await check();
    expect(found.seo.score).toBe(stored.seo?.score);
    expect(found.wordCount).toBe(stored.wordCount);
    expect(found.readingMinutes).toBe(1);
    const claims = (await claimsOf()).filter(({ outcome }) => outcome !== 'removed');
    expect(claims.length).toBeGreaterThan(2);
    for (const claim of claims) {
      const standing = stateOf(found, claim.id);
      expect(standing).toMatchObject({ state: 'unchanged', now: null });
      const { start = 0, end = 0 } = standing?.at ?? {};
      expect(stored.markdown.slice(start, end).replaceAll('\\', '')).toBe(claim.text);
    }
  });

  it('follows a text that is not saved, and stores nothing', async () => {
    const [first, second] = (await claimsOf()).filter(({ outcome }) => outcome !== 'removed');
    if (!first || !second) throw new Error('too few claims');
    const words = second.text.split(' ');
    const other = [...words.slice(0, -2), 'altogether different.'].join(' ');
    const markdown = stored.markdown.replace(first.text, '').replace(second.text, other);
    const found = await check({ markdown });
    expect(stateOf(found, first.id)).toEqual({ id: first.id, state: 'missing', at: null, now: null });
    expect(stateOf(found, second.id)).toMatchObject({ state: 'changed', now: other });
    const { start = 0, end = 0 } = stateOf(found, second.id)?.at ?? {};
    expect(markdown.slice(start, end)).toBe(other);
    expect(named(found, 'claims')).toMatchObject({ passed: false, at: { start, end } });
    expect((await check()).seo.score).toBe(stored.seo?.score);
    expect((await ask<typeof stored>('GET', `/articles/${id}`)).json).toMatchObject({ revision: stored.revision });
  });

  it('says where each thing can be mended', async () => {
    const long = 'word '.repeat(200).trim();
    const markdown = `# One\n\n![](https://example.com/a.png)\n\n${long}.\n`;
    const found = await check({ markdown, metaDescription: 'Short.', title: '', keyword: 'rye' });
    expect(named(found, 'meta_description_length')?.at).toEqual({ field: 'metaDescription' });
    expect(named(found, 'keyword_in_title')?.at).toEqual({ field: 'title' });
    const at = (name: string) => {
      const place = named(found, name)?.at as { start: number; end: number } | undefined;
      return markdown.slice(place?.start, place?.end);
    };
    expect(at('image_alt')).toBe('![](https://example.com/a.png)');
    expect(at('paragraph_length')).toBe(`${long}.`);
    expect(at('keyword_in_headings')).toBe('# One');
    expect(named(found, 'excerpt')).toMatchObject({ passed: true, at: null });
  });

  it('places what stands behind escapes, entities and the marks of quotes', async () => {
    const [claim] = (await claimsOf()).filter(({ outcome }) => outcome !== 'removed');
    const text = claim?.text ?? '';
    const wrapped = text.replace(' ', '\n> ');
    const markdown = `> A \\*b\\* &amp; c&#33; *Yes.* ${wrapped} The end.\n`;
    const { start = 0, end = 0 } = stateOf(await check({ markdown }), claim?.id ?? '')?.at ?? {};
    expect(markdown.slice(start, end)).toBe(wrapped);
  });

  it('refuses shapes that would hold the process up', async () => {
    const answer = await ask('POST', `/articles/${id}/check`, { markdown: '[a]('.repeat(20_000) });
    expect(answer.status).toBe(422);
  });
});

describe('links to posts of one’s own', () => {
  it('are suggested by what they mean, with their mention, until the text has them', async () => {
    const siteId = await givenSite(app.ctx, 'Bakery');
    const url = 'https://bakery.example/feeding/';
    const embedder = createPlainEmbedder();
    const title = 'Feeding a sourdough starter';
    const [embedding] = await embedder.embed([title]);
    const vector = { model: embedder.model, dimensions: embedder.dimensions, embedding: embedding ?? [] };
    await givenSitePost(app.ctx, siteId, 1, { title, url, ...vector });
    const markdown = `Some words. Feeding a sourdough starter takes a minute.\n\n${stored.markdown}`;
    const { links } = await check({ markdown });
    expect(links).toMatchObject([{ title, url, mention: { start: 12, end: 39 } }]);
    expect(links[0]?.score).toBeGreaterThan(0.4);
    const linked = markdown.replace(title, `[${title}](<${url}>)`);
    expect((await check({ markdown: linked })).links).toEqual([]);
    // Where no vector is known yet words are compared, and the next check has it.
    const other = { markdown, title: 'How a sourdough starter is fed', excerpt: '' };
    await check(other);
    const [again] = (await check(other)).links;
    expect(again).toMatchObject({ url });
  });
});

describe('the score that is stored', () => {
  it('is what the text has after a person’s edit', async () => {
    const before = (await ask<typeof stored>('GET', `/articles/${id}`)).json;
    const change = { metaDescription: 'Short.' };
    const expected = (await check(change)).seo.score;
    const { json } = await ask<typeof stored>('PATCH', `/articles/${id}`, { revision: before.revision, ...change });
    expect(json.seo?.score).toBe(expected);
    expect(json.seo?.score).toBeLessThan(before.seo?.score ?? 0);
    expect(json.seo?.checks.find(({ name }) => name === 'meta_description_length')?.passed).toBe(false);
    const restored = await ask<{ article: typeof stored }>(
      'POST',
      `/articles/${id}/revisions/${before.revision}/restore`,
      { revision: json.revision },
    );
    expect(restored.json.article.seo?.score).toBe(before.seo?.score);
  });

  it('is there from the first save of an article written by hand, without checks that cannot apply', async () => {
    const { json } = await ask<typeof stored>('POST', '/articles', {
      title: 'A loaf for Sunday',
      markdown: 'Flour.\n\n## Why\n\nBecause.',
    });
    expect(json.seo?.score).toBeGreaterThan(0);
    const names = json.seo?.checks.map(({ name }) => name);
    expect(names).toContain('keyword');
    expect(names).not.toContain('claims');
    expect(names).not.toContain('keyword_in_title');
    const found = await check({ keyword: 'loaf' }, json.id);
    expect(named(found, 'keyword')).toBeUndefined();
    expect(named(found, 'keyword_in_title')?.passed).toBe(true);
    expect(found.claims).toEqual([]);
  });
});

it('shows in the list of claims which still stand in the text', async () => {
  const { markdown, revision } = (await ask<typeof stored>('GET', `/articles/${id}`)).json;
  const [first, ...others] = (await claimsOf()).filter(({ outcome }) => outcome !== 'removed');
  expect(first?.state).toBe('unchanged');
  await ask('PATCH', `/articles/${id}`, { revision, markdown: markdown.replace(first?.text ?? '', '') });
  const after = await claimsOf();
  expect(after.find(({ id: claim }) => claim === first?.id)?.state).toBe('missing');
  expect(after.filter(({ state }) => state === 'unchanged')).toHaveLength(others.length);
});

it('is a user’s own', async () => {
  const someone: Account = await givenAccount(app, 'someone@example.com');
  const other: Account = await givenAccount(app, 'else@example.com');
  const { json } = await someone.api.ask<{ id: string }>('POST', '/articles', { title: 'Mine', markdown: 'x' });
  expect((await other.api.ask('POST', `/articles/${json.id}/check`, {})).status).toBe(404);
  expect((await someone.api.ask('POST', `/articles/${json.id}/check`, {})).status).toBe(200);
});
