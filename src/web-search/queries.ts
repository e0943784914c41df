/** Words and characters of one query: Brave refuses more than 50 words or 400 characters, Tavily more than 400. */
const maxWords = 30;
const maxCharacters = 250;

/** No article is searched for with more queries than this. */
export const maxQueries = 4;

/**
 * The queries of an article, most important first: its topic, its keyword, then what the model proposes. Those that
 * differ only in case, marks or spacing count once.
 */
export function chooseQueries(topic: string, keyword: string, proposed: readonly string[]): string[] {
  const seen = new Set<string>();
  const queries: string[] = [];
  for (const text of [topic, keyword, ...proposed]) {
    const query = shorten(text);
    const key = query
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
      .trim();
    if (key === '' || seen.has(key)) continue;
    seen.add(key);
    queries.push(query);
    if (queries.length === maxQueries) break;
  }
  return queries;
}

function shorten(text: string): string {
  const words = text
    .normalize('NFC')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .split(' ')
    .slice(0, maxWords);
  while (words.length > 1 && words.join(' ').length > maxCharacters) words.pop();
  return Array.from(words.join(' ')).slice(0, maxCharacters).join('');
}
