import { splitSentences } from '../../text/sentences.ts';
import { contentTerms } from '../../text/terms.ts';
import { countWords } from '../../text/words.ts';
import type { Block, Sentence, TaskInput, TaskOutput } from '../tasks.ts';
import { cleanHeading } from './headings.ts';
import { type Phrases, phrasesFor } from './phrases.ts';
import { type Aim, aimAt, cosine, pick, type Scored, sameThing, scoreUnits, type Vector } from './rank.ts';
import { isQuotableItem } from './readable.ts';
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
  const phrases = phrasesFor(language);
  const said = new Said(input.alreadyWritten, sourceLanguage);
  const units = withoutRepetition(unitsOf(passages, sourceLanguage), new Said(input.alreadyWritten, sourceLanguage));
  const topic = aimAt(
    [contentTerms(input.title, sourceLanguage), 0.5],
    [contentTerms(input.keyword, sourceLanguage), 0.7],
  );
  const aim = aimAt(
    [contentTerms(input.title, sourceLanguage), 0.5],
    [contentTerms(input.keyword, sourceLanguage), 0.7],
    [contentTerms(`${input.heading} ${input.goal}`, sourceLanguage), 1],
  );
  const picked = pickAbout(scoreUnits(units, aim), input, topic);
  const blocks = toBlocks(inReadingOrder(picked), phrases, input.alreadyWritten);
  return { blocks: blocks.length > 0 ? blocks : lastResort(input, said, sourceLanguage, phrases) };
}

/** Likeness to what stands under the section's heading from which a unit belongs to it. */
const sameMatter = 0.07;
/** Off the matter is better than nothing only where less than this share of the words is there. */
const thin = 0.65;

/**
 * Keeps a section to its matter: what stands under the same heading in a source comes first, then what is like it. The
 * rest answers another question, however well it fits the title, and fills in only where the section would be thin.
 */
function pickAbout(scored: Scored[], input: TaskInput<'draft-section'>, topic: Aim): Scored[] {
  const own = scored.filter(({ unit }) => cleanHeading(unit.heading) === input.heading);
  const first = Math.min(...scored.map(({ unit }) => unit.passage));
  const core = new Set(own.length > 0 ? own : scored.filter(({ unit }) => unit.passage === first));
  const centre: Vector = new Map();
  for (const { vector } of core) {
    // The words of the topic are everywhere and bind nothing together.
    for (const [term, weight] of vector) if (!topic.terms.has(term)) centre.set(term, (centre.get(term) ?? 0) + weight);
  }
  const weighed = scored.map((entry) => {
    const likeness = core.has(entry) ? 1 : cosine(centre, entry.vector);
    return { ...entry, likeness, score: entry.score + (core.has(entry) ? 0.25 : Math.min(0.2, likeness) - 0.1) };
  });
  const picked = pick(
    weighed.filter(({ likeness }) => likeness >= sameMatter),
    input.words,
  );
  const words = picked.reduce((sum, { unit }) => sum + unit.words, 0);
  if (words >= input.words * thin) return picked;
  const rest = weighed.filter((entry) => !picked.includes(entry) && entry.unit.sentences.length > 1);
  const more = pick(rest, input.words - words).filter(({ vector }) =>
    picked.every((other) => cosine(other.vector, vector) < sameThing),
  );
  return [...picked, ...more];
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
      if (turns && link !== undefined && !linked && unit.kind === 'text' && sentences.length > 1) {
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

/**
 * A section has to say something: where nothing reads well, the first sentence of its passages that was not used and is
 * no wreck; where all was used, a sentence without a fact. The pipeline would fail without a block.
 */
function lastResort(input: TaskInput<'draft-section'>, said: Said, language: string | null, phrases: Phrases): Block[] {
  for (const { ref, text } of input.passages) {
    const found = splitSentences(text, language).find(
      (sentence) => isQuotableItem(sentence, language) && !said.has(sentence),
    );
    if (found) return [{ type: 'paragraph', sentences: [{ text: found, citations: [{ ref, quote: found }] }] }];
  }
  return [{ type: 'paragraph', sentences: [{ text: `${phrases.angle(input.heading)}.`, citations: [] }] }];
}

/** Thrown when the passages give nothing to write. */
export class NothingToSay extends Error {}
