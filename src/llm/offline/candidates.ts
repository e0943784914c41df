import { splitSentences } from '../../text/sentences.ts';
import { contentTerms } from '../../text/terms.ts';
import { countWords, wordsIn } from '../../text/words.ts';
import type { PassageInput, Sentence } from '../tasks.ts';
import { wordsFor } from './phrases.ts';

/** A sentence of a passage that can stand on its own, or together with the one that leans on it. */
export interface Candidate {
  ref: string;
  source: string;
  /** Position of its passage among those given, and of its first sentence in the passage. */
  passage: number;
  at: number;
  /** Verbatim sentences: one, or two of which the second leans on the first. */
  texts: string[];
  words: number;
  terms: string[];
  /** True when its passage shows it as one of several list items. */
  item: boolean;
}

const length = { min: 6, max: 45 };
/** Unspaced scripts count fewer, longer "words". */
const unspaced = new Set(['zh', 'ja', 'th', 'km', 'lo', 'my']);

/**
 * Every sentence of the passages that a reader understands without what stood around it. A sentence that points back
 * ("This is why...") is kept only together with the one it points at, and only when that one is good itself.
 */
export function findCandidates(passages: PassageInput[], language: string): Candidate[] {
  const found: Candidate[] = [];
  for (const [index, passage] of passages.entries()) {
    const sentences = splitSentences(passage.text, language).map((text) => text.replace(/\s+/g, ' ').trim());
    let previous: Candidate | null = null;
    for (const [at, text] of sentences.entries()) {
      if (!isSound(text, language)) {
        previous = null;
        continue;
      }
      const leans = pointsBack(text, language);
      if (leans) {
        if (previous && previous.texts.length === 1) {
          previous.texts.push(text);
          previous.words += countWords(text);
          previous.terms = contentTerms(previous.texts.join(' '), language);
        }
        previous = null;
        continue;
      }
      previous = {
        ref: passage.ref,
        source: passage.source,
        passage: index,
        at,
        texts: [text],
        words: countWords(text),
        terms: contentTerms(text, language),
        item: false,
      };
      found.push(previous);
    }
  }
  return found.filter((candidate) => candidate.terms.length >= 3);
}

/** Each sentence of a candidate with its citation: the quote is the sentence itself. */
export function cite(candidate: Candidate): Sentence[] {
  return candidate.texts.map((text) => ({ text, citations: [{ ref: candidate.ref, quote: text }] }));
}

/** Whole, of a readable length, and neither code, question, heading, advertisement nor a word to the site's own readers. */
export function isSound(text: string, language: string): boolean {
  const words = countWords(text);
  const min = unspaced.has(language) ? 4 : length.min;
  if (words < min || words > length.max) return false;
  if (!/[.!。！।۔]["'”’»)\]]*$/u.test(text) || /\.\.\.$|…$/.test(text)) return false;
  if (!/^["'“„«(]?[\p{Lu}\p{Lo}\p{N}]/u.test(text)) return false;
  if (/[{}<>|\\^~=]|->|::|\/\/|https?:|www\.|\$\s|\bsudo\b|#\d|[_`]/.test(text)) return false;
  if (!balanced(text)) return false;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (letters < text.length * 0.6 && !unspaced.has(language)) return false;
  const capitals = text.match(/\p{Lu}/gu)?.length ?? 0;
  if (capitals > letters * 0.35 && letters > 0 && /\p{Ll}/u.test(text)) return false;
  const lower = ` ${wordsIn(text.toLowerCase()).join(' ')} `;
  return !wordsFor('outOfPlace', language).some((phrase) => lower.includes(` ${phrase} `));
}

/** Opens with a word that only makes sense after another sentence. */
export function pointsBack(text: string, language: string): boolean {
  const opening = ` ${wordsIn(text.toLowerCase()).slice(0, 4).join(' ')} `;
  return wordsFor('pointingBack', language).some((phrase) => opening.startsWith(` ${phrase} `));
}

function balanced(text: string): boolean {
  const count = (character: string) => text.split(character).length - 1;
  return (
    count('(') === count(')') &&
    count('[') === count(']') &&
    count('“') + count('„') <= count('”') + count('“') &&
    count('«') === count('»') &&
    count('"') % 2 === 0
  );
}
