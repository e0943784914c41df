import { syllable } from 'syllable';
import { remember } from './remember.ts';
import { splitSentences } from './sentences.ts';
import { wordsIn } from './words.ts';

/** How easily a text reads, 0 (hard) to 100 (easy), and by which formula. */
export interface Readability {
  score: number;
  formula: string;
}

/** Reading ease from words per sentence and syllables per word, as its author fitted it to one language. */
interface Formula {
  name: string;
  ease(wordsPerSentence: number, syllablesPerWord: number): number;
}

const formulas: Record<string, Formula> = {
  // R. Flesch: A new readability yardstick. Journal of Applied Psychology 32 (1948).
  en: { name: 'Flesch', ease: (words, syllables) => 206.835 - 1.015 * words - 84.6 * syllables },
  // T. Amstad: Wie verständlich sind unsere Zeitungen? Zürich 1978.
  de: { name: 'Amstad', ease: (words, syllables) => 180 - words - 58.5 * syllables },
  // J. Fernández Huerta: Medidas sencillas de lecturabilidad. Consigna 214 (1959).
  es: { name: 'Fernández Huerta', ease: (words, syllables) => 206.84 - 1.02 * words - 60 * syllables },
  // L. Kandel, A. Moles: Application de l'indice de Flesch à la langue française. 1958.
  fr: { name: 'Kandel-Moles', ease: (words, syllables) => 207 - 1.015 * words - 73.6 * syllables },
  // W. H. Douma: De leesbaarheid van landbouwbladen. Wageningen 1960.
  nl: { name: 'Douma', ease: (words, syllables) => 206.84 - 0.93 * words - 77 * syllables },
};

/** Null for languages without a formula, and for texts of less than ten words, about which none says anything. */
export function readability(text: string, language: string | null): Readability | null {
  const formula = formulas[language ?? ''];
  if (!formula && language !== 'it') return null;
  const lines = text.split('\n').map((line) => countIn(`${language}\n${line}`));
  const sum = (name: keyof LineCounts) => lines.reduce((total, counts) => total + counts[name], 0);
  const words = sum('words');
  if (words < 10) return null;
  const sentences = sum('sentences') || 1;
  // P. Lucisano, M. E. Piemontese: GULPEASE. Scuola e città 3 (1988). It counts letters instead of syllables.
  if (!formula) return { score: clamp(89 + (300 * sentences - 10 * sum('letters')) / words), formula: 'Gulpease' };
  return { score: clamp(formula.ease(words / sentences, sum('syllables') / words)), formula: formula.name };
}

interface LineCounts {
  words: number;
  sentences: number;
  syllables: number;
  letters: number;
}

/** What a line has; its language stands before it, on a line of its own. */
const countIn = remember(5_000, (text): LineCounts => {
  const [language = '', line = ''] = text.split('\n');
  const words = wordsIn(line).filter((word) => /\p{L}/u.test(word));
  const count = language === 'en' ? syllable : vowelGroups;
  return {
    words: words.length,
    sentences: splitSentences(line, language).length,
    syllables: words.reduce((sum, word) => sum + Math.max(1, count(word)), 0),
    letters: words.reduce((sum, word) => sum + [...word].length, 0),
  };
});

const clamp = (value: number) => Math.min(100, Math.max(0, value));

/** Syllables of languages that are spelled nearly as they are spoken: each group of vowels is one. */
function vowelGroups(word: string): number {
  return word.toLowerCase().match(/[aeiouyäöüáéíóúàèìòùâêîôûëïœæ]+/g)?.length ?? 0;
}
