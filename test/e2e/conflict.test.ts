import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { needed } from '../services/environment.ts';
import {
  launchBrowser,
  openPage,
  overflow,
  picture,
  seriousViolations,
  signUp,
  startServer,
  type TestServer,
} from './browser.ts';

const wordpress = needed('TEST_WP1_URL').replace(/\/$/, '');
const user = needed('TEST_WP1_USER');
let server: TestServer;
let browser: Browser;
let postId = 0;
beforeAll(async () => {
  [server, browser] = await Promise.all([
    startServer({ ALLOW_PRIVATE_HOSTS: new URL(wordpress).hostname }),
    launchBrowser(),
  ]);
  await signUp(browser, server);
});
afterAll(async () => {
  if (postId) await onSite('DELETE', `/${postId}?force=true`);
  await browser?.close();
  await server?.stop();
});

async function onSite(method: string, path: string): Promise<{ content: { raw: string }; title: { raw: string } }> {
  const login = Buffer.from(`${user}:${needed('TEST_WP1_APP_PASSWORD')}`).toString('base64');
  const answer = await fetch(`${wordpress}/wp-json/wp/v2/posts${path}`, {
    method,
    headers: { authorization: `Basic ${login}` },
  });
  return (await answer.json()) as { content: { raw: string }; title: { raw: string } };
}

/** Asks the API as the page does. */
function ask<T>(page: Page, method: string, path: string, body?: unknown): Promise<T> {
  return page.evaluate(
    async ([verb, to, json]) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`/api/v1${to}`, { method: verb ?? 'GET', headers, ...(json ? { body: json } : {}) });
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json();
    },
    [method, path, body === undefined ? '' : JSON.stringify(body)],
  ) as Promise<T>;
}

async function look(page: Page, name: string) {
  expect(await seriousViolations(page), name).toEqual([]);
  await picture(page, `conflict-${name}`, true);
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await overflow(page), name).toBeLessThanOrEqual(0);
  await picture(page, `conflict-${name}-phone`, true);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await seriousViolations(page), `${name} in the dark`).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
  if (size) await page.setViewportSize(size);
}

/** Opens the post in WordPress's own editor, writes at the end of a paragraph, and saves. */
async function editByHand(paragraph: string, words: string): Promise<void> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${wordpress}/wp-login.php`);
  await page.locator('#user_login').fill(user);
  await page.locator('#user_pass').fill(needed('TEST_WP1_LOGIN_PASSWORD'));
  await page.locator('#wp-submit').click();
  await page.waitForURL(/wp-admin/);
  await page.goto(`${wordpress}/wp-admin/post.php?post=${postId}&action=edit`);
  const canvas = page.locator('iframe[name="editor-canvas"]');
  const save = page.locator('.editor-post-publish-button, .editor-post-publish-button__button').first();
  await save.waitFor();
  // The editor greets whoever comes for the first time.
  const greeting = page.getByRole('button', { name: 'Close', exact: true });
  const content = (await canvas.count()) > 0 ? canvas.contentFrame().locator('body') : page.locator('body');
  const text = content.getByText(paragraph).first();
  await text.waitFor();
  if (await greeting.count()) await greeting.first().click();
  await text.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(words);
  await content.getByText(words.trim()).first().waitFor();
  await save.click();
  await page.getByText('Post updated.').first().waitFor();
  await context.close();
}

it('an edit by hand in WordPress’s own editor stops an update, and both are put together', async () => {
  const { page, faults } = await openPage(browser, server);
  await page.goto('/');
  await ask(page, 'POST', '/sites', {
    name: 'Real site',
    url: wordpress,
    username: user,
    applicationPassword: needed('TEST_WP1_APP_PASSWORD'),
  });
  const article = await ask<{ id: string; revision: number }>(page, 'POST', '/articles', {
    title: `On dough ${crypto.randomUUID().slice(0, 8)}`,
    markdown: 'First paragraph here.\n\nBetween them.\n\nDough rests.\n\nLast paragraph here.\n',
  });

  await page.goto(`/articles/${article.id}?tab=publish`);
  await page.getByText('Public post', { exact: true }).click();
  await page.getByRole('button', { name: 'Publish now' }).click();
  await page.getByText('Published', { exact: true }).first().waitFor();
  const { items } = await ask<{ items: { id: string; remoteId: number; remoteUrl: string }[] }>(
    page,
    'GET',
    `/publications?articleId=${article.id}`,
  );
  const publication = items[0];
  postId = publication?.remoteId ?? 0;
  expect(await (await fetch(publication?.remoteUrl ?? '')).text()).toContain('Dough rests.');

  await editByHand('Dough rests.', ' It does so by hand.');
  expect((await onSite('GET', `/${postId}?context=edit`)).content.raw).toContain('by hand');
  await ask(page, 'PATCH', `/articles/${article.id}`, {
    revision: article.revision,
    markdown: 'First paragraph, new here.\n\nBetween them.\n\nDough rests for hours.\n\nLast paragraph here.\n',
  });

  await page.getByRole('link', { name: 'Real site' }).click();
  await page.getByText('The article has changed since it was sent').waitFor();
  await look(page, 'before');
  await page.getByRole('button', { name: 'Update the post' }).click();
  await page.getByText('Nothing was overwritten. Choose what holds.').waitFor();
  await page.locator('ins', { hasText: 'It does so by hand.' }).first().waitFor();
  await look(page, 'shown');
  expect((await onSite('GET', `/${postId}?context=edit`)).content.raw).not.toContain('for hours');

  await page.getByRole('button', { name: 'Put both together' }).click();
  await page.getByText('1 place is still open.').waitFor();
  const own = page.getByLabel('How it is to read');
  await own.fill('Dough rests for hours. It does so by hand.');
  await look(page, 'merge');
  // What was written is still there after a look back at the comparison.
  await page.getByRole('button', { name: 'Back to the comparison' }).click();
  await page.getByRole('button', { name: 'Put both together' }).click();
  expect(await own.inputValue()).toBe('Dough rests for hours. It does so by hand.');
  await page.getByRole('button', { name: 'Save and update the post' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('The post was made of the article as it is now.').waitFor();
  const { content } = await onSite('GET', `/${postId}?context=edit`);
  expect(content.raw).toContain('Dough rests for hours. It does so by hand.');
  expect(content.raw).toContain('First paragraph, new here.');

  await page.getByRole('button', { name: 'Unpublish' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Unpublish' }).click();
  await page.getByText('Taken down').first().waitFor();
  await look(page, 'down');
  expect(faults).toEqual([]);
}, 120_000);
