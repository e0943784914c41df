import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type PageServer, startPageServer } from '../fakes/page-server.ts';
import {
  askApi,
  faultsInBothThemes,
  launchBrowser,
  type openPage,
  signUp,
  startServer,
  type TestServer,
  untilTrue,
  visitPage,
} from './browser.ts';

let server: TestServer;
let browser: Browser;
/** The feeds of others. */
let others: PageServer;

beforeAll(async () => {
  [server, browser, others] = await Promise.all([
    startServer({ ALLOW_PRIVATE_HOSTS: '127.0.0.1' }),
    launchBrowser(),
    startPageServer(1),
  ]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await others?.close();
});

const phone = { viewport: { width: 360, height: 780 }, hasTouch: true };

async function visit(path: string, work: (page: Page) => Promise<void>, options: Parameters<typeof openPage>[2] = {}) {
  await visitPage(browser, server, path, work, options);
}

/** Waits until what is expected holds. */
const settled = (expectation: () => Promise<void>) => vi.waitFor(expectation, { timeout: 20_000, interval: 100 });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const openTopics = (page: Page) => page.getByRole('list', { name: 'Open topics' });
const shown = (page: Page) => openTopics(page).locator('[data-topic] p.font-medium').allTextContents();
const stored = async (page: Page, status = 'open', query = '') => {
  const search = new URLSearchParams({ status, query, limit: '100' });
  const { items } = await askApi<{ items: { topic: string }[] }>(page, 'GET', `/topics?${search}`);
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
      await settled(async () => expect(await shown(page)).toEqual(['Keeping a sourdough starter alive']));
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
      await settled(async () => expect(await shown(page)).toEqual(all));
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
      await settled(async () => expect(await inFocus(page)).toBe(`Move up: ${boat}`));
      await page.keyboard.press('Enter');
      await page.getByText(`“${boat}” is now 1 of 4.`).waitFor({ state: 'attached' });
      const first = [boat, 'Keeping a sourdough starter alive', 'Baking rye bread', 'Pruning old apple trees'];
      await settled(async () => expect(await stored(page)).toEqual(first));
      expect(await shown(page)).toEqual(first);
      await button(page, 'Move to the top: Pruning old apple trees').click();
      await button(page, `Move down: ${boat}`).click();
      const second = ['Pruning old apple trees', 'Keeping a sourdough starter alive', boat, 'Baking rye bread'];
      await settled(async () => expect(await stored(page)).toEqual(second));

      const row = (topic: string) => openTopics(page).getByRole('listitem').filter({ hasText: topic });
      await row('Baking rye bread')
        .locator('[data-grip]')
        .dragTo(row('Pruning'), { targetPosition: { x: 90, y: 4 } });
      const third = ['Baking rye bread', 'Pruning old apple trees', 'Keeping a sourdough starter alive', boat];
      await settled(async () => expect(await stored(page)).toEqual(third));
      expect(await shown(page)).toEqual(third);
      await row('Baking rye bread')
        .locator('[data-grip]')
        .dragTo(row(boat), { targetPosition: { x: 90, y: 50 } });
      const fourth = ['Pruning old apple trees', 'Keeping a sourdough starter alive', boat, 'Baking rye bread'];
      await settled(async () => expect(await stored(page)).toEqual(fourth));

      await page.route('**/api/v1/topics/*', (route) => route.abort());
      await button(page, `Move to the top: ${boat}`).click();
      await page.getByRole('alert').getByText('The server does not answer.').waitFor();
      await settled(async () => expect(await shown(page)).toEqual(fourth));
      await page.unroute('**/api/v1/topics/*');
      await button(page, `Move to the top: ${boat}`).click();
      await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
      const fifth = [boat, 'Pruning old apple trees', 'Keeping a sourdough starter alive', 'Baking rye bread'];
      await settled(async () => expect(await stored(page)).toEqual(fifth));
    });
  });

  it('is changed in place, dismissed and taken back, on a phone in both themes', async () => {
    await visit(
      '/topics',
      async (page) => {
        const boat = 'Restoring a wooden boat';
        await button(page, `Change: ${boat}`).click();
        const form = page.getByRole('form', { name: `Change: ${boat}` });
        await form.getByLabel('Keyword').fill('boat restoration');
        // Where the reload comes from is no matter: what was typed is still there.
        await page.reload();
        expect(await form.getByLabel('Keyword').inputValue()).toBe('boat restoration');
        await form.getByLabel('Topic').fill('');
        await form.getByLabel('Topic').press('Enter');
        await form.getByText('Type a topic first.').waitFor();
        await form.getByLabel('Topic').fill('Restoring a small wooden boat');
        await form.getByLabel('Note').fill('Ask the boatyard first.');
        expect(await faultsInBothThemes(page, 'topics-change-phone', { fullPage: true })).toEqual([]);
        await form.getByLabel('Topic').press('Enter');
        await form.waitFor({ state: 'detached' });
        await page.getByText('Keyword: boat restoration').waitFor();
        await settled(async () => expect(await inFocus(page)).toBe('Change: Restoring a small wooden boat'));

        await button(page, 'Dismiss: Baking rye bread').click();
        await page.getByText('“Baking rye bread” is dismissed.').waitFor();
        await settled(async () => expect(await stored(page, 'dismissed')).toEqual(['Baking rye bread']));
        await button(page, 'Undo').click();
        await settled(async () => expect((await shown(page)).at(-1)).toBe('Baking rye bread'));
        await button(page, 'Dismiss: Pruning old apple trees').click();
        await page.getByText('“Pruning old apple trees” is dismissed.').waitFor();
        await page.getByRole('link', { name: /^Dismissed/ }).click();
        expect(await faultsInBothThemes(page, 'topics-dismissed-phone')).toEqual([]);
        await button(page, 'Take back: Pruning old apple trees').click();
        await page.getByText('Nothing dismissed').waitFor();
        await page.getByRole('link', { name: /^Open/ }).click();
        await settled(async () => expect((await shown(page)).length).toBe(4));
        expect(await faultsInBothThemes(page, 'topics-phone', { fullPage: true })).toEqual([]);
      },
      phone,
    );
  });

  it('says what a topic is much like, and adds it all the same when that is wanted', async () => {
    await visit('/topics', async (page) => {
      await askApi(page, 'POST', '/articles', {
        title: 'How to store seed potatoes',
        markdown: 'In the dark, and cool.',
      });
      const box = page.getByLabel('Add topics');
      await box.fill('How to store seed potatoes');
      await box.press('Enter');
      const notice = page.getByRole('alert').filter({ hasText: 'You have something much like it' });
      await notice.getByRole('link', { name: 'How to store seed potatoes' }).waitFor();
      expect(await box.inputValue()).toBe('How to store seed potatoes');
      expect(await faultsInBothThemes(page, 'topics-duplicate')).toEqual([]);
      await notice.getByRole('button', { name: 'Add anyway' }).click();
      await settled(async () => expect((await shown(page)).at(-1)).toBe('How to store seed potatoes'));
      expect(await box.inputValue()).toBe('');
    });
  });

  it('leads to a new article, which uses the topic up, and from there to what was written', async () => {
    await visit('/topics', async (page) => {
      await page.getByRole('link', { name: 'Write now: Restoring a small wooden boat' }).click();
      await page.getByText('From your backlog').waitFor();
      const topic = page.getByLabel('Topic', { exact: true });
      expect(await topic.inputValue()).toBe('Restoring a small wooden boat');
      expect(await faultsInBothThemes(page, 'topics-write-now', { themes: ['light'] })).toEqual([]);
      await page.getByRole('button', { name: 'Paste a text' }).click();
      await page
        .getByLabel('Text', { exact: true })
        .fill('A wooden boat is dried slowly. Cracks are filled with cotton.');
      await page.getByRole('button', { name: 'Write the article' }).click();
      await page.waitForURL(/\/runs\//);
      await settled(async () => expect(await stored(page, 'used')).toEqual(['Restoring a small wooden boat']));
      await page.goto('/topics?show=used');
      await page.getByRole('link', { name: /^(See the run|Read the article): Restoring a small wooden boat$/ }).click();
      await page.waitForURL(/\/(runs|articles)\//);
    });
  });

  it('shows a long list a part at a time, and finds what is at its end', async () => {
    await visit('/topics', async (page) => {
      const names = [
        'apple',
        'pear',
        'plum',
        'cherry',
        'quince',
        'medlar',
        'fig',
        'peach',
        'apricot',
        'walnut',
        'hazel',
      ];
      const works = [
        'planting',
        'pruning',
        'grafting',
        'watering',
        'feeding',
        'harvesting',
        'storing',
        'drying',
        'selling',
      ];
      const all = names.flatMap((tree) => works.map((work) => `${work} ${tree} trees`));
      for (const topic of ['Only here', 'And here']) all.push(topic);
      await askApi(page, 'POST', '/topics/bulk', {
        topics: all.map((topic) => ({ topic, duplicates: 'allow' })),
      });
      await page.reload();
      const place = (topic: string) =>
        openTopics(page)
          .getByRole('listitem')
          .filter({ hasText: topic })
          .evaluate((row) => [row.getAttribute('aria-posinset'), row.getAttribute('aria-setsize')].join(' of '));
      const count = (await askApi<Record<string, number>>(page, 'GET', '/topics/counts')).open ?? 0;
      expect(count).toBeGreaterThan(100);
      await settled(async () => expect(await shown(page)).toContain('planting apple trees'));
      // No more is drawn than there is room for; a screen reader is told how many there are.
      expect((await shown(page)).length).toBeLessThan(50);
      await page.mouse.wheel(0, 100_000);
      await settled(async () => expect((await shown(page)).at(-1)).toBe('And here'));
      expect((await shown(page)).length).toBeLessThan(50);
      expect(await place('And here')).toBe(`${count} of ${count}`);
      // Away and back again: the list is where it was left.
      const last = page.getByRole('link', { name: 'Write now: And here' });
      await last.hover();
      const top = await page.evaluate('scrollY');
      await last.click();
      await page.getByLabel('Topic', { exact: true }).waitFor();
      await page.waitForLoadState('networkidle');
      await page.goBack();
      await openTopics(page).getByText('And here').waitFor();
      // But for the few pixels that rows differ in from what they were taken for.
      await expect.poll(async () => Math.abs(Number(await page.evaluate('scrollY')) - Number(top))).toBeLessThan(10);
      // The keyboard goes on behind the row that it was left in, wherever the list was scrolled to.
      await page.getByRole('link', { name: 'Write now: Only here' }).focus();
      await page.mouse.wheel(0, -100_000);
      await untilTrue(page, 'scrollY === 0');
      await page.keyboard.press('Tab');
      expect(await inFocus(page)).toBe('Move to the top: And here');
      await page.getByLabel('Search the topics').fill('only here');
      await settled(async () => expect(await shown(page)).toEqual(['Only here']));
      // Among what was found there is no order to change.
      expect(await button(page, 'Move up: Only here').count()).toBe(0);
      await page.getByLabel('Search the topics').fill('nowhere');
      await page.getByText('Nothing found for “nowhere”').waitFor();
      await button(page, 'Clear the search').click();
      await settled(async () => expect((await shown(page)).length).toBeGreaterThan(8));
    });
  });
});

describe('the import of a list', () => {
  const csv = [
    'Topic;Keyword;Volume',
    'Building a dry stone wall;dry stone wall;900',
    'Laying a hedge;hedge laying;700',
    'Baking rye bread;rye;100',
    '?!;;',
    '',
  ].join('\n');

  it('shows what becomes of each line, and keeps the list while the server does not answer', async () => {
    await visit('/topics', async (page) => {
      await page.getByRole('link', { name: 'Import', exact: true }).click();
      await button(page, 'Look at it first').click();
      await page.getByText('Paste a list or choose a file first.').waitFor();
      expect(await faultsInBothThemes(page, 'topics-import-empty')).toEqual([]);
      const list = page.getByLabel('Your list');
      await list.fill(csv);
      await page.route('**/api/v1/topics/import*', (route) => route.abort());
      await button(page, 'Look at it first').click();
      await page.getByRole('alert').getByText('The server does not answer.').waitFor();
      await page.unroute('**/api/v1/topics/import*');
      await page.reload();
      expect(await list.inputValue()).toBe(csv);
      await button(page, 'Look at it first').click();
      await page.getByRole('heading', { name: '2 topics will be added' }).waitFor();
      await page.getByRole('heading', { name: '1 line cannot be taken' }).waitFor();
      await page.getByRole('list', { name: '1 is there already' }).getByText('Baking rye bread').waitFor();
      await page.getByRole('list', { name: '1 line cannot be taken' }).getByText('Line 5').waitFor();
      await page.getByText('not used', { exact: true }).waitFor();
      expect(await stored(page)).not.toContain('Laying a hedge');
      expect(await faultsInBothThemes(page, 'topics-import', { fullPage: true })).toEqual([]);
      await page.setViewportSize(phone.viewport);
      expect(await faultsInBothThemes(page, 'topics-import-phone', { fullPage: true })).toEqual([]);
      // What has been looked at is what is imported.
      await list.press('End');
      await list.pressSequentially('Another');
      await page.getByText('The list has changed since').waitFor();
      await list.fill(csv);
      await button(page, 'Import 2 topics').click();
      await page.getByRole('heading', { name: 'The list is imported' }).waitFor();
      await page.getByRole('heading', { name: '2 topics were added' }).waitFor();
      await page.getByRole('link', { name: 'See the backlog' }).click();
      await openTopics(page).waitFor();
      const { items } = await askApi<{ items: object[] }>(page, 'GET', '/topics?query=hedge');
      expect(items).toMatchObject([{ topic: 'Laying a hedge', keyword: 'hedge laying', origin: 'import' }]);
    });
  });

  it('reads a file in its own encoding, and says what a file is that is no list', async () => {
    await visit('/topics/import', async (page) => {
      const choose = page.locator('input[type=file]');
      const zip = Buffer.from('504b0304140006000800000021000000', 'hex');
      await choose.setInputFiles({ name: 'topics.xlsx', mimeType: 'application/zip', buffer: zip });
      await button(page, 'Look at it first').click();
      await page.getByRole('alert').getByText('save it as "CSV UTF-8"').waitFor();
      await page.getByText('topics.xlsx').waitFor();
      const words = Buffer.from('Übungen für Anfänger\nKäse und Brot für Gäste\n', 'latin1');
      await choose.setInputFiles({ name: 'themen.txt', mimeType: 'text/plain', buffer: words });
      await button(page, 'Look at it first').click();
      const added = page.getByRole('list', { name: '2 topics will be added' });
      await added.getByText('Käse und Brot für Gäste').waitFor();
      await page.getByText('as Western (Windows-1252).').waitFor();
      await button(page, 'Use pasted text instead').click();
      await page.getByText('The list has changed since').waitFor();
    });
  });
});

describe('watched sources', () => {
  const items = ['Sharpening a scythe', 'Thatching a barn roof', 'Keeping geese in winter', 'Digging a garden pond'];
  const feed = () =>
    `<?xml version="1.0"?><rss version="2.0"><channel><title>The Smallholder</title>${items
      .map(
        (title, day) =>
          `<item><title>${title}</title><link>${others.at(0, `/post-${day}`)}</link><pubDate>${new Date(Date.now() - day * 86_400_000).toUTCString()}</pubDate></item>`,
      )
      .join('')}</channel></rss>`;

  it('are added by their address and bring proposals, which the keyboard decides about', async () => {
    others.pages.set('/feed.xml', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/rss+xml' });
      response.end(feed());
    });
    await visit('/topics/sources', async (page) => {
      await page.getByText('Nothing is watched yet').waitFor();
      expect(await faultsInBothThemes(page, 'sources-empty', { fullPage: true })).toEqual([]);
      await button(page, 'Watch it').click();
      await page.getByText('Enter an address.').waitFor();
      const address = page.getByLabel('Address');
      await address.fill(others.at(0, '/nothing'));
      await address.press('Enter');
      await page.getByRole('alert').locator('p').first().waitFor();
      await page.reload();
      expect(await address.inputValue()).toBe(others.at(0, '/nothing'));
      await address.fill(others.at(0, '/feed.xml'));
      await address.press('Enter');
      const source = page.getByRole('region', { name: 'The Smallholder' });
      await source.getByText('Active', { exact: true }).waitFor({ timeout: 60_000 });
      await source.getByRole('link', { name: '4, see the proposals' }).waitFor({ timeout: 60_000 });
      expect(await faultsInBothThemes(page, 'sources')).toEqual([]);
      await source.getByRole('link', { name: '4, see the proposals' }).click();

      const list = page.getByRole('list', { name: 'Proposed topics' });
      await list.getByRole('link', { name: 'Digging a garden pond' }).waitFor();
      expect(await faultsInBothThemes(page, 'proposals', { fullPage: true })).toEqual([]);
      const rows = () => list.locator('[data-proposal] > div p > span[dir=auto]').allTextContents();
      const [first = '', second = '', third = '', fourth = ''] = await rows();
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      await page.keyboard.press('k');
      await page.keyboard.press('a');
      await page.getByText(`“${first}” is in the backlog.`).waitFor();
      await settled(async () => expect(await rows()).toEqual([second, third, fourth]));
      expect(await stored(page, 'open', first)).toEqual([first]);
      // The keyboard went on to the next one.
      await page.keyboard.press('d');
      await page.getByText(`“${second}” is dismissed.`).waitFor();
      await button(page, 'Undo').click();
      await settled(async () => expect((await rows()).toSorted()).toEqual([second, third, fourth].toSorted()));
      await page.getByLabel('Select all that are shown').check();
      await page.setViewportSize(phone.viewport);
      expect(await faultsInBothThemes(page, 'proposals-phone', { fullPage: true })).toEqual([]);
      await button(page, 'Dismiss 3').click();
      await page.getByText('No proposals').waitFor();
      await settled(async () => expect(await stored(page, 'dismissed')).toHaveLength(3));
    });
  });

  it('are read again, say what is wrong, are paused and deleted', async () => {
    await visit(
      '/topics/sources',
      async (page) => {
        others.pages.delete('/feed.xml');
        const source = page.getByRole('region', { name: 'The Smallholder' });
        await button(page, 'Pause: The Smallholder').click();
        await source.getByText('Paused', { exact: true }).waitFor();
        await button(page, 'Resume: The Smallholder').click();
        await source.getByText('Not readable', { exact: true }).waitFor({ timeout: 60_000 });
        await source.getByText('It could not be read').waitFor();
        expect(await faultsInBothThemes(page, 'sources-failing-phone', { fullPage: true })).toEqual([]);
        await button(page, 'Find gaps').click();
        await page.getByRole('status').filter({ hasText: /\w/ }).waitFor();
        await button(page, 'Delete: The Smallholder').click();
        await page.getByRole('alertdialog').getByRole('button', { name: 'Keep it' }).click();
        await button(page, 'Delete: The Smallholder').click();
        await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
        await page.getByText('Nothing is watched yet').waitFor();
      },
      phone,
    );
  });
});
