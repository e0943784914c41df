/**
 * Reads items several at a time and gives the results in the order of the items: while one is worked on, the next ones
 * are on their way. Whoever stops early (`break`, an error) gives up those that are not needed any more.
 * @param atOnce how many are read at the same time
 * @throws what `read` throws for an item, when its turn comes
 */
export async function* readAhead<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  signal: AbortSignal,
  read: (item: Item, signal: AbortSignal) => Promise<Result>,
): AsyncGenerator<Result> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const begun: Promise<Result>[] = [];
  const begin = () => {
    const item = items[begun.length];
    if (item === undefined) return;
    const result = read(item, either);
    // Its failure is told when its turn comes; until then nobody listens.
    result.catch(() => undefined);
    begun.push(result);
  };
  try {
    for (let index = 0; index < items.length; index++) {
      while (begun.length < Math.min(items.length, index + atOnce)) begin();
      yield await (begun[index] as Promise<Result>);
    }
  } finally {
    stop.abort(new Error('not needed any more'));
  }
}
