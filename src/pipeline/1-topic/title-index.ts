import { compareRead, type ReadComparison, type ReadTopic, readTopic } from './similarity.ts';
import type { TopicTerms } from './topic-terms.ts';

/** A text to compare, and its language (ISO 639-1) where that is known. */
export interface Title {
  text: string;
  language: string | null;
}

/**
 * Titles of one language by what they are made of. Comparing every pair of 5,000 topics and 20,000 posts takes minutes:
 * here only those are compared that can be near-duplicates by the rules of {@link compareRead}.
 */
class ReadIndex {
  readonly #titles: ReadTopic[] = [];
  /** Where each token stands, in pairs: the title, and which of its terms; -1 for two words that may be one. */
  readonly #postings = new Map<string, number[]>();
  #counts = new Uint16Array(64);
  /** Which terms of each title any other one has named, as bits. */
  readonly known: number[] = [];

  add(read: ReadTopic): void {
    const title = this.#titles.push(read) - 1;
    this.known.push(0);
    if (title >= this.#counts.length) {
      const larger = new Uint16Array(this.#counts.length * 2);
      larger.set(this.#counts);
      this.#counts = larger;
    }
    const post = (token: string, term: number) => {
      const list = this.#postings.get(token);
      if (list) list.push(title, term);
      else this.#postings.set(token, [title, term]);
    };
    post(`= ${read.plain}`, -1);
    if (read.terms.terms.length === 0) post('none', -1);
    read.terms.terms.forEach(({ key, word }, term) => {
      post(stemToken(key), term);
      post(`word ${word}`, term);
    });
    for (const pair of read.terms.joined) post(`pair ${pair}`, -1);
  }

  /** Compares every title that may be a near-duplicate of `other`. */
  compare(other: ReadTopic, visit: (title: number, comparison: ReadComparison) => void): void {
    const touched: number[] = [];
    const counts = this.#counts;
    const count = (token: string, weight: number) => {
      const list = this.#postings.get(token) ?? [];
      for (let at = 0; at < list.length; at += 2) {
        const title = list[at] ?? 0;
        const term = list[at + 1] ?? -1;
        const before = counts[title] ?? 0;
        if (before === 0) touched.push(title);
        counts[title] = before + weight;
        if (term >= 0 && term < 31) this.known[title] = (this.known[title] ?? 0) | (1 << term);
      }
    };
    // What is the same word for word is compared whatever it consists of.
    count(`= ${other.plain}`, certain);
    if (other.terms.terms.length === 0) count('none', certain);
    for (const token of new Set(tokensOf(other.terms))) count(token, token.startsWith('pair ') ? 2 : 1);
    for (const title of touched) {
      const mine = this.#titles[title];
      const shared = counts[title] ?? 0;
      counts[title] = 0;
      if (mine && mayBeSame(mine, other, shared)) visit(title, compareRead(mine, other, null));
    }
  }

  /** The share of a title's terms that some title that was compared has named. */
  familiarity(title: number): number {
    const terms = Math.min(31, this.#titles[title]?.terms.terms.length ?? 0);
    const bits = (this.known[title] ?? 0).toString(2).replaceAll('0', '').length;
    return terms === 0 ? 0 : bits / terms;
  }
}

/** More than all terms of a title together. */
const certain = 1_000;

/**
 * Whether `shared` terms of a title are enough for it to be a near-duplicate of the other: all of it, or two at least and
 * half of it; a subtitle does not count for that. Numbers and levels that differ settle it as they do in the comparison.
 */
function mayBeSame(mine: ReadTopic, other: ReadTopic, shared: number): boolean {
  if (shared >= certain) return true;
  if (mine.numbers !== other.numbers || mine.terms.advanced !== other.terms.advanced) return false;
  const { terms } = mine.terms;
  const level = mine.terms.beginner && other.terms.beginner ? 1 : 0;
  const half = terms.some(({ aside }) => aside) ? 0 : Math.ceil((terms.length - level) / 2);
  return shared >= Math.min(terms.length, Math.max(2 - level, half));
}

function tokensOf({ terms, joined }: TopicTerms): string[] {
  const own = terms.flatMap(({ key, word }) => [stemToken(key), `pair ${word}`]);
  return [...own, ...[...joined].map((pair) => `word ${pair}`)];
}

/** What two stems have in common that `sameStem` takes for one: their first five letters. */
function stemToken(key: string): string {
  return `stem ${key.length >= 5 ? key.slice(0, 5) : key}`;
}

/**
 * Titles to compare others with, in any languages. One of unknown language is read as the other one of a pair; of two
 * such titles both are read in the `usual` language.
 */
export class TitleIndex {
  readonly #usual: string | null;
  readonly #groups = new Map<string | null, { titles: { text: string; number: number }[] }>();
  readonly #indexes = new Map<string, { index: ReadIndex; built: number; language: string | null }>();
  #size = 0;

  constructor(usual: string | null = null) {
    this.#usual = usual;
  }

  /** Adds a title and gives it the next number, from 0. */
  add({ text, language }: Title): void {
    const group = this.#groups.get(language) ?? { titles: [] };
    this.#groups.set(language, group);
    group.titles.push({ text, number: this.#size++ });
  }

  /** Calls `visit` with the number of every title that may be a near-duplicate of `other`, and what words say of the two. */
  compare(other: Title, visit: (number: number, comparison: ReadComparison) => void): void {
    const read = new Map<string | null, ReadTopic>();
    for (const [language, { titles }] of this.#groups) {
      if (language !== null && other.language !== null && language !== other.language) continue;
      const as = language ?? other.language ?? this.#usual;
      const theirs = read.get(as) ?? readTopic(other.text, as);
      read.set(as, theirs);
      this.#indexOf(language, as).compare(theirs, (title, comparison) =>
        visit(titles[title]?.number ?? -1, comparison),
      );
    }
  }

  /** For each title the share of its terms, 0 to 1, that the titles compared so far have named. */
  familiarities(): number[] {
    const shares = new Array<number>(this.#size).fill(0);
    for (const { index, language } of this.#indexes.values()) {
      this.#groups.get(language)?.titles.forEach(({ number }, title) => {
        shares[number] = Math.max(shares[number] ?? 0, index.familiarity(title));
      });
    }
    return shares;
  }

  #indexOf(language: string | null, as: string | null): ReadIndex {
    const key = `${language} ${as}`;
    const entry = this.#indexes.get(key) ?? { index: new ReadIndex(), built: 0, language };
    this.#indexes.set(key, entry);
    const titles = this.#groups.get(language)?.titles ?? [];
    for (; entry.built < titles.length; entry.built++) entry.index.add(readTopic(titles[entry.built]?.text ?? '', as));
    return entry.index;
  }
}
