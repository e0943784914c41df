import { describe, expect, it } from 'vitest';
import { chooseLanguage, chooseLocale } from './language.ts';

describe('the language of the pages', () => {
  it('is the one that was chosen, else the first of the browser that is spoken here, else English', () => {
    expect(chooseLanguage('en', ['de-AT', 'de'])).toBe('en');
    expect(chooseLanguage('de', ['en-US'])).toBe('de');
    expect(chooseLanguage(null, ['de-AT', 'de', 'en'])).toBe('de');
    expect(chooseLanguage(null, ['fr-FR', 'de-CH', 'en'])).toBe('de');
    expect(chooseLanguage(null, ['fr-FR', 'nl'])).toBe('en');
    expect(chooseLanguage(null, [])).toBe('en');
  });

  it('is not upset by what is no name of a language', () => {
    expect(chooseLanguage(null, ['C', 'en-US@posix', '', 'de'])).toBe('de');
    expect(chooseLocale('de', ['C', '', '*'])).toBe('de');
  });
});

describe('the locale of numbers and dates', () => {
  it('is that of the browser for the language, with its region', () => {
    expect(chooseLocale('de', ['de-AT', 'de', 'en'])).toBe('de-AT');
    expect(chooseLocale('de', ['en-US', 'de-CH'])).toBe('de-CH');
    expect(chooseLocale('en', ['de-AT', 'en-GB', 'en'])).toBe('en-GB');
  });

  it('is the language where the reader is, for a browser that speaks another one', () => {
    expect(chooseLocale('de', ['fr-FR'])).toBe('de-FR');
    expect(chooseLocale('en', ['de', 'de-AT'])).toBe('en-AT');
    expect(chooseLocale('de', ['fr'])).toBe('de');
  });

  it('is one that numbers and dates can be written in', () => {
    const written = (locale: string) => new Intl.NumberFormat(locale).format(1_234.5);
    expect([chooseLocale('de', ['fr-FR']), chooseLocale('de', ['de-CH'])].map(written)).toEqual([
      '1.234,5',
      expect.stringMatching(/^1.234\.5$/),
    ]);
  });
});
