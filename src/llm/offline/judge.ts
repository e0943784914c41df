import { containsVerbatim } from '../../text/match.ts';
import { splitSentences } from '../../text/sentences.ts';
import { contentTerms, numbersIn } from '../../text/terms.ts';
import type { TaskInput, TaskOutput } from '../tasks.ts';
import { cuesFor } from './cues.ts';

type Claim = TaskInput<'judge'>['claims'][number];
type Verdict = TaskOutput<'judge'>['verdicts'][number];

/** From this share of common terms on, a sentence of the passage speaks of the same as the claim. */
const sameMatter = 0.6;

/**
 * Judges by words alone, so it errs towards "unsupported": a claim holds when it stands verbatim in its passage, or when
 * every content term and number of it does and nothing turns it round.
 */
export function judgeClaims(input: TaskInput<'judge'>): TaskOutput<'judge'> {
  return { verdicts: input.claims.map((claim) => judge(claim, input.language)) };
}

function judge({ id, text, passage }: Claim, language: string): Verdict {
  const verdict = (name: Verdict['verdict'], reason: string): Verdict => ({ id, verdict: name, reason });
  if (containsVerbatim(passage, text)) return verdict('supported', 'It stands word for word in the passage.');

  const terms = new Set(contentTerms(text, language));
  const closest = closestSentence(terms, passage, language);
  if (closest && closest.share >= sameMatter) {
    const numbers = numbersIn(text, language);
    const there = new Set(numbersIn(passage, language));
    const foreign = numbers.filter((number) => !there.has(number));
    if (foreign.length > 0 && numbersIn(closest.text, language).length > 0) {
      return verdict('contradicted', `The passage gives another number than ${foreign.join(', ')}.`);
    }
    if (negations(text, language) % 2 !== negations(closest.text, language) % 2) {
      return verdict('contradicted', 'One of the claim and the passage says "not" and the other does not.');
    }
  }
  const here = new Set(contentTerms(passage, language));
  const missing = [...terms].filter((term) => !here.has(term));
  const numbers = new Set(numbersIn(passage, language));
  missing.push(...numbersIn(text, language).filter((number) => !numbers.has(number)));
  if (terms.size === 0 || missing.length > 0) {
    return verdict('unsupported', `The passage does not mention ${missing.slice(0, 4).join(', ') || 'it'}.`);
  }
  if (!closest || closest.share < 0.5)
    return verdict('unsupported', 'Its words stand in the passage, but not together.');
  return verdict('supported', 'All its terms and numbers stand in the passage.');
}

function closestSentence(
  terms: Set<string>,
  passage: string,
  language: string,
): { text: string; share: number } | null {
  let best: { text: string; share: number } | null = null;
  for (const text of splitSentences(passage, language)) {
    const here = new Set(contentTerms(text, language));
    const share = [...terms].filter((term) => here.has(term)).length / Math.max(1, terms.size);
    if (!best || share > best.share) best = { text, share };
  }
  return best;
}

function negations(text: string, language: string): number {
  const { negations: pattern } = cuesFor(language);
  return text.match(new RegExp(pattern.source, 'giu'))?.length ?? 0;
}
