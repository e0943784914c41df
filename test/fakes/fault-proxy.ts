import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to one request: `cut_before` closes the connection without asking the site, `cut_after` lets the site
 * finish and loses its answer, `cut_middle` sends the head and half of the body, `delay` waits before it forwards,
 * `strip` forwards without a header (in lower case),
 * `answer` replies in place of the site, `answer_after` lets the site finish and then replies in its place (a gateway that gave up).
 * `hold_before` keeps the request, and `hold_after` the site's answer, until `until` resolves: it goes on then; `reached` is
 * called when it is held. What is held when its client goes away is dropped: the site never sees the request, nobody the
 * answer.
 */
export type Fault =
  | { kind: 'cut_before' | 'cut_after' | 'cut_middle' }
  | { kind: 'delay'; ms: number }
  | { kind: 'hold_before' | 'hold_after'; until: Promise<unknown>; reached?: () => void }
  | { kind: 'strip'; header: string }
  | { kind: 'answer' | 'answer_after'; status: number; headers?: Record<string, string>; body?: string };

/** A request as the rule sees it. */
export interface ProxiedRequest {
  method: string;
  /** Path and query as sent. */
  url: string;
  /** What it is, whichever permalinks the site has: `POST /wp/v2/posts`, `GET /wp/v2/posts/:id`, or `GET /` for a page. */
  kind: string;
  headers: IncomingMessage['headers'];
  body: string;
  /** How many requests of this kind came before it. */
  earlier: number;
}

/** Decides the fault of a request; undefined lets it through. */
export type FaultRule = (request: ProxiedRequest) => Fault | undefined;

export interface FaultProxy {
  /** Address to use in place of the site's, without a slash at the end. */
  readonly url: string;
  setRule(rule: FaultRule): void;
  /** How often each fault fired, by `<fault> <kind of request>`, for example `cut_after POST /wp/v2/posts`. */
  fired(): Readonly<Record<string, number>>;
  /** How often each kind of request came, with or without a fault. */
  seen(): Readonly<Record<string, number>>;
  /** Waits until the site has finished everything that was sent to it, also what the client has given up on. */
  settled(): Promise<void>;
  /** Closes the port and every connection, as a site that is restarted: whoever comes is refused. */
  goAway(): Promise<void>;
  /** Opens the same port again. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

interface SiteAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/**
 * Starts a reverse proxy on loopback in front of a site, with faults on demand. Like nginx by default it sends the
 * site's own name as Host; nothing else is rewritten, so the site goes on naming its own address in headers and bodies.
 */
export async function startFaultProxy(
  siteUrl: string,
  firstRule: FaultRule = () => undefined,
  /** Sent along with every request, for must-use plugins of a test that act on nothing else. */
  extraHeaders: Readonly<Record<string, string>> = {},
): Promise<FaultProxy> {
  const site = new URL(siteUrl);
  const fired: Record<string, number> = {};
  const seen: Record<string, number> = {};
  const pending = new Set<Promise<SiteAnswer>>();
  let rule = firstRule;

  function forward(request: IncomingMessage, body: Buffer): Promise<SiteAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<SiteAnswer>();
    const headers = { ...request.headers, ...extraHeaders, host: site.host, connection: 'close' };
    const options = { host: site.hostname, port: site.port, method: request.method, path: request.url, headers };
    const upstream = httpRequest(options, async (answer) => {
      try {
        resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: await collect(answer) });
      } catch (error) {
        reject(error);
      }
    });
    upstream.on('error', reject).end(body);
    pending.add(promise);
    const done = () => pending.delete(promise);
    promise.then(done, done);
    return promise;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await collect(request);
    const [method = 'GET', url = '/'] = [request.method, request.url];
    const kind = `${method} ${routeOf(url)}`;
    const earlier = seen[kind] ?? 0;
    seen[kind] = earlier + 1;
    const fault = rule({ method, url, kind, headers: request.headers, body: body.toString(), earlier });
    if (fault) fired[`${fault.kind} ${kind}`] = (fired[`${fault.kind} ${kind}`] ?? 0) + 1;
    if (fault?.kind === 'cut_before') return void response.destroy();
    if (fault?.kind === 'answer') return answerInstead(response, fault);
    if (fault?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault?.kind === 'hold_before' && !(await held(fault, response))) return;
    if (fault?.kind === 'strip') delete request.headers[fault.header];
    const answer = await forward(request, body);
    if (fault?.kind === 'hold_after' && !(await held(fault, response))) return;
    if (fault?.kind === 'cut_after') return void response.destroy();
    if (fault?.kind === 'answer_after') return answerInstead(response, fault);
    // The body is sent in one piece here: its length replaces the framing that the site chose.
    const { 'transfer-encoding': _framing, connection: _connection, ...headers } = answer.headers;
    const length = request.method === 'HEAD' ? headers['content-length'] : String(answer.body.length);
    response.writeHead(answer.status, { ...headers, 'content-length': length });
    if (fault?.kind !== 'cut_middle') return void response.end(answer.body);
    response.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)), () => response.destroy());
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // The site itself is gone: what a gateway says then, with the reason for whoever reads the test's output.
      if (!response.headersSent) response.writeHead(502, { 'content-type': 'text/plain' });
      response.end(`fault proxy: ${String(error)}`);
    });
  });
  const open = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const shut = () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    return closed;
  };
  await open(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    setRule: (next) => {
      rule = next;
    },
    fired: () => ({ ...fired }),
    seen: () => ({ ...seen }),
    settled: async () => {
      await Promise.allSettled(pending);
    },
    goAway: shut,
    comeBack: () => open(port),
    close: async () => {
      await shut();
      await Promise.allSettled(pending);
    },
  };
}

function answerInstead(
  response: ServerResponse,
  { status, headers, body }: { status: number; headers?: Record<string, string>; body?: string },
): void {
  response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body ?? `<h1>${status}</h1>`);
}

/** Waits with a request or an answer; false when its client has gone away meanwhile. */
async function held(
  { until, reached }: { until: Promise<unknown>; reached?: () => void },
  response: ServerResponse,
): Promise<boolean> {
  const gone = new Promise((resolve) => response.once('close', resolve));
  reached?.();
  if (!response.destroyed) await Promise.race([until, gone]);
  return !response.destroyed;
}

/** The REST route of a request with its ids as `:id`, or the path of a page. */
function routeOf(url: string): string {
  const { pathname, searchParams } = new URL(url, 'http://site.invalid');
  const route = searchParams.get('rest_route') ?? /\/wp-json(\/.*)$/.exec(pathname)?.[1];
  return route === undefined ? pathname : route.replace(/\/\d+(?=\/|$)/g, '/:id');
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
