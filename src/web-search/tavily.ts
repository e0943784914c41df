import { z } from 'zod';
import { SearchError, type SearchProvider, toResult } from './provider.ts';
import { type Endpoint, failure, type ProviderAnswer, send, unreadable } from './request.ts';

const answerSchema = z.object({ results: z.array(z.unknown()) });
const itemSchema = z.object({
  url: z.string(),
  title: z.string().nullish(),
  content: z.string().nullish(),
  published_date: z.string().nullish(),
});

/**
 * The Tavily API (docs.tavily.com/documentation/api-reference/endpoint/search): `POST /search` with the key as bearer
 * token. A basic search is one credit. It knows no language: the query's own decides.
 */
export function createTavily(args: {
  http: Endpoint['http'];
  timeoutMs: number;
  baseUrl: string;
  apiKey: string;
  priceMicroUsd: number;
  now: () => Date;
}): SearchProvider {
  const endpoint: Endpoint = { http: args.http, timeoutMs: args.timeoutMs, title: 'Tavily', failuresAreFree: false };
  const authorization = `Bearer ${args.apiKey}`;
  return {
    name: 'tavily',
    title: endpoint.title,
    priceMicroUsd: args.priceMicroUsd,
    triesKey: true,
    async search(query, options) {
      await options.ready();
      const answer = await send(endpoint, {
        url: new URL(`${args.baseUrl}/search`),
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({
          query,
          max_results: Math.min(20, options.count),
          search_depth: 'basic',
          topic: 'general',
          ...(options.domains.length > 0 ? { include_domains: options.domains } : {}),
        }),
        signal: options.signal,
      });
      const failed = explain(endpoint, answer);
      if (failed) throw failed;
      const read = answerSchema.safeParse(answer.json);
      if (!read.success) throw unreadable(endpoint);
      return read.data.results
        .flatMap((found) => {
          const item = itemSchema.safeParse(found);
          if (!item.success) return [];
          const { url, title, content, published_date } = item.data;
          return toResult({ url, title, snippet: content, published: published_date }, args.now()) ?? [];
        })
        .slice(0, options.count);
    },
    async check(signal) {
      // What was used this month: free of charge, and refused to a wrong key.
      const answer = await send(endpoint, {
        url: new URL(`${args.baseUrl}/usage`),
        headers: { authorization },
        signal,
      });
      const failed = explain(endpoint, answer);
      if (failed) throw failed;
      return 'accepts the key';
    },
  };
}

function explain(endpoint: Endpoint, answer: ProviderAnswer): SearchError | null {
  const failed = failure(endpoint, answer);
  if (failed === null) return null;
  // Limits of the plan (432) and of what may be paid beyond it (433).
  if (answer.status === 432 || answer.status === 433) {
    return new SearchError('search_rejected', 'The credits of the Tavily plan are used up.', {
      billed: false,
      trouble: 'out-of-credit',
      hint: 'Raise the limit at Tavily, or configure another search provider (SEARCH_URL, BRAVE_API_KEY).',
    });
  }
  if (answer.status === 401 || answer.status === 403) {
    return new SearchError('search_rejected', 'Tavily refused the key.', {
      billed: false,
      trouble: 'rejected',
      hint: 'Check TAVILY_API_KEY, then retry.',
    });
  }
  return failed;
}
