/** A cell: text, a number, or nothing where a value is unknown. */
export type Cell = string | number | null;

/**
 * A line of a CSV file (RFC 4180): commas between the cells, quotes around those that need them, CRLF at its end. Text
 * that a spreadsheet would run as a formula (it begins with = + - @, a tab or a line break) gets an apostrophe in front,
 * as OWASP advises against "CSV injection"; numbers stay what they are.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
