import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../articles/markdown.ts';
import { toBlocks } from '../wordpress/blocks.ts';
import { readPost } from './from-blocks.ts';
import { mergeMarkdown } from './merge.ts';

const post = (markdown: string) => toBlocks(renderMarkdown(markdown).tree, { publicationMarker: 'bp-1' });

const word = fc.constantFrom('dough', 'rests', 'gluten', 'flour', 'water', 'time', '*heat*', '`salt`', 'a&b', '5 < 6');
const sentence = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => `${words.join(' ')}.`);
const paragraph = fc.oneof(
  sentence,
  sentence.map((text) => `## ${text}`),
  sentence.map((text) => `${text}[^1]`),
  fc.array(sentence, { minLength: 1, maxLength: 3 }).map((items) => items.map((text) => `* ${text}`).join('\n')),
  sentence.map((text) => `> ${text}`),
  sentence.map((text) => `\`\`\`js\n${text}\n\n${text}\n\`\`\``),
  sentence.map((text) => `| a | b |\n|---|--:|\n| ${text} | 2 |`),
  fc.constant('![Alt](https://images.example/a.png "Caption")'),
  fc.constant('---'),
);
const article = fc
  .array(paragraph, { minLength: 1, maxLength: 8 })
  .map(
    (parts) =>
      `${parts.map((part, index) => `P${index} `.repeat(/^\w/.test(part) ? 1 : 0) + part).join('\n\n')}\n\n[^1]: A *source* of it\n`,
  );

describe('the text of a post as Markdown', () => {
  it('is the article byte for byte while nothing was changed', () => {
    fc.assert(
      fc.property(article, (markdown) => {
        expect(readPost(markdown, post(markdown))).toEqual({ markdown, lost: [] });
      }),
      { numRuns: 30 },
    );
  });

  it('keeps every untouched paragraph byte for byte when others are added, changed or removed', () => {
    fc.assert(
      fc.property(article, fc.nat(7), (markdown, at) => {
        const blocks = post(markdown).split(/(?<=<!-- \/wp:[a-z]+ -->)\n\n(?=<!-- wp:(?!list-item))/);
        const added = '<!-- wp:paragraph -->\n<p>Added by hand.</p>\n<!-- /wp:paragraph -->';
        const edited = blocks.toSpliced(Math.min(at, blocks.length), 0, added).join('\n\n');
        const read = readPost(markdown, edited).markdown;
        expect(read).toContain('Added by hand.');
        // Nothing of the article was changed, so without the addition it is all there, in its order.
        const rest = read.replace('Added by hand.', '').replace(/\n{2,}/g, '\n');
        expect(rest.trim()).toBe(markdown.replace(/\n{2,}/g, '\n').trim());
      }),
      { numRuns: 30 },
    );
  });

  it('brings a changed paragraph back with its footnotes, and a changed footnote to its definition', () => {
    const markdown = 'Dough *rests*.[^1]\n\nSecond.[^2]\n\n[^1]: First source\n[^2]: Other <https://x.example/>\n';
    const edited = post(markdown).replace('Dough', 'The dough').replace('First source', 'A better source');
    expect(readPost(markdown, edited).markdown).toBe(
      'The dough *rests*.[^1]\n\nSecond.[^2]\n\n[^1]: A better source\n[^2]: Other <https://x.example/>\n',
    );
  });

  it('reads text of the classic editor', () => {
    const markdown = 'One *two*.\n\n## Part\n\n- a\n- b\n';
    const classic = 'One <em>two</em>.\n\nNew\nline\n\n<h2>Part</h2>\n<ul>\n<li>a</li>\n<li>b &amp; c</li>\n</ul>';
    expect(readPost(markdown, classic).markdown).toBe('One *two*.\n\nNew\\\nline\n\n## Part\n\n- a\n- b & c\n');
  });

  it('names what Markdown cannot hold, and keeps its words', () => {
    const columns =
      '<!-- wp:columns -->\n<div class="wp-block-columns"><p>Left words</p></div>\n<!-- /wp:columns -->\n' +
      '<!-- wp:paragraph {"align":"center"} -->\n<p class="has-text-align-center">Mid</p>\n<!-- /wp:paragraph -->';
    const read = readPost('One.\n', `${post('One.\n')}\n\n${columns}`);
    expect(read.markdown).toBe('One.\n\nLeft words\n\nMid\n');
    expect(read.lost).toEqual(['columns', 'paragraph: align']);
  });
});

describe('merging two texts', () => {
  const texts = fc.array(sentence, { minLength: 0, maxLength: 8 });
  const changed = fc.record({
    keep: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    add: fc.array(fc.nat(8), { maxLength: 3 }),
  });
  const apply = (base: string[], { keep, add }: { keep: boolean[]; add: number[] }, mark: string) => {
    const text = base.filter((_, index) => keep[index]);
    for (const [number, at] of add.entries()) text.splice(Math.min(at, text.length), 0, `${mark} wrote ${number}.`);
    return text;
  };

  it('never loses a paragraph that either side wrote', () => {
    fc.assert(
      fc.property(texts, changed, changed, fc.boolean(), (base, here, there, known) => {
        const [ours, theirs] = [apply(base, here, 'Ours'), apply(base, there, 'Theirs')];
        const hunks = mergeMarkdown(ours.join('\n\n'), known ? base.join('\n\n') : null, theirs.join('\n\n'));
        const shown = hunks
          .map((hunk) => (hunk.kind === 'agreed' ? hunk.text : `${hunk.ours}\n${hunk.theirs}`))
          .join('\n');
        for (const text of [...ours, ...theirs].filter((one) => /^(Ours|Theirs)/.test(one)))
          expect(shown).toContain(text);
        // Without a base nothing may be taken for a deletion.
        if (!known) for (const text of [...ours, ...theirs]) expect(shown).toContain(text);
      }),
      { numRuns: 100 },
    );
  });

  it('leaves the place open where both changed the same paragraph', () => {
    expect(mergeMarkdown('A.\n\nOurs.\n\nC.', 'A.\n\nB.\n\nC.', 'A.\n\nTheirs.\n\nC.')).toEqual([
      { kind: 'agreed', text: 'A.' },
      { kind: 'open', ours: 'Ours.', base: 'B.', theirs: 'Theirs.' },
      { kind: 'agreed', text: 'C.' },
    ]);
  });
});
