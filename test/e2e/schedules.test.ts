import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { breadSources } from '../factories.ts';
import { type HostileSite, startHostileSite } from '../fakes/hostile-site.ts';
import {
  askApi,
  faultsInBothThemes,
  launchBrowser,
  nobody,
  signUp,
  sizes,
  startServer,
  type TestServer,
  visitPage,
} from './browser.ts';

// An article is written in each of the last two.
vi.setConfig({ testTimeout: 300_000 });

let server: TestServer;
let browser: Browser;
let wordpress: HostileSite;
let siteId: string;

beforeAll(async () => {
  [server, browser, wordpress] = await Promise.all([
    // No mail is configured: what would have been sent stands in the log.
    startServer({ ALLOW_PRIVATE_HOSTS: '127.0.0.1', LOG_LEVEL: 'info' }),
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
  await visitPage(browser, server, path, work, options);
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const focused = (page: Page) => page.evaluate('document.activeElement.tagName');

interface Run {
  articleId: string;
  status: string;
  waiting: { until?: string } | null;
}

/** An article that goes public by itself unless it is held, on the site of the test. */
async function holding(page: Page): Promise<{ id: string; articleId: string; title: string }> {
  const { id } = await askApi(page, 'POST', '/pipelines', {
    topic: `Keeping a sourdough starter alive ${crypto.randomUUID().slice(0, 8)}`,
    sources: breadSources,
    siteId,
    publish: 'publish',
    approval: 'auto',
    minSeoScore: 0,
    duplicates: 'allow',
  });
  const run = await vi.waitFor(
    async () => {
      const found = await askApi<Run>(page, 'GET', `/pipelines/${id}`);
      expect(found.waiting?.until).toBeDefined();
      return found;
    },
    { timeout: 150_000, interval: 500 },
  );
  const { title } = await askApi<{ title: string }>(page, 'GET', `/articles/${run.articleId}`);
  return { id, articleId: run.articleId, title };
}

describe('schedules', () => {
  it('are made with a preview, paused, changed and deleted, and what was typed is not lost on the way', async () => {
    await visit(
      '/schedules',
      async (page) => {
        await page.getByText('No schedules yet').waitFor();
        expect(await faultsInBothThemes(page, 'schedules-empty')).toEqual([]);
        await button(page, 'New schedule').click();
        await page.getByLabel('Name').fill('Mornings');
        await page.getByText('On these days', { exact: true }).click();
        await page.getByRole('checkbox', { name: 'Thursday' }).press('Space');
        await page.getByRole('checkbox', { name: 'Monday' }).press('Space');
        await page.getByLabel('Times of day').fill('9:00, 25:00');
        await page.getByText('The next times show here').waitFor();
        await button(page, 'Create the schedule').click();
        await page.getByText('Choose at least one day.').waitFor();
        await page.getByText('Write times such as 09:00, 15:30.').waitFor();
        await page.getByRole('checkbox', { name: 'Tuesday' }).press('Space');

        // Away and back: it is still there.
        await page.getByRole('navigation').first().getByRole('link', { name: 'Images' }).click();
        await page.getByRole('heading', { name: 'Images' }).waitFor();
        await page.getByRole('navigation').first().getByRole('link', { name: 'Schedules' }).click();
        await vi.waitFor(async () => expect(await page.getByLabel('Name').inputValue()).toBe('Mornings'));
        expect(await page.getByRole('checkbox', { name: 'Tuesday' }).isChecked()).toBe(true);
        await page.getByLabel('Times of day').fill('9:00, 15:30');
        await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
        const preview = page.getByRole('region', { name: 'Next times' });
        await preview
          .getByText(/Tue.*9:00.AM \(Asia\/Tokyo\)/)
          .first()
          .waitFor();
        await preview
          .getByText(/^where you are: /)
          .first()
          .waitFor();
        expect(await faultsInBothThemes(page, 'schedule-form', { fullPage: true })).toEqual([]);
        await button(page, 'Create the schedule').click();

        const card = page.getByRole('region', { name: 'Mornings' });
        await card.getByText('Tue at 09:00, 15:30 (Asia/Tokyo)').waitFor();
        await card.getByText('There is no topic to write about').waitFor();
        await button(page, 'History of Mornings').click();
        await card.getByText('It has not come to a time yet.').waitFor();
        await button(page, 'Pause Mornings').press('Enter');
        await card.getByText('Paused', { exact: true }).waitFor();
        await button(page, 'Resume Mornings').press('Enter');
        await card.getByText('Active', { exact: true }).waitFor();

        await button(page, 'Edit Mornings').click();
        await page.getByText('Cron', { exact: true }).click();
        await page.getByLabel('Cron expression').fill('* * * * *');
        await page.getByText(/leave at least 15 minutes between/).waitFor();
        // Sundays in March, at a time that the clocks of Berlin leave out once.
        await page.getByLabel('Cron expression').fill('30 2 * 3 0');
        await page.getByLabel('Time zone').selectOption('Europe/Berlin');
        await page.getByText('The clocks are put forward over this time').waitFor();
        await button(page, 'Save').click();
        await card.getByText('Cron: 30 2 * 3 0 (Europe/Berlin)').waitFor();
        await vi.waitFor(async () => expect(await focused(page)).toBe('H2'));
        expect(await faultsInBothThemes(page, 'schedules', { fullPage: true })).toEqual([]);

        await button(page, 'Delete Mornings').click();
        await button(page, 'Delete').click();
        await page.getByText('No schedules yet').waitFor();
      },
      { viewport: sizes.desktop, timezoneId: 'Europe/Berlin' },
    );
  });

  it('fit a phone', async () => {
    await visit(
      '/schedules',
      async (page) => {
        const site = { name: 'Garden', url: wordpress.url, username: 'admin', applicationPassword: 'abcd efgh' };
        siteId = (await askApi(page, 'POST', '/sites', site)).id;
        await askApi(page, 'PATCH', `/sites/${siteId}`, { settings: { featuredImage: 'none' } });
        const rule = { perWeek: 3, times: ['09:00'] };
        const name = 'Dreimalwöchentlichdonaudampfschifffahrtsgesellschaftsblogartikel';
        await askApi(page, 'POST', '/schedules', { name, rule, timeZone: 'Europe/Berlin' });
        await page.reload();
        await page.getByText('3 a week at 09:00').waitFor();
        expect(await faultsInBothThemes(page, 'schedules-phone', { fullPage: true })).toEqual([]);
        await button(page, 'New schedule').click();
        await page.getByLabel('Site', { exact: true }).selectOption('Garden');
        await page.getByText('Make public', { exact: true }).click();
        await page.getByText('By itself', { exact: true }).click();
        await page.getByText('Style, length and budget').click();
        await page.getByLabel('Most that a month may cost ($)').fill('much');
        await page.getByLabel('Hours in which you can hold it').fill('1000');
        await button(page, 'Create the schedule').click();
        await page.getByText('Write an amount such as 5 or 0.50.').waitFor();
        await page.getByText('Write hours from 0 to 720.').waitFor();
        expect(await faultsInBothThemes(page, 'schedule-form-phone', { fullPage: true })).toEqual([]);
        await button(page, 'Cancel').click();
        await askApi(page, 'GET', '/schedules');
      },
      { viewport: sizes.phone },
    );
  });
});

describe('the autopilot of a site', () => {
  it('is turned on from its card, shows what waits, and is paused and resumed as a whole', async () => {
    await visit(
      '/sites',
      async (page) => {
        await page.getByRole('link', { name: 'Autopilot' }).click();
        await page.getByText('The autopilot is off').waitFor();
        expect(await faultsInBothThemes(page, 'autopilot-off')).toEqual([]);
        await button(page, 'Turn on').click();
        await page.getByText('3 a week at 09:00').waitFor();
        await page.getByText('the next time finds none').waitFor();
        await page.getByText('when you approve').waitFor();
        await button(page, 'Edit Garden').click();
        await page.getByLabel('Articles a week').fill('5');
        await button(page, 'Save').click();
        await page.getByText('5 a week at 09:00').waitFor();
        await button(page, 'Pause all of it').click();
        await page.getByText('None while it is paused.').waitFor();
        await button(page, 'Let it go on').click();
        await button(page, 'Pause all of it').waitFor();

        const { title, articleId } = await holding(page);
        await page.reload();
        const held = page.getByRole('list', { name: 'Waits for you, or for its time' });
        await held.getByText(title).waitFor();
        await held.getByText(/Goes public by itself/).waitFor();
        expect(await faultsInBothThemes(page, 'autopilot', { fullPage: true })).toEqual([]);
        await button(page, `Hold ${title}`).press('Enter');
        await held.getByText('On hold: it goes out only when it is approved.').waitFor();
        await vi.waitFor(async () => expect(await focused(page)).toBe('H2'));
        await page.setViewportSize(sizes.phone);
        expect(await faultsInBothThemes(page, 'autopilot-phone', { fullPage: true })).toEqual([]);
        await page.setViewportSize(sizes.desktop);
        await button(page, `Approve and publish ${title}`).press('Enter');
        await page.getByText('Nothing waits to go public.').waitFor();
        await vi.waitFor(
          () => expect([...wordpress.double.posts.values()].map((post) => post.title)).toContain(title),
          {
            timeout: 30_000,
          },
        );

        await page.goto(`/articles/${articleId}?tab=publish`);
        const decisions = page.getByRole('region', { name: 'Decisions' });
        await decisions.getByText('Put on hold').waitFor();
        await decisions.getByText('Released from hold').waitFor();
        expect(await faultsInBothThemes(page, 'decisions')).toEqual([]);
      },
      { viewport: sizes.desktop },
    );
  });
});

describe('the page of a hold mail', () => {
  it('changes nothing until its button is pressed, holds without signing in, and lets go only for who is signed in', async () => {
    let path = '';
    let runId = '';
    let heading = '';
    await visit(
      '/sites',
      async (page) => {
        const { id, title } = await holding(page);
        [runId, heading] = [id, title];
        const mail = server
          .output()
          .split('\n')
          .findLast((line) => line.includes('mail to') && line.includes(title));
        path = /\/hold#token=[\w-]+/.exec(mail ?? '')?.[0] ?? '';
        expect(path).not.toBe('');
      },
      { viewport: sizes.desktop },
    );
    await visit(
      path,
      async (page) => {
        await page.getByText(heading).waitFor();
        await page.getByText('unless you hold it.').waitFor();
        // The token is out of the address at once.
        await vi.waitFor(() => expect(new URL(page.url()).hash).toBe(''));
        expect(await faultsInBothThemes(page, 'hold-phone')).toEqual([]);
        await page.goto('about:blank');
        await page.goto(path);
        await button(page, 'Hold').press('Enter');
        await page.getByRole('heading', { name: 'It is on hold' }).waitFor();
        expect(await faultsInBothThemes(page, 'held-phone')).toEqual([]);
        await page.getByRole('link', { name: 'Sign in to let it go out after all' }).click();
        await page.getByRole('heading', { name: 'Log in' }).waitFor();
        expect(new URL(page.url()).searchParams.get('next')).toContain('/articles/');
      },
      { ...nobody, viewport: sizes.phone },
    );
    await visit(
      path,
      async (page) => {
        await page.getByRole('heading', { name: 'It is on hold' }).waitFor();
        const waiting = async () => (await askApi<Run>(page, 'GET', `/pipelines/${runId}`)).waiting;
        expect((await waiting())?.until).toBeUndefined();
        await button(page, 'Let it go out after all').click();
        await page.getByRole('heading', { name: 'It is on its way, or has gone out' }).waitFor();
        await vi.waitFor(
          () => expect([...wordpress.double.posts.values()].map((post) => post.title)).toContain(heading),
          { timeout: 30_000 },
        );
        await page.goto(`/hold#token=${'x'.repeat(43)}`);
        await page.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
        await page.goto('about:blank');
        await page.goto('/hold');
        await page.getByRole('heading', { name: 'This link is not complete' }).waitFor();
      },
      { viewport: sizes.desktop },
    );
  });
});
