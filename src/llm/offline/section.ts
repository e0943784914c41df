import { contentTerms } from '../../text/terms.ts';
import { countWords } from '../../text/words.ts';
import type { Block, Sentence, TaskInput, TaskOutput } from '../tasks.ts';
import { cleanHeading } from './headings.ts';
import { type Phrases, phrasesFor } from './phrases.ts';
import { aimAt, cosine, pick, type Scored, scoreUnits, type Vector } from './rank.ts';
import { Said, withoutRepetition } from './repetition.ts';
import { type SourceSentence, type Unit, unitsOf } from './units.ts';

/** Words in a paragraph before the next unit starts a new one. */
const paragraphWords = 110;
const paragraphSentences = 5;

/** The text of one section: the best units of its passages, as paragraphs and at most one list. */
export function writeSection(
  input: TaskInput<'draft-section'>,
  sourceLanguage: string | null,
): TaskOutput<'draft-section'> {
  const { passages, language } = input;
  const said = new Said(input.alreadyWritten, sourceLanguage);
  const units = withoutRepetition(unitsOf(passages, sourceLanguage), said);
  const aim = aimAt(
    [contentTerms(input.title, sourceLanguage), 0.5],
    [contentTerms(input.keyword, sourceLanguage), 0.7],
    [contentTerms(`${input.heading} ${input.goal}`, sourceLanguage), 1],
  );
  const picked = pick(aboutHeading(scoreUnits(units, aim), input.heading), input.words);
  const blocks = toBlocks(inReadingOrder(picked), phrasesFor(language), input.alreadyWritten);
  return { blocks: blocks.length > 0 ? blocks : lastResort(input) };
}

/**
 * Keeps a section to its matter: what stands under the same heading in a source comes first, then what is like it. The
 * rest is an answer to another question, however well it fits the title.
 */
function aboutHeading(scored: Scored[], heading: string): Scored[] {
  const own = scored.filter(({ unit }) => cleanHeading(unit.heading) === heading);
  const first = Math.min(...scored.map(({ unit }) => unit.passage));
  const core = own.length > 0 ? own : scored.filter(({ unit }) => unit.passage === first);
  const centre: Vector = new Map();
  for (const { vector } of core)
    for (const [term, weight] of vector) centre.set(term, (centre.get(term) ?? 0) + weight);
  return scored.map((entry) => ({
    ...entry,
    score: entry.score + (core.includes(entry) ? 0.25 : Math.min(0.2, cosine(centre, entry.vector)) - 0.1),
  }));
}

/**
 * Passages one after the other, the best first, each with its units as they stand in it; passages of one source stay
 * together, so that the reader changes the author as seldom as possible.
 */
export function inReadingOrder(picked: readonly Scored[]): Unit[] {
  const best = new Map<string, number>();
  for (const { unit, score } of picked) best.set(unit.source, Math.max(best.get(unit.source) ?? 0, score));
  return picked
    .map(({ unit }) => unit)
    .sort(
      (a, b) =>
        (best.get(b.source) ?? 0) - (best.get(a.source) ?? 0) ||
        (a.source < b.source ? -1 : a.source > b.source ? 1 : 0) ||
        a.passage - b.passage ||
        a.order - b.order,
    );
}

/** Groups units into paragraphs of two to five sentences where they are of one source; a list is a block of its own. */
export function toBlocks(units: readonly Unit[], phrases: Phrases, written: readonly string[]): Block[] {
  const blocks: Block[] = [];
  const link = phrases.links.find((phrase) => !written.includes(phrase));
  let linked = false;
  let previous: Unit | undefined;
  for (const unit of units) {
    const sentences = unit.sentences.map((sentence) => quote(sentence, unit));
    const last = blocks.at(-1);
    const together =
      last?.type === 'paragraph' &&
      previous?.kind === 'text' &&
      previous.source === unit.source &&
      last.sentences.length + sentences.length <= paragraphSentences &&
      wordsOf(last) + unit.words <= paragraphWords;
    if (last && together) last.sentences.push(...sentences);
    else {
      const turns = previous !== undefined && previous.source !== unit.source;
      if (turns && link !== undefined && !linked && unit.kind === 'text') {
        sentences.unshift({ text: link, citations: [] });
        linked = true;
      }
      blocks.push({ type: 'paragraph', sentences });
    }
    if (unit.kind === 'list') blocks.push({ type: 'bullets', sentences: unit.items.map((item) => quote(item, unit)) });
    previous = unit;
  }
  return blocks;
}

const wordsOf = (block: Block) => block.sentences.reduce((sum, { text }) => sum + countWords(text), 0);

/** A sentence as it stands in its passage, with its one citation. */
export function quote(sentence: SourceSentence, unit: Pick<Unit, 'ref'>): Sentence {
  return { text: sentence.text, citations: [{ ref: unit.ref, quote: sentence.text }] };
}

/** A section has to say something: where nothing reads well, the first unused whole sentence of its passages, if any. */
function lastResort(input: TaskInput<'draft-section'>): Block[] {
  const used = new Set(input.alreadyWritten);
  for (const passage of input.passages) {
    const text = passage.text.split(/\n\s*\n/u)[0]?.trim();
    if (text && !used.has(text))
      return [{ type: 'paragraph', sentences: [{ text, citations: [{ ref: passage.ref, quote: text }] }] }];
  }
  throw new NothingToSay(`No passage of the section "${input.heading}" holds a sentence that could be quoted.`);
}

/** Thrown when the passages give nothing to write. */
export class NothingToSay extends Error {}
