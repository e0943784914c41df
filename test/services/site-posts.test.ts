import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertArticle } from '../../src/articles/articles.ts';
import { findDeadLinks } from '../../src/site-posts/dead-links.ts';
import { type SyncTiming, syncTiming } from '../../src/site-posts/run.ts';
import { deadLinks, type SitePost, sitePosts, siteSyncs } from '../../src/site-posts/schema.ts';
import { syncSite } from '../../src/site-posts/sync.ts';
import type { Site } from '../../src/sites/schema.ts';
import { createSite } from '../../src/sites/sites.ts';
import { createWordPressClient, type WordPressClient } from '../../src/wordpress/client.ts';
import { createPlainEmbedder } from '../fakes/plain-embedder.ts';
import { startTestApp, type TestApp, type TestContext } from '../harness.ts';
import { needed } from './environment.ts';

let app: TestApp;
let ctx: TestContext;
const never = new AbortController().signal;
const timing: SyncTiming = { ...syncTiming, pauseMs: 0, requestsPerRun: 400, embedPerRun: 0 };
/** Other tests write posts there at the same time: only those with this word are looked at. */
const word = `zqposts${crypto.randomUUID().slice(0, 8)}`;

beforeAll(async () => {
  app = await startTestApp({
    env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' },
    overrides: { embedder: createPlainEmbedder() },
  });
  ctx = app.ctx;
});
afterAll(() => app.close());

describe.each([
  ['pretty', 1],
  ['plain', 2],
])('on a WordPress with %s permalinks', (_permalinks, number) => {
  let site: Site;
  let direct: WordPressClient;
  const written: number[] = [];

  beforeAll(async () => {
    const siteUrl = needed(`TEST_WP${number}_URL`);
    const username = needed(`TEST_WP${number}_USER`);
    const applicationPassword = needed(`TEST_WP${number}_APP_PASSWORD`);
    site = await createSite(ctx, ctx.db, ctx.ownerId, {
      name: `WP ${number}`,
      url: siteUrl,
      username,
      applicationPassword,
    });
    direct = createWordPressClient({ safeFetch: ctx.safeFetch, siteUrl, username, applicationPassword });
    await ctx.db.insert(siteSyncs).values({ siteId: site.id, userId: ctx.ownerId });
  });
  afterAll(async () => {
    const remaining = await direct.call('GET', '/wp/v2/posts', {
      parameters: { include: written.join(','), status: 'any,trash', per_page: 100, _fields: 'id' },
    });
    for (const { id } of remaining.json as { id: number }[])
      await direct.call('DELETE', `/wp/v2/posts/${id}`, { parameters: { force: true } });
  });

  const write = async (title: string, fields: object = {}) => {
    const content = '<!-- wp:paragraph --><p>A text on kneading dough by hand.</p><!-- /wp:paragraph -->';
    const { json } = await direct.call('POST', '/wp/v2/posts', {
      body: { title: `${title} ${word}`, content, status: 'publish', ...fields },
    });
    const { id, link } = json as { id: number; link: string };
    written.push(id);
    return { id, link };
  };
  const read = async (listing = false) => {
    const now = new Date(0);
    await ctx.db
      .update(siteSyncs)
      .set({ nextSyncAt: now, ...(listing ? { listDueAt: now } : {}) })
      .where(eq(siteSyncs.siteId, site.id));
    await syncSite(ctx, site.id, never, timing);
    const [sync] = await ctx.db.select().from(siteSyncs).where(eq(siteSyncs.siteId, site.id));
    expect(sync?.error).toBeNull();
  };
  const one = async (id: number): Promise<SitePost | undefined> => {
    const rows = await ctx.db.select().from(sitePosts).where(eq(sitePosts.siteId, site.id));
    return rows.find(({ remoteId }) => remoteId === id);
  };

  it('reads what is there, then what has changed, and finds what is gone and who links to it', async () => {
    const kept = await write('Bread &amp; butter');
    const future = await write('Tomorrow', { status: 'future', date_gmt: '2099-01-01T00:00:00' });
    const trashed = await write('Trashed');
    const deleted = await write('Deleted');
    await read();
    expect(await one(kept.id)).toMatchObject({
      title: `Bread & butter ${word}`,
      excerpt: 'A text on kneading dough by hand.',
      url: kept.link,
      status: 'publish',
      goneAt: null,
    });
    expect(await one(future.id)).toMatchObject({ status: 'future' });

    await direct.call('POST', `/wp/v2/posts/${kept.id}`, { body: { title: `Another title ${word}` } });
    const added = await write('Added later');
    const hidden = await write('Hidden', { status: 'draft' });
    await read();
    expect(await one(kept.id)).toMatchObject({ title: `Another title ${word}` });
    expect(await one(added.id)).toMatchObject({ goneAt: null });
    expect(await one(hidden.id)).toBeUndefined();

    await direct.call('DELETE', `/wp/v2/posts/${trashed.id}`);
    await direct.call('DELETE', `/wp/v2/posts/${deleted.id}`, { parameters: { force: true } });
    await direct.call('POST', `/wp/v2/posts/${added.id}`, { body: { slug: `moved-${word}` } });
    await read(true);
    expect(await one(trashed.id)).toMatchObject({ status: 'trash', goneAt: expect.any(Date) });
    expect(await one(deleted.id)).toMatchObject({ status: 'gone', goneAt: expect.any(Date) });
    expect(await one(kept.id)).toMatchObject({ goneAt: null });

    const { id: articleId } = await insertArticle(ctx, ctx.db, ctx.ownerId, {
      title: 'Links',
      markdown: `[a](${deleted.link}) [b](${kept.link})`,
      language: 'en',
      pipelineId: null,
      author: 'user',
    });
    await findDeadLinks(ctx, ctx.ownerId);
    const found = await ctx.db.select().from(deadLinks).where(eq(deadLinks.articleId, articleId));
    expect(found.map(({ url }) => url)).toEqual([deleted.link]);
  });
});
