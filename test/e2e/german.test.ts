import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tester } from '../account.ts';
import { english, german, paths, say } from '../catalogue.ts';
import { breadSources } from '../factories.ts';
import {
  askApi,
  launchBrowser,
  nobody,
  openPage,
  overflow,
  signUp,
  silentHost,
  sizes,
  startServer,
  type TestServer,
  visitPage,
} from './browser.ts';
import { webRoutes } from './routes.ts';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 300_000 });

let server: TestServer;
let browser: Browser;
/** Addresses of pages about something, by the route. */
const addresses: Record<string, string> = {};

const visit = (path: string, work: (page: Page) => Promise<void>, options: Parameters<Browser['newContext']>[0] = {}) =>
  visitPage(browser, server, path, work, options);

/** Chromium as it comes in Austria. */
const austrian = { locale: 'de-AT', timezoneId: 'Europe/Vienna' };

const langOf = (page: Page) => page.evaluate('document.documentElement.lang');

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  await signUp(browser, server);
  await visit('/', async (page) => {
    await askApi(page, 'PATCH', '/me', { timeZone: 'Europe/Vienna' });
    const site = await askApi(page, 'POST', '/sites', {
      name: 'Backstube',
      url: `http://${silentHost}`,
      username: 'autor',
      applicationPassword: 'abcd efgh ijkl mnop qrst uvwx',
    });
    for (const topic of ['Roggenbrot backen', 'Sauerteig pflegen']) await askApi(page, 'POST', '/topics', { topic });
    await askApi(page, 'POST', '/schedules', {
      name: 'Morgens',
      rule: { perWeek: 3, times: ['09:00'] },
      timeZone: 'Europe/Berlin',
      siteId: site.id,
    });
    await askApi(page, 'POST', '/api-keys', { name: 'Skript', scopes: ['read', 'write'] });
    await askApi(page, 'POST', '/webhooks', { url: 'https://hook.example/', events: ['article.created'] });
    const run = await askApi(page, 'POST', '/pipelines', {
      topic: 'Roggenbrot mit Sauerteig',
      sources: breadSources,
      siteId: site.id,
      publish: 'publish',
      duplicates: 'allow',
    });
    const articleId = await vi.waitFor(
      async () => {
        const found = await askApi<{ articleId: string | null; status: string }>(page, 'GET', `/pipelines/${run.id}`);
        expect(found.status).toBe('waiting');
        return found.articleId;
      },
      { timeout: 200_000, interval: 500 },
    );
    const { id } = await askApi(page, 'POST', `/articles/${articleId}/publications`, {
      siteId: site.id,
      status: 'draft',
    });
    addresses['/runs/$runId'] = `/runs/${run.id}`;
    addresses['/articles/$articleId'] = `/articles/${articleId}`;
    addresses['/articles/$articleId/history'] = `/articles/${articleId}/history`;
    addresses['/articles/$articleId/preview'] = `/articles/${articleId}/preview?site=none`;
    addresses['/publications/$publicationId'] = `/publications/${id}`;
    addresses['/sites/$siteId/posts'] = `/sites/${site.id}/posts`;
    addresses['/sites/$siteId/autopilot'] = `/sites/${site.id}/autopilot`;
    addresses['/$'] = '/nirgendwo';
  });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Texts of the English catalogue, whole ones and ones with parts, that German says in another way. */
const plain = new Set<string>();
const withParts: RegExp[] = [];
const inGerman = new Set([...german.values()].filter((said) => typeof said === 'string'));
for (const path of paths) {
  // The picture of the product shows parts of an article, which the sample in English has as well.
  if (path.startsWith('.landingWords.picture.')) continue;
  const said = english.get(path);
  if (typeof said === 'string') {
    if (said.trim() !== '' && said !== german.get(path) && !inGerman.has(said)) plain.add(said);
    continue;
  }
  const sample = say(said, (index) => `Zq${index}x`);
  const fixed = sample?.text.split(/Zq\dx/) ?? [];
  if (
    fixed
      .join(' ')
      .split(/\s+/)
      .filter((word) => /[a-z]{3}/.test(word)).length < 2
  )
    continue;
  const escaped = fixed.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  withParts.push(new RegExp(`^${escaped.join('.+')}$`));
}

/** What the page shows or says to those who listen, except what is marked as another language. */
const textsOf = (page: Page) =>
  page.evaluate(`(() => {
    const found = [document.title.split(' · ')[0]];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement;
      if (element.closest('[lang]:not(html):not([lang^="de"]), script, style, noscript, code, pre')) continue;
      if (node instanceof Element) {
        for (const name of ['aria-label', 'title', 'placeholder', 'alt']) found.push(node.getAttribute(name) ?? '');
      } else found.push(node.nodeValue.trim());
    }
    return found.filter(Boolean);
  })()`) as Promise<string[]>;

async function englishOn(page: Page): Promise<string[]> {
  const texts = await textsOf(page);
  return [...new Set(texts)].filter((text) => plain.has(text) || withParts.some((pattern) => pattern.test(text)));
}

/** When nothing is on its way any more. */
async function settled(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor();
  const loading = page.locator('main .animate-breathe');
  await vi.waitFor(async () => expect(await loading.count()).toBe(0), { timeout: 30_000, interval: 100 });
}

describe('the language', () => {
  it('is that of the browser until one is chosen, before anybody is signed in; what was typed stays', async () => {
    await visit(
      '/login',
      async (page) => {
        await page.getByRole('heading', { level: 1, name: 'Anmelden' }).waitFor();
        expect(await langOf(page)).toBe('de');
        await page.getByLabel('E-Mail-Adresse').fill('wer@example.com');
        await page.getByLabel('Passwort', { exact: true }).fill('geheim und lang');
        await page.getByRole('button', { name: 'English' }).click();
        await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
        expect(await langOf(page)).toBe('en');
        expect(await page.getByLabel('Mail address').inputValue()).toBe('wer@example.com');
        expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('');
        expect(await page.evaluate('JSON.stringify({ ...sessionStorage })')).not.toContain('geheim');
        await page.reload();
        await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
        await page.getByRole('button', { name: 'Deutsch' }).click();
        await page.getByRole('heading', { level: 1, name: 'Anmelden' }).waitFor();
      },
      { ...nobody, ...austrian },
    );
  });

  it('is chosen in the profile, and then holds for the account wherever it is signed in', async () => {
    await visit('/account', async (page) => {
      await page.getByLabel('New mail address').fill('neu@example.com');
      await page.getByLabel('Language').selectOption({ label: 'Deutsch' });
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('heading', { level: 2, name: 'Name, Sprache und Zeitzone' }).waitFor();
      expect(await page.getByLabel('Neue E-Mail-Adresse').inputValue()).toBe('neu@example.com');
      expect(await page.getByLabel('Sprache').inputValue()).toBe('de');
      expect(await askApi(page, 'GET', '/me')).toMatchObject({ locale: 'de' });
    });
    // A browser that has never heard of it, and speaks English, signs in.
    await visit(
      '/login',
      async (page) => {
        await page.getByLabel('Mail address').fill(tester.email);
        await page.getByLabel('Password', { exact: true }).fill(tester.password);
        await page.getByRole('button', { name: 'Log in' }).click();
        await page.getByLabel('Wovon soll der nächste Artikel handeln?').waitFor();
        expect(await langOf(page)).toBe('de');
        await page.reload();
        await page.getByLabel('Wovon soll der nächste Artikel handeln?').waitFor();
      },
      nobody,
    );
  });

  it('costs nobody who reads English a byte, and is English where its words cannot be loaded', async () => {
    const scriptsOf = async (locale: string, block?: string) => {
      const { page } = await openPage(browser, server, { ...nobody, locale });
      const scripts: string[] = [];
      page.on('request', (request) => {
        if (request.resourceType() === 'script') scripts.push(new URL(request.url()).pathname);
      });
      if (block) await page.route(`**${block}`, (route) => route.abort());
      await page.goto('/login');
      await page.locator('main h1').waitFor();
      const heading = await page.locator('main h1').textContent();
      const lang = await langOf(page);
      await page.context().close();
      return { scripts, heading, lang };
    };
    const [inEnglish, german] = [await scriptsOf('en-GB'), await scriptsOf('de-DE')];
    const only = german.scripts.filter((script) => !inEnglish.scripts.includes(script));
    expect([inEnglish.heading, german.heading, only.length]).toEqual(['Log in', 'Anmelden', 1]);
    expect(inEnglish.scripts.filter((script) => !german.scripts.includes(script))).toEqual([]);
    expect(await scriptsOf('de-DE', only[0])).toMatchObject({ heading: 'Log in', lang: 'en' });
  });
});

describe('numbers, money and times', () => {
  it('are written as the reader has them, on the clocks of the account', async () => {
    await visit(
      '/usage',
      async (page) => {
        await page.getByText(/^\$\s0,00 von \$\s10,00$/).waitFor();
        await page.goto(addresses['/runs/$runId'] ?? '');
        const at = await askApi<{ createdAt: string }>(
          page,
          'GET',
          addresses['/runs/$runId']?.replace('/runs', '/pipelines') ?? '',
        );
        const time = new Intl.DateTimeFormat('de-AT', {
          dateStyle: 'medium',
          timeStyle: 'short',
          timeZone: 'Europe/Vienna',
        });
        await page.getByText(`Gestartet ${time.format(new Date(at.createdAt))}`).waitFor();
        await page.goto('/calendar');
        await page.getByRole('columnheader').first().waitFor();
        expect(await page.getByRole('columnheader').first().textContent()).toContain('Mo');
      },
      // The account is in Vienna, whatever the device thinks.
      { locale: 'de-AT', timezoneId: 'America/New_York' },
    );
  });
});

describe.each(['phone', 'desktop'] as const)('on a %s', (size) => {
  it('every page is German and holds its words', async () => {
    const all = webRoutes();
    expect(all.length).toBeGreaterThan(38);
    const faults: string[] = [];
    const walk = async (doors: boolean) => {
      const { page, faults: seen } = await openPage(browser, server, {
        ...(doors ? nobody : {}),
        ...austrian,
        viewport: sizes[size],
      });
      for (const { path } of all.filter(({ door }) => door === doors)) {
        const address = addresses[path] ?? path;
        expect(address, `an address for ${path}`).not.toContain('$');
        await page.goto(address);
        await settled(page);
        expect(await langOf(page)).toBe('de');
        // German words are longer. What everybody needs is looked at in English, on the same pages (pages.test.ts).
        const over = await overflow(page);
        if (over > 0) faults.push(`${path}: wider than the window by ${over} px`);
        faults.push(...(await englishOn(page)).map((text) => `${path}: ${text}`));
      }
      faults.push(...seen);
      await page.context().close();
    };
    await walk(false);
    await walk(true);
    expect(faults).toEqual([]);
  });
});
