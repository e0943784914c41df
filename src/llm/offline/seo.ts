import { splitSentences } from '../../text/sentences.ts';
import { contentTerms } from '../../text/terms.ts';
import { wordsIn } from '../../text/words.ts';
import type { TaskInput, TaskOutput } from '../tasks.ts';
import { isOwnPhrase } from './phrases.ts';
import { standsAlone } from './readable.ts';

/** A description shorter than this wastes its place in a list of results. In characters. */
const leastDescription = 120;

/** Meta title, description and excerpt, all taken from title and text; cut between words or sentences only. */
export function writeSeo(input: TaskInput<'seo'>): TaskOutput<'seo'> {
  const { title, keyword, language, limits } = input;
  const sentences = sentencesOf(input.text, language);
  return {
    metaTitle: metaTitle(title, keyword, language, limits.metaTitle),
    metaDescription:
      description(sentences, keyword, language, limits.metaDescription) || shorten(title, limits.metaDescription),
    excerpt: excerpt(sentences, limits.excerpt) || shorten(title, limits.excerpt),
  };
}

/** Whole sentences of the text's paragraphs, without headings, marks of Markdown and what the writer says of itself. */
function sentencesOf(text: string, language: string): string[] {
  return text
    .split(/\n+/u)
    .filter((line) => !/^\s*(#|\||```|!\[)/u.test(line))
    .map((line) =>
      line
        .replace(/^\s*(?:[-*+>]|\d+\.)\s+/u, '')
        .replace(/\[([^\]]*)\]\([^)]*\)/gu, '$1')
        .replace(/\[\^?\d+\]/gu, '')
        .replace(/[*_`]{1,2}(?=\S)|(?<=\S)[*_`]{1,2}/gu, ''),
    )
    .flatMap((line) => splitSentences(line, language))
    .map((sentence) => sentence.replace(/\s+/gu, ' ').trim())
    .filter((sentence) => /[.!?…。！？؟]["'”’»」)]*$/u.test(sentence) && !isOwnPhrase(sentence));
}

/** The title; with the keyword in front when the title lacks it and both fit. */
function metaTitle(title: string, keyword: string, language: string, limit: number): string {
  const inTitle = new Set(contentTerms(title, language));
  const missing = contentTerms(keyword, language).some((term) => !inTitle.has(term));
  const fronted = `${capitalise(keyword)}: ${title}`;
  if (missing && fronted.length <= limit) return fronted;
  return shorten(title, limit);
}

/**
 * One sentence or two in a row of at least 120 characters and at most `limit`, best with the keyword; else the best
 * sentence cut at the end of a clause, else between words.
 */
function description(sentences: string[], keyword: string, language: string, limit: number): string {
  const wanted = contentTerms(keyword, language);
  const value = (text: string) => {
    const terms = new Set(contentTerms(text, language));
    const met = wanted.filter((term) => terms.has(term)).length / Math.max(1, wanted.length);
    return met + (text.length >= leastDescription ? 1.5 : text.length / leastDescription);
  };
  const whole: string[] = [];
  sentences.forEach((sentence, index) => {
    // What opens a result in a list of results has nothing before it to lean on.
    if (!standsAlone(sentence, language)) return;
    const next = sentences[index + 1];
    whole.push(sentence);
    if (next !== undefined) whole.push(`${sentence} ${next}`);
  });
  // The first of equals: what stands early in an article speaks for all of it.
  const best = firstBest(
    whole.filter((text) => text.length <= limit),
    (text, index) => value(text) - Math.min(0.5, index / 60),
  );
  if (best !== undefined && best.length >= Math.min(80, leastDescription)) return best;
  const longer = firstBest(
    sentences.filter((text) => text.length > limit),
    value,
  );
  return longer === undefined ? (best ?? '') : shorten(longer, limit);
}

function firstBest(texts: string[], value: (text: string, index: number) => number): string | undefined {
  let best: string | undefined;
  let bestValue = Number.NEGATIVE_INFINITY;
  texts.forEach((text, index) => {
    const here = value(text, index);
    if (here > bestValue) {
      best = text;
      bestValue = here;
    }
  });
  return best;
}

/** The first sentences that fit. */
function excerpt(sentences: string[], limit: number): string {
  let text = '';
  for (const sentence of sentences) {
    const longer = text === '' ? sentence : `${text} ${sentence}`;
    if (longer.length > limit) break;
    text = longer;
  }
  return text || (sentences[0] === undefined ? '' : shorten(sentences[0], limit));
}

/** Cuts at the end of a clause when that leaves most of the text, else after a word, with an ellipsis. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const room = text.slice(0, limit - 1);
  const clause = /^(.*)(?:[,;:–—]|\s-)\s/su.exec(`${room} `)?.[1];
  if (clause !== undefined && clause.length >= limit * 0.7) return `${clause.trimEnd()}…`;
  const words = wordsIn(room);
  const last = words.at(-1);
  if (last === undefined) return `${room.replace(/[\ud800-\udbff]$/, '')}…`;
  const whole = wordsIn(text)[words.length - 1] === last;
  const shorter = whole ? room : room.slice(0, room.lastIndexOf(last));
  // One word longer than the room, or the half of an emoji at its end.
  const cut = /[\p{L}\p{N}]/u.test(shorter) ? shorter : room.replace(/[\ud800-\udbff]$/, '');
  return `${cut.replace(/[\s,;:–—(-]+$/u, '')}…`;
}

export function capitalise(text: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 32);
  return first.toLocaleUpperCase() + text.slice(first.length);
}
