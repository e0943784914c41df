import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { mostTopics, readTopicList } from './read-list.ts';

const csv = { contentType: 'text/csv' };
const plain = { contentType: 'text/plain; charset=utf-8' };
const read = (text: string | Uint8Array, labels: Parameters<typeof readTopicList>[1] = csv) =>
  readTopicList(typeof text === 'string' ? Buffer.from(text) : text, labels);
const topicsOf = (text: string | Uint8Array, labels = csv) => read(text, labels).rows.map(({ cells }) => cells.topic);

function refusal(text: string | Uint8Array, labels: Parameters<typeof readTopicList>[1] = csv): AppError {
  try {
    read(text, labels);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was read');
}

describe('a list of topics', () => {
  it.each([
    ['commas', 'topic,keyword,note\nRye bread,rye,"From, the fair"\n'],
    ['semicolons', 'Titel;Suchbegriff;Notiz\r\nRye bread;rye;"From, the fair"\r\n'],
    ['tabs', 'Title\tFocus keyword\tComment\nRye bread\trye\tFrom, the fair'],
    ['a byte order mark', '\uFEFFTOPIC,Keyword,notes\nRye bread,rye,"From, the fair"'],
    ['columns in another order', 'note,volume,keyword,topic\n"From, the fair",90,rye,Rye bread'],
  ])('is read with %s', (_what, text) => {
    const { rows } = read(text);
    expect(rows).toEqual([
      { line: 2, cells: { topic: 'Rye bread', keyword: 'rye', note: 'From, the fair' }, problem: null },
    ]);
  });

  it('takes the column of keywords for the topics where there is no other, as keyword tools write it', () => {
    const { columns, rows } = read('Keyword,Volume,Difficulty\nrye bread,900,12\n');
    expect(columns.map(({ meaning }) => meaning)).toEqual(['topic', null, null]);
    expect(rows[0]?.cells).toEqual({ topic: 'rye bread' });
  });

  it('takes the first column where no name says otherwise, and every line then', () => {
    expect(topicsOf('Rye bread,1\nSpelt rolls,2\n')).toEqual(['Rye bread', 'Spelt rolls']);
  });

  it('is one topic a line in plain text, commas and quotes and all; empty lines do not count', () => {
    const text = 'Bread, butter and salt\n\n  \nThe "perfect" crust\r\n';
    expect(read(text, plain).rows.map(({ line, cells }) => [line, cells.topic])).toEqual([
      [1, 'Bread, butter and salt'],
      [4, 'The "perfect" crust'],
    ]);
    expect(topicsOf('Topic\tKeyword\nRye\trye\n', plain)).toEqual(['Rye']);
  });

  it('keeps topics over several lines and doubled quotes together, and counts lines as an editor does', () => {
    const { rows } = read('topic,note\n"Rye\nbread","so called ""black"" bread"\nSpelt,\n');
    expect(rows.map(({ cells }) => cells)).toEqual([
      { topic: 'Rye\nbread', note: 'so called "black" bread' },
      { topic: 'Spelt' },
    ]);
    expect(rows[1]?.line).toBe(4);
  });

  it('marks lines with more columns than the first and those with characters that cannot be read', () => {
    const { rows } = read('topic\nBread, butter and salt\nRye \uFFFD bread\nSpelt\n');
    expect(rows.map(({ problem }) => problem)).toEqual([
      'has 1 more column than the first line',
      'holds a character that cannot be read',
      null,
    ]);
    // Fewer are nothing to complain of.
    expect(read('topic,keyword\nRye\n').rows[0]?.problem).toBeNull();
  });

  const german = 'topic;note\nBrötchen für Anfänger;süß\nÄpfel schälen;\n';
  it.each([
    ['utf-8', Buffer.from(german), 'utf-8'],
    ['windows-1252', Buffer.from(german, 'latin1'), 'windows-1252'],
    ['UTF-16 with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(german, 'utf16le')]), 'utf-16le'],
    ['UTF-16 without one', Buffer.from(german, 'utf16le'), 'utf-16le'],
  ])('is read in %s without being told', (_what, bytes, encoding) => {
    expect(read(bytes)).toMatchObject({ encoding, rows: [{ cells: { topic: 'Brötchen für Anfänger' } }, {}] });
    expect(read(bytes, { ...csv, encoding }).rows[0]?.cells.note).toBe('süß');
  });

  it('in Russian of old Windows is told from Western letters', () => {
    const text = 'topic\nКак испечь ржаной хлеб на закваске дома\n';
    const bytes = Uint8Array.from(text, (letter) => {
      const code = letter.charCodeAt(0);
      return code < 0x80 ? code : code - 0x350;
    });
    expect(read(bytes)).toMatchObject({ encoding: 'windows-1251', rows: [{ cells: { topic: text.split('\n')[1] } }] });
  });
});

describe('what is no list is refused with what to do', () => {
  const xlsx = Buffer.concat([
    Buffer.from('PK\x03\x04'),
    Buffer.alloc(26),
    Buffer.from('[Content_Types].xml xl/workbook'),
  ]);
  it.each([
    ['an Excel workbook', xlsx, csv, /an Excel workbook/, /save it as "CSV UTF-8"/],
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n12345', 'latin1'), csv, /PNG picture/, /paste/],
    ['a PDF', Buffer.from('%PDF-1.7\n'), csv, /a PDF/, /CSV/],
    ['a gzip', Buffer.from([0x1f, 0x8b, 8, 0]), csv, /compressed/, /CSV/],
    ['an empty file', Buffer.from(''), csv, /empty/, /paste/],
    ['blanks', Buffer.from(' \n\t\n'), plain, /empty/, /topic/],
    ['a quote that is never closed', Buffer.from('topic,note\n"Rye,1\nSpelt,2\n'), csv, /never closed/, /""/],
    [
      'UTF-8 that is called something else',
      Buffer.from('Brötchen\n'),
      { ...csv, encoding: 'windows-1252' },
      /not in windows-1252: it is in utf-8/,
      /found out/,
    ],
    [
      'Western letters that are called UTF-8',
      Buffer.from('Brötchen\n', 'latin1'),
      { ...csv, encoding: 'utf-8' },
      /not in utf-8/,
      /found out/,
    ],
  ])('%s', (_what, bytes, labels, message, hint) => {
    expect(refusal(bytes, labels)).toMatchObject({
      code: 'import_unreadable',
      status: 422,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it('an encoding that nobody knows', () => {
    expect(refusal('Rye', { ...csv, encoding: 'klingon' })).toMatchObject({ code: 'invalid_request' });
  });

  it('50,000 lines, with how to split them; 5,000 below a heading are read', () => {
    const lines = (count: number) => Array.from({ length: count }, (_, at) => `Bread ${at},x`).join('\n');
    for (const labels of [csv, plain]) {
      expect(refusal(lines(50_000), labels)).toMatchObject({
        message: 'The list has 50,000 lines, and 5,000 topics are taken at a time.',
        hint: expect.stringContaining('Split it into 10 files of at most 5,000 lines'),
      });
    }
    expect(read(`topic,note\n${lines(mostTopics)}`).rows).toHaveLength(mostTopics);
    expect(refusal(`topic,note\n${lines(mostTopics + 1)}`).code).toBe('import_unreadable');
  });
});
