import { expect, test } from 'vitest';
import { readAhead } from './read-ahead.ts';

const never = new AbortController().signal;

test('results come in the order of the items, however long each takes, and no more are read at once than allowed', async () => {
  const ends = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const results: number[] = [];
  const reading = (async () => {
    for await (const result of readAhead([0, 1, 2, 3, 4, 5], 3, never, async (item) => {
      begun.push(item);
      most = Math.max(most, ++running);
      await ends[item]?.promise;
      running--;
      return item * 10;
    })) {
      results.push(result);
    }
  })();
  // The last of those under way ends first: nothing may come before its turn.
  for (const item of [2, 1, 0, 5, 4, 3]) {
    ends[item]?.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    if (item > 0 && item < 3) expect(results).toEqual([]);
  }
  await reading;
  expect(results).toEqual([0, 10, 20, 30, 40, 50]);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
  expect(most).toBe(3);
});

test('an error comes when its turn does, and what is under way then is given up', async () => {
  const given: number[] = [];
  const got: number[] = [];
  const reading = async () => {
    const read = (item: number, signal: AbortSignal) => {
      if (item === 1) return Promise.reject(new Error('no'));
      if (item === 0) return Promise.resolve(item);
      return new Promise<number>((_, reject) => {
        signal.addEventListener('abort', () => {
          given.push(item);
          reject(signal.reason);
        });
      });
    };
    for await (const item of readAhead([0, 1, 2, 3], 3, never, read)) got.push(item);
  };
  await expect(reading()).rejects.toThrow('no');
  expect(got).toEqual([0]);
  expect(given).toEqual([2, 3]);
});

test('an end that was asked for reaches those under way', async () => {
  const ending = new AbortController();
  const reading = async () => {
    const read = (_: number, signal: AbortSignal) =>
      new Promise<number>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    for await (const item of readAhead([0, 1], 2, ending.signal, read)) expect(item).toBeNaN();
  };
  const ended = expect(reading()).rejects.toThrow('the process stops');
  ending.abort(new Error('the process stops'));
  await ended;
});
