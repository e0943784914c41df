import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
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

let server: TestServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const phone = { width: 390, height: 844 };

async function look(page: Page, name: string) {
  expect(await seriousViolations(page), name).toEqual([]);
  await picture(page, `own-keys-${name}`, true);
  const size = page.viewportSize();
  await page.setViewportSize(phone);
  expect(await overflow(page), name).toBeLessThanOrEqual(0);
  await picture(page, `own-keys-${name}-phone`, true);
  if (size) await page.setViewportSize(size);
}

it('keys of one’s own are entered, replaced and deleted, with who pays what said on the page', async () => {
  const { page, faults } = await openPage(browser, server);
  await page.goto('/account/own-keys');
  await page.getByText('The instance pays for your articles').waitFor();
  await look(page, 'empty');

  await page.getByRole('button', { name: 'Add a key' }).click();
  const key = page.getByLabel('Key', { exact: true });
  expect(await key.getAttribute('type')).toBe('password');
  await page.getByLabel('Provider').selectOption({ label: 'Brave (search)' });
  await page.getByRole('button', { name: 'Check and store' }).click();
  await page.getByText('This is needed.').waitFor();
  await key.fill('two words are no key');
  await page.keyboard.press('Enter');
  await page.getByText('A key is one word without spaces.').waitFor();
  await key.fill('short');
  await page.keyboard.press('Enter');
  await page.getByText('is too short for a key').waitFor();
  await look(page, 'form');
  // Its provider takes keys without a look at them, or cannot be reached from here.
  await key.fill('BSA-typed-in-the-browser-wxyz');
  await page.keyboard.press('Enter');
  await page.getByText('The key is stored; it is not checked yet').waitFor();
  await page.getByText('Not checked', { exact: true }).waitFor();
  expect(await page.content()).not.toContain('typed-in-the-browser');
  await look(page, 'list');

  await page.getByRole('button', { name: 'Replace the key for Brave' }).click();
  await page.getByLabel('Key', { exact: true }).fill('BSA-another-one-typed-5678');
  await page.keyboard.press('Enter');
  await page.getByText('5678').waitFor();

  await page.getByLabel('Default model').fill('anthropic:claude-sonnet-4-5');
  await page.getByLabel('Your limit for your own keys').fill('lots');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Enter dollars, for example 5 or 2.50.').waitFor();
  await page.getByLabel('Your limit for your own keys').fill('2.50');
  await page.getByRole('button', { name: 'Save' }).click();
  // Neither the instance nor the user has a key for it.
  await page.getByText(/cannot be used: .* needs ANTHROPIC_API_KEY/).waitFor();
  await look(page, 'model-refused');
  await page.getByLabel('Default model').fill('offline');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.reload();
  expect(await page.getByLabel('Default model').inputValue()).toBe('offline');
  expect(await page.getByLabel('Your limit for your own keys').inputValue()).toBe('2.50');

  await page.emulateMedia({ colorScheme: 'dark' });
  await look(page, 'dark');
  await page.getByRole('button', { name: 'Delete the key for Brave' }).click();
  await page.getByText('Delete the key for Brave?').waitFor();
  await picture(page, 'own-keys-question');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('The instance pays for your articles').waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});
