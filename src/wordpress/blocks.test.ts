import { parse } from '@wordpress/block-serialization-default-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePage } from '../../test/active-content.ts';
import { articleTree, blocksOf, constructs, walk, wordsOf } from '../../test/block-constructs.ts';
import { articleTags, renderMarkdown } from '../articles/markdown.ts';
import { AppError } from '../errors.ts';
import { serializeAttributes } from './block-markup.ts';
import { blockNames, hasMarker, publicationMarker, toBlocks } from './blocks.ts';

type ParsedBlock = ReturnType<typeof parse>[number];
const blocks = (markdown: string, marker?: string) =>
  toBlocks(renderMarkdown(markdown).tree, { publicationMarker: marker });

// The expected markup is what the editor of WordPress 6.8 itself wrote; test/services checks every construct there.
describe('toBlocks', () => {
  it.each([
    ['a paragraph', 'A *b*\nc  \nd', '<!-- wp:paragraph -->\n<p>A <em>b</em> c<br>d</p>\n<!-- /wp:paragraph -->'],
    [
      'a heading',
      '### H',
      '<!-- wp:heading {"level":3} -->\n<h3 class="wp-block-heading" id="section-h">H</h3>\n<!-- /wp:heading -->',
    ],
    [
      'a heading of the default level',
      '## H',
      '<!-- wp:heading -->\n<h2 class="wp-block-heading" id="section-h">H</h2>\n<!-- /wp:heading -->',
    ],
    [
      'nested lists',
      '3. a\n   - b',
      '<!-- wp:list {"ordered":true,"start":3} -->\n<ol start="3" class="wp-block-list"><!-- wp:list-item -->\n<li>a<!-- wp:list -->\n<ul class="wp-block-list"><!-- wp:list-item -->\n<li>b</li>\n<!-- /wp:list-item --></ul>\n<!-- /wp:list --></li>\n<!-- /wp:list-item --></ol>\n<!-- /wp:list -->',
    ],
    [
      'a quote',
      '> q',
      '<!-- wp:quote -->\n<blockquote class="wp-block-quote"><!-- wp:paragraph -->\n<p>q</p>\n<!-- /wp:paragraph --></blockquote>\n<!-- /wp:quote -->',
    ],
    [
      'code',
      '```php\n<?php // [gallery]\nhttps://x.example/\n```',
      '<!-- wp:code {"className":"language-php"} -->\n<pre class="wp-block-code language-php"><code>&lt;?php // &#091;gallery]\nhttps:&#047;&#047;x.example/</code></pre>\n<!-- /wp:code -->',
    ],
    [
      'a rule',
      '---',
      '<!-- wp:separator -->\n<hr class="wp-block-separator has-alpha-channel-opacity" />\n<!-- /wp:separator -->',
    ],
    [
      'a table',
      '| a | b |\n|--|:-:|\n| 1 | *2* |',
      '<!-- wp:table {"hasFixedLayout":false} -->\n<figure class="wp-block-table"><table><thead><tr><th>a</th><th class="has-text-align-center" data-align="center">b</th></tr></thead><tbody><tr><td>1</td><td class="has-text-align-center" data-align="center"><em>2</em></td></tr></tbody></table></figure>\n<!-- /wp:table -->',
    ],
    [
      'an image with a caption',
      '![A "b"](https://x.example/a.png "Cap & tion")',
      '<!-- wp:image -->\n<figure class="wp-block-image"><img src="https://x.example/a.png" alt="A &quot;b&quot;" /><figcaption class="wp-element-caption">Cap &amp; tion</figcaption></figure>\n<!-- /wp:image -->',
    ],
    [
      'what no block can hold',
      '<dl><dt>t</dt><dd>[gallery]</dd></dl>',
      '<!-- wp:html -->\n<dl><dt>t</dt><dd>&#091;gallery]</dd></dl>\n<!-- /wp:html -->',
    ],
  ])('writes %s as core does', (_name, markdown, expected) => {
    expect(blocks(markdown)).toBe(expected);
  });

  it('writes footnotes as raised links, a heading and a numbered list', () => {
    const markup = blocks('Fact.[^a] Again.[^a]\n\n[^a]: The [source](https://s.example/).');
    expect(markup).toContain(
      '<p>Fact.<sup><a href="#note-fn-a" id="note-fnref-a">1</a></sup> Again.<sup><a href="#note-fn-a" id="note-fnref-a-2">1</a></sup></p>',
    );
    expect(markup).toContain('<h2 class="wp-block-heading" id="section-sources">Sources</h2>');
    expect(markup).toContain(
      '<li><a href="#note-fnref-a" id="note-fn-a" aria-label="Back to reference 1">↑</a> The <a href="https://s.example/" rel="noopener">source</a>.</li>',
    );
    expect(markup).not.toContain('↩');
    expect(markup).not.toContain('wp:footnotes');
  });

  it('leaves no shortcode to run', () => {
    expect(blocks('a [gallery] `[audio]` [t](https://x.example/[video])\n\n> [embed]')).not.toMatch(
      /\[(gallery|audio|video|embed)/,
    );
  });
});

/** Writes what the parser has read, as WordPress's `serialize_blocks` does. */
function serialize(blocks: readonly ParsedBlock[], comments = true): string {
  return blocks
    .map(({ blockName, attrs, innerContent, innerBlocks }) => {
      const inner = [...innerBlocks];
      const html = innerContent
        .map((part) => part ?? serialize(inner.splice(0, 1) as ParsedBlock[], comments))
        .join('');
      if (blockName === null || !comments) return html;
      const name = blockName.replace('core/', '');
      const json = Object.keys(attrs ?? {}).length > 0 ? `${serializeAttributes(attrs ?? {})} ` : '';
      return `<!-- wp:${name} ${json}-->${html}<!-- /wp:${name} -->`;
    })
    .join('');
}

/** Holds what WordPress's own parser reads against the article: nothing left over, every word there, the same again. */
function expectWhole(markdown: string) {
  const markup = blocksOf(markdown, 'bp-1');
  const parsed = parse(markup) as ParsedBlock[];
  const check = (list: readonly ParsedBlock[]) => {
    for (const { blockName, innerHTML, innerBlocks } of list) {
      // Between blocks there is white space only: nothing was left over, so no comment was cut or doubled.
      if (blockName === null) expect(innerHTML.trim()).toBe('');
      else expect(blockNames.map((name) => `core/${name}`)).toContain(blockName);
      expect(innerHTML).not.toMatch(/<!-- \/?wp:/);
      check(innerBlocks as ParsedBlock[]);
    }
  };
  check(parsed);
  expect(parsed.filter(({ blockName }) => blockName !== null).length).toBeGreaterThan(0);
  expect(serialize(parsed)).toBe(markup);
  expect(wordsOf(parsePage(serialize(parsed, false)))).toEqual(wordsOf(articleTree(markdown)));
}

describe('every construct', () => {
  it.each(constructs)('is read whole by WordPress’s own parser: %j', (markdown) => {
    expectWhole(markdown);
  });

  it('stands in the list of constructs: every element that an article can hold, and every block', () => {
    const elements = new Set<string>();
    const names = new Set<string>();
    for (const markdown of constructs) {
      walk(articleTree(markdown), ({ tagName }) => elements.add(tagName));
      for (const [, name = ''] of blocksOf(markdown).matchAll(/<!-- wp:([a-z-]+)/g)) names.add(name);
    }
    expect([...elements].sort()).toEqual([...articleTags].sort());
    expect([...names].sort()).toEqual([...blockNames].sort());
  });
});

it('is read whole by WordPress’s own parser, whatever the article is made of', () => {
  const hostile = [
    '-->',
    '<!-- wp:html -->',
    '[gallery]',
    '"x" & \\<y>',
    'ümläut',
    '`c--d`',
    '**b**',
    '\\*',
    '&lt;b&gt;',
  ];
  const word = fc.oneof({ weight: 3, arbitrary: fc.stringMatching(/^[a-z]{3,8}$/) }, fc.constantFrom(...hostile));
  const mark = fc.constantFrom('*_*', '**_**', '~~_~~', '<kbd>_</kbd>', '[_](https://x.example/ "t")', '_', '_', '_');
  const text = fc
    .array(
      fc.tuple(mark, word).map(([around, inner]) => around.replace('_', () => inner)),
      { minLength: 1, maxLength: 4 },
    )
    .map((words) => words.join(' '));
  const part = fc.oneof(
    text,
    fc.tuple(fc.integer({ min: 1, max: 6 }), text).map(([level, inner]) => `${'#'.repeat(level)} ${inner}`),
    fc.tuple(text, text, text).map(([a, b, c]) => `- ${a}\n  1. ${b}\n- ${c}`),
    fc.tuple(text, text).map(([a, b]) => `1. ${a}\n\n   ${b}\n\n   > ${b}`),
    fc.tuple(fc.constantFrom(' ', 'x'), text).map(([box, inner]) => `- [${box}] ${inner}`),
    text.map((inner) => `> ${inner}\n> - ${inner}`),
    fc
      .tuple(fc.constantFrom(':--', ':-:', '--:', '--'), text, text)
      .map(([align, a, b]) => `| ${a} | b |\n|${align}|--|\n| ${b} | |`),
    word.map((inner) => `\`\`\`js\n${inner}\n\n  ${inner}\n\`\`\``),
    word.map((inner) => `    ${inner}`),
    fc.tuple(word, word).map(([alt, title]) => `![${alt}](https://x.example/a.png "${title.replaceAll('"', '')}")`),
    word.map((alt) => `![${alt}](https://x.example/library-7.png)`),
    fc.tuple(text, text).map(([a, b]) => `<details><summary>${a}</summary>\n\n${b}\n\n</details>`),
    text.map((inner) => `<div>${inner}<p>${inner}</p>${inner}</div>`),
    text.map((inner) => `<table><tr><td><p>${inner}</p></td></tr></table>`),
    text.map((inner) => `<figure><p>${inner}</p><figcaption>${inner}</figcaption></figure>`),
    text.map((inner) => `Note.[^1] More.[^2]\n\n[^1]: ${inner}\n[^2]: ${inner}`),
    fc.constant('---'),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => expectWhole(parts.join('\n\n'))),
    { numRuns: 150 },
  );
});

describe('the publication marker', () => {
  const marker = publicationMarker('0199a3c4-1111-7abc-8def-000000000001');

  it.each([
    'text',
    '## Heading',
    '- list',
    '> quote',
    '```\ncode\n```',
    '| a |\n|--|',
    '---',
    '![a](https://x.example/a.png)',
    '<dl><dt>a</dt></dl>',
    '',
  ])('stands once, in the attributes of the first block of %j', (markdown) => {
    const markup = blocks(markdown ? `${markdown}\n\nLast.` : '', marker);
    expect(markup.split('\n')[0]).toMatch(/^<!-- wp:[a-z]+ \{.*"metadata":\{"name":"bp-0199a3c4-[^"]*"\}.*\} -->$/);
    expect(markup.split(marker)).toHaveLength(2);
    expect(hasMarker(markup, marker)).toBe(true);
  });

  it('is not found in text, nor as part of another', () => {
    expect(hasMarker(`<p>${marker}</p>`, marker)).toBe(false);
    expect(hasMarker(blocks('a', `${marker}2`), marker)).toBe(false);
    expect(hasMarker(blocks('a'), marker)).toBe(false);
  });

  it('refuses an id that would not stay the same in a comment', () => {
    for (const id of ['', 'a--b', 'a"b', 'a>b']) expect(() => publicationMarker(id)).toThrow(AppError);
  });
});

describe('serializeAttributes', () => {
  it('never ends the comment and reads back as it was', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.constantFrom('-->', '<!--', '\\"', '\\u002d', '&amp;'))),
        (attributes) => {
          const json = serializeAttributes(attributes);
          expect(json).not.toMatch(/--|[<>&]/);
          expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(attributes)));
        },
      ),
    );
  });
});
