import { expect, test } from 'vitest';
import { plainWords } from './plain-words.ts';
import { diffWords } from './word-diff.ts';

const only = (kind: 'removed' | 'added', before: string, after: string) =>
  diffWords(before, after).flatMap((change) => (change.kind === kind ? [change.text.trim()] : []));

test('a diff keeps the words that stayed, and both texts can be read from it', () => {
  const [before, after] = ['Feed it twice a day in hot summer.', 'Feed the starter twice a day in summer.'];
  expect(only('removed', before, after)).toEqual(['it', 'hot']);
  expect(only('added', before, after)).toEqual(['the starter']);
  const read = (without: string) =>
    diffWords(before, after)
      .filter(({ kind }) => kind !== without)
      .map(({ text }) => text)
      .join('');
  expect(read('removed')).toBe(after);
  expect(diffWords(before, before)).toEqual([{ kind: 'same', text: before }]);
});

test('what is too long for a comparison, or has little in common, is shown whole', () => {
  expect(diffWords('All of it is new.', 'Nothing of that stayed here.')).toEqual([
    { kind: 'removed', text: 'All of it is new.\n\n' },
    { kind: 'added', text: 'Nothing of that stayed here.' },
  ]);
  const long = 'word '.repeat(2_000);
  expect(diffWords(long, 'short')).toEqual([
    { kind: 'removed', text: `${long}\n\n` },
    { kind: 'added', text: 'short' },
  ]);
});

test('words of Markdown are found as they read', () => {
  expect(plainWords('## A *b* [c d](<https://e.example/>) `f`[^1] 1\\. \\*g')).toBe('A b c d f 1. *g');
});
