import { z } from 'zod';
import { SearchError, type SearchOptions, type SearchProvider, toResult } from './provider.ts';
import { type Endpoint, failure, type ProviderAnswer, send, unreadable } from './request.ts';

/** Waits; rejects with the reason of the signal. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

const answerSchema = z.object({
  type: z.literal('search'),
  // Without any hit the part is missing.
  web: z.object({ results: z.array(z.unknown()) }).optional(),
});
const itemSchema = z.object({
  url: z.string(),
  title: z.string().nullish(),
  description: z.string().nullish(),
  page_age: z.string().nullish(),
});
const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    meta: z.object({ quota_limit: z.number(), quota_current: z.number() }).partial().nullish().catch(null),
  }),
});

/** Values of `search_lang`, by ISO 639-1 code where they differ from it; others are refused with 422. */
const languages = new Set(
  'ar eu bn bg ca hr cs da nl en et fi fr gl de el gu he hi hu is it kn ko lv lt ms ml mr pl pa ro ru sr sk sl es sv ta te th tr uk vi'.split(
    ' ',
  ),
);
const renamed: Record<string, string> = { ja: 'jp', zh: 'zh-hans', pt: 'pt-br', no: 'nb' };

/** When the next request may be sent with a key: they go one after the other. */
export interface Pace {
  last: Promise<unknown>;
  /** In milliseconds since 1970. */
  opensAt: number;
}

/** The pace of a key that was not used yet. */
export const newPace = (): Pace => ({ last: Promise.resolve(), opensAt: 0 });

/** A window of the rate limit that opens again within this time is waited for, in milliseconds. */
const shortWaitMs = 3_000;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * The Brave Search API (api-dashboard.search.brave.com/api-reference/web/search/get): the key in X-Subscription-Token.
 * Requests of this process with one key go one after the other, at the pace that the X-RateLimit-* headers of the answers set: small
 * plans allow one a second. Only successful requests are billed.
 */
export function createBrave(args: {
  http: Endpoint['http'];
  timeoutMs: number;
  baseUrl: string;
  apiKey: string;
  priceMicroUsd: number;
  now: () => Date;
  wait: Wait;
  /** Shared by all who ask with this key. */
  pace: Pace;
}): SearchProvider {
  const { pace } = args;
  const endpoint: Endpoint = { http: args.http, timeoutMs: args.timeoutMs, title: 'Brave', failuresAreFree: true };
  const headers = { 'x-subscription-token': args.apiKey };

  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const mine = pace.last.then(task, task);
    pace.last = mine.catch(() => undefined);
    return mine;
  };

  async function ask(url: URL, { signal, ready }: SearchOptions): Promise<ProviderAnswer> {
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      // The clock may have been set back meanwhile: no wait is longer than the longest that was meant.
      const early = Math.min(pace.opensAt - args.now().getTime(), shortWaitMs);
      if (early > 0) await args.wait(early, signal);
      await ready();
      const answer = await send(endpoint, { url, headers, signal });
      const closedMs = closedFor(answer.headers);
      pace.opensAt = closedMs > 0 && closedMs <= shortWaitMs ? args.now().getTime() + closedMs : 0;
      if (answer.status !== 429 || pace.opensAt === 0 || attempt === 2) return answer;
    }
  }

  return {
    name: 'brave',
    title: endpoint.title,
    priceMicroUsd: args.priceMicroUsd,
    triesKey: false,
    async search(query, options) {
      const url = address(args.baseUrl, query, options);
      const answer = await inTurn(() => ask(url, options));
      const failed = explain(endpoint, answer, args.now());
      if (failed) throw failed;
      const read = answerSchema.safeParse(answer.json);
      if (!read.success) throw unreadable(endpoint);
      return (read.data.web?.results ?? [])
        .flatMap((found) => {
          const item = itemSchema.safeParse(found);
          if (!item.success) return [];
          const { url, title, description, page_age } = item.data;
          return toResult({ url, title, snippet: description, published: page_age }, args.now()) ?? [];
        })
        .slice(0, options.count);
    },
    async check(signal) {
      // Any answer to a request without a key shows that the service is there; one with the key would be billed.
      await send(endpoint, { url: new URL(`${args.baseUrl}/res/v1/web/search`), signal });
      return 'can be reached; the key is not tried, because every answered request is billed';
    },
  };
}

function address(baseUrl: string, query: string, options: SearchOptions): URL {
  const url = new URL(`${baseUrl}/res/v1/web/search`);
  const sites = options.domains.map((domain) => `site:${domain}`).join(' OR ');
  url.searchParams.set('q', [query, sites].filter(Boolean).join(' '));
  url.searchParams.set('count', String(Math.min(20, options.count)));
  // Without it the results are those of the United States.
  url.searchParams.set('country', 'ALL');
  url.searchParams.set('result_filter', 'web');
  url.searchParams.set('text_decorations', 'false');
  const { language } = options;
  const code = language && (renamed[language] ?? (languages.has(language) ? language : null));
  if (code) url.searchParams.set('search_lang', code);
  return url;
}

function explain(endpoint: Endpoint, answer: ProviderAnswer, now: Date): SearchError | null {
  const failed = failure(endpoint, answer);
  if (failed === null || answer.status < 400) return failed;
  const said = errorSchema.safeParse(answer.json);
  const code = said.success ? said.data.error.code : '';
  if (code === 'SUBSCRIPTION_TOKEN_INVALID') {
    return new SearchError('search_rejected', 'Brave refused the key.', {
      billed: false,
      trouble: 'rejected',
      hint: 'Check BRAVE_API_KEY and the plan it belongs to, then retry.',
    });
  }
  if (answer.status !== 429) return failed;
  const closedMs = closedFor(answer.headers);
  const meta = said.success ? said.data.error.meta : null;
  const spent = (meta?.quota_limit ?? 0) > 0 && (meta?.quota_current ?? 0) >= (meta?.quota_limit ?? 0);
  if (spent || closedMs > dayMs) {
    return new SearchError('search_rejected', 'The quota of the Brave plan is used up.', {
      billed: false,
      trouble: 'out-of-credit',
      hint: 'Raise the plan at Brave, or configure another search provider (SEARCH_URL, TAVILY_API_KEY).',
    });
  }
  return new SearchError('search_unavailable', 'Brave is asked too often (429).', {
    billed: false,
    ...(closedMs > 0 ? { retryAt: new Date(now.getTime() + closedMs) } : {}),
  });
}

/**
 * For how long the rate limit is closed, in milliseconds, 0 when it is open. The headers list one value per window
 * ("1, 15000": a second and a month); a limit of 0 means that there is none.
 */
function closedFor(headers: Headers): number {
  const values = (name: string) =>
    (headers.get(`x-ratelimit-${name}`) ?? '')
      .split(',')
      .map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const limits = values('limit');
  const remaining = values('remaining');
  const resets = values('reset');
  const closed = limits.map((limit, index) => {
    const seconds = resets[index] ?? Number.NaN;
    return limit > 0 && (remaining[index] ?? 1) <= 0 && seconds > 0 ? seconds * 1000 : 0;
  });
  return Math.max(0, ...closed);
}
