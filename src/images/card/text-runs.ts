import bidiFactory from 'bidi-js';
import { Buffer, BufferFlag, Direction, shape } from 'harfbuzzjs';
import { findFont, type LoadedFont } from './fonts.ts';

/** One user-perceived character, with the font it is drawn with. */
export interface Letter {
  start: number;
  end: number;
  font: LoadedFont;
}

/** A text whose every character has a font, and which way each of them is read. */
export interface PreparedText {
  text: string;
  language: string | null;
  letters: Letter[];
  levels: Uint8Array;
  rtl: boolean;
  /** Characters that no font has; they are left out. */
  missing: string[];
}

/** A glyph at its place; all measures in ems, y upwards from the baseline. */
export interface PlacedGlyph {
  font: LoadedFont;
  id: number;
  x: number;
  y: number;
}

export interface ShapedLine {
  glyphs: PlacedGlyph[];
  width: number;
}

// The types speak of the package's other build, whose default this is.
const bidi = (bidiFactory as unknown as typeof bidiFactory.default)();
/** A letter under a tower of marks would be drawn over its neighbours. */
const mostMarks = 4;
const ignorable = (point: number) => point === 0x200c || point === 0x200d || (point >= 0xfe00 && point <= 0xfe0f);

/** Finds a font for each character and the direction of each (Unicode UAX #9; the first strong one gives the whole's). */
export async function prepareText(raw: string, language: string | null): Promise<PreparedText> {
  const letters: Letter[] = [];
  const missing: string[] = [];
  let text = '';
  const take = (part: string, font: LoadedFont) => {
    letters.push({ start: text.length, end: text.length + part.length, font });
    text += part;
  };
  for (const { segment } of new Intl.Segmenter(language ?? 'und').segment(raw.normalize('NFC'))) {
    const points = [...segment].slice(0, 1 + mostMarks * 4);
    const marks = points.filter((point) => /\p{Mn}/u.test(point));
    const spared = new Set(marks.slice(mostMarks));
    const kept = points.filter((point) => !spared.has(point)).join('');
    const font = await fontOf(kept, language);
    if (font) {
      take(kept, font);
      continue;
    }
    // No font has all of it: each part by itself, as far as there is one.
    for (const point of kept) {
      if (ignorable(point.codePointAt(0) ?? 0)) continue;
      const single = await fontOf(point, language);
      if (single) take(point, single);
      else missing.push(point);
    }
  }
  const { levels, paragraphs } = bidi.getEmbeddingLevels(text, 'auto');
  return { text, language, letters, levels, rtl: (paragraphs[0]?.level ?? 0) % 2 === 1, missing };
}

function fontOf(text: string, language: string | null): Promise<LoadedFont | null> {
  const points = [...text].map((point) => point.codePointAt(0) ?? 0);
  const visible = points.filter((point) => !ignorable(point));
  return findFont(visible.length > 0 ? visible : points, language);
}

/** Shapes the letters `from` (inclusive) to `to` (exclusive) as one line: ligatures, marks, order. */
export function shapeLine(text: PreparedText, from: number, to: number): ShapedLine {
  const glyphs: PlacedGlyph[] = [];
  let x = 0;
  for (const run of visualRuns(text, from, to)) {
    const buffer = new Buffer();
    buffer.addText(text.text.slice(run.start, run.end));
    buffer.setDirection(run.level % 2 === 1 ? Direction.RTL : Direction.LTR);
    buffer.setFlags(BufferFlag.REMOVE_DEFAULT_IGNORABLES);
    buffer.guessSegmentProperties();
    if (text.language !== null) buffer.setLanguage(text.language);
    shape(run.font.font, buffer);
    const em = run.font.unitsPerEm;
    for (const glyph of buffer.getGlyphInfosAndPositions()) {
      const { codepoint: id, xAdvance = 0, xOffset = 0, yOffset = 0 } = glyph;
      glyphs.push({ font: run.font, id, x: x + xOffset / em, y: yOffset / em });
      x += xAdvance / em;
    }
  }
  return { glyphs, width: x };
}

interface Run {
  start: number;
  end: number;
  level: number;
  font: LoadedFont;
}

/** Runs of one font and one direction, from left to right (UAX #9, rule L2). */
function visualRuns({ letters, levels }: PreparedText, from: number, to: number): Run[] {
  const runs: Run[] = [];
  for (const { start, end, font } of letters.slice(from, to)) {
    const level = levels[start] ?? 0;
    const last = runs.at(-1);
    if (last && last.level === level && last.font === font) last.end = end;
    else runs.push({ start, end, level, font });
  }
  const highest = Math.max(0, ...runs.map(({ level }) => level));
  for (let level = highest; level > 0; level--) {
    for (let first = 0; first < runs.length; first++) {
      let after = first;
      while ((runs[after]?.level ?? -1) >= level) after++;
      if (after > first) runs.splice(first, after - first, ...runs.slice(first, after).reverse());
      first = Math.max(first, after);
    }
  }
  return runs;
}
