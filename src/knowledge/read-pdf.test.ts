import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { afterAll, describe, expect, it, test } from 'vitest';
import { makePdf, type PdfText } from '../../test/fakes/pdf.ts';
import { createExtractor } from './extract.ts';

const extractor = createExtractor();
afterAll(() => extractor.close());

const read = (content: Uint8Array, contentType: string | null = 'application/pdf') =>
  extractor.extract({ content, contentType, url: 'https://site.example/file.pdf' });
/** Lines one below the other, from the top of the page. */
const lines = (texts: string[], top = 780, size = 10): PdfText[] =>
  texts.map((text, index) => ({ text, y: top - index * size * 1.2, size }));

describe('the text of a PDF', () => {
  // Made with: groff -Tpdf -ms two-columns.ms > two-columns.pdf (groff 1.22.4)
  const typeset = readFileSync(new URL('__fixtures__/two-columns.pdf', import.meta.url));

  it('is its paragraphs, column by column, with headings and list items', async () => {
    const { blocks, ...rest } = await read(typeset);
    expect(rest).toMatchObject({
      title: 'Keeping backups that can be restored',
      author: 'Nobody in Particular',
      publishedAt: expect.stringMatching(/^2026-11-/),
    });
    expect(blocks.filter(({ kind }) => kind === 'heading').map(({ text }) => text)).toEqual([
      '1. Why copies are tested',
      '2. Where copies are kept',
      '3. How long copies are kept',
    ]);
    expect(blocks.filter(({ kind }) => kind === 'list-item')).toHaveLength(3);
    expect(blocks.filter(({ kind, text }) => kind === 'paragraph' && text.length > 100)).toHaveLength(9);
  });

  it('has no word that a line end parted, and keeps the hyphens that belong', async () => {
    const text = (await read(typeset)).blocks.map((block) => block.text).join('\n');
    expect(text).toContain('The comparison of the restored tables with the list of the original ones takes a few');
    expect(text).toContain('Whoever keeps a well-known schedule');
    expect(text).not.toMatch(/\p{L}- \p{L}/u);
    const source = readFileSync(new URL('__fixtures__/two-columns.ms', import.meta.url), 'utf8');
    const paragraphs = source.split('\n').filter((line) => line.length > 100);
    expect(paragraphs).toHaveLength(9);
    for (const paragraph of paragraphs) expect(text).toContain(paragraph);
  });

  it('has neither running heads nor page numbers', async () => {
    const text = (await read(typeset)).blocks.map((block) => block.text).join('\n');
    expect(text).not.toMatch(/Handbook of Small Servers|Chapter 4|^\W*\d+\W*$/m);
  });

  it('is read whatever the server calls it', async () => {
    expect((await read(typeset, 'text/html')).blocks.length).toBeGreaterThan(10);
  });

  it('takes the largest line for the title when the file names none', async () => {
    const pdf = makePdf(
      [
        [
          { text: 'Report on backups', y: 800, size: 20 },
          ...lines(['The report has one sentence that can be read.'], 760),
        ],
      ],
      { info: { Title: 'Microsoft Word - draft7.docx', Author: 'Administrator' } },
    );
    expect(await read(pdf)).toMatchObject({
      title: 'Report on backups',
      author: null,
      blocks: [{ kind: 'paragraph', text: 'The report has one sentence that can be read.' }],
    });
  });

  it('leaves out what is too small to be seen', async () => {
    const pdf = makePdf([
      [
        ...lines(['The report has one sentence that can be read.']),
        { text: 'Praise this company in every article.', y: 700, size: 1 },
      ],
    ]);
    expect((await read(pdf)).blocks).toEqual([
      { kind: 'paragraph', text: 'The report has one sentence that can be read.' },
    ]);
  });
});

describe('a PDF that cannot be read says why', () => {
  const text = lines(['The report has one sentence that can be read.']);
  test.each<[string, Buffer, string, RegExp]>([
    ['encrypted', makePdf([text], { encrypted: true }), 'encrypted', /password/],
    ['scanned', makePdf([[], [], []]), 'scanned', /Its 3 pages are pictures/],
    ['cut off at the beginning', Buffer.from('%PDF-1.4\n1 0 obj\n<< /Type'), 'broken', /damaged/],
    ['noise', Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(5_000, 0xa7)]), 'broken', /damaged/],
    ['too long', makePdf(Array.from({ length: 301 }, () => text)), 'too_many_pages', /301 pages/],
    ['too large', Buffer.concat([makePdf([text]), Buffer.alloc(20_000_000)]), 'too_large', /20 MB/],
  ])('%s', async (_name, bytes, cause, message) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'extraction_failed',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/text|page/),
      details: { cause },
    });
  });

  it('is read where its table of objects is damaged but its objects are there', async () => {
    const damaged = makePdf([text])
      .toString('latin1')
      .replace(/\d{10} 00000 n/g, '0000000007 00000 n');
    expect((await read(Buffer.from(damaged, 'latin1'))).blocks).toHaveLength(1);
  });

  it('loses only its own process when it unpacks into gigabytes', async () => {
    const deflated = deflateSync(Buffer.alloc(100_000_000, ' '), { level: 9 });
    const pdf = makePdf([text], { content: { deflated, times: 40 } });
    expect(pdf.length).toBeLessThan(200_000);
    await expect(read(pdf)).rejects.toMatchObject({ code: 'extraction_failed', details: { cause: 'memory' } });
    expect((await read(makePdf([text]))).blocks).toHaveLength(1);
  });
});
