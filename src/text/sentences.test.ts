import { describe, expect, it } from 'vitest';
import { splitSentences } from './sentences.ts';

describe('splitSentences', () => {
  const cases: [language: string | null, sentences: string[]][] = [
    ['th', ['คนทำขนมปังหลายคนเก็บหัวเชื้อไว้ห้าสิบกรัม ซึ่งต้องให้อาหารทุกวัน', 'ในตู้เย็นหัวเชื้อพักได้สองสัปดาห์โดยไม่ต้องให้อาหาร']],
    ['en', ['Dr. Smith wrote it, e.g. in No. 5 of the list.', 'It costs 3.50 dollars.']],
    ['en', ['Mr. J. R. Miller came.', 'He left at 5 p.m. and returned.']],
    ['en', ['He asked, "Is it done?"', 'Nobody knew.']],
    ['en', ['It was late... and it rained.', 'Then it stopped.']],
    ['en', ['We have plan B.', 'The rest is easy.']],
    ['de', ['Das gilt z. B. für Server.', 'Am 3. Mai 2024 kam Dr. Müller, d. h. zu spät.']],
    ['de', ['Im 21. Jahrhundert ist das bzw. war das üblich.', 'Version 2.1 ist neu.']],
    ['fr', ["M. Dupont l'a vu p. 12 du livre.", 'Il est parti.']],
    ['es', ['El Sr. García llegó a las 5.', 'Después se fue.']],
    ['pl', ['To jest np. serwer.', 'Działa dobrze.']],
    ['ja', ['これは文です。', '次の文です。']],
    ['zh', ['这是一个句子。', '这是另一个句子。']],
    [null, ['One sentence here.', 'Another one there.']],
  ];
  it.each(cases)('keeps what belongs together (%s): %j', (language, sentences) => {
    const text = sentences.join(language === 'ja' || language === 'zh' ? '' : ' ');
    expect(splitSentences(text, language)).toEqual(sentences);
  });

  it('joins wrapped lines, and ends a sentence at an empty line', () => {
    expect(splitSentences('A line that\nis wrapped here.\n\nA heading\n\nThe text.', 'en')).toEqual([
      'A line that\nis wrapped here.',
      'A heading',
      'The text.',
    ]);
  });

  it('returns verbatim slices and nothing for white space', () => {
    const text = 'First  one “quoted”.   Second, with U.S. money. Third!';
    for (const sentence of splitSentences(text, 'en')) expect(text).toContain(sentence);
    expect(splitSentences(' \n ', 'en')).toEqual([]);
  });
});
