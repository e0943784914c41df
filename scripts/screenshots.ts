import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { and, desc, eq } from 'drizzle-orm';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { launchBrowser, logIn } from '../bench/support/browser.ts';
import { serverEnv, stopped } from '../bench/support/program.ts';
import { users } from '../src/accounts/schema.ts';
import { loadConfig } from '../src/config.ts';
import { openDatabase } from '../src/db/open.ts';
import { publications } from '../src/publishing/schema.ts';
import { fetchAs, tester } from '../test/account.ts';
import { breadSources, givenCall } from '../test/factories.ts';
import { type HostileSite, startHostileSite } from '../test/fakes/hostile-site.ts';
import { runProgram, servedAt } from '../test/program.ts';

/*
 * npm run screenshots: takes the pictures of docs/screenshots/ of the built app on a server of its own, with the sample
 * article, two sites that take posts, a backlog, schedules and a month of costs.
 */

const folder = fileURLToPath(new URL('../docs/screenshots/', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'bp-pictures-'));
const env = { ...serverEnv, DATA_DIR: dataDir, ALLOW_PRIVATE_HOSTS: '127.0.0.1', RATE_LIMIT_PER_MINUTE: '100000' };
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

const finished = [
  'Seven loaves that forgive a beginner',
  'What rye needs that wheat does not',
  'A bread oven from a clay flowerpot',
  'Reading flour: what the numbers on the bag mean',
];
const backlog = [
  'Keeping a sourdough starter alive over the holidays',
  'Why crust goes soft, and how to bring it back',
  'Baking with spelt without a brick at the end',
  'Cold proofing: what a night in the fridge does',
  'Which scale is good enough for bread',
  'How much salt, and when',
];

async function ask<Answer = { id: string }>(url: string, method: string, path: string, body?: object): Promise<Answer> {
  const answer = await fetchAs(`${url}/api/v1${path}`, {
    method,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

/** Waits until `look` gives something. */
async function until<Found>(what: string, look: () => Promise<Found | undefined>): Promise<Found> {
  for (let tries = 0; tries < 300; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(500);
  }
  throw new Error(`${what}: not within 150 s`);
}

/** Fills the account by the API, as a person would in some weeks. Returns its first site and the sample's article. */
async function fill(url: string, siteUrl: string, secondUrl: string): Promise<{ siteId: string; articleId: string }> {
  await ask(url, 'PATCH', '/me', { name: 'Blog editor', timeZone: 'Europe/Vienna' });
  const site = await ask(url, 'POST', '/sites', {
    name: 'Crumb & Crust',
    url: siteUrl,
    username: 'editor',
    applicationPassword: 'abcd efgh ijkl mnop qrst uvwx',
  });
  await ask(url, 'PATCH', `/sites/${site.id}`, { settings: { featuredImage: 'none' } });
  const second = await ask(url, 'POST', '/sites', {
    name: 'The Flour Shop',
    url: secondUrl,
    username: 'editor',
    applicationPassword: 'abcd efgh ijkl mnop qrst uvwx',
  });
  for (const topic of backlog) await ask(url, 'POST', '/topics', { topic, siteId: site.id, duplicates: 'allow' });
  await ask(url, 'POST', '/schedules', {
    name: 'Twice a week',
    rule: { days: ['tue', 'fri'], times: ['07:30'] },
    timeZone: 'Europe/Vienna',
    siteId: site.id,
    brief: { publish: 'publish' },
  });
  await ask(url, 'POST', '/schedules', {
    name: 'From the shop',
    rule: { days: ['wed'], times: ['09:00'] },
    timeZone: 'Europe/Vienna',
    siteId: second.id,
  });
  for (const title of finished) {
    const { id } = await ask(url, 'POST', '/articles', { title, markdown: `${title}.\n\nText.` });
    await ask(url, 'POST', `/articles/${id}/publications`, { siteId: site.id, status: 'publish' });
  }
  await until('the posts', async () => {
    const { items } = await ask<{ items: object[] }>(url, 'GET', '/publications?status=published');
    return items.length === finished.length || undefined;
  });
  const run = await ask(url, 'POST', '/pipelines', {
    topic: 'What a sourdough starter needs, and what it forgives',
    sources: breadSources,
    siteId: site.id,
    publish: 'publish',
    duplicates: 'allow',
  });
  await until('the approval', async () => {
    const { status } = await ask<{ status: string }>(url, 'GET', `/pipelines/${run.id}`);
    return status === 'waiting' || undefined;
  });
  const articleId = await until('the sample', async () => {
    const { items } = await ask<{ items: { id: string; pipelineId: string | null }[] }>(
      url,
      'GET',
      '/articles?limit=50',
    );
    return items.findLast(({ pipelineId }) => pipelineId !== null)?.id;
  });
  return { siteId: site.id, articleId };
}

/** What a month costs with a model that is paid for, and when posts went out, written past the server while it is away. */
async function fillLedger(): Promise<void> {
  const { config, secrets } = loadConfig(env);
  const { db, close } = await openDatabase(config, secrets);
  try {
    const [user] = await db.select().from(users).where(eq(users.email, tester.email));
    if (!user) throw new Error('nobody has registered');
    const now = Date.now();
    // Not all at once, but one after the other over two weeks.
    const sent = await db.select({ id: publications.id }).from(publications).orderBy(desc(publications.createdAt));
    for (const [index, { id }] of sent.entries()) {
      const publishedAt = new Date(now - (3 * index + 1) * 86_400_000);
      await db
        .update(publications)
        .set({ publishedAt })
        .where(and(eq(publications.id, id), eq(publications.status, 'published')));
    }
    for (let call = 0; call < 24; call += 1) {
      await givenCall(db, {
        userId: user.id,
        timeZone: user.timeZone,
        startedAt: new Date(now - call * 60_000),
        costMicroUsd: 21_000 + ((call * 7_919) % 60_000),
        model: call % 3 === 0 ? 'anthropic:claude-haiku-4-5' : 'anthropic:claude-sonnet-5',
        step: ['draft', 'check', 'outline'][call % 3] as string,
        inputTokens: 1_800,
        outputTokens: 420,
      });
    }
  } finally {
    await close();
  }
}

/** Takes a page, in few colours, so that a picture stays well below 150 kB. */
async function take(page: Page, name: string): Promise<void> {
  const picture = await page.screenshot();
  const file = join(folder, `${name}.png`);
  await sharp(picture).png({ palette: true, colours: 128, effort: 10, compressionLevel: 9 }).toFile(file);
  console.log(file);
}

mkdirSync(folder, { recursive: true });
const [wordpress, secondWordpress] = await Promise.all([startSite('Crumb & Crust'), startSite('The Flour Shop')]);
const browser = await launchBrowser();
let program = runProgram(main, [], env);
try {
  const { siteId, articleId } = await fill(await servedAt(program), wordpress.url, secondWordpress.url);
  await stopped(program);
  await fillLedger();
  program = runProgram(main, [], env);
  const url = await servedAt(program);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await logIn(page, url);
  const open = async (path: string) => {
    await page.goto(url + path);
    await page.locator('main h1').waitFor();
    await page.waitForLoadState('networkidle');
  };
  await open('/');
  await take(page, 'home');
  await open('/new');
  await page.getByLabel('Topic', { exact: true }).fill('How much salt a loaf of bread needs, and when');
  await page.getByLabel('Addresses of pages, PDFs or feeds, one per line').fill('https://example.org/salt-in-bread');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('More options').click();
  await page.waitForLoadState('networkidle');
  await take(page, 'new-article');
  await open(`/articles/${articleId}`);
  await page
    .getByRole('button', { name: /^supported: / })
    .nth(2)
    .click();
  await page.locator('blockquote mark').waitFor();
  await take(page, 'article');
  await page.goto(`${url}/articles/${articleId}?edit=text`);
  await page.getByRole('textbox', { name: 'Text of the article' }).waitFor();
  await take(page, 'editor');
  await open(`/articles/${articleId}?tab=publish`);
  await take(page, 'publish');
  const { items: runs } = await ask<{ items: { id: string }[] }>(url, 'GET', '/pipelines');
  await open(`/runs/${runs.at(-1)?.id}`);
  await take(page, 'run');
  await open('/calendar');
  await take(page, 'calendar');
  await open('/topics');
  await take(page, 'topics');
  await open(`/sites/${siteId}/autopilot`);
  await take(page, 'autopilot');
  await open('/sites');
  await take(page, 'sites');
  await open('/usage');
  await take(page, 'usage');
} finally {
  await browser.close();
  await stopped(program);
  await wordpress.close();
  await secondWordpress.close();
  rmSync(dataDir, { recursive: true, force: true });
}

/** A site that knows its own name and address, as a real one does. */
async function startSite(name: string): Promise<HostileSite> {
  const site = await startHostileSite();
  site.behaviour = async ({ healthy, response }) => {
    const { status, headers, body } = await healthy();
    const own = body.replaceAll(site.double.url, site.url).replace('"Double"', JSON.stringify(name));
    response.writeHead(status, Object.fromEntries(headers)).end(own);
    return true;
  };
  return site;
}
