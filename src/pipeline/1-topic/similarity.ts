import { cosine } from '../../knowledge/embeddings.ts';
import { sameStem, type TopicTerm, type TopicTerms, topicTerms } from './topic-terms.ts';

/** What a topic is compared by. */
export interface TopicSignature {
  /** Title and keyword. */
  text: string;
  /** ISO 639-1, or null when it is not known. */
  language: string | null;
  /** The embedding of `text` where a model knows the language; both must come from the same model. */
  vector: number[] | null;
}

/** Whether writing both would be writing the same article twice; `score` (0-1) orders several duplicates. */
export interface TopicComparison {
  duplicate: boolean;
  score: number;
  reason: string;
}

/**
 * How near two vectors must be for words that differ to be taken for a paraphrase. A cosine alone decides nothing:
 * siblings ("tool 3", "tool 4") reach 0.96-0.999 and paraphrases 0.85-0.95, so it only ever supports what terms say.
 */
const paraphrase = 0.8;
/** How near when one only says something more than the other. */
const related = 0.7;

/**
 * Compares two topics by the terms in which they differ. Numbers, years, levels, negations and directions that differ
 * make siblings. Terms that one replaces by others make siblings too ("Berlin" / "Hamburg"), unless the titles are
 * built differently, share most terms and lie near each other in meaning. A term that only one of them has makes it
 * narrower when it stands after "for", "in", "with" and the like, or weighs as much as what they share.
 * Tuned and measured on the pairs in `__fixtures__/topic-pairs.ts`.
 */
export function compareTopics(a: TopicSignature, b: TopicSignature): TopicComparison {
  if (a.language !== null && b.language !== null && a.language !== b.language) {
    return different(0, 'they are in different languages');
  }
  const language = a.language ?? b.language;
  const closeness =
    a.vector !== null && b.vector !== null && a.vector.length === b.vector.length ? cosine(a.vector, b.vector) : null;
  return compareRead(readTopic(a.text, language), readTopic(b.text, language), closeness);
}

/** A title that was taken apart, which takes longer than comparing it. */
export interface ReadTopic {
  /** Its letters and digits in lower case. */
  plain: string;
  /** Its numbers in one order. */
  numbers: string;
  terms: TopicTerms;
}

/** Takes a title apart as one of `language`. */
export function readTopic(text: string, language: string | null): ReadTopic {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  const terms = topicTerms(text, language);
  return { plain, numbers: [...terms.numbers].sort().join(', '), terms };
}

/** What words say of two titles; with `undecided`, what lies near in meaning would be judged otherwise than what does not. */
export type ReadComparison = TopicComparison & { undecided: boolean };

/**
 * {@link compareTopics} of titles that were taken apart as ones of the same language. `closeness` is the cosine of their
 * vectors; null where it is not known: then words alone decide, and say so where it would have mattered.
 */
export function compareRead(a: ReadTopic, b: ReadTopic, closeness: number | null): ReadComparison {
  if (a.plain === b.plain) return same(1, 'both are word for word the same');
  const [left, right] = [a.terms, b.terms];
  const { matched, onlyA, onlyB } = match(left, right);
  const overlap = matched / Math.max(1, matched + onlyA.length + onlyB.length);
  const score = closeness === null ? overlap : (overlap + Math.max(0, closeness)) / 2;

  const contrast = contrastOf(a, b);
  if (contrast !== null) return different(score, contrast);
  if (matched === 0) return different(score, 'they share no term');
  if (onlyA.length === 0 && onlyB.length === 0) return same(score, 'both say the same in nearly the same words');

  if (onlyA.length > 0 && onlyB.length > 0) {
    const maybe =
      matched >= 2 && Math.max(onlyA.length, onlyB.length) <= matched && !sameFrame(left, right, onlyA, onlyB);
    if (maybe && closeness !== null && closeness >= paraphrase) return same(score, 'both say the same in other words');
    const reason = `one is about ${words(onlyA)}, the other about ${words(onlyB)}`;
    return { ...different(score, reason), undecided: maybe && closeness === null };
  }
  const extra = onlyA.length > 0 ? onlyA : onlyB;
  if (matched >= 2 && extra.every((term) => term.aside)) return same(score, 'only the subtitle of one says more');
  if (narrows(extra === onlyA ? left : right, extra)) return different(score, `only one is about ${words(extra)}`);
  const reason = `both are about the same; only one names ${words(extra)}`;
  if (matched >= extra.length * 3) return same(score, reason);
  const maybe = matched >= 2 && matched >= extra.length;
  const notFar = closeness === null ? extra.length === 1 : closeness >= related;
  const undecided = maybe && closeness === null;
  if (maybe && notFar) return { ...same(score, reason), undecided };
  return { ...different(score, `only one is about ${words(extra)}`), undecided };
}

function same(score: number, reason: string): ReadComparison {
  return { duplicate: true, score, reason, undecided: false };
}

function different(score: number, reason: string): ReadComparison {
  return { duplicate: false, score, reason, undecided: false };
}

const words = (terms: TopicTerm[]) => terms.map((term) => `"${term.word}"`).join(', ');

function match(left: TopicTerms, right: TopicTerms): { matched: number; onlyA: TopicTerm[]; onlyB: TopicTerm[] } {
  const found = (term: TopicTerm, other: TopicTerms) =>
    other.terms.some((candidate) => sameStem(term.key, candidate.key)) || other.joined.has(term.word);
  const partOfCompound = (term: TopicTerm, other: TopicTerms, own: TopicTerms) =>
    [...own.joined].some(
      (pair) => pair.includes(term.word) && other.terms.some((candidate) => candidate.word === pair),
    );
  const lacks = (own: TopicTerms, other: TopicTerms) =>
    own.terms.filter((term) => !found(term, other) && !partOfCompound(term, other, own));
  const onlyA = lacks(left, right);
  const onlyB = lacks(right, left);
  const level = left.beginner && right.beginner ? 1 : 0;
  const matched = Math.min(left.terms.length - onlyA.length, right.terms.length - onlyB.length) + level;
  return { matched, onlyA, onlyB };
}

/** Whether a phrase such as "for dentists" holds nothing but terms that the other title lacks. */
function narrows(own: TopicTerms, extra: TopicTerm[]): boolean {
  return extra.some(
    ({ phrase }) => phrase > 0 && own.terms.every((term) => term.phrase !== phrase || extra.includes(term)),
  );
}

/** What sets two topics apart whatever else they share. */
function contrastOf(a: ReadTopic, b: ReadTopic): string | null {
  const [left, right] = [a.terms, b.terms];
  if (a.numbers !== b.numbers) return `the numbers differ (${a.numbers || 'none'} and ${b.numbers || 'none'})`;
  // A year that only one names is an edition of the same article.
  if (left.years.size > 0 && right.years.size > 0 && ![...left.years].some((year) => right.years.has(year))) {
    return `the years differ (${[...left.years].join(', ')} and ${[...right.years].join(', ')})`;
  }
  if (left.advanced !== right.advanced) return 'one is for experienced readers';
  if (left.direction !== null && right.direction !== null) {
    const [fromA, toA] = left.direction;
    const [fromB, toB] = right.direction;
    if (fromA === toB && toA === fromB && fromA !== toA) return 'they go in opposite directions';
  }
  const negated = (terms: TopicTerms) => terms.terms.some((term) => term.key === '-');
  return negated(left) !== negated(right) ? 'only one is about doing without' : null;
}

/** The same sentence with another filling: the differing terms stand in the same places. */
function sameFrame(left: TopicTerms, right: TopicTerms, onlyA: TopicTerm[], onlyB: TopicTerm[]): boolean {
  const shape = (terms: TopicTerms, only: TopicTerm[]) =>
    terms.terms
      .map((term) => (only.includes(term) ? '*' : term.key.slice(0, 4)))
      .join(' ')
      .replace(/\*( \*)+/g, '*');
  return shape(left, onlyA) === shape(right, onlyB);
}
