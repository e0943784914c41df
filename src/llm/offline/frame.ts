import { containsVerbatim } from '../../text/match.ts';
import { contentTerms } from '../../text/terms.ts';
import type { Block, TaskInput, TaskOutput } from '../tasks.ts';
import { findQuestions } from './faq.ts';
import { openings, technical } from './opening.ts';
import { phrasesFor } from './phrases.ts';
import {
  type Aim,
  aimAt,
  centrality,
  cosine,
  inverseFrequencies,
  relevance,
  type Scored,
  sameThing,
  type Vector,
  vectorOf,
} from './rank.ts';
import { Said, withoutRepetition } from './repetition.ts';
import { inReadingOrder, quote, toBlocks } from './section.ts';
import { type SourceSentence, type Unit, unitsOf } from './units.ts';

const limits = { introductionShare: 0.5, points: 5, least: 8, pointWords: 32, leastSubject: 0.06, questions: 3 };

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
  const advance = (entry: Scored): Scored => ({
    ...entry,
    score: entry.score + (missing.has(entry.unit.source) ? 0.1 : 0),
  });
  const opening = pickOpening(
    openings(units, input.keyword, aim, sourceLanguage).map(advance),
    input.words * limits.introductionShare,
  );
  for (const { unit } of opening) said.addUnit(unit);
  const introduction: Block[] = [
    ...toBlocks(inReadingOrder(opening), { ...phrases, links: [] }, written),
    { type: 'paragraph', sentences: [{ text: phrases.disclosure, citations: [] }] },
  ];

  const faq = input.wantsFaq ? findQuestions(passages, said, sourceLanguage).slice(0, limits.questions) : [];
  for (const { answer } of faq) for (const { text } of answer) said.add(text);
  const spent = opening.reduce((sum, { unit }) => sum + unit.words, 0);
  const points = pickPoints(units, aim, said, Math.max(input.words * 0.35, input.words - spent), missing);
  const conclusion: Block[] = [
    points.length > 0
      ? {
          type: points.length > 1 ? 'bullets' : 'paragraph',
          sentences: points.map(({ unit, sentence }) => quote(sentence, unit)),
        }
      : // All was said already; a closing sentence without a fact is better than one said twice.
        { type: 'paragraph', sentences: [{ text: `${phrases.angle(input.keyword)}.`, citations: [] }] },
  ];
  return {
    introduction,
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

/** One or two units that say what the matter is about; the second continues the first or adds another view. */
function pickOpening(ranked: readonly Scored[], words: number): Scored[] {
  const order = [...ranked].sort((a, b) => b.score - a.score || a.unit.order - b.unit.order);
  const [first, ...others] = order;
  if (!first) return [];
  const fitting = others.filter(
    (other) =>
      first.unit.words + other.unit.words <= words * 1.2 &&
      other.score >= first.score * 0.6 &&
      cosine(first.vector, other.vector) < sameThing,
  );
  const second = fitting.find((other) => other.unit.passage === first.unit.passage) ?? fitting[0];
  return second ? [first, second] : [first];
}

interface Point {
  unit: Unit;
  sentence: SourceSentence;
  score: number;
  /** Share of the aim that its own words meet. */
  subject: number;
  vector: Vector;
}

/**
 * Sentences that can be read alone and that nothing else has used, measured one by one: about the subject and the
 * sections, central, short, not twice the same. One per passage, at first at most two per source.
 */
function pickPoints(units: readonly Unit[], aim: Aim, said: Said, words: number, missing: Set<string>): Point[] {
  const heads = units.flatMap((unit) => {
    const [sentence] = unit.sentences;
    const fits = sentence !== undefined && sentence.words >= limits.least && sentence.words <= limits.pointWords;
    return unit.kind === 'text' && !unit.leans && fits && !said.has(sentence.text) ? [{ unit, sentence }] : [];
  });
  const idf = inverseFrequencies(heads.map(({ sentence }) => sentence.terms));
  const vectors = heads.map(({ sentence }) => vectorOf(sentence.terms, idf));
  const central = centrality(vectors);
  const points = heads
    .map(({ unit, sentence }, index) => {
      const subject = relevance({ terms: sentence.terms, headingTerms: [] }, aim, idf);
      const score =
        subject +
        0.3 * (central[index] ?? 0) +
        (unit.opens ? 0.15 : 0) +
        (missing.has(unit.source) ? 0.3 : 0) -
        (technical.test(sentence.text) ? 0.3 : 0);
      return { unit, sentence, score, subject, vector: vectors[index] ?? new Map() };
    })
    .sort((a, b) => b.score - a.score || a.unit.order - b.unit.order);
  const picked: Point[] = [];
  let total = 0;
  // What is off the subject only comes where the list would be no list without it.
  for (const round of [
    { perSource: 2, subject: limits.leastSubject, enough: limits.points },
    { perSource: limits.points, subject: limits.leastSubject, enough: limits.points },
    { perSource: limits.points, subject: 0, enough: 2 },
  ]) {
    for (const point of points) {
      if (picked.length >= round.enough || total >= words) break;
      if (point.subject < round.subject) continue;
      const fromSource = picked.filter(({ unit }) => unit.source === point.unit.source).length;
      if (fromSource >= round.perSource || picked.some(({ unit }) => unit.passage === point.unit.passage)) continue;
      if (picked.some(({ vector }) => cosine(vector, point.vector) > 0.4) || said.has(point.sentence.text)) continue;
      if (total + point.sentence.words > words * 1.25) continue;
      picked.push(point);
      said.add(point.sentence.text);
      total += point.sentence.words;
    }
  }
  return picked;
}
