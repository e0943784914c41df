/** Requests of one publication that are under way at the same time: shared hosts answer more of them no sooner. */
const atATime = 3;

/**
 * Does the work for each item, a few at a time; the results stand in the order of the items. After a failure no other is
 * begun, and the first one is thrown when all that were under way have ended: none of them outlives the lease.
 */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index] as T);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await together(Array.from({ length: Math.min(atATime, items.length) }, worker));
  return results;
}

/** As `Promise.all`, but a failure is thrown only when everything has ended. */
export async function together<T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  const ended = await Promise.allSettled(work);
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return ended.map((one) => (one.status === 'fulfilled' ? one.value : undefined)) as {
    -readonly [I in keyof T]: Awaited<T[I]>;
  };
}
