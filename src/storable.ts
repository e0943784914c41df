/**
 * Control characters but tab and line ends, and the marks that turn the direction of everything behind them (Unicode
 * UAX #9: embeddings, overrides, isolates). The first break feeds and cannot be stored, the second let a title be read
 * as something else. The letters of a right-to-left script need neither.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed.
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Why PostgreSQL cannot keep a text: it has no U+0000 in texts and no halves of characters in JSON. Null when it can. */
export function whyUnstorable(text: string): string | null {
  if (text.includes('\u0000')) return 'holds the character U+0000, which cannot be stored';
  return text.isWellFormed() ? null : 'holds half of a character (a lone surrogate), which cannot be stored';
}

/** The text without control characters and direction marks; half characters become U+FFFD. Line ends and tabs stay. */
export function printable(text: string): string {
  return text.toWellFormed().replace(unprintable, '');
}

/** {@link printable} on one line, with single blanks. */
export function oneLine(text: string): string {
  return printable(text.replace(/[\s\u0085\u2028\u2029]+/gu, ' ')).trim();
}

/** {@link printable} for every text in a value whose shape has been checked: it walks down as deep as the value goes. */
export function allPrintable<T>(value: T): T {
  if (typeof value === 'string') return printable(value) as T;
  if (Array.isArray(value)) return value.map((item) => allPrintable(item)) as T;
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, allPrintable(item)])) as T;
}
