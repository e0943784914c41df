import { describe, expect, it } from 'vitest';
import { baseLanguage, detectLanguage } from './language.ts';
import { readability } from './readability.ts';
import { countWords } from './words.ts';

describe('detectLanguage', () => {
  it.each([
    ['en', 'A backup that was never restored is only a hope.'],
    ['de', 'Eine Sicherung, die nie zurückgespielt wurde, ist nur eine Hoffnung.'],
    ['fr', "Une sauvegarde qui n'a jamais été restaurée n'est qu'un espoir."],
    ['ja', 'バックアップは毎日行う必要があります。'],
    ['ru', 'Резервную копию нужно хотя бы раз восстановить.'],
  ])('knows %s', async (language, text) => {
    expect(await detectLanguage(text)).toBe(language);
  });
  it('says nothing about short texts', async () => {
    expect(await detectLanguage('OK')).toBeNull();
    expect(await detectLanguage('12 345 678 901 234 567')).toBeNull();
  });
});

it('baseLanguage takes the region off', () => {
  expect([baseLanguage('pt-BR'), baseLanguage('nb_NO'), baseLanguage(' EN '), baseLanguage(null)]).toEqual([
    'pt',
    'no',
    'en',
    null,
  ]);
});

it('countWords counts words of any script', () => {
  expect(countWords("It's 3 o'clock — really!")).toBe(4);
  expect(countWords('我们每天备份数据。')).toBeGreaterThan(2);
  expect(countWords('สวัสดีชาวโลก')).toBeGreaterThan(1);
  expect(countWords('...')).toBe(0);
});

describe('readability', () => {
  it('follows Flesch for a text counted by hand', () => {
    // 12 words, 2 sentences, 12 syllables: 206.835 - 1.015 * 6 - 84.6 * 1 = 116.1, cut to 100.
    expect(readability('The cat sat on the mat. The dog sat on the log.', 'en')).toEqual({
      score: 100,
      formula: 'Flesch',
    });
  });
  it('is lower for harder text, and null where there is no formula', () => {
    const hard =
      'Institutional considerations necessitate comprehensive interdepartmental documentation of organisational responsibilities.';
    const harder = readability(`${hard} ${hard}`, 'en');
    expect(harder?.score).toBeLessThan(20);
    expect(
      readability('Tämä on suomenkielinen teksti, jolle ei ole kaavaa tässä ohjelmassa lainkaan.', 'fi'),
    ).toBeNull();
  });
});
