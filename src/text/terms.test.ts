import { describe, expect, it } from 'vitest';
import { isForeign } from './stop-words.ts';
import { contentTerms, namesIn, numbersIn } from './terms.ts';

describe('contentTerms', () => {
  it('drops stop words and endings', () => {
    expect(contentTerms('The backups of the servers', 'en')).toEqual(contentTerms('a backup for each server', 'en'));
    expect(contentTerms('Die Sicherungen', 'de')).toEqual(contentTerms('eine Sicherung', 'de'));
  });
  it('works without spaces and without a known language', () => {
    expect(contentTerms('数据备份很重要', 'zh').length).toBeGreaterThan(1);
    expect(contentTerms('hello world', null)).toEqual(['hello', 'world']);
  });
});

describe('numbersIn', () => {
  it('writes a number in one way', () => {
    expect(numbersIn('1,200 users', 'en')).toEqual(['1200']);
    expect(numbersIn('1.200 Nutzer', 'de')).toEqual(['1200']);
    expect(numbersIn('3,5 Prozent', 'de')).toEqual(numbersIn('3.5 percent', 'en'));
  });
  it('keeps apart what differs', () => {
    expect(numbersIn('12 percent', 'en')).not.toEqual(numbersIn('1.2 percent', 'en'));
    expect(numbersIn('no number here', 'en')).toEqual([]);
  });
});

describe('namesIn', () => {
  it('finds names and acronyms, not the first word', () => {
    expect(namesIn('Yesterday Ada Lovelace used WordPress over HTTP.', 'en')).toEqual([
      'Ada Lovelace',
      'WordPress',
      'HTTP',
    ]);
  });
  it('takes names in a list apart, so that each stands in its source', () => {
    expect(namesIn("He compared Munin, Nagios and Linux's LSM.", 'en')).toEqual(['Munin', 'Nagios', 'Linux', 'LSM']);
  });
  it('does not take German nouns for names', () => {
    expect(namesIn('Gestern hat der Server die Sicherung über SSH gemacht.', 'de')).toEqual(['SSH']);
  });
});

describe('isForeign', () => {
  it('tells another language by its small words or its script', () => {
    expect(isForeign('The server is then restarted by the script.', 'de')).toBe(true);
    expect(isForeign('The server is then restarted by the script.', 'ja')).toBe(true);
    expect(isForeign('Der Server wird dann durch das Skript neu gestartet.', 'de')).toBe(false);
    expect(isForeign('Netatalk Samba NFS', 'fr')).toBe(false);
  });
});
