import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  askApi,
  faultsInBothThemes,
  launchBrowser,
  type openPage,
  picture,
  signUp,
  sizes,
  startServer,
  type TestServer,
  visitPage,
} from './browser.ts';

let server: TestServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  await signUp(browser, server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

interface Article {
  id: string;
  revision: number;
  title: string;
  slug: string;
  markdown: string;
  metaTitle: string;
}

const sample = `Sourdough is flour, water and *time*.[^1] It rises by itself, and **slowly**.

## What it needs

- A jar
- Flour and water
  1. Wheat
  2. Rye

> A starter is a pet that feeds you.

| Flour | Water |
| :-- | --: |
| 100 g | 100 g |
| 50 g | 40 g |

\`\`\`js title="feed.js"
feed('starter');
\`\`\`

- [ ] Feed it
- [x] Name it

<!-- kept from the site: gallery 0123456789abcdef -->

A last line with a [link](https://example.com/a) and \`code\`.[^2]

[^1]: [On dough](<https://example.com/dough>), Baker’s Weekly, 2026-01-02.

[^2]: A book about bread.
`;

const editor = (page: Page) => page.getByRole('textbox', { name: 'Text of the article' });
const saved = (page: Page) => page.getByRole('status').getByText('Saved', { exact: true }).waitFor();
const read = (page: Page, id: string) => askApi<Article>(page, 'GET', `/articles/${id}`);

/** Opens a new article in the editor. */
async function edit(
  work: (page: Page, id: string) => Promise<void>,
  {
    markdown = sample,
    title = 'On sourdough',
    ...options
  }: { markdown?: string; title?: string } & Parameters<typeof openPage>[2] = {},
) {
  await visitPage(
    browser,
    server,
    '/articles',
    async (page) => {
      const { id } = await askApi(page, 'POST', '/articles', { title, markdown, language: 'en' });
      await page.goto(`/articles/${id}?edit=text`);
      await editor(page).waitFor();
      await work(page, id);
    },
    options,
  );
}

/** Puts the caret behind some words. */
async function caretBehind(page: Page, words: string): Promise<void> {
  await editor(page).focus();
  await page.evaluate((text) => {
    const root = document.querySelector('.article-editor') as HTMLElement;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = (node.textContent ?? '').indexOf(text);
      if (at >= 0) return getSelection()?.collapse(node, at + text.length);
    }
    throw new Error(`The text does not hold “${text}”.`);
  }, words);
  // The editor hears of the selection by an event of its own.
  await page.waitForFunction(() => new Promise((resolve) => requestAnimationFrame(() => resolve(true))));
}

/** Puts `parts` on the clipboard of the page and pastes them where the caret is. */
async function paste(page: Page, parts: Record<string, string>): Promise<void> {
  await editor(page).evaluate((element, given) => {
    const data = new DataTransfer();
    for (const [type, text] of Object.entries(given)) data.setData(type, text);
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, parts);
}

describe('writing', () => {
  it('is opened from the article by its button and by a key, and leads back to reading', async () => {
    await visitPage(browser, server, '/articles', async (page) => {
      const { id } = await askApi(page, 'POST', '/articles', { title: 'Read first', markdown: sample });
      await page.goto(`/articles/${id}`);
      await page.getByRole('heading', { level: 1, name: 'Read first' }).waitFor();
      expect(await editor(page).count()).toBe(0);
      await page.keyboard.press('e');
      await editor(page).waitFor();
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('heading', { level: 1, name: 'Read first' }).waitFor();
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await editor(page).waitFor();
      // Nothing was changed: nothing was saved.
      expect(await read(page, id)).toMatchObject({ revision: 1, markdown: sample });
    });
  });

  it('saves what is typed by itself, changes only that block, and makes one revision of it', async () => {
    await edit(async (page, id) => {
      await caretBehind(page, 'A jar');
      await page.keyboard.type(' with a lid');
      await saved(page);
      await page.keyboard.type(', clean');
      await saved(page);
      const article = await read(page, id);
      expect(article.markdown).toBe(sample.replace('A jar', 'A jar with a lid, clean'));
      expect(article.revision).toBe(3);
      const { items } = await askApi<{ items: Article[] }>(page, 'GET', `/articles/${id}/revisions`);
      expect(items.map(({ revision }) => revision)).toEqual([3, 1]);
      await picture(page, 'editor-desktop');
    });
  });
});
