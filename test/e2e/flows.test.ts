import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { breadSources } from '../factories.ts';
import { type HostileSite, startHostileSite } from '../fakes/hostile-site.ts';
import { htmlPage, type PageServer, startPageServer } from '../fakes/page-server.ts';
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

let server: TestServer;
let browser: Browser;
let web: PageServer;
let blog: HostileSite;
let siteId: string;
let written: string;

const summer = [
  'A sourdough starter is a mixture of flour and water in which wild yeast and lactic acid bacteria live together for years.',
  'At 30 degrees Celsius a starter peaks after three hours, which bakers use when they are in a hurry on market days.',
];
/** What a theme puts around a post, with things in it that a preview must not show or fetch. */
const themed = `<!doctype html><html><head><link rel="stylesheet" href="/theme.css"></head>
<body class="single"><header><a href="/">Menu of the blog</a><img src="/tracker.png"></header>
<main><h1 class="wp-block-post-title">Old title</h1><div class="entry-content wp-block-post-content"><p>Old words</p></div></main>
<script>document.body.textContent = 'scripted'</script></body></html>`;
const css =
  '@import "https://fonts.example/a.css"; body { background: rgb(255, 250, 240) url(https://elsewhere.example/x.png) } .entry-content { max-width: 20rem; color: rgb(10, 90, 20) }';

beforeAll(async () => {
  [web, blog, browser] = await Promise.all([startPageServer(1), startHostileSite(), launchBrowser()]);
  web.pages.set('/starter', htmlPage('Starters in summer', summer));
  blog.behaviour = ({ method, path, response }) => {
    const type = path === '/theme.css' ? 'text/css' : path === '/feeding/' ? 'text/html' : null;
    if (method !== 'GET' || type === null) return false;
    response.writeHead(200, { 'content-type': type }).end(type === 'text/css' ? css : themed);
    return true;
  };
  blog.double.posts.set(1, {
    ...{ id: 1, status: 'publish', modified: '2026-01-01T00:00:00Z', slug: 'feeding', content: '', excerpt: '' },
    title: 'Feeding a sourdough starter',
    link: `${blog.url}/feeding/`,
  });
  server = await startServer({ ALLOW_PRIVATE_HOSTS: '127.0.0.0/8', PRIVACY_URL: 'https://blog.example/privacy' });
  await signUp(browser, server);
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await web?.close();
  await blog?.close();
});

type Options = Parameters<typeof openPage>[2];
const phone = { viewport: sizes.phone, hasTouch: true };
const visit = (path: string, work: (page: Page) => Promise<void>, options: Options = {}) =>
  visitPage(browser, server, path, work, options);
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });

it('what articles were written from is found, looked into, read again, deleted and taken back', async () => {
  await visit('/sources?show=deleted', async (page) => {
    await page.getByText('The bin is empty').waitFor();
    const run = await askApi(page, 'POST', '/pipelines', {
      topic: 'Keeping a sourdough starter alive',
      sources: [...breadSources, { url: web.at(0, '/starter') }],
    });
    written = await vi.waitFor(
      async () => {
        const { articleId, status } = await askApi<{ articleId: string; status: string }>(
          page,
          'GET',
          `/pipelines/${run.id}`,
        );
        expect(status).toBe('succeeded');
        return articleId;
      },
      { timeout: 90_000, interval: 500 },
    );
    await page.getByLabel('Which sources').selectOption('');
    await button(page, 'Open: Starters in summer').waitFor();
    expect(await faultsInBothThemes(page, 'sources')).toEqual([]);
    await page.getByLabel('Which sources').selectOption('used');
    await page.getByRole('searchbox').fill('starter');
    await page
      .getByText(/1 article, \d+ claims?/)
      .first()
      .waitFor();
    const cited = page.getByRole('main').getByRole('listitem').first();
    await cited.getByRole('button').click();
    const dialog = page.getByRole('dialog');
    await dialog
      .getByText(/^Quoted by/)
      .first()
      .waitFor();
    await dialog.getByText('you, in a brief').waitFor();
    expect(await dialog.getByRole('button', { name: 'Delete' }).count()).toBe(0);
    expect(await faultsInBothThemes(page, 'source')).toEqual([]);
    await dialog.getByRole('link', { name: /sourdough/i }).click();
    await page.waitForURL(`**/articles/${written}**`);
  });
  web.pages.set('/starter', htmlPage('Starters in winter', [...summer].reverse()));
  await visit('/sources?query=summer', async (page) => {
    await button(page, 'Open: Starters in summer').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Read again' }).click();
    await page.getByText('The page says something else now.').waitFor();
    await page.getByRole('dialog', { name: 'Starters in winter' }).waitFor();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('The source is in the bin.').waitFor();
    await button(page, 'Undo').click();
    await page.getByText('The source is back.').waitFor();
  });
  await visit(
    '/sources',
    async (page) => {
      await button(page, 'Open: Starters in winter').waitFor();
      expect(await faultsInBothThemes(page, 'sources-phone')).toEqual([]);
      await button(page, 'Open: Starters in winter').click();
      await page.getByRole('dialog').getByText('What was read').waitFor();
      expect(await faultsInBothThemes(page, 'source-phone')).toEqual([]);
    },
    phone,
  );
});

it('a claim leads to its sentence and to its quote in the source', async () => {
  await visit(`/articles/${written}?tab=claims`, async (page) => {
    const claim = page.getByRole('complementary').getByRole('listitem').first();
    await claim.getByRole('button').first().click();
    const quote = (await claim.locator('mark').textContent()) ?? '';
    expect(quote.length).toBeGreaterThan(10);
    // The quote stands in the passage around it, and the passage in a source that is kept.
    expect(breadSources.map(({ text }) => text).join(' ') + summer.join(' ')).toContain(quote);
    await untilTrue(page, `document.querySelector('.article-text [data-claim][data-selected]') !== null`);
    const sentence = (await page.evaluate(
      `[...document.querySelectorAll('.article-text [data-selected]')].map((span) => span.textContent).join('')`,
    )) as string;
    expect(await claim.textContent()).toContain(sentence.replace(/\d+$/, '').trim().slice(0, 40));
    await untilTrue(
      page,
      `(() => { const { top, bottom } = document.querySelector('.article-text [data-selected]').getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; })()`,
    );
  });
});

it('a post that the text mentions is linked with a click, and unlinked with an undo', async () => {
  await visit('/', async (page) => {
    const site = { name: 'Bakery', url: blog.url, username: 'admin', applicationPassword: 'abcd efgh' };
    siteId = (await askApi(page, 'POST', '/sites', site)).id;
    // The double takes no images.
    await askApi(page, 'PATCH', `/sites/${siteId}`, { settings: { featuredImage: 'none', categories: ['Baking'] } });
    await vi.waitFor(
      async () => {
        const { items } = await askApi<{ items: unknown[] }>(page, 'GET', `/sites/${siteId}/posts`);
        expect(items).toHaveLength(1);
      },
      { timeout: 60_000, interval: 500 },
    );
    const { id } = await askApi(page, 'POST', '/articles', {
      title: 'How a sourdough starter is fed',
      keyword: 'sourdough starter',
      language: 'en',
      markdown: 'Some words first. Feeding a sourdough starter takes a minute.\n\nIt is fed with flour and water.\n',
    });
    await page.goto(`/articles/${id}?edit=text&tab=seo`);
    const link = page.getByRole('button', { name: 'Link the mention of “Feeding a sourdough starter”' });
    await link.click();
    await page.getByText('Linked. Undo takes it back.').waitFor();
    const linked = page.locator('.article-editor a', { hasText: 'Feeding a sourdough starter' });
    expect(await linked.getAttribute('href')).toBe(`${blog.url}/feeding/`);
    await link.waitFor({ state: 'detached' });
    await page.getByRole('textbox', { name: 'Text of the article' }).press('Control+z');
    await linked.waitFor({ state: 'detached' });
    await link.waitFor();
  });
});

it('an article is shown as its site will show it, on a desk and on a phone, and plainly; nothing of it runs or loads', async () => {
  const { page, faults } = await openPage(browser, server);
  await page.goto('/');
  const { id } = await askApi(page, 'POST', '/articles', {
    title: 'Bread at home',
    language: 'en',
    markdown: `${'Flour and water.[^1] '.repeat(40)}\n\n![A loaf](https://pictures.example/a.jpg)\n\n## Rest\n\nIt rests.\n\n[^1]: [A book](https://book.example/)\n`,
  });
  await page.goto(`/articles/${id}`);
  await page.getByRole('link', { name: 'Preview', exact: true }).click();
  // The article itself asks for its picture, which the browser refuses; the preview does not even ask.
  await page.waitForURL('**/preview');
  faults.length = 0;
  const frame = page.frameLocator('iframe[title="The article as Bakery will show it"]');
  await frame.getByRole('heading', { name: 'Bread at home' }).waitFor();
  await page.getByText('As Bakery shows its posts, going by one of them:').waitFor();
  /** Asked of the page as a debugger does: nothing in the frame runs. */
  const inside = (expression: string) =>
    page
      .frames()
      .at(-1)
      ?.evaluate(expression)
      .then((value) => value ?? null);
  expect(await inside(`document.querySelector('.entry-content').clientWidth`)).toBe(320);
  expect(await frame.locator('body').textContent()).not.toMatch(/Old|Menu of the blog|scripted/);
  expect(await inside('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 250, 240)');
  expect(await inside('innerWidth')).toBe(1280);
  // A footnote stays in the frame.
  await frame.getByRole('link', { name: '1', exact: true }).first().click();
  await frame.getByRole('heading', { name: 'Bread at home' }).waitFor();
  await page.getByText('What is not as it will be (5)').click();
  await page.getByText('Pictures from other servers stand in brackets').waitFor();
  const found = await faultsInBothThemes(page, 'preview');
  await page.getByText('Phone', { exact: true }).click();
  await vi.waitFor(async () => expect(await inside('innerWidth')).toBe(375));
  await page.setViewportSize(sizes.phone);
  found.push(...(await faultsInBothThemes(page, 'preview-phone')));
  await page.getByLabel('As it looks on').selectOption({ label: 'No site, plainly' });
  await page.frameLocator('iframe[title="The article, plainly"]').getByRole('heading', { name: 'Rest' }).waitFor();
  found.push(...(await faultsInBothThemes(page, 'preview-plain', { themes: ['light'] })));
  expect(faults).toEqual([]);
  await page.getByRole('link', { name: 'Back to the article' }).click();
  await page.waitForURL(`**/articles/${id}`);
  expect(found).toEqual([]);
  await page.context().close();
});

it('an article whose site shows an older text says so, and brings the post up to date; what an edit left behind is marked', async () => {
  await visit('/', async (page) => {
    const { id } = await askApi(page, 'POST', '/articles', {
      title: 'Rye bread',
      language: 'en',
      excerpt: 'Bread that rests for 12 hours.',
      markdown: 'The dough rests for 12 hours.\n',
    });
    await askApi(page, 'POST', `/articles/${id}/publications`, { siteId, status: 'publish' });
    const post = () => [...blog.double.posts.values()].find(({ title }) => title === 'Rye bread');
    await page.goto(`/articles/${id}?tab=publish`);
    await page.getByText('Published', { exact: true }).first().waitFor({ timeout: 60_000 });
    expect(await page.getByText('Changed since it was published').count()).toBe(0);
    await askApi(page, 'PATCH', `/articles/${id}`, { revision: 1, markdown: 'The dough rests for 24 hours.\n' });
    await page.reload();
    await page.getByText('Changed since it was published: “Bakery” still shows the text as it was before').waitFor();
    expect(await faultsInBothThemes(page, 'outdated', { themes: ['light'] })).toEqual([]);
    await page.goto(`/articles/${id}?tab=seo`);
    await page.getByText('Excerpt: speaks of “12”, which the text no longer does').waitFor();
    expect(await faultsInBothThemes(page, 'left-behind', { themes: ['dark'] })).toEqual([]);
    await button(page, 'Update the post').click();
    await page.getByText('The update is on its way.').waitFor();
    await vi.waitFor(() => expect(post()?.content).toContain('24 hours'), { timeout: 30_000 });
    await page.getByText('Changed since it was published').waitFor({ state: 'detached' });
    // Beside the field while one writes, until it says something else.
    await page.goto(`/articles/${id}?tab=seo&edit=text`);
    const mark = page.getByText('speaks of “12”');
    await mark.waitFor();
    await page.getByRole('textbox', { name: 'Excerpt' }).fill('Bread that rests for 24 hours.');
    await mark.waitFor({ state: 'detached' });
  });
});

it('says which mails are wanted and how articles sound; a tick that the server refuses is taken back', async () => {
  await visit('/account/notifications', async (page) => {
    const links = page.getByRole('checkbox', { name: /Dead links/ });
    await links.uncheck();
    await page.getByText('No more mails: Dead links').waitFor();
    expect(await faultsInBothThemes(page, 'notifications')).toEqual([]);
    await page.reload();
    expect(await links.isChecked()).toBe(false);
    expect(await page.getByText('An article waits for your approval').count()).toBe(1);
    await page.route('**/api/v1/me', (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: JSON.stringify({ status: 503, code: 'shutting_down', title: 'x', detail: 'Not now.', hint: 'Later.' }),
      }),
    );
    await links.click();
    await page.getByText('Not now.').waitFor();
    expect(await links.isChecked()).toBe(false);
  });
  await visit(
    '/account/writing',
    async (page) => {
      await page.getByLabel('How your articles sound').fill('Plain and warm.');
      await button(page, 'Save').click();
      await page.getByText('Saved').first().waitFor();
      await page.getByText('offline', { exact: true }).waitFor();
      expect(await faultsInBothThemes(page, 'writing-phone', { fullPage: true })).toEqual([]);
      await page.reload();
      expect(await page.getByLabel('How your articles sound').inputValue()).toBe('Plain and warm.');
    },
    phone,
  );
});

it('changes the language from the palette, reaches every page from there, and finds the privacy notice on each door', async () => {
  await visit('/', async (page) => {
    await atHome(page);
    await page.keyboard.press('Control+k');
    const field = page.getByRole('combobox');
    for (const name of ['Notifications', 'Own keys', 'Sources', 'Import topics', 'Writing', 'Devices']) {
      await field.fill(name);
      await page.getByRole('option', { name, exact: true }).waitFor();
    }
    await field.fill('deutsch');
    await page.getByRole('option', { name: 'Language: Deutsch' }).click();
    await untilTrue(page, `document.documentElement.lang === 'de'`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('english');
    await page.getByRole('option', { name: 'Sprache: English' }).click();
    await untilTrue(page, `document.documentElement.lang === 'en'`);
    await askApi(page, 'PATCH', '/me', { locale: null });
    await button(page, /Your account/)
      .first()
      .click();
    await page.getByRole('menuitem', { name: 'Privacy' }).waitFor();
    await picture(page, 'user-menu');
  });
  await visit(
    '/login',
    async (page) => {
      expect(await page.getByRole('link', { name: 'Privacy' }).getAttribute('href')).toBe(
        'https://blog.example/privacy',
      );
      expect(await faultsInBothThemes(page, 'login-links', { themes: ['light'] })).toEqual([]);
    },
    { ...nobody, ...phone },
  );
});
