import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { createLogger } from '../logger.ts';
import { createSafeFetch, type SafeFetch } from '../net/safe-fetch.ts';
import { chooseEntries, isSameSite } from './choose-entries.ts';
import { createExtractor, type Extractor } from './extract.ts';
import { gatherSource, type RequestedSource } from './gather.ts';
import { createRobots } from './robots.ts';

const never = new AbortController().signal;
let extractor: Extractor;
let safeFetch: SafeFetch;
beforeAll(() => {
  extractor = createExtractor();
  safeFetch = createSafeFetch({ allowPrivateHosts: ['127.0.0.0/8'], userAgent: 'blog-poster/1.0' });
});
afterAll(async () => {
  await extractor.close();
  await safeFetch.close();
});
let server: Server | undefined;
afterEach(() => void server?.close());

const body = (about: string) =>
  `<html lang="en"><body><article><p>${`A text about ${about}, which says something in whole sentences. `.repeat(5)}</p></article></body></html>`;
const urlset = (urls: [string, string?][]) =>
  `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls
    .map(([url, date]) => `<url><loc>${url}</loc>${date ? `<lastmod>${date}</lastmod>` : ''}</url>`)
    .join('')}</urlset>`;
const index = (urls: string[]) =>
  `<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls.map((url) => `<sitemap><loc>${url}</loc></sitemap>`).join('')}</sitemapindex>`;
const rss = (items: [string, string][]) =>
  `<rss version="2.0"><channel><title>F</title>${items.map(([title, url]) => `<item><title>${title}</title><link>${url}</link></item>`).join('')}</channel></rss>`;

type Page = string | Uint8Array | ((base: string) => string | Uint8Array);

/** A site that has what is given, an article at every address under /blog/, and nothing else. */
async function siteWith(pages: Record<string, Page>) {
  const asked: string[] = [];
  server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const page = pages[path] ?? (path.startsWith('/blog/') ? body(path.slice(6)) : undefined);
    response.writeHead(page === undefined ? 404 : 200);
    response.end(typeof page === 'function' ? page(base) : page);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log = createLogger('silent');
  const robots = createRobots(safeFetch, extractor, { userAgent: 'blog-poster/1.0' });
  const logged: string[] = [];
  const gather = (source: RequestedSource, topic = 'Restoring backups of a database') =>
    gatherSource({ safeFetch, robots, extractor, log }, source, never, {
      topic: { text: topic, language: 'en' },
      log: async (message) => void logged.push(message),
    });
  const read = async (source: RequestedSource, topic?: string) => {
    const { documents, problems } = await gather(source, topic);
    return { urls: documents.map(({ url }) => url?.replace(base, '')), problems };
  };
  return { base, asked, logged, gather, read };
}

describe('a sitemap as a source', () => {
  it('leads to the pages that name the topic, the best first, newest first among equals', async () => {
    const { base, read, logged } = await siteWith({
      '/sitemap.xml': (base) =>
        urlset([
          [`${base}/blog/cooking-with-gas`, '2026-05-01'],
          [`${base}/blog/backup-basics`, '2025-01-01'],
          [`${base}/blog/restoring-a-database-backup`, '2020-01-01'],
          [`${base}/blog/backup-news`, '2026-01-01'],
          [`${base}/blog/backup.zip`, '2026-01-01'],
        ]),
    });
    expect(await read({ url: `${base}/sitemap.xml` })).toEqual({
      urls: ['/blog/restoring-a-database-backup', '/blog/backup-news', '/blog/backup-basics'],
      problems: [],
    });
    expect(logged).toEqual([
      `Reading page 1 of 3 of the sitemap: ${base}/blog/restoring-a-database-backup`,
      `Reading page 2 of 3 of the sitemap: ${base}/blog/backup-news`,
      `Reading page 3 of 3 of the sitemap: ${base}/blog/backup-basics`,
    ]);
  });

  it('leads to the ten newest when no address names the topic', async () => {
    const { base, read } = await siteWith({
      '/sitemap.xml': (base) =>
        urlset(
          Array.from({ length: 30 }, (_, day) => [
            `${base}/blog/p${day}`,
            `2026-01-${String(day + 1).padStart(2, '0')}`,
          ]),
        ),
    });
    const { urls } = await read({ url: `${base}/sitemap.xml` });
    expect(urls).toEqual(Array.from({ length: 10 }, (_, index) => `/blog/p${29 - index}`));
  });

  it('may be compressed, plain text, or an index of which five are opened, those of articles first', async () => {
    const { base, read, asked } = await siteWith({
      '/packed.xml.gz': (base) => gzipSync(urlset([[`${base}/blog/backup-packed`]])),
      '/urls.txt': (base) => `${base}/blog/backup-one\n${base}/blog/other\n`,
      '/index.xml': (base) =>
        index(
          ['categories', 'authors', 'tags', 'posts-1', 'posts-2', 'pages', 'misc'].map((name) => `${base}/${name}.xml`),
        ),
      '/posts-1.xml': (base) => urlset([[`${base}/blog/backup-a`]]),
      '/posts-2.xml': (base) => urlset([[`${base}/blog/backup-database`]]),
      '/pages.xml': () => 'not a sitemap at all',
    });
    expect((await read({ url: `${base}/packed.xml.gz` })).urls).toEqual(['/blog/backup-packed']);
    expect((await read({ url: `${base}/urls.txt` })).urls).toEqual(['/blog/backup-one']);
    expect((await read({ url: `${base}/index.xml` })).urls).toEqual(['/blog/backup-database', '/blog/backup-a']);
    const opened = asked.filter((path) => /\/(categories|authors|tags|posts-.|pages|misc)\.xml/.test(path));
    expect(opened).toEqual(['/posts-1.xml', '/posts-2.xml', '/pages.xml', '/misc.xml', '/categories.xml']);
  });

  it('says so when it names nothing that may be read', async () => {
    const { base, read } = await siteWith({
      '/sitemap.xml': urlset([['https://other.example/backup'], ['ftp://127.0.0.1/x'], ['http://127.0.0.1:1/backup']]),
    });
    const { urls, problems } = await read({ url: `${base}/sitemap.xml` });
    expect(urls).toEqual([]);
    expect(problems).toMatchObject([
      {
        source: `${base}/sitemap.xml`,
        message: expect.stringMatching(/no pages of its own/),
        hint: expect.stringMatching(/addresses/),
      },
    ]);
  });
});

describe('a feed as a source', () => {
  it('leads to pages of its own site; an entry that leads elsewhere gives only what the feed carries, as its own', async () => {
    const { base, gather } = await siteWith({
      '/feed': (base) =>
        `<rss version="2.0"><channel><title>F</title>
         <item><title>Backup at home</title><link>${base}/blog/backup</link></item>
         <item><title>Backup elsewhere</title><link>http://127.0.0.2:9/backup</link></item>
         <item><title>Backup quoted</title><link>http://127.0.0.2:9/quoted</link><description>&lt;p&gt;A text of the feed that speaks of backups in a whole sentence.&lt;/p&gt;</description></item></channel></rss>`,
    });
    const { documents, problems } = await gather({ url: `${base}/feed` });
    expect(documents.map(({ url, document }) => [url, document.blocks.length])).toEqual([
      [`${base}/blog/backup`, 1],
      [`${base}/feed`, 1],
    ]);
    expect(problems).toMatchObject([
      { source: 'http://127.0.0.2:9/backup', message: expect.stringMatching(/another site/) },
    ]);
  });
});

describe('a named site as a source', () => {
  it('is searched through the sitemaps of its robots.txt and the feeds that its page announces', async () => {
    const { base, read, asked } = await siteWith({
      '/robots.txt': (base) =>
        `User-agent: *\nDisallow: /blog/backup-secret\nSitemap: ${base}/maps/a.xml\nSitemap: https://other.example/b.xml\n`,
      '/maps/a.xml': (base) =>
        urlset([[`${base}/blog/backup-mapped`], [`${base}/blog/backup-secret`], [`${base}/blog/?p=3`]]),
      '/': '<html><head><link rel="alternate" type="application/rss+xml" href="/news.xml"><link rel="alternate" type="application/rss+xml" href="/comments/feed/"></head><body></body></html>',
      '/news.xml': (base) => rss([['How to restore a database backup', `${base}/blog/?p=3`]]),
      '/blog/?p=3': body('restoring'),
    });
    const { urls, problems } = await read({ site: `${base}/` });
    expect(urls).toEqual(['/blog/?p=3', '/blog/backup-mapped']);
    expect(problems).toMatchObject([
      { source: `${base}/blog/backup-secret`, message: expect.stringMatching(/robots/) },
    ]);
    expect(asked).not.toContain('/comments/feed/');
    expect(asked).not.toContain('/sitemap.xml');
  });

  test.each(['/sitemap.xml', '/wp-sitemap.xml', '/sitemap_index.xml'])('has its sitemap at %s', async (path) => {
    const { base, read } = await siteWith({ '/': body('home'), [path]: (base) => urlset([[`${base}/blog/backup`]]) });
    expect((await read({ site: base })).urls).toEqual(['/blog/backup']);
  });

  it('may have a feed alone, at the usual place', async () => {
    const { base, read } = await siteWith({
      '/': body('home'),
      '/feed/': (base) => rss([['Backup', `${base}/blog/x`]]),
    });
    expect((await read({ site: base })).urls).toEqual(['/blog/x']);
  });

  it('says so when it has neither, and when it is not there', async () => {
    const { base, read } = await siteWith({ '/': body('home') });
    expect((await read({ site: base })).problems).toMatchObject([
      {
        source: base,
        code: 'extraction_failed',
        message: expect.stringMatching(/neither a sitemap nor a feed/),
        hint: expect.stringMatching(/pages/),
      },
    ]);
    expect((await read({ site: 'http://127.0.0.1:65535/' })).problems).toMatchObject([{ code: 'fetch_failed' }]);
  });

  it('is left at once when the run is stopped', async () => {
    const { base } = await siteWith({ '/': body('home'), '/feed/': (base) => rss([['Backup', `${base}/blog/x`]]) });
    const robots = createRobots(safeFetch, extractor, { userAgent: 'blog-poster/1.0' });
    const stop = new AbortController();
    const context = { safeFetch, robots, extractor, log: createLogger('silent') };
    const running = gatherSource(context, { site: base }, stop.signal, {
      log: async (message) => void (message.startsWith('Reading page') && stop.abort(new Error('stopped'))),
    });
    await expect(running).rejects.toThrow('stopped');
  });
});

describe('chooseEntries', () => {
  const entry = (title: string, url: string | null = null) => ({ title, url, publishedAt: null });
  const titles = (entries: ReturnType<typeof entry>[], text: string, language: string | null) =>
    chooseEntries(entries, { text, language }, 10).map(({ title, url }) => title || url);

  it('compares stems, without stop words, in titles and decoded addresses', () => {
    const entries = [
      entry('The sea'),
      entry('Restored backups'),
      entry('', 'https://a.example/%D1%80%D0%B5%D0%B7%D0%B5%D1%80%D0%B2.html'),
    ];
    expect(titles(entries, 'Restoring the backup', 'en')).toEqual(['Restored backups']);
    expect(titles(entries, 'резерв', 'ru')).toEqual([entries[2]?.url]);
  });

  it('takes ten thousand entries in no time, and an empty topic', () => {
    const entries = Array.from({ length: 50_000 }, (_, index) => entry(`Backup ${index}`));
    expect(chooseEntries(entries, { text: 'backup 49999', language: 'en' }, 3)).toHaveLength(3);
    expect(chooseEntries(entries, { text: '', language: null }, 2).map(({ title }) => title)).toEqual([
      'Backup 0',
      'Backup 1',
    ]);
  });
});

test.each([
  ['https://www.example.co.uk/a', 'https://blog.example.co.uk/b', true],
  ['https://example.co.uk/', 'https://other.co.uk/', false],
  ['https://one.github.io/', 'https://two.github.io/', false],
  ['http://127.0.0.1:1/', 'http://127.0.0.1:2/', false],
  ['http://127.0.0.1:1/', 'http://127.0.0.1:1/x', true],
  ['https://example.com/', 'https://example.com.evil.example/', false],
])('%s and %s are one site: %s', (one, two, expected) => {
  expect(isSameSite(one, two)).toBe(expected);
});
