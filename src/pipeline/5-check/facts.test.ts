import { describe, expect, test } from 'vitest';
import type { CitablePassage } from '../../knowledge/store.ts';
import { examine } from './facts.ts';

const passage: CitablePassage = {
  id: '0190a000-0000-7000-8000-000000000001',
  userId: '0190a000-0000-7000-8000-0000000000aa',
  sourceId: '0190a000-0000-7000-8000-000000000002',
  ordinal: 0,
  heading: 'Feeding',
  text: 'In 2019 Marta Kowalska  measured 1,200 starters; “a starter doubles within six hours”, she wrote, at 28 degrees.',
  sourceTitle: 'Notes on starters',
  sourceLanguage: 'en',
};
const passages = new Map([[passage.id, passage]]);
const cite = (text: string, quote: string, passageId: string | null = passage.id) =>
  examine({ text, citations: [{ passageId, quote }] }, passages, 'en', 'Sourdough starters', 'section');

describe('a sentence', () => {
  test('holds when its quote, numbers and names stand in the passage, white space and quotation marks aside', () => {
    expect(cite('Marta Kowalska looked at 1200 starters in 2019.', 'Marta Kowalska measured 1,200 starters').kind).toBe(
      'grounded',
    );
    expect(cite('It doubles.', '"a starter doubles within six hours"').kind).toBe('grounded');
  });

  test.each([
    ['a quote with one word changed', 'It doubles.', 'a starter doubles within nine hours', /quote/],
    ['a quote put together from two places', 'It doubles.', 'measured 1,200 starters she wrote', /quote/],
    ['a quote too short to prove anything', 'It was so.', '2019', /too short/],
    ['a number that is not there', 'She looked at 1300 starters.', 'measured 1,200 starters', /1300/],
    ['a year that is not there', 'She wrote in 2021.', 'she wrote, at 28 degrees', /2021/],
    ['a name that is not there', 'The work was done by Petra Novak alone.', 'measured 1,200 starters', /Petra/],
  ])('does not hold with %s', (_what, text, quote, reason) => {
    const finding = cite(text, quote);
    expect(finding.kind).toBe('ungrounded');
    expect(finding.kind === 'ungrounded' && finding.reason).toMatch(reason);
  });

  test('that cites what was never given out does not hold', () => {
    expect(cite('It doubles.', 'a starter doubles within six hours', null)).toMatchObject({
      kind: 'ungrounded',
      reason: 'It cites a passage that does not exist.',
    });
    expect(cite('It doubles.', 'a starter doubles', '0190a000-0000-7000-8000-00000000ffff').kind).toBe('ungrounded');
  });

  test('that states something without a source does not hold, and one that only connects is left alone', () => {
    const uncited = (text: string) =>
      examine({ text, citations: [] }, passages, 'en', 'Sourdough starters', 'section').kind;
    expect(uncited('Now to the details.')).toBe('connective');
    expect(uncited('In 2019 this changed.')).toBe('ungrounded');
    expect(
      uncited('Healthy bakers everywhere regularly report stronger immune systems after weekly bread meals.'),
    ).toBe('ungrounded');
  });
});
