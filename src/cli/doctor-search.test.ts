import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SearchServer, startSearchServer } from '../../test/fakes/search-server.ts';
import { testConfig } from '../../test/harness.ts';
import type { SearchProviderName } from '../config.ts';
import { createWebSearch } from '../web-search/web-search.ts';
import { inspectSearch } from './doctor-search.ts';

let server: SearchServer;
beforeEach(async () => {
  server = await startSearchServer();
});
afterEach(() => server.close());

async function inspect(names: SearchProviderName[], env: Record<string, string> = {}) {
  const { config, secrets } = testConfig({ ...Object.assign({}, ...names.map((name) => server.env[name])), ...env });
  const search = createWebSearch(config, secrets, { braveUrl: server.url, tavilyUrl: server.url });
  const findings = await inspectSearch(search);
  await search.close();
  return findings;
}

test('every provider is tried without a search that would be billed', async () => {
  const findings = await inspect(['searxng', 'brave', 'tavily']);
  expect(findings.map(({ severity, message }) => [severity, message])).toEqual([
    ['ok', 'SearXNG answers in JSON'],
    ['ok', 'Brave can be reached; the key is not tried, because every answered request is billed'],
    ['ok', 'Tavily accepts the key'],
  ]);
  expect(server.calls).toEqual([]);
});

test('one that cannot be used is a warning while another can, and a problem when it is alone', async () => {
  server.json = false;
  expect(await inspect(['searxng', 'tavily'])).toMatchObject([
    { severity: 'warning', hint: expect.stringContaining('search.formats') },
    { severity: 'ok' },
  ]);
  expect(await inspect(['searxng'])).toMatchObject([{ severity: 'problem' }]);
});

test('a wrong key is found, and not shown', async () => {
  const findings = await inspect(['tavily'], { TAVILY_API_KEY: 'tvly-somebody-elses' });
  expect(findings).toMatchObject([{ severity: 'problem', message: 'Tavily refused the key.' }]);
  expect(JSON.stringify(findings)).not.toContain('somebody');
});

test('none is no problem, but says what to set', async () => {
  expect(await inspect([])).toMatchObject([{ severity: 'ok', hint: expect.stringContaining('SEARCH_URL') }]);
});
