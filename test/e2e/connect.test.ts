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

const wordpress = {
  url: needed('TEST_WP1_URL'),
  user: needed('TEST_WP1_USER'),
  loginPassword: needed('TEST_WP1_LOGIN_PASSWORD'),
};

let server: TestServer;
let browser: Browser;
/** What WordPress has handed out, in order. */
const passwords: string[] = [];
beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ ALLOW_PRIVATE_HOSTS: '127.0.0.1' }), launchBrowser()]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  for (const password of passwords) await revoke(password);
});

/** The site is shared: a password that was handed out is taken back, and no other one. */
async function revoke(password: string) {
  const root = `${wordpress.url}/wp-json/wp/v2/users/me/application-passwords`;
  const authorization = `Basic ${Buffer.from(`${wordpress.user}:${password}`).toString('base64')}`;
  const answer = await fetch(`${root}/introspect`, { headers: { authorization } });
  const { uuid, name } = (await answer.json()) as { uuid: string; name: string };
  expect(name).toBe('blog-poster');
  const { status } = await fetch(`${root}/${uuid}`, { method: 'DELETE', headers: { authorization } });
  expect(status).toBe(200);
}

const phone = { width: 390, height: 844 };
async function look(page: Page, name: string) {
  expect(await seriousViolations(page), name).toEqual([]);
  await picture(page, `connect-${name}`, true);
  const size = page.viewportSize();
  await page.setViewportSize(phone);
  expect(await overflow(page), name).toBeLessThanOrEqual(0);
  await picture(page, `connect-${name}-phone`, true);
  if (size) await page.setViewportSize(size);
}

it('a site is connected by one click through the login of WordPress, and a setting of it is changed', async () => {
  const { page, faults } = await openPage(browser, server);
  page.on('request', (request) => {
    const url = new URL(request.url());
    const password = url.searchParams.get('password');
    if (url.pathname === '/api/v1/sites/connect/callback' && password) passwords.push(password);
  });
  await page.goto('/sites');
  await page.getByText('No site is connected yet').waitFor();
  await page.getByRole('button', { name: 'Connect a site' }).click();
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByText('This is needed.').waitFor();
  await page.getByLabel('Address', { exact: true }).fill('ftp://nowhere');
  await page.keyboard.press('Enter');
  await page.getByText('begins with https:// or http://').waitFor();
  await look(page, 'address');

  await page.getByLabel('Address', { exact: true }).fill(wordpress.url);
  await page.keyboard.press('Enter');
  await page.getByLabel('Username or Email Address').fill(wordpress.user);
  await page.getByLabel('Password', { exact: true }).fill(wordpress.loginPassword);
  await page.getByRole('button', { name: 'Log In' }).click();
  await page.getByRole('button', { name: 'Yes, I approve of this connection' }).click();

  await page.getByText('Site 1 is connected').waitFor();
  await page.getByText('Works', { exact: true }).waitFor();
  expect(await page.evaluate('document.activeElement.textContent')).toContain('Site 1');
  expect(passwords).toHaveLength(1);
  expect(page.url()).toBe(`${server.url}/sites`);
  expect(await page.content()).not.toContain(passwords[0]?.replaceAll(' ', ''));
  await look(page, 'connected');

  await page.getByRole('button', { name: 'Settings' }).click();
  const settings = page.getByRole('form', { name: 'Settings of Site 1' });
  await settings.getByText('Public', { exact: true }).click();
  await settings.getByLabel('Language').selectOption('de');
  await settings.getByLabel('Tags').fill('Bread, Baking,');
  await page.emulateMedia({ colorScheme: 'dark' });
  await look(page, 'settings');
  await settings.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Settings' }).click();
  expect(await settings.getByLabel('Language').inputValue()).toBe('de');
  expect(await settings.getByRole('radio', { name: 'Public' }).isChecked()).toBe(true);
  await settings.getByText('Baking').waitFor();
  // A reload does not say once more that the site was connected.
  expect(await page.getByText('Site 1 is connected').count()).toBe(0);

  // Once more by one click: the same site, as it was set up, with another password.
  await page.getByRole('button', { name: 'Connect a site' }).click();
  await page.getByLabel('Address', { exact: true }).fill(wordpress.url);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Yes, I approve of this connection' }).click();
  await page.getByText('Site 1 is connected anew').waitFor();
  await page.getByText('Works', { exact: true }).waitFor();
  expect(new Set(passwords).size).toBe(2);
  expect(await page.getByRole('button', { name: 'Settings' }).count()).toBe(1);
  await look(page, 'renewed');
  await page.getByRole('button', { name: 'Settings' }).click();
  expect(await settings.getByLabel('Language').inputValue()).toBe('de');

  await page.goto('/sites?connectProblem=denied');
  await page.getByText('You chose not to approve the connection').waitFor();
  await look(page, 'problem');
  // WordPress's own pages ask WordPress, and Gravatar for a face.
  const theirs = [wordpress.url, 'https://secure.gravatar.com'].map((origin) => `foreign request: ${origin}/`);
  expect(faults.filter((fault) => !theirs.some((start) => fault.startsWith(start)))).toEqual([]);
  await page.context().close();
});

it('where WordPress shows the password, it says what to copy; a paused site and lines for its server are shown', async () => {
  const { page, faults } = await openPage(browser, server);
  await page.route('**/api/v1/sites/connect', (route) =>
    route.fulfill({
      json: {
        id: crypto.randomUUID(),
        authorizeUrl: 'https://blog.example/wp-admin/authorize-application.php?app_name=blog-poster',
        returns: 'by-hand',
        expiresAt: new Date(Date.now() + 900_000).toISOString(),
      },
    }),
  );
  await page.route('**/api/v1/sites?*', async (route) => {
    const answer = await route.fetch();
    const list = (await answer.json()) as { items: object[] };
    const lines = ['SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1', 'CGIPassAuth On'];
    const finding = { code: 'stripped', severity: 'error', message: 'The header is lost.', hint: 'Add this:', lines };
    const lastCheck = { ok: false, findings: [finding] };
    const [site] = list.items;
    await route.fulfill({
      json: { ...list, items: [{ ...site, lastCheck, pausedAt: new Date().toISOString(), pausedBy: 'site' }] },
    });
  });
  await page.goto('/sites');
  await page.getByText('Paused', { exact: true }).waitFor();
  await page.getByText('once a check finds that it does').waitFor();
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByText('Copied').waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toContain('\nCGIPassAuth On');
  await look(page, 'paused');

  await page.getByRole('button', { name: 'Connect a site' }).click();
  await page.getByLabel('Address', { exact: true }).fill('blog.example');
  await page.keyboard.press('Enter');
  const link = page.getByRole('link', { name: 'Open the page on your site' });
  await link.waitFor();
  expect(await link.getAttribute('target')).toBe('_blank');
  expect(await link.getAttribute('href')).toContain('https://blog.example/wp-admin/');
  expect(await page.getByLabel('Address', { exact: true }).inputValue()).toBe('https://blog.example');
  await page.getByLabel('Application Password').waitFor();
  await look(page, 'by-hand');
  expect(faults).toEqual([]);
  await page.context().close();
});
