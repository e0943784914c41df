import { stopWords } from '../../text/stop-words.ts';
import { wordsIn } from '../../text/words.ts';
import {
  countedUnits,
  distinguishing,
  frameWords,
  levels,
  narrowing,
  negations,
  phrases,
  synonyms,
} from './topic-words.ts';

/** A word of a title that says what the article is about. */
export interface TopicTerm {
  /** Stem, or the first word of its group of synonyms. */
  key: string;
  /** As written, folded. */
  word: string;
  /** Number of the phrase such as "for dentists" or "in Berlin" that it stands in; 0 outside of such phrases. */
  phrase: number;
  /** Stands only in an explaining subtitle: "Firmness, Size and Price" after a colon. */
  aside: boolean;
}

/** What a title is compared by. */
export interface TopicTerms {
  terms: TopicTerm[];
  /** Numbers that belong to the topic: models, editions, amounts; not "7" of "7 tips", not years. */
  numbers: Set<string>;
  years: Set<string>;
  beginner: boolean;
  advanced: boolean;
  /** Of "from X to Y": the keys of X and of Y. */
  direction: [string, string] | null;
  /** Folded words one after another, for finding compounds that the other title writes apart. */
  joined: Set<string>;
}

const setOf = (words: string) => new Set(words.split(/\s+/));
const negationSet = setOf(negations);
const unitSet = setOf(countedUnits);
const distinguishingSet = setOf(distinguishing);
const advancedSet = setOf(levels.advanced);
const beginnerSet = setOf(levels.beginner);
const cjk = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u;

/** Lower case without accents, so that "cafés" and "Cafe" begin alike. Scripts without accents stay as they are. */
function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{sc=Latin}\p{Mn}+/gu, (letter) => letter.charAt(0))
    .normalize('NFKC')
    .toLowerCase();
}

/** Takes a title apart. A language without word lists of its own is read with the English ones, which do little harm. */
export function topicTerms(text: string, language: string | null): TopicTerms {
  const { frame, prepositions, stops, groups } = wordsOf(language);

  let folded = fold(text)
    .replace(/['’]s\b/g, '')
    .replace(/\b(l|d|qu|n|s|c|j)['’](?=\p{L})/gu, '');
  for (const [pattern, replacement] of phrases) folded = folded.replace(pattern, replacement);
  const words = wordsIn(folded);
  const subtitle = subtitleWords(folded);
  const result: TopicTerms = {
    terms: [],
    numbers: new Set(),
    years: new Set(),
    beginner: words.some((word) => beginnerSet.has(word)),
    advanced: words.some((word) => advancedSet.has(word)),
    direction: null,
    joined: new Set(words.slice(1).map((word, index) => `${words[index]}${word}`)),
  };
  let phrase = 0;
  words.forEach((word, index) => {
    if (/^\d/.test(word)) {
      if (/^(19|20)\d\d$/.test(word)) result.years.add(word);
      else if (!isListLength(words, index, frame, language)) result.numbers.add(word);
      return;
    }
    if (distinguishingSet.has(word)) {
      result.numbers.add(word);
      return;
    }
    if (negationSet.has(word)) {
      result.terms.push({ key: '-', word, phrase: ++phrase, aside: false });
      return;
    }
    if (prepositions.has(word)) phrase++;
    if (stops.has(word) || beginnerSet.has(word) || advancedSet.has(word)) return;
    const stem = stemOf(word, language);
    if (frame.has(stem)) return;
    const key = groups.get(stem) ?? stem;
    if (!result.terms.some((term) => term.key === key))
      result.terms.push({ key, word, phrase, aside: subtitle.includes(word) });
  });
  result.direction = directionOf(words, (word) => groups.get(stemOf(word, language)) ?? stemOf(word, language));
  return result;
}

/** The words that stand only behind the colon, when there are enough of them to explain rather than to narrow down. */
function subtitleWords(folded: string): string[] {
  const [, before, after] = /^([^:：.]+)[:：]([^.]+)/u.exec(folded) ?? [];
  if (before === undefined || after === undefined) return [];
  const title = new Set(wordsIn(before));
  const words = wordsIn(after).filter((word) => word.length > 2 && !title.has(word));
  return words.length >= 3 ? words : [];
}

/** "10 tips", "7 easy ways", "5 Gründe", or a number at the very beginning that measures nothing. */
function isListLength(words: string[], index: number, frame: Set<string>, language: string | null): boolean {
  const next = words.slice(index + 1, index + 4);
  if (next[0] === undefined || unitSet.has(next[0])) return false;
  if (words[index - 1] === 'top' || index === 0) return Number(words[index]) <= 101;
  return next.slice(0, 2).some((word) => frame.has(stemOf(word, language)));
}

function directionOf(words: string[], keyOf: (word: string) => string): [string, string] | null {
  const from = words.findIndex((word) => word === 'from' || word === 'von' || word === 'de' || word === 'desde');
  const to = words.findIndex((word, index) => index > from && /^(to|nach|zu|auf|vers|a|para)$/.test(word));
  const source = words[to - 1];
  const target = words[to + 1];
  // "Converting PDF to Word" has a direction without "from".
  if (to < 1 || source === undefined || target === undefined) return null;
  return [keyOf(source), keyOf(target)];
}

/** What titles of one language are taken apart with. */
interface LanguageWords {
  frame: Set<string>;
  prepositions: Set<string>;
  stops: Set<string>;
  groups: Map<string, string>;
}

/** Stemming the lists takes ten times as long as a title: a backlog is thousands of titles of one or two languages. */
const wordsCache = new Map<string | null, LanguageWords>();

function wordsOf(language: string | null): LanguageWords {
  const cached = wordsCache.get(language);
  if (cached !== undefined) return cached;
  const lists = language !== null && language in frameWords ? [language] : [language ?? 'en', 'en'];
  const has = (table: Record<string, string>) => setOf(lists.map((name) => table[name] ?? '').join(' '));
  const made: LanguageWords = {
    frame: new Set([...has(frameWords)].map((word) => stemOf(word, language))),
    prepositions: has(narrowing),
    stops: new Set(lists.flatMap((name) => [...stopWords(name)].map(fold))),
    groups: synonymKeys(lists, language),
  };
  wordsCache.set(language, made);
  return made;
}

function synonymKeys(lists: string[], language: string | null): Map<string, string> {
  const keys = new Map<string, string>();
  for (const group of new Set(lists.flatMap((name) => synonyms[name] ?? []))) {
    const stems = group.split(' ').map((word) => stemOf(word, language));
    for (const stem of stems) if (!keys.has(stem)) keys.set(stem, stems[0] ?? stem);
  }
  return keys;
}

const endings: Record<string, RegExp> = {
  en: /(ities|ity|ings|ing|edly|ers|er|ed|es|s|ly|e)$/,
  de: /(ungen|ung|enden|ende|ern|em|en|er|es|e|s|n|t)$/,
  fr: /(ements|ement|ations|ation|ees|ee|es|er|ez|ent|aux|al|e|s)$/,
  es: /(aciones|acion|mente|ando|iendo|arlo|ar|er|ir|es|os|as|o|a|s|e)$/,
  it: /(zioni|zione|mente|ando|endo|are|ere|ire|i|e|o|a)$/,
  pt: /(coes|cao|mente|ando|endo|ar|er|ir|es|os|as|o|a|s|e)$/,
  nl: /(ingen|ing|en|e|s|t)$/,
  ru: /(иями|ями|ами|ого|его|ому|ему|ыми|ими|ая|яя|ую|юю|ой|ей|ий|ый|ые|ие|ов|ев|ам|ям|ах|ях|ом|ем|ию|ия|ии|а|я|у|ю|о|е|ы|и|ь|й)$/,
};

/** A light stemmer: it need not be right, only the same for the forms of one word. */
function stemOf(word: string, language: string | null): string {
  if (cjk.test(word) || word.length < 4) return word;
  const base = language === 'en' || language === null ? word.replace(/ies$/, 'y').replace(/(ss|us|is)$/, '$1_') : word;
  if (base.endsWith('_')) return word;
  let stem = base.replace(endings[language ?? 'en'] ?? /s$/, '');
  if (stem.length < 3) stem = base;
  // planning, planned -> plan
  return stem.replace(/([bdfgmnprt])\1$/, '$1');
}

/** Whether two stems are forms of one word: equal, or one long beginning with up to three letters more. */
export function sameStem(a: string, b: string): boolean {
  if (a === b) return true;
  const shorter = Math.min(a.length, b.length);
  if (shorter < 5 || cjk.test(a)) return false;
  let common = 0;
  while (common < shorter && a[common] === b[common]) common++;
  return common >= shorter * 0.85 && Math.max(a.length, b.length) - common <= 3;
}
