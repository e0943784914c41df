import { type SQL, sql } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openDatabase } from '../../src/db/open.ts';
import { breadSources } from '../factories.ts';
import { testConfig } from '../harness.ts';
import {
  askApi,
  launchBrowser,
  nobody,
  openPage,
  overflow,
  picture,
  seriousViolations,
  signUp,
  silentHost,
  sizes,
  startServer,
  type TestServer,
} from './browser.ts';
import { webRoutes } from './routes.ts';

/*
 * Every page of the router, for an account in which every text that people, pages, models and sites can write is hostile:
 * nothing of it runs, nothing sticks out, it does not turn what stands beside it, and everybody can use the page, by day and
 * by night, on a phone and at a desk. At 4K no line is too long to be read.
 */

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

let server: TestServer;
let browser: Browser;
/** What stands for the parts of an address, by their names in the router. */
const parts: Record<string, string> = { $: 'nowhere' };

const image = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

/** Begins in Hebrew, so that it turns what it is not kept apart from; then markup, marks upon marks, and no end. */
const hostile = (length: number) =>
  `${'\u05e2\u05d1\u05e8\u05d9\u05ea'} <script>hacked=1</script><img src=x onerror=hacked=1> ${'Z\u0351\u036b\u0353\u033a\u0332\u0345'.repeat(12)} \ud83d\udc69\u200d\ud83d\udc67\u200d\ud83d\udc66 ${'x'.repeat(length)}`.slice(
    0,
    length,
  );
const error = JSON.stringify({ code: 'site_refused', message: hostile(2_000), hint: hostile(500) });
const markdown = [
  hostile(400),
  '<script>hacked=1</script>',
  `# ${hostile(10_000)}`,
  `| ${hostile(80)} | b |\n|---|---|\n| ${'y'.repeat(300)} | c |`,
  `\`${'z'.repeat(10_000)}\``,
  `[${'l'.repeat(300)}](javascript:hacked=1) ![${'i'.repeat(300)}](data:text/html,x)`,
  `\`\`\`\n${'k'.repeat(10_000)}\n\`\`\``,
].join('\n\n');

/** Past the server, which lets no control characters through but everything that is here. */
const statements: SQL[] = [
  sql`update users set name = ${hostile(100)}`,
  sql`update articles set title = ${hostile(300)}, excerpt = ${hostile(500)}, keyword = ${hostile(100)}, meta_title = ${hostile(200)},
        meta_description = ${hostile(400)}, slug = ${'s'.repeat(200)}`,
  sql`update articles set markdown = ${markdown} where pipeline_id is null`,
  sql`update pipelines set topic = ${hostile(500)}, brief = jsonb_set(brief, '{topic}', to_jsonb(${hostile(500)}::text))`,
  sql`update pipelines set error = ${error}::jsonb where status = 'failed'`,
  sql`update claims set text = ${hostile(1_000)}, reason = ${hostile(500)}`,
  sql`update sources set title = ${hostile(300)}`,
  sql`update topics set status = case topic when 'Topic 3' then 'proposed' when 'Topic 4' then 'dismissed' else status end`,
  sql`update topics set topic = ${hostile(500)}, keyword = ${hostile(100)}, note = ${hostile(1_000)},
        evidence = ${JSON.stringify([{ title: hostile(300), url: `https://example.com/${'e'.repeat(900)}`, publishedAt: null, kind: 'feed' }])}::jsonb`,
  sql`update sites set name = ${hostile(100)}`,
  sql`update publications set error = ${error}::jsonb, warnings = ${JSON.stringify([hostile(500)])}::jsonb`,
  sql`update schedules set name = ${hostile(100)}`,
  sql`update api_keys set name = ${hostile(100)}`,
  sql`update images set name = ${hostile(200)}, alt = ${hostile(500)}, caption = ${hostile(500)}`,
  sql`update webhooks set description = ${hostile(200)}, url = ${`https://hook.example/${'w'.repeat(1_900)}`}`,
  sql`insert into watched_sources (id, user_id, name, url, address_key, kind, problem)
        select gen_random_uuid(), id, ${hostile(300)}, ${`https://feeds.example/${'f'.repeat(900)}`}, 'feeds.example/f', 'feed', ${error}::jsonb from users`,
  sql`update emails set subject = ${hostile(300)}, to_address = ${`${'m'.repeat(200)}@example.com`}`,
  sql`update audit_events set details = details || ${JSON.stringify({ name: hostile(200) })}::jsonb, user_agent = ${hostile(500)}`,
  sql`insert into site_posts (site_id, remote_id, user_id, url, slug, title, language, status)
        select id, 1, user_id, ${`https://blog.example/${'p'.repeat(900)}`}, 'p', ${hostile(300)}, 'en', 'publish' from sites`,
];

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  await signUp(browser, server);
  const { page } = await openPage(browser, server);
  await page.goto('/');
  const make = <Answer = { id: string }>(path: string, data: object) => askApi<Answer>(page, 'POST', path, data);
  const site = await make('/sites', {
    name: 'A site',
    url: `http://${silentHost}`,
    username: 'editor',
    applicationPassword: 'abcd efgh ijkl mnop qrst uvwx',
  });
  const run = await make('/pipelines', {
    topic: 'Bread',
    sources: breadSources,
    siteId: site.id,
    publish: 'publish',
    duplicates: 'allow',
  });
  await make('/pipelines', { topic: 'Too little', sources: [{ title: 'A note', text: 'Too short.' }] });
  const own = await make('/articles', { title: 'By hand', markdown: 'Text.' });
  const gone = await make('/articles', { title: 'In the bin', markdown: 'Text.' });
  await page.request.delete(`/api/v1/articles/${gone.id}`, { headers: { origin: server.url } });
  for (const number of [1, 2, 3, 4]) await make('/topics', { topic: `Topic ${number}`, duplicates: 'allow' });
  const rule = { perWeek: 3, times: ['09:00'] };
  await make('/schedules', { name: 'Weekly', rule, timeZone: 'Europe/Berlin', siteId: site.id });
  await make('/api-keys', { name: 'Script', scopes: ['read'] });
  await make('/webhooks', { url: 'https://hook.example/', events: ['article.created'] });
  await page.request.post('/api/v1/images?name=picture.png', {
    headers: { origin: server.url, 'content-type': 'image/png' },
    data: image,
  });
  await make('/admin/invitations', { email: 'guest@example.com' });
  await vi.waitFor(
    async () => expect((await askApi<{ status: string }>(page, 'GET', `/pipelines/${run.id}`)).status).toBe('waiting'),
    { timeout: 200_000, interval: 500 },
  );
  const publication = await make(`/articles/${own.id}/publications`, { siteId: site.id, status: 'draft' });
  Object.assign(parts, {
    $runId: run.id,
    $articleId: own.id,
    $publicationId: publication.id,
    $siteId: site.id,
  });
  await page.context().close();
  await server.kill();
  const { config, secrets } = testConfig({ DATA_DIR: server.dataDir });
  const { db, close } = await openDatabase(config, secrets);
  try {
    for (const statement of statements) await db.execute(statement);
  } finally {
    await close();
  }
  await server.revive();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Parts of pages that have an address of their own. */
const inside = [
  '/articles?show=bin',
  '/articles/$articleId?edit=text',
  '/articles/$articleId?tab=seo',
  '/articles/$articleId?tab=publish',
  '/articles/$articleId?tab=sources',
  '/topics?show=proposed',
  '/topics?show=dismissed',
  '/calendar?view=list',
  '/usage?by=site',
];

const addressOf = (path: string) => path.replaceAll(/\$\w*/g, (name) => parts[name] ?? name);

/** When nothing is on its way any more. */
async function settled(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor();
  const loading = page.locator('main .animate-breathe');
  await vi.waitFor(async () => expect(await loading.count()).toBe(0), { timeout: 30_000, interval: 100 });
}

/** Texts that are nothing but a name and let it turn what stands beside it. */
const turned = (page: Page) =>
  page.evaluate(`(() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!/^\\s*\\u05e2/.test(node.nodeValue) || node.parentElement.closest('bdi, [dir], option, script, pre, code')) continue;
      found.push(node.parentElement.outerHTML.slice(0, 120));
    }
    return found;
  })()`) as Promise<string[]>;

/**
 * Lines of more than 75 times the size of their letters, about 150 characters, as far as they can be seen: what has a
 * scroll bar of its own or is cut off has its own width.
 */
const longLines = (page: Page) =>
  page.evaluate(`(() => {
    const found = [];
    const walker = document.createTreeWalker(document.querySelector('main') ?? document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeValue.trim().length < 60 || node.parentElement.closest('pre, code, textarea, .sr-only')) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      let room = Infinity;
      for (let one = node.parentElement; one; one = one.parentElement) {
        if (getComputedStyle(one).overflowX !== 'visible') room = Math.min(room, one.clientWidth || Infinity);
      }
      const widest = Math.min(room, Math.max(...[...range.getClientRects()].map(({ width }) => width)));
      const size = parseFloat(getComputedStyle(node.parentElement).fontSize);
      if (widest > 75 * size) found.push(Math.round(widest / size) + ' letters wide: ' + node.nodeValue.slice(0, 60));
    }
    return found;
  })()`) as Promise<string[]>;

/** What sticks out of the window to the right, to say where to look. */
const wide = (page: Page) =>
  page.evaluate(`[...document.querySelectorAll('body *')]
    .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .slice(-1).map((one) => one.outerHTML.slice(0, 200)).join()`);

/** What axe finds while a menu is open: those of the page itself, at home those around it as well. */
async function faultsOfMenus(page: Page, within: string): Promise<string[]> {
  const found: string[] = [];
  const menus = page.locator(`${within} [aria-haspopup="menu"]:visible`);
  // One is like the next.
  for (let index = 0; index < Math.min(2, await menus.count()); index += 1) {
    await menus.nth(index).click();
    await page.getByRole('menu').waitFor();
    const name = await menus.nth(index).getAttribute('aria-label');
    found.push(...(await seriousViolations(page)).map((violation) => `menu ${name ?? index}: ${violation}`));
    const over = await overflow(page);
    if (over > 0) found.push(`menu ${name ?? index}: wider than the window by ${over} px`);
    opened += 1;
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
  }
  return found;
}
let opened = 0;

async function faultsOn(page: Page, path: string): Promise<string[]> {
  const found: string[] = [];
  const say = (where: string, texts: string[]) => found.push(...texts.map((text) => `${path}, ${where}: ${text}`));
  const name = `page${path.replaceAll(/[^\w]+/g, '-')}`;
  await page.setViewportSize(sizes.phone);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.goto(addressOf(path));
  await settled(page);
  for (const size of ['phone', 'desktop'] as const) {
    await page.setViewportSize(sizes[size]);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      say(`${size}, ${colorScheme}`, await seriousViolations(page, { contrastAlone: colorScheme === 'dark' }));
    }
    const over = await overflow(page);
    if (over > 0) say(size, [`wider than the window by ${over} px: ${await wide(page)}`]);
    if (size === 'phone') await picture(page, name, true);
    say(size, await faultsOfMenus(page, path === '/' ? 'body' : 'main'));
  }
  say('turned', await turned(page));
  await page.setViewportSize(sizes['4k']);
  say('4k', await longLines(page));
  if ((await page.evaluate('typeof hacked')) !== 'undefined') say('hacked', ['a script has run']);
  return found;
}

it('hostile texts run nothing, stick out nowhere and turn nothing, and everybody can use every page', async () => {
  const routes = webRoutes();
  expect(routes.length).toBeGreaterThan(38);
  const faults: string[] = [];
  const walk = async (paths: string[], options: Parameters<typeof openPage>[2] = {}) => {
    const { page, faults: seen } = await openPage(browser, server, options);
    for (const path of paths) {
      expect(addressOf(path), `an address for ${path}`).not.toContain('$');
      faults.push(...(await faultsOn(page, path)));
    }
    faults.push(...seen);
    await page.context().close();
  };
  await walk([...routes.filter(({ door }) => !door).map(({ path }) => path), ...inside]);
  await walk(['/', ...routes.filter(({ door }) => door).map(({ path }) => path)], nobody);
  expect(faults).toEqual([]);
  expect(opened).toBeGreaterThan(3);
});
