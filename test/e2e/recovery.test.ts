import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askApi, launchBrowser, openPage, signUp, silentHost, startServer, type TestServer } from './browser.ts';
import { sourceTexts } from './source-texts.ts';

/*
 * The server is killed, as a power cut would, while pages are open: a text is being written, a run is shown, forms are half
 * filled, a queue is looked at. One cut for all of them: nobody reloads a page, and nothing that was typed is lost.
 */

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ CONCURRENT_PIPELINES: '1' }), launchBrowser()]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

it('every page that was open when the server was killed goes on by itself, and no text is lost', async () => {
  const faults: string[][] = [];
  const open = async (path: string) => {
    const opened = await openPage(browser, server);
    faults.push(opened.faults);
    await opened.page.goto(path);
    return opened.page;
  };
  const editor = await open('/articles');
  const article = await askApi(editor, 'POST', '/articles', { title: 'Cut off', markdown: 'One.\n\nTwo.\n' });
  const site = await askApi(editor, 'POST', '/sites', {
    name: 'A silent site',
    url: `http://${silentHost}`,
    username: 'editor',
    applicationPassword: 'abcd efgh ijkl mnop qrst uvwx',
  });
  await askApi(editor, 'POST', `/sites/${site.id}/pause`, {});
  const sent = await askApi(editor, 'POST', `/articles/${article.id}/publications`, {
    siteId: site.id,
    status: 'draft',
  });
  await editor.goto(`/articles/${article.id}?edit=text`);
  const text = editor.getByRole('textbox', { name: 'Text of the article' });
  await text.getByText('Two.').click();
  await editor.keyboard.press('End');

  const brief = await open('/new');
  await brief.getByLabel('Topic', { exact: true }).fill('What a power cut does to bread');
  const list = await open('/topics/import');
  await list.getByLabel('Your list').fill('Laying a hedge\nBuilding a dry stone wall');
  const settings = await open('/account');
  await settings.getByLabel('Name', { exact: true }).fill('Another Name');
  const queue = await open('/queue');
  const waiting = queue.getByRole('list', { name: 'Waiting' });
  await waiting.getByRole('link', { name: 'Cut off' }).waitFor();
  // One at a time, and several before it: what is looked at is not through when the power goes.
  const start = (topic: string) =>
    askApi(editor, 'POST', '/pipelines', { topic, sources: sourceTexts, duplicates: 'allow' });
  for (const topic of ['How disks fail', 'How people fail', 'How plans fail']) await start(topic);
  const run = await open(`/runs/${(await start('How backups fail')).id}`);
  await run.getByRole('heading', { level: 1, name: 'How backups fail' }).waitFor();

  await server.kill();
  // While it is away people go on: one types, one sends, one only looks.
  await editor.keyboard.type(' And three.');
  await editor.getByText('Not saved: offline, will try again').waitFor();
  await button(settings, 'Save').click();
  await settings.getByRole('alert').getByText('The server does not answer.').waitFor();
  await button(list, 'Look at it first').click();
  await list.getByRole('alert').getByText('The server does not answer.').waitFor();
  await button(queue, 'Cancel: Cut off').click();
  await queue.getByRole('alert').getByText('The server does not answer.').waitFor();
  await run.getByText('This may be out of date; the page keeps trying').waitFor();

  await server.revive();
  // A text saves itself, a run is shown to its end, a queue is that of the server: nobody has done anything.
  await editor.getByRole('status').getByText('Saved', { exact: true }).waitFor({ timeout: 60_000 });
  expect((await askApi<{ markdown: string }>(editor, 'GET', `/articles/${article.id}`)).markdown).toBe(
    'One.\n\nTwo. And three.\n',
  );
  await run.getByRole('link', { name: 'Open the article' }).waitFor({ timeout: 120_000 });
  await run.getByText('This may be out of date; the page keeps trying').waitFor({ state: 'detached' });
  await queue.getByText('No connection to the server').waitFor({ state: 'detached' });
  await waiting.getByRole('link', { name: 'Cut off' }).waitFor();
  await askApi(queue, 'POST', `/publications/${sent.id}/cancel`);
  await waiting.getByRole('link', { name: 'Cut off' }).waitFor({ state: 'detached' });

  // What was filled in stands there, and now it can be sent.
  expect(await settings.getByLabel('Name', { exact: true }).inputValue()).toBe('Another Name');
  await button(settings, 'Save').click();
  await settings.getByText('Saved', { exact: true }).waitFor();
  expect(await askApi(settings, 'GET', '/me')).toMatchObject({ name: 'Another Name' });
  await button(list, 'Look at it first').click();
  await list.getByRole('heading', { name: '2 topics will be added' }).waitFor();
  await brief.getByText('No connection to the server').waitFor({ state: 'detached' });
  expect(await brief.getByLabel('Topic', { exact: true }).inputValue()).toBe('What a power cut does to bread');
  await brief.reload();
  expect(await brief.getByLabel('Topic', { exact: true }).inputValue()).toBe('What a power cut does to bread');
  expect(faults.flat()).toEqual([]);
});
