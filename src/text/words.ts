import { remember } from './remember.ts';

let segmenter: Intl.Segmenter | undefined;

/**
 * The words of a text in order, as written. Word borders are those of Unicode (UAX 29, with ICU's dictionaries for
 * Chinese, Japanese, Thai, Khmer, Lao and Burmese), so languages without spaces are counted too.
 */
export function wordsIn(text: string): string[] {
  // The locale does not change which pieces ICU calls words in the languages above; one segmenter is enough.
  segmenter ??= new Intl.Segmenter('und', { granularity: 'word' });
  const words: string[] = [];
  for (const part of segmenter.segment(text)) if (part.isWordLike) words.push(part.segment);
  return words;
}

const countInLine = remember(5_000, (line) => wordsIn(line).length);

/** How many words a text has; numbers count as words, punctuation does not. */
export function countWords(text: string): number {
  // No word goes over the end of a line (UAX 29, WB3a and WB3b).
  return text.split('\n').reduce((sum, line) => sum + countInLine(line), 0);
}
