import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ErrorEvent } from '../../src/monitoring/errors/envelope.ts';

/** A local server that takes Sentry's envelopes, and refuses what does not keep to the protocol. */
export interface SentryServer {
  dsn: string;
  origin: string;
  events: ErrorEvent[];
  /** Bodies as they came. */
  bodies: string[];
  /** Why requests were refused. */
  refused: string[];
  /** Answers the next requests with this. */
  answer: { status: number; headers?: Record<string, string> } | null;
  close(): Promise<void>;
}

const key = '0123456789abcdef0123456789abcdef';
const project = '42';

/** Starts it on any free port. */
export async function startSentryServer(): Promise<SentryServer> {
  const events: ErrorEvent[] = [];
  const bodies: string[] = [];
  const refused: string[] = [];
  const http = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      bodies.push(body.toString());
      response.setHeader('access-control-allow-origin', '*');
      if (server.answer) {
        response.writeHead(server.answer.status, server.answer.headers).end();
        return;
      }
      try {
        const url = new URL(request.url ?? '', 'http://sentry');
        if (request.method !== 'POST') throw new Error(`the method is ${request.method}`);
        if (url.pathname !== `/relay/api/${project}/envelope/`) throw new Error(`the path is ${url.pathname}`);
        const auth = String(request.headers['x-sentry-auth'] ?? '');
        const given = /sentry_key=(\w+)/.exec(auth)?.[1] ?? url.searchParams.get('sentry_key');
        const version = /sentry_version=(\d+)/.exec(auth)?.[1] ?? url.searchParams.get('sentry_version');
        if (given !== key) throw new Error(`the key is ${given}`);
        if (version !== '7') throw new Error(`the version is ${version}`);
        events.push(readEnvelope(body));
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"x"}');
      } catch (error) {
        refused.push(String(error));
        response.writeHead(400).end();
      }
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const server: SentryServer = {
    dsn: `http://${key}@127.0.0.1:${port}/relay/${project}`,
    origin: `http://127.0.0.1:${port}`,
    events,
    bodies,
    refused,
    answer: null,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}

/** Header, header of the item, and so many bytes of payload as that says. Throws for anything else. */
function readEnvelope(body: Buffer): ErrorEvent {
  const first = body.indexOf('\n');
  const second = body.indexOf('\n', first + 1);
  const header = JSON.parse(body.subarray(0, first).toString());
  const item = JSON.parse(body.subarray(first + 1, second).toString());
  if (item.type !== 'event') throw new Error(`the item is ${item.type}`);
  const payload = body.subarray(second + 1, second + 1 + item.length);
  if (payload.length !== item.length || body.subarray(second + 1 + item.length).toString() !== '\n') {
    throw new Error('the length of the item is not that of its payload');
  }
  const event = JSON.parse(payload.toString()) as ErrorEvent;
  if (!/^[0-9a-f]{32}$/.test(event.event_id)) throw new Error(`the id is ${event.event_id}`);
  if (event.event_id !== header.event_id || Number.isNaN(Date.parse(header.sent_at)))
    throw new Error('the header is off');
  for (const { type, stacktrace } of event.exception.values) {
    if (!type) throw new Error('an exception has no type');
    for (const { filename, lineno } of stacktrace?.frames ?? []) {
      if (!filename || !Number.isInteger(lineno)) throw new Error('a frame is nowhere');
    }
  }
  return event;
}
