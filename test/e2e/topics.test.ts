import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  faultsInBothThemes,
  launchBrowser,
  openPage,
  picture,
  signUp,
  startServer,
  type TestServer,
} from './browser.ts';

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ ALLOW_PRIVATE_HOSTS: '127.0.0.1' }), launchBrowser()]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});



async function visit(path: string, work: (page: Page) => Promise<void>, options: Parameters<typeof openPage>[2] = {}) {
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

/** Asks the API as the page does. */
async function api<Answer = { id: string }>(page: Page, method: string, path: string, data?: object): Promise<Answer> {
  const answer = await page.request.fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { origin: server.url },
    ...(data ? { data } : {}),
  });
  if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const openTopics = (page: Page) => page.getByRole('list', { name: 'Open topics' });
const shown = (page: Page) => openTopics(page).locator('li p.font-medium').allTextContents();
const stored = async (page: Page, status = 'open') => {
  const { items } = await api<{ items: { topic: string }[] }>(page, 'GET', `/topics?status=${status}&limit=100`);
  return items.map(({ topic }) => topic);
};
const inFocus = (page: Page) => page.evaluate('document.activeElement.getAttribute("aria-label")');

describe('the backlog', () => {
  it('is filled with Enter and by a pasted list, which a reload in the middle does not lose', async () => {
    await visit('/topics', async (page) => {
      await page.getByText('No topics yet').waitFor();
      expect(await faultsInBothThemes(page, 'topics-empty', { fullPage: true })).toEqual([]);
      const box = page.getByLabel('Add topics');
      await box.press('Enter');
      await page.getByText('Type a topic first.').waitFor();
      await box.fill('Keeping a sourdough starter alive');
      await box.press('Enter');
      await vi.waitFor(async () => expect(await shown(page)).toEqual(['Keeping a sourdough starter alive']));
      expect(await inFocus(page)).toBe('Add topics');
      // Several lines, as a list that is pasted.
      await box.fill('- Baking rye bread\n- Restoring a wooden boat\n- Pruning old apple trees\n- Baking RYE bread!');
      await page.reload();
      expect(await box.inputValue()).toContain('Pruning old apple trees');
      await button(page, 'Add 4 topics').click();
      await page.getByText('1 was there already').waitFor();
      await page.getByRole('alert').getByText('Baking RYE bread!').waitFor();
      expect(await box.inputValue()).toBe('');
      const all = [
        'Keeping a sourdough starter alive',
        'Baking rye bread',
        'Restoring a wooden boat',
        'Pruning old apple trees',
      ];
      await vi.waitFor(async () => expect(await shown(page)).toEqual(all));
      expect(await stored(page)).toEqual(all);
      expect(await faultsInBothThemes(page, 'topics', { fullPage: true })).toEqual([]);
    });
  });

  it('is put in another order with the keyboard and the mouse, and as it was when the server does not answer', async () => {
    await visit('/topics', async (page) => {
      const boat = 'Restoring a wooden boat';
      const up = button(page, `Move up: ${boat}`);
      await up.waitFor();
      await up.press('Enter');
      await page.getByText(`“${boat}” is now 2 of 4.`).waitFor({ state: 'attached' });
      await vi.waitFor(async () => expect(await inFocus(page)).toBe(`Move up: ${boat}`));
      await page.keyboard.press('Enter');
      await page.getByText(`“${boat}” is now 1 of 4.`).waitFor({ state: 'attached' });
      const first = [
        boat,
        'Keeping a sourdough starter alive',
        'Baking rye bread',
        'Pruning old apple trees',
      ];
      await vi.waitFor(async () => expect(await stored(page)).toEqual(first));
      expect(await shown(page)).toEqual(first);
      await button(page, 'Move to the top: Pruning old apple trees').click();
      await button(page, `Move down: ${boat}`).click();
      const second = ['Pruning old apple trees', 'Keeping a sourdough starter alive', boat, 'Baking rye bread'];
      await vi.waitFor(async () => expect(await stored(page)).toEqual(second));

      const row = (topic: string) => openTopics(page).locator('li').filter({ hasText: topic });
      await row('Baking rye bread').locator('[data-grip]').dragTo(row('Pruning'), { targetPosition: { x: 90, y: 4 } });
      const third = ['Baking rye bread', 'Pruning old apple trees', 'Keeping a sourdough starter alive', boat];
      await vi.waitFor(async () => expect(await stored(page)).toEqual(third));
      expect(await shown(page)).toEqual(third);
      await row('Baking rye bread').locator('[data-grip]').dragTo(row(boat), { targetPosition: { x: 90, y: 50 } });
      const fourth = ['Pruning old apple trees', 'Keeping a sourdough starter alive', boat, 'Baking rye bread'];
      await vi.waitFor(async () => expect(await stored(page)).toEqual(fourth));

      await page.route('**/api/v1/topics/*', (route) => route.abort());
      await button(page, `Move to the top: ${boat}`).click();
      await page.getByRole('alert').getByText('The server does not answer.').waitFor();
      await vi.waitFor(async () => expect(await shown(page)).toEqual(fourth));
      await page.unroute('**/api/v1/topics/*');
      await button(page, `Move to the top: ${boat}`).click();
      await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
      const fifth = [boat, 'Pruning old apple trees', 'Keeping a sourdough starter alive', 'Baking rye bread'];
      await vi.waitFor(async () => expect(await stored(page)).toEqual(fifth));
    });
  });
});
