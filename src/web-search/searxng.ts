import { z } from 'zod';
import { SearchError, type SearchProvider, toResult } from './provider.ts';
import { type Endpoint, failure, type ProviderAnswer, send, unreadable } from './request.ts';

/** What is read of an answer (searx/webutils.py, get_json_response); the rest is left alone. */
const answerSchema = z.object({
  results: z.array(z.unknown()),
  unresponsive_engines: z.array(z.array(z.string())).catch([]),
});
const itemSchema = z.object({
  url: z.string(),
  title: z.string().nullish(),
  content: z.string().nullish(),
  publishedDate: z.string().nullish(),
});

const notSearxng = 'Check SEARCH_URL: it must be the address of a SearXNG instance, without /search.';
const jsonOff = 'Add json to search.formats in its settings.yml (formats: [html, json]) and restart it.';

/**
 * A SearXNG instance (docs.searxng.org/dev/search_api.html): `GET /search?q=...&format=json`. Without `json` among the
 * formats of its settings it answers 403. Throws nothing; the functions throw {@link SearchError}.
 */
export function createSearxng(args: {
  http: Endpoint['http'];
  timeoutMs: number;
  baseUrl: string;
  priceMicroUsd: number;
  now: () => Date;
}): SearchProvider {
  const endpoint: Endpoint = { http: args.http, timeoutMs: args.timeoutMs, title: 'SearXNG', failuresAreFree: true };
  const address = (parameters: Record<string, string>) => {
    const url = new URL(`${args.baseUrl}/search`);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url;
  };
  return {
    name: 'searxng',
    title: endpoint.title,
    priceMicroUsd: args.priceMicroUsd,
    triesKey: false,
    async search(query, options) {
      const sites = options.domains.map((domain) => `site:${domain}`).join(' OR ');
      const url = address({
        q: [literal(query), sites].filter(Boolean).join(' '),
        format: 'json',
        language: options.language ?? 'all',
      });
      await options.ready();
      const answer = await send(endpoint, { url, signal: options.signal });
      const failed = explain(endpoint, answer);
      if (failed) throw failed;
      const read = answerSchema.safeParse(answer.json);
      if (!read.success) throw unreadable(endpoint, notSearxng);
      const results = read.data.results.flatMap((found) => {
        const item = itemSchema.safeParse(found);
        if (!item.success) return [];
        const { url, title, content, publishedDate } = item.data;
        return toResult({ url, title, snippet: content, published: publishedDate }, args.now()) ?? [];
      });
      const silent = read.data.unresponsive_engines.map(([engine, reason]) => `${engine} (${reason})`);
      if (results.length === 0 && silent.length > 0) {
        throw new SearchError(
          'search_unavailable',
          `No engine of SearXNG answered: ${silent.slice(0, 5).join(', ')}.`,
          {
            billed: false,
            hint: 'Look into the log of SearXNG: engines block an instance that asks too often.',
          },
        );
      }
      return results.slice(0, options.count);
    },
    async check(signal) {
      // Without a query it searches nothing: it complains in JSON where that is switched on, else it answers 403.
      const answer = await send(endpoint, { url: address({ format: 'json' }), signal });
      if (answer.status === 400 && answer.json !== undefined) return 'answers in JSON';
      throw explain(endpoint, answer) ?? unreadable(endpoint, notSearxng);
    },
  };
}

function explain(endpoint: Endpoint, answer: ProviderAnswer): SearchError | null {
  const failed = failure(endpoint, answer);
  if (failed === null) return null;
  if (answer.status === 403) {
    return new SearchError('search_rejected', 'SearXNG does not answer in JSON (403).', {
      billed: false,
      hint: jsonOff,
    });
  }
  if (answer.status === 429) {
    return new SearchError('search_unavailable', 'SearXNG turned the request away (429).', {
      billed: false,
      hint: 'Its limiter counts programs as bots: add this machine to the pass list of its limiter.toml.',
    });
  }
  if (answer.status === 404 || answer.status < 300) {
    return new SearchError('search_rejected', `There is no SearXNG at SEARCH_URL (${answer.status}).`, {
      billed: false,
      hint: notSearxng,
    });
  }
  return failed;
}

/**
 * SearXNG takes words that begin with these signs for commands (searx/query.py): other engines, languages, time limits.
 * A topic shall be searched for, not obeyed.
 */
function literal(query: string): string {
  return query
    .split(' ')
    .map((word) => word.replace(/^[!?:<]+/, ''))
    .filter(Boolean)
    .join(' ');
}
