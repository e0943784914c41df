import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type HostileSite, startHostileSite } from '../fakes/hostile-site.ts';
import {
  askApi,
  launchBrowser,
  overflow,
  picture,
  seriousViolations,
  signUp,
  sizes,
  startServer,
  type TestServer,
  visitPage,
} from './browser.ts';

let server: TestServer;
let browser: Browser;
let wordpress: HostileSite;
let siteId: string;

beforeAll(async () => {
  [server, browser, wordpress] = await Promise.all([
    startServer({ ALLOW_PRIVATE_HOSTS: '127.0.0.1' }),
    launchBrowser(),
    startHostileSite(),
  ]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await wordpress?.close();
});

async function visit(path: string, work: (page: Page) => Promise<void>, options: Parameters<Browser['newContext']>[0]) {
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

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const waiting = async (page: Page) =>
  (await page.getByRole('list', { name: 'Waiting' }).getByRole('link').allTextContents()).filter((name) =>
    name.startsWith('Article'),
  );
const titles = () => [...wordpress.double.posts.values()].map(({ title }) => title);

describe('the queue of a site', () => {
  it('is paused, put in another order with the keyboard, resumed, and sent in that order', async () => {
    await visit(
      '/queue',
      async (page) => {
        await page.getByText('No site is connected').waitFor();
        const site = { name: 'Double', url: wordpress.url, username: 'admin', applicationPassword: 'abcd efgh' };
        siteId = (await askApi(page, 'POST', '/sites', site)).id;
        // The double takes no images.
        await askApi(page, 'PATCH', `/sites/${siteId}`, { settings: { featuredImage: 'none' } });
        await page.reload();
        await page.getByText('Nothing waits for this site').waitFor();
        await button(page, 'Pause Double').click();
        await page.getByText('You have paused it').waitFor();
        for (const name of ['A', 'B', 'C']) {
          const article = await askApi(page, 'POST', '/articles', { title: `Article ${name}`, markdown: 'Text.' });
          await askApi(page, 'POST', `/articles/${article.id}/publications`, { siteId, status: 'publish' });
        }
        await page.reload();
        const up = button(page, 'Move up: Article C');
        await up.waitFor();
        expect(await waiting(page)).toEqual(['Article A', 'Article B', 'Article C']);

        await up.focus();
        await page.keyboard.press('Enter');
        await vi.waitFor(async () => expect(await waiting(page)).toEqual(['Article A', 'Article C', 'Article B']));
        await page.getByText('“Article C” is now 2 of 3.').waitFor({ state: 'attached' });
        // The keyboard stays where it was.
        await vi.waitFor(async () =>
          expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Move up: Article C'),
        );
        await page.keyboard.press('Enter');
        await vi.waitFor(async () => expect(await waiting(page)).toEqual(['Article C', 'Article A', 'Article B']));
        expect(await seriousViolations(page)).toEqual([]);
        expect(titles()).toEqual([]);

        await button(page, 'Cancel: Article A').click();
        await button(page, 'Undo').click();
        await vi.waitFor(async () => expect(await waiting(page)).toEqual(['Article C', 'Article A', 'Article B']));
        await button(page, 'Resume Double').click();
        const done = page.getByRole('list', { name: 'Done lately' });
        await vi.waitFor(async () => expect(await done.getByRole('listitem').count()).toBe(3), { timeout: 30_000 });
        expect(titles()).toEqual(['Article C', 'Article A', 'Article B']);
      },
      { viewport: sizes.desktop },
    );
  });

  it('holds what is for a time on the clocks of the site, on a phone in the dark, until it is sent', async () => {
    await visit(
      '/queue',
      async (page) => {
        await askApi(page, 'PATCH', '/me', { timeZone: 'Asia/Tokyo' });
        const article = await askApi(page, 'POST', '/articles', { title: 'Article D', markdown: 'Text.' });
        await page.goto(`/articles/${article.id}?tab=publish`);
        await page.getByText('At a time', { exact: true }).click();
        await button(page, 'Publish at this time').click();
        await page.getByText('Choose a date and a time.').waitFor();
        const time = page.getByLabel(/on the clocks of the site/);
        await time.fill('2020-07-01T09:00');
        await page.getByText(/That time has passed: it goes out at once.*6:00.PM/).waitFor();
        await time.fill('2099-07-01T09:00');
        // The account is in Tokyo, the site goes by UTC.
        await page.getByText(/^Where you are that is Jul 1, 2099, 6:00.PM\.$/).waitFor();
        await button(page, 'Publish at this time').click();
        await page
          .getByText(/Jul 1, 2099, 9:00.AM \(UTC\)/)
          .first()
          .waitFor();
        expect(await seriousViolations(page)).toEqual([]);
        await page.getByRole('link', { name: 'See the queue' }).click();
        await page
          .getByRole('list', { name: 'At a set time' })
          .getByText(/Jul 1, 2099/)
          .waitFor();
        await page.getByText(/where you are/).waitFor();
        expect(titles()).not.toContain('Article D');

        await button(page, 'Change the time: Article D').click();
        await page.getByLabel(/on the clocks of the site/).fill('');
        await button(page, 'Set this time').click();
        await page.getByText('Choose a date and a time.').waitFor();
        await page.getByLabel(/on the clocks of the site/).fill('2098-07-01T09:00');
        await button(page, 'Set this time').click();
        await page
          .getByText(/Jul 1, 2098/)
          .first()
          .waitFor();
        await picture(page, 'queue-phone-dark', true);
        expect(await seriousViolations(page)).toEqual([]);
        await button(page, 'Send now: Article D').click();
        await vi.waitFor(() => expect(titles()).toContain('Article D'), { timeout: 30_000 });
      },
      { viewport: { width: 390, height: 844 }, colorScheme: 'dark', timezoneId: 'Asia/Tokyo' },
    );
  });

  it('says on the page of a site and of a publication what is paused and why, and goes on from there', async () => {
    await visit(
      '/sites',
      async (page) => {
        await askApi(page, 'POST', `/sites/${siteId}/pause`, {});
        const article = await askApi(page, 'POST', '/articles', { title: 'مقال عن الحديقة 🌱', markdown: 'Text.' });
        const { id } = await askApi(page, 'POST', `/articles/${article.id}/publications`, {
          siteId,
          status: 'publish',
        });
        await page.goto(`/publications/${id}`);
        await page.getByRole('heading', { name: 'مقال عن الحديقة 🌱' }).waitFor();
        await page.getByText('The queue of “Double” is paused.').waitFor();
        expect(await page.getByText('It is being sent.').count()).toBe(0);
        expect(await button(page, 'Try now').count()).toBe(0);
        // Given up by mistake, and asked for again.
        await button(page, 'Cancel').click();
        await page.getByText('Cancelled', { exact: true }).waitFor();
        await button(page, 'Undo').click();
        await page.getByText('Queued', { exact: true }).waitFor();
        await page.goto('/sites');
        await page.getByText('You have paused its queue. Nothing is sent there until you resume it.').waitFor();
        expect(await seriousViolations(page)).toEqual([]);
        await button(page, 'Resume Double').focus();
        await page.keyboard.press('Enter');
        await page.getByText('“Double” goes on.').waitFor();
        await vi.waitFor(async () => expect(await page.evaluate('document.activeElement.tagName')).toBe('H2'));
        await page.getByText('You have paused its queue').waitFor({ state: 'detached' });
        await vi.waitFor(() => expect(titles()).toContain('مقال عن الحديقة 🌱'), { timeout: 30_000 });
      },
      { viewport: { width: 390, height: 844 } },
    );
  });

  it('brings back an update that was given up, and names what both sides changed', async () => {
    await visit(
      '/queue',
      async (page) => {
        for (const [id, name] of ['Bread', 'Rye', 'By hand'].entries()) {
          wordpress.double.terms.set(500 + id, { taxonomy: 'categories', name });
        }
        const article = await askApi(page, 'POST', '/articles', { title: 'Article E', markdown: 'Text.' });
        const wish = (category: string) => ({ siteId, status: 'publish', options: { categories: [category] } });
        const { id } = await askApi(page, 'POST', `/articles/${article.id}/publications`, wish('Bread'));
        await vi.waitFor(() => expect(titles()).toContain('Article E'), { timeout: 30_000 });
        await page.goto(`/publications/${id}`);
        await page.getByText('The post was made of the article as it is now.').waitFor({ timeout: 30_000 });

        await askApi(page, 'POST', `/sites/${siteId}/pause`, {});
        const post = [...wordpress.double.posts.values()].find(({ title }) => title === 'Article E');
        wordpress.double.edit(post?.id ?? 0, { categories: [500, 502] });
        await askApi(page, 'POST', `/articles/${article.id}/publications`, wish('Rye'));
        await page.goto('/queue');
        await button(page, 'Cancel: Article E').click();
        await vi.waitFor(async () => expect(await waiting(page)).toEqual([]));
        await button(page, 'Undo').click();
        await vi.waitFor(async () => expect(await waiting(page)).toEqual(['Article E']));
        await button(page, 'Resume Double').click();

        const needed = page.getByRole('list', { name: 'Needs you' });
        await needed.getByText(/the categories/).waitFor({ timeout: 30_000 });
        await needed.getByRole('link', { name: 'Compare and choose' }).click();
        await page.locator('ins', { hasText: 'Rye' }).waitFor();
        await page.locator('del', { hasText: 'Bread' }).waitFor();
        await page.locator('ins', { hasText: 'By hand' }).waitFor();
        expect(await page.getByText(/50[012]/).count()).toBe(0);
        await page.goBack();
        await needed.waitFor();
      },
      { viewport: sizes.desktop },
    );
  });
});
