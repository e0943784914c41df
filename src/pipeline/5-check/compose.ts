import { escapeLinkText, escapeMarkdown } from '../../articles/markdown.ts';
import type { Source } from '../../knowledge/schema.ts';
import type { DraftBlock, DraftOutput, DraftPart, DraftSentence } from '../4-draft/step.ts';

/** A sentence that stays, with the sources its claims rest on. */
export interface KeptSentence {
  text: string;
  sourceIds: string[];
}

/** What became of each sentence of the draft, by its place: null where it was removed. */
export type Fate = (sentence: DraftSentence, index: number) => KeptSentence | null;

/** The article's text, and the sources in the order of their footnote numbers. */
export interface Composed {
  markdown: string;
  sourceIds: string[];
  /** Sentences that stand in the text. */
  sentences: number;
}

/**
 * Puts the article together as Markdown. Each source has one footnote; within a paragraph a run of sentences from the
 * same source carries its mark once, at the end of the run, as a person would set it. Blocks and sections of which
 * nothing is left disappear with their headings.
 */
export function composeMarkdown(draft: DraftOutput, fate: Fate, sources: Source[]): Composed {
  const numbers = new Map<string, number>();
  let place = 0;
  let sentences = 0;
  const next = (list: DraftSentence[]) =>
    list.flatMap((sentence) => {
      const kept = fate(sentence, place++);
      if (kept) sentences++;
      return kept ? [kept] : [];
    });
  const mark = (ids: string[]) =>
    [...new Set(ids)]
      .map((id) => {
        const number = numbers.get(id) ?? numbers.size + 1;
        numbers.set(id, number);
        return `[^${number}]`;
      })
      .join('');
  const paragraph = (kept: KeptSentence[]) => composeSentences(kept, mark);
  const block = ({ type, sentences: list }: DraftBlock): string[] => {
    const kept = next(list);
    return kept.length === 0 ? [] : [composeBlock(type, kept, mark)];
  };
  const section = (heading: string | null, blocks: DraftBlock[]): string[] => {
    const text = blocks.flatMap(block);
    return text.length > 0 && heading ? [`## ${escapeMarkdown(heading)}`, ...text] : text;
  };
  /** A section of which only connecting words are left says nothing: its places are passed over. */
  const provenSection = ({ heading, blocks }: DraftPart): string[] => {
    const list = blocks.flatMap((one) => one.sentences);
    const proven = list.some((sentence, index) => fate(sentence, place + index)?.sourceIds.length);
    if (proven) return section(heading, blocks);
    place += list.length;
    return [];
  };

  const body = [...section(null, draft.introduction.blocks)];
  for (const part of draft.sections) body.push(...provenSection(part));
  const answers = draft.faq.flatMap(({ question, answer }) => {
    const kept = next(answer);
    return kept.length > 0 ? [`### ${escapeMarkdown(question)}`, paragraph(kept)] : [];
  });
  if (answers.length > 0) body.push(`## ${escapeMarkdown(draft.faqHeading ?? 'FAQ')}`, ...answers);
  body.push(...section(draft.conclusion.heading, draft.conclusion.blocks));

  const sourceIds = [...numbers].sort((a, b) => a[1] - b[1]).map(([id]) => id);
  const byId = new Map(sources.map((source) => [source.id, source]));
  const notes = sourceIds.flatMap((id, index) => {
    const source = byId.get(id);
    return source ? [`[^${index + 1}]: ${footnote(source)}`] : [];
  });
  return { markdown: `${[...body, notes.join('\n\n')].filter(Boolean).join('\n\n')}\n`, sourceIds, sentences };
}

/** A block as Markdown; `mark` writes the footnotes of sources. */
export function composeBlock(
  type: DraftBlock['type'],
  kept: KeptSentence[],
  mark: (sourceIds: string[]) => string,
): string {
  if (type === 'paragraph') return composeSentences(kept, mark);
  return kept
    .map((item, index) => `${type === 'bullets' ? '-' : `${index + 1}.`} ${composeSentences([item], mark)}`)
    .join('\n');
}

function composeSentences(kept: KeptSentence[], mark: (sourceIds: string[]) => string): string {
  return kept
    .map((sentence, index) => {
      const follows = kept[index + 1];
      const goesOn = follows && sameSources(follows.sourceIds, sentence.sourceIds);
      const text = escapeMarkdown(sentence.text) + (goesOn ? '' : mark(sentence.sourceIds));
      // Chinese and Japanese set no blank after a full stop.
      return !follows || /[。！？][”’」』）]*$/u.test(sentence.text) ? text : `${text} `;
    })
    .join('');
}

const sameSources = (a: string[], b: string[]) => a.length === b.length && a.every((id) => b.includes(id));

/** Author, title with its link, site and date, as far as they are known. */
function footnote(source: Source): string {
  const linked = source.url
    ? `[${escapeLinkText(source.title)}](<${source.url.replace(/[<>\s\\]/g, encodeURIComponent)}>)`
    : escapeMarkdown(source.title);
  const parts = [
    source.author && escapeMarkdown(source.author),
    linked,
    source.siteName && escapeMarkdown(source.siteName),
  ];
  if (source.publishedAt) parts.push(source.publishedAt.toISOString().slice(0, 10));
  return `${parts.filter(Boolean).join(', ')}.`;
}
