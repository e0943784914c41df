/**
 * Keeps what a pure function has made of its latest texts. Whoever types has the same paragraphs looked at every second, all
 * but one as they were.
 * @param most so many results are kept; one that was not asked for the longest goes first
 * @param work must depend on its text alone, and what it returns may not be changed
 * @param mostCharacters longer texts are not kept: they are rare, and are worked on once
 */
export function remember<Result>(
  most: number,
  work: (text: string) => Result,
  mostCharacters = 5_000,
): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    if (text.length > mostCharacters) return work(text);
    const before = known.get(text);
    const result = before === undefined ? work(text) : before;
    known.delete(text);
    known.set(text, result);
    if (known.size > most) known.delete(known.keys().next().value as string);
    return result;
  };
}
