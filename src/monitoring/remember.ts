/**
 * What `read` gives, for a while: whoever asks within `ms` milliseconds gets the same, and whoever asks while it is read
 * waits for that. A failure is not kept.
 */
export function remember<Read>(ms: number, read: () => Promise<Read>): () => Promise<Read> {
  let kept: { value: Promise<Read>; until: number } | null = null;
  return () => {
    if (kept && performance.now() < kept.until) return kept.value;
    const value = read();
    const mine = { value, until: Number.POSITIVE_INFINITY };
    kept = mine;
    value.then(
      () => {
        mine.until = performance.now() + ms;
      },
      () => {
        if (kept === mine) kept = null;
      },
    );
    return value;
  };
}
