import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tester } from '../account.ts';
import {
  askApi,
  atHome,
  faultsInBothThemes,
  launchBrowser,
  nobody,
  openPage,
  picture,
  signUp,
  sizes,
  startServer,
  type TestServer,
  untilTrue,
  visitPage,
} from './browser.ts';
import { docsHtml, wordHtml } from './clipboards.ts';

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
  const found = await page.evaluate(`(() => {
    const text = ${JSON.stringify(words)};
    const walker = document.createTreeWalker(document.querySelector('.article-editor'), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = node.textContent.indexOf(text);
      if (at < 0) continue;
      getSelection().collapse(node, at + text.length);
      return true;
    }
    return false;
  })()`);
  expect(found, words).toBe(true);
  await selectionHeard(page);
}

/** The editor hears of a selection that keys or scripts have moved by an event of its own. */
const selectionHeard = (page: Page) =>
  page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');

/** Puts `parts` on the clipboard of the page and pastes them where the caret is. */
async function paste(page: Page, parts: Record<string, string>): Promise<void> {
  await page.evaluate(`(() => {
    const data = new DataTransfer();
    for (const [type, text] of Object.entries(${JSON.stringify(parts)})) data.setData(type, text);
    const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
    document.querySelector('.article-editor').dispatchEvent(event);
  })()`);
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

  it('can be done with the keyboard alone, and in Markdown as it is typed', async () => {
    await edit(
      async (page, id) => {
        await editor(page).focus();
        await page.keyboard.press('Control+End');
        await page.keyboard.press('Enter');
        await page.keyboard.type('## A heading');
        await page.keyboard.press('Enter');
        await page.keyboard.type('Some **bold**, ');
        await page.keyboard.press('Control+i');
        await page.keyboard.type('italic');
        await page.keyboard.press('Control+i');
        await page.keyboard.type(' and `code` and ');
        await page.keyboard.press('Control+k');
        await page.getByRole('dialog', { name: 'Link' }).waitFor();
        await page.keyboard.type('javascript:alert(1)');
        await page.keyboard.press('Enter');
        await page.getByText('Links lead to https://').waitFor();
        await page.keyboard.press('Control+a');
        await page.keyboard.type('example.com/x');
        await page.keyboard.press('Tab');
        await page.keyboard.type('a page');
        await page.keyboard.press('Enter');
        await page.getByRole('dialog').waitFor({ state: 'hidden' });
        await untilTrue(page, 'document.activeElement.classList.contains("article-editor")');
        await page.keyboard.type('.');
        await page.keyboard.press('Enter');
        await page.keyboard.type('- one');
        await page.keyboard.press('Enter');
        await page.keyboard.press('Tab');
        await page.keyboard.type('deeper');
        await page.keyboard.press('Enter');
        await page.keyboard.press('Enter');
        await page.keyboard.press('Enter');
        await page.keyboard.type('> quoted');
        await page.keyboard.press('Enter');
        await page.keyboard.press('Enter');
        await page.keyboard.type('```js');
        await page.keyboard.press('Enter');
        await page.keyboard.type('**x** = 1');
        await page.keyboard.press('Control+Enter');
        await page.keyboard.type('The end');
        await page.keyboard.press('Control+Alt+3');
        // Into the formatting, along it, and back.
        await page.keyboard.press('Alt+F10');
        await page.keyboard.press('End');
        await page.keyboard.press('ArrowLeft');
        await page.keyboard.press('ArrowLeft');
        expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Dividing line');
        await page.keyboard.press('Escape');
        expect(await page.evaluate('document.activeElement.classList.contains("article-editor")')).toBe(true);
        // Tab leaves the text after Escape.
        await page.keyboard.press('Escape');
        await page.keyboard.press('Tab');
        expect(await page.evaluate('document.activeElement.classList.contains("article-editor")')).toBe(false);
        await saved(page);
        expect((await read(page, id)).markdown).toBe(
          'Start.\n\n## A heading\n\nSome **bold**, *italic* and `code` and [a page](https://example.com/x).\n\n- one\n  - deeper\n\n> quoted\n\n```js\n**x** = 1\n```\n\n### The end\n',
        );
      },
      { markdown: 'Start.\n' },
    );
  });

  it('shows the Markdown as it is, and takes it back without touching what was not changed', async () => {
    await edit(async (page, id) => {
      await page.getByRole('button', { name: 'Show as Markdown' }).click();
      const source = page.getByRole('textbox', { name: 'Markdown of the article' });
      expect(await source.inputValue()).toBe(sample);
      await source.fill(
        sample
          .replace('## What it needs', 'What it needs\n=============')
          .replace('100 g |\n', '100 g |\n| _9 g_ | 9 g |\n'),
      );
      await saved(page);
      await picture(page, 'editor-source');
      await page.getByRole('button', { name: 'Show as text' }).click();
      await editor(page).getByRole('heading', { level: 1, name: 'What it needs' }).waitFor();
      await caretBehind(page, 'Name it');
      await page.keyboard.type(' well');
      await saved(page);
      const { markdown } = await read(page, id);
      expect(markdown).toContain('\n\nWhat it needs\n=============\n\n- A jar');
      expect(markdown).toContain('| _9 g_ | 9 g |');
      expect(markdown).toContain('- [x] Name it well');
    });
  });

  it('keeps citations whole, shows what they point at, and takes them along', async () => {
    await edit(async (page, id) => {
      const marks = editor(page).locator('.citation');
      await expect.poll(() => marks.allTextContents()).toEqual(['1', '2']);
      await marks.first().hover();
      await page.getByRole('tooltip').getByText('On dough, Baker’s Weekly, 2026-01-02.').waitFor();
      await editor(page).getByRole('img', { name: 'Source 1: On dough, Baker’s Weekly, 2026-01-02.' }).waitFor();
      await picture(page, 'editor-citation');
      // The second paragraph of the sample goes above the first: so does its number.
      await caretBehind(page, 'A last line with a');
      await page.keyboard.press('Home');
      await page.keyboard.press('Shift+End');
      await selectionHeard(page);
      await page.keyboard.press('Control+x');
      await expect.poll(() => marks.count()).toBe(1);
      await caretBehind(page, 'Sourdough is flour');
      // Chromium leaves the key undone while it still lays out what was cut.
      await expect
        .poll(async () => {
          await page.keyboard.press('Home');
          await selectionHeard(page);
          return page.evaluate('getSelection().anchorOffset');
        })
        .toBe(0);
      await page.keyboard.press('Control+v');
      await page.keyboard.type(' ');
      await expect.poll(() => marks.evaluateAll((all) => all.map((one) => one.textContent))).toEqual(['1', '2']);
      await saved(page);
      expect((await read(page, id)).markdown).toMatch(
        /^A last line with a \[link\]\(https:\/\/example.com\/a\) and `code`\.\[\^2\] Sourdough is flour, water and \*time\*\.\[\^1\]/,
      );
      // Deleted, it goes as a whole.
      await caretBehind(page, 'and ');
      await page.keyboard.press('Control+z');
      await caretBehind(page, ' It rises');
      for (let key = 0; key < ' It rises'.length + 1; key += 1) await page.keyboard.press('Backspace');
      await saved(page);
      const { markdown } = await read(page, id);
      expect(markdown.split('[^1]').length).toBe(2);
      expect(markdown).not.toContain('[^ ');
    });
  });

  it('keeps what Markdown has no form for as its source, which can be changed and deleted', async () => {
    await edit(async (page, id) => {
      await page.getByText('Kept from your site: gallery').waitFor();
      await page.getByRole('button', { name: 'Edit the source' }).click();
      const source = page.getByRole('textbox', { name: 'Source' });
      expect(await source.inputValue()).toBe('<!-- kept from the site: gallery 0123456789abcdef -->');
      await source.fill('<div class="mine">\n\nText **between**\n\n</div>');
      await page.keyboard.press('Control+Enter');
      await editor(page).getByText('between').waitFor();
      await saved(page);
      expect((await read(page, id)).markdown).toBe(
        sample.replace(
          '<!-- kept from the site: gallery 0123456789abcdef -->',
          '<div class="mine">\n\nText **between**\n\n</div>',
        ),
      );
      await page.getByRole('button', { name: 'Delete', exact: true }).first().click();
      await saved(page);
      expect((await read(page, id)).markdown).not.toContain('<div class="mine">');
    });
  });

  it('edits tables, and puts images of the library and of the clipboard into the text', async () => {
    await edit(async (page, id) => {
      await caretBehind(page, '50 g');
      await page.getByRole('button', { name: 'Row below' }).click();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.type('25 g');
      await page.getByRole('button', { name: 'Column after' }).click();
      await picture(page, 'editor-table');
      await saved(page);
      expect((await read(page, id)).markdown).toMatch(/\| 50 g +\|.*\n\|.*25 g/);
      await page.getByRole('button', { name: 'Delete column' }).click();
      await caretBehind(page, 'slowly');
      await page.keyboard.press('End');
      await page.evaluate(`(async () => {
        const canvas = Object.assign(document.createElement('canvas'), { width: 8, height: 8 });
        const blob = await new Promise((resolve) => canvas.toBlob(resolve));
        const data = new DataTransfer();
        data.items.add(new File([blob], 'jar.png', { type: 'image/png' }));
        const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
        document.querySelector('.article-editor').dispatchEvent(event);
      })()`);
      const image = editor(page).locator('img[src^="/api/v1/images/"]');
      await image.click();
      await page.getByRole('button', { name: 'Image', exact: true }).click();
      await page.getByLabel('Description').fill('A jar [of] dough');
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await saved(page);
      expect((await read(page, id)).markdown).toMatch(
        /!\[A jar \\?\[of\\?\] dough\]\(\/api\/v1\/images\/[\da-f-]+\/file\)/,
      );
    });
  });

  it('has the fields for search beside it, with a result as it will look', async () => {
    await edit(async (page, id) => {
      await page.getByRole('tab', { name: 'SEO' }).click();
      const fields = page.getByRole('region', { name: 'Search' });
      await fields.getByLabel('Title for search').fill('Sourdough, slowly');
      await fields.getByText('17 characters, fits').waitFor();
      await fields.getByLabel('Description for search').fill('How dough rises by itself. '.repeat(12));
      await fields.getByText('will probably be cut off').waitFor();
      await fields.getByLabel('Address', { exact: true }).fill('My Sourdough!');
      await fields.getByLabel('Keyword').fill('sourdough');
      await page.getByLabel('Title', { exact: true }).fill('On sourdough, again');
      await saved(page);
      expect(await read(page, id)).toMatchObject({
        title: 'On sourdough, again',
        slug: 'my-sourdough',
        metaTitle: 'Sourdough, slowly',
        keyword: 'sourdough',
      });
      await expect.poll(() => fields.getByLabel('Address', { exact: true }).inputValue()).toBe('my-sourdough');
      await page.getByLabel('Title', { exact: true }).fill('');
      await page.getByText('An article needs a title').waitFor();
      await picture(page, 'editor-search');
      expect((await read(page, id)).title).toBe('On sourdough, again');
    });
  });
});

describe('what is not saved is not lost', () => {
  it('survives a server that is killed while one types, and a page that is closed then', async () => {
    const { page } = await openPage(browser, server);
    await page.goto('/articles');
    const { id } = await askApi(page, 'POST', '/articles', { title: 'Cut off', markdown: 'One.\n\nTwo.\n' });
    await page.goto(`/articles/${id}?edit=text`);
    await caretBehind(page, 'One.');
    await server.kill();
    await page.keyboard.type(' More.');
    await page.getByText('Not saved: offline, will try again').waitFor();
    await picture(page, 'editor-offline');
    const kept = await page.context().storageState();
    await page.context().close();
    await server.revive();
    await visitPage(
      browser,
      server,
      `/articles/${id}?edit=text`,
      async (again) => {
        await again.getByText('What you had written and was not saved yet is back.').waitFor();
        await picture(again, 'editor-restored');
        await saved(again);
        expect((await read(again, id)).markdown).toBe('One. More.\n\nTwo.\n');
        expect(await again.evaluate('Object.keys(localStorage).filter((key) => key.includes("draft")).length')).toBe(0);
        // The connection goes, and comes back.
        await again.context().setOffline(true);
        await caretBehind(again, 'Two.');
        await again.keyboard.type(' And more.');
        await again.getByText('Not saved: offline, will try again').waitFor();
        await again.context().setOffline(false);
        await saved(again);
        expect((await read(again, id)).markdown).toBe('One. More.\n\nTwo. And more.\n');
      },
      { storageState: kept },
    );
  });

  it('is there again after a reload in the middle of typing', async () => {
    await edit(async (page, id) => {
      await caretBehind(page, 'A jar');
      await page.route('**/api/v1/articles/*', (route) =>
        route.request().method() === 'PATCH' ? route.abort() : route.continue(),
      );
      await page.keyboard.type(' of glass');
      await page.reload();
      await editor(page).getByText('A jar of glass').waitFor();
      await page.unroute('**/api/v1/articles/*');
      await saved(page);
      expect((await read(page, id)).markdown).toBe(sample.replace('A jar', 'A jar of glass'));
    });
  });

  it('is there again for whoever logs in after a session that ended while they typed', async () => {
    const { page } = await openPage(browser, server, nobody);
    await page.goto('/login');
    const logIn = async () => {
      await page.getByLabel('Mail address').fill(tester.email);
      await page.getByLabel('Password', { exact: true }).fill(tester.password);
      await page.getByRole('button', { name: 'Log in' }).click();
    };
    await logIn();
    await atHome(page);
    const { id } = await askApi(page, 'POST', '/articles', { title: 'Ended', markdown: 'One.\n' });
    await page.goto(`/articles/${id}?edit=text`);
    await caretBehind(page, 'One.');
    await page.context().clearCookies();
    await page.keyboard.type(' Two.');
    await page.waitForURL('**/login**');
    await logIn();
    await editor(page).getByText('One. Two.').waitFor();
    await saved(page);
    expect((await read(page, id)).markdown).toBe('One. Two.\n');
    await page.context().close();
  });

  it('puts together what two tabs wrote, and asks only where both changed the same place', async () => {
    await edit(async (page, id) => {
      const other = await page.context().newPage();
      await other.goto(`/articles/${id}?edit=text`);
      await editor(other).waitFor();
      await caretBehind(page, 'A jar');
      await page.keyboard.type(' here');
      await saved(page);
      await caretBehind(other, 'feeds you.');
      await other.keyboard.type(' And there.');
      await other.getByText('This article was changed elsewhere as well.').waitFor();
      await saved(other);
      const both = sample.replace('A jar', 'A jar here').replace('feeds you.', 'feeds you. And there.');
      expect((await read(page, id)).markdown).toBe(both);
      // Undoing takes back what was written here, not what came from elsewhere.
      await other.keyboard.press('Control+z');
      await saved(other);
      expect((await read(page, id)).markdown).toBe(sample.replace('A jar', 'A jar here'));

      await caretBehind(page, 'slowly');
      await page.keyboard.type(' MINE');
      await saved(page);
      await caretBehind(other, 'slowly');
      await other.keyboard.type(' THEIRS');
      await other.getByText('You and someone else changed the same place').waitFor();
      await picture(other, 'editor-clash');
      expect(await faultsInBothThemes(other, 'editor-clash-themes')).toEqual([]);
      // Nothing is written over while nobody has decided.
      expect((await read(page, id)).markdown).toContain('slowly MINE');
      expect((await read(page, id)).markdown).not.toContain('THEIRS');
      await other.reload();
      await other.getByText('You and someone else changed the same place').waitFor();
      await other.getByRole('button', { name: 'Keep both' }).click();
      await other.getByRole('button', { name: 'Go on with this' }).click();
      await saved(other);
      const { markdown } = await read(page, id);
      expect(markdown).toContain('slowly MINE');
      expect(markdown).toContain('slowly THEIRS');
      expect(markdown).toContain('A jar here');
    });
  });

  it('says that the article was deleted meanwhile, keeps the text, and saves it once it is back', async () => {
    await edit(async (page, id) => {
      await askApi<null>(page, 'DELETE', `/articles/${id}`).catch(() => null);
      await caretBehind(page, 'A jar');
      await page.keyboard.type(' of clay');
      await page.getByText('This article was put into the bin').waitFor();
      await picture(page, 'editor-gone');
      await page.getByRole('button', { name: 'Take it out of the bin' }).click();
      await saved(page);
      expect((await read(page, id)).markdown).toContain('A jar of clay');
    });
  });
});

describe('pasting', () => {
  const into = (name: string, parts: Record<string, string>, expected: string) =>
    it(name, async () => {
      await edit(
        async (page, id) => {
          await editor(page).focus();
          await page.keyboard.press('Control+End');
          await page.keyboard.press('Enter');
          await paste(page, parts);
          await saved(page);
          expect((await read(page, id)).markdown).toBe(`Before.\n\n${expected}\n`);
        },
        { markdown: 'Before.\n' },
      );
    });

  into(
    'from Word leaves headings, lists, emphasis, links and tables, and nothing of Word',
    { 'text/html': wordHtml, 'text/plain': 'Plain' },
    [
      '## Quarterly plan',
      'We **must** ship *soon*, see [the plan](https://example.com/plan).',
      '- First point\n- Second point\n  - Below it\n- Third point',
      '1. One\n2. Two',
      '> A quote of someone.',
      '| Name | Count |\n| ---- | ----- |\n| Jars | 2     |',
      'The end.',
    ].join('\n\n'),
  );

  into(
    'from Google Docs leaves the same, without bold that is none',
    { 'text/html': docsHtml, 'text/plain': 'Plain' },
    [
      '## Meeting notes',
      'Some **bold** and *italic* and ~~gone~~ text, with a [link](https://example.com/?a=1).',
      '- Item one\n- Item two\n  - Nested\n- Item three',
      'Last paragraph.',
    ].join('\n\n'),
  );

  into(
    'of Markdown becomes what it says',
    { 'text/plain': '### Pasted\n\n* a\n* b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n`code` and **bold**' },
    '### Pasted\n\n- a\n- b\n\n| x | y |\n| --- | --- |\n| 1 | 2 |\n\n`code` and **bold**',
  );

  it('of an address onto words links them, and elsewhere writes it', async () => {
    await edit(
      async (page, id) => {
        await editor(page).focus();
        // The first word, as a double click takes it.
        await editor(page)
          .locator('p')
          .first()
          .dblclick({ position: { x: 20, y: 12 } });
        await untilTrue(page, "getSelection().toString().trim() === 'Before'");
        await paste(page, { 'text/plain': 'https://example.com/jars?a=1' });
        await saved(page);
        expect((await read(page, id)).markdown).toBe('[Before](https://example.com/jars?a=1) it.\n');
        await page.keyboard.press('Control+End');
        await paste(page, { 'text/plain': 'https://example.org/' });
        await expect
          .poll(async () => (await read(page, id)).markdown, { timeout: 20_000 })
          .toMatch(/^\[Before\]\(https:\/\/example\.com\/jars\?a=1\) it\..*https:\/\/example\.org\//);
      },
      { markdown: 'Before it.\n' },
    );
  });

  it('of what means harm leaves harmless text', async () => {
    await edit(
      async (page, id) => {
        await editor(page).focus();
        await page.keyboard.press('Control+End');
        await paste(page, {
          'text/html':
            '<p>Good<script>window.harm = 1</script><img src="x" onerror="window.harm = 2"><a href="javascript:window.harm = 3">link</a><svg onload="window.harm = 4"></svg><iframe srcdoc="<script>parent.harm = 5</script>"></iframe></p><p onclick="window.harm = 6" style="position:fixed;inset:0">text</p><a href="data:text/html,x">data</a><form action="https://evil.example"><input name="q"><button>go</button></form>',
        });
        await saved(page);
        const { markdown } = await read(page, id);
        expect(markdown).not.toMatch(/script|onerror|javascript|data:|svg|iframe|style/);
        expect(markdown).toContain('Good');
        // What stands in the Markdown itself does not run here either.
        await page.getByRole('button', { name: 'Show as Markdown' }).click();
        await page
          .getByRole('textbox', { name: 'Markdown of the article' })
          .fill('[x](javascript:window.harm=7)\n\n<img src=x onerror="window.harm = 8">\n\n![y](javascript:z)\n');
        await page.getByRole('button', { name: 'Show as text' }).click();
        await editor(page).getByText('x', { exact: true }).first().click();
        await saved(page);
        expect(await page.evaluate('window.harm')).toBeUndefined();
        expect(await editor(page).locator('[href^="javascript"], [onerror]').count()).toBe(0);
      },
      { markdown: 'Before.\n' },
    );
  });
});

describe('at every size, light and dark', () => {
  it.each(['phone', 'desktop'] as const)(
    'has no serious accessibility violation and never scrolls sideways: %s',
    async (size) => {
      await edit(
        async (page) => {
          await caretBehind(page, '100 g');
          expect(await faultsInBothThemes(page, `editor-${size}`)).toEqual([]);
          await picture(page, `editor-${size}-whole`, true);
          await page.getByRole('button', { name: 'Show as Markdown' }).click();
          expect(await faultsInBothThemes(page, `editor-source-${size}`)).toEqual([]);
          await page.getByRole('tab', { name: 'SEO' }).click();
          await page.getByRole('region', { name: 'Search' }).waitFor();
          expect(await faultsInBothThemes(page, `editor-search-${size}`)).toEqual([]);
        },
        { viewport: sizes[size], hasTouch: size === 'phone' },
      );
    },
  );
});
