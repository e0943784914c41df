import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  askApi,
  faultsInBothThemes,
  launchBrowser,
  openPage,
  signUp,
  silentHost,
  sizes,
  startServer,
  type TestServer,
  visitPage,
} from './browser.ts';

let server: TestServer;
let browser: Browser;
let siteId: string;
let weekly: string;

/** A month that is still to come whatever the day of the test, and that begins and ends in winter in Berlin. */
const year = new Date().getUTCFullYear() + 1;
const january = `${year}-01`;
/** The nth given weekday (0 is Sunday) of a month, as a day. */
function nth(month: string, weekday: number, n: number): string {
  const first = new Date(`${month}-01T00:00:00Z`);
  const date = 1 + ((weekday - first.getUTCDay() + 7) % 7) + (n - 1) * 7;
  return `${month}-${String(date).padStart(2, '0')}`;
}
const later = (day: string, days: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
const tuesday = nth(january, 2, 2);
const longName = (day: string) =>
  new Intl.DateTimeFormat('en-US', { weekday: 'long', month: 'long', day: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  );

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  await signUp(browser, server);
  const { page } = await openPage(browser, server);
  await page.goto('/usage');
  await askApi(page, 'PATCH', '/me', { timeZone: 'Europe/Berlin' });
  const credentials = { username: 'admin', applicationPassword: 'abcd efgh' };
  siteId = (await askApi(page, 'POST', '/sites', { name: 'Blog', url: `http://${silentHost}`, ...credentials })).id;
  for (const name of ['first', 'second']) await askApi(page, 'POST', '/topics', { topic: `The ${name} topic` });
  weekly = (
    await askApi(page, 'POST', '/schedules', {
      name: 'Weekly',
      rule: { days: ['tue'], times: ['09:00'] },
      timeZone: 'Europe/Berlin',
      startsAt: `${january}-01T00:00:00Z`,
      endsAt: `${year}-02-15T00:00:00Z`,
    })
  ).id;
  await page.context().close();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function visit(path: string, work: (page: Page) => Promise<void>, options: Parameters<Browser['newContext']>[0]) {
  await visitPage(browser, server, path, work, { timezoneId: 'Europe/Berlin', ...options });
}

const cell = (page: Page, day: string) => page.locator(`td[data-day="${day}"]`);
const button = (page: Page | Locator, name: string | RegExp) => page.getByRole('button', { name, exact: true });
const inCell = async (page: Page, day: string) => {
  const names = await cell(page, day)
    .getByRole('button')
    .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? one.textContent));
  return names.map((name) => name.replaceAll('\u202f', ' '));
};
/** What the server has, not what the page shows. */
async function stored(page: Page, day: string): Promise<string[]> {
  const query = `from=${day}T00:00:00Z&to=${later(day, 1)}T00:00:00Z`;
  const { items } = await askApi<{ items: { at: string; state: string; title: string | null }[] }>(
    page,
    'GET',
    `/calendar?${query}`,
  );
  return items.map(({ at, state, title }) => `${at.slice(11, 16)} ${state} ${title}`);
}
/** Drags with the mouse, as a hand does: down, over, up. */
async function drag(page: Page, from: Locator, day: string): Promise<void> {
  const start = await from.boundingBox();
  const end = await cell(page, day).boundingBox();
  if (!start || !end) throw new Error('nothing to drag, or nowhere to');
  await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
  await page.mouse.down();
  await page.mouse.move(start.x + start.width / 2 + 8, start.y + start.height / 2 + 8, { steps: 3 });
  await page.mouse.move(end.x + end.width / 2, end.y + end.height - 12, { steps: 6 });
  await page.mouse.up();
}

describe('the calendar', () => {
  it('moves a planned slot with the mouse, undoes it, and takes back what the server refuses, with its words', async () => {
    await visit(
      `/calendar?month=${january}`,
      async (page) => {
        const there = nth(january, 4, 2);
        const slot = '9:00 AM Planned Weekly';
        await cell(page, tuesday).getByRole('button').first().waitFor();
        expect(await inCell(page, nth(january, 2, 1))).toEqual(['9:00 AM Planned The first topic']);
        const slots = () => cell(page, nth(january, 2, 3)).getByRole('button');
        await vi.waitFor(async () => expect(await inCell(page, nth(january, 2, 3))).toEqual([slot]));
        await drag(page, slots().first(), there);
        await page.getByText(/“Weekly” was moved to Jan \d+, \d+, 9:00.AM\./).waitFor();
        expect(await inCell(page, nth(january, 2, 3))).toEqual([]);
        await vi.waitFor(async () =>
          expect(await inCell(page, there)).toEqual([expect.stringMatching(/^9:00 AM Moved /)]),
        );
        expect(await stored(page, there)).toEqual([expect.stringContaining('08:00 planned')]);
        expect(await faultsInBothThemes(page, 'calendar-month')).toEqual([]);
        await button(page, 'Undo').click();
        await vi.waitFor(async () => expect(await stored(page, there)).toEqual([]));
        await vi.waitFor(async () => expect(await inCell(page, nth(january, 2, 3))).toEqual([slot]));

        // Where the schedule has a time at that time of day already.
        // Shown at once, and taken back when the answer comes.
        const { promise: seen, resolve: goOn } = Promise.withResolvers<void>();
        await page.route('**/slots', async (route) => {
          await seen;
          await route.continue();
        });
        await drag(page, slots().first(), nth(january, 2, 4));
        await vi.waitFor(async () => expect(await inCell(page, nth(january, 2, 3))).toEqual([]));
        expect(await inCell(page, nth(january, 2, 4))).toHaveLength(2);
        goOn();
        await page.getByText(/stays where it was/).waitFor();
        await page.getByText(/Another time of “Weekly” is at .* 09:00 already\./).waitFor();
        await page.getByText('Choose another time of day, or move or skip that one first.').waitFor();
        expect(await inCell(page, nth(january, 2, 3))).toEqual([slot]);
        expect(await inCell(page, nth(january, 2, 4))).toEqual([slot]);
        expect(await faultsInBothThemes(page, 'calendar-refused', { themes: ['dark'] })).toEqual([]);
      },
      { viewport: sizes.desktop },
    );
  });

  it('moves a scheduled publication, says why others cannot be moved, and opens a day that has many', async () => {
    await visit(
      `/calendar?month=${january}`,
      async (page) => {
        const day = nth(january, 3, 3);
        for (const name of ['A', 'B', 'C', 'D', 'E']) {
          const article = await askApi(page, 'POST', '/articles', { title: `Article ${name}`, markdown: 'Text.' });
          const publishAt = `${day}T1${'ABCDE'.indexOf(name)}:30:00Z`;
          await askApi(page, 'POST', `/articles/${article.id}/publications`, { siteId, status: 'future', publishAt });
        }
        await page.reload();
        await button(cell(page, day), `2 more on ${longName(day)}`).waitFor();
        await drag(page, button(cell(page, day), /Goes out Article A$/), later(day, 2));
        await page.getByText(/“Article A” was moved to/).waitFor();
        expect(await stored(page, later(day, 2))).toEqual(['10:30 scheduled Article A']);
        await button(page, 'Undo').click();
        await vi.waitFor(async () => expect(await stored(page, later(day, 2))).toEqual([]));

        const more = button(cell(page, day), `2 more on ${longName(day)}`);
        await more.click();
        const dialog = page.getByRole('dialog', { name: longName(day) });
        expect(await dialog.getByRole('listitem').count()).toBe(5);
        expect(await faultsInBothThemes(page, 'calendar-day')).toEqual([]);
        await page.keyboard.press('Escape');
        await vi.waitFor(async () => expect(await page.evaluate('document.activeElement.textContent')).toBe('2 more'));

        // The calendar is on the clocks of the account, where the day may be another one.
        const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Berlin' }).format(new Date());
        await page.goto('/calendar');
        const run = await askApi(page, 'POST', '/pipelines', {
          topic: 'Begun by hand',
          sources: [{ title: 'One', text: 'Text of a source.' }],
        });
        await askApi(page, 'POST', `/pipelines/${run.id}/cancel`, {}).catch(() => null);
        await page.reload();
        await button(cell(page, today), /Begun by hand$/).click();
        await page.getByText('It has begun already, so it cannot be moved.').waitFor();
        expect(await page.getByLabel(/New date and time/).count()).toBe(0);
        await page.getByRole('link', { name: 'Open the run' }).click();
        await page.waitForURL(`**/runs/${run.id}`);
      },
      { viewport: sizes.desktop },
    );
  });

  it('does with the keyboard alone everything that dragging does, and says it', async () => {
    await visit(
      `/calendar?month=${january}&view=month`,
      async (page) => {
        const slot = button(cell(page, tuesday), /Planned The second topic$/);
        await slot.focus();
        await page.keyboard.press('Enter');
        const dialog = page.getByRole('dialog');
        await dialog.getByText('It takes “The second topic” from the backlog, if that stays as it is.').waitFor();
        const time = dialog.getByLabel('New date and time (Europe/Berlin)');
        // By keys alone: from the cross at its head to the field, and on to the button.
        for (
          let steps = 0;
          steps < 12 && (await page.evaluate('document.activeElement.type')) !== 'datetime-local';
          steps++
        )
          await page.keyboard.press('Tab');
        await time.fill('2020-01-01T09:00');
        await page.keyboard.press('Enter');
        await dialog.getByText('That time has passed: choose one that is still to come.').waitFor();
        await time.fill(`${nth(january, 2, 3)}T09:00`);
        await page.keyboard.press('Enter');
        await dialog.getByText(/Another time of “Weekly” is at .* already\./).waitFor();
        expect(await faultsInBothThemes(page, 'calendar-item')).toEqual([]);
        const there = nth(january, 4, 2);
        await time.fill(`${there}T14:15`);
        await page.keyboard.press('Enter');
        await dialog.waitFor({ state: 'detached' });
        await page
          .locator('[aria-live=polite]')
          .getByText(/“The second topic” was moved to .*2:15.PM\./)
          .waitFor();
        expect(await stored(page, there)).toEqual(['13:15 planned The second topic']);
        // The keyboard goes along.
        await vi.waitFor(async () =>
          expect(await page.evaluate('document.activeElement.textContent')).toMatch(/^2:15.PM Moved The second topic$/),
        );
        await page.keyboard.press('Enter');
        await button(dialog, 'Skip this time').press('Enter');
        await page.getByText(/is skipped\./).waitFor();
        await vi.waitFor(async () => expect(await stored(page, tuesday)).toEqual([expect.stringContaining('skipped')]));
        await button(cell(page, tuesday), /Skipped/).press('Enter');
        await dialog.getByText('It is skipped. Bring it back to move it.').waitFor();
        await button(dialog, 'Bring it back').press('Enter');
        await page.getByText(/is back at/).waitFor();
        await vi.waitFor(async () =>
          expect(await inCell(page, tuesday)).toEqual([expect.stringMatching(/^9:00 AM Planned /)]),
        );
      },
      { viewport: sizes.desktop },
    );
  });

  it('is a list on a phone, of one site if that is chosen, and says what to do where a month is empty', async () => {
    await visit(
      `/calendar?month=${january}`,
      async (page) => {
        await page.getByRole('heading', { name: longName(tuesday) }).waitFor();
        expect(await page.getByRole('table').count()).toBe(0);
        expect(await faultsInBothThemes(page, 'calendar-phone')).toEqual([]);
        await page.getByLabel('Site').selectOption({ label: 'Blog' });
        await page.getByText('Times are on the clocks of “Blog” (UTC).').waitFor();
        await page.getByRole('heading', { name: longName(tuesday) }).waitFor({ state: 'detached' });
        await page.getByText('Article C').waitFor();
        await button(page, 'Next month').click();
        await page.getByText(`Nothing is in February ${year}`).waitFor();
        await page.getByText('Nothing of this site is in this month.').waitFor();
        await page.getByLabel('Site').selectOption({ label: 'All sites' });
        await page.getByRole('heading', { name: longName(nth(`${year}-02`, 2, 1)) }).waitFor();
        expect(new URL(page.url()).searchParams.get('month')).toBe(`${year}-02`);
        await page.goto(`/calendar?month=${year + 1}-07&view=list`);
        await page.getByText(`Nothing is in July ${year + 1}`).waitFor();
        await page.getByText(/set up a schedule with topics in the backlog/).waitFor();
        expect(await faultsInBothThemes(page, 'calendar-phone-empty')).toEqual([]);
        await button(page, 'Today').click();
        await page.waitForURL((url) => !url.searchParams.has('month'));
        await page.goto(`/calendar?month=${january}&view=month`);
        const day = nth(january, 3, 3);
        await button(cell(page, day), `5 on ${longName(day)}`).click();
        await page
          .getByRole('dialog')
          .getByRole('button', { name: /Article B/ })
          .click();
        await page
          .getByRole('dialog')
          .getByLabel(/New date and time/)
          .waitFor();
        expect(await faultsInBothThemes(page, 'calendar-phone-month')).toEqual([]);
      },
      { viewport: sizes.phone },
    );
  });

  it('keeps the time of day across a change of the clocks, and moves on with one that they leave out', async () => {
    const march = `${year}-03`;
    // The clocks of Berlin go forward on the last Sunday of March.
    const change = later(nth(`${year}-04`, 0, 1), -7);
    const saturday = later(change, -1);
    await visit(
      '/calendar',
      async (page) => {
        const night = { days: ['sat'], times: ['02:30'] };
        const more = { startsAt: `${saturday}T00:00:00Z`, endsAt: `${later(change, 20)}T00:00:00Z` };
        await askApi(page, 'POST', '/schedules', { name: 'Night', rule: night, timeZone: 'Europe/Berlin', ...more });
        await page.goto(`/calendar?month=${march}`);
        await cell(page, saturday).getByRole('button').first().waitFor();
        // Weeks of this reader begin on Monday.
        expect((await page.getByRole('columnheader').allTextContents())[0]).toBe('Mon');
        await drag(page, cell(page, saturday).getByRole('button').first(), later(change, 1));
        await page.getByText(/“Night” was moved to/).waitFor();
        expect(await stored(page, later(change, 1))).toEqual([expect.stringContaining('00:30 planned')]);
        await vi.waitFor(async () =>
          expect(await inCell(page, later(change, 1))).toEqual([expect.stringMatching(/^02:30 Moved /)]),
        );
        await drag(page, cell(page, later(change, 1)).getByRole('button').first(), change);
        await vi.waitFor(async () =>
          expect(await inCell(page, change)).toEqual([expect.stringMatching(/^03:30 Moved /)]),
        );
        expect(await stored(page, change)).toEqual([expect.stringContaining('01:30 planned')]);
        await page.getByText(/“Night” was moved to .*03:30/).waitFor();
        // Undo goes back to where it was moved from, not to where the rule has it.
        await button(page, 'Undo').click();
        await vi.waitFor(async () => expect(await stored(page, change)).toEqual([]));
        expect(await stored(page, later(change, 1))).toEqual([expect.stringContaining('00:30 planned')]);
      },
      { viewport: sizes.desktop, locale: 'en-GB' },
    );
  });

  it('says of slots that their schedule is paused, and leaves nothing on a day that has passed', async () => {
    await visit(
      '/calendar',
      async (page) => {
        await askApi(page, 'PATCH', `/schedules/${weekly}`, { paused: true });
        await page.goto(`/calendar?month=${january}`);
        await button(cell(page, tuesday), /Paused/).waitFor();
        // By the clocks of the browser: what is dropped in the past is not even sent.
        const [wednesday, last] = [nth(january, 3, 2), nth(january, 2, 4)];
        await page.clock.setFixedTime(new Date(`${later(last, -1)}T12:00:00Z`));
        await page.reload();
        const slot = button(cell(page, last), /Paused/);
        await slot.waitFor();
        await drag(page, slot, wednesday);
        await page.getByText(`${longName(wednesday)} has passed at that time of day`).waitFor();
        expect(await inCell(page, last)).toHaveLength(1);
        expect(await inCell(page, wednesday)).toEqual([]);
      },
      { viewport: sizes.desktop },
    );
  });
});
