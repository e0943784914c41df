import { refusedError } from './refusal.ts';

/** A piece of a document, in reading order. `level` (1-6) only with headings. Rows of a table stand on own lines. */
export interface Block {
  kind: 'heading' | 'paragraph' | 'list-item' | 'code' | 'table' | 'quote';
  level?: number;
  text: string;
}

/** What was read out of a page or file. */
export interface ExtractedDocument {
  /** Empty when the document names none. */
  title: string;
  siteName: string | null;
  author: string | null;
  /** ISO 8601 in UTC. */
  publishedAt: string | null;
  /** ISO 639-1 as the document declares it, which is often wrong: detect it from the text where it matters. */
  language: string | null;
  /** Where the document says that it belongs; on the same host as the address it came from. */
  canonicalUrl: string | null;
  blocks: Block[];
}

const invisible = /[\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\uFEFF]/gu;

/** One line of text: white space folded to single blanks, soft hyphens and other invisible characters dropped. */
export function cleanText(text: string): string {
  return text.replace(invisible, '').replace(/\s+/gu, ' ').trim();
}

/** Code keeps its lines and indentation. */
export function cleanCode(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[ \t]+$/gm, '')
    .replace(/^\n+|\s+$/g, '');
}

/**
 * A date as written in pages and front matter, as ISO 8601 in UTC; null when it is none or lies outside 1990 to two
 * years from now. Without a zone it is taken as UTC, so that the result does not depend on this machine.
 */
export function parseDate(value: string | Date | null | undefined): string | null {
  if (value === null || value === undefined || value === '') return null;
  const text = value instanceof Date ? value.toISOString() : value.trim();
  // A time without zone: Date.parse would take the machine's.
  const local = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text);
  const zoned = local
    ? `${text.replace(' ', 'T')}Z`
    : /[\s,]\d{4}$/.test(text) && /[a-z]/i.test(text)
      ? `${text} UTC`
      : text;
  const date = new Date(zoned);
  if (Number.isNaN(date.getTime())) return null;
  const year = date.getUTCFullYear();
  return year >= 1990 && year <= new Date().getUTCFullYear() + 2 ? date.toISOString() : null;
}

/** True for text that a reader could read: five words in a row, or as many signs of an unspaced script. */
export function isReadable(text: string): boolean {
  const words = text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
  const signs =
    text.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Khmer}\p{sc=Lao}]/gu)?.length ?? 0;
  return words >= 5 || signs >= 8;
}

/** @throws AppError extraction_failed when no block but headings and code holds readable text. */
export function requireText(document: ExtractedDocument, what: string): ExtractedDocument {
  const prose = document.blocks.filter((block) => block.kind !== 'heading' && block.kind !== 'code');
  if (prose.some((block) => isReadable(block.text))) return document;
  throw refusedError('no_text', `${what} holds no text that can be read.`);
}
