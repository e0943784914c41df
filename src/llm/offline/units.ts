import { splitSentences } from '../../text/sentences.ts';
import { contentTerms } from '../../text/terms.ts';
import { countWords } from '../../text/words.ts';
import type { PassageInput } from '../tasks.ts';
import { isQuotable, isQuotableItem, leansBack, standsAlone } from './readable.ts';

/** A sentence of a passage, as it stands there. */
export interface SourceSentence {
  text: string;
  words: number;
  terms: string[];
}

/**
 * The smallest thing that the writer moves: some sentences that follow each other in one paragraph of a source, the
 * first of which can be read alone; or a list with the sentence that leads to it. Taking neighbours together keeps what
 * single extracted sentences lose: "It" and "therefore" still have what they point at.
 */
export interface Unit {
  kind: 'text' | 'list';
  ref: string;
  source: string;
  /** Position of the passage in the input, and of the unit among all units. */
  passage: number;
  order: number;
  /** The sentences, or the lead of a list. */
  sentences: SourceSentence[];
  items: SourceSentence[];
  words: number;
  terms: string[];
  /** Terms of the headings above the passage. */
  headingTerms: string[];
  /** The innermost heading above the passage, as it stands there. */
  heading: string;
  /** Whether it begins its paragraph; what begins later may miss something said before. */
  opens: boolean;
  /** Whether its first sentence points back: taken only where better material has run out. */
  leans: boolean;
}

/** A unit is a thought, not a page: it ends after this many sentences or words. */
const unitLimits = { sentences: 4, words: 95, items: 7 };

/** Cuts passages into units, in order; what cannot be quoted is left out. `language` is that of the passages. */
export function unitsOf(passages: readonly PassageInput[], language: string | null): Unit[] {
  const units: Unit[] = [];
  passages.forEach((passage, index) => {
    const headingTerms = contentTerms(`${passage.heading ?? ''} ${passage.sourceTitle}`, language);
    const heading = passage.heading?.split(' > ').at(-1) ?? '';
    const add = (kind: Unit['kind'], sentences: SourceSentence[], items: SourceSentence[], opens: boolean) => {
      const all = [...sentences, ...items];
      units.push({
        kind,
        ref: passage.ref,
        source: passage.source,
        passage: index,
        order: units.length,
        sentences,
        items,
        words: all.reduce((sum, { words }) => sum + words, 0),
        terms: all.flatMap(({ terms }) => terms),
        headingTerms,
        heading,
        opens,
        leans: sentences[0] !== undefined && leansBack(sentences[0].text, language),
      });
    };
    const paragraphs = passage.text.split(/\n\s*\n/u).map((text) => text.trim());
    for (let at = 0; at < paragraphs.length; at++) {
      const sentences = splitSentences(paragraphs[at] ?? '', language);
      const items = listAfter(paragraphs, at, language);
      const lead = sentences.at(-1);
      if (
        items &&
        lead !== undefined &&
        isQuotable(lead.replace(/[:：]$/u, '.'), language) &&
        standsAlone(lead, language)
      ) {
        for (const run of runs(sentences.slice(0, -1), language)) add('text', run, [], run[0]?.text === sentences[0]);
        add(
          'list',
          [sentenceOf(lead, language)],
          items.map((item) => sentenceOf(item, language)),
          true,
        );
        at += items.length;
      } else {
        for (const run of runs(sentences, language)) add('text', run, [], run[0]?.text === sentences[0]);
      }
    }
  });
  return units;
}

/** What stands together: a readable head and its readable followers, without a gap. */
function runs(sentences: string[], language: string | null): SourceSentence[][] {
  const found: SourceSentence[][] = [];
  let run: SourceSentence[] = [];
  let words = 0;
  const close = () => {
    if (run.length > 0) found.push(run);
    run = [];
    words = 0;
  };
  for (const text of sentences) {
    const alone = standsAlone(text, language);
    if (!isQuotable(text, language)) {
      close();
      continue;
    }
    const sentence = sentenceOf(text, language);
    const full = run.length >= unitLimits.sentences || words + sentence.words > unitLimits.words;
    // A new thought begins where a sentence can stand alone and enough is together already.
    if (full || (alone && run.length >= 2 && words >= 40)) close();
    if (run.length === 0 && !alone && !leansBack(text, language)) continue;
    run.push(sentence);
    words += sentence.words;
  }
  close();
  return found;
}

/**
 * The items of the list that the paragraph at `at` leads to ("You need:"). Passages keep list items as paragraphs of
 * their own. All of the list has to be quotable and of similar length: half a list is worse than none.
 */
function listAfter(paragraphs: string[], at: number, language: string | null): string[] | null {
  if (!/[:：]$/u.test(paragraphs[at] ?? '')) return null;
  const items: string[] = [];
  for (const text of paragraphs.slice(at + 1)) {
    if (splitSentences(text, language).length > 1 || /[:：]$/u.test(text)) break;
    items.push(text);
  }
  if (items.length < 3 || items.length > unitLimits.items) return null;
  if (!items.every((item) => isQuotableItem(item, language))) return null;
  const finished = items.filter((item) => /[.!。]$/u.test(item)).length;
  return finished === 0 || finished === items.length || finished === 1 ? items : null;
}

function sentenceOf(text: string, language: string | null): SourceSentence {
  return { text, words: countWords(text), terms: contentTerms(text, language) };
}
