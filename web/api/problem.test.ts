import { describe, expect, it } from 'vitest';
import { ApiProblem, mistakeAt, toProblem } from './problem.ts';

const words = {
  noAnswer: { title: 'No answer', detail: 'No answer.', hint: 'Is it running?' },
  unreadable: { title: 'Unreadable', detail: (status: number) => `Status ${status}.`, hint: 'Try again.' },
};
const document = {
  type: 'about:blank',
  title: 'Not valid',
  status: 422,
  detail: 'topic: too short',
  code: 'invalid_request',
  requestId: 'r',
  hint: 'Correct it.',
  errors: [{ path: 'topic', message: 'too short' }],
};

describe('failures of calls', () => {
  it('keep the problem document of the server', () => {
    const problem = toProblem(document, 422, words);
    expect(problem).toBeInstanceOf(ApiProblem);
    expect(problem).toMatchObject(document);
    expect(toProblem(problem, undefined, words)).toBe(problem);
  });

  it('are told apart when nothing answered and when something else did', () => {
    expect(toProblem(new TypeError('fetch failed'), undefined, words)).toMatchObject({
      code: 'no_answer',
      status: 0,
      hint: 'Is it running?',
    });
    expect(toProblem('<html>Bad gateway</html>', 502, words)).toMatchObject({
      code: 'unreadable_answer',
      status: 502,
      detail: 'Status 502.',
    });
  });
});

describe('the mistake of a field', () => {
  const mistakes = [
    { path: 'words.max', message: 'too many' },
    { path: 'sources.1.url', message: 'no address' },
    { path: 'sources', message: 'too few' },
  ];

  it('is the one at the field, or else below it', () => {
    expect(mistakeAt(mistakes, 'sources')).toBe('too few');
    expect(mistakeAt(mistakes, 'sources.1')).toBe('no address');
    expect(mistakeAt(mistakes, 'words')).toBe('too many');
  });

  it('is not that of a neighbour whose name begins alike', () => {
    expect(mistakeAt([{ path: 'sources.10', message: 'no' }], 'sources.1')).toBeUndefined();
    expect(mistakeAt(undefined, 'topic')).toBeUndefined();
  });
});
