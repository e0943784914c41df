import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { givenSite, givenSitePost } from '../../../test/factories.ts';
import { createPlainEmbedder } from '../../../test/fakes/plain-embedder.ts';
import { startTestApp, type TestApp, type TestContext } from '../../../test/harness.ts';
import { insertArticle } from '../../articles/articles.ts';
import { articles } from '../../articles/schema.ts';
import { newId } from '../../db/id.ts';
import { publications } from '../../publishing/schema.ts';
import { type SitePost, sitePosts } from '../../site-posts/schema.ts';
import { findLinkTargets, insertLinks } from './links.ts';

let app: TestApp;
let ctx: TestContext;
let siteId: string;
const embedder = createPlainEmbedder();
const text = 'Baking rye bread at home with a sourdough starter';

beforeAll(async () => {
  app = await startTestApp();
  ctx = app.ctx;
  siteId = await givenSite(ctx, 'Bakery');
});
afterAll(() => app.close());
beforeEach(async () => {
  await ctx.db.delete(articles);
  await ctx.db.delete(sitePosts);
});

const vectorOf = async (words: string) => (await embedder.embed([words]))[0] as number[];
const post = async (remoteId: number, title: string, change: Partial<SitePost> = {}) =>
  givenSitePost(ctx, siteId, remoteId, {
    title,
    model: embedder.model,
    dimensions: embedder.dimensions,
    embedding: await vectorOf(title),
    ...change,
  });

async function ours(title: string, remoteId: number): Promise<string> {
  const content = {
    title,
    keyword: 'rye bread',
    markdown: 'Text.',
    language: 'en',
    pipelineId: null,
    author: 'user' as const,
  };
  const { id } = await insertArticle(ctx, ctx.db, ctx.ownerId, content);
  const remote = { remoteId, remoteStatus: 'publish', remoteUrl: `https://blog.example/old-${remoteId}/` };
  await ctx.db.insert(publications).values({
    id: newId(),
    userId: ctx.ownerId,
    articleId: id,
    siteId,
    wanted: 'publish',
    status: 'published',
    ...remote,
  });
  return id;
}

const targets = async (site: string | null = siteId, id = newId(), vector: number[] | null | undefined = undefined) =>
  findLinkTargets(
    ctx.db,
    embedder,
    { id, userId: ctx.ownerId, text, language: 'en', vector: vector === undefined ? await vectorOf(text) : vector },
    site,
  );
const urls = async (...how: Parameters<typeof targets>) => (await targets(...how)).map(({ url }) => url);

it('posts of the site are linked by closeness, those that are not public, gone or foreign to the language never', async () => {
  await post(1, 'Sourdough rye bread');
  await post(2, 'Baking rye bread at home');
  await post(3, 'Baking rye bread with a starter', { status: 'private' });
  await post(4, 'Baking rye bread with a starter', { goneAt: new Date() });
  await post(5, 'Baking rye bread with a starter', { language: 'nl' });
  await post(6, 'Baking rye bread with a starter', { url: '' });
  await post(7, 'Gardens in spring');
  expect(await urls()).toEqual(['https://blog.example/post-2/', 'https://blog.example/post-1/']);
});

it('without vectors shared words tell', async () => {
  await post(1, 'Sourdough rye bread', { model: null, dimensions: null, embedding: null });
  await post(2, 'Gardens in spring', { model: 'another', dimensions: 3, embedding: [1, 0, 0] });
  expect(await urls()).toEqual(['https://blog.example/post-1/']);
  expect(await urls(siteId, newId(), null)).toEqual(['https://blog.example/post-1/']);
});

it('an article of the account is there once, at the address where it was last seen, and never the article itself', async () => {
  await post(1, 'Baking rye bread at home', { url: 'https://blog.example/new-1/' });
  const id = await ours('Baking rye bread', 1);
  expect(await targets()).toMatchObject([{ articleId: id, url: 'https://blog.example/new-1/', keyword: 'rye bread' }]);
  expect(await urls(siteId, id)).toEqual([]);
  await ctx.db.update(sitePosts).set({ goneAt: new Date() }).where(eq(sitePosts.remoteId, 1));
  expect(await urls()).toEqual([]);
});

it('an article in the bin is linked as the post that it still is', async () => {
  await post(1, 'Baking rye bread at home');
  const id = await ours('Baking rye bread', 1);
  await ctx.db
    .update(articles)
    .set({ deletedAt: sql`now()` as never })
    .where(eq(articles.id, id));
  expect(await targets()).toMatchObject([{ articleId: null, url: 'https://blog.example/post-1/' }]);
});

it('other sites count when none is chosen', async () => {
  const other = await givenSite(ctx, `Other ${newId()}`);
  await givenSitePost(ctx, other, 1, { title: 'Sourdough rye bread' });
  expect(await urls()).toEqual([]);
  expect(await urls(null)).toEqual(['https://blog.example/post-1/']);
});

it('the phrase of a title is linked where the text mentions it, else the title is listed', async () => {
  await post(1, 'Sourdough rye bread: a guide');
  await post(2, 'Baking with a starter');
  const found = await targets();
  expect(found.map(({ keyword }) => keyword).sort()).toEqual(['Baking with a starter', 'Sourdough rye bread']);
  const { markdown } = insertLinks('I love sourdough rye bread.\n', found, 'en');
  expect(markdown).toContain('[sourdough rye bread](<https://blog.example/post-1/>)');
  expect(markdown).toContain('- [Baking with a starter](<https://blog.example/post-2/>)');
});
