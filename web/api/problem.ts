import type { Problem } from './client/types.gen.ts';

/** One mistake in a request: where it is (`sources.0.url`) and what is wrong with it. */
export type FieldMistake = NonNullable<Problem['errors']>[number];

/**
 * What every failed call throws: the server's problem document (RFC 9457), or, where no answer came, one of our own with
 * the code `no_answer` and status 0.
 */
export class ApiProblem extends Error implements Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string;
  readonly hint: string;
  readonly errors?: FieldMistake[];
  readonly suggestions?: string[];
  /** What a topic comes too close to. */
  readonly duplicateOf?: Problem['duplicateOf'];
  /** When trying again makes sense, for answers that say so. */
  readonly retryAt?: Date;

  constructor(problem: Problem, cause?: unknown, retryAt?: Date) {
    super(problem.detail, { cause });
    this.name = 'ApiProblem';
    this.type = problem.type;
    this.title = problem.title;
    this.status = problem.status;
    this.detail = problem.detail;
    this.code = problem.code;
    this.requestId = problem.requestId;
    this.hint = problem.hint;
    if (problem.errors) this.errors = problem.errors;
    if (problem.duplicateOf) this.duplicateOf = problem.duplicateOf;
    if (problem.suggestions) this.suggestions = problem.suggestions;
    if (retryAt) this.retryAt = retryAt;
  }
}

/** The words for failures that have no problem document; they come from the catalogue of strings. */
export interface ProblemWords {
  noAnswer: { title: string; detail: string; hint: string };
  unreadable: { title: string; detail: (status: number) => string; hint: string };
}

/** Turns whatever a call threw, with its answer if there was one, into an {@link ApiProblem}. */
export function toProblem(
  error: unknown,
  answer: Pick<Response, 'status' | 'headers'> | undefined,
  words: ProblemWords,
): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (isProblem(error)) return new ApiProblem(error, undefined, retryTime(answer?.headers.get('retry-after')));
  const status = answer?.status;
  const base = { type: 'about:blank', requestId: '' };
  if (status === undefined) {
    return new ApiProblem({ ...base, ...words.noAnswer, status: 0, code: 'no_answer' }, error);
  }
  const { title, detail, hint } = words.unreadable;
  return new ApiProblem({ ...base, title, detail: detail(status), hint, status, code: 'unreadable_answer' }, error);
}

function retryTime(seconds: string | null | undefined): Date | undefined {
  return seconds && /^\d+$/.test(seconds) ? new Date(Date.now() + Number(seconds) * 1000) : undefined;
}

/** Whether an answer is a problem document of the server. */
export function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const { code, detail, status } = value as Record<string, unknown>;
  return typeof code === 'string' && typeof detail === 'string' && typeof status === 'number';
}

/**
 * The message for a field: of the mistake at exactly `path`, or else of the first one below it (`words` also gets
 * `words.min`). Undefined when the field is right.
 */
export function mistakeAt(mistakes: readonly FieldMistake[] | undefined, path: string): string | undefined {
  const exact = mistakes?.find((mistake) => mistake.path === path);
  return (exact ?? mistakes?.find((mistake) => mistake.path.startsWith(`${path}.`)))?.message;
}
