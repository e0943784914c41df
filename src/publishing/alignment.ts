/** Which of ours each of theirs is: the longest common row of blocks, so that what was moved counts as new. */
export function alignment(ours: readonly string[], theirs: readonly string[]): Map<number, number> {
  let start = 0;
  while (start < ours.length && start < theirs.length && ours[start] === theirs[start]) start += 1;
  const pairs = new Map<number, number>();
  for (let index = 0; index < start; index += 1) pairs.set(index, index);
  let tail = 0;
  while (
    tail < ours.length - start &&
    tail < theirs.length - start &&
    ours[ours.length - 1 - tail] === theirs[theirs.length - 1 - tail]
  ) {
    tail += 1;
    pairs.set(theirs.length - tail, ours.length - tail);
  }
  const rows = ours.length - start - tail;
  const columns = theirs.length - start - tail;
  // Then nearly everything is different, and the comparison would take more memory than it is worth.
  if (rows * columns > 4_000_000) return pairs;
  const lengths = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  const at = (row: number, column: number) => lengths[row]?.[column] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const same = ours[start + row] === theirs[start + column];
      const best = same ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
      (lengths[row] as Uint32Array)[column] = best;
    }
  }
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    if (ours[start + row] === theirs[start + column]) {
      pairs.set(start + column, start + row);
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return pairs;
}
