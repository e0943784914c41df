import { expect, test } from 'vitest';
import { slugify } from './slug.ts';

test.each([
  ["A Beginner's Guide: Sourdough & Rye", 'a-beginners-guide-sourdough-rye'],
  ['Grüße aus Köln, Straße', 'grusse-aus-koln-strasse'],
  ['Łódź i ørreder', 'lodz-i-orreder'],
  ['初心者のためのパン', '初心者のためのパン'],
  ['हिन्दी लेख', 'हिन्दी-लेख'],
  ['!!!', 'article'],
])('%s becomes %s', (title, slug) => {
  expect(slugify(title)).toBe(slug);
});

test('a long title is cut at a word', () => {
  const slug = slugify('how to keep a sourdough starter alive while you are away on a long holiday');
  expect(slug.length).toBeLessThanOrEqual(60);
  expect(slug).toBe('how-to-keep-a-sourdough-starter-alive-while-you-are-away-on');
});
