import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { tester } from '../../test/account.ts';

/** The browser that pages are measured in: Debian's Chromium, or the one that CHROMIUM_PATH names. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });

/** Logs {@link tester} in through the form, and waits for the overview. */
export async function logIn(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.getByLabel('Mail address').fill(tester.email);
  await page.getByLabel('Password', { exact: true }).fill(tester.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByLabel('What should the next article be about?').waitFor();
}

/** The tools of the browser's own inspector for a page. */
export const devtoolsOf = (page: Page): Promise<CDPSession> => page.context().newCDPSession(page);
