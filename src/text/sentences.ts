import { abbreviations, monthNames, neverLast } from './abbreviations.ts';
import { baseLanguage } from './language.ts';
import { countWords } from './words.ts';

const segmenters = new Map<string, Intl.Segmenter>();

/**
 * The sentences of a text in order, trimmed, without empty ones. Each is a verbatim slice of `text` (white space inside
 * is kept as it is). `language` is an ISO 639-1 code or a tag such as "pt-BR"; null uses the rules common to all.
 *
 * Unicode's rules (Intl.Segmenter, UAX 29) break after "z. B.", "Dr.", "No." and "3." before a month; a second pass
 * joins those pieces again. An empty line always ends a sentence: headings and list items have no full stop.
 */
export function splitSentences(text: string, language: string | null): string[] {
  const base = baseLanguage(language) ?? 'und';
  return text
    .split(/\n[^\S\n]*\n+/u)
    .flatMap((paragraph) => joinPieces(pieces(paragraph, base), base))
    .flatMap((sentence) => (/\p{sc=Thai}/u.test(sentence) ? atBlanks(sentence) : sentence))
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

function pieces(text: string, language: string): string[] {
  let segmenter = segmenters.get(language);
  if (!segmenter) {
    const known = Intl.Segmenter.supportedLocalesOf([language]).length > 0;
    segmenter = new Intl.Segmenter(known ? language : 'und', { granularity: 'sentence' });
    segmenters.set(language, segmenter);
  }
  const parts: string[] = [];
  for (const { segment } of segmenter.segment(text)) {
    // ICU takes every line end for a sentence end; a wrapped line is not one unless what precedes it is finished.
    const previous = parts.at(-1);
    const wrapped = previous !== undefined && /\n\s*$/u.test(previous) && !endsSentence(previous.trimEnd());
    if (wrapped && !startsItem(segment)) parts[parts.length - 1] = previous + segment;
    else parts.push(segment);
  }
  return parts;
}

function joinPieces(parts: string[], language: string): string[] {
  const joined: string[] = [];
  for (const part of parts) {
    const previous = joined.at(-1);
    if (previous !== undefined && belongsTogether(previous, part, language))
      joined[joined.length - 1] = previous + part;
    else joined.push(part);
  }
  return joined;
}

/** Thai words that go on with what stands before the blank: which, that, and, or, but, because, by, so that. */
const thaiConnective = /^(?:ซึ่ง|ที่|และ|หรือ|แต่|เพราะ|โดย|เพื่อ|จึง|รวมถึง|เช่น|ได้แก่)/u;

/**
 * Thai has no full stop: a blank stands between sentences, and between clauses as well. A blank is taken for an end
 * where eight words stand before it and four behind it, and what follows does not go on with what was said.
 */
function atBlanks(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const blank of text.matchAll(/(?<=\p{sc=Thai}) +(?=\p{sc=Thai})/gu)) {
    const rest = text.slice(blank.index + blank[0].length);
    const next = rest.split(' ', 1)[0] ?? '';
    if (thaiConnective.test(rest) || countWords(next) < 4 || countWords(text.slice(start, blank.index)) < 8) continue;
    parts.push(text.slice(start, blank.index));
    start = blank.index + blank[0].length;
  }
  return [...parts, text.slice(start)];
}

const closers = `["'\\u2019\\u201D\\u00BB\\u203A)\\]]*`;
const finished = new RegExp(`[.!?\\u2026\\u3002\\uFF01\\uFF1F\\u061F\\u0964:]${closers}$`, 'u');
const endsSentence = (text: string) => finished.test(text);

/** A list item or a table row after a line end is a piece of its own. */
function startsItem(text: string): boolean {
  return /^\s*([-*+•–|]\s|\d{1,3}[.)]\s|#{1,6}\s)/u.test(text);
}

function belongsTogether(before: string, after: string, language: string): boolean {
  if (/\n\s*$/u.test(before) && (startsItem(after) || endsSentence(before.trimEnd()))) return false;
  const left = before.trimEnd();
  const right = after.trimStart();
  if (right === '') return true;
  // Punctuation or a closing quote alone never makes a sentence.
  if (!/[\p{L}\p{N}]/u.test(right)) return true;
  if (/^[a-zà-öø-ÿа-яα-ω]/u.test(right) && /[.…?!][)"'\u201D\u00BB\u2019]*$/u.test(left)) {
    // "... and so on" and "'Really?' she asked" go on in lower case. ".htaccess is read" after a full stop does too,
    // but a name in lower case at the start of a sentence is rarer than these.
    return true;
  }
  if (!left.endsWith('.')) return insideBrackets(left);
  const lastWord = /([\p{L}\p{M}\p{N}.\-’']+)\.$/u.exec(left)?.[1]?.toLowerCase() ?? '';
  const rest = right.toLowerCase();
  if (isInitial(lastWord, left, language)) return true;
  if (neverLast(language).has(lastWord)) return true;
  if (abbreviations(language).has(lastWord) && /^[\p{Ll}\p{N}(,;]/u.test(right)) return true;
  // "3. Mai", "No. 5", "21. Jahrhundert": an ordinal number with a full stop.
  if (/^\d{1,2}$/u.test(lastWord)) {
    if (lastWord === left.slice(0, -1).trim()) return true;
    if (monthNames(language).some((month) => rest.startsWith(month))) return true;
    if (
      ordinalLanguages.has(language) &&
      /(^|\s)(am|der|die|das|dem|den|des|im|zum|zur|vom|bis|ab|den|[IVX]+)\s\d{1,2}\.$/iu.test(left)
    )
      return true;
  }
  return insideBrackets(left);
}

const ordinalLanguages = new Set(['de', 'da', 'no', 'fi', 'cs', 'sk', 'hu', 'pl', 'hr', 'sl', 'et']);

/** "J. Smith", "z. B.", "e. g.": one letter before the full stop. "Plan B. Then" stays two sentences in English. */
function isInitial(word: string, left: string, language: string): boolean {
  if (/^\p{L}(\.\p{L})*$/u.test(word)) {
    const lettersBefore = left.slice(0, -1 - word.length).trimEnd();
    if (word.includes('.')) return neverLast(language).has(word);
    const wordBefore = /([\p{L}.]+)$/u.exec(lettersBefore)?.[1] ?? '';
    const capital = left.at(-2) !== word;
    if (neverLast(language).has(word)) return true;
    // A capital on its own after another capitalised word or at the start is an initial; "vitamin C." is an end.
    return capital && (lettersBefore === '' || /^\p{Lu}/u.test(wordBefore) || wordBefore.endsWith('.'));
  }
  return false;
}

/** Whether a bracket was opened and not closed again: "(See there. It is good.)" is not cut inside, unless very long. */
function insideBrackets(text: string): boolean {
  if (text.length > 300) return false;
  const opened = (text.match(/[([（]/gu) ?? []).length;
  const closed = (text.match(/[)\]）]/gu) ?? []).length;
  return opened > closed;
}
