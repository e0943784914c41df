import { createHash } from 'node:crypto';
import { v5 } from 'uuid';
import { splitSentences } from '../text/sentences.ts';
import { countWords } from '../text/words.ts';
import { type Block, type ExtractedDocument, isReadable } from './document.ts';

/** A citable piece of a document. */
export interface PassageText {
  /** Position in the document, from 0. */
  ordinal: number;
  /** The headings above it, outermost first, as "Backups > How often"; null before the first heading. */
  heading: string | null;
  /** Whole sentences; an empty line stands between paragraphs and between list items. */
  text: string;
}

const wantedWords = { min: 60, max: 160 };
/** A paragraph's end is a good place to stop once this many words are together. */
const comfortable = 100;

/** What a passage is built from: one sentence, list item or table row. */
interface Unit {
  /** What stands between it and the unit before it, when both fall into one passage. */
  before: string;
  text: string;
  words: number;
  endsBlock: boolean;
}

/**
 * Cuts a document into passages of about 60-160 words, of whole sentences under one heading. A sentence longer than 160
 * words is a passage of its own, one longer than 3,000 characters several; a section shorter than 60 words stays short rather than take on the next heading's
 * text. Left out are code (nothing in it can be claimed) and fragments: fewer than five words without the end of a
 * sentence, unless they are items of a list that a sentence introduces.
 */
export function splitPassages(document: ExtractedDocument, options: { language: string | null }): PassageText[] {
  const passages: PassageText[] = [];
  const headings: { level: number; text: string }[] = [];
  let section: Block[] = [];

  const flush = () => {
    const heading = headings.map(({ text }) => text).join(' > ') || null;
    for (const text of fill(unitsOf(section, options.language)))
      passages.push({ ordinal: passages.length, heading, text });
    section = [];
  };
  for (const block of document.blocks) {
    if (block.kind !== 'heading') {
      section.push(block);
      continue;
    }
    flush();
    const level = block.level ?? 2;
    while ((headings.at(-1)?.level ?? 0) >= level) headings.pop();
    headings.push({ level, text: block.text });
  }
  flush();
  return passages;
}

const sentenceEnd = /[.!?…:。！？।؟]["'”’»」』)\]]*$/u;

function unitsOf(blocks: Block[], language: string | null): Unit[] {
  const units: Unit[] = [];
  blocks.forEach((block, index) => {
    if (block.kind === 'code') return;
    if (!keeps(block, blocks, index)) return;
    const sentences = block.kind === 'table' ? block.text.split('\n') : splitSentences(block.text, language);
    const pieces = sentences.flatMap(cutToLength);
    let end = 0;
    pieces.forEach((text, position) => {
      const start = block.text.indexOf(text, end);
      const gap = block.kind === 'table' ? '\n\n' : block.text.slice(end, start);
      end = start + text.length;
      units.push({
        before: position === 0 ? '\n\n' : gap,
        text,
        // Twenty-five letters without a blank are no word of any language, but they fill a passage.
        words: Math.max(countWords(text), Math.ceil(text.length / 25)),
        endsBlock: position === pieces.length - 1,
      });
    });
  });
  return units;
}

/** Nobody writes such a sentence; what has no end for so long is data, or made to break what stores it. */
const maxSentence = 3_000;

/** A piece of bounded length stays as it is; a longer one is cut, between words where there are any. */
function cutToLength(sentence: string): string[] {
  const pieces: string[] = [];
  let rest = sentence;
  while (rest.length > maxSentence) {
    const blank = rest.lastIndexOf(' ', maxSentence);
    const end = blank > 0 ? blank : maxSentence;
    pieces.push(rest.slice(0, end).trim());
    rest = rest.slice(end).trim();
  }
  return [...pieces, rest].filter((piece) => piece !== '');
}

function keeps(block: Block, blocks: Block[], index: number): boolean {
  if (isCaptionOfCode(block, blocks[index + 1])) return false;
  if (isReadable(block.text) || sentenceEnd.test(block.text)) return /[\p{L}\p{N}]/u.test(block.text);
  if (block.kind === 'table') return true;
  if (block.kind !== 'list-item') return false;
  // "You need:" and then flour, water, salt: short items are text when a sentence leads to their list.
  let before = index - 1;
  while (blocks[before]?.kind === 'list-item') before--;
  const lead = blocks[before];
  return lead?.kind === 'paragraph' && /[:：]$/u.test(lead.text);
}

/** "Example 9.3. The /etc/dirvish/master.conf file": says nothing once the listing is left out. */
function isCaptionOfCode(block: Block, next: Block | undefined): boolean {
  return (
    next?.kind === 'code' && block.kind === 'paragraph' && block.text.length < 100 && !sentenceEnd.test(block.text)
  );
}

function fill(units: Unit[]): string[] {
  const groups: Unit[][] = [];
  let group: Unit[] = [];
  let words = 0;
  const close = () => {
    if (group.length > 0) groups.push(group);
    group = [];
    words = 0;
  };
  units.forEach((unit, index) => {
    const startsBlock = unit.before === '\n\n';
    const blockWords = startsBlock ? wordsToBlockEnd(units, index) : 0;
    // A paragraph that fits into a passage is kept whole when what is already there can stand alone.
    const better = startsBlock && words >= wantedWords.min && words + blockWords > wantedWords.max;
    if (words + unit.words > wantedWords.max || better) close();
    group.push(unit);
    words += unit.words;
    if (unit.endsBlock && words >= comfortable && !unit.text.endsWith(':')) close();
  });
  close();
  // A short rest of the section goes to the passage before it, if that does not make it much too long.
  const last = groups.at(-1);
  const previous = groups.at(-2);
  const sum = (list: Unit[]) => list.reduce((total, unit) => total + unit.words, 0);
  if (
    last &&
    previous &&
    sum(last) < wantedWords.min &&
    sum(last) + sum(previous) <= wantedWords.max + wantedWords.min / 2
  ) {
    groups.splice(-2, 2, [...previous, ...last]);
  }
  return groups.map((list) => list.map((unit, index) => (index === 0 ? '' : unit.before) + unit.text).join(''));
}

function wordsToBlockEnd(units: Unit[], from: number): number {
  let words = 0;
  for (let index = from; index < units.length; index++) {
    const unit = units[index];
    if (unit === undefined) break;
    words += unit.words;
    if (unit.endsBlock) break;
  }
  return words;
}

/** Fixed for ever: changing it would give every stored passage another id. */
const passageNamespace = '5f0f6a4e-6c0b-5b0e-9d5a-3b1d1c7a2e90';

/** The id of a passage, as UUID version 5 (RFC 9562): the same for the same owner, content and position. */
export function passageId(ownerId: string, hash: string, ordinal: number): string {
  return v5(`${ownerId}/${hash}/${ordinal}`, passageNamespace);
}

/** SHA-256 in hex of what a document says: kind, level and text of every block, in order. */
export function contentHash(blocks: readonly Block[]): string {
  const hash = createHash('sha256');
  for (const { kind, level, text } of blocks) hash.update(`${kind}${level ?? ''}\u0000${text}\u0001`);
  return hash.digest('hex');
}
