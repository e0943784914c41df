import { splitSentences } from '../../text/sentences.ts';
import type { PassageInput, Sentence } from '../tasks.ts';
import { cleanHeading } from './headings.ts';
import { isQuestion, isQuotable, standsAlone } from './readable.ts';
import type { Said } from './repetition.ts';

/** A question that a source asks itself, with its answer there. */
export interface SourceQuestion {
  question: string;
  answer: Sentence[];
  source: string;
}

/** An answer says it in a few sentences. */
const answerSentences = 3;

/**
 * Questions that the passages hold as headings, each with the first sentences under it. Nothing is asked that a source
 * did not ask, and nothing answered with what the article has said already.
 */
export function findQuestions(
  passages: readonly PassageInput[],
  said: Said,
  language: string | null,
): SourceQuestion[] {
  const found: SourceQuestion[] = [];
  for (const passage of passages) {
    const leaf = passage.heading?.split(' > ').at(-1) ?? '';
    const question = isQuestion(leaf) ? cleanHeading(leaf) : null;
    if (question === null || found.some((other) => other.question === question)) continue;
    const sentences = splitSentences(passage.text.split(/\n\s*\n/u)[0] ?? '', language);
    const answer: Sentence[] = [];
    for (const text of sentences.slice(0, answerSentences)) {
      if (!isQuotable(text, language) || said.has(text)) break;
      if (
        answer.length === 0 &&
        !standsAlone(text, language) &&
        !/^["'“„«]*(yes|no|ja|nein|oui|non|sí|no|sì|sim|não|nee|tak|nie|да|нет)(?![\p{L}])/iu.test(text)
      )
        break;
      answer.push({ text, citations: [{ ref: passage.ref, quote: text }] });
    }
    if (answer.length > 0) found.push({ question, answer, source: passage.source });
  }
  return found;
}
