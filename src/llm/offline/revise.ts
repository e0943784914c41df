import { contentTerms } from '../../text/terms.ts';
import { countWords } from '../../text/words.ts';
import type { Sentence, TaskInput, TaskOutput } from '../tasks.ts';
import { centrality, inverseFrequencies, vectorOf } from './rank.ts';

/** What a source bears out is worth this much more than what only connects. */
const cited = 0.5;

/**
 * Shortens a text to its most central sentences, word for word and in their order, until "words" are together. Throws for
 * every other wish: saying something in other words takes a model.
 */
export function reviseBlocks({ action, blocks, words, language }: TaskInput<'revise'>): TaskOutput<'revise'> {
  if (action !== 'shorten') throw new Error(`The offline writer cannot "${action}": it only repeats sentences.`);
  const sentences = blocks.flatMap((block) => block.sentences);
  const terms = sentences.map(({ text }) => contentTerms(text, language));
  const idf = inverseFrequencies(terms);
  const central = centrality(terms.map((list) => vectorOf(list, idf)));
  const ranked = sentences
    .map((sentence, index) => ({
      sentence,
      score: (central[index] ?? 0) + (sentence.citations.length > 0 ? cited : 0),
      words: countWords(sentence.text),
    }))
    .sort((a, b) => b.score - a.score);
  const kept = new Set<Sentence>();
  let total = 0;
  for (const one of ranked) {
    if (kept.size > 0 && total + one.words > words) continue;
    kept.add(one.sentence);
    total += one.words;
  }
  return {
    blocks: blocks.flatMap(({ type, sentences: list }) => {
      const left = list.filter((sentence) => kept.has(sentence));
      return left.length > 0 ? [{ type, sentences: left }] : [];
    }),
  };
}
