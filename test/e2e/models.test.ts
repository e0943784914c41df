import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ModelServer, startModelServer } from '../fakes/model-server.ts';
import { diligentScript } from '../fakes/scripted-model.ts';
import {
  launchBrowser,
  openPage,
  picture,
  seriousViolations,
  signUp,
  startServer,
  type TestServer,
} from './browser.ts';
import { sourceTexts } from './source-texts.ts';

let server: TestServer;
let models: ModelServer;
let browser: Browser;

beforeAll(async () => {
  models = await startModelServer(diligentScript);
  const env = { OPENAI_BASE_URL: models.url, LLM_MODEL: 'openai:local-model', MODEL_PRICES: 'openai:local-model=1/2' };
  [server, browser] = await Promise.all([startServer(env), launchBrowser()]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await models?.close();
});

it('shows the text while a model writes it, why it waits when the provider is busy, and its cost in the end', async () => {
  const { page, faults } = await openPage(browser, server, {});
  // The first section comes in small pieces, and its end only when the page has shown the beginning.
  const { promise: shown, resolve: end } = Promise.withResolvers<void>();
  let busy = true;
  models.intercept = async ({ task, count }, wire) => {
    if (task === 'judge' && busy) {
      wire.fail(429, 'rate', { 'retry-after': '3600' });
      return true;
    }
    if (task !== 'draft-section' || count > 1) return false;
    const frames = wire.frames(await wire.text());
    wire.response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = () => {
      wire.response.write(frames.shift() ?? '');
      if (frames.length > 2) return setTimeout(send, 100);
      void shown.then(() => wire.response.end(frames.join('')));
    };
    send();
    return true;
  };
  try {
    await page.goto('/new');
    await page.getByLabel('Topic', { exact: true }).fill('How to keep backups of a small server');
    for (const { title, text } of sourceTexts) {
      await page.getByRole('button', { name: 'Paste a text' }).click();
      await page.getByLabel('Title of the text').fill(title);
      await page.getByLabel('Text', { exact: true }).fill(text);
      await page.getByRole('button', { name: 'Add this text' }).click();
    }
    await page.getByRole('button', { name: 'Write the article' }).click();
    const writing = page.getByRole('region', { name: 'Being written: Draft' });
    await writing.waitFor({ timeout: 60_000 });
    expect(await writing.textContent()).toContain('not checked yet');
    expect(await writing.textContent()).not.toMatch(/[{}]/);
    await picture(page, 'run-writing');
    expect(await seriousViolations(page)).toEqual([]);
    end();

    await page.getByText('asks to wait (429)').first().waitFor({ timeout: 60_000 });
    expect(await writing.count()).toBe(0);
    await picture(page, 'run-provider-busy');
    expect(await seriousViolations(page)).toEqual([]);
    busy = false;
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.getByRole('main').getByText('Finished', { exact: true }).first().waitFor({ timeout: 60_000 });
    const receipt = page.getByRole('region', { name: 'Calls of models and searches' });
    await receipt.getByRole('cell', { name: 'openai:local-model' }).first().waitFor();
    await picture(page, 'run-receipt-of-a-model', true);
    expect(faults).toEqual([]);
  } catch (error) {
    await picture(page, 'failure');
    throw error;
  } finally {
    end();
    await page.context().close();
  }
});
