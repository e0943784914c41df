import { contentTerms } from '../../text/terms.ts';
import { type Aim, inverseFrequencies, relevance, type Scored, scoreUnits } from './rank.ts';
import type { Unit } from './units.ts';

/** An opening of more words tires before the matter begins. */
const openingWords = { min: 18, max: 95 };

/** "An X is a ..." in some languages: what a reader wants first. */
const defines =
  /^[\p{L}\s'’“”"«»/-]{2,60}\s(?:(?:is|are)\s(?:an?|the|one of)|(?:ist|sind)\s(?:eine?|der|die|das)|(?:est|sont)\s(?:une?|le|la|les|des)|(?:es|son)\s(?:una?|el|la|los|las)|(?:è|sono)\s(?:un[ao']?|il|la)|(?:é|são)\s(?:uma?|o|a)|(?:is|zijn)\s(?:een|de|het)|(?:to|jest)\s|(?:—|–|это)\s)/iu;

/**
 * Units that could open an article, best first: they begin a paragraph, speak of the subject in their own first
 * sentence, and name no file or command. Text before the first heading of a source is an opening already.
 */
export function openings(units: readonly Unit[], keyword: string, aim: Aim, language: string | null): Scored[] {
  const idf = inverseFrequencies(units.map(({ terms }) => terms));
  const subject = new Set(contentTerms(keyword, language));
  const about = (text: string) => {
    const terms = new Set(contentTerms(text, language));
    return [...subject].filter((term) => terms.has(term)).length / Math.max(1, subject.size);
  };
  return scoreUnits(units, aim)
    .filter(({ unit }) => unit.kind === 'text' && unit.opens && !unit.leans)
    .filter(({ unit }) => unit.words >= openingWords.min && unit.words <= openingWords.max)
    .flatMap((entry) => {
      const { unit } = entry;
      const first = unit.sentences[0];
      if (!first) return [];
      const text = unit.sentences.map((sentence) => sentence.text).join(' ');
      const defined = defines.exec(first.text)?.[0];
      const score =
        entry.score +
        relevance({ terms: first.terms, headingTerms: [] }, aim, idf) +
        0.4 * about(firstHalf(first.text)) +
        0.3 * about(unit.heading) +
        (defined === undefined ? 0 : 0.4 * about(defined)) +
        (unit.heading === '' ? 0.25 : 0) -
        (technical.test(text) ? 0.3 : 0);
      return [{ ...entry, score }];
    })
    .sort((a, b) => b.score - a.score || a.unit.order - b.unit.order);
}

/** Files, commands and settings: true perhaps, but neither an opening nor anything to take home. */
export const technical = /\/\w|\w_\w|\b[\w-]+\.(?:conf|html|php|list|log|com|org)\b|:\s?\d|\d+\.\d+\.\d+/u;

/** A sentence speaks of what it names early; what comes late is by the way. */
function firstHalf(text: string): string {
  return text.slice(0, Math.max(60, Math.ceil(text.length / 2)));
}

/** The best of {@link openings}, if there is any. */
export function bestOpening(
  units: readonly Unit[],
  keyword: string,
  aim: Aim,
  language: string | null,
): Scored | undefined {
  return openings(units, keyword, aim, language)[0];
}
