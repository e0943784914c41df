import { CsvError, parse } from 'csv-parse/sync';
import { AppError } from '../errors.ts';
import { encodingOf } from '../knowledge/decode-html.ts';
import { sniff } from '../knowledge/sniff.ts';
import { type ColumnMeaning, columnMeaning } from './list-columns.ts';

/** More topics than this are not taken from one list. */
export const mostTopics = 5_000;

/** A line of a list, by what its columns mean. */
export type ListRow = { line: number; cells: Partial<Record<ColumnMeaning, string>>; problem: string | null };

/** A list as it was read. */
export interface TopicList {
  /** The encoding it was read in, for example utf-8. */
  encoding: string;
  /** The columns as the first line names them, and what they are taken for; one without a meaning is not used. */
  columns: { name: string; meaning: ColumnMeaning | null }[];
  rows: ListRow[];
}

/** How a list is labelled. */
export interface ListLabels {
  contentType: string | null;
  /** The encoding that a person named; otherwise it is found out. */
  encoding?: string | undefined;
}

/**
 * Reads a list of topics: CSV with commas, semicolons or tabs, or plain text with one topic a line. Lines that cannot be
 * used stay in it, with what is wrong with them.
 * @throws AppError import_unreadable for what is no text, for an encoding that does not fit, for a quote that is never
 * closed, and for more than {@link mostTopics} lines; always with what to do
 */
export function readTopicList(bytes: Uint8Array, labels: ListLabels): TopicList {
  const { text, encoding } = decode(bytes, labels);
  const plain = /^text\/plain\b/i.test(labels.contentType ?? '');
  const records = split(text, delimiterOf(text, plain));
  const [first] = records;
  if (!first) throw unreadable('The list is empty.', 'Send one topic a line, or a CSV file with a column "topic".');
  const meanings = columnMeanings(first.cells);
  const columns = meanings
    ? first.cells.map((name, at) => ({ name: name.trim(), meaning: meanings[at] ?? null }))
    : first.cells.map((_, at) => ({ name: `${at + 1}`, meaning: at === 0 ? ('topic' as const) : null }));
  const data = meanings ? records.slice(1) : records;
  if (data.length > mostTopics) throw tooMany(text);
  return { encoding, columns, rows: data.map((record) => rowOf(record, columns)) };
}

function decode(bytes: Uint8Array, { contentType, encoding }: ListLabels): { text: string; encoding: string } {
  if (bytes.length === 0) throw unreadable('The file is empty.', 'Choose another file, or paste the topics.');
  const sniffed = sniff(bytes);
  if (sniffed.kind !== 'text') {
    const name = sniffed.kind === 'binary' ? sniffed.name : sniffed.kind === 'pdf' ? 'a PDF' : 'a compressed file';
    throw unreadable(
      `This is ${name}, not a list.`,
      'Open it in your spreadsheet program, save it as "CSV UTF-8", and import that; or paste the topics, one a line.',
    );
  }
  const found = encodingOf(bytes, contentType);
  const label = encoding === undefined ? found : labelOf(encoding);
  const text = new TextDecoder(label).decode(bytes);
  // Bytes of another encoding form valid UTF-8 only where there is nothing beyond ASCII.
  const isUtf8 = found === 'utf-8' && bytes.some((byte) => byte > 0x7f);
  if (encoding !== undefined && (text.includes('\uFFFD') || (isUtf8 && label !== 'utf-8'))) {
    throw unreadable(
      `The list is not in ${label}${isUtf8 ? ': it is in utf-8' : ''}.`,
      'Leave the encoding out: it is found out. Or save the list as "CSV UTF-8".',
    );
  }
  return { text, encoding: label };
}

function labelOf(encoding: string): string {
  try {
    return new TextDecoder(encoding).encoding;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AppError('invalid_request', `encoding: "${encoding.slice(0, 40)}" is not one that is known`, {
      errors: [{ path: 'encoding', message: 'is not known; for example utf-8, utf-16le or windows-1252' }],
      hint: 'Leave it out: it is found out.',
    });
  }
}

interface RawRecord {
  line: number;
  cells: string[];
}

function split(text: string, delimiter: string | null): RawRecord[] {
  if (delimiter === null) {
    return text
      .split(/\r\n|\n|\r/)
      .flatMap((line, at) => (line.trim() === '' ? [] : [{ line: at + 1, cells: [line] }]));
  }
  try {
    const records = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      // One more than there may be, below a heading, tells that there are too many.
      to: mostTopics + 2,
    }) as unknown as { record: string[]; info: { lines: number } }[];
    return records.map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = 'lines' in error ? Number(error.lines) : null;
    throw unreadable(
      error.code === 'CSV_QUOTE_NOT_CLOSED'
        ? `A quotation mark that is opened${line ? ` before line ${line}` : ''} is never closed.`
        : `The list cannot be taken apart${line ? ` at line ${line}` : ''}.`,
      'Close the mark, or double it ("") where it belongs to the topic; a plain list with one topic a line needs none.',
    );
  }
}

/** What separates the columns: what stands outside of quotes in most of the first lines; null for one column. */
function delimiterOf(text: string, plain: boolean): string | null {
  const lines = text
    .slice(0, 100_000)
    .replace(/"[^"]*"/g, '')
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== '')
    .slice(0, 50);
  // Commas belong to topics in a plain list; a table that was pasted from a spreadsheet has tabs.
  const candidates = plain ? ['\t'] : ['\t', ';', ','];
  const share = (delimiter: string) => lines.filter((line) => line.includes(delimiter)).length / lines.length;
  const best = candidates.find((delimiter) => share(delimiter) >= 0.5);
  if (best) return best;
  // One column: quotes still are quotes in a file that is called CSV.
  const named = candidates.find(
    (delimiter) => lines[0]?.includes(delimiter) && columnMeanings(lines[0].split(delimiter)),
  );
  return named ?? (plain ? null : ',');
}

function columnMeanings(cells: string[]): (ColumnMeaning | null)[] | null {
  const found = cells.map(columnMeaning);
  // Two columns of one meaning: the first is it. A list of keywords has its topics there.
  const once = found.map((meaning, at) => (found.indexOf(meaning) === at ? meaning : null));
  if (once.includes('topic')) return once;
  if (once.includes('keyword')) return once.map((meaning) => (meaning === 'keyword' ? 'topic' : meaning));
  return null;
}

function rowOf({ line, cells }: RawRecord, columns: TopicList['columns']): ListRow {
  const row: ListRow = { line, cells: {}, problem: null };
  for (const [at, { meaning }] of columns.entries()) {
    const value = cells[at]?.trim();
    if (meaning && value) row.cells[meaning] = value;
  }
  const extra = cells.slice(columns.length).filter((cell) => cell.trim() !== '').length;
  if (extra > 0) row.problem = `has ${extra} more column${extra === 1 ? '' : 's'} than the first line`;
  else if (cells.some((cell) => cell.includes('\uFFFD'))) row.problem = 'holds a character that cannot be read';
  return row;
}

function tooMany(text: string): AppError {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '').length;
  const parts = Math.ceil(lines / mostTopics);
  return unreadable(
    `The list has ${lines.toLocaleString('en')} lines, and ${mostTopics.toLocaleString('en')} topics are taken at a time.`,
    `Split it into ${parts} files of at most ${mostTopics.toLocaleString('en')} lines each and import those you want to write about; a backlog holds 5,000 topics.`,
  );
}

function unreadable(message: string, hint: string): AppError {
  return new AppError('import_unreadable', message, { hint });
}
