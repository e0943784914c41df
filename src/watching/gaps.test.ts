import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { givenSite } from '../../test/factories.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { users } from '../accounts/schema.ts';
import { insertArticle } from '../articles/articles.ts';
import { newId } from '../db/id.ts';
import { passages, sources } from '../knowledge/schema.ts';
import { deadLinks } from '../site-posts/schema.ts';
import { topics } from '../topics/schema.ts';
import { sameness } from '../topics/topics.ts';
import { watchedEntries, watchedSources } from './schema.ts';

let app: TestApp;
let ctx: TestContext;
let siteId: string;
beforeAll(async () => {
  app = await startTestApp();
  ctx = app.ctx;
  siteId = await givenSite(ctx, 'Bakery');
});
afterAll(() => app.close());
beforeEach(async () => {
  for (const table of ['topics', 'watched_sources', 'passages', 'sources', 'articles', 'site_posts', 'dead_links']) {
    await ctx.db.execute(sql`delete from ${sql.identifier(table)}`);
  }
});

async function gaps(body: object = {}, headers: Record<string, string> = {}) {
  const answer = await app.server.inject({ method: 'POST', url: '/api/v1/topics/gaps', payload: body, headers });
  return { status: answer.statusCode, json: answer.json() };
}
const topicsOf = ({ json }: Awaited<ReturnType<typeof gaps>>) =>
  json.added.map(({ topic }: { topic: string }) => topic).toSorted();

/** A page that an article was written from, with its headings. */
async function source(url: string, headings: string[], userId = ctx.ownerId) {
  const id = newId();
  const page = {
    id,
    userId,
    kind: 'url' as const,
    url,
    title: `Page ${url}`,
    contentHash: id,
    wordCount: 9,
  };
  await ctx.db.insert(sources).values(page);
  await ctx.db.insert(passages).values(
    headings.map((heading, ordinal) => ({
      id: newId(),
      userId,
      sourceId: id,
      ordinal,
      heading,
      text: 'T',
    })),
  );
}
/** Entries of a watched source that were only remembered. */
async function watched(host: string, titles: string[], more: Partial<typeof watchedSources.$inferInsert> = {}) {
  const id = newId();
  const { userId = ctx.ownerId } = more;
  const url = `https://${host}/feed`;
  await ctx.db.insert(watchedSources).values({ id, userId, name: host, url, addressKey: url, kind: 'feed', ...more });
  await ctx.db.insert(watchedEntries).values(
    titles.map((title, at) => ({
      id: newId(),
      userId,
      sourceId: id,
      addressKey: `${host}/${at}`,
      url: `https://${host}/${at}`,
      title,
      sameness: sameness(title),
      outcome: 'old' as const,
    })),
  );
}
const article = (title: string, markdown = 'Text.') =>
  insertArticle(ctx, ctx.db, ctx.ownerId, { title, markdown, language: 'en', pipelineId: null, author: 'user' });

describe('gaps', () => {
  it('are headings that three independent sources have and no article covers', async () => {
    await source('https://a.example/1', ['Choosing a proofing basket', 'Conclusion', 'Feeding a sourdough starter']);
    await source('https://b.example/1', [
      'How to choose a proofing basket',
      'Conclusion',
      'Feeding the sourdough starter',
    ]);
    await source('https://c.example/1', ['Choosing the proofing basket', 'Conclusion', 'Feed a sourdough starter']);
    await source('https://c.example/2', ['Scoring with a razor', 'Choosing a proofing basket']);
    await source('https://d.example/1', ['Scoring with a razor']);
    await article('Feeding a sourdough starter');
    const found = await gaps();
    expect(found.status).toBe(201);
    expect(found.json.added).toHaveLength(1);
    expect(found.json.added[0].topic).toMatch(/proofing basket/);
    expect(found.json.added[0]).toMatchObject({ origin: 'gap', status: 'proposed', score: expect.any(Number) });
    const urls = found.json.added[0].evidence.map(({ url }: { url: string }) => new URL(url).host);
    expect(new Set(urls)).toEqual(new Set(['a.example', 'b.example', 'c.example']));
    expect(found.json.message).toBeNull();
  });

  it('are what two watched parties treat, for the site that they are watched for', async () => {
    await watched('a.example', ['Milling flour at home', 'Tax returns']);
    await watched('b.example', ['How to mill flour at home'], { siteId });
    await watched('blog.a.example', ['Tax returns'], { name: 'same party' });
    expect(topicsOf(await gaps())).toEqual([expect.stringMatching(/mill/i)]);
    const other = await givenSite(ctx, `Other ${newId()}`);
    await ctx.db.delete(topics);
    expect(topicsOf(await gaps({ siteId: other }))).toEqual([]);
    expect((await gaps({ siteId })).json.added[0]).toMatchObject({ siteId });
  });

  it('are posts that are gone and that articles still link to, unless something covers them again', async () => {
    const url = 'https://blog.example/stone-oven/';
    await ctx.db.execute(sql`insert into site_posts (site_id, remote_id, user_id, url, slug, title, status, gone_at)
      values (${siteId}, 1, ${ctx.ownerId}, ${url}, 's', 'Building a stone oven', 'publish', now())`);
    const { id } = await article('Firewood', `See [this](${url}).`);
    await ctx.db.insert(deadLinks).values({ articleId: id, url, userId: ctx.ownerId, siteId });
    const found = await gaps();
    expect(found.json.added).toMatchObject([
      { topic: 'Building a stone oven', evidence: [{ title: expect.stringContaining('"Firewood" links to it'), url }] },
    ]);
    await ctx.db.delete(topics);
    await article('How to build a stone oven');
    expect(topicsOf(await gaps())).toEqual([]);
  });

  it('are no subjects that only other accounts see treated', async () => {
    const userId = newId();
    await ctx.db.insert(users).values({ id: userId, name: 'Other', email: 'other@example.com' });
    const heading = ['Choosing a proofing basket'];
    await source('https://a.example/1', heading);
    await source('https://b.example/1', heading);
    await source('https://c.example/1', heading, userId);
    await watched('a.example', ['Milling flour at home']);
    await watched('b.example', ['Milling flour at home'], { userId });
    const url = 'https://blog.example/stone-oven/';
    await ctx.db.execute(sql`insert into site_posts (site_id, remote_id, user_id, url, slug, title, status, gone_at)
      values (${siteId}, 1, ${ctx.ownerId}, ${url}, 's', 'Building a stone oven', 'publish', now())`);
    const { id } = await article('Firewood', `See [this](${url}).`);
    await ctx.db.insert(deadLinks).values({ articleId: id, url, userId, siteId });
    await ctx.db.insert(deadLinks).values({ articleId: id, url: `${url}door/`, userId: ctx.ownerId, siteId });
    expect(topicsOf(await gaps())).toEqual([]);
    await ctx.db.execute(sql`update dead_links set user_id = ${ctx.ownerId}`);
    await ctx.db.execute(sql`update site_posts set user_id = ${userId}`);
    expect(topicsOf(await gaps())).toEqual([]);
  });

  it('are proposed once: known ones are named, dismissed ones do not come back, and a repeated request gets its answer', async () => {
    await watched('a.example', ['Milling flour at home']);
    await watched('b.example', ['Milling flour at home']);
    const headers = { 'idempotency-key': newId() };
    const first = await gaps({}, headers);
    expect(await gaps({}, headers)).toEqual(first);
    const again = await gaps();
    expect(again.json).toMatchObject({
      added: [],
      known: ['Milling flour at home'],
      message: expect.stringMatching(/^Nothing new/),
    });
    await app.server.inject({ method: 'DELETE', url: `/api/v1/topics/${first.json.added[0].id}` });
    expect((await gaps()).json.added).toEqual([]);
  });

  it('that are none are explained', async () => {
    expect((await gaps()).json).toMatchObject({
      added: [],
      looked: { entries: 0, headings: 0, deadLinks: 0 },
      message: expect.stringMatching(/nothing to find gaps in yet: watch feeds/),
    });
    await watched('a.example', ['Milling flour at home']);
    expect((await gaps()).json.message).toMatch(/^No gap was found: 1 posts/);
    expect((await gaps({ siteId: newId() })).status).toBe(404);
  });
});
