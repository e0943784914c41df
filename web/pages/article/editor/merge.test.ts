import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merge } from './merge.ts';
import type { Values } from './values.ts';

const values = (change: Partial<Values>): Values => ({
  title: 'T',
  slug: 's',
  excerpt: '',
  metaTitle: '',
  metaDescription: '',
  keyword: '',
  markdown: 'a\n\nb\n\nc\n',
  ...change,
});
const texts = (base: string, mine: string, theirs: string) =>
  merge(values({ markdown: base }), values({ markdown: mine }), values({ markdown: theirs }));

describe('two versions of an article', () => {
  it('are put together where they changed different blocks, also beside each other', () => {
    const { clashes, settle } = texts('a\n\nb\n\nc\n', 'A\n\nb\n\nc\n', 'a\n\nB\n\nc\n\nd\n');
    expect([clashes, settle([]).markdown]).toEqual([[], 'A\n\nB\n\nc\n\nd\n']);
  });

  it('clash where both changed one block or one field, and nowhere else', () => {
    const base = values({});
    const mine = values({ markdown: 'a\n\nmine\n\nc\n', title: 'Mine', keyword: 'mine' });
    const theirs = values({ markdown: 'a\n\ntheirs\n\nC\n', title: 'Theirs', excerpt: 'theirs' });
    const { clashes, settle } = merge(base, mine, theirs);
    expect(clashes).toEqual([
      { name: 'title', mine: 'Mine', theirs: 'Theirs' },
      { name: 'markdown', mine: 'mine', theirs: 'theirs' },
    ]);
    expect(settle(['theirs', 'both'])).toEqual(
      values({ title: 'Theirs', keyword: 'mine', excerpt: 'theirs', markdown: 'a\n\nmine\n\ntheirs\n\nC\n' }),
    );
    expect(settle(['mine', 'mine']).markdown).toBe('a\n\nmine\n\nC\n');
  });

  it('do not clash where both did the same, and a deletion meets a change as a clash', () => {
    expect(texts('a\n\nb\n', 'a\n\nx\n', 'a\n\nx\n').clashes).toEqual([]);
    expect(texts('a\n\nb\n\nc\n', 'a\n\nc\n', 'a\n\nB\n\nc\n').clashes).toEqual([
      { name: 'markdown', mine: '', theirs: 'B' },
    ]);
  });

  it('lose no block that either side added or changed, whatever they did', () => {
    const word = fc.stringMatching(/^[a-z]{3,8}$/);
    const blocks = fc.uniqueArray(word, { minLength: 1, maxLength: 8 });
    const edits = fc.array(fc.tuple(fc.nat(), fc.constantFrom('change', 'insert'), word), { maxLength: 3 });
    const apply = (list: string[], changes: [number, string, string][], side: string) => {
      const next = [...list];
      for (const [at, kind, text] of changes) {
        const place = at % next.length;
        if (kind === 'change') next[place] = `${side} ${text}`;
        else next.splice(place, 0, `${side} ${text}`);
      }
      return next;
    };
    fc.assert(
      fc.property(blocks, edits, edits, (base, here, there) => {
        const [mine, theirs] = [apply(base, here, 'MINE'), apply(base, there, 'THEIRS')];
        const text = (list: string[]) => `${list.join('\n\n')}\n`;
        const { clashes, settle } = texts(text(base), text(mine), text(theirs));
        const { markdown } = settle(clashes.map(() => 'both'));
        for (const block of [...mine, ...theirs]) if (!base.includes(block)) expect(markdown).toContain(block);
      }),
      { numRuns: 500 },
    );
  });
});
