/** Fewer letters than this say too little: "Das ist gut" alone is as likely Dutch as German to an n-gram detector. */
const minimumLetters = 20;

/** More than this adds time and no certainty. In UTF-16 units. */
const sampleLength = 4000;

/**
 * The language of a text as ISO 639-1 code; null when the text is short or the answer unsure.
 * The detector (eld 2.1.0, its smallest database: 0.18 s and 90 MB once, `small` takes 0.48 s and 160 MB and agreed on
 * every text longer than three words) is loaded on first use, hence the promise.
 */
export async function detectLanguage(text: string): Promise<string | null> {
  const sample = text.slice(0, sampleLength);
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  // One sign of these scripts carries as much as several letters of an alphabet.
  const dense = sample.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/gu)?.length ?? 0;
  if (letters + dense * 3 < minimumLetters) return null;
  const { eld } = await import('eld/extrasmall');
  const result = eld.detect(sample);
  return result.language !== '' && result.isReliable() ? result.language : null;
}

/** The part of a language tag that names the language: "pt-BR" is "pt", "nb" and "nn" are "no". Null stays null. */
export function baseLanguage(tag: string | null): string | null {
  const base = tag?.trim().toLowerCase().split(/[-_]/)[0];
  if (!base) return null;
  return base === 'nb' || base === 'nn' ? 'no' : base;
}
