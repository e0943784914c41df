import { describe, expect, it } from 'vitest';
import { containsVerbatim, normaliseForMatch } from './match.ts';

describe('normaliseForMatch', () => {
  it('folds quotes, dashes, ellipses, white space and invisible characters', () => {
    expect(normaliseForMatch('“It’s” 10\u00a0–\u00a020\u2026 soft\u00adware\u200b\n ok')).toBe(
      '"It\'s" 10 - 20... software ok',
    );
  });
});

describe('containsVerbatim', () => {
  it('finds a quote whatever the typography', () => {
    expect(containsVerbatim('He said: «It’s\n a test» — twice.', 'He said: "It\'s a test" - twice.')).toBe(true);
  });
  it('does not find part of a word, another case, or nothing', () => {
    expect(containsVerbatim('concatenate', 'cat')).toBe(false);
    expect(containsVerbatim('The cat sat.', 'the cat')).toBe(false);
    expect(containsVerbatim('The cat sat.', ' ')).toBe(false);
    expect(containsVerbatim('The cat sat.', '...')).toBe(false);
  });
  it('looks on where the first find is inside a word', () => {
    expect(containsVerbatim('A concatenated cat.', 'cat')).toBe(true);
  });
  it('needs no borders in scripts without spaces', () => {
    expect(containsVerbatim('毎日バックアップを行います。', 'バックアップを行い')).toBe(true);
  });
});
