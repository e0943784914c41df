import { AppError, type ErrorCode } from '../errors.ts';
import type { Logger } from '../logger.ts';

/** Why a source could not be used, in words for the user. */
export interface SourceProblem {
  source: string;
  code: ErrorCode;
  message: string;
  /** What to do next. */
  hint: string;
}

/** Mends for a source by the `details.cause` of a fetch error, where the hint of the code alone is too general. */
const hints: Record<string, string> = {
  dns: 'Check the spelling of the address.',
  refused: 'Check the address and its port; it may be down just now.',
  timeout: 'Try again later, or open the page in a browser and paste its text as a source.',
  reset: 'Try again later, or open the page in a browser and paste its text as a source.',
  tls: 'Open the address in a browser: when it warns too, the site has to mend its certificate. Use another source till then.',
  redirects: 'Open the address in a browser and give the one that it shows in the end.',
  headers: 'Open the page in a browser and paste its text as a source.',
  encoding: 'Open the page in a browser and paste its text as a source.',
  protocol: 'Check that the address is one of a website.',
  private_address:
    'Use a public http(s) address. Whoever runs blog-poster can allow a host of the own network with ALLOW_PRIVATE_HOSTS.',
  scheme: 'Give an address that begins with http:// or https://.',
  port: 'Give the address of a website.',
};

/** Says what is wrong with a source. Unexpected errors are logged and keep only a general message. */
export function problemOf(log: Logger, source: string, error: unknown): SourceProblem {
  if (error instanceof AppError) {
    const hint = error.code.startsWith('fetch_') ? hints[String(error.details?.cause)] : undefined;
    return { source, code: error.code, message: error.message, hint: hint ?? error.hint };
  }
  log.error({ err: error, source }, 'a source could not be read for an unexpected reason');
  return {
    source,
    code: 'extraction_failed',
    message: 'It could not be read.',
    hint: 'Use another source, or paste its text. The log of blog-poster says more.',
  };
}
