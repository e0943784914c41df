import { type Block, cleanText } from './document.ts';
import type { PdfLine } from './pdf-lines.ts';

/** Puts the lines of a document together to paragraphs, list items and headings. */
export function blocksOfLines(lines: PdfLine[]): Block[] {
  const body = commonSize(lines);
  const font = mostCommon(lines.map((line) => [line.font, line.text.length]));
  const headingSizes = [...new Set(lines.map((line) => line.size).filter((size) => size > body * 1.12))].sort(
    (a, b) => b - a,
  );
  const spacing = commonSpacing(lines);
  const words = wholeWords(lines);
  const blocks: Block[] = [];
  let group: PdfLine[] = [];
  const close = () => {
    const first = group[0];
    if (first === undefined) return;
    const text = joinLines(group, words);
    const level = headingSizes.indexOf(first.size) + 1;
    const isNumbered = first.font !== font && isNumberedHeading(first);
    // A few large letters at the beginning of a paragraph, or a large paragraph, are no heading.
    const isHeading = text.length <= 200 && !/[.;,]$/.test(text) && /\p{L}{2}/u.test(text) && (level > 0 || isNumbered);
    if (isHeading) blocks.push({ kind: 'heading', level: Math.min(6, level || headingSizes.length + 1), text });
    else if (text !== '')
      blocks.push({ kind: bullet.test(first.text) ? 'list-item' : 'paragraph', text: withoutBullet(text) });
    group = [];
  };
  for (const line of lines) {
    const last = group.at(-1);
    if (last !== undefined && begins(line, last, group, spacing)) close();
    group.push(line);
  }
  close();
  return blocks;
}

const bullet = /^\s*([•●◦‣▪■–·*]|[-−](?=\s)|\(?\d{1,2}[.)](?=\s+\p{L}))\s*/u;

function withoutBullet(text: string): string {
  return text.replace(/^\s*[•●◦‣▪■–·*−-]\s*/u, '');
}

/** Whether a line begins something new, seen from the line before it and the paragraph so far. */
function begins(line: PdfLine, last: PdfLine, group: PdfLine[], spacing: number): boolean {
  if (Math.abs(line.size - last.size) > Math.max(line.size, last.size) * 0.08) return true;
  if (bullet.test(line.text)) return true;
  if (line.font !== last.font && (isNumberedHeading(last) || isNumberedHeading(line))) return true;
  const ended = /[.!?:。！？…]["'”’»)\]]*$/u.test(last.text);
  const left = Math.min(...group.map((one) => one.left));
  const right = Math.max(...group.map((one) => one.right));
  const width = Math.max(right - left, line.right - line.left);
  const isShort = last.right < left + width * 0.85;
  const drop = last.y - line.y;
  if (line.page !== last.page || drop < -line.size) {
    // The next column or page: the paragraph goes on unless it has ended there.
    return ended || isNumberedHeading(line);
  }
  if (drop > spacing * 1.3 && drop > line.size * 1.3) return true;
  const isIndented = line.left > last.left + line.size * 0.8 && line.left < last.left + line.size * 5;
  return (isIndented && group.length > 1 && ended) || (isShort && ended);
}

const isNumberedHeading = (line: PdfLine) => /^\d+(\.\d+)*\.?\s+\p{L}/u.test(line.text) && line.text.length < 80;

/** Words that were parted at the end of a line are put together, unless the document writes them with the hyphen elsewhere. */
function joinLines(lines: PdfLine[], words: Set<string>): string {
  let text = '';
  for (const { text: next } of lines) {
    const part = /(\p{L}+)[-\u00AD\u2010]$/u.exec(text);
    const rest = /^\p{Ll}+/u.exec(next)?.[0];
    if (part?.[1] !== undefined && rest !== undefined) {
      const hyphenated = `${part[1]}-${rest}`.toLowerCase();
      const whole = `${part[1]}${rest}`.toLowerCase();
      text = words.has(hyphenated) && !words.has(whole) ? text + next : text.slice(0, -1) + next;
    } else if (text === '' || /[-\u2010/]$/u.test(text) || (isUnspaced(text.at(-1)) && isUnspaced(next.at(0)))) {
      text += next;
    } else {
      text += ` ${next}`;
    }
  }
  return cleanText(text);
}

const isUnspaced = (sign: string | undefined) =>
  sign !== undefined && /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u3000-\u303F\uFF00-\uFFEF]/u.test(sign);

/** The words that stand within lines, where none is parted. */
function wholeWords(lines: PdfLine[]): Set<string> {
  const words = new Set<string>();
  for (const { text } of lines) {
    for (const word of text.match(/\p{L}+(?:-\p{L}+)*(?![\p{L}-])/gu) ?? []) words.add(word.toLowerCase());
  }
  return words;
}

/** The size of most letters. */
function commonSize(lines: PdfLine[]): number {
  return mostCommon(lines.map((line) => [line.size, line.text.length])) ?? 0;
}

/** The distance between most lines that follow each other. */
function commonSpacing(lines: PdfLine[]): number {
  const common = mostCommon(
    lines.flatMap((line, index) => {
      const before = lines[index - 1];
      const drop = before?.page === line.page ? before.y - line.y : 0;
      return drop > 0 && drop < line.size * 3 ? [[Math.round(drop * 2) / 2, 1] as const] : [];
    }),
  );
  return common ?? 0;
}

function mostCommon<T>(weighted: (readonly [T, number])[]): T | undefined {
  const sums = new Map<T, number>();
  for (const [value, weight] of weighted) sums.set(value, (sums.get(value) ?? 0) + weight);
  return [...sums].sort((a, b) => b[1] - a[1])[0]?.[0];
}
