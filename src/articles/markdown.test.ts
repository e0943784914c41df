import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { escapeMarkdown, markdownToText, renderMarkdown, treeToText } from './markdown.ts';

const html = (markdown: string, options?: Parameters<typeof renderMarkdown>[1]) =>
  renderMarkdown(markdown, options).html;

describe('renderMarkdown', () => {
  it('renders tables, lists, code and footnotes', () => {
    const page = html('A[^q] ~~b~~\n\n| x | y |\n|:-:|--|\n| 1 | 2 |\n\n```ts\nlet a = 1 < 2;\n```\n\n[^q]: Said.');
    expect(page).toContain('<del>b</del>');
    expect(page).toContain('<td align="center">1</td>');
    expect(page).toContain('<code class="language-ts">let a = 1 &#x3C; 2;');
    expect(page).toContain('<sup><a href="#note-fn-q" id="note-fnref-q" data-footnote-ref="">1</a></sup>');
    expect(page).toContain('<li id="note-fn-q">');
    expect(page).toContain('href="#note-fnref-q"');
  });

  it('names the footnotes as asked', () => {
    expect(html('a[^1]\n\n[^1]: b', { sourcesLabel: 'Quellen' })).toContain('>Quellen</h2>');
  });

  it.each([
    ['<script>alert(1)</script>x', 'alert'],
    ['<p onclick="evil()">x</p>', 'evil'],
    ['[x](javascript:evil())', 'javascript'],
    ['[x](JaVaScRiPt:evil())', 'evil'],
    ['<a href="java&#10;script:evil()">x</a>', 'script'],
    ['[x](data:text/html,evil)', 'evil'],
    ['![x](data:image/svg+xml,evil)', 'evil'],
    ['[x](vbscript:evil)', 'evil'],
    ['<iframe src="https://evil.example"></iframe>x', 'evil'],
    ['<form action="/evil"><input name="evil"><button>evil</button></form>x', 'evil'],
    ['<style>body{evil}</style>x', 'evil'],
    ['<p style="evil">x</p>', 'evil'],
    ['<svg><a xlink:href="javascript:evil()">x</a></svg>', 'evil'],
    ['<math><mtext><table><mglyph><style><img src=x onerror=evil()></style></table></mtext></math>x', 'onerror'],
    ['<img src=x onerror=evil()>', 'onerror'],
    ['<p id="location" name="location">x</p>', 'location'],
    ['<a id="note-fn-1-evil" class="evil">x</a>', 'evil'],
    ['<object data="evil"></object><embed src="evil">x', 'evil'],
    ['<base href="https://evil.example">x', 'evil'],
    ['<meta http-equiv="refresh" content="0;url=//evil.example">x', 'evil'],
    ['<textarea><script>evil</script></textarea>x', 'evil'],
    ['<noscript><p title="</noscript><img src=x onerror=evil()>">', '<noscript>'],
    ['<video src="https://x.example/evil" autoplay></video>x', 'evil'],
  ])('takes the danger out of %s', (markdown, gone) => {
    expect(html(markdown).toLowerCase()).not.toContain(gone.toLowerCase());
  });

  it('marks links to other hosts, and citations as followed', () => {
    const page = html(
      '[a](https://a.example/) [b](//b.example) [c](/c) [d](https://own.example/d) [e](mailto:e@e.example)[^1]\n\n[^1]: [s](https://s.example/)',
      {
        ownHosts: ['own.example'],
      },
    );
    expect(page).toContain('<a href="https://a.example/" rel="noopener nofollow">');
    expect(page).toContain('<a href="//b.example" rel="noopener nofollow">');
    expect(page).toContain('<a href="/c">');
    expect(page).toContain('<a href="https://own.example/d">');
    expect(page).toContain('<a href="mailto:e@e.example">');
    expect(page).toContain('<a href="https://s.example/" rel="noopener">');
  });

  it('refuses what is nested or linked beyond reason, in short time', () => {
    const started = performance.now();
    for (const hostile of [
      '>'.repeat(20_000),
      '<div>'.repeat(20_000),
      `${'- '.repeat(5000)}a`,
      `${' '.repeat(5000)}- a`,
      '[a]('.repeat(20_000),
    ]) {
      expect(() => renderMarkdown(hostile)).toThrow(AppError);
    }
    expect(performance.now() - started).toBeLessThan(2000);
    expect(html(`${'> '.repeat(100)}deep`)).toContain('deep');
  });
});

describe('markdownToText', () => {
  it('keeps the words and leaves out marks, footnotes, images and scripts', () => {
    const text = markdownToText(
      '# One *two*\n\nThree[^1] `four`.\nFive<br>six ![alt](https://x.example/a.png)\n\n- seven\n- eight\n\n| a | b |\n|--|--|\n| c | d |\n\n<script>no</script>\n\n[^1]: A source.',
    );
    expect(text).toBe('One two\n\nThree four. Five\nsix\n\nseven\n\neight\n\na b\n\nc d');
  });

  it('is empty for an empty text', () => {
    expect(markdownToText(' \n\n')).toBe('');
  });
});

describe('escapeMarkdown', () => {
  const shown = (line: string) =>
    line
      .toWellFormed()
      .replace(/[\t\n\v\f\r ]+/g, ' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the function removes.
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
      .trim();
  // Plain random strings seldom form Markdown: mix them with the pieces that do.
  const piece = fc.constantFrom(
    ...'* ** _ __ ` ``` ~~ ~~~ # ## - --- + 1. 2) > < <b> </b> <!-- & &amp; &#35; [ ] ( ) [^1] ![ ]( | || :-- = === \\ ! : http:// http://a.example/x www.b.example me@c.example word www. @ $ { } " \''.split(
      ' ',
    ),
    ' ',
    '  ',
    '\n',
    '\t',
    'é',
    '漢字',
    '\u00a0',
    '5',
    'a',
  );
  const sentence = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.array(piece, { maxLength: 12 }).map((all) => all.join('')),
  );

  it.each([
    ['a paragraph', (s: string) => s, 'p'],
    ['a heading', (s: string) => `## ${s}`, 'h2'],
    ['a list item', (s: string) => `- ${s}`, 'li'],
    ['a quote', (s: string) => `> ${s}`, 'blockquote'],
    ['a table cell', (s: string) => `| h |\n|---|\n| ${s} |`, 'td'],
    ['the line after another', (s: string) => `word\n${s}`, 'p'],
  ])('gives the text back when it stands in %s', (_name, place, tag) => {
    fc.assert(
      fc.property(sentence, (raw) => {
        const text = shown(raw);
        fc.pre(text !== '');
        const { tree, html: page } = renderMarkdown(place(escapeMarkdown(raw)));
        const found = page.replace(
          /<(?!\/?(?:p|h2|ul|li|blockquote|table|thead|tbody|tr|th|td|code)\b)/g,
          'UNEXPECTED<',
        );
        expect(found).not.toContain('UNEXPECTED');
        expect(page).toContain(`<${tag}`);
        const words = textOf(tree).trim();
        const before = tag === 'td' ? 'h' : place('') === 'word\n' ? 'word' : '';
        expect(words.slice(before.length).trim().replace(/\s+/g, ' ')).toBe(text.trim().replace(/\s+/g, ' '));
      }),
      { numRuns: 400 },
    );
  });

  it('leaves ordinary sentences as they are', () => {
    for (const plain of ['It costs $5 (or 4.50 €) in 2026 - AT&T says so!', 'Use snake_case: a-b, 1.5 times.'])
      expect(escapeMarkdown(plain)).toBe(plain);
    expect(escapeMarkdown('5 * 3 * 2')).toBe('5 \\* 3 \\* 2');
    expect(treeToText(renderMarkdown(escapeMarkdown('# [x](y) <b>')).tree)).toBe('# [x](y) <b>');
  });

  function textOf(node: { type: string; value?: string; children?: unknown[] }): string {
    if (node.type === 'text') return node.value ?? '';
    return (node.children ?? []).map((child) => textOf(child as Parameters<typeof textOf>[0])).join('');
  }
});
