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
  // Two changes back, another image was the featured one.
  await page.getByRole('link', { name: 'History' }).click();
  await page.getByRole('heading', { name: 'Revision 4, and what has changed since' }).waitFor();
  expect(await page.locator('figure img').count()).toBe(2);
  await page.getByRole('link', { name: 'Revision 3' }).click();
  await page.getByRole('button', { name: 'Go back to this revision' }).click();
  await page.getByText('The article is as it was at revision 3.').waitFor();
  expect(await seriousViolations(page)).toEqual([]);
  await page.getByRole('link', { name: 'Back to the article' }).click();
  await panel.waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'Image' }).click();
  await page.getByRole('button', { name: 'loaf.png, in use' }).waitFor();
  await panel.getByLabel('Search the images').fill('bread at');
  await page.getByRole('button', { name: 'Use loaf.png' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Use bread-at-home.png' }).click();
  await page.getByRole('button', { name: 'bread-at-home.png, in use' }).waitFor();
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

it('the page of images uploads by drop and paste, refuses what is none, describes, deletes and brings back', async () => {
  const { page, faults } = await openPage(browser, server, {});
  await page.goto('/images');
  const tile = (name: string) => page.getByRole('button', { name: `Open ${name}` });
  await tile('loaf.png').waitFor();

  // A drop and a paste as the page sees them: files in a DataTransfer.
  const give = async (type: 'drop' | 'paste', files: { name: string; data: Buffer }[]) => {
    const bytes = files.map(({ name, data }) => ({ name, data: data.toString('base64') }));
    await page.evaluate(`{
      const files = new DataTransfer();
      for (const { name, data } of ${JSON.stringify(bytes)}) {
        const content = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        files.items.add(new File([content], name, { type: 'image/png' }));
      }
      const options = { bubbles: true, cancelable: true, dataTransfer: files, clipboardData: files };
      const events = ${type === 'drop'}
        ? [new DragEvent('dragover', options), new DragEvent('drop', options)]
        : [new ClipboardEvent('paste', options)];
      for (const event of events) document.querySelector('h1').dispatchEvent(event);
    }`);
  };
  await give('drop', [
    { name: 'hive.png', data: await file('#be123c') },
    { name: 'notes.png', data: Buffer.from('no image') },
    { name: 'field.png', data: await file('#0f766e') },
  ]);
  await page.getByText('2 images uploaded.').waitFor();
  await page.getByRole('alert').getByText('notes.png: The file is no PNG').waitFor();
  await page.getByRole('button', { name: 'Clear the list' }).click();
  await give('paste', [{ name: 'pasted.png', data: await file('#7e22ce') }]);
  await tile('pasted.png').waitFor();
  await picture(page, 'image-library');
  expect(await seriousViolations(page)).toEqual([]);

  // By keyboard: opened, described, closed.
  await tile('hive.png').press('Enter');
  const dialog = page.getByRole('dialog', { name: 'hive.png' });
  await dialog.getByLabel('Alternative text').fill('A hive in a garden');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('Saved.').waitFor();
  expect(await seriousViolations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByLabel('Search the images').fill('garden');
  await tile('loaf.png').waitFor({ state: 'detached' });
  await page.getByRole('listitem').getByAltText('A hive in a garden').waitFor();

  // What nothing shows goes at once, and comes back.
  await tile('hive.png').click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Nothing found for “garden”').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await tile('hive.png').waitFor();

  // What an article shows is asked about; the article is named.
  await page.goto('/images?show=generated');
  await tile('a-loaf-on-a-table.png').waitFor();
  await page.getByLabel('Which images').selectOption('Title cards');
  await tile('bread-at-home.png').click();
  const used = page.getByRole('dialog', { name: 'bread-at-home.png' });
  await used.getByRole('link', { name: 'Bread at home' }).waitFor();
  await used.getByRole('button', { name: 'Delete although it is used' }).click();
  await page.getByRole('alertdialog').getByText('“Bread at home” will be without it').waitFor();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Keep it' }).click();
  await page.keyboard.press('Escape');

  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto('/images?show=generated');
  await tile('a-loaf-on-a-table.png').click();
  await page.getByRole('dialog').getByText('$0.063').waitFor();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  expect(await seriousViolations(page)).toEqual([]);
  await picture(page, 'image-details-phone-dark');
  expect(faults).toEqual([]);
  await page.context().close();
});
