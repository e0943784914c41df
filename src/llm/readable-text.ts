/** Fields of the answers that hold text for readers, in `tasks.ts`. */
const fields =
  /"(?:text|heading|title|question|angle|metaTitle|metaDescription|excerpt|goal)"\s*:\s*"((?:[^"\\]|\\.)*)/g;

/**
 * The text for readers in an answer that is still being written: JSON that may break off anywhere. Only for showing:
 * what is used is read from the finished answer.
 */
export function readableText(partial: string): string {
  return [...partial.matchAll(fields)]
    .map((match) => unescapeJson(match[1] ?? ''))
    .filter(Boolean)
    .join(' ');
}

function unescapeJson(text: string): string {
  // An escape that has only half arrived would not parse.
  const whole = text.replace(/\\u[\da-f]{0,3}$/i, '').replace(/\p{Cc}/gu, ' ');
  try {
    return String(JSON.parse(`"${whole}"`));
  } catch (error) {
    if (error instanceof SyntaxError) return '';
    throw error;
  }
}
