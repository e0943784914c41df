import { splitSentences } from '../../src/text/sentences.ts';
import { countWords } from '../../src/text/words.ts';
import { diligentScript, type Script } from '../../test/fakes/scripted-model.ts';

/**
 * What a model answers that takes no time: sections of the wanted length out of whole sentences of the passages, each
 * with its quote. Everything it writes holds, so that the check has the most to do.
 */
export function instantWriter(sectionCount: number): Script {
  return {
    ...diligentScript,
    outline: ({ passages, words }) => {
      const each = Math.ceil(passages.length / sectionCount);
      const parts = Array.from({ length: sectionCount }, (_, index) =>
        passages.slice(index * each, (index + 1) * each),
      );
      return {
        sections: parts
          .filter((part) => part.length > 0)
          .map((part, index) => ({
            heading: `What the sources say about backups, part ${index + 1}`,
            goal: 'To know what the sources say.',
            refs: part.map(({ ref }) => ref),
            words: Math.round((words.min + words.max) / 2 / sectionCount),
          })),
        wantsFaq: false,
      };
    },
    'draft-section': ({ passages, words, language, alreadyWritten }) => {
      const written = new Set(alreadyWritten);
      const sentences: { text: string; citations: { ref: string; quote: string }[] }[] = [];
      let count = 0;
      const told = passages.map(({ ref, text }) => ({ ref, quotes: splitSentences(text, language) }));
      // A sentence of each passage in turn, so that all sources have their say.
      for (let turn = 0; count < words && turn < 20; turn++) {
        for (const { ref, quotes } of told) {
          const quote = quotes[turn];
          if (!quote || count >= words || written.has(quote) || countWords(quote) < 5) continue;
          written.add(quote);
          count += countWords(quote);
          sentences.push({ text: quote, citations: [{ ref, quote }] });
        }
      }
      const blocks = [];
      for (let start = 0; start < sentences.length; start += 4) {
        blocks.push({ type: 'paragraph' as const, sentences: sentences.slice(start, start + 4) });
      }
      return { blocks };
    },
  };
}
