/** One article as a file holds it. */
export interface GivenDocument {
  /** The file, and which article of it where there are several: what the report calls it. */
  name: string;
  text: string;
}

/**
 * The articles of a JSON file: of a list, or of `{ "articles": [...] }`, each by itself; anything else as it is, and whoever
 * reads it says what is wrong with it. The web app and the command line use it, so that no request carries more than some.
 */
export function splitList({ name, text }: GivenDocument): GivenDocument[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof SyntaxError) return [{ name, text }];
    throw error;
  }
  const list =
    value !== null && typeof value === 'object' && 'articles' in value && !('title' in value) ? value.articles : value;
  if (!Array.isArray(list)) return [{ name, text }];
  return list.map((one, index) => ({ name: `${name}, article ${index + 1}`, text: JSON.stringify(one) }));
}
