import { oneLine } from '../../storable.ts';
import { type PlacedGlyph, type PreparedText, prepareText, shapeLine } from './text-runs.ts';
import { type LineRange, piecesOf, wrapEvenly } from './wrap.ts';

/** What a card is drawn from. Colours are written #rrggbb. */
export interface CardInput {
  title: string;
  siteName: string;
  background: string;
  text: string;
  /** ISO 639-1; how words are divided, and which forms Han characters have. */
  language: string | null;
}

/** In pixels. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** A card as an SVG of outlines: it needs no font where it is drawn. */
export interface ComposedCard {
  svg: string;
  lines: number;
  /** Size of the title's letters in pixels. */
  size: number;
  /** Of the ink of the title, and of the site's name. */
  titleBox: Box | null;
  nameBox: Box | null;
  /** Characters that no font has; they are left out. */
  missing: string[];
  /** Glyphs that stand for a character which a font lacks after all; never more than none. */
  undrawn: number;
}

export const cardSize = { width: 1200, height: 630 };
/**
 * Left and right of the words, in pixels. Themes cut the sides off: Twenty Twenty-Five shows 3 to 2 (127 pixels on either
 * side are gone), others 4 to 3 (180).
 */
export const cardMargin = 190;
/** Where the title has to fit in. */
const titleArea: Box = { left: cardMargin, top: 70, right: 1200 - cardMargin, bottom: 490 };
const nameArea: Box = { left: cardMargin, top: 520, right: 1200 - cardMargin, bottom: 590 };
const titleSizes = [84, 76, 68, 60, 54, 48, 42, 38, 34];
const lineHeight = 1.3;
/** How far the middle of a line's letters lies above its baseline, in ems. */
const middle = 0.36;

/** Draws title and site name: the largest letters with which every word fits in, the title cut off where none does. */
export async function composeCard(input: CardInput): Promise<ComposedCard> {
  const { background, language } = input;
  const title = await fitText(oneLine(input.title), language, titleArea, titleSizes);
  const name = await fitText(oneLine(input.siteName), language, nameArea, [30], title.rtl);
  const { width, height } = cardSize;
  const barLeft = title.rtl ? titleArea.right - 96 : titleArea.left;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="${background}"/>`,
    `<g fill="${input.text}">`,
    `<rect x="${barLeft}" y="508" width="96" height="6"/>`,
    title.svg,
    `<g fill-opacity="0.85">${name.svg}</g>`,
    '</g></svg>',
  ].join('');
  return {
    svg,
    lines: title.lines,
    size: title.size,
    titleBox: title.box,
    nameBox: name.box,
    missing: [...title.missing, ...name.missing],
    undrawn: title.undrawn + name.undrawn,
  };
}

interface FittedText {
  svg: string;
  box: Box | null;
  lines: number;
  size: number;
  rtl: boolean;
  missing: string[];
  undrawn: number;
}

async function fitText(
  raw: string,
  language: string | null,
  area: Box,
  sizes: number[],
  toRight?: boolean,
): Promise<FittedText> {
  let text = await prepareText(raw, language);
  const { missing } = text;
  const smallest = sizes.at(-1) ?? 0;
  for (;;) {
    const pieces = piecesOf(text);
    for (const size of sizes) {
      const most = Math.floor((area.bottom - area.top) / (size * lineHeight));
      const width = (area.right - area.left) / size;
      const lines = wrapEvenly(text, pieces, width, size === smallest);
      if (lines && lines.length <= most)
        return { ...draw(text, lines, size, area, toRight ?? text.rtl), rtl: text.rtl, missing };
      if (lines && size === smallest) {
        const end = text.letters[(lines[most - 1]?.to ?? 1) - 2]?.end ?? 0;
        text = await prepareText(`${text.text.slice(0, end).trimEnd()}…`, language);
      }
    }
  }
}

function draw(text: PreparedText, lines: LineRange[], size: number, area: Box, toRight: boolean) {
  const top = (area.top + area.bottom) / 2 - ((lines.length - 1) / 2) * size * lineHeight;
  const drawn: DrawnGlyph[] = lines.flatMap(({ from, to }, index) => {
    const { glyphs, width } = shapeLine(text, from, to);
    const left = toRight ? area.right - width * size : area.left;
    const baseline = top + (index * lineHeight + middle) * size;
    return glyphs.map((glyph) => ({
      ...glyph,
      size,
      left: left + glyph.x * size,
      baseline: baseline - glyph.y * size,
    }));
  });
  const box = inkOf(drawn);
  const { transform, box: fitted } = intoArea(box, area);
  const paths = drawn.map(outline).join('');
  const undrawn = drawn.filter(({ id }) => id === 0).length;
  return {
    svg: transform ? `<g transform="${transform}">${paths}</g>` : paths,
    box: fitted,
    lines: lines.length,
    size,
    undrawn,
  };
}

interface DrawnGlyph extends PlacedGlyph {
  size: number;
  /** Of its origin, in pixels. */
  left: number;
  baseline: number;
}

function outline({ font, id, size, left, baseline }: DrawnGlyph): string {
  const path = font.font.glyphToPath(id);
  if (path === '') return '';
  const scale = size / font.unitsPerEm;
  return `<path transform="translate(${round(left)} ${round(baseline)}) scale(${scale} ${-scale})" d="${path}"/>`;
}

/** What the outlines cover, in pixels; null when there are none. */
function inkOf(glyphs: DrawnGlyph[]): Box | null {
  const boxes = glyphs.flatMap(({ font, id, size, left, baseline }) => {
    const extents = font.font.glyphExtents(id);
    if (!extents || extents.width === 0) return [];
    const scale = size / font.unitsPerEm;
    return {
      left: left + extents.xBearing * scale,
      right: left + (extents.xBearing + extents.width) * scale,
      top: baseline - extents.yBearing * scale,
      bottom: baseline - (extents.yBearing + extents.height) * scale,
    };
  });
  if (boxes.length === 0) return null;
  return {
    left: Math.min(...boxes.map((box) => box.left)),
    right: Math.max(...boxes.map((box) => box.right)),
    top: Math.min(...boxes.map((box) => box.top)),
    bottom: Math.max(...boxes.map((box) => box.bottom)),
  };
}

/** Marks above and below letters can reach further than lines are counted: then the whole is drawn smaller. */
function intoArea(box: Box | null, area: Box): { transform: string | null; box: Box | null } {
  // Letters that lean over their own width by a little do no harm.
  const slack = 12;
  if (!box) return { transform: null, box };
  const inside =
    box.left >= area.left - slack &&
    box.right <= area.right + slack &&
    box.top >= area.top - slack &&
    box.bottom <= area.bottom + slack;
  if (inside) return { transform: null, box };
  const scale = Math.min(
    1,
    (area.right - area.left) / (box.right - box.left),
    (area.bottom - area.top) / (box.bottom - box.top),
  );
  const x = Math.min(Math.max(area.left, box.left), area.right - (box.right - box.left) * scale) - box.left * scale;
  const y = (area.top + area.bottom) / 2 - ((box.top + box.bottom) / 2) * scale;
  return {
    transform: `translate(${round(x)} ${round(y)}) scale(${scale})`,
    box: {
      left: box.left * scale + x,
      right: box.right * scale + x,
      top: box.top * scale + y,
      bottom: box.bottom * scale + y,
    },
  };
}

const round = (value: number) => Math.round(value * 100) / 100;
