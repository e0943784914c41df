import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../articles/markdown.ts';
import { toBlocks } from '../wordpress/blocks.ts';
import { readPost } from './from-blocks.ts';
import { withFormOf } from './kept-blocks.ts';
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
        expect(readPost(markdown, post(markdown))).toEqual({ markdown, lost: [], foreign: [] });
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

  it('names what Markdown cannot hold: blocks by a mark in their place, formatting beside the text', () => {
    const columns = '<!-- wp:columns -->\n<div class="wp-block-columns"><p>Left words</p></div>\n<!-- /wp:columns -->';
    const centred =
      '<!-- wp:paragraph {"align":"center"} -->\n<p class="has-text-align-center">Mid</p>\n<!-- /wp:paragraph -->';
    const theirs = `${post('One.\n')}\n\n${columns}\n${centred}`;
    const read = readPost('One.\n', theirs);
    const digest = createHash('sha256').update(columns).digest('hex').slice(0, 16);
    expect(read).toEqual({
      markdown: `One.\n\n<!-- kept from the site: columns ${digest} -->\n\nMid\n`,
      lost: ['paragraph: align'],
      foreign: [{ name: 'columns', digest }],
    });
    // The article knows it from then on, wherever it is moved to.
    expect(readPost(read.markdown, theirs)).toMatchObject({ markdown: read.markdown, foreign: [] });
    const changed = readPost(read.markdown, theirs.replace('wp:columns', 'wp:columns {"a":1}'));
    expect(changed.foreign).toHaveLength(1);
    expect(changed.markdown).not.toContain(digest);
  });

  it('knows the kinds of HTML that come back from Markdown as they were', () => {
    const names = (html: string) =>
      readPost('One.\n', `${post('One.\n')}\n\n<!-- wp:html -->\n${html}\n<!-- /wp:html -->`).foreign;
    expect(names('<dl><dt>a</dt><dd>b</dd></dl>')).toEqual([]);
    for (const html of ['<div class="x">a</div>', '<b onclick="x()">a</b>', '<style>p{}</style>', '<video></video>'])
      expect(names(html), html).toHaveLength(1);
  });
});

describe('the form of a post', () => {
  const theirs = (text: string) =>
    `<!-- wp:paragraph {"align":"center"} -->\n<p class="c">${text}</p>\n<!-- /wp:paragraph -->`;

  it('is the article’s own, byte for byte, where nothing of the site is to be taken over', () => {
    fc.assert(
      fc.property(article, article, (ours, standing) => {
        expect(withFormOf(post(ours), '', 'bp-1')).toEqual({ content: post(ours), lost: [] });
        expect(withFormOf(post(ours), post(standing), 'bp-1')).toEqual({ content: post(ours), lost: [] });
      }),
      { numRuns: 30 },
    );
  });

  it('is taken over where the words are the same, but neither the marker nor the number of a footnote goes', () => {
    const both = post('One.\n\nTwo.\n');
    const standing = both
      .replace(/<!-- wp:paragraph -->[\s\S]*$/, theirs('Two.'))
      .replace(/^[\s\S]*?-->\n<p>One/, '<!-- wp:paragraph -->\n<p>One');
    const { content } = withFormOf(both, standing, 'bp-1');
    expect(content).toContain(theirs('Two.'));
    expect(content).toContain('"name":"bp-1"');
    const noted = 'Two.[^a]\n\n[^a]: A\n[^b]: B\n';
    const older = post(noted).replace('<p>', '<p class="has-x">');
    const newer = post(`One.[^b]\n\n${noted}`);
    expect(withFormOf(newer, older, 'bp-2').content).toContain('>2</a></sup></p>');
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

  it('keeps every line of both sides unless the other side has taken it out or changed it', () => {
    const line = fc.constantFrom('a', 'b', 'c', 'd');
    const edits = fc.array(
      fc.record({ at: fc.nat(9), kind: fc.constantFrom('add', 'change', 'remove', 'swap'), say: line }),
      { maxLength: 5 },
    );
    const numbered = fc
      .integer({ min: 0, max: 8 })
      .map((count) => Array.from({ length: count }, (_, n) => `Base ${n}.`));
    const edited = (base: readonly string[], made: { at: number; kind: string; say: string }[], who: string) => {
      const text = [...base];
      for (const [number, { at, kind, say }] of made.entries()) {
        // Both sides may write the very same words.
        const mine = say === 'a' ? `Same ${at}.` : `${who} ${number} ${say}.`;
        const place = Math.min(at, text.length);
        if (kind === 'add') text.splice(place, 0, mine);
        else if (kind === 'change' && place < text.length) text[place] = mine;
        else if (kind === 'remove') text.splice(place, 1);
        else if (place + 1 < text.length) text.splice(place, 2, text[place + 1] as string, text[place] as string);
      }
      return text;
    };
    const times = (text: readonly string[], one: string) => text.filter((other) => other === one).length;
    fc.assert(
      fc.property(numbered, edits, edits, (base, here, there) => {
        const [ours, theirs] = [edited(base, here, 'Ours'), edited(base, there, 'Theirs')];
        const hunks = mergeMarkdown(ours.join('\n\n'), base.join('\n\n'), theirs.join('\n\n'));
        const lines = (text: string) => text.split('\n\n').filter((one) => one !== '');
        const agreed = hunks.flatMap((hunk) => (hunk.kind === 'agreed' ? lines(hunk.text) : []));
        // Where a place is open a person sees all that stands there.
        const open = hunks.flatMap((hunk) => (hunk.kind === 'open' ? lines(`${hunk.ours}\n\n${hunk.theirs}`) : []));
        for (const [mine, other] of [
          [ours, theirs],
          [theirs, ours],
        ] as const) {
          for (const one of new Set(mine)) {
            const takenOut = Math.max(0, times(base, one) - times(other, one));
            const left = times(agreed, one) + times(open, one);
            expect(left, one).toBeGreaterThanOrEqual(Math.min(times(mine, one), 1) - takenOut);
          }
          // And nothing appears that neither side has.
          for (const one of agreed) expect([...ours, ...theirs]).toContain(one);
        }
      }),
      { numRuns: 300 },
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
