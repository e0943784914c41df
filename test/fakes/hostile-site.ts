import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createWordPressDouble, type WordPressDouble } from './wordpress-double.ts';

/** What a site does to one request instead of answering it; nothing returned lets the healthy WordPress answer. */
export type Behaviour = (exchange: Exchange) => boolean | Promise<boolean>;

export interface Exchange {
  method: string;
  /** `/`, `/wp-json/`, `/wp-json/wp/v2/posts`, ... */
  path: string;
  response: ServerResponse;
  /** What the healthy WordPress would answer; it acts on the request when this is called. */
  healthy(): Promise<{ status: number; headers: Headers; body: string }>;
}

/** A real server on loopback in front of a WordPress in memory, which misbehaves as it is told. */
export interface HostileSite {
  readonly url: string;
  readonly double: WordPressDouble;
  behaviour: Behaviour;
  /** Requests since the last reset, and the bytes that the server could get rid of. */
  requests: number;
  bytesSent: number;
  close(): Promise<void>;
}

/** Starts it, over TLS with the given key and certificate if there are any. */
export async function startHostileSite(tls?: { key: string; cert: string }): Promise<HostileSite> {
  const double = createWordPressDouble();
  const site: HostileSite = { url: '', double, behaviour: () => false, requests: 0, bytesSent: 0, close };
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    site.requests += 1;
    const socket = response.socket;
    const before = socket?.bytesWritten ?? 0;
    response.on('close', () => {
      site.bytesSent += (socket?.bytesWritten ?? 0) - before;
    });
    serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  };
  const server: Server = tls ? createTlsServer(tls, handle) : createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(site, { url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}` });
  return site;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const method = request.method ?? 'GET';
    const asked = new URL(request.url ?? '/', double.url);
    const body = Buffer.concat(chunks);
    const healthy = async () => {
      const options = { method, timeoutMs: 1_000, maxBytes: 1, ...(body.length > 0 ? { body: body.toString() } : {}) };
      const answer = await double.safeFetch(asked, options);
      return { status: answer.status, headers: answer.headers, body: new TextDecoder().decode(answer.body) };
    };
    if (await site.behaviour({ method, path: asked.pathname, response, healthy })) return;
    const answer = await healthy();
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(answer.body);
  }

  async function close(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Answers everything with the same. */
export const always =
  (status: number, body: string, headers: Record<string, string> = {}): Behaviour =>
  ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    return true;
  };

/** Misbehaves only when posts are created: whatever looks at the site before finds it in order. */
export const onlyCreating =
  (behaviour: Behaviour): Behaviour =>
  (exchange) =>
    exchange.method === 'POST' && exchange.path.endsWith('/wp/v2/posts') ? behaviour(exchange) : false;

/** Sends the same piece for ever, as fast as it is taken. */
export const endless =
  (piece: string, headers: Record<string, string> = {}): Behaviour =>
  ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    const chunk = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
    const pump = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', pump);
    pump();
    return true;
  };

/** Sends a byte now and then and never comes to an end. */
export const dripping: Behaviour = ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 50);
  response.on('close', () => clearInterval(timer));
  return true;
};

/** Takes the request and says nothing. */
export const hanging: Behaviour = () => true;
