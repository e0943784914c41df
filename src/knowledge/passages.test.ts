import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitSentences } from '../text/sentences.ts';
import { countWords } from '../text/words.ts';
import type { Block, ExtractedDocument } from './document.ts';
import { contentHash, passageId, splitPassages } from './passages.ts';

const document = (blocks: Block[]): ExtractedDocument => ({
  title: 'A title',
  siteName: null,
  author: null,
  publishedAt: null,
  language: 'en',
  canonicalUrl: null,
  blocks,
});
const split = (blocks: Block[], language = 'en') => splitPassages(document(blocks), { language });
const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
const item = (text: string): Block => ({ kind: 'list-item', text });
const heading = (level: number, text: string): Block => ({ kind: 'heading', level, text });
/** A sentence of `words` words. */
const sentence = (words: number, mark = 'word') =>
  `${Array.from({ length: words - 1 }, () => mark).join(' ')} end.`.replace(/^./, (c) => c.toUpperCase());

describe('splitPassages', () => {
  it('cuts a sentence without end, between words where there are any, and loses nothing of it', () => {
    const words = Array.from({ length: 2_000 }, (_, index) => `word${index}`).join(' ');
    for (const text of [words, 'x'.repeat(50_000), '的'.repeat(10_000)]) {
      const passages = split([paragraph(`${text} and so on and on.`)]);
      for (const passage of passages) expect(passage.text.length).toBeLessThan(4_000);
      const joined = passages.map((passage) => passage.text).join(' ');
      expect(joined.replace(/\s+/g, '')).toBe(`${text}andsoonandon.`.replace(/\s+/g, ''));
    }
    expect(split([paragraph(words)])[0]?.text).toMatch(/^word0 .*\bword\d+$/);
  });

  it('keeps passages between 60 and 160 words where the text allows', () => {
    const blocks = Array.from({ length: 20 }, (_, i) =>
      paragraph([sentence(15, `a${i}`), sentence(20), sentence(12)].join(' ')),
    );
    const counts = split(blocks).map((passage) => countWords(passage.text));
    expect(counts.reduce((a, b) => a + b)).toBe(20 * 47);
    for (const count of counts) {
      expect(count).toBeGreaterThanOrEqual(60);
      expect(count).toBeLessThanOrEqual(160);
    }
  });

  it('never cuts a sentence, loses none and repeats none, whatever the blocks', () => {
    const block = fc.record({
      kind: fc.constantFrom('paragraph' as const, 'list-item' as const, 'quote' as const, 'heading' as const),
      text: fc
        .array(fc.integer({ min: 6, max: 90 }), { minLength: 1, maxLength: 5 })
        .map((sizes) => sizes.map((size) => sentence(size)).join(' ')),
    });
    fc.assert(
      fc.property(fc.array(block, { maxLength: 15 }), (blocks) => {
        const numbered = blocks.map((one, i) => ({ ...one, text: one.text.replaceAll('word', `w${i}`) }));
        const expected = numbered
          .filter((one) => one.kind !== 'heading')
          .flatMap((one) => splitSentences(one.text, 'en'));
        const passages = split(numbered);
        expect(passages.flatMap((passage) => splitSentences(passage.text, 'en'))).toEqual(expected);
        expect(passages.map((passage) => passage.ordinal)).toEqual(passages.keys().toArray());
      }),
      { numRuns: 60 },
    );
  });

  it('leaves a sentence of more than 160 words whole', () => {
    const passages = split([paragraph(`${sentence(100)} ${sentence(200, 'long')} ${sentence(100)}`)]);
    expect(passages.map((passage) => countWords(passage.text))).toEqual([100, 200, 100]);
  });

  it('names the headings above, and forgets those of the same or a lower level', () => {
    const passages = split([
      paragraph(sentence(10)),
      heading(2, 'Backups'),
      heading(3, 'How often'),
      paragraph(sentence(10)),
      heading(3, 'Where to'),
      paragraph(sentence(10)),
      heading(2, 'Restoring'),
      paragraph(sentence(10)),
    ]);
    expect(passages.map((passage) => passage.heading)).toEqual([
      null,
      'Backups > How often',
      'Backups > Where to',
      'Restoring',
    ]);
  });

  it('joins tiny paragraphs of a section, and not across a heading', () => {
    const passages = split([
      ...Array.from({ length: 6 }, () => paragraph(sentence(8))),
      heading(2, 'Next'),
      paragraph(sentence(8)),
    ]);
    expect(passages.map((passage) => countWords(passage.text))).toEqual([48, 8]);
    expect(passages[0]?.text.split('\n\n')).toHaveLength(6);
  });

  it('keeps list items together, each a piece of its own', () => {
    const [passage, ...others] = split([
      paragraph('You need:'),
      item('Flour'),
      item('Water and salt'),
      item('A warm place'),
    ]);
    expect(passage?.text).toBe('You need:\n\nFlour\n\nWater and salt\n\nA warm place');
    expect(others).toEqual([]);
  });

  it('drops fragments, code and the captions of code', () => {
    const passages = split([
      paragraph('Share this'),
      paragraph('* * *!'),
      item('Home'),
      item('About us'),
      paragraph('Example 9.3. The configuration file of the program'),
      { kind: 'code', text: 'bank:\n  /backup' },
      paragraph('It works.'),
    ]);
    expect(passages.map((passage) => passage.text)).toEqual(['It works.']);
  });

  it('keeps the rows of a table as lines of their own', () => {
    const [passage] = split([{ kind: 'table', text: 'Plan | Price\nSmall | 5 dollars\nLarge | 20 dollars' }]);
    expect(passage?.text).toBe('Plan | Price\n\nSmall | 5 dollars\n\nLarge | 20 dollars');
  });

  it('splits Chinese without putting blanks between its sentences', () => {
    const text = '备份是管理员的主要责任之一，但它是个相对复杂的课题。'.repeat(24);
    const passages = split([paragraph(text)], 'zh');
    expect(passages.length).toBeGreaterThan(1);
    expect(passages.map((passage) => passage.text).join('')).toBe(text);
  });

  it('finds nothing in a document of headings', () => {
    expect(split([heading(1, 'Title'), heading(2, 'More')])).toEqual([]);
  });
});

describe('passageId and contentHash', () => {
  it('give the same for the same and another for anything else', () => {
    const hash = contentHash([paragraph('One.'), heading(2, 'Two')]);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(contentHash([paragraph('One.'), heading(2, 'Two')])).toBe(hash);
    expect(contentHash([paragraph('One.'), heading(3, 'Two')])).not.toBe(hash);
    expect(contentHash([paragraph('One.Two')])).not.toBe(contentHash([paragraph('One.'), paragraph('Two')]));
    const id = passageId('owner', hash, 0);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(passageId('owner', hash, 0)).toBe(id);
    expect(
      new Set([id, passageId('owner', hash, 1), passageId('other', hash, 0), passageId('owner', `${hash}0`, 0)]).size,
    ).toBe(4);
  });
});
