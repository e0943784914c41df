import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { htmlPage, type PageServer, startPageServer } from '../fakes/page-server.ts';
import { type SearchServer, startSearchServer } from '../fakes/search-server.ts';
import {
  launchBrowser,
  openPage,
  overflow,
  picture,
  seriousViolations,
  signUp,
  sizes,
  startServer,
  type TestServer,
} from './browser.ts';
import { sourceTexts } from './source-texts.ts';

let web: PageServer;
let search: SearchServer;
let server: TestServer;
let browser: Browser;
const topic = 'How to keep backups of a small server';

beforeAll(async () => {
  [web, search] = await Promise.all([startPageServer(sourceTexts.length), startSearchServer()]);
  for (const [host, { title, text }] of sourceTexts.entries()) {
    web.pages.set(`/${host}`, htmlPage(title, text.split('\n\n')));
  }
  search.pages = () => sourceTexts.map(({ title }, host) => ({ url: web.at(host, `/${host}`), title }));
  const env = { ...search.env.searxng, ALLOW_PRIVATE_HOSTS: '127.0.0.0/8' };
  [server, browser] = await Promise.all([startServer(env), launchBrowser()]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await search?.close();
  await web?.close();
});

it('a topic alone becomes an article whose sources say which search found them', async () => {
  const { page, faults } = await openPage(browser, server);
  await page.goto('/new');
  await page.getByText('Leave this empty and sources are looked for on the web (SearXNG).').waitFor();
  await page.getByLabel('Topic', { exact: true }).fill(topic);
  await page.getByRole('button', { name: /^More options/ }).click();
  await page.getByLabel('Find no sources on these sites').fill('https://spam.example/');
  await page.getByRole('button', { name: 'Write the article' }).click();
  await page.getByText('“https://spam.example/” is no domain.').waitFor();
  await picture(page, 'search-options', true);
  for (const [name, size] of Object.entries(sizes)) {
    await page.setViewportSize(size);
    expect(await overflow(page), name).toBeLessThanOrEqual(0);
  }
  expect(await seriousViolations(page)).toEqual([]);
  await page.getByLabel('Find no sources on these sites').fill('spam.example');
  await page.getByRole('button', { name: 'Write the article' }).click();

  await page.waitForURL('**/runs/*');
  const log = page.getByRole('log');
  await log.getByText(`Searching for "${topic}".`).waitFor({ timeout: 60_000 });
  await log.getByText('The search named 3 pages; 3 may be worth reading.').waitFor();
  await page.getByRole('main').getByText('Finished', { exact: true }).first().waitFor({ timeout: 90_000 });
  await page.getByRole('cell', { name: 'searxng' }).first().waitFor();
  await picture(page, 'search-run', true);

  await page.getByRole('link', { name: 'Open the article' }).click();
  await page.getByRole('tab', { name: 'Sources' }).click();
  await page.getByText(`Found by searching for “${topic}”`).first().waitFor();
  await picture(page, 'search-sources');
  expect(faults).toEqual([]);
  await page.context().close();
});
