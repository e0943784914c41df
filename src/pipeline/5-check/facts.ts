import type { CitablePassage } from '../../knowledge/store.ts';
import { containsVerbatim } from '../../text/match.ts';
import { contentTerms, namesIn, numbersIn } from '../../text/terms.ts';
import { wordsIn } from '../../text/words.ts';
import type { DraftSentence } from '../4-draft/step.ts';

/** What a sentence is, as far as it can be told without a model. */
export type Finding =
  /** Nothing to prove: it connects or addresses the reader. */
  | { kind: 'connective' }
  /** Quote, numbers and names were found: a model may judge it. `passages` are those whose quotes stand. */
  | { kind: 'grounded'; passage: CitablePassage; quote: string }
  /** It cannot stay as it is. */
  | { kind: 'ungrounded'; reason: string; passage: CitablePassage | null; quote: string | null };

/** A shorter quote could stand anywhere by chance. Scripts without spaces count by their word segmenter. */
const minQuoteWords = 3;
/**
 * More content words than this make a sentence a statement, which needs a source. Introduction and conclusion speak to
 * the reader and may take more room for it; numbers and names need a source there as everywhere.
 */
const maxConnectiveTerms = { section: 6, frame: 14 } as const;
export type PartKind = keyof typeof maxConnectiveTerms;

/**
 * Checks a sentence against the passages it cites, without a model: every quote has to stand verbatim in its stored
 * passage (white space and quotation marks aside), and every number, date and name of the sentence in one of those
 * passages. `common` are texts whose names need no proof: the topic and title the article is about.
 */
export function examine(
  sentence: DraftSentence,
  passages: Map<string, CitablePassage>,
  language: string,
  common: string,
  kind: PartKind,
): Finding {
  const { text, citations } = sentence;
  const names = namesIn(text, language).filter((name) => !containsName(common, name));
  const numbers = numbersIn(text, language);
  if (citations.length === 0) {
    const plain = names.length === 0 && numbers.length === 0;
    if (plain && contentTerms(text, language).length <= maxConnectiveTerms[kind]) return { kind: 'connective' };
    const reason = plain
      ? 'It states something without citing a source.'
      : `It names ${[...numbers, ...names].slice(0, 3).join(', ')} without citing a source.`;
    return { kind: 'ungrounded', reason, passage: null, quote: null };
  }
  const cited: { passage: CitablePassage; quote: string }[] = [];
  for (const { passageId, quote } of citations) {
    const passage = passageId ? passages.get(passageId) : undefined;
    if (!passage) {
      return { kind: 'ungrounded', reason: 'It cites a passage that does not exist.', passage: null, quote: null };
    }
    if (!containsVerbatim(passage.text, quote)) {
      return { kind: 'ungrounded', reason: 'Its quote does not stand in the cited passage.', passage, quote };
    }
    if (wordsIn(quote).length < minQuoteWords) {
      return { kind: 'ungrounded', reason: 'Its quote is too short to prove anything.', passage, quote };
    }
    cited.push({ passage, quote });
  }
  const [first] = cited;
  if (!first) throw new Error('a sentence with citations has a first one');
  const ground = cited
    .map(({ passage }) => `${passage.heading ?? ''} ${passage.text} ${passage.sourceTitle}`)
    .join(' ');
  const proven = new Set(numbersIn(ground, language));
  const missing = [
    ...numbers.filter((number) => !proven.has(number)),
    ...names.filter((name) => !containsName(ground, name)),
  ];
  if (missing.length > 0) {
    const reason = `The cited passage does not mention ${missing.slice(0, 3).join(', ')}.`;
    return { kind: 'ungrounded', reason, ...first };
  }
  return { kind: 'grounded', ...first };
}

/** Whole-word, case-insensitive: "Ann" does not stand in "planning". */
function containsName(text: string, name: string): boolean {
  // NFKC would turn the signs of trade marks into letters.
  const plain = (part: string) => part.replace(/[™®©℠]/g, '').normalize('NFKC');
  const escaped = plain(name).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'iu').test(plain(text));
}
