import { describe, expect, test } from 'vitest';
import { limitText } from '../text/limit-text.ts';
import { type Scored, scoreArticle } from './seo-score.ts';

const good: Scored = {
  title: 'Sourdough starter: how to keep it alive',
  slug: 'sourdough-starter-how-to-keep-it-alive',
  markdown: `A sourdough starter lives on flour. You feed it each day. It grows and falls.\n\n## Feeding a sourdough starter\n\nGive it flour and water. Stir it well. Wait some hours.\n\n## Resting\n\nPut it in the cold. It can wait there.\n`,
  metaTitle: 'Sourdough starter: how to keep it alive',
  metaDescription:
    'How to feed a sourdough starter, how long it can rest in the cold, and what to do when it looks grey or smells odd.',
  excerpt: 'Feeding, resting, saving.',
  keyword: 'sourdough starter',
  language: 'en',
  words: { min: 20, max: 80 },
  sources: 3,
  claims: { kept: 10, removed: 0 },
  internalLinks: null,
};
const check = (article: Scored, name: string) => scoreArticle(article).checks.find((one) => one.name === name);

describe('the score', () => {
  test('is high for an article that does everything, and each check says what it found and what to do', () => {
    const { score, checks } = scoreArticle(good);
    expect(score).toBeGreaterThanOrEqual(95);
    for (const { message, hint } of checks) expect(message.length * hint.length).toBeGreaterThan(0);
  });

  test.each<[string, Partial<Scored>]>([
    ['keyword_in_title', { title: 'How to keep it alive for long' }],
    [
      'keyword_in_introduction',
      { markdown: `It lives on flour.\n\nMore.\n\n## A\n\nsourdough starter\n\n## B\n\nText.` },
    ],
    ['keyword_in_headings', { markdown: good.markdown.replace('Feeding a sourdough starter', 'Feeding') }],
    ['keyword_in_description', { metaDescription: 'x'.repeat(120) }],
    ['keyword_in_slug', { slug: 'bread' }],
    ['meta_description_length', { metaDescription: 'sourdough starter' }],
    ['meta_title_length', { metaTitle: 'sourdough starter '.repeat(6) }],
    ['word_count', { words: { min: 500, max: 900 } }],
    ['headings', { markdown: 'sourdough starter text' }],
    ['sources', { sources: 1 }],
    ['claims', { claims: { kept: 5, removed: 5 } }],
    ['internal_links', { internalLinks: 0 }],
  ])('%s fails when it should, and costs points', (name, change) => {
    expect(check({ ...good, ...change }, name)?.passed).toBe(false);
    expect(scoreArticle({ ...good, ...change }).score).toBeLessThan(scoreArticle(good).score);
  });

  test('leaves out what does not apply: a language without a formula, an account without other articles', () => {
    expect(check({ ...good, language: 'ja' }, 'readability')).toBeUndefined();
    expect(check(good, 'internal_links')).toBeUndefined();
  });
});

test('texts are cut at a word, and nowhere when they fit', () => {
  expect(limitText('one two, three', 9)).toBe('one two');
  expect(limitText('one two', 7)).toBe('one two');
  expect(limitText('发酵面包的方法很多', 4)).toBe('发酵面包');
});
