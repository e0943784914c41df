import { containsVerbatim } from '../../text/match.ts';
import { contentTerms } from '../../text/terms.ts';
import { countWords } from '../../text/words.ts';
import type { Block, TaskInput, TaskOutput } from '../tasks.ts';
import { findQuestions } from './faq.ts';
import { phrasesFor } from './phrases.ts';
import { aimAt, cosine, type Scored, sameThing, scoreUnits } from './rank.ts';
import { Said, withoutRepetition } from './repetition.ts';
import { inReadingOrder, quote, toBlocks } from './section.ts';
import { type Unit, unitsOf } from './units.ts';

const limits = { introductionShare: 0.45, points: 5, pointWords: 32, questions: 3 };

/**
 * Introduction, key points and questions. The introduction takes what is closest to title and keyword, and says that the
 * text is a compilation; key points are single sentences that the sections have not used.
 */
export function writeFrame(input: TaskInput<'draft-frame'>, sourceLanguage: string | null): TaskOutput<'draft-frame'> {
  const { passages, sections, language } = input;
  const phrases = phrasesFor(language);
  const written = sections.flatMap((section) => section.sentences);
  const said = new Said(written, sourceLanguage);
  const missing = sourcesNotUsed(input, written);

  const units = withoutRepetition(unitsOf(passages, sourceLanguage), new Said(written, sourceLanguage));
  const aim = aimAt(
    [contentTerms(input.title, sourceLanguage), 1],
    [contentTerms(input.keyword, sourceLanguage), 1.2],
    [contentTerms(sections.map(({ heading }) => heading).join(' '), sourceLanguage), 0.25],
  );
  const scored = scoreUnits(units, aim).map((entry) => ({
    ...entry,
    score: entry.score + (missing.has(entry.unit.source) ? 0.15 : 0),
  }));

  const opening = pickOpening(scored, input.words * limits.introductionShare);
  for (const { unit } of opening) said.addUnit(unit);
  const introduction: Block[] = [
    ...toBlocks(inReadingOrder(opening), { ...phrases, links: [] }, written),
    { type: 'paragraph', sentences: [{ text: phrases.disclosure, citations: [] }] },
  ];

  const faq = input.wantsFaq ? findQuestions(passages, said, sourceLanguage).slice(0, limits.questions) : [];
  for (const { answer } of faq) for (const { text } of answer) said.add(text);
  const spent = opening.reduce((sum, { unit }) => sum + unit.words, 0);
  const points = pickPoints(scored, said, Math.max(input.words * 0.35, input.words - spent), missing);
  const conclusion: Block[] = [
    points.length > 0
      ? {
          type: points.length > 1 ? 'bullets' : 'paragraph',
          sentences: points.map(({ unit, index }) => sentenceAt(unit, index)),
        }
      : { type: 'paragraph', sentences: [{ text: phrases.disclosure, citations: [] }] },
  ];
  if (points.length === 0) introduction.pop();
  return {
    introduction: introduction.length > 0 ? introduction : conclusion,
    conclusion,
    conclusionHeading: phrases.keyPoints,
    faqHeading: faq.length > 0 ? phrases.questions : '',
    faq: faq.map(({ question, answer }) => ({ question, answer })),
  };
}

/** The sources none of whose passages holds a sentence of the article; they get an advance. */
function sourcesNotUsed({ passages }: TaskInput<'draft-frame'>, written: readonly string[]): Set<string> {
  const missing = new Set(passages.map(({ source }) => source));
  for (const passage of passages) {
    if (missing.has(passage.source) && written.some((sentence) => containsVerbatim(passage.text, sentence))) {
      missing.delete(passage.source);
    }
  }
  return missing;
}

/** One or two units that say what the matter is about; a list is no opening. */
function pickOpening(scored: readonly Scored[], words: number): Scored[] {
  const texts = scored.filter(({ unit }) => unit.kind === 'text' && unit.words <= Math.max(words * 1.3, 45));
  const [first, ...others] = texts.sort((a, b) => b.score - a.score || a.unit.order - b.unit.order);
  if (!first) return [];
  const second =
    others.find(
      (other) =>
        first.unit.words + other.unit.words <= words * 1.2 &&
        cosine(first.vector, other.vector) < sameThing &&
        other.unit.passage === first.unit.passage,
    ) ??
    others.find(
      (other) => first.unit.words + other.unit.words <= words * 1.2 && cosine(first.vector, other.vector) < sameThing,
    );
  return second ? [first, second] : [first];
}

interface Point {
  unit: Unit;
  index: number;
}

/** Heads of units that were not used: they can be read alone. One per passage, short ones, of several sources. */
function pickPoints(scored: readonly Scored[], said: Said, words: number, missing: Set<string>): Point[] {
  const points: Point[] = [];
  const passages = new Set<number>();
  const sources = new Map<string, number>();
  let total = 0;
  const order = [...scored].sort(
    (a, b) => Number(missing.has(b.unit.source)) - Number(missing.has(a.unit.source)) || b.score - a.score,
  );
  for (const perSource of [2, limits.points]) {
    for (const { unit } of order) {
      const head = unit.sentences[0];
      if (points.length >= limits.points || total >= words) return points;
      if (unit.kind === 'list' || !head || head.words > limits.pointWords || head.words < 8) continue;
      if (passages.has(unit.passage) || (sources.get(unit.source) ?? 0) >= perSource || said.has(head.text)) continue;
      if (total + head.words > words * 1.25) continue;
      points.push({ unit, index: 0 });
      said.add(head.text);
      passages.add(unit.passage);
      sources.set(unit.source, (sources.get(unit.source) ?? 0) + 1);
      total += countWords(head.text);
    }
  }
  return points;
}

function sentenceAt(unit: Unit, index: number) {
  const sentence = unit.sentences[index];
  if (!sentence) throw new RangeError(`the unit has no sentence ${index}`);
  return quote(sentence, unit);
}
