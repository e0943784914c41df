import { version } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { type ErrorEvent, type Exception, envelopeOf, eventId, framesOf, parseDsn } from './envelope.ts';
import { withoutQuotes } from './hide.ts';
import { release } from './release.ts';
import type { ErrorReporter } from './reporter.ts';

/** In milliseconds: how long a receiver may take, how often the same error is told, how often that it cannot be. */
const answerMs = 10_000;
const sameErrorMs = 60_000;
const complainMs = 600_000;
const mostAMinute = 30;
const longestChain = 4;

/**
 * Sends unexpected errors to a server that speaks Sentry's envelope protocol, without Sentry's library: an event is the
 * kind of error, where it happened, and its message without what it quotes. The same error is told once a minute, and no
 * more than thirty a minute.
 */
export function createSentryReporter(
  options: { dsn: string; sampleRate: number; scrub(text: string): string },
  log: Logger,
): ErrorReporter {
  const { envelopeUrl, publicKey } = parseDsn(options.dsn);
  const told = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  let quietUntil = 0;
  let minute = { began: 0, count: 0 };
  let complainedAt = Number.NEGATIVE_INFINITY;

  function isDue(key: string): boolean {
    const now = performance.now();
    if (now < quietUntil || now - (told.get(key) ?? Number.NEGATIVE_INFINITY) < sameErrorMs) return false;
    if (now - minute.began > 60_000) {
      minute = { began: now, count: 0 };
      for (const [other, at] of told) if (now - at >= sameErrorMs) told.delete(other);
    }
    if (minute.count >= mostAMinute) return false;
    minute.count++;
    told.set(key, now);
    return Math.random() < options.sampleRate;
  }

  async function send(event: ErrorEvent): Promise<void> {
    try {
      const answer = await fetch(envelopeUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-sentry-envelope',
          'x-sentry-auth': `Sentry sentry_version=7, sentry_client=blog-poster/${version}, sentry_key=${publicKey}`,
        },
        body: envelopeOf(event),
        signal: AbortSignal.timeout(answerMs),
      });
      await answer.body?.cancel();
      if (answer.status === 429) {
        const seconds = Number(answer.headers.get('retry-after') ?? 60);
        quietUntil = performance.now() + (Number.isFinite(seconds) ? seconds : 60) * 1000;
      } else if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    } catch (error) {
      if (performance.now() - complainedAt < complainMs) return;
      complainedAt = performance.now();
      const reason = options.scrub(String(error));
      log.warn({ reason }, 'errors could not be told to SENTRY_DSN; they stand in this log');
    }
  }

  return {
    report(error, context) {
      const values = chainOf(error).map((one) => exceptionOf(one, options.scrub));
      const outermost = values.at(-1);
      const top = outermost?.stacktrace?.frames.at(-1);
      if (!isDue(`${outermost?.type} ${outermost?.value} ${top?.filename}:${top?.lineno}`)) return;
      const tags = Object.entries(context).map(([name, value]) => [name, options.scrub(value)]);
      const sent: Promise<void> = send({
        event_id: eventId(),
        timestamp: Date.now() / 1000,
        platform: 'node',
        level: 'error',
        release,
        exception: { values },
        tags: Object.fromEntries(tags),
        contexts: { runtime: { name: 'node', version: process.versions.node } },
      }).finally(() => underWay.delete(sent));
      underWay.add(sent);
    },
    async close() {
      await Promise.all(underWay);
    },
  };
}

/** An error and what caused it, the first cause first, as Sentry lists them. */
function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let one = error; one !== undefined && one !== null && chain.length < longestChain; ) {
    chain.unshift(one);
    one = one instanceof Error ? one.cause : undefined;
  }
  return chain;
}

function exceptionOf(error: unknown, scrub: (text: string) => string): Exception {
  if (!(error instanceof Error)) return { type: typeof error, value: '' };
  const code = error instanceof AppError ? error.code : 'code' in error ? String(error.code) : '';
  const said = withoutQuotes(scrub(error.message));
  // Whoever runs it, and where, is nobody's business.
  const nameFile = (file: string) => file.replace(/^(?:file:\/\/)?\/.*\/(?=(?:src|server|node_modules)\/)/, 'app:///');
  return {
    type: error.name,
    value: code ? `${code}: ${said}` : said,
    stacktrace: { frames: framesOf(stackBelow(error), nameFile) },
  };
}

/** The stack without the message, whose lines might look like frames. */
function stackBelow({ stack = '', message }: Error): string {
  const at = stack.indexOf(message);
  return at < 0 ? stack : stack.slice(at + message.length);
}
