import { describe, expect, it } from 'vitest';
import { looksLikeFeed, parseFeed } from './feeds.ts';

const rss = (items: string, head = '') =>
  `<?xml version="1.0"?><!-- made by hand --><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News &amp; more</title><link>https://blog.example/</link>${head}${items}</channel></rss>`;

describe('parseFeed', () => {
  it('reads RSS with its full text, author and date', () => {
    const feed = parseFeed(
      rss(`<item><title>Fish &amp; chips</title><link>https://blog.example/fish</link><pubDate>Mon, 02 Nov 2026 10:00:00 +0100</pubDate>
        <dc:creator>Someone</dc:creator><description>Short.</description><content:encoded><![CDATA[<p>The long text.</p>]]></content:encoded></item>`),
      'application/rss+xml; charset=utf-8',
    );
    expect(feed).toEqual({
      title: 'News & more',
      siteUrl: 'https://blog.example/',
      items: [
        {
          url: 'https://blog.example/fish',
          title: 'Fish & chips',
          publishedAt: '2026-11-02T09:00:00.000Z',
          author: 'Someone',
          contentHtml: '<p>The long text.</p>',
          fit: 0,
        },
      ],
    });
  });

  it('takes the guid for the address only when it is one', () => {
    const feed = parseFeed(
      rss(
        '<item><title>A</title><guid>https://blog.example/a</guid></item><item><title>B</title><guid isPermaLink="false">https://blog.example/b</guid></item><item><title>C</title><link>javascript:alert(1)</link></item><item><title>D</title><link>/relative</link></item>',
      ),
      null,
    );
    expect(feed?.items.map((item) => item.url)).toEqual([
      'https://blog.example/a',
      null,
      null,
      'https://blog.example/relative',
    ]);
  });

  it('reads Atom, and its text as what it says it is', () => {
    const feed = parseFeed(
      `<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom</title><link rel="self" href="https://blog.example/feed"/><link href="https://blog.example/"/>
       <author><name>Everyone</name></author>
       <entry><title type="html">&lt;b&gt;Bold&lt;/b&gt; title</title><link rel="alternate" href="/one"/><updated>2026-11-01T00:00:00Z</updated><content type="html">&lt;p&gt;Hello&lt;/p&gt;</content></entry>
       <entry><title>Two</title><link href="https://blog.example/two"/><updated>2026-11-02T00:00:00Z</updated><summary>1 &lt; 2</summary></entry></feed>`,
      'application/atom+xml',
    );
    expect(feed?.siteUrl).toBe('https://blog.example/');
    expect(feed?.items).toMatchObject([
      { title: 'Two', contentHtml: '<p>1 &lt; 2</p>', author: 'Everyone' },
      { title: 'Bold title', url: 'https://blog.example/one', contentHtml: '<p>Hello</p>' },
    ]);
  });

  it('reads RDF', () => {
    const feed = parseFeed(
      `<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://blog.example/"><title>Old</title><link>https://blog.example/</link></channel><item rdf:about="https://blog.example/x"><title>X</title><link>https://blog.example/x</link><dc:date>2026-01-05</dc:date></item></rdf:RDF>`,
      'text/xml',
    );
    expect(feed?.items).toMatchObject([
      { url: 'https://blog.example/x', publishedAt: '2026-01-05T00:00:00.000Z', contentHtml: null },
    ]);
  });

  it('reads JSON Feed, and escapes its plain text', () => {
    const feed = parseFeed(
      JSON.stringify({
        version: 'https://jsonfeed.org/version/1.1',
        title: 'J',
        home_page_url: 'https://blog.example/',
        items: [
          {
            id: '1',
            url: 'https://blog.example/1',
            title: 'One',
            content_text: 'a <b>\n\nc',
            date_published: '2026-02-03T04:05:06Z',
          },
        ],
      }),
      'application/feed+json',
    );
    expect(feed?.items[0]).toMatchObject({
      contentHtml: '<p>a &lt;b></p><p>c</p>',
      publishedAt: '2026-02-03T04:05:06.000Z',
    });
  });

  it('gives the newest first, 50 of them, those without a date last', () => {
    const items = Array.from(
      { length: 60 },
      (_, i) =>
        `<item><title>${i}</title><pubDate>${new Date(Date.UTC(2026, 0, 1 + i)).toUTCString()}</pubDate></item>`,
    );
    const feed = parseFeed(rss(`<item><title>undated</title></item>${items.join('')}`), null);
    expect(feed?.items).toHaveLength(50);
    expect(feed?.items[0]?.title).toBe('59');
    expect(feed?.items.map((item) => item.title)).not.toContain('undated');
    expect(parseFeed(rss(items.join('')), null, null, 3)?.items.map((item) => item.title)).toEqual(['59', '58', '57']);
  });

  it('reads a feed that is cut off or not well-formed', () => {
    const feed = parseFeed(rss('<item><title>A & B <br> C</title><link>https://blog.example/a</link></item>'), null);
    expect(feed?.items[0]?.url).toBe('https://blog.example/a');
    const whole = rss(
      '<item><link>https://blog.example/a</link></item><item><link>https://blog.example/b</link></item>',
    );
    for (let end = whole.indexOf('</item>') + 7; end < whole.indexOf('/b</link>'); end++) {
      expect(parseFeed(whole.slice(0, end), null)?.items.map((item) => item.url)).toEqual(['https://blog.example/a']);
    }
  });

  it('refuses entities that a feed declares itself', () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><rss version="2.0"><channel><title>&b;</title></channel></rss>`;
    expect(() => parseFeed(bomb, null)).toThrow(
      expect.objectContaining({ code: 'extraction_failed', details: { cause: 'entities' } }),
    );
  });

  it.each([
    ['a page', '<!doctype html><html><body><p>rss</p></body></html>', 'text/html'],
    ['a page sent as a feed', '<html><body>Not found</body></html>', 'application/rss+xml'],
    ['other JSON', '{"items":[]}', 'application/json'],
    ['other XML', '<?xml version="1.0"?><urlset><url/></urlset>', 'application/xml'],
    ['nothing', '', null],
    ['plain text about rss', 'rss is a format', 'text/plain'],
  ])('says null to %s', (_name, text, contentType) => {
    expect(parseFeed(text, contentType)).toBeNull();
  });
});

describe('looksLikeFeed', () => {
  it('goes by the root element, behind declarations and comments', () => {
    expect(
      looksLikeFeed('\uFEFF<?xml version="1.0"?>\n<!-- x -->\n<feed xmlns="http://www.w3.org/2005/Atom">', 'text/html'),
    ).toBe(true);
    expect(looksLikeFeed('<rdf:RDF xmlns:rdf="x">', null)).toBe(true);
    expect(looksLikeFeed('<feedback>', null)).toBe(false);
  });
});
