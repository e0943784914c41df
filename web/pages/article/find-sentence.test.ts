import { describe, expect, it } from 'vitest';
import { findSentence, head, splitAtQuote, tail } from './find-sentence.ts';

/** The words that segments cover, as a reader sees them. */
const covered = (texts: string[], sentence: string) =>
  findSentence(texts, sentence).map(({ index, start, end }) => texts[index]?.slice(start, end));

describe('finding a sentence in a page', () => {
  it('finds it within one text', () => {
    expect(
      covered(['First one. The tar format dates from 1979. Last one.'], 'The tar format dates from 1979.'),
    ).toEqual(['The tar format dates from 1979.']);
  });

  it('finds it across links, emphasis and footnote marks', () => {
    const texts = ['A start. Use ', 'rsync', ' for copies', '. The end.'];
    expect(covered(texts, 'Use rsync for copies.')).toEqual(['Use ', 'rsync', ' for copies', '.']);
  });

  it('looks past white space, the shape of quotes and dashes, and invisible signs', () => {
    expect(covered(['It is “quite\n   fast” – they say…'], 'It is "quite fast" - they say...')).toEqual([
      'It is “quite\n   fast” – they say…',
    ]);
    expect(covered(['soft\u00adware'], 'software')).toEqual(['soft\u00adware']);
  });

  it('does not take a part of another sentence, nor nothing, for it', () => {
    expect(findSentence(['Backups are old.'], 'Backups are old and slow.')).toEqual([]);
    expect(findSentence(['Backups.'], '')).toEqual([]);
    expect(findSentence([], 'Backups.')).toEqual([]);
  });

  it('finds the second of two equal sentences after the first', () => {
    const texts = ['Test it. Then wait. Test it.'];
    const [first] = findSentence(texts, 'Test it.');
    expect(first).toEqual({ index: 0, start: 0, end: 8 });
    expect(findSentence(texts, 'Test it.', first)).toEqual([{ index: 0, start: 20, end: 28 }]);
    expect(findSentence(texts, 'Then wait.', { index: 0, start: 20, end: 28 })).toEqual([]);
  });

  it('keeps its place in texts with letters outside the basic plane', () => {
    expect(covered(['😀😀 Die Straße ist naß. 😀'], 'Die Straße ist naß.')).toEqual(['Die Straße ist naß.']);
  });
});

describe('a quote inside its passage', () => {
  it('is cut out as it stands there', () => {
    expect(splitAtQuote('Before it. It’s the\nquote. After it.', "It's the quote.")).toEqual({
      before: 'Before it. ',
      quote: 'It’s the\nquote.',
      after: ' After it.',
    });
  });

  it('is null when it does not stand there', () => {
    expect(splitAtQuote('Something else.', 'the quote')).toBeNull();
  });
});

describe('cutting long texts', () => {
  it('cuts at words and marks the cut', () => {
    expect(tail('one two three four', 10)).toBe('… four');
    expect(head('one two three four', 10)).toBe('one two …');
  });

  it('leaves short ones alone', () => {
    expect(tail('one two', 10)).toBe('one two');
    expect(head('one two', 10)).toBe('one two');
  });
});
