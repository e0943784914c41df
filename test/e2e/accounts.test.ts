import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tester } from '../account.ts';
import { fillRegistration, launchBrowser, nobody, openPage, picture, startServer, type TestServer } from './browser.ts';

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** A person at a browser of their own; in the end the page must have had no error that the person did not see. */
async function visit(
  path: string,
  work: (page: Page) => Promise<void>,
  options: Parameters<Browser['newContext']>[0] = {},
) {
  const { page, faults } = await openPage(browser, server, options);
  try {
    await page.goto(path);
    await work(page);
    expect(faults).toEqual([]);
  } catch (error) {
    await picture(page, 'failure');
    throw error;
  } finally {
    await page.context().close();
  }
}

async function logIn(page: Page, { email, password }: { email: string; password: string }) {
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}

async function logOut(page: Page) {
  await page
    .getByRole('button', { name: /^Your account/ })
    .filter({ visible: true })
    .click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
}

const dashboard = (page: Page) => page.getByLabel('Topic', { exact: true });

describe('a fresh instance', () => {
  it('asks for the first account, which finds the sample article on its dashboard and is admin', async () => {
    await visit(
      '/runs',
      async (page) => {
        await page.getByRole('heading', { name: 'Create the first account' }).waitFor();
        expect(new URL(page.url()).pathname).toBe('/register');
        await page.getByText('Your account becomes its admin').waitFor();
        await picture(page, 'register-first');
        await fillRegistration(page, { name: 'Ada Admin', ...tester });
        // Back where one wanted to go.
        await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
        expect(new URL(page.url()).pathname).toBe('/runs');
        await page.getByRole('navigation').getByRole('link', { name: 'New article' }).click();
        await dashboard(page).waitFor();
        // The sample article; on a slow machine it is still being written, and appears by itself.
        await page
          .getByRole('main')
          .getByRole('link', { name: /blog/i })
          .and(page.locator('[href^="/articles/"]'))
          .first()
          .waitFor({ timeout: 90_000 });
        await picture(page, 'dashboard-first', true);
        await page.getByRole('button', { name: 'Your account: Ada Admin' }).click();
        await page.getByRole('menuitem', { name: 'Admin' }).waitFor();
        await picture(page, 'user-menu');
        await page.keyboard.press('Escape');
        await logOut(page);
        await page.getByText('You are logged out.').waitFor();
        expect(page.url()).toBe(`${server.url}/login`);
        await page.goto('/articles');
        await page.getByRole('heading', { name: 'Log in' }).waitFor();
        expect(page.url()).toBe(`${server.url}/login?next=%2Farticles`);
        await logIn(page, tester);
        await page.getByRole('heading', { level: 1, name: 'Articles' }).waitFor();
        server.session = await page.context().storageState();
      },
      nobody,
    );
  });
});
