import { AppError } from '../errors.ts';

/** Why something was not read, in a form that survives the way between processes. */
export interface Refusal {
  refused: {
    /** A stable word for programs. */
    cause: RefusalCause;
    /** What happened, for people. */
    message: string;
    /** What to do next. */
    hint: string;
  };
}

/** The stable words in `details.cause` of extraction_failed. */
export type RefusalCause = keyof typeof hints;

const paste = 'Open the page in a browser and paste its text as a source instead.';

const hints = {
  too_large: 'Use a smaller page, or paste the part that matters as a source.',
  too_deep: paste,
  too_complex: paste,
  entities: paste,
  timeout: paste,
  memory: 'Use a smaller page, or paste the part that matters as a source.',
  broken: paste,
  no_text: paste,
  empty: 'Check the address in a browser; when the page shows a text there, paste it as a source.',
  login: 'Log in with your browser and paste the text of the page as a source, if you may use it.',
  robot_check: paste,
  script_only: paste,
  forwards: 'Give the address that the browser shows in the end.',
  charset: 'Open the page in a browser and paste its text as a source; the browser may know its encoding.',
  not_text: 'Give a page, a PDF or a feed; from other files, paste the text as a source.',
  encrypted: 'Remove the password of the PDF, or paste its text as a source.',
  scanned: 'Run text recognition (OCR) over the PDF and use the result, or paste its text as a source.',
  too_many_pages: 'Give a PDF with only the pages that matter, or paste their text as a source.',
  no_entries: 'Give the addresses of the pages themselves as sources.',
} as const;

/** A refusal with the usual hint for its cause. */
export function refuse(cause: RefusalCause, message: string, hint?: string): Refusal {
  return { refused: { cause, message, hint: hint ?? hints[cause] } };
}

/** The same as the error that callers outside the process see. */
export function refusedError(cause: RefusalCause, message: string, error?: unknown): AppError {
  return toError(refuse(cause, message), error);
}

/** @throws never; gives the AppError extraction_failed for a refusal, with its cause in `details.cause` */
export function toError({ refused }: Refusal, error?: unknown): AppError {
  const { cause, message, hint } = refused;
  return new AppError('extraction_failed', message, { hint, cause: error, details: { cause } });
}

/** The refusal in an AppError extraction_failed; what else was thrown is thrown on. */
export function toRefusal(error: unknown): Refusal {
  if (!(error instanceof AppError) || error.code !== 'extraction_failed') throw error;
  const cause = String(error.details?.cause);
  return refuse(cause in hints ? (cause as RefusalCause) : 'broken', error.message);
}
