import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ModelServer, startModelServer } from '../fakes/model-server.ts';
import { diligentScript } from '../fakes/scripted-model.ts';
import {
  launchBrowser,
  openPage,
  overflow,
  picture,
  seriousViolations,
  signUp,
  startServer,
  type TestServer,
} from './browser.ts';

let provider: ModelServer;
let server: TestServer;
let browser: Browser;
beforeAll(async () => {
  provider = await startModelServer(diligentScript);
  const env = { IMAGE_MODEL: 'openai:gpt-image-1', IMAGE_PRICE_USD: '0.063', OPENAI_BASE_URL: provider.url };
  [server, browser] = await Promise.all([startServer(env), launchBrowser()]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await provider?.close();
});

const file = (background: string) =>
  sharp({ create: { width: 900, height: 600, channels: 3, background } })
    .png()
    .toBuffer();

it('an article gets its title card, an upload, an image of the model, and one of them again', async () => {
  const { page, faults } = await openPage(browser, server, {});
  const answer = await page.request.post('/api/v1/articles', {
    headers: { origin: server.url },
    data: { title: 'Bread at home', markdown: 'It rises.' },
  });
  const { id } = (await answer.json()) as { id: string };
  await page.goto(`/articles/${id}?tab=image`);
  const panel = page.getByRole('region', { name: 'Featured image' });
  const shown = panel.locator('img[width]');
  await panel.getByRole('button', { name: 'Use the title card' }).click();
  await page.getByRole('button', { name: 'bread-at-home.png, in use' }).waitFor();
  const upload = { name: 'loaf.png', mimeType: 'image/png', buffer: await file('#a16207') };
  await panel.locator('input[type=file]').setInputFiles(upload);
  await page.getByRole('button', { name: 'loaf.png, in use' }).waitFor();

  // A failure keeps what was asked for.
  provider.draw = () => 'declined';
  const form = page.getByRole('form', { name: 'Have one made' });
  await form.getByText('$0.063 for one image by openai:gpt-image-1.').waitFor();
  const prompt = form.getByLabel('What it should show');
  expect(await prompt.inputValue()).toContain('“Bread at home”');
  await prompt.fill('A loaf on a table');
  await form.getByRole('button', { name: 'Make the image' }).click();
  await form.getByText('declined to make this image').waitFor();
  expect(await prompt.inputValue()).toBe('A loaf on a table');
  provider.draw = () => file('#15803d');
  await form.getByRole('button', { name: 'Make the image' }).click();
  await page.getByRole('button', { name: 'a-loaf-on-a-table.png, in use' }).waitFor();
  await form.getByText('Made, and used').waitFor();

  await page.getByRole('button', { name: 'Use bread-at-home.png' }).click();
  await page.getByRole('button', { name: 'bread-at-home.png, in use' }).waitFor();
  expect(await shown.getAttribute('alt')).toBe('Bread at home');
  expect(await seriousViolations(page)).toEqual([]);
  await picture(page, 'images-desktop', true);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await form.scrollIntoViewIfNeeded();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await picture(page, 'images-phone-dark', true);
  // The refusal is answered by the provider with an error, which the page shows.
  expect(faults.filter((fault) => !fault.includes('502'))).toEqual([]);
  await page.context().close();
});
