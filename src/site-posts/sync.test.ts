import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Killed, mortalContext } from '../../test/fakes/mortal-context.ts';
import { createPlainEmbedder } from '../../test/fakes/plain-embedder.ts';
import { createWordPressDouble, type DoublePost, type WordPressDouble } from '../../test/fakes/wordpress-double.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { type Site, sites } from '../sites/schema.ts';
import { createSite } from '../sites/sites.ts';
import { type SyncTiming, syncTiming } from './run.ts';
import { type SitePost, sitePosts, siteSyncs } from './schema.ts';
import { syncSite } from './sync.ts';
import { forgetGonePosts, sweepSyncs } from './worker.ts';

let app: TestApp;
let ctx: TestContext;
let site: Site;
let wordpress: WordPressDouble;
let asked: URL[];
const never = new AbortController().signal;
const timing: SyncTiming = { ...syncTiming, pauseMs: 0, requestsPerRun: 200, pageSize: 10, listSize: 20 };

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  wordpress = createWordPressDouble();
  asked = [];
  const seen: AppContext['safeFetch'] = Object.assign(
    async (...[url, options]: Parameters<AppContext['safeFetch']>) => {
      asked.push(new URL(url));
      return wordpress.safeFetch(url, options);
    },
    { close: async () => undefined },
  );
  ctx = { ...app.ctx, safeFetch: seen, embedder: createPlainEmbedder() };
  site = await createSite(ctx, ctx.db, ctx.ownerId, {
    name: `Double ${crypto.randomUUID()}`,
    url: 'https://blog.example',
    username: 'admin',
    applicationPassword: 'pass word',
  });
  await ctx.db.insert(siteSyncs).values({ siteId: site.id, userId: ctx.ownerId });
});

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
function write(id: number, second = id, change: Partial<DoublePost> = {}): DoublePost {
  const post = {
    id,
    status: 'publish',
    slug: `post-${id}`,
    title: `Post number ${id}`,
    content: '',
    excerpt: `<p>On matter ${id}.</p>`,
    modified: at(second),
    ...change,
  };
  wordpress.posts.set(id, post);
  return post;
}
const writeMany = (count: number, second?: number) => {
  for (let id = 1; id <= count; id += 1) write(id, second ?? id);
};
const edit = (id: number, change: Partial<DoublePost>) => {
  const post = wordpress.posts.get(id);
  if (post) Object.assign(post, change);
};
const run = (using: AppContext = ctx, how: Partial<SyncTiming> = {}, signal = never) =>
  syncSite(using, site.id, signal, { ...timing, ...how });
const makeDue = (listing = false) =>
  ctx.db.execute(
    sql`update site_syncs set next_sync_at = now(), lease_expires_at = null, list_due_at = case when ${listing} then now() else list_due_at end where site_id = ${site.id}`,
  );
async function runAgain(listing = false, how: Partial<SyncTiming> = {}) {
  await makeDue(listing);
  await run(ctx, how);
}
const sync = async () => {
  const [row] = await ctx.db.select().from(siteSyncs).where(eq(siteSyncs.siteId, site.id));
  if (!row) throw new Error('the sync is gone');
  return row;
};
const stored = () => ctx.db.select().from(sitePosts).where(eq(sitePosts.siteId, site.id)).orderBy(sitePosts.remoteId);
const there = async () => (await stored()).filter((post) => post.goneAt === null);
const one = async (id: number) => (await stored()).find((post) => post.remoteId === id) as SitePost;
const lists = () => asked.filter((url) => url.pathname.endsWith('/wp/v2/posts'));

/** What the site has for everybody to read is known exactly once, as it is there, and nothing else counts as there. */
async function expectComplete() {
  const real = [...wordpress.posts.values()].filter(({ status }) => status === 'publish');
  const known = (await there()).filter(({ status }) => status === 'publish');
  expect(known.map(({ remoteId, title, url }) => `${remoteId} ${title} ${url}`)).toEqual(
    real
      .sort((a, b) => a.id - b.id)
      .map(({ id, title, slug, link }) => `${id} ${title} ${link ?? `https://blog.example/${slug}/`}`),
  );
}

describe('reading a site', () => {
  it('knows every post after the first run, with its texts and vectors', async () => {
    writeMany(120);
    await run();
    await expectComplete();
    expect(await one(7)).toMatchObject({
      title: 'Post number 7',
      excerpt: 'On matter 7.',
      slug: 'post-7',
      status: 'publish',
      goneAt: null,
      model: 'plain',
      dimensions: 64,
    });
    expect(await sync()).toMatchObject({
      posts: 120,
      error: null,
      failures: 0,
      leaseExpiresAt: null,
      listingStartedAt: null,
    });
    expect((await sync()).listedAt).not.toBeNull();
    expect((await sync()).nextSyncAt.getTime()).toBeGreaterThan(Date.now() + 5 * 3_600_000);
  });

  it('asks for nothing but what has changed the next time', async () => {
    writeMany(60);
    await run();
    asked = [];
    await runAgain();
    expect(lists()).toHaveLength(1);
    edit(3, { title: 'Another title', modified: at(500) });
    write(61, 501);
    asked = [];
    await runAgain();
    expect(lists()).toHaveLength(1);
    expect(await one(3)).toMatchObject({ title: 'Another title' });
    await expectComplete();
  });

  it('reads posts that were all changed in the same second, more than a page of them', async () => {
    writeMany(45, 9);
    await run(ctx, { requestsPerRun: 4 });
    // Without a listing, which would find whatever was passed over.
    expect((await stored()).length).toBe(20);
    await runAgain(false, { requestsPerRun: 4 });
    expect((await stored()).length).toBe(45);
    await runAgain();
    await expectComplete();
  });

  it('finds what is changed in the very second in which it looked', async () => {
    const now = new Date();
    write(1, 0, { modified: now.toISOString() });
    await run();
    edit(1, { title: 'Once more' });
    write(2, 0, { modified: now.toISOString() });
    asked = [];
    await runAgain();
    expect(lists()).toHaveLength(1);
    await expectComplete();
  });

  it('stops after so many requests and goes on there soon', async () => {
    writeMany(100);
    await run(ctx, { requestsPerRun: 5 });
    // Besides finding the REST API, which takes two.
    expect(asked.length).toBe(7);
    // A post of each page stands on the next as well: the second that it ends with is read again.
    expect((await sync()).posts).toBe(37);
    expect((await sync()).nextSyncAt.getTime()).toBeLessThan(Date.now() + 60_000);
    for (let runs = 0; runs < 10 && (await sync()).listedAt === null; runs += 1)
      await runAgain(false, { requestsPerRun: 5 });
    await expectComplete();
  });

  it('waits as long as the site says, keeps its place, and says what was wrong', async () => {
    writeMany(30);
    wordpress.rule = (request, earlier) =>
      request === 'GET /wp/v2/posts' && earlier === 1 ? { status: 429, headers: { 'retry-after': '3600' } } : undefined;
    await run();
    const halted = await sync();
    expect(halted).toMatchObject({ posts: 10, failures: 1, error: { code: 'site_unreachable' } });
    expect(halted.nextSyncAt.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    const before = asked.length;
    await run();
    expect(asked.length).toBe(before);
    wordpress.rule = () => undefined;
    asked = [];
    await runAgain();
    expect(lists()[0]?.searchParams.get('modified_after')).toBe('2026-01-01T00:00:09Z');
    expect(await sync()).toMatchObject({ error: null, failures: 0 });
    await expectComplete();
  });

  it('backs off further with each failure, never for longer than between two runs', async () => {
    wordpress.rule = () => ({ status: 503 });
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await runAgain();
      waits.push(Math.round(((await sync()).nextSyncAt.getTime() - Date.now()) / 60_000));
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 360]);
  });

  it('leaves a site alone that is paused, or fails its check', async () => {
    write(1);
    await ctx.db.update(sites).set({ pausedAt: new Date(), pausedBy: 'user' }).where(eq(sites.id, site.id));
    await run();
    await ctx.db
      .update(sites)
      .set({ pausedAt: null, pausedBy: null, failingSince: new Date() })
      .where(eq(sites.id, site.id));
    await run();
    expect(asked).toEqual([]);
    await ctx.db.update(sites).set({ failingSince: null }).where(eq(sites.id, site.id));
    await run();
    await expectComplete();
  });

  it('is done by one worker at a time, one request at a time', async () => {
    writeMany(40);
    let open = 0;
    let most = 0;
    const counting: AppContext['safeFetch'] = Object.assign(
      async (...request: Parameters<AppContext['safeFetch']>) => {
        most = Math.max(most, ++open);
        try {
          return await wordpress.safeFetch(...request);
        } finally {
          open -= 1;
        }
      },
      { close: async () => undefined },
    );
    const one = { ...ctx, safeFetch: counting };
    await Promise.all([run(one), run(one), run(one)]);
    expect(most).toBe(1);
    expect((await sync()).lease).toBe(2);
    await expectComplete();
  });

  it('sees with the eyes of the role', async () => {
    write(1);
    wordpress.capabilities = ['read'];
    await run();
    expect(lists().map((url) => `${url.searchParams.get('context')} ${url.searchParams.get('status')}`)).toContain(
      'view publish',
    );
    expect(lists().some((url) => url.searchParams.get('context') === 'edit')).toBe(false);
    wordpress.capabilities = ['edit_posts', 'edit_others_posts'];
    write(2, 2, { status: 'private' });
    write(3, 3, { status: 'future' });
    write(4, 4, { status: 'draft' });
    await runAgain();
    expect((await there()).map(({ remoteId, status }) => `${remoteId} ${status}`)).toEqual([
      '1 publish',
      '2 private',
      '3 future',
    ]);
  });

  it('notices that a scheduled post was published, which does not change when it was modified', async () => {
    write(1);
    write(2, 2, { status: 'future' });
    await run();
    edit(2, { status: 'publish' });
    await runAgain();
    await expectComplete();
  });

  it('takes hostile content for text', async () => {
    write(1, 1, {
      title: '<script>alert(1)</script>Bread &amp; \u0000butter\u202e &lt;b&gt;',
      excerpt: 'x'.repeat(100_000),
      slug: 'a'.repeat(5_000),
      link: 'javascript:alert(1)',
    });
    write(2, 2, { title: '', link: 'https://blog.example/a>b c"\u0000' });
    write(3, 3, { modified: '9999-99-99T00:00:00Z' });
    write(4, 4, { modified: '275760-01-01T00:00:00Z' });
    await run();
    const [first, second] = await stored();
    expect(first).toMatchObject({ title: 'Bread & butter <b>', url: '' });
    expect(first?.excerpt).toHaveLength(500);
    expect(second?.url).toBe('https://blog.example/a%3Eb%20c%22');
    expect(await stored()).toHaveLength(4);
  });

  it('computes vectors anew when there is another model, and only where a text has changed otherwise', async () => {
    writeMany(3);
    await run();
    let embedded = 0;
    const counting = (model: string) => {
      const embedder = createPlainEmbedder(model);
      ctx.embedder = {
        ...embedder,
        embed: (texts) => {
          embedded += texts.length;
          return embedder.embed(texts);
        },
      };
    };
    counting('plain');
    edit(2, { title: 'Post number two', modified: at(100) });
    await runAgain(true);
    expect(embedded).toBe(1);
    counting('other');
    await runAgain();
    expect(embedded).toBe(4);
    expect((await stored()).map(({ model }) => model)).toEqual(['other', 'other', 'other']);
  });

  it('begins anew at another address', async () => {
    writeMany(3);
    await run();
    await ctx.db.update(sites).set({ url: 'https://blog.example/en/' }).where(eq(sites.id, site.id));
    for (const post of wordpress.posts.values()) post.link = `https://blog.example/en/${post.slug}/`;
    const moved: AppContext['safeFetch'] = Object.assign(
      (...[url, options]: Parameters<AppContext['safeFetch']>) =>
        wordpress.safeFetch(String(url).replace('/en/', '/'), options),
      { close: async () => undefined },
    );
    ctx = { ...ctx, safeFetch: moved };
    await runAgain();
    await expectComplete();
  });
});

describe('a listing', () => {
  it('finds what was deleted, trashed or hidden, and where an address has changed', async () => {
    writeMany(30);
    await run();
    wordpress.posts.delete(4);
    edit(5, { status: 'trash' });
    edit(6, { status: 'private', modified: at(900) });
    edit(7, { slug: 'seven' });
    await runAgain();
    expect((await there()).map(({ remoteId }) => remoteId)).toContain(4);
    await runAgain(true);
    const gone = (await stored()).filter((post) => post.goneAt !== null);
    expect(gone.map(({ remoteId, status }) => `${remoteId} ${status}`)).toEqual(['4 gone', '5 trash', '6 private']);
    expect(await one(7)).toMatchObject({
      url: 'https://blog.example/seven/',
      formerUrls: ['https://blog.example/post-7/'],
    });
    expect((await sync()).posts).toBe(27);
    edit(5, { status: 'publish', modified: at(901) });
    edit(7, { slug: 'post-7' });
    await runAgain(true);
    expect(await one(5)).toMatchObject({ goneAt: null });
    expect(await one(7)).toMatchObject({ formerUrls: ['https://blog.example/seven/'] });
    await expectComplete();
  });

  it('passes over nothing when a person deletes a post between two pages', async () => {
    writeMany(120);
    let pages = 0;
    const between: AppContext['safeFetch'] = Object.assign(
      async (...[url, options]: Parameters<AppContext['safeFetch']>) => {
        const answer = await wordpress.safeFetch(url, options);
        pages += 1;
        // Before and behind the place where the reading is.
        for (const id of [pages * 3, pages * 3 + 1, pages * 3 + 2, 120 - pages]) wordpress.posts.delete(id);
        return answer;
      },
      { close: async () => undefined },
    );
    await run({ ...ctx, safeFetch: between });
    await runAgain(true);
    await expectComplete();
    expect((await stored()).every(({ remoteId, goneAt }) => wordpress.posts.has(remoteId) !== (goneAt !== null))).toBe(
      true,
    );
  });

  /** A site of 120 posts, of which the walk over changes passes over `unseen`: only a listing finds it. */
  async function givenUnseen(unseen: number) {
    writeMany(120);
    wordpress.posts.delete(unseen);
    await run();
    // An import keeps the times of its posts, which lie before those that were read.
    write(unseen, 1);
    await runAgain();
    expect(await one(unseen)).toBeUndefined();
  }
  /** A due listing while a person does something after one of its pages. */
  async function listWhile(page: number, meanwhile: () => void, answered = (text: string) => text) {
    let listed = 0;
    const between: AppContext['safeFetch'] = Object.assign(
      async (...[url, options]: Parameters<AppContext['safeFetch']>) => {
        const answer = await wordpress.safeFetch(url, options);
        if (!new URL(url).searchParams.get('orderby')?.startsWith('id')) return answer;
        listed += 1;
        if (listed === page) meanwhile();
        return { ...answer, body: new TextEncoder().encode(answered(new TextDecoder().decode(answer.body))) };
      },
      { close: async () => undefined },
    );
    await makeDue(true);
    await run({ ...ctx, safeFetch: between });
    expect(await sync()).toMatchObject({ listingStartedAt: null, error: null });
    return listed;
  }

  it.each([
    ['one post', 21, 1, 1],
    ['all but one post', 21, 1, 19],
    ['pages of posts', 65, 3, 45],
  ])('finds what only a listing finds when a person deletes %s before it', async (_what, unseen, page, count) => {
    await givenUnseen(unseen);
    await listWhile(page, () => {
      for (let id = 1; id <= count; id += 1) wordpress.posts.delete(id);
    });
    expect(await one(unseen)).toMatchObject({ goneAt: null });
  });

  it('finds it where so many are deleted that the next page would be empty', async () => {
    await givenUnseen(21);
    await listWhile(1, () => {
      for (const id of wordpress.posts.keys()) if (id < 20 || id > 25) wordpress.posts.delete(id);
    });
    expect(await one(21)).toMatchObject({ goneAt: null });
  });

  it('comes to its end where the site counts posts that the role may not read', async () => {
    writeMany(120);
    for (const id of [20, 39, 40, 58, 59, 60]) edit(id, { status: 'future' });
    await run();
    const listed = await listWhile(
      0,
      () => undefined,
      (text) => JSON.stringify((JSON.parse(text) as DoublePost[]).filter(({ status }) => status !== 'future')),
    );
    expect(listed).toBeLessThan(14);
  });

  it('that does not come to its end marks nothing as gone', async () => {
    writeMany(60);
    await run();
    for (let id = 1; id <= 30; id += 1) wordpress.posts.delete(id);
    // The second page, then the question for what was missed.
    for (const broken of ['offset=19', 'include=']) {
      const failing: AppContext['safeFetch'] = Object.assign(
        async (...[url, options]: Parameters<AppContext['safeFetch']>) => {
          if (String(url).includes(broken)) throw new AppError('fetch_failed', 'The connection was cut.');
          return wordpress.safeFetch(url, options);
        },
        { close: async () => undefined },
      );
      await makeDue(true);
      await run({ ...ctx, safeFetch: failing });
      expect(await sync()).toMatchObject({ error: { code: 'site_unreachable' } });
      expect(await there()).toHaveLength(60);
    }
    await runAgain();
    expect(await there()).toHaveLength(30);
  });

  it('that leaves out most posts is not believed while one of them is there', async () => {
    writeMany(60);
    await run();
    const all = new Map(wordpress.posts);
    const forgetful: AppContext['safeFetch'] = Object.assign(
      async (...[url, options]: Parameters<AppContext['safeFetch']>) => {
        const isList = new URL(url).pathname.endsWith('/posts');
        if (isList) wordpress.posts.clear();
        const answer = await wordpress.safeFetch(url, options);
        for (const [id, post] of all) wordpress.posts.set(id, post);
        return answer;
      },
      { close: async () => undefined },
    );
    await makeDue(true);
    await run({ ...ctx, safeFetch: forgetful }, { pageSize: 50 });
    expect(await there()).toHaveLength(60);
    expect((await sync()).error?.message).toContain('leaves posts out');
    wordpress.posts.clear();
    await runAgain(true, { pageSize: 50 });
    expect(await there()).toHaveLength(0);
  });
});

describe('a worker that dies', () => {
  it('at any await is followed by one that completes the work, with every post once', async () => {
    writeMany(25);
    let deaths = 0;
    for (let step = 1; ; step += 1) {
      await ctx.db.delete(sitePosts).where(eq(sitePosts.siteId, site.id));
      await ctx.db.execute(
        sql`update site_syncs set next_sync_at = now(), lease_expires_at = null, url = null, modified_until = null, modified_offset = 0,
            listed_at = null, listing_started_at = null, listing_offset = 0, listing_last_id = 0, list_due_at = now(), error = null, failures = 0 where site_id = ${site.id}`,
      );
      const mortal = mortalContext(ctx, step);
      await run(mortal.ctx, { pageSize: 20, listSize: 20 }).catch((error) => {
        if (!(error instanceof Killed)) throw error;
      });
      if (!mortal.killed()) break;
      deaths += 1;
      await makeDue();
      await run(ctx, { pageSize: 20, listSize: 20 });
      await expectComplete();
      expect(await sync()).toMatchObject({ error: null, leaseExpiresAt: null });
    }
    expect(deaths).toBeGreaterThan(20);
  });

  it('and wakes up again stores nothing', async () => {
    writeMany(5);
    const taken: AppContext['safeFetch'] = Object.assign(
      async (...[url, options]: Parameters<AppContext['safeFetch']>) => {
        const answer = await wordpress.safeFetch(url, options);
        if (String(url).includes('orderby=modified'))
          await ctx.db.execute(sql`update site_syncs set lease = lease + 1 where site_id = ${site.id}`);
        return answer;
      },
      { close: async () => undefined },
    );
    await run({ ...ctx, safeFetch: taken });
    expect(await stored()).toEqual([]);
  });

  it('hands over at once when it is asked to stop', async () => {
    writeMany(30);
    const stopping = new AbortController();
    wordpress.rule = (request, earlier) => {
      if (request === 'GET /wp/v2/posts' && earlier === 1) stopping.abort(new Error('the process is stopping'));
      return undefined;
    };
    await run(ctx, {}, stopping.signal);
    expect(await sync()).toMatchObject({ posts: 10, leaseExpiresAt: null, error: null });
    wordpress.rule = () => undefined;
    await run();
    await expectComplete();
  });

  it('is taken over only when its lease has run out', async () => {
    write(1);
    await ctx.db.execute(
      sql`update site_syncs set lease_expires_at = now() + interval '1 minute' where site_id = ${site.id}`,
    );
    await run();
    expect(asked).toEqual([]);
    await ctx.db.execute(
      sql`update site_syncs set lease_expires_at = now() - interval '1 second' where site_id = ${site.id}`,
    );
    await run();
    await expectComplete();
  });
});

it('whatever people and accidents do in whatever order, every published post is there exactly once in the end', async () => {
  for (let seed = 1; seed <= 8; seed += 1) {
    const random = seeded(seed);
    const pick = (count: number) => 1 + Math.floor(random() * count);
    let clock = seed * 10_000;
    for (let step = 0; step < 12; step += 1) {
      for (let change = pick(12); change > 0; change -= 1) {
        if (random() < 0.7) clock += pick(3) - 1;
        const id = pick(60);
        const what = random();
        if (what < 0.5) write(id, clock, { title: `Title ${pick(1e6)}`, slug: `s-${pick(1e6)}` });
        else if (what < 0.6) wordpress.posts.delete(id);
        else if (what < 0.75)
          edit(id, {
            status: ['trash', 'private', 'draft', 'future', 'publish'][pick(5) - 1] as string,
            modified: at(clock),
          });
        // Without a trace in its times, as importers and plugins do it.
        else edit(id, { status: 'publish', title: `Silent ${pick(1e6)}`, slug: `q-${pick(1e6)}` });
      }
      const accident = random();
      wordpress.rule = (_request, earlier) => (accident < 0.3 && earlier % 5 === 4 ? { status: 502 } : undefined);
      const mortal = mortalContext(ctx, accident > 0.7 ? pick(60) : 1e9);
      await makeDue(random() < 0.5);
      await run(mortal.ctx, { requestsPerRun: 3 + pick(12) }).catch((error) => {
        if (!(error instanceof Killed)) throw error;
      });
    }
    wordpress.rule = () => undefined;
    const before = (await sync()).listedAt;
    for (let runs = 0; runs < 20; runs += 1) {
      await runAgain(true);
      if ((await sync()).listedAt?.getTime() !== before?.getTime()) break;
    }
    // A listing that was under way began before the last changes.
    await runAgain(true);
    await expectComplete();
  }
});

it('gone posts are forgotten after 90 days', async () => {
  writeMany(2);
  await run();
  wordpress.posts.clear();
  await runAgain(true);
  await ctx.db.execute(
    sql`update site_posts set gone_at = now() - interval '91 days' where site_id = ${site.id} and remote_id = 1`,
  );
  await forgetGonePosts(ctx.db);
  expect((await stored()).map(({ remoteId }) => remoteId)).toEqual([2]);
});

it('a site without a sync gets one and is enqueued, once', async () => {
  await ctx.db.execute(sql`update site_syncs set next_sync_at = now() + interval '1 hour'`);
  await ctx.db.delete(siteSyncs).where(eq(siteSyncs.siteId, site.id));
  expect(await sweepSyncs(ctx)).toBe(1);
  expect(await sweepSyncs(ctx)).toBe(0);
  expect(await sync()).toMatchObject({ posts: 0 });
});

/** Numbers in [0, 1) that are the same in every run (mulberry32, public domain). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
