import { type PreparedText, shapeLine } from './text-runs.ts';

/** Letters from `from` (inclusive) to `to` (exclusive) on one line. */
export interface LineRange {
  from: number;
  to: number;
}

/** What may be together on a line: a word with the blanks behind it; also where words are written without blanks. */
interface Piece extends LineRange {
  /** In ems, without and with the blanks behind it. */
  width: number;
  widthWithBlanks: number;
}

/** Written without blanks between words; where words end is in ICU's dictionaries. */
const dictionary =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}]/u;
/** What begins no line, and what ends none (JIS X 4051, shortened). */
const noStart = /^[\p{Pe}\p{Pf}\p{Po}\u3005\u30fc\u301c々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ]/u;
const noEnd = /[\p{Ps}\p{Pi}]$/u;
const blank = /^[^\S\u00a0\u202f]+$/u;

/** Cuts a text where lines may break. */
export function piecesOf(text: PreparedText): Piece[] {
  const { letters } = text;
  const letter = (index: number) => text.text.slice(letters[index]?.start, letters[index]?.end);
  const wordStarts = new Set(
    [...new Intl.Segmenter(text.language ?? 'und', { granularity: 'word' }).segment(text.text)].map(
      ({ index }) => index,
    ),
  );
  const mayBreak = (index: number) => {
    const [before, after] = [letter(index - 1), letter(index)];
    if (blank.test(after)) return false;
    if (blank.test(before)) return true;
    if (noStart.test(after) || noEnd.test(before)) return false;
    if (dictionary.test(before) || dictionary.test(after)) return wordStarts.has(letters[index]?.start ?? -1);
    return /^[-\u2010\u2013\u2014/]$/.test(before) && /^\p{L}/u.test(after);
  };
  const pieces: Piece[] = [];
  let from = 0;
  for (let index = 1; index <= letters.length; index++) {
    if (index < letters.length && !mayBreak(index)) continue;
    let to = index;
    while (to > from && blank.test(letter(to - 1))) to--;
    const width = shapeLine(text, from, to).width;
    pieces.push({ from, to, width, widthWithBlanks: to === index ? width : shapeLine(text, from, index).width });
    from = index;
  }
  return pieces;
}

/**
 * Fills lines of at most `width` ems. A piece that is wider is broken between letters if `anywhere` is set; otherwise there
 * is no way, and the answer is null.
 */
export function wrap(text: PreparedText, pieces: Piece[], width: number, anywhere: boolean): LineRange[] | null {
  const lines: LineRange[] = [];
  let line: LineRange | null = null;
  let filled = 0;
  for (const whole of pieces) {
    if (whole.width > width && !anywhere) return null;
    for (const piece of whole.width > width ? byLetters(text, whole) : [whole]) {
      if (line && filled + piece.width <= width) {
        line.to = piece.to;
      } else {
        line = { from: piece.from, to: piece.to };
        lines.push(line);
        filled = 0;
      }
      filled += piece.widthWithBlanks;
    }
  }
  return lines;
}

function byLetters(text: PreparedText, { from, to }: LineRange): Piece[] {
  return Array.from({ length: to - from }, (_, index) => {
    const { width } = shapeLine(text, from + index, from + index + 1);
    return { from: from + index, to: from + index + 1, width, widthWithBlanks: width };
  });
}

/** {@link wrap} into as few lines, of nearly the same length. */
export function wrapEvenly(text: PreparedText, pieces: Piece[], width: number, anywhere: boolean): LineRange[] | null {
  let best = wrap(text, pieces, width, anywhere);
  if (!best || best.length < 2) return best;
  let [low, high] = [width / 2, width];
  for (let round = 0; round < 6; round++) {
    const middle = (low + high) / 2;
    const lines = wrap(text, pieces, middle, anywhere);
    if (lines && lines.length === best.length) {
      best = lines;
      high = middle;
    } else {
      low = middle;
    }
  }
  return best;
}
