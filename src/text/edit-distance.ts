/** How many letters have to be put in, left out or replaced to make one text of the other (Levenshtein). */
export function editDistance(one: string, other: string): number {
  const [a, b] = [[...one], [...other]];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [index, letter] of a.entries()) {
    const next = [index + 1];
    for (const [column, against] of b.entries()) {
      const replaced = (row[column] ?? 0) + (letter === against ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/**
 * The candidates that someone who typed this may have meant, the nearest first, at most three. As far as a slip goes is a
 * quarter of the letters, or two; `farthest` sets another number of them.
 */
export function nearMatches(
  typed: string,
  candidates: Iterable<string>,
  farthest = Math.max(2, Math.floor(typed.length / 4)),
): string[] {
  const wanted = typed.toLowerCase();
  return [...new Set(candidates)]
    .filter((candidate) => Math.abs(candidate.length - wanted.length) <= farthest)
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= farthest)
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}
