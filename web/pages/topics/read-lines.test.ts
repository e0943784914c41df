import { describe, expect, it } from 'vitest';
import { readLines } from './read-lines.ts';

describe('the topics of a text', () => {
  it.each([
    ['', []],
    [' \n\n\t', []],
    ['Rye bread', ['Rye bread']],
    ['Rye bread\r\nRolls\rCakes\n\n  Pies  ', ['Rye bread', 'Rolls', 'Cakes', 'Pies']],
    ['- Rye bread\n- Rolls', ['Rye bread', 'Rolls']],
    ['1. Rye bread\n2) Rolls\n• Cakes', ['Rye bread', 'Rolls', 'Cakes']],
    // A single line, and a list in which only some are marked, mean what they say.
    ['1. FC Nürnberg', ['1. FC Nürnberg']],
    ['1. FC Nürnberg\nRolls', ['1. FC Nürnberg', 'Rolls']],
    ['-5 degrees\n-6 degrees', ['-5 degrees', '-6 degrees']],
  ])('%j is %j', (typed, topics) => {
    expect(readLines(typed)).toEqual(topics);
  });
});
