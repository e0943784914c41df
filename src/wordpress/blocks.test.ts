import { parse } from '@wordpress/block-serialization-default-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../articles/markdown.ts';
import { AppError } from '../errors.ts';
import { serializeAttributes } from './block-markup.ts';
import { hasMarker, publicationMarker, toBlocks } from './blocks.ts';

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

  it('keeps every word of the text', () => {
    const word = fc.stringMatching(/^[a-z]{3,8}$/);
    const part = fc.oneof(
      word,
      word.map((w) => `## ${w}`),
      fc.tuple(word, word).map(([a, b]) => `- ${a}\n  - ${b}`),
      fc.tuple(word, word).map(([a, b]) => `1. ${a}\n\n   ${b}\n\n   > ${b}`),
      word.map((w) => `> ${w}\n> - ${w}`),
      word.map((w) => `| ${w} |\n|--|\n| ${w} |`),
      word.map((w) => `<div>${w}<p>${w}</p>${w}</div>`),
      word.map((w) => `<details><summary>${w}</summary>\n\n${w}\n\n</details>`),
      word.map((w) => `<table><tr><td><p>${w}</p></td></tr></table>`),
      word.map((w) => `<figure><p>${w}</p><figcaption>${w}</figcaption></figure>`),
      word.map((w) => `    ${w}`),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const { tree, html } = renderMarkdown(parts.join('\n\n'));
        const words = (text: string) =>
          text
            .replace(/<!--.*?-->/g, ' ')
            .replace(/<[^>]*>/g, ' ')
            .trim()
            .split(/\s+/);
        expect(words(toBlocks(tree))).toEqual(words(html));
      }),
      { numRuns: 300 },
    );
  });
});

/** Names of core's blocks that the serializer writes. */
const coreBlocks = 'paragraph heading list list-item quote code preformatted separator table image details html'.split(
  ' ',
);

it('is read by WordPress’s own parser without a rest, whatever the article is made of', () => {
  const texts = fc.constantFrom('a', '-->', '<!-- wp:html -->', '[gallery]', '"x" & <y>', 'ümläut', '`c--d`', '**b**');
  const part = fc.oneof(
    texts,
    texts.map((text) => `## ${text}`),
    fc.tuple(texts, texts).map(([a, b]) => `- ${a}\n  1. ${b}`),
    texts.map((text) => `> ${text}\n> - ${text}`),
    texts.map((text) => `| ${text.replaceAll('|', '')} |\n|--|\n| x |`),
    texts.map((text) => `\`\`\`js\n${text}\n\`\`\``),
    texts.map((text) => `![${text}](https://x.example/a.png "${text.replaceAll('"', '')}")`),
    texts.map((text) => `<details><summary>${text}</summary>\n\n${text}\n\n</details>`),
    texts.map((text) => `Note.[^1]\n\n[^1]: ${text}`),
    fc.constant('---'),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const markup = blocks(parts.join('\n\n'), 'bp-1');
      const check = (list: readonly ParsedBlock[]) => {
        for (const { blockName, innerHTML, innerBlocks } of list) {
          // Between blocks there is white space only: nothing was left over, so no comment was cut or doubled.
          if (blockName === null) expect(innerHTML.trim()).toBe('');
          else expect(coreBlocks.map((name) => `core/${name}`)).toContain(blockName);
          expect(innerHTML).not.toMatch(/<!-- \/?wp:/);
          check(innerBlocks);
        }
      };
      const parsed = parse(markup) as ParsedBlock[];
      check(parsed);
      expect(parsed.filter(({ blockName }) => blockName !== null).length).toBeGreaterThan(0);
    }),
    { numRuns: 200 },
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
