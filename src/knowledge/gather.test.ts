import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { gatherSource } from './gather.ts';
import { searchPassages } from './search.ts';
import { getPassages, listPassages, storeDocument } from './store.ts';

const sentences = [
  'A backup that has never been restored is only a hope.',
  'The newest copy is restored into an empty database every night and compared with its list.',
  'Encrypted copies are kept in a second place, far away from the server.',
  'Old copies are deleted only when a newer one has been checked.',
];
const paragraph = sentences.join(' ');
const page = (body: string) =>
  `<!doctype html><html lang="en"><head><title>Backups | Example</title></head><body><nav><a href="/">Home</a> <a href="/shop">Shop our plans today</a></nav><article><h1>Backups</h1>${body}</article></body></html>`;
const feed = (base: string) => `<?xml version="1.0"?><rss version="2.0"><channel><title>F</title><link>${base}</link>
<item><title>One</title><link>${base}/one</link></item>
<item><title>Two</title><link>${base}/missing</link><description>&lt;p&gt;${paragraph} ${paragraph.replaceAll('copy', 'archive')}&lt;/p&gt;</description></item></channel></rss>`;
const atom = (
  base: string,
) => `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><id>x</id><updated>2026-01-01T00:00:00Z</updated>
<entry><title>One</title><id>1</id><updated>2026-01-01T00:00:00Z</updated><link href="${base}/one"/></entry></feed>`;
const jsonFeed = (base: string) =>
  JSON.stringify({
    version: 'https://jsonfeed.org/version/1.1',
    title: 'J',
    items: [{ id: '1', url: `${base}/one`, title: 'One' }],
  });

let app: TestApp;
let server: Server;
let base: string;
const never = new AbortController().signal;

beforeAll(async () => {
  server = createServer((request, response) => {
    const pages: Record<string, [string, string]> = {
      '/robots.txt': ['text/plain', 'User-agent: *\nDisallow: /private'],
      '/one': [
        'text/html; charset=utf-8',
        page(`<p>${paragraph}</p><h2>Where</h2><p>${paragraph.replaceAll('copy', 'archive')}</p>`),
      ],
      '/private/page': ['text/html', page(`<p>${paragraph}</p>`)],
      '/feed.xml': ['application/rss+xml', feed(base)],
      '/atom.xml': ['application/atom+xml', atom(base)],
      '/feed.json': ['application/feed+json', jsonFeed(base)],
      '/picture.png': ['image/png', 'not a text'],
      '/notes.md': ['text/markdown', `# Notes\n\n${paragraph}\n`],
    };
    const [type, body] = pages[request.url ?? ''] ?? [];
    response.writeHead(type ? 200 : 404, { 'content-type': type ?? 'text/html' });
    response.end(body ?? 'nothing here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
});
afterAll(async () => {
  await app.close();
  server.close();
});

const gather = (url: string) => gatherSource(app.ctx, { url }, never);

describe('reading a source', () => {
  test('a page gives its text with headings, title, address and language, without navigation', async () => {
    const { documents, problems } = await gather(`${base}/one`);
    expect(problems).toEqual([]);
    expect(documents).toMatchObject([{ kind: 'url', url: `${base}/one`, language: 'en' }]);
    const text = documents[0]?.document.blocks.map((block) => block.text).join('\n') ?? '';
    expect(text).toContain(sentences[1]);
    expect(text).not.toContain('Shop our plans');
  });

  test('a feed leads to its pages; an entry whose page is gone gives what the feed carries', async () => {
    const { documents, problems } = await gather(`${base}/feed.xml`);
    expect(problems).toEqual([]);
    expect(documents.map(({ kind, document }) => [kind, document.title])).toEqual([
      ['feed-item', expect.stringContaining('Backups')],
      ['feed-item', 'Two'],
    ]);
  });

  test.each(['/atom.xml', '/feed.json'])('%s is a feed as well', async (path) => {
    expect((await gather(`${base}${path}`)).documents).toMatchObject([{ kind: 'feed-item', url: `${base}/one` }]);
  });

  test.each([
    ['/private/page', 'fetch_blocked', /robots/],
    ['/nothing', 'fetch_failed', /404/],
    ['/picture.png', 'extraction_failed', /not a page of text/],
  ])('%s is a problem that says why', async (path, code, message) => {
    const { documents, problems } = await gather(`${base}${path}`);
    expect(documents).toEqual([]);
    expect(problems).toMatchObject([{ source: `${base}${path}`, code, message: expect.stringMatching(message) }]);
  });

  test('an address inside the network is refused', async () => {
    expect((await gather('http://10.0.0.1/')).problems).toMatchObject([{ code: 'fetch_blocked' }]);
    expect((await gather('http://169.254.169.254/latest/meta-data')).problems).toMatchObject([
      { code: 'fetch_blocked' },
    ]);
  });

  test('Markdown, HTML and plain text can be given as they are', async () => {
    for (const [format, text] of [
      ['markdown', `# Notes\n\n${paragraph}`],
      ['html', page(`<p>${paragraph}</p>`)],
      ['text', paragraph],
    ] as const) {
      const { documents } = await gatherSource(app.ctx, { title: 'Mine', text, format }, never);
      expect(documents[0]?.document.title).toBe('Mine');
      expect(documents[0]?.document.blocks.map((block) => block.text).join(' ')).toContain(sentences[0]);
    }
  });
});

describe('stored passages', () => {
  test('keep their ids when the same content is read again, and belong to their owner alone', async () => {
    const { ctx } = app;
    const { documents } = await gather(`${base}/one`);
    const [read] = documents;
    if (!read) throw new Error('the page was not read');
    const first = await storeDocument(ctx.db, ctx.embedder, ctx.ownerId, read);
    const again = await storeDocument(ctx.db, ctx.embedder, ctx.ownerId, read);
    expect(again?.id).toBe(first?.id);
    const passages = await listPassages(ctx.db, ctx.ownerId, [first?.id ?? '']);
    expect(passages.length).toBeGreaterThan(0);
    const other = '0190a000-0000-7000-8000-0000000000ff';
    expect(await listPassages(ctx.db, other, [first?.id ?? ''])).toEqual([]);
    expect(
      (
        await getPassages(
          ctx.db,
          other,
          [first?.id ?? ''],
          passages.map(({ id }) => id),
        )
      ).size,
    ).toBe(0);
    expect(
      (
        await getPassages(
          ctx.db,
          ctx.ownerId,
          [],
          passages.map(({ id }) => id),
        )
      ).size,
    ).toBe(0);
  });

  test('are found by meaning where no word is shared, and by words in any language', async () => {
    const { ctx } = app;
    const texts = [
      'The cat sleeps on the warm sofa all day long and dreams of mice in the garden behind the house.',
      'Quarterly revenue of the company fell by four percent because fewer customers renewed their contracts.',
      'Die Katze schläft den ganzen Tag auf dem warmen Sofa und träumt von Mäusen im Garten hinter dem Haus.',
    ];
    const ids: string[] = [];
    for (const [index, text] of texts.entries()) {
      const { documents } = await gatherSource(ctx, { title: `Text ${index}`, text, format: 'text' }, never);
      const [read] = documents;
      if (!read) throw new Error('the text was not read');
      ids.push((await storeDocument(ctx.db, ctx.embedder, ctx.ownerId, read))?.id ?? '');
    }
    const find = async (text: string, language: string | null) => {
      const query = { userId: ctx.ownerId, sourceIds: ids, text, language, limit: 1 };
      return (await searchPassages(ctx.db, ctx.embedder, query))[0]?.sourceTitle;
    };
    expect(await find('earnings dropped since clients left', 'en')).toBe('Text 1');
    expect(await find('a pet resting indoors', 'en')).toBe('Text 0');
    expect(await find('Mäuse im Garten', 'de')).toBe('Text 2');
    expect(await find("'; drop table passages; -- & | ! :*", null)).toBeDefined();
  });
});
