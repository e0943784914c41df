import { describe, expect, it } from 'vitest';
import { extractMarkdown, extractPlainText } from './extract.ts';

describe('extractMarkdown', () => {
  it('reads front matter and every kind of block', () => {
    const document = extractMarkdown(
      `---\ntitle: "The: title"\ndate: 2026-05-06\nauthor: Some One\nlang: de-AT\ntags:\n  - x\n---\n\n# The first heading\n\nText with **bold**, \`code\`,\na [link](https://x.example), ![alt text](a.png) and a note[^1].\n\n## Second\n\n- one\n- two\n  - nested\n\n> A quote of words.\n\n\`\`\`js\nlet a = 1;\n\`\`\`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<div>raw</div>\n\n[^1]: The note.\n`,
    );
    expect(document).toEqual({
      title: 'The: title',
      siteName: null,
      author: 'Some One',
      publishedAt: '2026-05-06T00:00:00.000Z',
      language: 'de',
      canonicalUrl: null,
      blocks: [
        { kind: 'heading', level: 1, text: 'The first heading' },
        { kind: 'paragraph', text: 'Text with bold, code, a link, and a note.' },
        { kind: 'heading', level: 2, text: 'Second' },
        { kind: 'list-item', text: 'one' },
        { kind: 'list-item', text: 'two' },
        { kind: 'list-item', text: 'nested' },
        { kind: 'quote', text: 'A quote of words.' },
        { kind: 'code', text: 'let a = 1;' },
        { kind: 'table', text: 'a | b\n1 | 2' },
        { kind: 'paragraph', text: 'The note.' },
      ],
    });
  });

  it('takes the first heading for the title, and does not repeat it', () => {
    const document = extractMarkdown('\uFEFF# Heading\r\n\r\nSome words that make a sentence.\r\n');
    expect(document.title).toBe('Heading');
    expect(document.blocks).toEqual([{ kind: 'paragraph', text: 'Some words that make a sentence.' }]);
  });

  it('takes a rule at the beginning for a rule', () => {
    expect(extractMarkdown('---\n\nSome words that make a sentence.').title).toBe('');
  });

  it.each([
    ['quotes', '>'.repeat(20_000)],
    ['quotes with blanks', '> '.repeat(20_000)],
    ['lists', '- '.repeat(20_000)],
    ['numbered lists', '1. '.repeat(20_000)],
    ['lists by indentation', Array.from({ length: 2_000 }, (_, i) => `${'  '.repeat(i)}- x`).join('\n')],
    ['brackets', '['.repeat(50_000)],
    ['emphasis', '*a '.repeat(30_000) + '_'.repeat(50_000)],
    ['mixed brackets', '[x]('.repeat(20_000)],
    ['emphasis in words', 'a**b'.repeat(20_000)],
    ['table cells', `|${'a|'.repeat(20_000)}\n|${'-|'.repeat(20_000)}\n`.repeat(3)],
    ['addresses', 'www.a.b@c.d:'.repeat(10_000)],
    ['backticks', Array.from({ length: 500 }, (_, i) => '`'.repeat(i)).join(' ')],
  ])('is not held up by %s', (_name, trap) => {
    const started = performance.now();
    try {
      extractMarkdown(`Some words that make a sentence.\n\n${trap}`);
    } catch (error) {
      expect(error).toMatchObject({ code: 'extraction_failed' });
    }
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it('reads long lists of links', () => {
    const list = Array.from(
      { length: 3_000 },
      (_, i) => `- [Link number ${i}](https://x.example/${i}) and *why* it matters`,
    ).join('\n');
    expect(extractMarkdown(list).blocks).toHaveLength(3_000);
  });

  it('refuses what holds no text, and what is too long', () => {
    expect(() => extractMarkdown('# Only a heading\n\n![image](a.png)')).toThrow(
      expect.objectContaining({ details: { cause: 'no_text' } }),
    );
    expect(() => extractMarkdown('word '.repeat(400_001))).toThrow(
      expect.objectContaining({ details: { cause: 'too_large' } }),
    );
  });
});

describe('extractPlainText', () => {
  it('parts paragraphs by blank lines and knows list items', () => {
    const document = extractPlainText(
      'A line that is\nwrapped twice in\nthe file.\n\n- one\n- two that\n  goes on\n\n1) first\n2) second\n',
    );
    expect(document.blocks).toEqual([
      { kind: 'paragraph', text: 'A line that is wrapped twice in the file.' },
      { kind: 'list-item', text: 'one' },
      { kind: 'list-item', text: 'two that goes on' },
      { kind: 'list-item', text: 'first' },
      { kind: 'list-item', text: 'second' },
    ]);
  });

  it('refuses an empty text', () => {
    expect(() => extractPlainText(' \n\n ')).toThrow(expect.objectContaining({ code: 'extraction_failed' }));
  });
});
