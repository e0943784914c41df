/** A run of text on a page, as pdf.js gives it; `transform` is a PDF matrix, sizes are points. */
export interface PdfItem {
  str: string;
  transform: number[];
  width: number;
  height: number;
  hasEOL: boolean;
  fontName: string;
}

/** A line of a page. Coordinates in points from the lower left corner. */
export interface PdfLine {
  text: string;
  page: number;
  left: number;
  right: number;
  y: number;
  /** Of most of its letters, as the font is. */
  size: number;
  font: string;
}

/** Smaller text than this is not there to be read. */
const minSize = 2;

/** The lines of a page in the order in which it draws them, which for columns is the order of reading. */
export function linesOf(items: PdfItem[], page: number): PdfLine[] {
  const lines: PdfLine[] = [];
  let parts: PdfItem[] = [];
  const close = () => {
    const line = toLine(parts, page);
    if (line !== null) lines.push(line);
    parts = [];
  };
  for (const item of items) {
    if (isAside(item)) continue;
    const last = parts.findLast((part) => part.str.trim() !== '');
    if (last !== undefined && item.str.trim() !== '' && !isSameLine(last, item)) close();
    parts.push(item);
    if (item.hasEOL) close();
  }
  close();
  return lines;
}

/** Text that runs upwards, as stamps in the margin do, or that is too small to see. */
function isAside({ transform, str }: PdfItem): boolean {
  const [a = 0, b = 0] = transform;
  return str.trim() !== '' && (Math.abs(b) > Math.abs(a) || sizeOf(transform) < minSize);
}

const sizeOf = (transform: number[]) => Math.hypot(transform[2] ?? 0, transform[3] ?? 0);

function isSameLine(last: PdfItem, next: PdfItem): boolean {
  const [lastSize, size] = [sizeOf(last.transform), sizeOf(next.transform)];
  const [x = 0, y = 0] = next.transform.slice(4);
  const [lastX = 0, lastY = 0] = last.transform.slice(4);
  // Raised numbers of notes stand a little higher and are smaller; a line that begins further left is another one.
  return Math.abs(y - lastY) < 0.6 * Math.max(size, lastSize) && x >= lastX - size;
}

function toLine(parts: PdfItem[], page: number): PdfLine | null {
  const [first, ...others] = parts.filter((part) => part.str.trim() !== '');
  if (first === undefined) return null;
  const shown: [PdfItem, ...PdfItem[]] = [first, ...others];
  const size = mostOf(shown, (part) => Math.round(sizeOf(part.transform) * 10) / 10);
  const body = shown.find((part) => Math.abs(sizeOf(part.transform) - size) < 0.1) ?? first;
  return {
    text: joined(parts, size),
    page,
    left: first.transform[4] ?? 0,
    right: Math.max(...shown.map((part) => (part.transform[4] ?? 0) + part.width)),
    y: body.transform[5] ?? 0,
    size,
    font: mostOf(shown, (part) => part.fontName),
  };
}

/** What holds for most letters of a line. */
function mostOf<T>(parts: [PdfItem, ...PdfItem[]], property: (part: PdfItem) => T): T {
  const letters = new Map<T, number>();
  for (const part of parts) {
    const value = property(part);
    letters.set(value, (letters.get(value) ?? 0) + part.str.length);
  }
  return [...letters].sort((a, b) => b[1] - a[1])[0]?.[0] ?? property(parts[0]);
}

/** The text of a line, without the raised numbers of notes, with blanks where the runs stand apart. */
function joined(parts: PdfItem[], size: number): string {
  let text = '';
  let end: number | null = null;
  for (const part of parts) {
    const isNote = sizeOf(part.transform) < size * 0.8 && /^\s*[\d*†‡]{1,3}\s*$/.test(part.str);
    if (isNote && text.trim() !== '') continue;
    const start = part.transform[4] ?? 0;
    if (end !== null && start - end > size * 0.2 && !/\s$/.test(text) && !/^\s/.test(part.str)) text += ' ';
    text += part.str;
    if (part.str.trim() !== '') end = start + part.width;
  }
  return text.replace(/\s+/g, ' ').trim();
}

/**
 * The lines without what stands on every page: page numbers, and heads and feet that are the same but for their numbers
 * on several pages. Entries of a table of contents, with their dots, go as well.
 */
export function withoutRunningHeads(pages: PdfLine[][]): PdfLine[][] {
  const seen = new Map<string, Set<number>>();
  const keyOf = (line: PdfLine) => `${Math.round(line.y / 4)} ${line.text.replace(/\d+|\b[ivxlc]+\b/gi, '#')}`;
  const edges = pages.map((lines) => edgeLines(lines));
  for (const lines of edges) {
    for (const line of lines) {
      const key = keyOf(line);
      seen.set(key, (seen.get(key) ?? new Set()).add(line.page));
    }
  }
  // Two rows of figures may look the same; words in the same place on two pages are a head.
  const isRepeated = (line: PdfLine) => (seen.get(keyOf(line))?.size ?? 0) >= (/\p{L}{3}/u.test(line.text) ? 2 : 3);
  return pages.map((lines, index) => {
    const atEdge = new Set(edges[index]);
    return lines.filter(
      (line) => !isContentsEntry(line.text) && !(atEdge.has(line) && (isPageNumber(line.text) || isRepeated(line))),
    );
  });
}

/** The two highest and the two lowest lines of a page: where heads and feet stand. */
function edgeLines(lines: PdfLine[]): PdfLine[] {
  const heights = [...new Set(lines.map((line) => Math.round(line.y)))].sort((a, b) => b - a);
  const outer = new Set([...heights.slice(0, 2), ...heights.slice(-2)]);
  return lines.filter((line) => outer.has(Math.round(line.y)));
}

function isPageNumber(text: string): boolean {
  return /^(\p{L}{1,10}\.?\s*)?[-–—|[(]?\s*(\d{1,4}|[ivxlc]{1,7})\s*[-–—|\])]?(\s*(\/|of|von|de|di|из|van)\s*\d{1,4})?$/iu.test(
    text,
  );
}

const isContentsEntry = (text: string) => /(\. ?){5,}\s*(\d{1,4}|[ivxlc]{1,7})$/i.test(text);
