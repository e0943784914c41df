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

/** How many words a text has; numbers count as words, punctuation does not. */
export function countWords(text: string): number {
  return wordsIn(text).length;
}
