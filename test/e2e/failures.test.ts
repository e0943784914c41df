import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  askApi,
  faultsInBothThemes,
  launchBrowser,
  signUp,
  sizes,
  startServer,
  type TestServer,
  visitPage,
} from './browser.ts';
import { sourceTexts } from './source-texts.ts';

/* What needs attention: two articles that failed, one that waits for a decision. */

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

async function visit(path: string, work: (page: Page) => Promise<void>, size: keyof typeof sizes = 'desktop') {
  await visitPage(browser, server, path, work, { viewport: sizes[size] });
}

async function ended(page: Page, id: string): Promise<string> {
  return vi.waitFor(
    async () => {
      const { status } = await askApi<{ status: string }>(page, 'GET', `/pipelines/${id}`);
      expect(['failed', 'waiting', 'succeeded']).toContain(status);
      return status;
    },
    { timeout: 30_000, interval: 200 },
  );
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

it('needs attention: what failed says why, is tried again and put aside, by click and by keyboard', async () => {
  await visit('/failures', async (page) => {
    await page.getByText('Nothing needs your attention').waitFor();
    expect(await faultsInBothThemes(page, 'failures-empty', { themes: ['light'] })).toEqual([]);

    // Too little to write from.
    const ids: string[] = [];
    for (const topic of ['The first that cannot be written', 'The second that cannot be written']) {
      const brief = { topic, sources: [{ title: 'A note', text: 'Too short.' }] };
      ids.push((await askApi(page, 'POST', '/pipelines', brief)).id);
    }
    for (const id of ids) expect(await ended(page, id)).toBe('failed');
    const good = { topic: 'How small servers lose data', sources: sourceTexts };
    const first = await askApi(page, 'POST', '/pipelines', good);
    expect(await ended(page, first.id)).toBe('succeeded');
    const again = await askApi(page, 'POST', '/pipelines', good);
    expect(await ended(page, again.id)).toBe('waiting');

    await page.reload();
    await page.getByRole('heading', { name: 'Waiting for you' }).waitFor();
    await page.getByText('Very much like another article').waitFor();
    expect(await page.getByRole('link', { name: /Needs attention/ }).textContent()).toContain('3');
    await page.getByText('The first that cannot be written').waitFor();
    expect(await page.getByText('What to do', { exact: true }).count()).toBe(2);
    expect(await faultsInBothThemes(page, 'failures', { fullPage: true })).toEqual([]);

    // Tried again: it fails again, and is here again, tried once more.
    await page.getByRole('button', { name: 'Try again: The first that cannot be written' }).click();
    await page.getByText('Is tried again.').waitFor();
    await vi.waitFor(
      async () => {
        const { items } = await askApi<{ items: { id: string; attempts: number }[] }>(page, 'GET', '/failures');
        expect(items.find((item) => item.id === ids[0])?.attempts).toBe(2);
      },
      { timeout: 20_000, interval: 200 },
    );
    await page.reload();

    // By keyboard, and back.
    await page.getByRole('button', { name: 'Dismiss: The second that cannot be written' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Dismissed.').waitFor();
    await page.getByText('The second that cannot be written').waitFor({ state: 'detached' });
    await button(page, 'Undo').click();
    await page.getByText('The second that cannot be written').waitFor();
    await button(page, 'Dismiss all').click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Dismiss all' }).click();
    await page.getByText('The first that cannot be written').waitFor({ state: 'detached' });
    await button(page, 'Show what you dismissed').click();
    await page.getByRole('button', { name: 'Take back: The first that cannot be written' }).click();
    await page.getByText('Taken back.').waitFor();
  });

  await visit(
    '/',
    async (page) => {
      // On a phone the way there stands above, with the count.
      await page.getByRole('link', { name: '2 need attention' }).click();
      await page.getByRole('button', { name: 'Try again: The first that cannot be written' }).waitFor();
      expect(await faultsInBothThemes(page, 'failures-phone', { themes: ['light'], fullPage: true })).toEqual([]);
      await page.getByRole('link', { name: 'Decide: How small servers lose data' }).click();
      await page.waitForURL(/\/runs\//);
    },
    'phone',
  );
});
