import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { givenSite, givenSitePost } from '../../test/factories.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { newestMail } from '../../test/mailbox.ts';
import { insertArticle } from '../articles/articles.ts';
import { articles } from '../articles/schema.ts';
import { emails } from '../notify/schema.ts';
import { sites } from '../sites/schema.ts';
import { webhookDeliveries } from '../webhooks/schema.ts';
import { createWebhook } from '../webhooks/webhooks.ts';
import { addressesIn, addressKey, keysOf } from './addresses.ts';
import { findDeadLinks } from './dead-links.ts';
import { deadLinks, type SitePost, sitePosts, siteSyncs } from './schema.ts';

let app: TestApp;
let ctx: TestContext;
let user: Account;
let stranger: Account;
let siteId: string;

beforeAll(async () => {
  app = await startTestApp();
  ctx = app.ctx;
  user = await givenAccount(app, 'ann@example.com');
  stranger = await givenAccount(app, 'bob@example.com');
  siteId = await givenSite(ctx, 'Bakery', user.id);
  await createWebhook({ ...ctx }, ctx.db, user.id, {
    url: 'https://93.184.216.34/hook',
    description: '',
    events: ['link.dead'],
  });
});
afterAll(() => app.close());
beforeEach(async () => {
  for (const table of [articles, sitePosts, webhookDeliveries, siteSyncs]) await ctx.db.delete(table);
  await ctx.db.delete(emails).where(eq(emails.kind, 'dead-links'));
});

const gone = { goneAt: new Date(), status: 'gone' };
const post = (id: number, change: Partial<SitePost> = {}) =>
  givenSitePost(ctx, siteId, id, { userId: user.id, ...change });
async function article(markdown: string, userId = user.id): Promise<string> {
  const content = { title: 'On bread', markdown, language: 'en', pipelineId: null, author: 'user' as const };
  return (await insertArticle(ctx, ctx.db, userId, content)).id;
}
const found = () =>
  ctx.db.select({ articleId: deadLinks.articleId, url: deadLinks.url, movedTo: deadLinks.movedTo }).from(deadLinks);
const mails = () => ctx.db.$count(emails, eq(emails.kind, 'dead-links'));
const events = () => ctx.db.$count(webhookDeliveries, eq(webhookDeliveries.eventType, 'link.dead'));
const find = () => findDeadLinks(ctx, user.id);

describe('addresses', () => {
  it('are the same however they are written', () => {
    const same = ['https://Blog.example/Post/', 'http://blog.example/post', 'https://blog.example/post/#part'];
    expect(new Set(same.map(addressKey))).toEqual(new Set(['blog.example/post']));
    expect(addressKey('https://blog.example/%E3%81%82/')).toBe('blog.example/あ');
    expect(addressKey('https://blog.example/?p=12')).toBe('blog.example?p=12');
    expect(keysOf('https://blog.example/post/?utm_source=x')).toContain('blog.example/post');
    expect(addressKey('no address')).toBe('');
    expect(addressKey('https://blog.example/%')).toBe('blog.example/%');
  });

  it('are found in Markdown of any kind, without what ends a sentence', () => {
    const markdown =
      'See [a](<https://a.example/x>), [b](https://b.example/y "t"), https://c.example/z.\n\n[d]: https://d.example/?p=1';
    expect(addressesIn(markdown)).toEqual([
      'https://a.example/x',
      'https://b.example/y',
      'https://c.example/z',
      'https://d.example/?p=1',
    ]);
  });
});

describe('links to posts that are gone', () => {
  it('are found in articles, and in those of their own account only', async () => {
    await post(1, gone);
    await post(2);
    const id = await article(
      '[a](<https://blog.example/post-1/>) [b](https://blog.example/post-2/) https://blog.example/post-10/',
    );
    await article('https://blog.example/post-1/', stranger.id);
    await article('https://other.example/post-1/');
    await find();
    expect(await found()).toEqual([{ articleId: id, url: 'https://blog.example/post-1/', movedTo: null }]);
  });

  it('name the new address when the post has only moved', async () => {
    await post(1, { formerUrls: ['https://blog.example/old/'] });
    await article('[a](https://blog.example/old)');
    await find();
    expect(await found()).toMatchObject([{ url: 'https://blog.example/old', movedTo: 'https://blog.example/post-1/' }]);
  });

  it('are none when another post stands there now', async () => {
    await post(1, { ...gone, url: 'https://blog.example/?p=1' });
    await post(2, { url: 'https://blog.example/?p=1' });
    await article('[a](https://blog.example/?p=1)');
    await find();
    expect(await found()).toEqual([]);
  });

  it('disappear when the link is taken out, the article goes into the bin, or the post comes back', async () => {
    for (const id of [1, 2, 3]) await post(id, gone);
    const ids = [];
    for (const id of [1, 2, 3]) ids.push(await article(`[a](https://blog.example/post-${id}/)`));
    await find();
    expect(await found()).toHaveLength(3);
    const [edited = '', binned = ''] = ids;
    await ctx.db.update(articles).set({ markdown: 'Nothing.' }).where(eq(articles.id, edited));
    const shown = await user.api.ask<{ deadLinks: unknown[] }>('GET', `/articles/${edited}`);
    expect(shown.json.deadLinks).toEqual([]);
    await ctx.db.update(articles).set({ deletedAt: new Date() }).where(eq(articles.id, binned));
    await ctx.db.update(sitePosts).set({ goneAt: null, status: 'publish' }).where(eq(sitePosts.remoteId, 3));
    await find();
    expect(await found()).toEqual([]);
  });

  it('stay after what is known of the post was forgotten', async () => {
    await post(1, gone);
    await article('[a](https://blog.example/post-1/)');
    await find();
    await ctx.db.delete(sitePosts);
    await find();
    expect(await found()).toHaveLength(1);
  });

  it('are looked for in as many articles as there are', async () => {
    await post(1, gone);
    for (let count = 0; count < 101; count += 1) await article(`[${count}](https://blog.example/post-1/)`);
    await find();
    expect(await found()).toHaveLength(101);
    expect((await newestMail(app, 'ann@example.com', 'dead-links')).text).toContain('And 81 more.');
  });
});

describe('the user is told', () => {
  it('once for each finding: by webhook at once, by mail at most once a week', async () => {
    await post(1, gone);
    await post(2, { formerUrls: ['https://blog.example/old/'] });
    await article('[a](https://blog.example/post-1/) [b](https://blog.example/old/)');
    await find();
    await find();
    expect([await mails(), await events()]).toEqual([1, 2]);
    const mail = await newestMail(app, 'ann@example.com', 'dead-links');
    expect(mail.subject).toBe('2 links of articles lead nowhere');
    expect(mail.text).toContain('https://blog.example/old/\n  is now at https://blog.example/post-2/');
    await post(3, gone);
    await article('[c](https://blog.example/post-3/)');
    await find();
    expect([await mails(), await events()]).toEqual([1, 3]);
    await ctx.db.execute(sql`update emails set created_at = now() - interval '8 days'`);
    await find();
    await find();
    expect([await mails(), await events()]).toEqual([2, 3]);
    expect((await newestMail(app, 'ann@example.com', 'dead-links')).text).not.toContain('post-1');
  });

  it('twice by nobody, when two workers look at the same time', async () => {
    await post(1, gone);
    await article('[a](https://blog.example/post-1/)');
    await Promise.all([find(), find(), find()]);
    expect([await mails(), await events()]).toEqual([1, 1]);
  });
});

describe('the API', () => {
  const ask = <Answer>(method: string, path: string) => user.api.ask<Answer>(method, path);

  it('lists the posts of a site page by page, searched, and those that are gone apart', async () => {
    for (const id of [1, 2, 3, 10]) await post(id, { title: `Number ${id}` });
    await post(4, { ...gone, title: 'Number 4' });
    type List = { items: { remoteId: number }[]; nextCursor: string | null };
    const ids = async (query: string) => {
      const { json } = await ask<List>('GET', `/sites/${siteId}/posts?${query}`);
      return { ids: json.items.map(({ remoteId }) => remoteId), next: json.nextCursor };
    };
    expect(await ids('limit=3')).toEqual({ ids: [10, 3, 2], next: '2' });
    expect(await ids('limit=3&cursor=2')).toEqual({ ids: [1], next: null });
    expect(await ids('query=number%201')).toEqual({ ids: [10, 1], next: null });
    expect(await ids('query=%25')).toEqual({ ids: [], next: null });
    expect(await ids('gone=true')).toEqual({ ids: [4], next: null });
    expect((await ask('GET', `/sites/${siteId}/posts?cursor=x`)).status).toBe(422);
  });

  it('takes a request to read a site, at most once a minute, and none while it is paused', async () => {
    type State = { status: number; posts: number; running: boolean; nextSyncAt: string | null; code?: string };
    const path = `/sites/${siteId}/posts/sync`;
    expect((await ask<State>('GET', path)).json).toMatchObject({ posts: 0, running: false, error: null });
    await ctx.db.update(sites).set({ pausedAt: new Date(), pausedBy: 'user' }).where(eq(sites.id, siteId));
    expect((await ask<State>('POST', path)).json).toMatchObject({ status: 409, code: 'invalid_state' });
    expect((await ask<State>('GET', path)).json.nextSyncAt).toBeNull();
    await ctx.db.update(sites).set({ pausedAt: null, pausedBy: null }).where(eq(sites.id, siteId));
    expect((await ask<State>('POST', path)).status).toBe(202);
    expect((await ask<State>('POST', path)).json).toMatchObject({ status: 429, code: 'rate_limited' });
    await ctx.db.execute(sql`update site_syncs set requested_at = now() - interval '61 seconds'`);
    expect((await ask<State>('POST', path)).status).toBe(202);
  });

  it('shows dead links of all articles, of one, and the articles that have some', async () => {
    await post(1, gone);
    const id = await article('[a](https://blog.example/post-1/)');
    await article('Nothing.');
    await find();
    const link = { url: 'https://blog.example/post-1/', movedTo: null, foundAt: expect.any(String) };
    type List = { items: { id: string }[] };
    expect((await ask<List>('GET', '/dead-links')).json).toMatchObject({
      items: [{ articleId: id, title: 'On bread', links: [link] }],
      nextCursor: null,
    });
    expect((await ask('GET', `/articles/${id}`)).json).toMatchObject({ deadLinks: [link] });
    expect((await ask<List>('GET', '/articles?deadLinks=true')).json.items.map((item) => item.id)).toEqual([id]);
    expect((await ask<List>('GET', '/articles')).json.items).toHaveLength(2);
  });

  it('forgets everything with the site', async () => {
    const other = await givenSite(ctx, 'Other', user.id);
    await givenSitePost(ctx, other, 1, { userId: user.id, ...gone });
    await ctx.db.insert(siteSyncs).values({ siteId: other, userId: user.id });
    await article('[a](https://blog.example/post-1/)');
    await find();
    expect((await ask('DELETE', `/sites/${other}`)).status).toBe(204);
    expect([await ctx.db.$count(sitePosts), await ctx.db.$count(siteSyncs), await ctx.db.$count(deadLinks)]).toEqual([
      0, 0, 0,
    ]);
  });
});
