import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SentryServer, startSentryServer } from '../fakes/sentry-server.ts';
import {
  atHome,
  faultsInBothThemes,
  launchBrowser,
  signUp,
  sizes,
  startServer,
  type TestServer,
  visitPage,
} from './browser.ts';

let sentry: SentryServer;
let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  sentry = await startSentryServer();
  [server, browser] = await Promise.all([startServer({ SENTRY_DSN: sentry.dsn }), launchBrowser()]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await sentry?.close();
});

describe('the status of the instance', () => {
  it.each(['desktop', 'phone'] as const)('shows service levels, parts and incidents (%s)', async (size) => {
    await visitPage(
      browser,
      server,
      '/admin',
      async (page) => {
        await page.getByRole('heading', { name: 'Service levels' }).waitFor();
        await page.getByText('goal: over 95%').waitFor();
        // The first minute has been counted; of backups there is nothing to count yet.
        await page.getByText('100%', { exact: true }).waitFor();
        await page.getByText('goal: 100%').waitFor();
        await page.getByText('None in the past year.').waitFor();
        await page.getByText('Last proof of a backup').waitFor();
        expect(await faultsInBothThemes(page, `status-levels-${size}`, { fullPage: true })).toEqual([]);
      },
      { viewport: sizes[size] },
    );
  });
});

describe('an error in a browser', () => {
  const fail = (message: string) => `setTimeout(() => { throw new TypeError(${JSON.stringify(message)}); })`;

  it('is told to the receiver that the operator names, and to nobody else, without what it quotes', async () => {
    const context = await browser.newContext({
      baseURL: server.url,
      ...(server.session ? { storageState: server.session } : {}),
    });
    const page = await context.newPage();
    const foreign = new Set<string>();
    const violations: string[] = [];
    page.on('request', (request) => {
      const { origin } = new URL(request.url());
      if (origin !== server.url) foreign.add(origin);
    });
    page.on('console', (message) => {
      if (/Content Security Policy|CORS/.test(message.text())) violations.push(message.text());
    });
    const answer = await page.goto('/');
    expect(answer?.headers()['content-security-policy']?.split(';')).toContain(`connect-src 'self' ${sentry.origin}`);
    await atHome(page);
    await page.evaluate(fail('The words "of an article" of ann@example.com are not there'));
    await expect.poll(() => sentry.events.length, { timeout: 20_000 }).toBe(1);
    await page.evaluate(fail('The words "of an article" of ann@example.com are not there'));
    await page.evaluate(fail('Another one'));
    await expect.poll(() => sentry.events.length, { timeout: 20_000 }).toBe(2);
    expect(sentry.refused).toEqual([]);
    expect(sentry.events[0]).toMatchObject({
      platform: 'javascript',
      release: expect.stringMatching(/^blog-poster@\d/),
      exception: { values: [{ type: 'TypeError', value: 'The words "…" of [hidden] are not there' }] },
      tags: { path: '/' },
    });
    expect(sentry.bodies.join()).not.toMatch(/of an article|ann@/);
    expect([...foreign]).toEqual([sentry.origin]);
    expect(violations).toEqual([]);
    await context.close();
  });

  it('is told to nobody where no receiver is named, and what would tell it is not loaded', async () => {
    const context = await browser.newContext({
      baseURL: server.url,
      ...(server.session ? { storageState: server.session } : {}),
    });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.route('**/api/v1/auth/session', async (route) => {
      const json = await (await route.fetch()).json();
      await route.fulfill({ json: { ...json, instance: { ...json.instance, errorReports: null } } });
    });
    const before = sentry.bodies.length;
    await page.goto('/');
    await atHome(page);
    await page.evaluate(fail('Nobody hears of this'));
    await page.waitForLoadState('networkidle');
    expect(asked.filter((url) => /\/report-/.test(url) || new URL(url).origin !== server.url)).toEqual([]);
    expect(sentry.bodies.length).toBe(before);
    await context.close();
  });
});
