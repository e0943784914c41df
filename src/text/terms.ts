import { stopWords } from './stop-words.ts';
import { wordsIn } from './words.ts';

/** Endings that change with number, case or tense and not with the matter, longest first; a light stemmer in a line. */
const endings: Record<string, RegExp> = {
  en: /(ings?|edly|ed|ies|es|s|ly|y)$/,
  de: /(ern|em|en|er|es|e|s|n)$/,
  fr: /(ements?|aux|ées|és|ée|es|e|s)$/,
  es: /(aciones|ación|mente|es|os|as|o|a|s)$/,
  it: /(mente|zioni|zione|i|e|o|a)$/,
  pt: /(mente|ções|ção|es|os|as|o|a|s)$/,
  nl: /(ingen|en|e|s)$/,
  sv: /(arna|erna|orna|ar|er|or|en|et|a|s)$/,
};
/** A stem keeps at least this many letters, so that short words stay apart. */
const minStem = 4;

/** The words of a text that carry its matter: lower-case stems without stop words, in order, repeated as they are. */
export function contentTerms(text: string, language: string | null): string[] {
  const stops = stopWords(language);
  return wordsIn(text.normalize('NFKC'))
    .map((word) => word.toLowerCase())
    .filter((word) => !stops.has(word) && (word.length > 1 || /\d|\p{Script=Han}/u.test(word)))
    .map((word) => stem(word, language ?? ''));
}

function stem(word: string, language: string): string {
  const shorter = word.replace(endings[language] ?? /$^/, '');
  return shorter.length >= minStem ? shorter : word;
}

/**
 * The numbers of a text in one spelling, so that "1,200", "1.200" (German) and "1200" are the same: digits with "." for
 * the decimal point. A year, a percentage and a clock time are numbers like any other; ordinals lose their ending.
 */
export function numbersIn(text: string, language: string | null = null): string[] {
  const comma = decimalComma.has(language ?? '');
  const found = text.normalize('NFKC').match(/\d+(?:[.,'’\u00a0\u202f ]\d{3}(?!\d))*(?:[.,]\d+)?/g) ?? [];
  return [...new Set(found.map((number) => normaliseNumber(number, comma)))];
}

/** Languages that write 3,5 for three and a half. */
const decimalComma = new Set([
  'de',
  'fr',
  'es',
  'it',
  'pt',
  'nl',
  'sv',
  'pl',
  'ru',
  'cs',
  'da',
  'fi',
  'no',
  'tr',
  'uk',
]);

function normaliseNumber(number: string, comma: boolean): string {
  const plain = number.replace(/['’\u00a0\u202f ]/g, '');
  const [group, point] = comma ? ['.', ','] : [',', '.'];
  // A single separator before exactly three digits groups thousands, whichever of the two it is in this language.
  const grouped = /^\d{1,3}([.,]\d{3})+$/.test(plain) && !/^0/.test(plain);
  const digits = grouped
    ? plain.replace(/[.,]/g, '')
    : plain.replaceAll(group, plain.includes(point) ? '' : '.').replace(point, '.');
  const trimmed = digits.replace(/^0+(?=\d)/, '');
  return trimmed.includes('.') ? trimmed.replace(/\.?0+$/, '') : trimmed;
}

/** Words that are capitalised in the middle of a sentence for other reasons than being a name. */
const notNames: Record<string, RegExp> = {
  en: /^(I|I'm|I've|I'll|I'd|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)$/,
};

/**
 * The names of a text: runs of capitalised words that do not only open a sentence, words in mixed case and acronyms. In
 * German every noun is capitalised, so there only acronyms and mixed case count. Scripts without capitals have none.
 */
export function namesIn(text: string, language: string | null): string[] {
  const names = new Set<string>();
  // Compatibility forms first, as in any comparison of names: "Windows™" reads "WindowsTM" on both sides.
  for (const clause of text.normalize('NFKC').split(/(?<=[.!?:…])\s+|[\n"“”„«»()[\]]+/)) {
    const pieces = clause.trim().split(/\s+/);
    const words = pieces.map((word) => word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '').replace(/['’]s$/u, ''));
    let run: string[] = [];
    const close = () => {
      if (run.length > 0) names.add(run.join(' '));
      run = [];
    };
    words.forEach((word, index) => {
      const special = /^\p{Lu}[\p{Lu}\d&-]+$/u.test(word) || /\p{Ll}\p{Lu}/u.test(word);
      const capital =
        language !== 'de' && index > 0 && /^\p{Lu}\p{Ll}/u.test(word) && !notNames[language ?? '']?.test(word);
      if (!special && !capital) {
        close();
        return;
      }
      run.push(word);
      // "Munin, Nagios" and "Linux's LSM" are two names each.
      if (pieces[index] !== word) close();
    });
    close();
  }
  return [...names];
}
