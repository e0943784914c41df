import { describe, expect, it } from 'vitest';
import { worthOf } from './find.ts';

describe('what fits to what was typed', () => {
  it('begins a word with each word of it, in the name or among the other words for it', () => {
    expect(worthOf('art', 'New article')).toBeGreaterThan(0);
    expect(worthOf('new art', 'New article')).toBeGreaterThan(0);
    expect(worthOf('write', 'New article', 'write start')).toBeGreaterThan(0);
    expect(worthOf('rticle', 'New article')).toBe(0);
    expect(worthOf('new site', 'New article')).toBe(0);
  });

  it('does not look at case and accents', () => {
    expect(worthOf('ÄRTI', 'Artikel')).toBeGreaterThan(0);
    expect(worthOf('uber', 'Übersicht')).toBeGreaterThan(0);
  });

  it('is better where the name begins with it, and better in the name than beside it', () => {
    expect(worthOf('ar', 'Articles')).toBeGreaterThan(worthOf('ar', 'New article'));
    expect(worthOf('ar', 'New article')).toBeGreaterThan(worthOf('ar', 'Topics', 'articles to come'));
  });
});
