import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ModelServer, startModelServer } from '../fakes/model-server.ts';
import { diligentScript, type Script } from '../fakes/scripted-model.ts';
import {
  askApi,
  faultsInBothThemes,
  launchBrowser,
  openPage,
  picture,
  signUp,
  sizes,
  startServer,
  type TestServer,
  visitPage,
} from './browser.ts';
import { sourceTexts } from './source-texts.ts';

let server: TestServer;
let models: ModelServer;
let browser: Browser;
let articleId: string;
const script: Required<Script> = { ...diligentScript };

beforeAll(async () => {
  models = await startModelServer(script);
  const env = { OPENAI_BASE_URL: models.url, LLM_MODEL: 'openai:local-model', MODEL_PRICES: 'openai:local-model=1/2' };
  [server, browser] = await Promise.all([startServer(env), launchBrowser()]);
  await signUp(browser, server);
  const { page } = await openPage(browser, server, {});
  await page.goto('/');
  const { id } = await askApi(page, 'POST', '/pipelines', {
    topic: 'How to keep backups of a small server',
    keyword: 'backups',
    language: 'en',
    sources: sourceTexts,
  });
  await page.goto(`/runs/${id}`);
  await page.getByRole('main').getByText('Finished', { exact: true }).first().waitFor({ timeout: 90_000 });
  articleId = (await askApi<{ articleId: string }>(page, 'GET', `/pipelines/${id}`)).articleId;
  await page.context().close();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await models?.close();
});

const editor = (page: Page) => page.getByRole('textbox', { name: 'Text of the article' });
const bar = (page: Page) => page.getByRole('toolbar', { name: 'Change the selection' });
const dialog = (page: Page) => page.getByRole('dialog');
const panelUpToDate = (page: Page) => page.getByText('As you write', { exact: true }).waitFor();
const edit = (tab: string, work: (page: Page) => Promise<void>, options: Parameters<typeof openPage>[2] = {}) =>
  visitPage(
    browser,
    server,
    `/articles/${articleId}?edit=text${tab && `&tab=${tab}`}`,
    async (page) => {
      await editor(page).waitFor();
      await work(page);
    },
    options,
  );

/** Waits for an expression to hold; evaluated from outside, because the page's own policy forbids it inside. */
const until = (page: Page, expression: string) =>
  expect.poll(() => page.evaluate(expression), { timeout: 20_000 }).toBe(true);

/** Selects the paragraph with the first footnote, and returns its words. */
async function selectParagraph(page: Page): Promise<string> {
  await editor(page).focus();
  const text = (await page.evaluate(`(() => {
    const paragraph = document.querySelector('.article-editor .citation').closest('p');
    const range = document.createRange();
    range.selectNodeContents(paragraph);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    paragraph.scrollIntoView({ block: 'center' });
    return paragraph.firstChild.textContent;
  })()`)) as string;
  await bar(page).waitFor();
  return text;
}

it('scores the text as it is written, and leads to what is to be mended', async () => {
  await edit('seo', async (page) => {
    await panelUpToDate(page);
    const description = page.getByRole('textbox', { name: 'Description for search' });
    await description.fill('Too short.');
    const failed = page.getByRole('button', { name: /description for search results has 10 characters/ });
    await failed.waitFor();
    await page.getByRole('textbox', { name: 'Title', exact: true }).focus();
    await failed.click();
    await until(page, `document.activeElement.dataset.field === 'metaDescription'`);
    // A place in the text: the heading that could have the keyword, or the longest sentence.
    await page
      .getByRole('button', { name: /headings contain the keyword|Reading ease/ })
      .first()
      .click();
    await until(page, 'getSelection().toString().length > 3');
    expect(await faultsInBothThemes(page, 'assist-seo')).toEqual([]);
  });
});

it('follows the claims in the text', async () => {
  await edit('claims', async (page) => {
    const claim = page.getByRole('complementary').getByRole('listitem').first();
    await claim.getByRole('button').first().click();
    await until(page, 'getSelection().toString().length > 10');
    const sentence = (await page.evaluate('getSelection().toString()')) as string;
    expect(await claim.textContent()).toContain(sentence);
    // Its last word is another one now.
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.type(' indeed');
    await claim.getByText('changed since the check').waitFor();
    expect(await claim.textContent()).toContain('It reads now:');
    expect(await claim.textContent()).toContain('indeed');
    await picture(page, 'assist-claims');
    await page.keyboard.press('Control+z');
    await claim.getByText('changed since the check').waitFor({ state: 'detached' });
  });
});

it('puts a selection otherwise: the cost before and after, the doubts, cancelling, accepting and undoing', async () => {
  script.revise = ({ passages: [first] }) => ({
    blocks: [
      {
        type: 'paragraph',
        sentences: [
          {
            text: 'Copies are kept apart.',
            citations: [{ ref: 'p1', quote: first?.text.split(' ').slice(0, 6).join(' ') ?? '' }],
          },
          { text: 'That has been so since 1871 in Ghent.', citations: [] },
        ],
      },
    ],
  });
  await edit('claims', async (page) => {
    const before = await selectParagraph(page);
    await picture(page, 'assist-bar');
    await page.keyboard.press('Control+j');
    await page.keyboard.press('Enter');
    await dialog(page)
      .getByText(/^About \$0\.\d+, at most \$0\.\d+, by openai:local-model\./)
      .waitFor();
    expect(await faultsInBothThemes(page, 'assist-wish')).toEqual([]);

    // Cancelled while the model is at work: the call is ended.
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    models.intercept = ({ task }, wire) => {
      if (task !== 'revise') return false;
      wire.half('{"blocks":[]}');
      wire.response.on('close', () => end());
      return true;
    };
    await dialog(page).getByRole('button', { name: 'Go' }).click();
    await dialog(page).getByText('A model is at work').waitFor();
    await dialog(page).getByRole('button', { name: 'Cancel' }).click();
    await ended;
    models.intercept = null;
    await dialog(page)
      .getByText(/^Cancelled/)
      .waitFor();

    await dialog(page).getByRole('button', { name: 'Go' }).click();
    const doubts = dialog(page).getByText('1 sentence is not borne out by its source');
    await doubts.waitFor();
    expect(await dialog(page).textContent()).toMatch(/Cost \$0\.\d+, by openai:local-model/);
    expect(await dialog(page).getByRole('region', { name: 'Changes' }).textContent()).toContain(
      'Copies are kept apart.',
    );
    expect(await faultsInBothThemes(page, 'assist-offer')).toEqual([]);
    await dialog(page).getByRole('button', { name: 'Accept' }).click();
    await dialog(page).waitFor({ state: 'detached' });
    await until(page, `document.querySelector('.article-editor').textContent.includes('Copies are kept apart.')`);
    await page.getByRole('status').getByText('Saved', { exact: true }).waitFor();
    // What was taken over stands among the claims, the doubtful one as well.
    const panel = page.getByRole('complementary');
    await panel.getByText('Copies are kept apart.').waitFor();
    await panel.getByText('That has been so since 1871 in Ghent.').waitFor();
    await editor(page).focus();
    await page.keyboard.press('Control+z');
    await until(page, `!document.querySelector('.article-editor').textContent.includes('Copies are kept apart.')`);
    expect(await editor(page).textContent()).toContain(before.trim());
  });
});

it('has the same on a phone: the wishes at its bottom, the panels behind their tabs', async () => {
  await edit(
    '',
    async (page) => {
      await selectParagraph(page);
      expect(await faultsInBothThemes(page, 'assist-phone-bar')).toEqual([]);
      await bar(page).getByRole('button', { name: 'Tone' }).click();
      await dialog(page)
        .getByText(/^About /)
        .waitFor();
      expect(await faultsInBothThemes(page, 'assist-phone-wish')).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('tab', { name: 'SEO' }).click();
      await panelUpToDate(page);
      await page
        .getByRole('button', { name: /headings contain the keyword|Reading ease/ })
        .first()
        .click();
      await until(page, 'getSelection().toString().length > 3');
      await picture(page, 'assist-phone-seo');
    },
    { viewport: sizes.phone, hasTouch: true },
  );
});
