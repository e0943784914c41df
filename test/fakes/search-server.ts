import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SearchProviderName } from '../../src/config.ts';

/** A page that the search engine knows. */
export interface KnownPage {
  url: string;
  title: string;
  snippet?: string;
  /** ISO 8601, as far as an engine knows it. */
  published?: string;
}

/** A request as it arrived. */
export interface SearchCall {
  provider: SearchProviderName;
  query: string;
  /** Every other parameter, as text. */
  parameters: Record<string, string>;
}

/** Answers in place of the server (and returns true), or lets it answer. */
export type SearchFault = (response: ServerResponse, call: SearchCall) => boolean | Promise<boolean>;

/** A local server that speaks the APIs of SearXNG, Brave and Tavily, as strict about parameters and keys as they are. */
export interface SearchServer {
  /** The variables that point a configuration to it, by provider. */
  env: Record<SearchProviderName, Record<string, string>>;
  url: string;
  /** Searches that reached it, refused ones too. */
  calls: SearchCall[];
  /** The key of each request that brought one, in their order. */
  sentKeys: string[];
  /** Keys that are taken, by provider. */
  keys: Record<'brave' | 'tavily', Set<string>>;
  /** What a query finds. */
  pages: (query: string) => KnownPage[];
  faults: Partial<Record<SearchProviderName, SearchFault>>;
  /** Whether SearXNG's settings list json among the formats. */
  json: boolean;
  /** SearXNG's engines that did not answer, with the reason. */
  unresponsive: [string, string][];
  /** Brave's X-RateLimit-* headers: limit, remaining, reset. */
  rate: [string, string, string];
  close(): Promise<void>;
}

export const braveKey = 'BSA-key-of-the-test';
export const tavilyKey = 'tvly-key-of-the-test';

const braveLanguages = new Set(
  'ar eu bn bg ca zh-hans zh-hant hr cs da nl en en-gb et fi fr gl de el gu he hi hu is it jp kn ko lv lt ms ml mr nb pl pt-br pt-pt pa ro ru sr sk sl es sv ta te th tr uk vi'.split(
    ' ',
  ),
);

export async function startSearchServer(pages: SearchServer['pages'] = () => []): Promise<SearchServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fake: SearchServer = {
    env: {
      searxng: { SEARCH_URL: `${url}/searxng` },
      brave: { BRAVE_API_KEY: braveKey },
      tavily: { TAVILY_API_KEY: tavilyKey },
    },
    url,
    calls: [],
    sentKeys: [],
    keys: { brave: new Set([braveKey]), tavily: new Set([tavilyKey]) },
    pages,
    faults: {},
    json: true,
    unresponsive: [],
    rate: ['50, 0', '49, 0', '1, 1209600'],
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return fake;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    if (request.method === 'GET' && pathname === '/searxng/search') return searxng(searchParams, response);
    if (request.method === 'GET' && pathname === '/res/v1/web/search') return brave(request, searchParams, response);
    if (request.method === 'POST' && pathname === '/search') return tavily(request, body, response);
    if (request.method === 'GET' && pathname === '/usage') return usage(request, response);
    json(response, 404, { detail: 'Not Found' });
  }

  async function intercepted(call: SearchCall, response: ServerResponse): Promise<boolean> {
    fake.calls.push(call);
    return (await fake.faults[call.provider]?.(response, call)) ?? false;
  }

  async function searxng(sent: URLSearchParams, response: ServerResponse): Promise<void> {
    const { q = '', ...parameters } = Object.fromEntries(sent);
    const asked = q !== '';
    if (asked && (await intercepted({ provider: 'searxng', query: q, parameters }, response))) return;
    if (parameters.format !== 'json') return html(response, 200, '<!doctype html><title>SearXNG</title>');
    if (!fake.json) return html(response, 403, '<!doctype html><title>403 Forbidden</title><h1>Forbidden</h1>');
    if (!asked) return json(response, 400, { error: 'No query' });
    if (!/^([a-z]{2,3}(-[a-zA-Z]{2})?|auto|all)$/.test(parameters.language ?? 'all')) {
      return json(response, 400, { error: 'Invalid value "language"' });
    }
    if (/(^|\s)!!/.test(q)) {
      response.writeHead(302, { location: 'https://elsewhere.example/' }).end();
      return;
    }
    json(response, 200, {
      query: q,
      results: fake.pages(q).map(({ url, title, snippet, published }) => ({
        url,
        title,
        content: snippet ?? '',
        publishedDate: published?.replace(/(\.\d+)?Z$/, '') ?? null,
        engine: 'duckduckgo',
        engines: ['duckduckgo'],
        score: 1,
        category: 'general',
      })),
      answers: [],
      corrections: [],
      infoboxes: [],
      suggestions: [],
      unresponsive_engines: fake.unresponsive,
    });
  }

  async function brave(request: IncomingMessage, sent: URLSearchParams, response: ServerResponse): Promise<void> {
    const { q = '', ...parameters } = Object.fromEntries(sent);
    const refuse = (status: number, code: string, detail: string) =>
      json(response, status, { type: 'ErrorResponse', error: { id: 'test', status, code, detail }, time: 0 });
    const token = request.headers['x-subscription-token'];
    if (token === undefined) return refuse(422, 'VALIDATION', 'Unable to validate request parameter(s)');
    fake.sentKeys.push(String(token));
    const [limit, remaining, reset] = fake.rate;
    response.setHeader('x-ratelimit-limit', limit);
    response.setHeader('x-ratelimit-remaining', remaining);
    response.setHeader('x-ratelimit-reset', reset);
    if (await intercepted({ provider: 'brave', query: q, parameters }, response)) return;
    if (!fake.keys.brave.has(String(token))) {
      return refuse(422, 'SUBSCRIPTION_TOKEN_INVALID', 'The provided subscription token is invalid.');
    }
    const count = Number(parameters.count ?? 20);
    const valid =
      q.length > 0 &&
      q.length <= 400 &&
      q.split(/\s+/).length <= 50 &&
      Number.isInteger(count) &&
      count >= 1 &&
      count <= 20 &&
      /^([A-Z]{2}|ALL)$/.test(parameters.country ?? 'US') &&
      braveLanguages.has(parameters.search_lang ?? 'en');
    if (!valid) return refuse(422, 'VALIDATION', 'Unable to validate request parameter(s)');
    const results = fake.pages(q).slice(0, count);
    json(response, 200, {
      type: 'search',
      query: { original: q },
      ...(results.length === 0
        ? {}
        : {
            web: {
              type: 'search',
              results: results.map(({ url, title, snippet, published }) => ({
                type: 'search_result',
                url,
                title,
                description: snippet ?? '',
                ...(published ? { page_age: published.replace(/(\.\d+)?Z$/, '') } : {}),
              })),
            },
          }),
    });
  }

  async function tavily(request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    const { query = '', ...rest } = JSON.parse(body) as { query?: string; max_results?: number };
    const parameters = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, JSON.stringify(value)]));
    fake.sentKeys.push(tokenOf(request));
    if (await intercepted({ provider: 'tavily', query, parameters }, response)) return;
    if (unauthorized(request, response)) return;
    if (query === '' || query.length > 400) {
      return json(response, 400, { detail: { error: 'Query is missing or too long. Max query length is 400.' } });
    }
    const count = rest.max_results ?? 5;
    if (!Number.isInteger(count) || count < 0 || count > 20) {
      return json(response, 422, { detail: [{ loc: ['body', 'max_results'], msg: 'Input should be 0..20' }] });
    }
    json(response, 200, {
      query,
      follow_up_questions: null,
      answer: null,
      images: [],
      results: fake
        .pages(query)
        .slice(0, count)
        .map(({ url, title, snippet }) => ({ url, title, content: snippet ?? '', score: 0.5, raw_content: null })),
      response_time: 0.1,
      request_id: 'test',
    });
  }

  function usage(request: IncomingMessage, response: ServerResponse): void {
    if (!unauthorized(request, response)) json(response, 200, { key: { usage: 1, limit: 1000 } });
  }

  function unauthorized(request: IncomingMessage, response: ServerResponse): boolean {
    if (fake.keys.tavily.has(tokenOf(request))) return false;
    json(response, 401, { detail: { error: 'Unauthorized: missing or invalid API key.' } });
    return true;
  }
}

const tokenOf = (request: IncomingMessage) => request.headers.authorization?.replace(/^Bearer /, '') ?? '';

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function html(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  response.end(body);
}
