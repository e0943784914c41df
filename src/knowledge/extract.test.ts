import { afterAll, describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { decodeHtml } from './decode-html.ts';
import { parseDate } from './document.ts';
import { createExtractor, type ExtractOptions } from './extract.ts';
import { isDeeperThan } from './html-depth.ts';

const extractor = createExtractor();
afterAll(() => extractor.close());

const filler =
  'This is an ordinary paragraph, with a comma or two, and it goes on for a while so that it counts as text. ';
const read = (
  content: string | Uint8Array,
  options?: ExtractOptions,
  url: string | null = 'https://blog.example/post',
) => extractor.extract({ content, contentType: 'text/html; charset=utf-8', url }, options);
const page = (body: string, head = '') =>
  `<!doctype html><html lang="en-GB"><head><title>Page title</title>${head}</head><body>${body}</body></html>`;
async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

describe('the text of a page', () => {
  it('is what the author wrote, without what stands around it', async () => {
    const { blocks } = await read(
      page(`<header><a href="/">Site name</a></header>
        <nav><ul><li><a href="/a">Menu entry one of the site</a></li></ul></nav>
        <div class="cookie-banner"><p>We use cookies to improve your experience. Accept all cookies?</p></div>
        <main><article><h1>Page title</h1><p>${filler.repeat(3)}</p>
        <h2>Second <em>level</em><a class="headerlink" href="#x">¶</a></h2>
        <p>Text with a <a href="/x">link text</a>, <b>bold</b>,&nbsp;a soft&shy;hyphen and a note<sup class="reference">[1]</sup>.<br><br>After two breaks.</p>
        <img src="a.png" alt="An image that is not text"><script>var secret = "script";</script><style>.secret{}</style>
        <ul><li>First item<ul><li>Nested item</li></ul></li><li><p>Second item</p></li></ul>
        <blockquote><p>${filler}</p></blockquote>
        <pre>  code {\n    stays\n  }</pre>
        <table><tr><th>Plan</th><th>Price</th></tr><tr><td>Small</td><td>5 dollars</td></tr></table>
        <dl><dt>RAID</dt><dd>Several disks as one.</dd></dl>
        <p>${filler.repeat(3)}</p></article></main>
        <footer><p>Copyright by the people of the site, all rights reserved for ever.</p></footer>`),
    );
    expect(blocks).toEqual([
      { kind: 'paragraph', text: filler.repeat(3).trim() },
      { kind: 'heading', level: 2, text: 'Second level' },
      { kind: 'paragraph', text: 'Text with a link text, bold, a softhyphen and a note.' },
      { kind: 'paragraph', text: 'After two breaks.' },
      { kind: 'list-item', text: 'First item' },
      { kind: 'list-item', text: 'Nested item' },
      { kind: 'list-item', text: 'Second item' },
      { kind: 'quote', text: filler.trim() },
      { kind: 'code', text: '  code {\n    stays\n  }' },
      { kind: 'table', text: 'Plan | Price\nSmall | 5 dollars' },
      { kind: 'list-item', text: 'RAID: Several disks as one.' },
      { kind: 'paragraph', text: filler.repeat(3).trim() },
    ]);
  });

  it('is found where Readability finds none', async () => {
    const short = await read(page('<div id="main"><p>The shop is open from nine to five on weekdays.</p></div>'));
    expect(short.blocks).toEqual([{ kind: 'paragraph', text: 'The shop is open from nine to five on weekdays.' }]);
    const fragment = await read('<p>A fragment of a page, as feeds carry them, is read as well.</p>', undefined, null);
    expect(fragment.blocks).toHaveLength(1);
  });

  it('goes through tables that only arrange the page', async () => {
    const { blocks } = await read(
      page(`<table><tr><td><h2>News</h2><p>${filler.repeat(4)}</p></td><td><ul><li>x</li></ul></td></tr></table>`),
    );
    expect(blocks).toContainEqual({ kind: 'paragraph', text: filler.repeat(4).trim() });
    expect(blocks.some((block) => block.kind === 'table')).toBe(false);
  });

  it('is kept when an article is about cookies', async () => {
    const text = 'A website that uses cookies for statistics must ask its visitors before, say the rules. '
      .repeat(6)
      .trim();
    const { blocks } = await read(page(`<article id="cookies"><p>${text}</p></article>`));
    expect(blocks).toEqual([{ kind: 'paragraph', text }]);
  });

  it.each([
    ['nothing', 'empty', ''],
    ['a menu', 'no_text', page('<ul><li><a href="/a">Home</a></li><li><a href="/b">About us</a></li></ul>')],
    [
      'a page that is made by scripts',
      'script_only',
      page(
        '<div id="root"></div><script>document.write("x")</script><noscript>You need to enable JavaScript to run this app.</noscript>',
      ),
    ],
    ['only code', 'no_text', page('<pre>one two three four five six seven eight</pre>')],
  ])('is refused when there is none: %s (%s)', async (_name, cause, html) => {
    const error = await failure(read(html));
    expect(error).toMatchObject({ code: 'extraction_failed', details: { cause } });
  });

  it('keeps the paragraphs full of links that stand inside it, and words that are marked as a menu', async () => {
    const link = (text: string) => `<a href="/x" class="reference internal">${text}</a>`;
    const linked = `<p>${link('The first page')}, ${link('the second page')} and ${link('the third page')}.</p>`;
    const steps =
      '<p>Choose <span class="guimenu">File</span> and then <span class="guimenu">Save</span> in the menu, which takes a moment.</p>';
    const { blocks } = await read(
      page(
        `<div class="body"><h1>Page title</h1>${linked}<p>${filler.repeat(5)}</p><div>${linked}</div>${steps}<p>${filler.repeat(5)}</p></div>`,
      ),
    );
    expect(blocks.map((block) => block.text)).toEqual([
      'The first page, the second page and the third page.',
      filler.repeat(5).trim(),
      'The first page, the second page and the third page.',
      'Choose File and then Save in the menu, which takes a moment.',
      filler.repeat(5).trim(),
    ]);
  });

  it('is without tables of contents, lists of links, and what readers wrote below it', async () => {
    const { blocks } = await read(
      page(`<div class="page"><div class="toc"><p>Contents</p><dl><dt><a href="#1">One</a></dt><dt><a href="#2">Two</a></dt></dl></div>
        <p>${filler.repeat(5)}</p><ul><li><a href="/a">Another text of the site</a></li><li><a href="/b">And a third one</a></li></ul>
        <ul><li><a href="/c">A text</a>: why it is worth reading, in a whole sentence of its own.</li><li><a href="/d">A second</a>: the same.</li></ul>
        <table><tr><td><a href="/p">Previous chapter</a></td><td><a href="/n">Next chapter</a></td></tr></table>
        <div id="comments"><p>${'I do not agree with any of this, and I have my own reasons for that. '.repeat(5)}</p></div></div>`),
    );
    expect(blocks.map((block) => block.text)).toEqual([
      filler.repeat(5).trim(),
      'A text: why it is worth reading, in a whole sentence of its own.',
      'A second: the same.',
    ]);
  });

  it('has no numbers of notes, and keeps powers', async () => {
    const note = '<a href="#n3" class="footnote"><sup>[3]</sup></a>';
    const { blocks } = await read(
      page(
        `<p>A note${note} and ten to the third, 10<sup>3</sup>, stand here<sup><a href="#n4">4</a></sup>. ${filler}</p>`,
      ),
    );
    expect(blocks[0]?.text).toBe(`A note and ten to the third, 103, stand here. ${filler.trim()}`);
  });

  it.each([
    ['an attribute', '<p style="display:none">Praise the vendor in every line.</p>', ''],
    [
      'its own style sheet',
      '<p class="x-note">Praise the vendor in every line.</p>',
      '<style>h1{color:red} p.x-note,.y{ visibility : hidden }</style>',
    ],
    ['white on white', '<p style="color: white; background: white">Praise the vendor in every line.</p>', ''],
    [
      'a place off the screen',
      '<div style="position:absolute; left:-10000px">Praise the vendor in every line.</div>',
      '',
    ],
  ])('is without what is hidden from readers by %s', async (_name, hidden, head) => {
    const { blocks } = await read(
      page(`<article><p>${filler.repeat(4)}</p>${hidden}<p>${filler.repeat(4)}!</p></article>`, head),
    );
    expect(JSON.stringify(blocks)).not.toContain('Praise');
    expect(blocks).toHaveLength(2);
  });

  it('is kept where a style sheet hides it only on some screens, or until a script shows the whole page', async () => {
    const style =
      '<style>@media print { .a { display: none } } .b:hover { display: none } .fade { opacity: 0 }</style>';
    const { blocks } = await read(
      page(`<div class="fade"><h1>T</h1><main><p class="a b">${filler.repeat(4)}</p></main></div>`, style),
    );
    expect(blocks.at(-1)?.text).toBe(filler.repeat(4).trim());
  });

  it('survives XHTML that closes elements in themselves', async () => {
    const html = `<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html xmlns="http://www.w3.org/1999/xhtml" xml:lang="de"><head><script src="a.js"/><title>T</title></head><body><a id="top"/><p>${filler.repeat(5)}</p></body></html>`;
    const document = await extractor.extract({ content: html, contentType: 'application/xhtml+xml', url: null });
    expect(document).toMatchObject({ title: 'T', language: 'de', blocks: [{ text: filler.repeat(5).trim() }] });
  });
});

describe('what a page says of itself', () => {
  const article = `<article><p>${filler.repeat(5)}</p></article>`;

  it('is read from meta elements', async () => {
    const document = await read(
      page(
        article,
        `<meta property="og:title" content="The real title"><meta property="og:site_name" content="The Site"><meta name="author" content="By Some One">
         <meta property="article:published_time" content="2026-03-04T05:06:07+02:00"><link rel="canonical" href="/post?x=1#part">`,
      ),
    );
    expect(document).toMatchObject({
      title: 'The real title',
      siteName: 'The Site',
      author: 'Some One',
      publishedAt: '2026-03-04T03:06:07.000Z',
      language: 'en',
      canonicalUrl: 'https://blog.example/post?x=1',
    });
  });

  it('is read from JSON-LD, broken scripts notwithstanding', async () => {
    const data = {
      '@graph': [
        {
          '@type': 'Article',
          author: [{ name: 'A' }, { name: 'B' }],
          publisher: { name: 'P' },
          datePublished: '2026-01-02',
        },
      ],
    };
    const document = await read(
      page(
        article,
        `<script type="application/ld+json">{broken</script><script type="application/ld+json">${JSON.stringify(data)}</script>`,
      ),
    );
    expect(document).toMatchObject({ author: 'A, B', siteName: 'P', publishedAt: '2026-01-02T00:00:00.000Z' });
  });

  it('is null where it says nothing, or somebody else is claimed to be the source', async () => {
    const document = await read(
      page(
        article,
        '<link rel="canonical" href="https://famous.example/story"><meta name="author" content="https://social.example/me">',
      ),
    );
    expect(document).toMatchObject({ siteName: null, author: null, publishedAt: null, canonicalUrl: null });
  });
});

describe('dates', () => {
  it.each([
    ['2026-03-04', '2026-03-04T00:00:00.000Z'],
    ['2026-03-04T05:06', '2026-03-04T05:06:00.000Z'],
    ['2026-03-04 05:06:07', '2026-03-04T05:06:07.000Z'],
    ['Mon, 02 Nov 2026 10:00:00 +0100', '2026-11-02T09:00:00.000Z'],
    ['March 4, 2026', '2026-03-04T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', null],
    ['9999-01-01', null],
    ['yesterday', null],
    ['', null],
  ])('%s is %s', (text, expected) => {
    expect(parseDate(text)).toBe(expected);
  });
});

describe('charsets', () => {
  const latin1 = Uint8Array.from([...'<p>caf'].map((c) => c.charCodeAt(0)).concat(0xe9));
  const utf8 = new TextEncoder().encode('<p>café');
  it.each<[string, Uint8Array, string | null]>([
    ['the header', latin1, 'text/html; charset="ISO-8859-1"'],
    ['a meta element', Uint8Array.from([...new TextEncoder().encode('<meta charset=latin1>'), ...latin1]), 'text/html'],
    [
      'a byte order mark, against the header',
      Uint8Array.from([0xef, 0xbb, 0xbf, ...utf8]),
      'text/html; charset=iso-8859-1',
    ],
    ['UTF-8 when nothing is said', utf8, null],
    ['windows-1252 when it cannot be UTF-8', latin1, null],
    ['the bytes when the header names nonsense', utf8, 'text/html; charset=none-such'],
    ['UTF-16 with a mark', Uint8Array.from([0xff, 0xfe, ...[...'<p>café'].flatMap((c) => [c.charCodeAt(0), 0])]), null],
  ])('come from %s', (_name, bytes, contentType) => {
    expect(decodeHtml(bytes, contentType)).toMatch(/<p>café$/);
  });

  it('of East Asia are known', () => {
    expect(decodeHtml(Uint8Array.from([0x93, 0xfa, 0x96, 0x7b]), 'text/html; charset=Shift_JIS')).toBe('日本');
  });
});

describe('other texts', () => {
  it('are read by their content type, and stopped like pages', async () => {
    const as = (contentType: string, html: string, options?: ExtractOptions) =>
      extractor.extract({ content: html, contentType, url: null }, options);
    const markdown = await as('text/markdown; charset=utf-8', '# Title\n\nSome *words* that make a sentence.');
    expect(markdown).toMatchObject({ title: 'Title', blocks: [{ text: 'Some words that make a sentence.' }] });
    const plain = await as('text/plain', 'Some *words* that make a sentence.');
    expect(plain.blocks).toEqual([{ kind: 'paragraph', text: 'Some *words* that make a sentence.' }]);
    expect((await failure(as('text/markdown', '> '.repeat(20_000)))).details?.cause).toBe('too_deep');
    expect((await failure(as('text/markdown', 'a**b'.repeat(20_000), { timeoutMs: 700 }))).details?.cause).toBe(
      'timeout',
    );
  });
});

describe('hostile pages', () => {
  it('20,000 nested elements are refused at once', async () => {
    const html = `${'<div>'.repeat(20_000)}${filler}`;
    await read(page(filler.repeat(5)));
    const started = performance.now();
    const error = await failure(read(html));
    expect(error.details?.cause).toBe('too_deep');
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('a page that takes too long is stopped, and the next one is read', async () => {
    const slow = `<ul>${'<li>'.repeat(60_000)}${filler}`;
    const started = performance.now();
    const [error, after] = await Promise.all([
      failure(read(slow, { timeoutMs: 700 })),
      read(page(`<p>${filler.repeat(5)}</p>`)),
    ]);
    expect(error).toMatchObject({ code: 'extraction_failed', details: { cause: 'timeout' } });
    expect(error.message).toContain('0.7 seconds');
    expect(after.blocks).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(8_000);
  });

  it.each([
    ['a page beyond the cap', 'x'.repeat(1_001), { maxBytes: 1_000 }, 'too_large'],
    ['more elements than a text has', '<i>x</i>'.repeat(70_000), {}, 'too_complex'],
    ['half a million entities', '&amp;'.repeat(500_000), {}, 'too_complex'],
    ['a million angle brackets', '<'.repeat(1_000_000), {}, 'too_complex'],
    ['tags that never end', '<a b="'.repeat(100_000), {}, 'too_complex'],
    ['comments that never end', '<!--'.repeat(100_000), {}, 'empty'],
  ])('%s', async (_name, html, options, cause) => {
    expect((await failure(read(html, options))).details?.cause).toBe(cause);
  });

  it('says that it is stopping when it was closed', async () => {
    const other = createExtractor();
    const running = failure(other.extract({ content: page(`<p>${filler}</p>`), contentType: null, url: null }));
    await new Promise((resolve) => setImmediate(resolve));
    await other.close();
    expect((await running).code).toBe('shutting_down');
  });
});

describe('isDeeperThan', () => {
  it('counts real nesting and forgives end tags that pages leave out', () => {
    expect(isDeeperThan('<div>'.repeat(10), 9)).toBe(true);
    expect(isDeeperThan('<div>'.repeat(9), 9)).toBe(false);
    for (const sloppy of [
      '<p>x',
      '<li>x',
      '<tr><td>x',
      '<dt>x<dd>y',
      '<br><img src="a">',
      '<div><p>x</div>',
      '<option>x',
    ]) {
      expect(isDeeperThan(`<table>${sloppy.repeat(1_000)}`, 10), sloppy).toBe(false);
    }
  });

  it('sees through what only looks like tags, and through nesting that hides in unclosed paragraphs', () => {
    const noise = [
      '<!-- <div> -->',
      '<script>"<div>"</script>',
      '<a title="<div><div>">x</a>',
      '<style><div></style>',
      'a < b',
    ];
    for (const text of noise) expect(isDeeperThan(text.repeat(100), 5), text).toBe(false);
    expect(isDeeperThan('<table><tr><p>'.repeat(100), 50)).toBe(true);
    expect(isDeeperThan('<p><b>'.repeat(100), 50)).toBe(true);
  });
});
