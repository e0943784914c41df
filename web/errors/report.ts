import { ApiProblem } from '@/api/problem.ts';
import { envelopeOf, eventId, framesOf, parseDsn } from '../../src/monitoring/errors/envelope.ts';
import { hideSecretForms, withoutQuotes } from '../../src/monitoring/errors/hide.ts';

/** Where errors go, as the server says. */
export interface ErrorReports {
  dsn: string;
  release: string;
  sampleRate: number;
}

/** A page that fails over and over has told enough. */
const mostOfPage = 10;

/** Ids in the path of a page are kept: they say nothing without the database. Anything else of the address may be a secret. */
const pathOf = ({ pathname }: Location) => hideSecretForms(pathname).slice(0, 200);

/**
 * What tells a receiver of Sentry's envelopes of an error: its kind, where in the program it happened, its message without
 * what it quotes, and the path of the page. What the server refused is not told: the server knows.
 */
export function createReporter({ dsn, release, sampleRate }: ErrorReports): (error: unknown) => void {
  const { envelopeUrl, publicKey } = parseDsn(dsn);
  const told = new Set<string>();
  return (error) => {
    if (!(error instanceof Error) || error instanceof ApiProblem || told.size >= mostOfPage) return;
    const value = withoutQuotes(hideSecretForms(error.message));
    const key = `${error.name} ${value}`;
    if (told.has(key) || Math.random() >= sampleRate) return;
    told.add(key);
    const nameFile = (file: string) => file.replace(location.origin, '~').replace(/[?#].*$/, '');
    const body = envelopeOf({
      event_id: eventId(),
      timestamp: Date.now() / 1000,
      platform: 'javascript',
      level: 'error',
      release,
      exception: {
        values: [{ type: error.name, value, stacktrace: { frames: framesOf(error.stack ?? '', nameFile) } }],
      },
      tags: { path: pathOf(location) },
    });
    // In the address and as plain text, so that no browser has to ask the receiver first.
    const url = `${envelopeUrl}?sentry_version=7&sentry_key=${encodeURIComponent(publicKey)}`;
    fetch(url, { method: 'POST', body, keepalive: true, credentials: 'omit', referrerPolicy: 'no-referrer' }).catch(
      () => console.info('An error could not be told to the operator.'),
    );
  };
}
