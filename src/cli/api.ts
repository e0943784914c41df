import type { ReadableStream } from 'node:stream/web';
import { z } from 'zod';
import { AppError, type ErrorCode, errorCatalogue } from '../errors.ts';
import { problemSchema } from '../http/on-error.ts';

/** One event of a pipeline, as the server sent it. */
export interface ServerEvent {
  type: string;
  data: Record<string, unknown>;
}

/** The HTTP API of a server on this machine, as the commands use it. */
export interface Api {
  /** Sends a request to `/api/v1` and reads the answer with `schema`. Throws the server's own error as an AppError. */
  request<Schema extends z.ZodType>(
    method: string,
    path: string,
    schema: Schema,
    body?: unknown,
  ): Promise<z.output<Schema>>;
  /** Posts a file as the body, with its media type; a Blob of a file is read while it is sent. Throws as `request` does. */
  upload<Schema extends z.ZodType>(
    path: string,
    data: Uint8Array | Blob,
    type: string,
    schema: Schema,
  ): Promise<z.output<Schema>>;
  /** The body of an answer that is no JSON, as it comes. Throws as `request` does. */
  download(path: string): Promise<ReadableStream<Uint8Array>>;
  /** What `GET /health` answers, also when it is 503. */
  health<Schema extends z.ZodType>(schema: Schema): Promise<z.output<Schema>>;
  /** Live events until a `done`; reconnects by itself while the server comes back within a minute. */
  events(path: string): AsyncGenerator<ServerEvent>;
}

/** How long a lost event stream is asked for again before the command gives up, in milliseconds. */
const patienceMs = 60_000;
const reconnectMs = 1_000;

/** What lets a command in, and for which account it works; null for the one that is meant without saying. */
export interface Entry {
  operatorToken: string;
  account: string | null;
}

/** A client of the API at `origin` (for example http://127.0.0.1:3000); every request ends when `signal` aborts. */
export function createApi(origin: string, entry: Entry, signal: AbortSignal): Api {
  const entryHeaders = {
    authorization: `Bearer ${entry.operatorToken}`,
    ...(entry.account ? { 'x-account': entry.account } : {}),
  };
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(`${origin}/api/v1${path}`, {
      ...init,
      headers: { ...entryHeaders, ...init.headers },
      signal,
    });
    if (!response.ok) throw await asAppError(response);
    return response;
  };

  return {
    async request(method, path, schema, body) {
      const content = body === undefined ? null : { type: 'application/json', body: JSON.stringify(body) };
      const response = await sendOnce(send, method, path, content);
      return schema.parse(response.status === 204 ? null : await response.json());
    },

    async upload(path, data, type, schema) {
      const response = await sendOnce(send, 'POST', path, {
        type,
        body: data instanceof Blob ? data : new Uint8Array(data),
      });
      return schema.parse(await response.json());
    },

    async download(path) {
      const response = await send(path, {});
      if (!response.body) throw new AppError('internal', 'The server answered without a body.');
      return response.body as ReadableStream<Uint8Array>;
    },

    async health(schema) {
      const response = await fetch(`${origin}/health`, { signal });
      return schema.parse(await response.json());
    },

    async *events(path) {
      let lastId = '';
      let lostAt: number | null = null;
      for (;;) {
        try {
          const response = await send(path, { headers: lastId ? { 'last-event-id': lastId } : {} });
          lostAt = null;
          for await (const event of parseEvents(response.body ?? [])) {
            lastId = event.id || lastId;
            yield { type: event.type, data: z.record(z.string(), z.unknown()).parse(JSON.parse(event.data)) };
            if (event.type === 'done') return;
          }
        } catch (error) {
          // The server's own answer, a fault of ours or the user's wish to end is final; a broken connection is not.
          if (signal.aborted || !(error instanceof TypeError)) throw error;
        }
        lostAt ??= performance.now();
        if (performance.now() - lostAt > patienceMs) throw serverGone();
        await new Promise((resolve) => setTimeout(resolve, reconnectMs));
      }
    },
  };
}

async function sendOnce(
  send: (path: string, init: RequestInit) => Promise<Response>,
  method: string,
  path: string,
  content: { type: string; body: string | Uint8Array<ArrayBuffer> | Blob } | null,
): Promise<Response> {
  const headers: Record<string, string> = content === null ? {} : { 'content-type': content.type };
  if (method === 'POST') headers['idempotency-key'] = crypto.randomUUID();
  try {
    return await send(path, { method, headers, ...(content === null ? {} : { body: content.body }) });
  } catch (error) {
    // fetch says TypeError when there was no answer at all.
    if (error instanceof TypeError) throw serverGone(error);
    throw error;
  }
}

function serverGone(cause?: unknown): AppError {
  return new AppError('shutting_down', 'The server of this data directory does not answer.', {
    cause,
    hint: 'It may be stopping: run the command again in a few seconds.',
  });
}

async function asAppError(response: Response): Promise<AppError> {
  const problem = problemSchema.safeParse(await response.json().catch(() => null));
  if (!problem.success) {
    return new AppError('internal', `The server answered ${response.status} and no explanation.`, {
      hint: 'Is something other than blog-poster listening on its port?',
    });
  }
  const { code, detail, hint, errors } = problem.data;
  const known = Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : 'internal';
  return new AppError(known, detail, { hint, ...(errors ? { errors } : {}) });
}

/**
 * Splits a stream into server-sent events (WHATWG HTML, "Interpreting an event stream"), as far as this server uses
 * them: fields id, event and data, one blank line after each event, comments skipped.
 */
async function* parseEvents(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<{ id: string; type: string; data: string }> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) =>
        block
          .split('\n')
          .filter((line) => line.startsWith(`${name}: `))
          .map((line) => line.slice(name.length + 2))
          .join('\n');
      const data = field('data');
      if (data) yield { id: field('id'), type: field('event') || 'message', data };
    }
  }
}
