import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it, test } from 'vitest';
import { decodeHtml } from './decode-html.ts';
import { createExtractor } from './extract.ts';

const extractor = createExtractor();
afterAll(() => extractor.close());

const encoder = new TextEncoder();
const bytesOf = (text: string) => encoder.encode(text);
const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const sentence = 'A backup that has never been restored is only a hope, and hope is not a plan for servers.';
const page = `<!doctype html><html><head><title>Backups</title></head><body><p>${sentence}</p></body></html>`;

const read = (content: Uint8Array, contentType: string | null, url = 'https://site.example/page') =>
  extractor.read({ content, contentType, url });
async function textOf(content: Uint8Array, contentType: string | null, url?: string): Promise<string> {
  const reading = await read(content, contentType, url);
  if (!('document' in reading)) throw new Error(`not a document: ${Object.keys(reading)}`);
  return reading.document.blocks.map((block) => block.text).join('\n');
}

describe('bytes are read as what they are', () => {
  test.each(['application/octet-stream', 'application/pdf', 'image/png', 'text/plain', 'application/json', null])(
    'a page labelled %s is a page',
    async (contentType) => {
      expect(await textOf(bytesOf(page), contentType)).toBe(sentence);
    },
  );

  test('plain text keeps its paragraphs when it is labelled as a page', async () => {
    expect(await textOf(bytesOf(`${sentence}\n\n${sentence} Twice.\n`), 'text/html')).toBe(
      `${sentence}\n${sentence} Twice.`,
    );
  });

  test('Markdown is known by its label or its name', async () => {
    const markdown = bytesOf(`# Notes\n\n${sentence.replace('never', '**never**')}\n`);
    expect(await textOf(markdown, 'text/markdown')).toBe(sentence);
    expect(await textOf(markdown, 'text/plain', 'https://site.example/notes.md')).toBe(sentence);
  });

  test('a feed and a sitemap are known whatever their label', async () => {
    const feed = `<rss version="2.0"><channel><title>F</title><item><title>One</title><link>https://site.example/one</link></item></channel></rss>`;
    expect(await read(bytesOf(feed), 'text/html')).toMatchObject({ feed: { items: [{ title: 'One' }] } });
    const sitemap = `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://site.example/one</loc></url></urlset>`;
    const wanted = { sitemap: { pages: [{ url: 'https://site.example/one' }], total: 1 } };
    expect(await read(bytesOf(sitemap), 'text/html')).toMatchObject(wanted);
    expect(await read(gzipSync(sitemap), 'application/gzip')).toMatchObject(wanted);
    const lines = 'https://site.example/one\nhttps://site.example/two\n';
    expect(await read(bytesOf(lines), 'text/plain')).toMatchObject({ sitemap: { total: 2 } });
  });

  const padded = (start: string) => latin1(start + '\x00\x01\x02\x80\xff'.repeat(200));
  test.each<[string, Uint8Array, string | null, string, RegExp]>([
    ['a JPEG', padded('\xff\xd8\xff\xe0'), 'text/html', 'not_text', /a JPEG picture.*calls it text\/html/],
    ['a PNG', padded('\x89PNG\r\n\x1a\n'), 'application/pdf', 'not_text', /a PNG picture.*calls it application\/pdf/],
    ['a GIF', padded('GIF89a'), 'text/html', 'not_text', /a GIF picture/],
    ['a ZIP', padded('PK\x03\x04'), 'text/html', 'not_text', /a ZIP archive/],
    ['a Word file', padded(`PK\x03\x04${' '.repeat(40)}word/document.xml`), 'text/html', 'not_text', /a Word document/],
    ['a program', padded('\x7fELF'), null, 'not_text', /a program/],
    ['noise', padded(''), 'text/html', 'not_text', /binary data/],
    [
      'an SVG',
      bytesOf('<?xml version="1.0"?><svg xmlns="x"><text>words</text></svg>'),
      'image/svg+xml',
      'not_text',
      /SVG/,
    ],
    ['JSON', bytesOf('{"a": ["some words in JSON that nobody reads"]}'), 'text/html', 'not_text', /JSON data/],
    ['a script', bytesOf('const words = "some words that are no text";'), 'text/javascript', 'not_text', /a script/],
    ['a packed picture', gzipSync(padded('\x89PNG\r\n')), null, 'not_text', /compressed file/],
    ['a damaged gzip', gzipSync(page).subarray(0, 60), null, 'broken', /damaged/],
    ['a gzip bomb', gzipSync(new Uint8Array(50_000_000)), null, 'too_large', /10 MB/],
    ['a gzip in a gzip', gzipSync(gzipSync(page)), null, 'not_text', /compressed/],
    ['nothing', new Uint8Array(0), 'text/html', 'empty', /empty/],
    ['blanks', bytesOf(' \n\t '.repeat(100)), 'text/html', 'empty', /empty/],
    [
      'an entity bomb',
      bytesOf(
        `<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><html><body><p>&b;</p></body></html>`,
      ),
      'application/xhtml+xml',
      'entities',
      /entities/,
    ],
    [
      'an entity bomb as a sitemap',
      bytesOf(`<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY a "aaaa">]><urlset><url><loc>&a;</loc></url></urlset>`),
      'text/xml',
      'entities',
      /entities/,
    ],
  ])('%s is refused in words', async (_name, bytes, contentType, cause, message) => {
    await expect(read(bytes, contentType)).rejects.toMatchObject({
      code: 'extraction_failed',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/\w{3}/),
      details: { cause },
    });
  });
});

describe('walls before a text', () => {
  const form = '<form method="post"><input name="u"><input type="password" name="p"><button>Go</button></form>';
  test.each([
    ['login', `<html><body><h1>Members</h1><p>Please log in to read on.</p>${form}</body></html>`],
    ['script_only', '<html><body><div id="root"></div><script src="/app.js"></script></body></html>'],
    [
      'script_only',
      '<html><body><p>Please enable JavaScript to continue.</p><script src="/app.js"></script></body></html>',
    ],
    [
      'robot_check',
      '<html><head><title>Just a moment...</title></head><body><p>Checking your browser.</p></body></html>',
    ],
    [
      'forwards',
      '<html><head><meta http-equiv="refresh" content="0; url=/new"></head><body><p>Moved.</p></body></html>',
    ],
    ['empty', '<!doctype html><html><head><title>Nothing</title></head><body> </body></html>'],
  ])('%s is named', async (cause, html) => {
    await expect(read(bytesOf(html), 'text/html')).rejects.toMatchObject({ details: { cause } });
  });

  test('are none where there is a text', async () => {
    const text = `${sentence} `.repeat(6);
    const html = `<html><body><header>${form}</header><noscript>JavaScript is off.</noscript><p>${text}</p><script>1</script></body></html>`;
    expect(await textOf(bytesOf(html), 'text/html')).toContain(sentence);
  });
});

describe('charsets', () => {
  // TextEncoder writes UTF-8 alone: the same text, the bytes in hexadecimal as Python encodes it.
  const samples: [string, string, string][] = [
    [
      'windows-1252',
      'Über die Straße gehört „das Schöne“ – täglich um fünf.',
      'dc626572206469652053747261df6520676568f67274208464617320536368f66e659320962074e4676c69636820756d2066fc6e662e',
    ],
    [
      'shift_jis',
      'これは日本語の文章です。データのバックアップは毎日とってください。',
      '82b182ea82cd93fa967b8cea82cc95b68fcd82c582b781428366815b835e82cc836f8362834e83418362837682cd968893fa82c682c182c482ad82be82b382a28142',
    ],
    [
      'euc-jp',
      'これは日本語の文章です。データのバックアップは毎日とってください。',
      'a4b3a4eca4cfc6fccbdcb8eca4cecab8becfa4c7a4b9a1a3a5c7a1bca5bfa4cea5d0a5c3a5afa5a2a5c3a5d7a4cfcbe8c6fca4c8a4c3a4c6a4afa4c0a4b5a4a4a1a3',
    ],
    [
      'gb18030',
      '这是一个关于系统备份的中文页面，我们每天都要对服务器上的文件进行备份。',
      'd5e2cac7d2bbb8f6b9d8d3dacfb5cdb3b1b8b7ddb5c4d6d0cec4d2b3c3e6a3acced2c3c7c3bfccecb6bcd2aab6d4b7fecef1c6f7c9cfb5c4cec4bcfebdf8d0d0b1b8b7dda1a3',
    ],
    [
      'big5',
      '這是一個關於系統備份的中文頁面，我們每天都要對伺服器上的檔案進行備份。',
      'b36fac4fa440add3c3f6a9f3a874b2ceb3c6a5f7aabaa4a4a4e5adb6adb1a141a7daadcca843a4d1b3a3ad6eb9efa6f8aa41beb9a457aabac0c9aed7b669a6e6b3c6a5f7a143',
    ],
    [
      'euc-kr',
      '이것은 백업에 관한 한국어 페이지입니다. 서버의 파일을 매일 백업합니다.',
      'c0ccb0cdc0ba20b9e9bef7bfa120b0fcc7d120c7d1b1b9beee20c6e4c0ccc1f6c0d4b4cfb4d92e20bcadb9f6c0c720c6c4c0cfc0bb20b8c5c0cf20b9e9bef7c7d5b4cfb4d92e',
    ],
    [
      'koi8-r',
      'Это страница о резервном копировании, которое нужно делать каждый день.',
      'fcd4cf20d3d4d2c1cec9c3c120cf20d2c5dac5d2d7cecfcd20cbcfd0c9d2cfd7c1cec9c92c20cbcfd4cfd2cfc520ced5d6cecf20c4c5ccc1d4d820cbc1d6c4d9ca20c4c5ced82e',
    ],
    [
      'windows-1251',
      'Это страница о резервном копировании, которое нужно делать каждый день.',
      'ddf2ee20f1f2f0e0ede8f6e020ee20f0e5e7e5f0e2edeeec20eaeeefe8f0eee2e0ede8e82c20eaeef2eef0eee520edf3e6edee20e4e5ebe0f2fc20eae0e6e4fbe920e4e5edfc2e',
    ],
  ];
  const framed = (hex: string, head = '') =>
    Uint8Array.from([
      ...bytesOf(`<html><head>${head}</head><body><p>`),
      ...Buffer.from(hex, 'hex'),
      ...bytesOf('</p></body></html>'),
    ]);
  const text = (bytes: Uint8Array, contentType: string | null) =>
    /<p>(.*)<\/p>/.exec(decodeHtml(bytes, contentType))?.[1];

  test.each(samples)(
    '%s is read when it is declared, when it is not, and when it is called UTF-8',
    (label, words, hex) => {
      expect(text(framed(hex), `text/html; charset=${label}`)).toBe(words);
      expect(text(framed(hex, `<meta charset="${label}">`), 'text/html')).toBe(words);
      expect(text(framed(hex), 'text/html')).toBe(words);
      expect(text(framed(hex), 'text/html; charset=utf-8')).toBe(words);
      expect(text(framed(hex), 'text/html; charset=iso-8859-1')).toBe(words);
    },
  );

  test.each(samples)('UTF-8 that is called %s is read as UTF-8', (label, words) => {
    const bytes = bytesOf(`<p>${words}</p>`);
    expect(text(bytes, `text/html; charset=${label}`)).toBe(words);
  });

  test.each(['utf-16le', 'utf-16be'])('%s is read with and without its mark', (order) => {
    const words = 'Ein Satz über Datensicherung, der lang genug ist.';
    const units = Buffer.from(`<html><body><p>${words}</p></body></html>`, 'utf16le');
    const mark = Buffer.from('\uFEFF', 'utf16le');
    for (const bytes of [units, Buffer.concat([mark, units])]) {
      const ordered = Buffer.from(bytes);
      if (order === 'utf-16be') ordered.swap16();
      expect(text(ordered, 'text/html')).toBe(words);
      expect(text(ordered, 'text/html; charset=utf-8')).toBe(words);
    }
  });

  it('keeps UTF-8 with a broken place as UTF-8', () => {
    const bytes = Uint8Array.from([...bytesOf('<p>Größe, Länge, Höhe, Süden, Öl, Äpfel '), 0xfc, ...bytesOf('</p>')]);
    expect(text(bytes, null)).toBe('Größe, Länge, Höhe, Süden, Öl, Äpfel \uFFFD');
  });

  it('refuses what no encoding makes readable', async () => {
    const noise = Uint8Array.from({ length: 2_000 }, (_, index) =>
      index % 3 === 0 ? 0x81 : 0xa0 + ((index * 7) % 90),
    );
    const bytes = Uint8Array.from([...bytesOf('<html><body><p>'), ...noise, ...bytesOf('</p></body></html>')]);
    await expect(read(bytes, 'text/html; charset=euc-kr')).rejects.toMatchObject({ details: { cause: 'charset' } });
  });
});
