import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { givenSite } from '../../test/factories.ts';
import { type FeedEntry, rssFeed, servedFeed } from '../../test/fakes/feed.ts';
import { mortalContext } from '../../test/fakes/mortal-context.ts';
import { htmlPage, type PageServer, startPageServer } from '../../test/fakes/page-server.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { insertArticle } from '../articles/articles.ts';
import { articles } from '../articles/schema.ts';
import { newId } from '../db/id.ts';
import { createExtractor, type Extractor } from '../knowledge/extract.ts';
import { createRobots } from '../knowledge/robots.ts';
import { type Topic, topics } from '../topics/schema.ts';
import { sameness } from '../topics/topics.ts';
import { claimSource, releaseSource } from './lease.ts';
import { mostProposals } from './propose.ts';
import { type ReadTiming, readTiming, readWatchedSource } from './read.ts';
import { type WatchedSource, watchedEntries, watchedSources } from './schema.ts';
import { mostSources } from './sources.ts';
import { forgetEntries, sweepSources } from './worker.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let app: TestApp;
let ctx: TestContext;
let web: PageServer;
let siteId: string;
const never = new AbortController().signal;
const timing: ReadTiming = { ...readTiming, pauseMs: 0 };

beforeAll(async () => {
  web = await startPageServer(4);
  // A busy machine takes longer over a page than a reader would wait; nothing here is about that.
  const real = createExtractor();
  const extractor: Extractor = {
    ...real,
    read: (input, options) => real.read(input, { timeoutMs: 300_000, ...options }),
    extract: (input, options) => real.extract(input, { timeoutMs: 300_000, ...options }),
  };
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.0/8' }, overrides: { extractor } });
  ctx = app.ctx;
  siteId = await givenSite(ctx, 'Bakery');
});
afterAll(async () => {
  await app.close();
  await web.close();
});
beforeEach(async () => {
  web.pages.clear();
  web.visits.length = 0;
  await ctx.db.delete(watchedSources);
  await ctx.db.delete(topics);
  await ctx.db.delete(articles);
  await ctx.db.execute(sql`delete from site_posts`);
});

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
async function call(method: Method, url: string, payload?: object) {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}) });
  return {
    status: answer.statusCode,
    json: answer.body === '' ? null : answer.json(),
    retryAfter: answer.headers['retry-after'],
  };
}

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
const entry = (
  title: string,
  days: number | null = 1,
  path = `/${title.toLowerCase().replaceAll(' ', '-')}/`,
): FeedEntry => ({
  title,
  path,
  date: days === null ? null : daysAgo(days),
});
const origin = (host: number) => web.at(host, '');

/** A feed on a host, which can be changed. */
function feedOn(host: number, entries: FeedEntry[], path = `/feed-${host}.xml`) {
  const state = { entries: [...entries] };
  const served = servedFeed(() => rssFeed(`Blog ${host}`, origin(host), state.entries));
  web.pages.set(path, served);
  return {
    url: web.at(host, path),
    asked: served.asked,
    set: (list: FeedEntry[]) => void state.entries.splice(0, Number.POSITIVE_INFINITY, ...list),
  };
}
async function watch(url: string, more = {}): Promise<string> {
  const { status, json } = await call('POST', '/sources', { url, ...more });
  if (status !== 201) throw new Error(JSON.stringify(json));
  return json.id;
}
const row = async (id: string) => {
  const [found] = await ctx.db.select().from(watchedSources).where(eq(watchedSources.id, id));
  return found as WatchedSource;
};
/** Reads a source as if its time had come. */
async function read(id: string, by: typeof ctx = ctx): Promise<WatchedSource> {
  await ctx.db
    .update(watchedSources)
    .set({ nextReadAt: sql`now()` as never })
    .where(eq(watchedSources.id, id));
  await readWatchedSource(by, id, never, timing);
  return row(id);
}
const proposals = async (): Promise<Topic[]> =>
  (await ctx.db.select().from(topics).orderBy(topics.position)).filter(({ status }) => status === 'proposed');
const titles = async () => (await proposals()).map(({ topic }) => topic);
const entries = () => ctx.db.select().from(watchedEntries);

describe('what is watched', () => {
  it('is a feed, or a site whose feed is found; both are named by their titles, and read soon', async () => {
    const feed = feedOn(0, [entry('Rye bread')]);
    const first = await call('POST', '/sources', { url: feed.url });
    expect(first).toMatchObject({
      status: 201,
      json: { kind: 'feed', name: 'Blog 0', state: 'active', problem: null, entries: 0, proposed: 0, lastReadAt: null },
    });
    web.pages.set(
      '/',
      `<!doctype html><title>Blog</title><link rel="alternate" type="application/rss+xml" href="/feed-1.xml"><h1>Hi</h1>`,
    );
    feedOn(1, [entry('Spelt rolls')]);
    const site = await call('POST', '/sources', { url: `${web.at(1, '/')}#top`, name: 'Rival', siteId });
    expect(site).toMatchObject({ status: 201, json: { kind: 'site', name: 'Rival', siteId } });
    expect((await row(site.json.id)).feedUrl).toBe(web.at(1, '/feed-1.xml'));
    const list = await call('GET', '/sources');
    expect(list.json.items.map(({ id }: { id: string }) => id)).toEqual([site.json.id, first.json.id]);
    expect((await call('GET', `/sources?siteId=${siteId}`)).json.items).toHaveLength(1);
    expect(await sweepSources(ctx)).toBe(0);
  });

  it('is watched once, up to so many, and not what cannot be read', async () => {
    const { url } = feedOn(0, [entry('Rye bread')]);
    await watch(url);
    const again = await call('POST', '/sources', { url: `${url}#again` });
    expect(again).toMatchObject({ status: 409, json: { detail: expect.stringContaining('"Blog 0"') } });
    web.pages.set('/text', htmlPage('A page', ['It names no feed.']));
    web.pages.set('/picture', (_request, response) => response.end(Buffer.from('\x89PNG\r\n\x1a\n123', 'latin1')));
    for (const [wrong, status, code] of [
      ['nonsense words', 422, 'invalid_request'],
      ['ftp://example.com/', 422, 'invalid_request'],
      ['http://10.0.0.1/', 422, 'fetch_blocked'],
      [web.at(2, '/nothing'), 502, 'fetch_failed'],
      [web.at(2, '/text'), 422, 'extraction_failed'],
      [web.at(2, '/picture'), 422, 'extraction_failed'],
    ] as const) {
      const answer = await call('POST', '/sources', { url: wrong });
      expect(answer, wrong).toMatchObject({ status, json: { code, hint: expect.stringMatching(/.{15}/) } });
    }
    const rows = Array.from({ length: mostSources - 1 }, (_, at) => `https://example.com/${at}`);
    await ctx.db.insert(watchedSources).values(
      rows.map((one) => ({
        id: newId(),
        userId: ctx.ownerId,
        name: one,
        url: one,
        addressKey: one,
        kind: 'feed' as const,
      })),
    );
    const other = feedOn(1, [entry('Spelt rolls')]);
    const full = await call('POST', '/sources', { url: other.url });
    expect(full).toMatchObject({ status: 409, json: { detail: expect.stringContaining('50') } });
  });

  it('is renamed, paused and let go on, read when that is asked for, and deleted; its proposals stay', async () => {
    const id = await watch(feedOn(0, [entry('Rye bread')]).url);
    await read(id);
    expect((await call('PATCH', `/sources/${id}`, { name: 'Rival', paused: true })).json).toMatchObject({
      name: 'Rival',
      state: 'paused',
      nextReadAt: null,
      entries: 1,
      proposed: 1,
    });
    expect((await call('POST', `/sources/${id}/check`)).json.code).toBe('invalid_state');
    await ctx.db.update(watchedSources).set({ nextReadAt: sql`now()` as never });
    const before = web.visits.length;
    await readWatchedSource(ctx, id, never, timing);
    expect(web.visits).toHaveLength(before);
    expect((await call('PATCH', `/sources/${id}`, { paused: false })).json.state).toBe('active');
    expect((await call('POST', `/sources/${id}/check`)).status).toBe(202);
    expect(await call('POST', `/sources/${id}/check`)).toMatchObject({ status: 429, retryAfter: expect.any(String) });
    expect((await call('DELETE', `/sources/${id}`)).status).toBe(204);
    expect((await call('DELETE', `/sources/${id}`)).status).toBe(404);
    expect(await titles()).toEqual(['Rye bread']);
    expect(await entries()).toEqual([]);
  });
});

describe('a reading', () => {
  it('takes the newest 20 at first, and then only what is new; of others it keeps titles and addresses, no texts', async () => {
    const old = Array.from({ length: 30 }, (_, at) => entry(`Old matter ${at}`, 2 + at / 100));
    const feed = feedOn(0, [...old, entry('Rye bread', 1)]);
    const id = await watch(feed.url);
    const source = await read(id);
    expect(source).toMatchObject({ failures: 0, problem: null, leaseExpiresAt: null });
    expect(source.nextReadAt.getTime()).toBeGreaterThan(Date.now() + timing.everyMs * 0.85);
    expect(await proposals()).toHaveLength(20);
    expect(await titles()).toContain('Rye bread');
    expect((await entries()).filter(({ outcome }) => outcome === 'old')).toHaveLength(11);
    feed.set([...old, entry('Rye bread', 1), entry('Spelt rolls', 0), entry('From long ago', 120)]);
    await read(id);
    expect(await proposals()).toHaveLength(21);
    const [latest] = (await proposals()).filter(({ topic }) => topic === 'Spelt rolls');
    expect(latest).toMatchObject({
      origin: 'feed',
      evidence: [{ title: 'Spelt rolls', url: web.at(0, '/spelt-rolls/'), publishedAt: expect.any(String) }],
      score: expect.closeTo(60, 0),
    });
    expect(JSON.stringify([await entries(), await proposals()])).not.toContain('nobody is to copy');
  });

  it('counts what a feed names several times once', async () => {
    const each = Array.from({ length: 15 }, (_, at) => entry(`Matter ${at} of bread`, 1 + at / 100));
    await read(
      await watch(
        feedOn(
          0,
          each.flatMap((one) => [one, one]),
        ).url,
      ),
    );
    expect(await proposals()).toHaveLength(15);
  });

  it('asks only for what has changed', async () => {
    const feed = feedOn(0, [entry('Rye bread')]);
    const id = await watch(feed.url);
    await read(id);
    const before = { ...feed.asked };
    const source = await read(id);
    expect(feed.asked).toEqual({ changed: before.changed, unchanged: before.unchanged + 1 });
    expect(source).toMatchObject({ failures: 0, problem: null });
    expect(await titles()).toEqual(['Rye bread']);
  });

  it.each([
    ['etag', 'if-none-match', '"first"'],
    ['last-modified', 'if-modified-since', 'Mon, 02 Nov 2026 10:00:00 GMT'],
  ])('goes on asking by the %s that it was told, also after nothing had changed', async (name, question, value) => {
    const feed = rssFeed('Blog', origin(0), [entry('Rye bread')]);
    const asked: (string | undefined)[] = [];
    web.pages.set('/feed-0.xml', (request, response) => {
      asked.push(request.headers[question] as string | undefined);
      const same = request.headers[question] === value;
      response.writeHead(same ? 304 : 200, {
        'content-type': 'application/rss+xml',
        ...(same ? {} : { [name]: value }),
      });
      response.end(same ? undefined : feed);
    });
    const id = await watch(web.at(0, '/feed-0.xml'));
    asked.length = 0;
    for (let n = 0; n < 3; n++) expect(await read(id)).toMatchObject({ failures: 0, problem: null });
    expect(asked).toEqual([undefined, value, value]);
  });

  it('counts the same title on two sources as evidence of both', async () => {
    await read(await watch(feedOn(0, [entry('Rye bread')]).url));
    await read(await watch(feedOn(1, [entry('Rye bread')]).url));
    const [proposal] = await proposals();
    expect(proposal?.evidence.map(({ url }) => url)).toEqual([web.at(0, '/rye-bread/'), web.at(1, '/rye-bread/')]);
    expect(await entries()).toHaveLength(2);
  });

  it('proposes nothing twice of a feed that repeats itself, changes its ids, addresses or titles, or marks its visits', async () => {
    const feed = feedOn(0, [entry('Rye bread'), entry('Rye bread'), entry('RYE BREAD!', 1, '/other/')]);
    const id = await watch(feed.url);
    await read(id);
    expect(await titles()).toEqual(['Rye bread']);
    feed.set([
      entry('Rye bread', 0, '/rye-bread/?utm_source=rss#1'),
      entry('Rye bread', 0, '/moved/rye/'),
      entry('Black bread of rye, explained anew', 0, '/rye-bread/'),
    ]);
    await read(id);
    expect(await titles()).toEqual(['Rye bread']);
    // Dismissed is dismissed, also when another source has it.
    await call('DELETE', `/topics/${(await proposals())[0]?.id}`);
    await read(await watch(feedOn(1, [entry('Rye bread')]).url));
    expect(await titles()).toEqual([]);
  });

  it('compares with articles, posts and topics, and proposes only what none of them covers', async () => {
    const content = { markdown: 'Text.', language: 'en', pipelineId: null, author: 'user' as const };
    await insertArticle(ctx, ctx.db, ctx.ownerId, { ...content, title: 'Keeping a sourdough starter alive' });
    await ctx.db.execute(sql`insert into site_posts (site_id, remote_id, user_id, url, slug, title, status)
      values (${siteId}, 1, ${ctx.ownerId}, 'https://blog.example/1', '1', 'Baking spelt rolls', 'publish')`);
    await call('POST', '/topics', { topic: 'Cleaning a stone oven' });
    const id = await watch(
      feedOn(
        0,
        [
          'How to keep a sourdough starter alive',
          'How to bake spelt rolls',
          'How to clean a stone oven',
          'Milling flour',
        ].map((one) => entry(one)),
      ).url,
    );
    await read(id);
    expect(await titles()).toEqual(['Milling flour']);
    expect((await call('GET', `/sources/${id}`)).json).toMatchObject({ entries: 4, proposed: 1 });
  });

  it('makes one proposal of what several sources report, with the evidence of all and a higher score', async () => {
    await read(await watch(feedOn(0, [entry('Baking rye bread'), entry('Milling flour')]).url));
    const [before] = (await proposals()).filter(({ topic }) => topic === 'Baking rye bread');
    await read(await watch(feedOn(1, [entry('How to bake rye bread')]).url));
    await read(await watch(feedOn(2, [entry('Rye bread baking', 1), entry('Baking the rye bread', 1, '/again/')]).url));
    const all = await proposals();
    expect(all).toHaveLength(2);
    const after = all.find(({ topic }) => topic === 'Baking rye bread');
    expect(new Set(after?.evidence.map(({ url }) => new URL(url).host)).size).toBe(3);
    expect((after?.score ?? 0) - (before?.score ?? 0)).toBeCloseTo(25, 0);
    // All of them are known as proposed, and lead to the one topic.
    expect(new Set((await entries()).flatMap(({ topicId }) => topicId ?? [])).size).toBe(2);
  });

  it('reads the titles of a site that has only a sitemap from its pages, a few at a time', async () => {
    const pages = Array.from({ length: 12 }, (_, at) => `/recipe-number-${at}-of-ours/`);
    web.pages.set('/', htmlPage('Kitchen', ['Welcome.']));
    web.pages.set(
      '/sitemap.xml',
      `<urlset>${pages.map((path, at) => `<url><loc>${web.at(3, path)}</loc><lastmod>${daysAgo(at + 1)}</lastmod></url>`).join('')}</urlset>`,
    );
    const dishes = [
      'Borscht',
      'Ramen',
      'Pho',
      'Goulash',
      'Paella',
      'Risotto',
      'Tagine',
      'Laksa',
      'Ceviche',
      'Moussaka',
      'Pierogi',
    ];
    for (const [at, dish] of dishes.entries()) {
      web.pages.set(
        pages[at] ?? '',
        htmlPage(`${dish} for a crowd`, [`How ${dish} is made in a big pot for many guests.`]),
      );
    }
    const id = await watch(web.at(3, '/'));
    expect((await row(id)).kind).toBe('site');
    await read(id);
    expect(await titles()).toEqual(dishes.slice(0, 10).map((dish) => `${dish} for a crowd`));
    expect((await entries()).filter(({ outcome }) => outcome === 'waiting')).toHaveLength(2);
    await read(id);
    // The last page is not there: its address says what it is about.
    expect((await titles()).slice(10)).toEqual(['Pierogi for a crowd', 'recipe number of ours']);
    expect((await proposals())[0]?.origin).toBe('site');
  });

  it('takes a title that it finds on a page once, in one reading and in the next', async () => {
    const pages = ['/first-page-of-soup/', '/second-page-of-soup/'];
    const map = () =>
      `<urlset>${pages.map((path, at) => `<url><loc>${web.at(3, path)}</loc><lastmod>${daysAgo(9 - at)}</lastmod></url>`).join('')}</urlset>`;
    const soup = htmlPage('Borscht for a crowd', ['How Borscht is made in a big pot for many guests.']);
    web.pages.set('/', htmlPage('Kitchen', ['Welcome.']));
    web.pages.set(
      '/sitemap.xml',
      (_request, response) => void response.setHeader('content-type', 'text/xml').end(map()),
    );
    for (const path of [...pages, '/third-page-of-soup/']) web.pages.set(path, soup);
    const id = await watch(web.at(3, '/'));
    await read(id);
    const outcomes = async () => (await entries()).map(({ outcome }) => outcome).sort();
    expect(await outcomes()).toEqual(['old', 'proposed']);
    pages.push('/third-page-of-soup/');
    await read(id);
    expect(await outcomes()).toEqual(['old', 'old', 'proposed']);
    expect(await titles()).toEqual(['Borscht for a crowd']);
  });

  it('looks for the feed of a site anew when it has moved', async () => {
    const page = (feed: string) =>
      `<!doctype html><title>B</title><link rel="alternate" type="application/rss+xml" href="${feed}">`;
    web.pages.set('/', page('/feed-0.xml'));
    feedOn(0, [entry('Rye bread')]);
    const id = await watch(web.at(0, '/'));
    web.pages.delete('/feed-0.xml');
    web.pages.set('/', page('/new.xml'));
    feedOn(0, [entry('Spelt rolls')], '/new.xml');
    expect(await read(id)).toMatchObject({ problem: null, feedUrl: web.at(0, '/new.xml') });
    expect(await titles()).toEqual(['Spelt rolls']);
  });
});

describe('a source that fails', () => {
  it('says why and what to do, is asked less and less often, and is well again by itself', async () => {
    const feed = feedOn(0, [entry('Rye bread')]);
    const id = await watch(feed.url);
    const served = web.pages.get('/feed-0.xml');
    web.pages.set('/feed-0.xml', (_request, response) => void response.writeHead(500).end());
    const waits: number[] = [];
    for (let failures = 1; failures <= 3; failures++) {
      const source = await read(id);
      expect(source).toMatchObject({ failures, problem: { code: 'fetch_failed' }, leaseExpiresAt: null });
      waits.push(source.nextReadAt.getTime() - Date.now());
    }
    expect((waits[1] ?? 0) / (waits[0] ?? 1)).toBeGreaterThan(1.5);
    expect((waits[2] ?? 0) / (waits[1] ?? 1)).toBeGreaterThan(1.5);
    expect((await call('GET', `/sources/${id}`)).json).toMatchObject({
      state: 'failing',
      problem: { message: expect.stringContaining('500'), hint: expect.any(String) },
    });
    if (served) web.pages.set('/feed-0.xml', served);
    expect(await read(id)).toMatchObject({ failures: 0, problem: null });
    expect(await titles()).toEqual(['Rye bread']);
  });

  it('is asked about once a day at last, and not sooner because it says so', async () => {
    const id = await watch(feedOn(0, [entry('Rye bread')]).url);
    const hours = async (headers: Record<string, string>) => {
      web.pages.set('/feed-0.xml', (_request, response) => void response.writeHead(503, headers).end());
      return ((await read(id)).nextReadAt.getTime() - Date.now()) / 3_600_000;
    };
    await ctx.db.update(watchedSources).set({ failures: 40 });
    const longest = await hours({});
    expect(longest).toBeGreaterThan(21);
    expect(longest).toBeLessThan(27);
    expect(await hours({ 'retry-after': '1' })).toBeGreaterThan(21);
  });

  it('is not read where its robots.txt forbids it, and says so', async () => {
    const id = await watch(feedOn(0, [entry('Rye bread')]).url);
    web.pages.set('/robots.txt', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('User-agent: *\nDisallow: /feed-0.xml\n');
    });
    web.visits.length = 0;
    const robots = createRobots(ctx.safeFetch, ctx.extractor, { userAgent: ctx.config.net.userAgent });
    expect(await read(id, { ...ctx, robots })).toMatchObject({ failures: 1, problem: { code: 'fetch_blocked' } });
    expect(web.visits).toEqual([]);
  });

  it('is left alone for as long as it asks for', async () => {
    const id = await watch(feedOn(0, [entry('Rye bread')]).url);
    for (const [status, header, from, to] of [
      [429, '90000', 89_000, 91_000],
      [503, new Date(Date.now() + 3 * 86_400_000).toUTCString(), 2.9 * 86_400, 3.1 * 86_400],
      [429, '999999999', 29 * 86_400, 31 * 86_400],
    ] as const) {
      web.pages.set(
        '/feed-0.xml',
        (_request, response) => void response.writeHead(status, { 'retry-after': header }).end(),
      );
      const { nextReadAt } = await read(id);
      const seconds = (nextReadAt.getTime() - Date.now()) / 1000;
      expect(seconds).toBeGreaterThan(from);
      expect(seconds).toBeLessThan(to);
    }
  });

  it.each([
    ['no feed any more', '<!doctype html><h1>Gone</h1><p>We have moved to another place.</p>', /no feed/],
    ['an entity bomb', '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "b">]><rss><channel/></rss>', /entities/],
    ['nothing', '', /not a single byte/],
  ])('because there is %s says so', async (_what, body, message) => {
    const id = await watch(feedOn(0, [entry('Rye bread')]).url);
    web.pages.set('/feed-0.xml', (_request, response) => void response.end(body));
    expect((await read(id)).problem).toMatchObject({
      code: 'extraction_failed',
      message: expect.stringMatching(message),
    });
  });

  it('with hostile titles neither breaks the reading nor gets anything but text in', async () => {
    const id = await watch(
      feedOn(0, [
        entry('&lt;script&gt;alert(1)&lt;/script&gt; bread'),
        entry('x'.repeat(5000), 1, '/long/'),
        entry('!!', 1, '/signs/'),
        entry('\u202eBread', 1, '/turned/'),
        entry('Milling flour', 1, '/flour/'),
        entry('From tomorrow', -30, '/tomorrow/'),
      ]).url,
    );
    expect(await read(id)).toMatchObject({ problem: null });
    const all = await proposals();
    expect(all.map(({ topic }) => topic)).toContain('Milling flour');
    for (const { topic, score } of all) {
      expect(topic).not.toMatch(/<script|\u202e/);
      expect(topic.length).toBeLessThanOrEqual(300);
      expect(score).toBeLessThanOrEqual(100);
    }
  });
});

describe('readers', () => {
  it('that race for one source read it once', async () => {
    const feed = feedOn(0, [entry('Rye bread'), entry('Milling flour')]);
    const id = await watch(feed.url);
    const asked = feed.asked.changed;
    const second = { ...ctx };
    await Promise.all([ctx, second, ctx, second].map((by) => readWatchedSource(by, id, never, timing)));
    expect(feed.asked.changed).toBe(asked + 1);
    expect(await proposals()).toHaveLength(2);
  });

  it('leave alone what another reads, and what belongs to someone who is disabled', async () => {
    const id = await watch(feedOn(0, [entry('Rye bread')]).url);
    await ctx.db.update(watchedSources).set({ nextReadAt: sql`now()` as never });
    const claimed = await claimSource(ctx.db, id, 60_000);
    expect(claimed).not.toBeNull();
    expect(await claimSource(ctx.db, id, 60_000)).toBeNull();
    await releaseSource(ctx.db, { sourceId: id, lease: claimed?.lease ?? 0, leaseMs: 1 }, {});
    await ctx.db.execute(sql`update users set disabled = true where id = ${claimed?.userId}`);
    expect(await claimSource(ctx.db, id, 60_000)).toBeNull();
    await ctx.db.execute(sql`update users set disabled = false where id = ${claimed?.userId}`);
    expect(await claimSource(ctx.db, id, 60_000)).not.toBeNull();
  });

  it('whose lease was taken over store nothing', async () => {
    const id = await watch(feedOn(0, [entry('Rye bread')]).url);
    const served = web.pages.get('/feed-0.xml');
    // While the first waits for the answer, a second one takes over, as after a freeze.
    web.pages.set('/feed-0.xml', async (request, response) => {
      web.pages.set('/feed-0.xml', served ?? '');
      await ctx.db.update(watchedSources).set({ leaseExpiresAt: sql`now() - interval '1 second'` as never });
      await readWatchedSource(ctx, id, never, timing);
      if (typeof served === 'function') served(request, response);
    });
    await readWatchedSource(ctx, id, never, timing);
    expect(await titles()).toEqual(['Rye bread']);
    expect(await row(id)).toMatchObject({ failures: 0, problem: null });
  });

  it('whose lease was taken over write nothing about the source', async () => {
    const id = await watch(feedOn(0, [entry('Rye bread')]).url);
    await ctx.db.update(watchedSources).set({ nextReadAt: sql`now()` as never });
    const lease = (await claimSource(ctx.db, id, -1))?.lease ?? 0;
    expect(await claimSource(ctx.db, id, 60_000)).toMatchObject({ lease: lease + 1 });
    const late = releaseSource(ctx.db, { sourceId: id, lease, leaseMs: 60_000 }, { failures: 7 });
    await expect(late).rejects.toMatchObject({ code: 'lease_lost' });
    expect(await row(id)).toMatchObject({ lease: lease + 1, failures: 0 });
  });

  it('that are killed at any moment lose nothing and propose nothing twice', async () => {
    const feed = feedOn(0, [entry('Rye bread'), entry('Milling flour')]);
    const id = await watch(feed.url);
    let deaths = 0;
    for (let at = 1; ; at++) {
      await ctx.db.delete(topics);
      await ctx.db.delete(watchedEntries);
      await ctx.db.update(watchedSources).set({
        lastReadAt: null,
        etag: null,
        lastModified: null,
        leaseExpiresAt: null,
        nextReadAt: sql`now()` as never,
      });
      const mortal = mortalContext(ctx, at);
      await readWatchedSource(mortal.ctx, id, never, timing).catch(() => undefined);
      if (!mortal.killed()) break;
      deaths += 1;
      // All of it is there, or none.
      expect([0, 2]).toContain((await proposals()).length);
      expect((await entries()).length).toBe((await proposals()).length);
      await ctx.db.update(watchedSources).set({ leaseExpiresAt: null });
      await read(id);
      expect((await titles()).toSorted(), `killed at ${at}`).toEqual(['Milling flour', 'Rye bread']);
      expect(await entries()).toHaveLength(2);
    }
    expect(deaths).toBeGreaterThan(5);
  });

  it('that are asked to stop hand the source over at once', async () => {
    const id = await watch(feedOn(0, [entry('Rye bread')]).url);
    const stopping = new AbortController();
    const served = web.pages.get('/feed-0.xml');
    web.pages.set('/feed-0.xml', () => stopping.abort(new Error('the process is stopping')));
    await ctx.db.update(watchedSources).set({ nextReadAt: sql`now()` as never });
    await readWatchedSource(ctx, id, stopping.signal, timing);
    expect(await row(id)).toMatchObject({ leaseExpiresAt: null, failures: 0, problem: null });
    if (served) web.pages.set('/feed-0.xml', served);
    await readWatchedSource(ctx, id, never, timing);
    expect(await titles()).toEqual(['Rye bread']);
  });
});

describe('proposals', () => {
  it('are kept up to a limit, the weakest fall out, and do not come back', async () => {
    const words = ['oven', 'crust', 'flour', 'yeast', 'salt', 'dough', 'crumb', 'mill', 'rye', 'spelt'];
    const rows = Array.from({ length: mostProposals }, (_, at) => `The ${words[at % 10]} of house ${at}`);
    await ctx.db.insert(topics).values(
      rows.map((topic, at) => ({
        id: newId(),
        userId: ctx.ownerId,
        topic,
        sameness: sameness(topic),
        status: 'proposed' as const,
        origin: 'feed' as const,
        position: at,
        familiarity: 0.5,
        evidence: [{ title: topic, url: 'https://old.example/', publishedAt: daysAgo(at === 7 ? 300 : 20) }],
      })),
    );
    const feed = feedOn(0, [entry('Kayaks on rivers', 0), entry('Very old operas', 89)]);
    const id = await watch(feed.url);
    await read(id);
    const kept = await titles();
    expect(kept).toHaveLength(mostProposals);
    expect(kept).toContain('Kayaks on rivers');
    expect(kept).not.toContain(rows[7]);
    expect(kept).not.toContain('Very old operas');
    const scores = (await proposals()).map(({ score }) => score);
    expect(scores.every((score) => score !== null && score >= 0 && score <= 100)).toBe(true);
    feed.set([entry('Kayaks on rivers', 0), entry('Very old operas', 89), entry('A third thing to row', 60)]);
    await read(id);
    expect(await titles()).not.toContain('Very old operas');
  });

  it('whose entries were seen long ago are forgotten, unless they led to a topic', async () => {
    const id = await watch(feedOn(0, [entry('Rye bread'), entry('From long ago', 120)]).url);
    await read(id);
    expect(await forgetEntries(ctx.db)).toBe(0);
    await ctx.db.update(watchedEntries).set({ seenAt: sql`now() - interval '500 days'` as never });
    expect(await forgetEntries(ctx.db)).toBe(1);
    await read(id);
    expect(await titles()).toEqual(['Rye bread']);
  });
});
