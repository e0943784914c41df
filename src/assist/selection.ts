import type { Nodes, Paragraph } from 'mdast';
import { type CheckedSentence, findClaims, type StandingClaim } from '../articles/claim-states.ts';
import { escapeMarkdown, renderMarkdown } from '../articles/markdown.ts';
import { readText, sentencesOf, type TextBlock } from '../articles/text-blocks.ts';
import { AppError } from '../errors.ts';
import type { Block } from '../llm/tasks.ts';

/** A sentence of a selection, with what it rests on. */
export interface SelectedSentence {
  text: string;
  /** Ids of the claims that it states, word for word or nearly. */
  claimIds: string[];
}

/** A selection taken apart. */
export interface Selection {
  blocks: { type: Block['type']; sentences: SelectedSentence[] }[];
  /** The footnotes that stand in it, each once. */
  labels: string[];
  /** Its links and emphasised words: the text as it reads, and the Markdown that makes it. */
  phrases: { text: string; markdown: string }[];
}

const mark = /\[\^([^\]\s]+)\]/g;

/**
 * Takes a selected stretch of Markdown apart into sentences. Only paragraphs and flat lists can be put in other words.
 * @throws AppError invalid_request for anything else
 */
export function readSelection(
  markdown: string,
  claims: readonly CheckedSentence[],
  language: string | null,
): Selection {
  const labels = [...new Set([...markdown.matchAll(mark)].map(([, label = '']) => label))];
  // A mark without its footnote would be read as words.
  const notes = labels.map((label) => `[^${label}]: Note`).join('\n\n');
  const whole = notes ? `${markdown}\n\n${notes}\n` : markdown;
  const read = readText(whole, renderMarkdown(whole).source);
  const standing = findClaims(read, claims, language);
  const selection: Selection = { blocks: [], labels, phrases: [] };
  const blockOf = ({ position }: Paragraph) => read.blocks.find(({ start }) => start === position?.start.offset);
  for (const node of read.tree.children) {
    if (node.type === 'footnoteDefinition' && (node.position?.start.offset ?? 0) > markdown.length) continue;
    if (node.type === 'paragraph') {
      const block = blockOf(node);
      const sentences = block ? readSentences(block, standing, language) : [];
      if (sentences.length > 0) selection.blocks.push({ type: 'paragraph', sentences });
    } else if (node.type === 'list') {
      const items = node.children.map(({ children }) => {
        const [only, ...more] = children;
        if (only?.type !== 'paragraph' || more.length > 0) throw unfit();
        const block = blockOf(only);
        const sentences = block ? readSentences(block, standing, language) : [];
        return {
          text: sentences.map(({ text }) => text).join(' '),
          claimIds: sentences.flatMap(({ claimIds }) => claimIds),
        };
      });
      const sentences = items.filter(({ text }) => text !== '');
      if (sentences.length > 0) selection.blocks.push({ type: node.ordered ? 'numbered' : 'bullets', sentences });
    } else throw unfit();
    collectPhrases(node, whole, selection.phrases);
  }
  if (selection.blocks.length === 0) {
    throw new AppError('invalid_request', 'There are no words in the selection.', {
      hint: 'Select at least one sentence.',
    });
  }
  return selection;
}

function unfit(): AppError {
  return new AppError('invalid_request', 'Only paragraphs and simple lists can be put in other words.', {
    hint: 'Select text without headings, tables, quotes, images, code or footnotes of its own.',
  });
}

function readSentences(block: TextBlock, standing: StandingClaim[], language: string | null): SelectedSentence[] {
  return sentencesOf(block, language).map(({ text, start, end }) => ({
    text: text.replace(/\s+/g, ' '),
    claimIds: standing.flatMap(({ id, at }) => (at && at.start < end && start < at.end ? [id] : [])),
  }));
}

/** The outermost links and emphasised words below a node; an image has no words that could be kept. */
function collectPhrases(node: Nodes, markdown: string, found: Selection['phrases']): void {
  if (node.type === 'image' || node.type === 'imageReference' || node.type === 'html') throw unfit();
  if (['link', 'strong', 'emphasis', 'delete'].includes(node.type)) {
    const source = markdown.slice(node.position?.start.offset, node.position?.end.offset);
    const text = wordsOf(node);
    if (text.trim() !== '') found.push({ text, markdown: source });
    return;
  }
  if ('children' in node) for (const child of node.children) collectPhrases(child, markdown, found);
}

function wordsOf(node: Nodes): string {
  if ('value' in node) return node.value;
  return 'children' in node ? node.children.map(wordsOf).join('') : '';
}

/** Gives links and emphasis back to the words that had them, where they still stand: each once, none inside another. */
export function keepPhrases(markdown: string, phrases: Selection['phrases']): string {
  const spots: { start: number; end: number; markdown: string }[] = [];
  for (const phrase of phrases) {
    const words = escapeMarkdown(phrase.text);
    let start = markdown.indexOf(words);
    const isFree = (at: number) =>
      isBorder(markdown, at, at + words.length) &&
      spots.every((spot) => at >= spot.end || at + words.length <= spot.start);
    while (start >= 0 && !isFree(start)) start = markdown.indexOf(words, start + 1);
    if (start >= 0) spots.push({ start, end: start + words.length, markdown: phrase.markdown });
  }
  return spots
    .sort((a, b) => b.start - a.start)
    .reduce((text, spot) => text.slice(0, spot.start) + spot.markdown + text.slice(spot.end), markdown);
}

const isBorder = (text: string, start: number, end: number) =>
  !/[\p{L}\p{N}]$/u.test(text.slice(0, start)) && !/^[\p{L}\p{N}]/u.test(text.slice(end));
