import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  launchBrowser,
  overflow,
  seriousViolations,
  signUp,
  sizes,
  startServer,
  type TestServer,
  visitPage,
} from './browser.ts';

let server: TestServer;
let browser: Browser;
let receiver: Server;
let hook: string;
let status = 200;
const received: { headers: IncomingMessage['headers']; body: string }[] = [];

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.statusCode = status;
      response.end('thanks');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  [server, browser] = await Promise.all([startServer({ ALLOW_PRIVATE_HOSTS: '127.0.0.1' }), launchBrowser()]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  receiver?.close();
});

async function visit(path: string, work: (page: Page) => Promise<void>, size: keyof typeof sizes = 'desktop') {
  await visitPage(
    browser,
    server,
    path,
    async (page) => {
      await work(page);
      expect(await seriousViolations(page)).toEqual([]);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
    },
    { viewport: sizes[size] },
  );
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe('webhooks', () => {
  it('are added, tested and verified with the secret that is shown once', async () => {
    await visit('/account/webhooks', async (page) => {
      await button(page, 'Add a webhook').click();
      await button(page, 'Add').click();
      await page.getByText('Choose at least one event.').waitFor();
      await page.getByLabel('Address').fill(hook);
      await button(page, 'Choose all').click();
      await button(page, 'Add').click();
      const secret = ((await page.getByRole('group', { name: 'Secret' }).textContent()) ?? '').trim();
      expect(secret).toMatch(/^whsec_/);
      await button(page, 'I have copied it').click();
      await button(page, 'Send a test').click();
      await page.getByText('Delivered', { exact: true }).first().waitFor();
      // The sample article of a new instance may still be under way, and is told of as well.
      const sent = await vi.waitFor(() => {
        const test = received.find(({ body }) => body.includes('"webhook.test"'));
        expect(test).toBeDefined();
        return test;
      });
      const headers = Object.fromEntries(
        Object.entries(sent?.headers ?? {}).map(([name, value]) => [name, `${value}`]),
      );
      expect(new Webhook(secret).verify(sent?.body ?? '', headers)).toMatchObject({ type: 'webhook.test' });
      await page.reload();
      await page.getByText(hook).waitFor();
      expect(await page.content()).not.toContain(secret);
    });
  });

  it('show what was not taken, and send it again', async () => {
    status = 410;
    await visit('/account/webhooks', async (page) => {
      await button(page, 'Send a test').click();
      await page
        .getByText('Switched off', { exact: true })
        .waitFor()
        .catch(() => page.reload());
      await page.getByText('Switched off', { exact: true }).waitFor();
      status = 200;
      await button(page, 'Switch on').click();
      await page.getByText('Active', { exact: true }).waitFor();
      if (await button(page, 'Deliveries').isVisible()) await button(page, 'Deliveries').click();
      const before = received.length;
      await page.getByRole('button', { name: 'Send again: webhook.test' }).first().click();
      await vi.waitFor(() => expect(received.length).toBeGreaterThan(before), { timeout: 15_000 });
    });
  });

  it('fit a phone, and are deleted after a question', async () => {
    await visit(
      '/account/webhooks',
      async (page) => {
        await button(page, 'Deliveries').click();
        await page.getByText('webhook.test').first().waitFor();
        await button(page, 'Delete').click();
        await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
        await page.getByText('No webhooks yet').waitFor();
      },
      'phone',
    );
  });
});

describe('mails', () => {
  it('of an instance that sends none can be read by its admin, with their links', async () => {
    const registered = await fetch(`${server.url}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'bob@example.com', password: 'a password for the tests' }),
    });
    expect(registered.status).toBe(201);
    await visit('/admin/emails', async (page) => {
      await page.getByText('This instance sends no mail').waitFor();
      await page.getByText('to bob@example.com').waitFor();
      await page.getByText('Show the text').first().click();
      await page.getByText(`${server.url}/verify-email#token=`).waitFor();
      await page.getByLabel('Which mails').selectOption('failed');
      await page.getByText('No mails', { exact: true }).waitFor();
    });
  });
});
