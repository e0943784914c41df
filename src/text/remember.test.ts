import { expect, it } from 'vitest';
import { remember } from './remember.ts';

it('works on a text once, forgets the one not asked for the longest, and never keeps a long one', () => {
  const worked: string[] = [];
  const length = remember(2, (text) => {
    worked.push(text);
    return text.length;
  });
  expect(['a', 'bb', 'a', 'ccc', 'a', 'bb'].map(length)).toEqual([1, 2, 1, 3, 1, 2]);
  expect(worked).toEqual(['a', 'bb', 'ccc', 'bb']);
  const long = 'x'.repeat(5_001);
  expect([length(long), length(long)]).toEqual([5_001, 5_001]);
  expect(worked.filter((text) => text === long)).toHaveLength(2);
});
