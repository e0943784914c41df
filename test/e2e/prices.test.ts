import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  launchBrowser,
  overflow,
  picture,
  seriousViolations,
  signUp,
  startServer,
  type TestServer,
  visitPage,
} from './browser.ts';

let server: TestServer;
let browser: Browser;
beforeAll(async () => {
  const models = { LLM_MODEL: 'openai:gpt-5-mini,openai:who-knows,google:gemini-2.5-pro', OPENAI_API_KEY: 'sk-none' };
  [server, browser] = await Promise.all([
    startServer({ ...models, GOOGLE_GENERATIVE_AI_API_KEY: 'AIza', BRAVE_API_KEY: 'BSA' }),
    launchBrowser(),
  ]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

type Options = Parameters<Browser['newContext']>[0];

async function visit(path: string, work: (page: Page) => Promise<void>, options: Options = {}) {
  await visitPage(browser, server, path, work, options);
}

const row = (page: Page, model: string) =>
  page.getByRole('listitem').filter({ has: page.getByText(model, { exact: true }) });

describe('the page of prices', () => {
  it('shows what each model costs and where that comes from, at every size and in the dark', async () => {
    for (const [name, options] of Object.entries({
      phone: { viewport: { width: 390, height: 844 } },
      desktop: {},
      dark: { colorScheme: 'dark' },
    } satisfies Record<string, Options>)) {
      await visit(
        '/admin/prices',
        async (page) => {
          await row(page, 'openai:gpt-5-mini').getByText('From the price table').waitFor();
          await row(page, 'openai:who-knows').getByText('Calls of it are refused').waitFor();
          await row(page, 'google:gemini-2.5-pro').getByText('Input: $2.50 from 200,000 tokens of input on').waitFor();
          await row(page, 'brave').getByText('$0.005').waitFor();
          expect(await overflow(page)).toBeLessThanOrEqual(0);
          expect(await seriousViolations(page)).toEqual([]);
          await picture(page, `prices-${name}`, true);
        },
        options,
      );
    }
  });

  it('takes a price, says what is wrong with one, and takes it back', async () => {
    await visit('/admin/prices', async (page) => {
      await page.getByRole('button', { name: 'Set a price for openai:who-knows' }).click();
      const entry = row(page, 'openai:who-knows');
      await entry.getByLabel('Input', { exact: true }).fill('a lot');
      await entry.getByLabel('Output', { exact: true }).fill('20000');
      await entry.getByRole('button', { name: 'Save' }).click();
      await entry.getByText('must be dollars such as 0.25').waitFor();
      await entry.getByLabel('Input', { exact: true }).fill('0.25');
      await entry.getByRole('button', { name: 'Save' }).click();
      await entry.getByText('must be at most 10,000 dollars a million tokens').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await entry.getByLabel('Output', { exact: true }).fill('$2,5');
      await entry.getByRole('button', { name: 'Save' }).click();
      await entry.getByText('Set here').waitFor();
      await entry.getByText('$2.50').waitFor();
      await page.getByRole('button', { name: 'Remove the price of openai:who-knows' }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
      await entry.getByText('No price known').waitFor();
    });
  });

  it('answers a slip in a name with what was meant, a click away', async () => {
    await visit(
      '/admin/prices',
      async (page) => {
        await page.getByLabel('Model', { exact: true }).fill('openai:gpt-5-minni');
        await page.getByLabel('Input', { exact: true }).fill('0.2');
        await page.getByLabel('Output', { exact: true }).fill('1');
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByText('openai:gpt-5-minni is not known here').waitFor();
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        expect(await seriousViolations(page)).toEqual([]);
        await picture(page, 'prices-slip', true);
        await page.getByRole('button', { name: 'Use openai:gpt-5-mini', exact: true }).click();
        await row(page, 'openai:gpt-5-mini').getByText('Set here').waitFor();
        await row(page, 'openai:gpt-5-mini').getByText('$0.20').waitFor();
        await page.getByLabel('Model', { exact: true }).fill('openai:my-llama');
        await page.getByLabel('Input', { exact: true }).fill('0');
        await page.getByLabel('Output', { exact: true }).fill('0');
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByRole('button', { name: 'The name is right' }).click();
        await row(page, 'openai:my-llama').getByText('Set here').waitFor();
      },
      { viewport: { width: 390, height: 844 } },
    );
  });
});

it('the new article says what it is likely to cost, by what, and whether that may be too much', async () => {
  await visit(
    '/new',
    async (page) => {
      await page.getByLabel('Topic', { exact: true }).fill('What bread costs');
      await page.getByText('By the price list of openai:gpt-5-mini').waitFor();
      await picture(page, 'estimate', true);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
    },
    { viewport: { width: 390, height: 844 } },
  );
});

// Here because it needs an admin and nothing else: a server of its own would take longer than the page.
describe('the page of backups', () => {
  it('takes a backup, proves it, and says what is missing, at every size, in the dark and in German', async () => {
    await visit('/admin/backups', async (page) => {
      await page.getByText('Backups lie on the same disk as the data').waitFor();
      await page.getByText('No backups in the storage').waitFor();
      await page.getByRole('button', { name: 'Back up now' }).click();
      await page.getByText('Not verified').waitFor();
      await page.getByRole('button', { name: /^Verify the backup of / }).click();
      await page.getByRole('progressbar', { name: 'A backup is being proven' }).waitFor();
      await page.getByText('Yesterday’s data can be restored').waitFor({ timeout: 90_000 });
      await page.getByText('Verified', { exact: true }).waitFor();
    });
    for (const [name, options] of Object.entries({
      phone: { viewport: { width: 390, height: 844 } },
      dark: { colorScheme: 'dark' },
      german: { locale: 'de-DE' },
    } satisfies Record<string, Options>)) {
      await visit(
        '/admin/backups',
        async (page) => {
          await page.getByRole('button', { name: name === 'german' ? 'Jetzt sichern' : 'Back up now' }).waitFor();
          expect(await overflow(page)).toBeLessThanOrEqual(0);
          expect(await seriousViolations(page)).toEqual([]);
          await picture(page, `backups-${name}`, true);
        },
        options,
      );
    }
  });
});
