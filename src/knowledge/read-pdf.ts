import { baseLanguage } from '../text/language.ts';
import { cleanText, type ExtractedDocument, parseDate } from './document.ts';
import { limitMemory } from './memory-limit.ts';
import { person } from './page-metadata.ts';
import { blocksOfLines } from './pdf-blocks.ts';
import { linesOf, type PdfItem, type PdfLine, withoutRunningHeads } from './pdf-lines.ts';
import { type Refusal, refuse } from './refusal.ts';

/** The part of pdf.js that is used here. */
interface PdfDocument {
  numPages: number;
  getPage(number: number): Promise<{ getTextContent(): Promise<{ items: unknown[] }>; cleanup(): boolean }>;
  getMetadata(): Promise<{ info: unknown }>;
}

const maxPages = 300;
/** Streams inside a PDF are compressed, and pdf.js unpacks them outside the heap that V8 limits. */
const maxMemoryBytes = 700_000_000;

/**
 * Reads the text of a PDF with pdf.js: paragraphs joined from lines, headings told by their size, without page numbers
 * and running heads. No script of the file runs, and nothing is fetched.
 */
export async function readPdf(bytes: Uint8Array): Promise<{ document: ExtractedDocument } | Refusal> {
  limitMemory(maxMemoryBytes);
  // pdf.js weighs 2 MB: only whoever reads a PDF loads it.
  const { getResolvedPDFJS } = await import('unpdf');
  const { getDocument } = await getResolvedPDFJS();
  const task = getDocument({
    // pdf.js takes the buffer for itself and wants a plain array of its own.
    data: new Uint8Array(bytes),
    verbosity: 0,
    disableFontFace: true,
    useSystemFonts: false,
    stopAtErrors: false,
    enableXfa: false,
  });
  try {
    return await readOpened((await task.promise) as unknown as PdfDocument);
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'PasswordException') return refuse('encrypted', 'The PDF is encrypted and asks for a password.');
    if (/^(InvalidPDF|Format|XRef|MissingPDF|UnknownError|XRefParse|ParserEOF)/.test(name)) {
      return refuse(
        'broken',
        'The PDF is damaged and could not be read.',
        'Get the file again, or paste its text as a source.',
      );
    }
    throw error;
  } finally {
    await task.destroy();
  }
}

async function readOpened(pdf: PdfDocument): Promise<{ document: ExtractedDocument } | Refusal> {
  if (pdf.numPages > maxPages) {
    return refuse('too_many_pages', `The PDF has ${pdf.numPages} pages, more than the ${maxPages} that are read.`);
  }
  const pages: PdfLine[][] = [];
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    pages.push(linesOf(items.filter(isItem), number));
    page.cleanup();
  }
  if (pages.every((lines) => lines.length === 0)) {
    const what = pdf.numPages === 1 ? 'Its one page is a picture' : `Its ${pdf.numPages} pages are pictures`;
    return refuse('scanned', `The PDF holds no text. ${what}, as a scanner makes them.`);
  }
  const lines = withoutRunningHeads(pages).flat();
  const blocks = blocksOfLines(lines);
  const info = (await pdf.getMetadata()).info as Record<string, unknown>;
  const title = titleIn(info.Title) ?? largestLines(lines);
  return {
    document: {
      title,
      siteName: null,
      author: authorIn(info.Author),
      publishedAt: dateIn(info.CreationDate),
      language: baseLanguage(typeof info.Language === 'string' ? info.Language : null),
      canonicalUrl: null,
      blocks: blocks[0]?.kind === 'heading' && blocks[0].text === title ? blocks.slice(1) : blocks,
    },
  };
}

function isItem(item: unknown): item is PdfItem {
  return typeof item === 'object' && item !== null && 'str' in item && 'transform' in item;
}

/** The title that the author gave the file, not the one that a program made of the file's name. */
function titleIn(value: unknown): string | null {
  const title = cleanText(typeof value === 'string' ? value : '').replace(/^Microsoft (Word|PowerPoint|Excel) - /, '');
  const isName = /\.(docx?|odt|rtf|tex|dvi|indd|qxd|pdf|pptx?|xlsx?|ps|html?)$/i.test(title);
  return title.length < 3 || isName || /^(untitled|unbenannt|sans titre|document ?\d*|slide \d+|title)$/i.test(title)
    ? null
    : title.slice(0, 300);
}

function authorIn(value: unknown): string | null {
  const name = cleanText(typeof value === 'string' ? value : '');
  // What systems put there when nobody did.
  if (/^(administrator|admin|root|user|owner|unknown|author|anonymous|nobody)$/i.test(name) || /[[\]]/.test(name))
    return null;
  return person(name);
}

/** "D:20260304050607+02'00'" (ISO 32000-1, 7.9.4). */
function dateIn(value: unknown): string | null {
  const parts = /^D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(Z|[+-]\d\d'?\d\d)?/.exec(String(value ?? ''));
  if (parts === null) return null;
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', zone = 'Z'] = parts;
  const offset = zone === 'Z' ? 'Z' : zone.replace(/^(...)'?(..)/, '$1:$2');
  return parseDate(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
}

/** What stands largest on the first page, which is nearly always its title. */
function largestLines(lines: PdfLine[]): string {
  const first = lines.filter((line) => line.page === lines[0]?.page && /\p{L}{2}/u.test(line.text));
  const size = Math.max(...first.map((line) => line.size));
  const common = Math.min(...first.map((line) => line.size));
  if (first.length === 0 || size < common * 1.15) return '';
  const title = first.filter((line) => line.size === size).slice(0, 3);
  return cleanText(title.map((line) => line.text).join(' ')).slice(0, 300);
}
