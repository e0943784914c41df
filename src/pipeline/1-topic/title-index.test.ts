import { describe, expect, it } from 'vitest';
import { heldOutPairs } from './__fixtures__/topic-pairs.ts';
import { compareTopics } from './similarity.ts';
import { type Title, TitleIndex } from './title-index.ts';

/** Every pair of texts as the index finds them, and as comparing each with each does. */
function bothWays(titles: Title[], others: Title[]) {
  const index = new TitleIndex();
  for (const title of titles) index.add(title);
  const found = new Set<string>();
  let compared = 0;
  for (const [at, other] of others.entries()) {
    index.compare(other, (number, { duplicate }) => {
      compared += 1;
      if (duplicate) found.add(`${number} ${at}`);
    });
  }
  const expected = new Set<string>();
  for (const [number, title] of titles.entries()) {
    for (const [at, other] of others.entries()) {
      if (compareTopics({ ...title, vector: null }, { ...other, vector: null }).duplicate)
        expected.add(`${number} ${at}`);
    }
  }
  return { found, expected, compared };
}

describe('the index of titles', () => {
  it('finds every near-duplicate that comparing all with all finds, in every language, and looks at few pairs', () => {
    const titles = heldOutPairs.map(([language, text]) => ({ text, language }));
    const others = heldOutPairs.map(([language, , text]) => ({ text, language }));
    const { found, expected, compared } = bothWays(titles, others);
    expect(expected.size).toBeGreaterThan(10);
    expect(found).toEqual(expected);
    expect(compared).toBeLessThan((titles.length * others.length) / 10);
  });

  it('reads a title of unknown language as the other one of its pair', () => {
    const titles = heldOutPairs.map(([, text]) => ({ text, language: null }));
    const others = heldOutPairs.map(([language, , text]) => ({ text, language }));
    const { found, expected } = bothWays(titles, others);
    expect(found).toEqual(expected);
  });

  it.each([
    ['Back up a blog', 'Backup of a blog'],
    ['Getting started!', 'getting STARTED'],
    ['!!', '!!'],
    ['Introduction for beginners', 'Basics for newbies'],
    ['Fermentation temperature', 'Fermentations at which temperatures'],
    ['面包 烘焙 入门', '面包烘焙教程'],
    ['Sourdough: flour, water, salt and time', 'Sourdough'],
  ])('misses neither words that are written apart nor titles without terms: %s', (one, other) => {
    const { found, expected } = bothWays([{ text: one, language: null }], [{ text: other, language: null }]);
    expect(found).toEqual(expected);
  });

  it('says how much of each title the others name', () => {
    const index = new TitleIndex('en');
    index.add({ text: 'Rye bread with caraway', language: null });
    index.add({ text: 'Tax returns', language: null });
    expect(index.familiarities()).toEqual([0, 0]);
    for (const text of ['Rye flour', 'Caraway soup']) index.compare({ text, language: 'en' }, () => undefined);
    expect(index.familiarities()[0]).toBeCloseTo(2 / 3);
    expect(index.familiarities()[1]).toBe(0);
  });
});
