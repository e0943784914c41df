import { expect, test } from 'vitest';
import { slugify } from './slug.ts';

test.each([
  ["A Beginner's Guide: Sourdough & Rye", 'a-beginners-guide-sourdough-rye'],
  ['Grüße aus Köln, Straße', 'grusse-aus-koln-strasse'],
  ['Łódź i ørreder', 'lodz-i-orreder'],
  ['初心者のためのパン', '初心者のためのパン'],
  ['हिन्दी लेख', 'हिन्दी-लेख'],
  ['!!!', 'article'],
  ['🍞🥖', 'article'],
  ['1️⃣ bread 👨‍👩‍👧', '1-bread'],
  ['Ｆｕｌｌ ｗｉｄｔｈ 𝓹𝓪𝓰𝓮', 'full-width-page'],
  ['a\u202edc\u202c b\u00adc', 'adc-bc'],
  ['מַחְמֶצֶת', 'מַחְמֶצֶת'.normalize('NFC')],
])('%s becomes %s', (title, slug) => {
  expect(slugify(title)).toBe(slug);
});

test.each([
  ['Chinese', '天然酵种面包的养护指南以及常见问题解答和其他很多内容'],
  ['Cyrillic', 'как сохранить закваску живой во время долгого отпуска и после него'],
  ['emoji between letters', `a${'🍞b'.repeat(80)}`],
  ['one long word', 'x'.repeat(500)],
])('%s stays within what WordPress keeps whole', (_what, title) => {
  const slug = slugify(title);
  expect(encodeURIComponent(slug).length).toBeLessThanOrEqual(190);
  expect(slug.length).toBeLessThanOrEqual(60);
  expect(slug.length).toBeGreaterThan(10);
  expect(slug).not.toMatch(/^-|-$/);
});

test('a long title is cut at a word', () => {
  const slug = slugify('how to keep a sourdough starter alive while you are away on a long holiday');
  expect(slug.length).toBeLessThanOrEqual(60);
  expect(slug).toBe('how-to-keep-a-sourdough-starter-alive-while-you-are-away-on');
});
