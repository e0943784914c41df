import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { givenRunningPipeline } from '../../test/factories.ts';
import { type SearchServer, startSearchServer } from '../../test/fakes/search-server.ts';
import { startTestApp, type TestApp, testConfig } from '../../test/harness.ts';
import { listCalls } from '../budget/ledger.ts';
import type { SearchProviderName } from '../config.ts';
import { newId } from '../db/id.ts';
import type { AppError } from '../errors.ts';
import { pipelines } from '../pipeline/schema.ts';
import { askSearch, type SearchOwner } from './ask-search.ts';
import { createWebSearch } from './web-search.ts';

let search: SearchServer;
let app: TestApp;

beforeAll(async () => {
  search = await startSearchServer();
  const { config, secrets } = testConfig({ ...search.env.searxng, ...search.env.brave, ...search.env.tavily });
  const webSearch = createWebSearch(config, secrets, { braveUrl: search.url, tavilyUrl: search.url });
  app = await startTestApp({ overrides: { webSearch } });
});
afterAll(async () => {
  await app.close();
  await search.close();
});
beforeEach(() => {
  search.calls.length = 0;
  search.faults = {};
  search.pages = (query) => [{ url: 'https://example.com/', title: query }];
});

const question = { query: 'sourdough', language: 'en', domains: [] };

async function given(part: Partial<SearchOwner> = {}) {
  const pipeline = await givenRunningPipeline(app.ctx, { topic: `Search ${newId()}` });
  const owner: SearchOwner = {
    pipeline,
    step: 'research',
    generation: 0,
    signal: new AbortController().signal,
    assureLease: async () => undefined,
    log: async () => undefined,
    ...part,
  };
  return {
    owner,
    ask: (more: Partial<typeof question> = {}, refused = new Set<SearchProviderName>()) =>
      askSearch(app.ctx, owner, { ...question, ...more }, refused),
    bill: async () => (await listCalls(app.ctx.db, [pipeline.id])).map(({ model, status }) => [model, status]),
  };
}

const asked = () => search.calls.map(({ provider }) => provider);
const refuseWith =
  (status: number, headers: Record<string, string> = {}) =>
  (response: import('node:http').ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{}');
    return true;
  };

test('a worker that has lost the pipeline sends nothing and reserves nothing', async () => {
  const { owner, ask, bill } = await given();
  await app.ctx.db.update(pipelines).set({ lease: 2 }).where(eq(pipelines.id, owner.pipeline.id));
  await expect(ask()).rejects.toMatchObject({ code: 'lease_lost' });
  expect(asked()).toEqual([]);
  expect(await bill()).toEqual([]);
});

test('one that was asked to stop sends nothing either', async () => {
  const { ask, bill } = await given({ signal: AbortSignal.abort(new Error('going down')) });
  await expect(ask()).rejects.toThrow('going down');
  expect(asked()).toEqual([]);
  expect(await bill()).toEqual([]);
});

test('an answer is taken from the ledger whoever gave it, also when those before it answer again', async () => {
  search.faults = { searxng: refuseWith(502), brave: refuseWith(502) };
  const { ask, bill } = await given();
  const first = await ask();
  expect(first).toMatchObject({ provider: 'Tavily', results: [{ url: 'https://example.com/', title: 'sourdough' }] });
  expect(first.failures.map(({ message }) => message)).toEqual(['SearXNG answered 502.', 'Brave answered 502.']);
  search.faults = {};
  expect(await ask()).toMatchObject({ provider: 'Tavily', results: first.results, failures: [] });
  expect(asked()).toEqual(['searxng', 'brave', 'tavily']);
  expect(await bill()).toEqual([
    ['searxng', 'released'],
    ['brave', 'released'],
    ['tavily', 'settled'],
  ]);
});

test('another query, language or list of domains, and a step that is redone, are other questions', async () => {
  const { ask, owner } = await given();
  for (const more of [{}, { query: 'rye' }, { language: 'de' }, { domains: ['example.org'] }] as const) {
    await ask(more as Partial<typeof question>);
    await ask(more as Partial<typeof question>);
  }
  expect(asked()).toHaveLength(4);
  owner.generation = 1;
  await ask();
  expect(asked()).toHaveLength(5);
});

test('finding nothing is an answer that is kept too', async () => {
  search.pages = () => [];
  const { ask } = await given();
  expect((await ask()).results).toEqual([]);
  expect((await ask()).results).toEqual([]);
  expect(asked()).toHaveLength(1);
});

test('when all fail, it is worth waiting for as long as one may come back, until the first of them does', async () => {
  search.faults = {
    searxng: refuseWith(401),
    brave: refuseWith(503, { 'retry-after': '600' }),
    tavily: refuseWith(429, { 'retry-after': '60' }),
  };
  const { ask } = await given();
  const refused = new Set<SearchProviderName>();
  const error = await ask({}, refused).catch((error: AppError) => error);
  expect(error).toMatchObject({ code: 'search_unavailable', retryable: true });
  const seconds = (((error as AppError).retryAt?.getTime() ?? 0) - Date.now()) / 1000;
  expect(seconds).toBeGreaterThan(50);
  expect(seconds).toBeLessThanOrEqual(60);
  expect([...refused]).toEqual(['searxng']);
  await expect(ask({ query: 'other' }, refused)).rejects.toMatchObject({ code: 'search_unavailable' });
  expect(asked()).toEqual(['searxng', 'brave', 'tavily', 'brave', 'tavily']);
});

test('a request that only this query makes wrong does not rule the provider out', async () => {
  search.faults = { searxng: refuseWith(400), brave: refuseWith(422), tavily: refuseWith(400) };
  const { ask } = await given();
  const refused = new Set<SearchProviderName>();
  await expect(ask({}, refused)).rejects.toMatchObject({ code: 'search_rejected', retryable: false });
  expect(refused.size).toBe(0);
});
