const mark = /^\s*(?:[-*•–]|\d{1,4}[.)])\s+/u;

/**
 * The topics in what was typed or pasted, one a line. Where every line of a list is marked (`- `, `1. `) the marks are
 * no part of the topics.
 */
export function readLines(typed: string): string[] {
  const lines = typed
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const list = lines.length > 1 && lines.every((line) => mark.test(line));
  return list ? lines.map((line) => line.replace(mark, '')) : lines;
}
