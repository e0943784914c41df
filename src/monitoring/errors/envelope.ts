/*
 * Sentry's envelope protocol, as far as events need it: used by the server and, in its own bundle, by the browser. See
 * develop.sentry.dev/sdk/data-model/envelopes.
 */

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

/** A line of a stack, as Sentry has it. */
export interface Frame {
  filename: string;
  function?: string;
  lineno: number;
  colno: number;
  in_app: boolean;
}

/** An error, as Sentry has it. */
export interface Exception {
  type: string;
  value: string;
  stacktrace?: { frames: Frame[] };
}

/** One event. Everything else that Sentry knows (users, headers, breadcrumbs) is left out on purpose. */
export interface ErrorEvent {
  event_id: string;
  timestamp: number;
  platform: 'node' | 'javascript';
  level: 'error';
  release: string;
  exception: { values: Exception[] };
  tags: Record<string, string>;
  contexts?: Record<string, Record<string, string>>;
}

/** The envelope of an event: three lines, of which the second says how many bytes the third has. */
export function envelopeOf(event: ErrorEvent): string {
  const payload = JSON.stringify(event);
  const header = JSON.stringify({ event_id: event.event_id, sent_at: new Date(event.timestamp * 1000).toISOString() });
  const length = new TextEncoder().encode(payload).length;
  return `${header}\n${JSON.stringify({ type: 'event', length, content_type: 'application/json' })}\n${payload}\n`;
}

/** A new id of an event: 32 hexadecimal digits. */
export const eventId = () => crypto.randomUUID().replaceAll('-', '');

/** The frames of a stack in V8's or Firefox's form, the innermost last. Lines that repeat the message are left out. */
export function framesOf(stack: string, nameFile: (file: string) => string): Frame[] {
  const frames = stack.split('\n').flatMap((line): Frame[] => {
    const match =
      /^\s+at (?:(?:async )?(.+?) \()?((?:[a-z+]+:)?[^()\s]+):(\d+):(\d+)\)?$/.exec(line) ??
      /^([^@\s]*)@(\S+):(\d+):(\d+)$/.exec(line);
    if (!match) return [];
    const [, name, file = '', row = '0', column = '0'] = match;
    const filename = nameFile(file);
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
