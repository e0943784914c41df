import { randomBytes } from 'node:crypto';
import { version } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { ErrorReporter } from './reporter.ts';
import { withoutQuotes } from './scrub.ts';

/** A DSN taken apart: where envelopes go, and the key that lets them in. */
export interface Dsn {
  origin: string;
  envelopeUrl: string;
  publicKey: string;
}

/** Takes `https://key@host/path/project` apart; its form was checked by the configuration. */
export function parseDsn(dsn: string): Dsn {
  const { protocol, host, username, pathname } = new URL(dsn);
  const parts = pathname.split('/').filter(Boolean);
  const project = parts.pop() ?? '';
  const path = parts.map((part) => `/${part}`).join('');
  return {
    origin: `${protocol}//${host}`,
    envelopeUrl: `${protocol}//${host}${path}/api/${project}/envelope/`,
    publicKey: username,
  };
}

/** The name that Sentry knows this version by. */
export const release = `blog-poster@${version}`;

/** In milliseconds: how long a receiver may take, and how often the same error is told. */
const answerMs = 10_000;
const sameErrorMs = 60_000;
const mostAMinute = 30;
const complainMs = 600_000;

interface Frame {
  filename: string;
  function?: string;
  lineno: number;
  colno: number;
  in_app: boolean;
}

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

  async function send(event: { event_id: string }): Promise<void> {
    const payload = JSON.stringify(event);
    const header = JSON.stringify({ event_id: event.event_id, sent_at: new Date().toISOString() });
    const item = JSON.stringify({
      type: 'event',
      length: Buffer.byteLength(payload),
      content_type: 'application/json',
    });
    try {
      const answer = await fetch(envelopeUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-sentry-envelope',
          'x-sentry-auth': `Sentry sentry_version=7, sentry_client=blog-poster/${version}, sentry_key=${publicKey}`,
        },
        body: `${header}\n${item}\n${payload}\n`,
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
      log.warn(
        { reason: options.scrub(String(error)) },
        'errors could not be told to SENTRY_DSN; they stand in this log',
      );
    }
  }

  return {
    report(error, context) {
      const exceptions = chainOf(error).map((one) => exceptionOf(one, options.scrub));
      const outermost = exceptions.at(-1);
      const top = outermost?.stacktrace?.frames.at(-1);
      if (!isDue(`${outermost?.type} ${outermost?.value} ${top?.filename}:${top?.lineno}`)) return;
      const sent: Promise<void> = send({
        event_id: randomBytes(16).toString('hex'),
        ...{
          timestamp: Date.now() / 1000,
          platform: 'node',
          level: 'error',
          release,
          environment: 'production',
          exception: { values: exceptions },
          tags: Object.fromEntries(Object.entries(context).map(([name, value]) => [name, options.scrub(value)])),
          contexts: { runtime: { name: 'node', version: process.versions.node } },
        },
      }).finally(() => underWay.delete(sent));
      underWay.add(sent);
    },
    async close() {
      await Promise.all(underWay);
    },
  };
}

/** An error and what caused it, the first cause first, as Sentry lists them; at most four. */
function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let one = error; one !== undefined && one !== null && chain.length < 4; ) {
    chain.unshift(one);
    one = one instanceof Error ? one.cause : undefined;
  }
  return chain;
}

function exceptionOf(error: unknown, scrub: (text: string) => string) {
  if (!(error instanceof Error)) return { type: typeof error, value: '' };
  const code = error instanceof AppError ? error.code : 'code' in error ? String(error.code) : '';
  const said = scrub(withoutQuotes(error.message));
  return {
    type: error.name,
    value: code ? `${code}: ${said}` : said,
    stacktrace: { frames: framesOf(error.stack ?? '') },
  };
}

/** The frames of a stack, the innermost last. Its first lines repeat the message and are left out. */
function framesOf(stack: string): Frame[] {
  const frames = stack.split('\n').flatMap((line): Frame[] => {
    const match = /^\s+at (?:(?:async )?(.+?) \()?(?:file:\/\/)?([^()\s]+):(\d+):(\d+)\)?$/.exec(line);
    if (!match) return [];
    const [, name, file = '', row = '0', column = '0'] = match;
    const filename = file.replace(/^.*\/(?=(?:src|server|node_modules)\/)/, 'app:///');
    return [
      {
        filename,
        ...(name ? { function: name } : {}),
        lineno: Number(row),
        colno: Number(column),
        in_app: !filename.includes('node_modules') && !filename.startsWith('node:'),
      },
    ];
  });
  return frames.reverse();
}
