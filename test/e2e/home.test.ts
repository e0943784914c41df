import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  askApi,
  atHome,
  faultsInBothThemes,
  fillRegistration,
  launchBrowser,
  nobody,
  openPage,
  picture,
  signUp,
  silentHost,
  sizes,
  startServer,
  type TestServer,
  untilTrue,
  visitPage,
} from './browser.ts';
import { sourceTexts } from './source-texts.ts';

/** Anyone may register, and a search provider is named that never answers. */
let server: TestServer;
/** Takes no new accounts, searches nothing, and names its terms. */
let closed: TestServer;
let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
  // One after the other: a slow machine has enough to do with one that starts.
  server = await startServer({ SEARCH_URL: `http://${silentHost}`, SOURCE_URL: 'https://git.example/blog-poster' });
  await signUp(browser, server);
  closed = await startServer({ SIGNUPS: 'closed', TERMS_URL: 'https://blog.example/terms' });
  await signUp(browser, closed);
}, 400_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await closed?.stop();
});

type Options = Parameters<typeof openPage>[2];
const phone = { viewport: sizes.phone, hasTouch: true };
const visit = (path: string, work: (page: Page) => Promise<void>, options: Options = {}, on = server) =>
  visitPage(browser, on, path, work, options);
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
const pathOf = (page: Page) => new URL(page.url()).pathname + new URL(page.url()).search;
const part = (page: Page, name: string) => page.getByRole('region', { name });
const topicBox = (page: Page) => page.getByLabel('What should the next article be about?');

describe('who is not signed in', () => {
  it('sees what this is and what it holds to, on a desk and on a phone, and goes on to an account', async () => {
    const found: string[] = [];
    for (const [name, size] of [
      ['desktop', {}],
      ['phone', phone],
    ] as const) {
      await visit(
        '/',
        async (page) => {
          await heading(page, 'Articles that show where every claim comes from');
          await heading(page, 'No invented source');
          await page.getByRole('link', { name: 'Source', exact: true }).waitFor();
          expect(await page.getByRole('link', { name: 'Terms' }).count()).toBe(0);
          found.push(...(await faultsInBothThemes(page, `landing-${name}`, { fullPage: true })));
          await page.getByRole('link', { name: 'Create an account' }).click();
          await heading(page, 'Create an account');
          await page.goBack();
          await page.getByRole('link', { name: 'Log in' }).first().click();
          await heading(page, 'Log in');
          await page.getByRole('link', { name: 'blog-poster' }).click();
          await heading(page, 'Articles that show where every claim comes from');
        },
        { ...nobody, ...size },
      );
    }
    expect(found).toEqual([]);
  });

  it('is told where no new accounts are made, and finds the terms of whoever runs the instance', async () => {
    await visit(
      '/',
      async (page) => {
        await page.getByText('No new accounts are made here.').waitFor();
        expect(await page.getByRole('link', { name: 'Create an account' }).count()).toBe(0);
        await expect(page.getByRole('link', { name: 'Terms' }).getAttribute('href')).resolves.toBe(
          'https://blog.example/terms',
        );
        await picture(page, 'landing-closed');
      },
      nobody,
      closed,
    );
  });

  it('is led to the log-in page from every other address, and by an old link to the form with its topic', async () => {
    await visit(
      '/articles',
      async (page) => {
        await heading(page, 'Log in');
        await page.goto('/?topic=01890000-0000-7000-8000-000000000000');
        await heading(page, 'Log in');
        expect(pathOf(page)).toBe(
          `/login?next=${encodeURIComponent('/new?topic=01890000-0000-7000-8000-000000000000')}`,
        );
      },
      nobody,
    );
  });
});

describe('the overview', () => {
  it('begins with the first steps, each a click away, which can be put aside and taken back', async () => {
    const found: string[] = [];
    for (const [name, size] of [
      ['desktop', {}],
      ['phone', phone],
    ] as const) {
      await visit(
        '/',
        async (page) => {
          await atHome(page);
          await heading(page, 'Your first article');
          await page.getByRole('link', { name: 'See a finished article first' }).waitFor({ timeout: 90_000 });
          await page.getByText('Nothing waits for you.').waitFor();
          await page.getByText('Nothing is planned.').waitFor();
          expect(
            await part(page, 'This month').locator('dt', { hasText: 'goes on' }).locator('+ dd').textContent(),
          ).toBe('–');
          found.push(...(await faultsInBothThemes(page, `overview-empty-${name}`, { fullPage: true })));
        },
        size,
        closed,
      );
    }
    expect(found).toEqual([]);
    await visit(
      '/',
      async (page) => {
        await page.getByRole('link', { name: 'Connect a site' }).click();
        await page.getByLabel('Address', { exact: true }).waitFor();
        await page.goBack();
        await button(page, 'Hide this').click();
        await page.getByRole('heading', { name: 'Your first article' }).waitFor({ state: 'detached' });
        await button(page, 'Undo').click();
        await heading(page, 'Your first article');
        await button(page, 'Hide this').click();
        await page.reload();
        await page.getByText('Nothing waits for you.').waitFor();
        expect(await page.getByRole('heading', { name: 'Your first article' }).count()).toBe(0);
      },
      {},
      closed,
    );
  });

  it('asks for the sources of a topic where it cannot search, and keeps what was typed', async () => {
    await visit(
      '/',
      async (page) => {
        await page.getByText('Enter takes you on to the sources').waitFor();
        await topicBox(page).fill('How to prune an old apple tree');
        await topicBox(page).press('Enter');
        await page.waitForURL('**/new');
        await expect(page.getByLabel('Topic', { exact: true }).inputValue()).resolves.toBe(
          'How to prune an old apple tree',
        );
      },
      {},
      closed,
    );
  });

  it('begins an article with Enter, shows it at work without being asked anew, and is ready for the next', async () => {
    await visit('/', async (page) => {
      await topicBox(page).press('Enter');
      await page.getByRole('alert').getByText('Say what the article is about.').waitFor();
      await page.getByText('Enter starts it.').waitFor();
      await topicBox(page).fill('How to sharpen a plane');
      await topicBox(page).press('Enter');
      await part(page, 'At work').getByRole('link', { name: 'How to sharpen a plane' }).waitFor();
      await expect(topicBox(page).inputValue()).resolves.toBe('');
      await button(page, 'Watch it').click();
      await page.waitForURL('**/runs/*');
      await heading(page, 'How to sharpen a plane');
    });
  });

  it('shows what waits for a person with the one thing to do, and what is at work', async () => {
    await visit('/', async (page) => {
      const site = await askApi(page, 'POST', '/sites', {
        name: 'Garden notes',
        url: `http://${silentHost}`,
        username: 'editor',
        applicationPassword: 'abcd efgh ijkl mnop',
      });
      await askApi(page, 'POST', `/sites/${site.id}/check`);
      const brief = { sources: sourceTexts, siteId: site.id, publish: 'publish' };
      await askApi(page, 'POST', '/pipelines', { ...brief, topic: 'How to keep backups of a small server' });
      await askApi(page, 'POST', '/pipelines', {
        topic: 'A page that cannot be read',
        sources: [{ url: 'http://127.0.0.1:1/private' }],
      });
      const late = await askApi(page, 'POST', '/articles', { title: 'Pruning roses in March', markdown: 'Text.' });
      await askApi(page, 'POST', `/articles/${late.id}/publications`, {
        siteId: site.id,
        status: 'future',
        publishAt: new Date(Date.now() + 3 * 86_400_000).toISOString(),
      });
      const waiting = part(page, 'Waiting for you');
      await waiting.getByText('Garden notes').first().waitFor();
      await waiting.getByRole('link', { name: 'See how to mend it: Garden notes' }).waitFor();
      await waiting
        .getByRole('link', { name: 'Read and approve: How to keep backups of a small server' })
        .waitFor({ timeout: 90_000 });
      await waiting.getByRole('link', { name: 'See why: A page that cannot be read' }).waitFor({ timeout: 90_000 });
      await part(page, 'What comes next').getByRole('link', { name: 'Pruning roses in March' }).waitFor();
      expect(await faultsInBothThemes(page, 'overview-trouble-desktop', { fullPage: true })).toEqual([]);
      await page.setViewportSize(sizes.phone);
      expect(await faultsInBothThemes(page, 'overview-trouble-phone', { fullPage: true })).toEqual([]);
      await page.setViewportSize(sizes.desktop);
      await waiting.getByRole('link', { name: 'Read and approve: How to keep backups of a small server' }).click();
      await page.getByText('The article waits for your approval').waitFor();
    });
  });

  it('loads at most 180 kB of scripts, gzipped, and nothing of the pages that are not open', async () => {
    const { page } = await openPage(browser, server);
    // Nothing is loaded ahead for whoever saves data: what comes then is what the first page needs.
    await page.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } }));
    const loaded = new Map<string, number>();
    const packed: string[] = [];
    page.on('response', async (answer) => {
      if (answer.request().resourceType() !== 'script') return;
      if (answer.url().includes('/frame-')) packed.push((await answer.allHeaders())['content-encoding'] ?? 'none');
      loaded.set(new URL(answer.url()).pathname, gzipSync(await answer.body(), { level: 9 }).length);
    });
    await page.goto('/');
    await atHome(page);
    await page.getByRole('heading', { name: 'This month' }).waitFor();
    await page.waitForLoadState('networkidle');
    const total = [...loaded.values()].reduce((sum, bytes) => sum + bytes, 0);
    await page.context().close();
    expect(loaded.size).toBeGreaterThan(3);
    expect(packed).toEqual([expect.stringMatching(/^(br|gzip)$/)]);
    expect(total, JSON.stringify([...loaded])).toBeLessThan(180_000);
    expect(
      [...loaded.keys()].filter((path) => /article-page|palette-(?!state)|landing|calendar-page/.test(path)),
    ).toEqual([]);
  });

  it('loads the code of the pages one click away once it stands, so that a click asks for none', async () => {
    await visit('/', async (page) => {
      await atHome(page);
      const loaded: string[] = [];
      page.on('response', (answer) => {
        if (answer.request().resourceType() === 'script') loaded.push(new URL(answer.url()).pathname);
      });
      await page.reload();
      await page.getByRole('heading', { name: 'This month' }).waitFor();
      for (const name of ['articles-page', 'article-page', 'usage-page'])
        await expect.poll(() => loaded.some((path) => path.includes(`/${name}-`)), { timeout: 20_000 }).toBe(true);
      await page.waitForLoadState('networkidle');
      const before = loaded.length;
      await page.getByRole('link', { name: 'Articles', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: 'Articles' }).waitFor();
      expect(loaded.slice(before)).toEqual([]);
    });
  });
});

describe('search and commands', () => {
  it('are opened, searched and followed with the keyboard alone, and remember what was chosen', async () => {
    await visit('/', async (page) => {
      await atHome(page);
      await askApi(page, 'POST', '/articles', { title: 'Grafting pears in spring', markdown: 'Text.' });
      await page.keyboard.press('Control+k');
      const field = page.getByRole('combobox', { name: 'Search and commands' });
      await field.waitFor();
      await expect(page.evaluate('document.activeElement.getAttribute("role")')).resolves.toBe('combobox');
      await picture(page, 'palette-open');
      await field.fill('grafting');
      const option = page.getByRole('option', { name: 'Grafting pears in spring' });
      await option.waitFor();
      await expect(option.getAttribute('aria-selected')).resolves.toBe('true');
      await expect(field.getAttribute('aria-activedescendant')).resolves.toBe(await option.getAttribute('id'));
      expect(await faultsInBothThemes(page, 'palette-found')).toEqual([]);
      await page.keyboard.press('ArrowDown');
      await expect(option.getAttribute('aria-selected')).resolves.toBe('false');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Grafting pears in spring' }).waitFor();

      await page.keyboard.press('Control+k');
      await page
        .getByRole('group', { name: 'Recent' })
        .getByRole('option', { name: 'Grafting pears in spring' })
        .waitFor();
      await field.fill('cal');
      await page.getByRole('option', { name: 'Calendar', exact: true }).waitFor();
      await page.keyboard.press('Enter');
      await heading(page, 'Calendar');

      await page.keyboard.press('Control+k');
      await field.fill('zzzz');
      await page.getByRole('status').getByText('1 result').waitFor();
      await page.keyboard.press('Enter');
      await page.waitForURL('**/new');
      await expect(page.getByLabel('Topic', { exact: true }).inputValue()).resolves.toBe('zzzz');
      await page.keyboard.press('Control+k');
      await page.keyboard.press('Escape');
      await field.waitFor({ state: 'detached' });
    });
  });

  it('are reached by a button on a phone, and change the theme', async () => {
    await visit(
      '/articles',
      async (page) => {
        await button(page, 'Search').click();
        expect(await faultsInBothThemes(page, 'palette-phone')).toEqual([]);
        await page.getByRole('combobox', { name: 'Search and commands' }).fill('dark');
        await page.getByRole('option', { name: 'Theme: dark' }).click();
        await untilTrue(page, 'document.documentElement.dataset.theme === "dark"');
      },
      phone,
    );
  });

  it('have keys for every place, which a list names and which can be turned off', async () => {
    await visit('/', async (page) => {
      await atHome(page);
      await page.keyboard.press('g');
      await page.keyboard.press('a');
      await heading(page, 'Articles');
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Go to Calendar').waitFor();
      expect(await faultsInBothThemes(page, 'shortcuts')).toEqual([]);
      await page.getByLabel('Single keys as shortcuts').uncheck();
      await page.keyboard.press('Escape');
      await page.keyboard.press('g');
      await page.keyboard.press('c');
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').waitFor();
      expect(pathOf(page)).toBe('/articles');
    });
  });
});

describe('the list of articles', () => {
  it('moves many to the bin at once, takes them back, and shows how long the bin keeps them', async () => {
    await visit('/articles', async (page) => {
      for (const title of ['Bin one', 'Bin two', 'Bin three']) {
        await askApi(page, 'POST', '/articles', { title, markdown: 'Text.' });
      }
      await page.reload();
      for (const title of ['Bin one', 'Bin two']) await page.getByLabel(`Select ${title}`).check();
      await page.getByRole('toolbar', { name: '2 selected' }).waitFor();
      expect(await faultsInBothThemes(page, 'articles-selected')).toEqual([]);
      const saved = page.waitForEvent('download');
      await button(page, 'Export').click();
      expect((await saved).suggestedFilename()).toMatch(/^articles-\d{4}-\d\d-\d\d\.zip$/);
      await button(page, 'Delete').click();
      await page.getByText('2 moved to the bin.').waitFor();
      await page.getByRole('link', { name: 'Bin one' }).waitFor({ state: 'detached' });
      await button(page, 'Undo').click();
      await page.getByRole('link', { name: 'Bin one' }).waitFor();

      await page.getByLabel('Select Bin three').check();
      await button(page, 'Delete').click();
      await page.getByRole('link', { name: 'Bin three' }).waitFor({ state: 'detached' });
      await page.getByLabel('Show', { exact: true }).selectOption('bin');
      await heading(page, 'Bin');
      await page.getByText('30 days left').waitFor();
      expect(await faultsInBothThemes(page, 'articles-bin')).toEqual([]);
      await button(page, 'Restore Bin three').click();
      await page.getByText('Back among your articles.').waitFor();
      await page.getByText('The bin is empty').waitFor();
      expect(pathOf(page)).toBe('/articles?show=bin');
      await page.getByLabel('Show', { exact: true }).selectOption('all');
      await page.getByRole('link', { name: 'Bin three' }).waitFor();
    });
  });

  it('reads on as it is scrolled, and keeps no more rows than there is room for', async () => {
    await visit('/articles', async (page) => {
      const many = Array.from({ length: 230 }, (_, index) => index);
      for (const index of many) await askApi(page, 'POST', '/articles', { title: `Row ${index}`, markdown: 'Text.' });
      await page.reload();
      await page.getByRole('link', { name: 'Row 229', exact: true }).waitFor();
      for (
        let tries = 0;
        tries < 40 && (await page.getByRole('link', { name: 'Row 0', exact: true }).count()) === 0;
        tries += 1
      ) {
        await page.mouse.wheel(0, 4000);
        await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
        await page.waitForLoadState('networkidle');
      }
      await page.getByRole('link', { name: 'Row 0', exact: true }).waitFor();
      expect(await page.getByRole('listitem').filter({ hasText: /^Row/ }).count()).toBeLessThan(200);
      await page.evaluate('window.scrollTo(0, 0)');
      await page.getByRole('link', { name: 'Row 229', exact: true }).waitFor();
    });
  });
});

describe('the state of the instance', () => {
  it('is one page, which says first what needs its admin', async () => {
    const found: string[] = [];
    for (const [name, size] of [
      ['desktop', {}],
      ['phone', phone],
    ] as const) {
      await visit(
        '/admin',
        async (page) => {
          await heading(page, 'Status of the instance');
          await page.getByText('Everything works').waitFor();
          await page.getByText('Alive', { exact: true }).waitFor();
          await page.getByRole('row', { name: /^Articles/ }).waitFor();
          found.push(...(await faultsInBothThemes(page, `status-${name}`, { fullPage: true })));
        },
        size,
        closed,
      );
    }
    expect(found).toEqual([]);
    await visit('/admin', async (page) => {
      await page.getByText(/^\d+ things? (has|have) failed$/).waitFor();
      expect(await faultsInBothThemes(page, 'status-trouble', { fullPage: true })).toEqual([]);
    });
  });
});

describe('without a connection', () => {
  it('says so on any page, keeps what was typed, and goes on by itself', async () => {
    await visit('/', async (page) => {
      await topicBox(page).fill('A topic that stays');
      await server.kill();
      await page.context().setOffline(true);
      await page.getByText('This device is offline').waitFor();
      await picture(page, 'offline');
      await page.context().setOffline(false);
      await page.getByText('No connection to the server').waitFor();
      await server.revive();
      await page.getByText('Connected again.').waitFor();
      await page.getByText('No connection to the server').waitFor({ state: 'detached' });
      await expect(topicBox(page).inputValue()).resolves.toBe('A topic that stays');
    });
  });
});

describe('articles of elsewhere', () => {
  const file = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
  const chosen = [
    file(
      'old.json',
      JSON.stringify([
        { title: 'Winter bees <b>inside</b>', content_markdown: 'They shiver.', tags: ['bees'] },
        { title: 'Summer bees', content_markdown: 'They fly.', generated_at: '2024-05-06' },
      ]),
    ),
    file('notes.md', '# A walk\n\nWith a ![view](view.png).'),
    file('broken.json', '{"title": '),
    file('photo.jpg', 'no article'),
  ];

  it('are looked at, taken over and known again', async () => {
    await visit('/articles', async (page) => {
      await page.getByRole('link', { name: 'Import', exact: true }).click();
      await heading(page, 'Import articles');
      const files = page.locator('input[type=file]').first();
      await files.setInputFiles([file('photo.jpg', 'no article')]);
      await page.getByText('There is no JSON or Markdown file among these.').waitFor();
      await files.setInputFiles(chosen);
      await heading(page, 'What will happen');
      await page.getByText('3 drafts will be made').waitFor();
      await page.getByText('1 file cannot be taken').waitFor();
      await page.getByText('1 file is neither JSON nor Markdown and is left out').waitFor();
      await page.getByText('Winter bees <b>inside</b>').waitFor();
      await page.getByText(/^An image is named by an address/).waitFor();
      expect(await faultsInBothThemes(page, 'import', { fullPage: true })).toEqual([]);
      await button(page, 'Import 3 articles').click();
      await page.getByText('3 drafts were made').waitFor();
      await page.getByRole('link', { name: 'Summer bees' }).waitFor();
      await button(page, 'Choose other files').click();
      await page.locator('input[type=file]').first().setInputFiles(chosen);
      await page.getByText('3 articles are here already').waitFor();
      await page.getByText('There is nothing new in these files.').waitFor();
      // Of an old date, so at the end of a long list.
      await page.goto('/articles?query=Summer');
      await page.getByText('Summer bees').waitFor();
    });
  });
});

describe('an account with nothing in it', () => {
  it('says on every page what will be there, and begins the work from it', async () => {
    await visit(
      '/register',
      async (page) => {
        await fillRegistration(page, { name: 'New Here', email: 'new@example.com', password: 'a long password' });
        await atHome(page);
        for (const [path, said, action] of [
          ['/articles', 'No articles yet', 'Start an article'],
          ['/runs', 'No runs yet', 'Start an article'],
          ['/sources', 'No sources yet', 'Write an article'],
          ['/images', 'No images yet', 'Upload images'],
          ['/topics', 'No topics yet', 'Import a list'],
          ['/topics/sources', 'Nothing is watched yet', 'Watch it'],
          ['/schedules', 'No schedules yet', 'New schedule'],
          ['/sites', 'No site is connected yet', 'Connect'],
          ['/queue', 'No site is connected', 'Connect a site'],
        ] as const) {
          await page.goto(path);
          await page.getByText(said).first().waitFor();
          const ways = page
            .getByRole('main')
            .getByRole('link', { name: action })
            .or(page.getByRole('main').getByRole('button', { name: action }));
          expect(await ways.count(), `${path}: ${action}`).toBeGreaterThan(0);
          expect(await faultsInBothThemes(page, `nothing${path.replaceAll('/', '-')}`, { themes: ['light'] })).toEqual(
            [],
          );
        }
        await page.goto('/failures');
        await page.getByText('Nothing needs your attention').waitFor();
      },
      nobody,
    );
  });
});

describe('an account that moves to another instance', () => {
  const card = (page: Page) => page.locator('section', { has: page.getByRole('heading', { name: 'Your data' }) });
  let zip: Buffer;

  it('is downloaded, and what is no such file is refused with a way on', async () => {
    await visit('/account', async (page) => {
      const [saved] = await Promise.all([
        page.waitForEvent('download'),
        card(page).getByRole('link', { name: 'Download everything (zip)' }).click(),
      ]);
      zip = await readFile(await saved.path());
      await card(page)
        .locator('input[type=file]')
        .setInputFiles({ name: 'cut.zip', mimeType: 'application/zip', buffer: zip.subarray(0, zip.length - 500) });
      await page.getByText('Nothing is sent from here until you say so').waitFor();
      await button(page, 'Take it over').click();
      await card(page).getByText('The file is no zip archive, or its end is missing.').waitFor();
      await card(page).getByText('Export the account anew').waitFor();
      // The file is still chosen: nothing has to be looked for again.
      await card(page)
        .getByText(/^cut\.zip, /)
        .waitFor();
      expect(await faultsInBothThemes(page, 'moving-refused')).toEqual([]);
    });
  });

  it('is taken in there with a few clicks, and says what is left to do', async () => {
    await visit(
      '/account',
      async (page) => {
        const chosen = { name: 'blog-poster.zip', mimeType: 'application/zip', buffer: zip };
        await card(page).locator('input[type=file]').setInputFiles(chosen);
        expect(await faultsInBothThemes(page, 'moving-chosen')).toEqual([]);
        await button(page, 'Take it over').click();
        await card(page).getByRole('heading', { name: 'Taken over' }).waitFor();
        await expect(page.evaluate('document.activeElement.textContent')).resolves.toBe('Taken over');
        await card(page)
          .getByRole('row', { name: /^Articles \d+ \d+$/ })
          .waitFor();
        await card(page).getByText('Connect these sites again').waitFor();
        await card(page).getByRole('listitem').filter({ hasText: 'Garden notes' }).waitFor();
        expect(await faultsInBothThemes(page, 'moving-done', { fullPage: true })).toEqual([]);
        await page.setViewportSize(sizes.phone);
        expect(await faultsInBothThemes(page, 'moving-done-phone', { fullPage: true })).toEqual([]);
        await page.setViewportSize(sizes.desktop);
        await card(page).getByRole('link', { name: 'See the articles' }).click();
        await page.getByRole('link', { name: 'Winter bees <b>inside</b>' }).waitFor();

        await page.goto('/sites');
        await page.getByText('Garden notes').first().waitFor();
        await page.getByText('Paused').first().waitFor();
        await page.goto('/account');
        await card(page).locator('input[type=file]').setInputFiles(chosen);
        await button(page, 'Take it over').click();
        await card(page).getByRole('heading', { name: 'Everything of it was here already' }).waitFor();
      },
      {},
      closed,
    );
  });
});
