import { contentTerms } from '../../text/terms.ts';

/** What a topic is compared by. */
export interface TopicSignature {
  text: string;
  language: string | null;
  vector: number[] | null;
}

export function compareTopics(a: TopicSignature, b: TopicSignature): { duplicate: boolean; score: number; reason: string } {
  const left = new Set(contentTerms(a.text, a.language));
  const right = new Set(contentTerms(b.text, b.language));
  const common = [...left].filter((term) => right.has(term)).length;
  const score = common / Math.max(1, Math.min(left.size, right.size));
  return { duplicate: score >= 0.8, score, reason: 'nearly the same words' };
}
