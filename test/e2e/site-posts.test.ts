import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWordPressDouble } from '../fakes/wordpress-double.ts';
import {
  launchBrowser,
  openPage,
  overflow,
  seriousViolations,
  signUp,
  startServer,
  type TestServer,
  visitPage,
} from './browser.ts';

let server: TestServer;
let browser: Browser;
let blog: Server;
let blogUrl: string;
const wordpress = createWordPressDouble();

beforeAll(async () => {
  // The double behind HTTP, at an address of its own.
  blog = createServer(async (request, response) => {
    const answer = await wordpress.safeFetch(`${wordpress.url}${request.url}`, {
      method: request.method ?? 'GET',
      timeoutMs: 1_000,
      maxBytes: 1_000_000,
    });
    const text = new TextDecoder().decode(answer.body).replaceAll(wordpress.url, blogUrl);
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    response.writeHead(answer.status).end(text);
  });
  await new Promise<void>((resolve) => blog.listen(0, '127.0.0.1', resolve));
  blogUrl = `http://127.0.0.1:${(blog.address() as AddressInfo).port}`;
  [server, browser] = await Promise.all([startServer({ ALLOW_PRIVATE_HOSTS: '127.0.0.1' }), launchBrowser()]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  blog?.close();
});

async function visit(path: string, work: (page: Page) => Promise<void>, options: Parameters<typeof openPage>[2] = {}) {
  await visitPage(
    browser,
    server,
    path,
    async (page) => {
      await work(page);
      expect(await seriousViolations(page)).toEqual([]);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
    },
    options,
  );
}

it('the posts of a site are read, searched, and what has vanished is shown, also on the article that links to it', async () => {
  for (const id of [1, 2, 3]) {
    const modified = `2026-01-0${id}T00:00:00Z`;
    const texts = { slug: `post-${id}`, title: `Number ${id} &amp; more`, content: '', excerpt: 'On bread.' };
    wordpress.posts.set(id, { id, status: 'publish', modified, ...texts });
  }
  const { page } = await openPage(browser, server);
  const post = async (path: string, data: object = {}) => {
    const answer = await page.request.post(`${server.url}/api/v1${path}`, { data, headers: { origin: server.url } });
    expect(answer.status()).toBeLessThan(300);
    return (await answer.json()) as { id: string };
  };
  const credentials = { username: 'admin', applicationPassword: 'abcd efgh' };
  const site = await post('/sites', { name: 'Bakery', url: blogUrl, ...credentials });
  const article = await post('/articles', { title: 'Linking', markdown: `See [one](${blogUrl}/post-1/).` });
  await visit(`/sites/${site.id}/posts`, async (page) => {
    // The worker finds the site by itself.
    await page.getByText('3 posts', { exact: true }).waitFor();
    await page.getByText('Number 1 & more').waitFor();
    await page.getByLabel('Search titles and addresses').fill('number 2');
    await page.getByText('Number 1 & more').waitFor({ state: 'detached' });
    await page.getByText('Number 2 & more').waitFor();
  });
  wordpress.posts.delete(1);
  await visit('/sites', async (page) => {
    await page.getByRole('link', { name: 'Posts', exact: true }).click();
    await page.getByRole('button', { name: 'Read now' }).click();
    await page.getByText('2 posts', { exact: true }).waitFor();
    await page.getByLabel('Which posts').selectOption('gone');
    await page.getByText('Number 1 & more').waitFor();
    await page.getByText('Deleted', { exact: true }).waitFor();
  });
  const phone = { viewport: { width: 390, height: 780 }, colorScheme: 'dark' as const };
  await visit(
    `/sites/${site.id}/posts`,
    async (page) => {
      await page.getByText('2 posts', { exact: true }).waitFor();
    },
    phone,
  );
  await visit(
    `/articles/${article.id}`,
    async (page) => {
      await page.getByText('A link leads nowhere').waitFor();
      await page.getByText(`${blogUrl}/post-1/`).first().waitFor();
    },
    phone,
  );
  await visit('/articles?show=dead-links', async (page) => {
    await page.getByText('1 dead link').waitFor();
    await page.getByRole('link', { name: 'Linking' }).waitFor();
  });
  await page.context().close();
});
