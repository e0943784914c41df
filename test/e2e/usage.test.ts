import { readFileSync } from 'node:fs';
import { eq } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { users } from '../../src/accounts/schema.ts';
import { openDatabase } from '../../src/db/open.ts';
import { givenCall } from '../factories.ts';
import { type ModelServer, startModelServer } from '../fakes/model-server.ts';
import { diligentScript } from '../fakes/scripted-model.ts';
import { testConfig } from '../harness.ts';
import {
  atHome,
  faultsInBothThemes,
  fillRegistration,
  launchBrowser,
  nobody,
  openPage,
  picture,
  type Session,
  seriousViolations,
  signUp,
  startServer,
  type TestServer,
  visitPage,
} from './browser.ts';
import { sourceTexts } from './source-texts.ts';

let server: TestServer;
let models: ModelServer;
let browser: Browser;
/** Someone who is no admin, and writes. */
let writer: Session;
const writerMail = 'writer@example.com';
let runId = '';

beforeAll(async () => {
  models = await startModelServer(diligentScript);
  const env = {
    OPENAI_BASE_URL: models.url,
    LLM_MODEL: 'openai:local-model',
    MODEL_PRICES: 'openai:local-model=1/2',
    INSTANCE_MONTHLY_LIMIT_USD: '20',
  };
  [server, browser] = await Promise.all([startServer(env), launchBrowser()]);
  await signUp(browser, server);
  const { page } = await openPage(browser, server, nobody);
  await page.goto('/register');
  await fillRegistration(page, { name: 'Wanda Writer', email: writerMail, password: 'a writer has a password' });
  await atHome(page);
  writer = await page.context().storageState();
  await page.context().close();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await models?.close();
});

/** A page of someone; in the end it must have had no error that the person did not see. */
async function visit(path: string, work: (page: Page) => Promise<void>, session: Session | undefined = writer) {
  await visitPage(browser, server, path, work, session ? { storageState: session } : {});
}

const table = (page: Page) => page.getByRole('region', { name: 'In detail' });
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });

it('a new account finds its limit, nothing used, and dashes for what nobody knows yet', async () => {
  await visit('/new', async (page) => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Usage' }).click();
    await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor();
    await page.getByText('$0.00 of $10.00').waitFor();
    await page.getByText(/^Nothing was used in /).waitFor();
    await page.getByText('Not known yet: it takes three days of use.').waitFor();
    expect(await page.locator('dt', { hasText: 'Forecast' }).locator('+ dd').textContent()).toBe('–');
    await expect(
      page.getByRole('progressbar', { name: 'Used of your limit' }).getAttribute('aria-valuenow'),
    ).resolves.toBe('0');
    expect(await seriousViolations(page)).toEqual([]);
    await picture(page, 'usage-empty', true);
    await page.getByRole('link', { name: 'Start an article' }).click();
    await page.getByLabel('Topic', { exact: true }).waitFor();
  });
});

it('the receipt of an article says who paid, by which prices, and adds up', async () => {
  await visit('/new', async (page) => {
    const answer = await page.request.post('/api/v1/pipelines', {
      headers: { origin: server.url },
      data: { topic: 'How to keep backups of a small server', sources: sourceTexts },
    });
    runId = ((await answer.json()) as { id: string }).id;
    await page.goto(`/runs/${runId}`);
    await page.getByRole('main').getByText('Finished', { exact: true }).first().waitFor({ timeout: 90_000 });
    const calls = page.getByRole('region', { name: 'Calls of models and searches' });
    await calls.getByText('Paid by this instance · $1.00 in, $2.00 out per million tokens').first().waitFor();
    const micro = (text: string) => Math.round(Number(text.replace(/[^0-9.]/g, '')) * 1_000_000);
    const costs = await calls.locator('tbody td:nth-child(3) > span:first-child').allTextContents();
    const total = await calls.locator('tfoot td').first().textContent();
    expect(costs.length).toBeGreaterThan(3);
    expect(costs.reduce((sum, cost) => sum + micro(cost), 0)).toBe(micro(total ?? ''));
    await picture(page, 'receipt', true);
    expect(await seriousViolations(page)).toEqual([]);
  });
});

it('what was used is shown by day and by what it was spent on, sorted as one likes, and goes into a file', async () => {
  await seedMonth();
  await visit('/usage', async (page) => {
    await page.getByRole('img', { name: /^Cost by day: \$/ }).waitFor();
    await table(page)
      .getByRole('row', { name: /gpt-from-elsewhere/ })
      .first()
      .waitFor();
    const costs = async () =>
      (await table(page).locator('tbody tr td:nth-child(3)').allTextContents()).map((text) => text.trim());
    const highestFirst = await costs();
    expect(await page.locator('th[aria-sort=descending]').textContent()).toBe('Cost');
    await button(page, 'Cost').click();
    await page.locator('th[aria-sort=ascending]').waitFor();
    const known = (list: string[]) => list.filter((cost) => cost !== '–');
    expect(known(await costs())).toEqual(known(highestFirst).reverse());
    // A call whose cost nobody knows yet is a dash, and at the end either way.
    expect((await costs()).at(-1)).toBe('–');
    expect(highestFirst.at(-1)).toBe('–');

    await page.getByLabel('Group by').selectOption('Who pays');
    await table(page)
      .getByRole('row', { name: /^Your own key/ })
      .waitFor();
    expect(new URL(page.url()).searchParams.get('by')).toBe('payer');
    if (new Date().getUTCDate() > 4) {
      await page.getByText('An estimate: what the whole month costs if it goes on like this.').waitFor();
    }
    await page.getByText('Figures by day').click();
    await page.getByRole('region', { name: 'Figures by day' }).getByRole('row').nth(1).waitFor();
    await picture(page, 'usage', true);
    expect(await seriousViolations(page)).toEqual([]);

    const waiting = page.waitForEvent('download');
    await page.getByRole('link', { name: 'This table as CSV' }).click();
    const download = await waiting;
    expect(download.suggestedFilename()).toMatch(/^blog-poster-usage-\d{4}-\d\d-01-to-\d{4}-\d\d-\d\d\.csv$/);
    const [header, ...lines] = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\r\n');
    expect(header).toMatch(/^payer,calls,failedCalls,articles,costUsd,costMicroUsd,/);
    expect(lines).toHaveLength(2);
  });
});

it('the admin sees who spends it, lowers a limit with one click, writes, and disables', async () => {
  await visit(
    '/admin/spending',
    async (page) => {
      const row = page.getByRole('listitem').filter({ hasText: writerMail });
      await row.waitFor();
      await row.getByText(/% of the month/).waitFor();
      await picture(page, 'spending', true);
      await button(page, 'Stop spending of Wanda Writer: lower the limit to what is spent now').click();
      await page.getByText(/^Wanda Writer: limit lowered to /).waitFor();
      await row.getByText('Limit used up').waitFor();
      await visit('/usage', async (theirs) => {
        await theirs.getByText('Your limit is used up').waitFor();
        await table(theirs).waitFor();
        await picture(theirs, 'usage-limit-reached', true);
      });

      await button(page, 'Limit and mail of Wanda Writer').click();
      const field = row.getByLabel('Dollars a month');
      for (const wrong of ['-1', 'ten', '1000001', '0.0000001']) {
        await field.fill(wrong);
        await row.getByRole('button', { name: 'Set the limit', exact: true }).click();
        await row.getByText('Enter dollars from 0 to 1,000,000').waitFor();
      }
      await field.fill('2.50');
      await row.getByRole('button', { name: 'Set the limit', exact: true }).click();
      await row.getByText('Limit $2.50').waitFor();

      await expect(row.getByRole('link', { name: /with your own mail program$/ }).getAttribute('href')).resolves.toBe(
        `mailto:${writerMail}`,
      );
      await row.getByLabel('Subject').fill('Your spending');
      await row.getByLabel('Text').fill('Please use the small model.');
      await row.getByRole('button', { name: 'Send the mail' }).click();
      await page.getByText(`Kept for ${writerMail}: this instance sends no mail`).waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await picture(page, 'spending-open', true);

      await button(page, 'Disable Wanda Writer').click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click();
      await button(page, 'Enable Wanda Writer').click();
      await button(page, 'Disable Wanda Writer').waitFor();
    },
    server.session,
  );
  // Disabling ended the writer's session.
  const { page } = await openPage(browser, server, nobody);
  await page.goto('/login');
  await page.getByLabel('Mail address').fill(writerMail);
  await page.getByLabel('Password', { exact: true }).fill('a writer has a password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await atHome(page);
  writer = await page.context().storageState();
  await page.context().close();
});

it.each([1280, 390])('nothing scrolls sideways or is hard to read: %i px', async (width) => {
  const found: string[] = [];
  const look = async (storageState: Session | undefined, paths: string[]) => {
    if (!storageState) throw new Error('nobody is signed in');
    const { page } = await openPage(browser, server, { storageState, viewport: { width, height: 900 } });
    for (const path of paths) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
      await page.waitForLoadState('networkidle');
      const name = `usage${path.replaceAll(/[^a-z]+/g, '-').slice(0, 20)}-${width}`;
      found.push(...(await faultsInBothThemes(page, name, { fullPage: true })));
    }
    await page.context().close();
  };
  await look(writer, ['/usage', '/usage?by=site', '/usage?month=2026-01', `/runs/${runId}`]);
  await look(server.session, ['/admin/spending', '/admin/spending?month=2026-01', '/admin/users']);
  expect(found).toEqual([]);
});

/** Calls of earlier days, of other models and with keys of one's own, written while the server is away. */
async function seedMonth() {
  await server.kill();
  const { config, secrets } = testConfig({ DATA_DIR: server.dataDir });
  const { db, close } = await openDatabase(config, secrets);
  try {
    const [user] = await db.select().from(users).where(eq(users.email, writerMail));
    if (!user) throw new Error('the writer is gone');
    const now = new Date();
    // As old as its first call: the forecast counts the days since there is an account.
    await db.update(users).set({ createdAt: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)) });
    const call = (more: Partial<Parameters<typeof givenCall>[1]>) =>
      givenCall(db, { userId: user.id, timeZone: user.timeZone, startedAt: now, pipelineId: runId, ...more });
    for (let day = 1; day <= now.getUTCDate(); day++) {
      const startedAt = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), day, 0, 0, 1));
      const costMicroUsd = 20_000 + ((day * 7_919) % 130_000);
      await call({ startedAt, costMicroUsd, inputTokens: day * 900, outputTokens: day * 210 });
      // The first day too: a test must hold on the first of a month.
      if (day % 3 === 1) {
        await call({
          startedAt,
          costMicroUsd: day * 9_000,
          payer: 'user',
          model: 'openai:gpt-from-elsewhere',
          step: 'check',
        });
      }
    }
    await call({ costMicroUsd: 31_000, estimated: true, status: 'failed', step: 'outline' });
    await call({
      status: 'reserved',
      reservedMicroUsd: 44_000,
      model: 'openai:under-way',
      step: 'seo',
      pipelineId: null,
    });
  } finally {
    await close();
  }
  await server.revive();
}
