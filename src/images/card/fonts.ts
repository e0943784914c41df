import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Blob, Face, Font, Variation } from 'harfbuzzjs';

/*
 * The fonts of title cards: Noto, as npm packages of small files, each for some characters. A file is read when a title
 * first has a character of it, so that a card in one script costs the memory of one script. Loaded in the process for
 * images only.
 */

const { resolve } = createRequire(import.meta.url);

const scripts = [
  'noto-sans',
  'noto-sans-arabic',
  'noto-sans-hebrew',
  'noto-sans-devanagari',
  'noto-sans-bengali',
  'noto-sans-tamil',
  'noto-sans-telugu',
  'noto-sans-kannada',
  'noto-sans-sinhala',
  'noto-sans-thai',
  'noto-sans-khmer',
  'noto-sans-georgian',
  'noto-sans-armenian',
  'noto-sans-ethiopic',
];
const han = { ja: 'noto-sans-jp', ko: 'noto-sans-kr', zh: 'noto-sans-sc' };
/** Characters with traditional forms are only in the last. */
const hanInOrder = [...Object.values(han), 'noto-sans-tc'];
const emoji = 'noto-emoji';
const boldWeight = 700;

/** A font for some characters of a script. */
export interface LoadedFont {
  font: Font;
  unitsPerEm: number;
  has(codePoint: number): boolean;
}

interface Slice {
  file: string;
  ranges: [number, number][];
}

const slicesOf = new Map<string, Slice[]>();
const loaded = new Map<string, Promise<LoadedFont>>();

/**
 * The first font that has every one of these code points, or null.
 * @param language ISO 639-1; Han characters look different in Japanese, Korean and Chinese
 */
export async function findFont(codePoints: number[], language: string | null): Promise<LoadedFont | null> {
  for (const family of familiesFor(codePoints, language)) {
    for (const slice of slices(family)) {
      if (!codePoints.some((point) => slice.ranges.some(([first, last]) => point >= first && point <= last))) continue;
      const font = await load(slice.file);
      if (codePoints.every(font.has)) return font;
    }
  }
  return null;
}

function familiesFor(codePoints: number[], language: string | null): string[] {
  const preferred = han[language as keyof typeof han];
  const cjk = preferred ? [preferred, ...hanInOrder.filter((family) => family !== preferred)] : hanInOrder;
  // 👍 and the like stand in the fonts of scripts as well, smaller; ordinary digits stand in the one of emoji.
  const pictures = codePoints.some((point) => point > 0x1f000 || point === 0xfe0f);
  return pictures ? [emoji, ...scripts, ...cjk] : [...scripts, ...cjk, emoji];
}

function slices(family: string): Slice[] {
  let list = slicesOf.get(family);
  if (!list) {
    const path = (file: string) => resolve(`@fontsource-variable/${family}/${file}`);
    const ranges: Record<string, string> = JSON.parse(readFileSync(path('unicode.json'), 'utf8'));
    list = Object.entries(ranges).map(([name, value]) => ({
      file: path(`files/${family}-${name.replace(/[[\]]/g, '')}-wght-normal.woff2`),
      ranges: parseRanges(value),
    }));
    slicesOf.set(family, list);
  }
  return list;
}

/** CSS's unicode-range: `U+0-ff,U+131`. */
function parseRanges(value: string): [number, number][] {
  return value.split(',').map((part) => {
    const [first = '', last = first] = part.trim().slice(2).split('-');
    return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
  });
}

function load(file: string): Promise<LoadedFont> {
  const font = loaded.get(file) ?? read(file);
  loaded.set(file, font);
  return font;
}

async function read(file: string): Promise<LoadedFont> {
  const { default: decompress } = await import('wawoff2/decompress.js');
  const face = new Face(new Blob(await decompress(readFileSync(file))));
  const font = new Font(face);
  font.setVariations([new Variation('wght', boldWeight)]);
  const known = new Set(face.collectUnicodes());
  return { font, unitsPerEm: face.upem, has: (codePoint) => known.has(codePoint) };
}
