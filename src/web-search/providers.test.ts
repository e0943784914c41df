import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  braveKey,
  type SearchFault,
  type SearchServer,
  startSearchServer,
  tavilyKey,
} from '../../test/fakes/search-server.ts';
import { testConfig } from '../../test/harness.ts';
import type { SearchProviderName } from '../config.ts';
import type { SearchError } from './provider.ts';
import { createWebSearch, type WebSearch, type WebSearchSettings } from './web-search.ts';

const now = new Date('2026-11-24T12:00:00Z');
const names: SearchProviderName[] = ['searxng', 'brave', 'tavily'];
const open: WebSearch[] = [];
let server: SearchServer;

beforeEach(async () => {
  server = await startSearchServer((query) => [
    {
      url: 'https://bread.example.com/starter#top',
      title: `All about <strong>${query}</strong>`,
      snippet: 'Feed it\n once a day.',
      published: '2026-01-02T03:04:05.000Z',
    },
    { url: 'ftp://bread.example.com/file', title: 'A file' },
    { url: 'https://user:secret@bread.example.com/', title: 'With a password' },
    { url: 'http://old.example.org/page?a=1', title: 'Without a date', published: '2031-01-01T00:00:00Z' },
  ]);
});
afterEach(async () => {
  for (const search of open.splice(0)) await search.close();
  await server.close();
});

function providerFor(name: SearchProviderName, env: Record<string, string> = {}, settings: WebSearchSettings = {}) {
  const { config, secrets } = testConfig({ ...server.env[name], ...env });
  const search = createWebSearch(config, secrets, {
    braveUrl: server.url,
    tavilyUrl: server.url,
    now: () => now,
    ...settings,
  });
  open.push(search);
  const [provider] = search.providers;
  if (!provider) throw new Error('nothing is configured');
  return provider;
}

const ready = async () => undefined;
const options = { language: 'en', count: 10, domains: [], signal: new AbortController().signal, ready };

async function failureOf(
  name: SearchProviderName,
  fault?: SearchFault,
  settings?: WebSearchSettings,
): Promise<SearchError> {
  if (fault) server.faults[name] = fault;
  return providerFor(name, {}, settings)
    .search('sourdough', options)
    .then(
      () => {
        throw new Error('the search succeeded');
      },
      (error: SearchError) => error,
    );
}

const answerWith =
  (status: number, headers: Record<string, string>, body: string | Buffer): SearchFault =>
  (response) => {
    response.writeHead(status, headers).end(body);
    return true;
  };
const asJson = { 'content-type': 'application/json' };

describe.each(names)('%s', (name) => {
  test('answers with results in one form, whatever the provider calls the fields', async () => {
    const results = await providerFor(name).search('sourdough starter', options);
    expect(results).toEqual([
      {
        url: 'https://bread.example.com/starter',
        title: 'All about sourdough starter',
        snippet: 'Feed it once a day.',
        // Tavily dates news only.
        publishedAt: name === 'tavily' ? null : '2026-01-02T03:04:05.000Z',
      },
      { url: 'http://old.example.org/page?a=1', title: 'Without a date', snippet: '', publishedAt: null },
    ]);
    expect(server.calls).toEqual([expect.objectContaining({ provider: name, query: 'sourdough starter' })]);
  });

  test('finding nothing is an answer', async () => {
    server.pages = () => [];
    expect(await providerFor(name).search('qwertyuiop', options)).toEqual([]);
  });

  test('gives no more results than were asked for', async () => {
    server.pages = () => Array.from({ length: 30 }, (_, at) => ({ url: `https://example.com/${at}`, title: `${at}` }));
    expect(await providerFor(name).search('many', { ...options, count: 7 })).toHaveLength(7);
  });

  test.each(['de', 'ja', 'zh', 'pt', 'no', 'is', 'eo', null])(
    'accepts a search in the language %s',
    async (language) => {
      await expect(providerFor(name).search('brot', { ...options, language })).resolves.toHaveLength(2);
    },
  );

  test('is told which domains are wanted', async () => {
    await providerFor(name).search('bread', { ...options, domains: ['example.com', 'example.org'] });
    const [call] = server.calls;
    if (name === 'tavily') expect(call?.parameters.include_domains).toBe('["example.com","example.org"]');
    else expect(call?.query).toBe('bread site:example.com OR site:example.org');
  });

  test.each([408, 409, 425, 500, 502, 503, 504])('is worth another try after %i', async (status) => {
    const error = await failureOf(name, answerWith(status, { 'retry-after': '90' }, 'oops'));
    expect(error).toMatchObject({ code: 'search_unavailable', retryable: true });
    expect(error.retryAt?.getTime()).toBeGreaterThan(Date.now() + 80_000);
  });

  test('that is asked too often says so, and nothing was paid', async () => {
    expect(await failureOf(name, answerWith(429, asJson, '{}'))).toMatchObject({
      code: 'search_unavailable',
      billed: false,
    });
  });

  test.each([
    ['HTML', '<!doctype html><p>Welcome</p>'],
    ['nothing', ''],
    ['JSON of another kind', '{"items":[]}'],
    ['cut JSON', '{"results":[{"url":"https://exa'],
    ['a bare value', '42'],
  ])('that answers 200 with %s is refused with a reason, and may have been paid', async (_, body) => {
    const error = await failureOf(name, answerWith(200, asJson, body));
    expect(error.code).toBe('search_rejected');
    expect(error.message).toMatch(/did not answer with a list of results|There is no SearXNG at SEARCH_URL/);
    expect(error.hint.length).toBeGreaterThan(20);
  });

  test('leaves out results that are none and keeps the rest', async () => {
    const results = [null, 7, {}, { url: 5 }, { url: 'not an address' }, { url: 'https://example.com/', title: null }];
    const body = name === 'brave' ? { type: 'search', web: { results } } : { results };
    server.faults[name] = answerWith(200, asJson, JSON.stringify(body));
    expect(await providerFor(name).search('x', options)).toEqual([
      { url: 'https://example.com/', title: '', snippet: '', publishedAt: null },
    ]);
  });

  test('a huge answer is given up, also when it was small on the wire', async () => {
    const bomb = gzipSync(Buffer.alloc(30_000_000, ' '));
    const error = await failureOf(name, answerWith(200, { ...asJson, 'content-encoding': 'gzip' }, bomb));
    expect(error).toMatchObject({ code: 'search_rejected', billed: true });
    expect(error.message).toContain('2 MB');
  });

  test('is not followed to another host, so no key goes there', async () => {
    let arrived = false;
    const stranger = await startSearchServer();
    stranger.faults = Object.fromEntries(names.map((one) => [one, () => (arrived = true)]));
    const error = await failureOf(
      name,
      answerWith(302, { location: stranger.url + (name === 'searxng' ? '/searxng/search?q=x' : '/search') }, ''),
    );
    await stranger.close();
    expect(error).toMatchObject({ code: 'search_rejected', billed: false });
    expect(error.message).toContain('redirects to 127.0.0.1');
    expect(arrived).toBe(false);
    expect(stranger.calls).toEqual([]);
  });

  test('a connection that breaks in the middle may have been paid; one that was refused was not', async () => {
    const cut = await failureOf(name, (response) => {
      response.writeHead(200, { ...asJson, 'content-length': '1000' });
      response.write('{"results":[', () => response.destroy());
      return true;
    });
    expect(cut).toMatchObject({ code: 'search_unavailable', billed: true });
    const gone = providerFor(name);
    await server.close();
    await expect(gone.search('x', options)).rejects.toMatchObject({ code: 'search_unavailable', billed: false });
    server = await startSearchServer();
  });

  test.each([
    ['never answers', () => true],
    [
      'drips',
      (response) => {
        response.writeHead(200, asJson).write('{');
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
        return true;
      },
    ],
  ] satisfies [string, SearchFault][])(
    'that %s is given up after its time, and may have been paid',
    async (_, fault) => {
      const error = await failureOf(name, fault, { timeoutMs: 200 });
      expect(error).toMatchObject({ code: 'search_unavailable', billed: true });
      expect(error.message).toContain('did not answer completely within 0.2 seconds');
    },
  );

  test('stops at once when the caller gives up, with the reason of the caller', async () => {
    const stop = new AbortController();
    server.faults[name] = () => {
      stop.abort(new Error('cancelled by a person'));
      return true;
    };
    const searching = providerFor(name).search('x', { ...options, signal: stop.signal });
    await expect(searching).rejects.toThrow('cancelled by a person');
  });

  test('keeps its key out of errors', async () => {
    for (const status of [200, 302, 400, 401, 403, 404, 422, 429, 432, 500]) {
      const error = await failureOf(name, answerWith(status, asJson, JSON.stringify({ error: braveKey + tavilyKey })));
      const shown = JSON.stringify([error.message, error.hint, error.details, String(error.cause)]);
      expect(shown).not.toContain(braveKey);
      expect(shown).not.toContain(tavilyKey);
    }
  });
});

describe('SearXNG', () => {
  test('without JSON among its formats: says which setting to change', async () => {
    server.json = false;
    const error = await failureOf('searxng');
    expect(error).toMatchObject({ code: 'search_rejected', retryable: false });
    expect(error.hint).toContain('search.formats');
    await expect(providerFor('searxng').check(options.signal)).rejects.toMatchObject({ hint: error.hint });
  });

  test('is asked for a topic that looks like its commands without obeying them', async () => {
    const results = await providerFor('searxng').search('!!g :fr <5 !images sourdough ?', options);
    expect(server.calls[0]?.query).toBe('g fr 5 images sourdough');
    expect(results).toHaveLength(2);
  });

  test('with results although some engines are silent: takes them; with none: says which are', async () => {
    server.unresponsive = [['google', 'CAPTCHA']];
    expect(await providerFor('searxng').search('x', options)).toHaveLength(2);
    server.pages = () => [];
    const error = await failureOf('searxng');
    expect(error).toMatchObject({ code: 'search_unavailable', message: expect.stringContaining('google (CAPTCHA)') });
  });

  test('is checked without searching', async () => {
    expect(await providerFor('searxng').check(options.signal)).toBe('answers in JSON');
    expect(server.calls).toEqual([]);
    const wrong = providerFor('searxng', { SEARCH_URL: `${server.url}/somewhere` });
    await expect(wrong.check(options.signal)).rejects.toMatchObject({ message: expect.stringContaining('404') });
  });

  test('is reached on a private address, and nothing else is because of it', async () => {
    const { config, secrets } = testConfig({ ...server.env.searxng, ...server.env.tavily, ...server.env.brave });
    // Every name leads into the network, as after an attack on DNS.
    const resolve = async () => [{ address: '127.0.0.1', family: 4 as const }];
    const search = createWebSearch(config, secrets, { resolve });
    open.push(search);
    const [searxng, brave, tavily] = search.providers;
    await expect(searxng?.search('x', options)).resolves.toHaveLength(2);
    for (const provider of [brave, tavily]) {
      await expect(provider?.search('x', options)).rejects.toMatchObject({
        code: 'search_rejected',
        billed: false,
        message: expect.stringContaining('not a public internet address'),
      });
    }
    expect(server.calls).toHaveLength(1);
  });
});

describe('Brave', () => {
  const quotaAnswer = (meta: object) =>
    JSON.stringify({ type: 'ErrorResponse', error: { code: 'RATE_LIMITED', detail: '', status: 429, meta } });

  test('that does not know the key names the variable', async () => {
    const provider = providerFor('brave', { BRAVE_API_KEY: 'another-key' });
    const error = await provider.search('x', options).catch((error: SearchError) => error);
    expect(error).toMatchObject({ code: 'search_rejected', billed: false, ofRequest: false });
    expect((error as SearchError).hint).toContain('BRAVE_API_KEY');
    expect(JSON.stringify(error)).not.toContain('another-key');
  });

  test('is asked at the pace that its headers set, one request after the other', async () => {
    server.rate = ['1, 2000', '0, 1990', '1, 100000'];
    const waits: number[] = [];
    let time = now.getTime();
    const provider = providerFor(
      'brave',
      {},
      {
        now: () => new Date(time),
        wait: async (ms) => {
          // Whatever waits here has not been sent yet.
          expect(server.calls).toHaveLength(waits.length + 1);
          waits.push(ms);
          time += ms;
        },
      },
    );
    await Promise.all(['a', 'b', 'c'].map((query) => provider.search(query, options)));
    expect(waits).toEqual([1000, 1000]);
    expect(server.calls.map((call) => call.query)).toEqual(['a', 'b', 'c']);
  });

  test('that waited for their turn are given up when whoever asks may not any more', async () => {
    server.rate = ['1, 0', '0, 0', '1, 0'];
    let mayAsk = true;
    const wait = async () => {
      mayAsk = false;
    };
    const provider = providerFor('brave', {}, { wait });
    const gone = new Error('another has it by now');
    const asking = { ...options, ready: async () => (mayAsk ? undefined : Promise.reject(gone)) };
    await provider.search('a', asking);
    await expect(provider.search('b', asking)).rejects.toBe(gone);
    expect(server.calls.map((call) => call.query)).toEqual(['a']);
  });

  test('that was asked by someone else in the same second is asked once more', async () => {
    server.rate = ['1, 2000', '0, 1990', '1, 100000'];
    let refused = 0;
    server.faults.brave = (response) => {
      if (refused++ > 0) return false;
      response.writeHead(429, asJson).end(quotaAnswer({ quota_limit: 2000, quota_current: 10 }));
      return true;
    };
    const waits: number[] = [];
    const provider = providerFor('brave', {}, { wait: async (ms) => void waits.push(ms) });
    expect(await provider.search('x', options)).toHaveLength(2);
    expect(waits).toEqual([1000]);
    expect(server.calls).toHaveLength(2);
  });

  test('whose window opens later names the time; whose month is used up is not asked again', async () => {
    server.rate = ['60, 2000', '0, 1990', '40, 100000'];
    const busy = await failureOf('brave', answerWith(429, asJson, quotaAnswer({})));
    expect(busy).toMatchObject({ code: 'search_unavailable', retryAt: new Date(now.getTime() + 40_000) });
    server.rate = ['1, 2000', '1, 0', '1, 1209600'];
    expect(await failureOf('brave', answerWith(429, asJson, quotaAnswer({})))).toMatchObject({
      code: 'search_rejected',
      message: 'The quota of the Brave plan is used up.',
    });
    server.rate = ['', '', ''];
    const meta = { quota_limit: 2000, quota_current: 2000 };
    expect(await failureOf('brave', answerWith(429, asJson, quotaAnswer(meta)))).toMatchObject({
      code: 'search_rejected',
    });
  });

  test('is checked without a billed request', async () => {
    expect(await providerFor('brave').check(options.signal)).toContain('the key is not tried');
    expect(server.calls).toEqual([]);
  });
});

describe('Tavily', () => {
  test('that does not know the key names the variable, and the check finds it at no cost', async () => {
    const provider = providerFor('tavily', { TAVILY_API_KEY: 'tvly-another' });
    for (const attempt of [() => provider.search('x', options), () => provider.check(options.signal)]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'search_rejected',
        hint: expect.stringContaining('TAVILY_API_KEY'),
      });
    }
    server.calls.length = 0;
    expect(await providerFor('tavily').check(options.signal)).toBe('accepts the key');
    expect(server.calls).toEqual([]);
  });

  test.each([432, 433])('whose credits are used up (%i) is not asked again', async (status) => {
    const error = await failureOf('tavily', answerWith(status, asJson, '{"detail":{"error":"limit"}}'));
    expect(error).toMatchObject({ code: 'search_rejected', billed: false, ofRequest: false });
    expect(error.message).toContain('used up');
  });

  test('asks for a basic search, which is one credit', async () => {
    await providerFor('tavily').search('x', options);
    expect(server.calls[0]?.parameters).toMatchObject({ search_depth: '"basic"', max_results: '10' });
  });
});

describe('the order of providers', () => {
  test('is SearXNG, Brave, Tavily, at the prices that are published or configured', () => {
    const env = { ...server.env.tavily, ...server.env.brave, ...server.env.searxng };
    const of = (prices: Record<string, string>) => {
      const { config, secrets } = testConfig({ ...env, ...prices });
      const search = createWebSearch(config, secrets);
      open.push(search);
      return search.providers.map(({ name, priceMicroUsd }) => [name, priceMicroUsd]);
    };
    expect(of({})).toEqual([
      ['searxng', 0],
      ['brave', 5_000],
      ['tavily', 8_000],
    ]);
    expect(of({ SEARCH_PRICES: 'tavily=0.005, searxng=0.0001' })).toEqual([
      ['searxng', 100],
      ['brave', 5_000],
      ['tavily', 5_000],
    ]);
  });
});
