import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  launchBrowser,
  picture,
  seriousViolations,
  signUp,
  silentHost,
  sizes,
  startServer,
  type TestServer,
  untilTrue,
  visitPage,
} from './browser.ts';
import { sourceTexts } from './source-texts.ts';

let server: TestServer;
let browser: Browser;
const topic = 'How to keep backups of a small server';

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** A person at a new browser; in the end the page must have had no error that the person did not see. */
async function visit(
  path: string,
  work: (page: Page) => Promise<void>,
  options: Parameters<Browser['newContext']>[0] = {},
) {
  await visitPage(browser, server, path, work, options);
}

/** Fills the form with a topic and the three texts, as a person pastes them. */
async function fillBrief(page: Page, about: string) {
  await page.getByLabel('Topic', { exact: true }).fill(about);
  for (const { title, text } of sourceTexts) {
    await page.getByRole('button', { name: 'Paste a text' }).click();
    await page.getByLabel('Title of the text').fill(title);
    await page.getByLabel('Text', { exact: true }).fill(text);
    await page.getByRole('button', { name: 'Add this text' }).click();
  }
}

const start = (page: Page) => page.getByRole('button', { name: 'Write the article' }).click();
const status = (page: Page, text: string) =>
  page.getByRole('main').getByText(text, { exact: true }).first().waitFor({ timeout: 90_000 });

let runPath = '';
let articlePath = '';

describe('the main job', () => {
  it('goes from a topic and three pasted texts to an article whose claims show their quotes', async () => {
    await visit('/new', async (page) => {
      await fillBrief(page, topic);
      await page.getByText('Likely cost').waitFor();
      await expect(page.getByText('Likely cost').textContent()).resolves.toContain('$0.00');
      await picture(page, 'new-article-filled');
      await start(page);

      await page.waitForURL('**/runs/*');
      runPath = new URL(page.url()).pathname;
      await page.getByRole('heading', { level: 1, name: topic }).waitFor();
      expect(await page.title()).toBe(`${topic} · blog-poster`);
      await picture(page, 'run-under-way');
      await status(page, 'Finished');
      await page.getByRole('log').getByText('Writing introduction and conclusion.').waitFor();
      await page
        .getByText(/^\d+ claims hold, \d+ were mended, \d+ removed\.$/)
        .first()
        .waitFor();
      const receipt = page.getByRole('region', { name: 'Calls of models and searches' });
      await receipt.getByRole('cell', { name: 'offline' }).first().waitFor();
      expect(await receipt.getByRole('cell', { name: '$0.00' }).count()).toBeGreaterThan(3);
      await picture(page, 'run-finished', true);

      await page.getByRole('link', { name: 'Open the article' }).click();
      await page.waitForURL('**/articles/*');
      articlePath = new URL(page.url()).pathname;
      await page.getByRole('heading', { level: 1 }).waitFor();
      const claim = page.getByRole('button', { name: /^supported: / }).nth(4);
      const sentence = ((await claim.locator('.text-sm').first().textContent()) ?? '').trim();
      expect(sentence.length).toBeGreaterThan(20);
      await claim.click();
      await expect(claim.getAttribute('aria-expanded')).resolves.toBe('true');
      // The sentence is marked in the text, and its quote inside the passage that was stored.
      const marked = page.locator('.article-text [data-selected="true"]');
      expect((await marked.allTextContents()).join('')).toBe(sentence);
      const quote = (await page.locator('blockquote mark').textContent()) ?? '';
      expect(sourceTexts.some(({ text }) => text.includes(quote))).toBe(true);
      expect(page.url()).toContain('claim=');
      await picture(page, 'article-claim');

      // The other way round: a sentence in the text opens its claim.
      await page.locator('.article-text [data-claim]').first().click();
      await expect(
        page
          .getByRole('button', { name: /^supported: / })
          .first()
          .getAttribute('aria-expanded'),
      ).resolves.toBe('true');

      await page.getByRole('tab', { name: 'Sources' }).click();
      for (const { title } of sourceTexts) await page.getByRole('tabpanel').getByText(title).waitFor();
      await page.getByRole('tab', { name: 'SEO' }).click();
      await page.getByText('Among search results').waitFor();
      await page.getByRole('button', { name: 'Copy', exact: true }).click();
      await page.getByRole('menuitem', { name: 'Copy as Markdown' }).click();
      await page.getByText('Copied as Markdown').waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^# .+\n\n[\s\S]+\[\^/);

      await page.goBack();
      await page.waitForURL(`**${runPath}`);
    });
  });

  it('shows a claim on a phone in its list and, when asked, in the text; back returns to it', async () => {
    await visit(
      articlePath,
      async (page) => {
        await page.getByRole('tab', { name: 'Claims' }).click();
        await page
          .getByRole('button', { name: /^supported: / })
          .nth(2)
          .click();
        await page.locator('blockquote mark').waitFor();
        await page.getByRole('button', { name: 'Show in the text' }).click();
        await page.locator('.article-text [data-selected="true"]').first().waitFor();
        await page.goBack();
        await page.locator('blockquote mark').waitFor();
      },
      { viewport: sizes.phone },
    );
  });

  it('stops at a topic that is written already, names the article, and goes on when told to', async () => {
    await visit('/new', async (page) => {
      await fillBrief(page, topic);
      await start(page);
      await page.getByText('You already have an article much like this').waitFor({ timeout: 60_000 });
      await expect(page.getByRole('link', { name: 'Open the other article' }).getAttribute('href')).resolves.toMatch(
        /^\/articles\//,
      );
      await picture(page, 'run-duplicate', true);
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Write this one all the same' }).click();
      await status(page, 'Finished');
    });
  });
});

describe('when something is wrong', () => {
  it('says so beside the field, keeps what was typed, and takes each message back when it is mended', async () => {
    await visit('/new', async (page) => {
      await start(page);
      await page.getByText('Say what the article is about, in at least 3 characters.').waitFor();
      await page.getByText(/^Add at least one source\./).waitFor();
      expect(await page.evaluate('document.activeElement.id')).toBe('topic');
      await picture(page, 'new-article-mistakes');
      expect(await seriousViolations(page)).toEqual([]);

      await page.getByLabel('Topic', { exact: true }).fill('A topic that stays');
      expect(await page.getByText('Say what the article is about, in at least 3 characters.').count()).toBe(0);
      await page.getByLabel('Addresses of pages, PDFs or feeds, one per line').fill('not-an-address');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('Not a web address: not-an-address').waitFor();
      await page.getByLabel('Addresses of pages, PDFs or feeds, one per line').fill('example.org/half-typed');
      await page.getByRole('button', { name: 'More options' }).click();
      await page.getByLabel('Budget in US dollars').fill('a lot');
      await page.getByRole('button', { name: 'More options' }).click();
      await start(page);
      await page.getByText('Enter an amount in dollars, such as 0.50.').waitFor();

      await page.reload();
      await expect(page.getByLabel('Topic', { exact: true }).inputValue()).resolves.toBe('A topic that stays');
      await expect(page.getByLabel('Addresses of pages, PDFs or feeds, one per line').inputValue()).resolves.toBe(
        'example.org/half-typed',
      );
    });
  });

  it('shows the server’s own message at the field that it names', async () => {
    await visit('/new', async (page) => {
      await fillBrief(page, 'A topic with a wrong range');
      await page.getByText('your own range').click();
      await page.getByLabel('At least, in words').fill('900');
      await page.getByLabel('At most, in words').fill('300');
      await start(page);
      await page.getByRole('alert').getByText('min must not be above max').waitFor();
      expect(new URL(page.url()).pathname).toBe('/new');
    });
  });

  it('says why a run failed and what to do, and lets the brief be changed without typing it again', async () => {
    await visit('/new', async (page) => {
      await page.getByLabel('Topic', { exact: true }).fill('A page that may not be read');
      await page.getByLabel('Addresses of pages, PDFs or feeds, one per line').fill('http://127.0.0.1:1/private');
      await start(page);
      await status(page, 'Failed');
      await page.getByText('It failed at the step “Research”').waitFor();
      await page.getByText('no_sources').waitFor();
      await page.getByRole('button', { name: 'Try again' }).waitFor();
      await picture(page, 'run-failed', true);
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByRole('link', { name: 'Change and start again' }).click();
      await expect(page.getByLabel('Topic', { exact: true }).inputValue()).resolves.toBe('A page that may not be read');
      await page.getByRole('button', { name: 'Remove http://127.0.0.1:1/private' }).waitFor();
    });
  });

  it('helps at addresses where there is nothing', async () => {
    await visit('/no-such-page', async (page) => {
      await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.goto('/articles/01890000-0000-7000-8000-000000000000');
      await page.getByRole('heading', { name: 'There is no such article' }).waitFor();
      await page.goto('/runs/not-an-id');
      await page.getByRole('heading', { name: 'There is no such run' }).waitFor();
      await page.getByRole('link', { name: 'All runs' }).click();
      await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
    });
  });
});

describe('when the server goes away', () => {
  it('keeps the brief and says so, and a run that was cut off goes on and is shown to its end', async () => {
    await visit('/new', async (page) => {
      await fillBrief(page, 'What a power cut does to backups');
      await page.getByRole('button', { name: 'More options' }).click();
      await page.getByText('Write it even if I have a similar article').click();
      await server.kill();
      await start(page);
      await page.getByRole('alert').getByText('The server does not answer.').waitFor();
      await picture(page, 'new-article-no-server', true);
      await server.revive();
      await start(page);

      await page.waitForURL('**/runs/*');
      await page.getByRole('heading', { level: 1, name: 'What a power cut does to backups' }).waitFor();
      await server.kill();
      await page.getByText('This may be out of date; the page keeps trying').waitFor();
      await server.revive();
      await status(page, 'Finished');
      await page.getByRole('link', { name: 'Open the article' }).waitFor();
    });
  });
});

describe('sites and approval', () => {
  it('stores a site that does not answer with the finding and what to do, and holds a public post for approval', async () => {
    await visit('/sites', async (page) => {
      await page.getByRole('button', { name: 'Connect a site' }).click();
      await page.getByRole('button', { name: 'Enter user name and Application Password' }).click();
      await page.getByRole('button', { name: 'Connect and check' }).click();
      expect(await page.getByText('This is needed.').count()).toBe(3);
      await page.getByLabel('Address', { exact: true }).fill(`http://${silentHost}`);
      await page.getByLabel('Name', { exact: true }).fill('A silent site');
      await page.getByLabel('User name on the site').fill('editor');
      await page.getByLabel('Application Password').fill('abcd efgh ijkl mnop qrst uvwx');
      await page.getByRole('button', { name: 'Connect and check' }).click();
      await page.getByText('Needs you').waitFor();
      await page.getByText('Check that the web server runs').waitFor();
      await picture(page, 'sites');
      expect(await seriousViolations(page)).toEqual([]);
      expect(await page.content()).not.toContain('abcd efgh');

      await page.goto('/new');
      await fillBrief(page, 'Restoring a backup, and proving that it works');
      await page.getByRole('button', { name: 'More options' }).click();
      await page.getByLabel('Publish to').selectOption({ label: 'A silent site' });
      await page.getByText('Public post', { exact: true }).click();
      await page.getByText('Write it even if I have a similar article').click();
      await picture(page, 'new-article-options', true);
      expect(await seriousViolations(page)).toEqual([]);
      await start(page);
      await page.getByText('The article waits for your approval').waitFor({ timeout: 90_000 });
      await picture(page, 'run-approval', true);
      await page.getByRole('link', { name: 'Read the article' }).first().click();
      await page.getByRole('button', { name: 'Approve and publish' }).waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Approve and publish' }).click();
      await page.getByRole('tab', { name: 'Publish' }).click();
      await page.getByRole('list', { name: 'Publications' }).getByText('A silent site').waitFor();
      await picture(page, 'article-publish');
      expect(await seriousViolations(page)).toEqual([]);
    });
  });
});

describe('the theme and the keyboard', () => {
  it('keeps a chosen theme, and can be gone through with the keyboard alone', async () => {
    await visit('/new', async (page) => {
      const theme = page.getByRole('button', { name: /^Theme: / }).filter({ visible: true });
      await theme.click();
      await theme.click();
      await page.reload();
      expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');

      await page.keyboard.press('Tab');
      await page.getByRole('link', { name: 'Skip to the page' }).press('Enter');
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.id')).toBe('topic');

      await page
        .getByRole('navigation', { name: 'Main' })
        .filter({ visible: true })
        .getByRole('link', { name: 'Articles' })
        .press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Articles' }).waitFor();
      // The next key press starts at the new page, not at the link that was left behind.
      await untilTrue(page, 'document.activeElement.id === "main"');
      await page.getByLabel('Search titles and texts').fill('backups');
      await page.waitForURL('**/articles?query=backups');
      await page.getByRole('link', { name: topic }).first().waitFor();
    });
  });
});
