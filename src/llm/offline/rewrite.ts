import { contentTerms } from '../../text/terms.ts';
import type { TaskInput, TaskOutput } from '../tasks.ts';
import { cosine, inverseFrequencies, vectorOf } from './rank.ts';
import { Said } from './repetition.ts';
import { quote } from './section.ts';
import { unitsOf } from './units.ts';

/** Below this likeness a sentence says something else than the claim did. */
const closeEnough = 0.3;

/** Puts in place of each claim the sentence of its passages that is closest to it; null where none is close. */
export function rewriteClaims(input: TaskInput<'rewrite'>, sourceLanguage: string | null): TaskOutput<'rewrite'> {
  const said = new Said([], sourceLanguage);
  const rewrites = input.claims.map(({ id, text, passages }) => {
    const units = unitsOf(passages, sourceLanguage).filter((unit) => unit.sentences.length > 0);
    const idf = inverseFrequencies(units.map(({ terms }) => terms));
    const claim = vectorOf(contentTerms(text, sourceLanguage), idf);
    // Only heads: what replaces a claim stands between sentences it does not know.
    const best = units
      .flatMap((unit) => {
        const head = unit.sentences[0];
        return head ? [{ unit, head, likeness: cosine(claim, vectorOf(head.terms, idf)) }] : [];
      })
      .filter(({ head, likeness }) => likeness >= closeEnough && !said.has(head.text))
      .sort((a, b) => b.likeness - a.likeness)[0];
    if (!best) return { id, sentence: null };
    said.add(best.head.text);
    return { id, sentence: quote(best.head, best.unit) };
  });
  return { rewrites };
}
