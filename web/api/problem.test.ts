import { describe, expect, it } from 'vitest';
import { ApiProblem, mistakeAt, toProblem } from './problem.ts';

const words = {
  noAnswer: { title: 'No answer', detail: 'No answer.', hint: 'Is it running?' },
  unreadable: { title: 'Unreadable', detail: (status: number) => `Status ${status}.`, hint: 'Try again.' },
};
const answer = (status: number, headers: HeadersInit = {}) => new Response(null, { status, headers });
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
    const problem = toProblem(document, answer(422), words);
    expect(problem).toBeInstanceOf(ApiProblem);
    expect(problem).toMatchObject(document);
    expect(toProblem(problem, undefined, words)).toBe(problem);
  });

  it('say when to come back, if the server does', () => {
    const before = Date.now();
    const { retryAt } = toProblem(document, answer(429, { 'retry-after': '42' }), words);
    expect(retryAt?.getTime()).toBeGreaterThanOrEqual(before + 42_000);
    expect(toProblem(document, answer(429, { 'retry-after': 'soon' }), words).retryAt).toBeUndefined();
  });

  it('are told apart when nothing answered and when something else did', () => {
    expect(toProblem(new TypeError('fetch failed'), undefined, words)).toMatchObject({
      code: 'no_answer',
      status: 0,
      hint: 'Is it running?',
    });
    expect(toProblem('<html>Bad gateway</html>', answer(502), words)).toMatchObject({
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
