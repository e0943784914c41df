import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { eq } from 'drizzle-orm';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { users } from '../src/accounts/schema.ts';
import { articles } from '../src/articles/schema.ts';
import { loadConfig } from '../src/config.ts';
import { newId } from '../src/db/id.ts';
import { openDatabase } from '../src/db/open.ts';
import { topics } from '../src/topics/schema.ts';
import { fetchAs, tester } from '../test/account.ts';
import { runProgram, servedAt } from '../test/program.ts';
import { devtoolsOf, launchBrowser, logIn } from './support/browser.ts';
import { type Figure, figure, type Measure, repeat, timed } from './support/measure.ts';
import { entries, serverEnv, stopped } from './support/program.ts';
import { longArticle } from './typing.ts';

const rowsOfLists = 10_000;
const desktop = { viewport: { width: 1440, height: 900 } };
type State = NonNullable<BrowserContextOptions['storageState']>;

/**
 * What the web app costs whoever looks at it, in a headless browser on the built app and the bundled server: how soon a page
 * is there on a processor that is slowed down to a quarter, and whether it jumps; how long a change of page takes from the
 * click until its content is painted; how evenly ten thousand rows scroll; what is loaded first; how long the checks beside
 * a text of 5,000 words take. Pages are opened in a browser that has never been there. Baselines are bare pages and bare
 * requests of the same run.
 */
export const web: Measure = async ({ quick }) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bp-bench-'));
  const env = { ...serverEnv, DATA_DIR: dataDir, SAMPLE_ARTICLE: 'false', RATE_LIMIT_PER_MINUTE: '100000' };
  const [bare, browser] = await Promise.all([serveBare(), launchBrowser()]);
  let program = runProgram(entries.bundle, [], env);
  try {
    const first = await servedAt(program);
    const longId = await createArticle(first, { title: 'A long article', markdown: longArticle });
    const shortId = await createArticle(first, {
      title: 'An article of usual length',
      markdown: longArticle.slice(0, longArticle.length / 5),
    });
    await stopped(program);
    await fillLists(env);
    program = runProgram(entries.bundle, [], env);
    const url = await servedAt(program);
    const context = await browser.newContext(desktop);
    await logIn(await context.newPage(), url);
    const state = await context.storageState();
    await context.close();
    const figures = [
      ...(await firstSights(browser, state, url, bare.url, shortId, quick ? 1 : 9)),
      ...(await changes(browser, state, url, quick ? 1 : 7)),
      ...(await scrolling(browser, state, url, bare.url, quick ? 2 : 8)),
      await firstScripts(browser, state, url),
      await textCheck(url, longId, quick ? 3 : 30),
    ];
    return { figures, notMeasured: [] };
  } finally {
    await browser.close();
    bare.close();
    await stopped(program);
    rmSync(dataDir, { recursive: true, force: true });
  }
};

async function createArticle(url: string, article: { title: string; markdown: string }): Promise<string> {
  const answer = await fetchAs(`${url}/api/v1/articles`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(article),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return ((await answer.json()) as { id: string }).id;
}

/** Ten thousand articles and as many topics, written past the server while it is away. */
async function fillLists(env: Record<string, string>): Promise<void> {
  const { config, secrets } = loadConfig(env);
  const { db, close } = await openDatabase(config, secrets);
  try {
    const [user] = await db.select({ id: users.id }).from(users).where(eq(users.email, tester.email));
    if (!user) throw new Error('nobody has registered');
    for (let done = 0; done < rowsOfLists; done += 500) {
      const numbers = Array.from({ length: 500 }, (_, index) => done + index);
      await db.insert(articles).values(
        numbers.map((number) => ({
          id: newId(),
          userId: user.id,
          title: `Article ${number}: ${'what keeps bread fresh for longer, '.repeat(1 + (number % 3))}and why`,
          slug: `article-${number}`,
          markdown: 'Text.',
          excerpt:
            number % 4 === 0 ? '' : 'What the bakers of three towns do with what they do not sell on the same day.',
          wordCount: 800 + (number % 700),
          status: number % 3 === 0 ? ('draft' as const) : ('ready' as const),
        })),
      );
      await db.insert(topics).values(
        numbers.map((number) => ({
          id: newId(),
          userId: user.id,
          topic: `Topic ${number}: ${'how to store grain, '.repeat(1 + (number % 4))}and for how long`,
          sameness: `topic ${number}`,
          position: number,
        })),
      );
    }
  } finally {
    await close();
  }
}

/** Serves the bare pages that the app is held against. */
async function serveBare(): Promise<{ url: string; close: () => void }> {
  const html = (body: string) => `<!doctype html><html lang="en"><title>Bare</title><body>${body}</body></html>`;
  const row =
    '<div style="height:102px;border-bottom:1px solid"><a href="/">A title of a row</a><p>And what it is</p></div>';
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(html(request.url === '/rows' ? row.repeat(rowsOfLists) : '<h1>A bare page with a heading</h1>'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

/** Set before any script of the page: notes its largest paint and every shift that no key or click explains. */
const watchPaints = `
  window.paints = { largest: 0, shift: 0, shifts: [] };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.paints.largest = entry.startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      window.paints.shift += entry.value;
      window.paints.shifts.push(...entry.sources.map(({ node }) => node?.nodeName + '.' + String(node?.className).slice(0, 60)));
    }
  }).observe({ type: 'layout-shift', buffered: true });`;

interface Paints {
  largest: number;
  shift: number;
  shifts: string[];
}

/** Largest paint and layout shift of the first sight of a page, on a quarter of the processor. */
async function firstSights(
  browser: Browser,
  state: State,
  url: string,
  bareUrl: string,
  articleId: string,
  runs: number,
): Promise<Figure[]> {
  const sight = async (address: string, storageState?: State): Promise<Paints> => {
    const context = await browser.newContext({ ...desktop, ...(storageState ? { storageState } : {}) });
    const page = await context.newPage();
    await page.addInitScript(watchPaints);
    const devtools = await devtoolsOf(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    await page.goto(address);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    const paints = (await page.evaluate('window.paints')) as Paints;
    await context.close();
    return paints;
  };
  const pages: [string, string, State | undefined][] = [
    ['the landing page', '/', undefined],
    ['the overview', '/', state],
    ['articles', '/articles', state],
    ['an article', `/articles/${articleId}`, state],
  ];
  await sight(bareUrl);
  const figures: Figure[] = [];
  for (const [name, path, storageState] of pages) {
    await sight(url + path, storageState);
    const found = await repeat(runs, async () => ({
      app: await sight(url + path, storageState),
      bare: await sight(bareUrl),
    }));
    const shifted = found.flatMap(({ app }) => app.shifts);
    if (shifted.length > 0) console.error(`what moved on ${name}: ${[...new Set(shifted)].join('; ')}`);
    figures.push(
      figure(
        `largest paint of ${name}, processor slowed 4 times`,
        'ms',
        found.map(({ app }) => app.largest),
        { baseline: { what: 'a bare page', values: found.map(({ bare }) => bare.largest) }, aim: 1_000 },
      ),
      figure(
        `layout shift of ${name}`,
        'score',
        found.map(({ app }) => app.shift),
        { aim: 0 },
      ),
    );
  }
  return figures;
}

/**
 * Milliseconds from a click until what it leads to is painted: the heading of the page is there, no skeleton is left, and a
 * frame has been drawn since. Watched from inside, so that nothing of the remote control counts.
 */
const watchChange = (link: string, heading: string) => `new Promise((done, fail) => {
  const link = document.querySelector(${JSON.stringify(link)});
  const there = () =>
    document.querySelector('main h1')?.textContent === ${JSON.stringify(heading)} &&
    !document.querySelector('main [role=status][aria-label=Loading]');
  setTimeout(() => fail(new Error(${JSON.stringify(heading)} + ' was not there within 10 s: ' + document.querySelector('main h1')?.textContent)), 10_000);
  link.addEventListener('click', ({ timeStamp }) => {
    const look = () => {
      if (!there()) return requestAnimationFrame(look);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now() - timeStamp);
      requestAnimationFrame(() => port2.postMessage(0));
    };
    requestAnimationFrame(look);
  }, { once: true });
  window.watching = true;
})`;

const places = [
  ['/articles', 'Articles'],
  ['/runs', 'Runs'],
  ['/topics', 'Backlog'],
  ['/calendar', 'Calendar'],
  ['/queue', 'Publishing'],
  ['/sites', 'Sites'],
  ['/images', 'Images'],
  ['/usage', 'Usage'],
] as const;

/** From page to page by the links beside them; each the first time in a browser, and again. */
async function changes(browser: Browser, state: State, url: string, runs: number): Promise<Figure[]> {
  const times = new Map<string, { cold: number[]; warm: number[] }>();
  const bare: number[] = [];
  const change = async (page: Page, path: string, heading: string) => {
    const link = `nav a[href="${path}"]`;
    const changed = page.evaluate(watchChange(link, heading)) as Promise<number>;
    await page.waitForFunction('window.watching');
    await page.evaluate('window.watching = false');
    const box = await page.locator(link).first().boundingBox();
    if (!box) throw new Error(`there is no link to ${path}`);
    // Straight onto the link and pressed at once: no time in which it could have been foreseen.
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    return changed;
  };
  await repeat(runs, async () => {
    const context = await browser.newContext({ ...desktop, storageState: state });
    const page = await context.newPage();
    for (const kind of ['cold', 'warm'] as const) {
      for (const [path, heading] of places) {
        if (kind === 'cold') {
          await page.goto(url);
          await page.getByLabel('What should the next article be about?').waitFor();
          await page.waitForLoadState('networkidle');
        }
        const found = times.get(heading) ?? { cold: [], warm: [] };
        times.set(heading, found);
        found[kind].push(await change(page, path, heading));
        await page.waitForLoadState('networkidle');
      }
    }
    // The same watched in a page that only puts fifty rows in the place of its content.
    await page.evaluate(`(() => {
      const link = document.createElement('a');
      link.href = '#';
      link.id = 'bare';
      link.textContent = 'Bare';
      link.style.cssText = 'position:fixed;top:0;left:0;z-index:99';
      link.addEventListener('click', (event) => {
        event.preventDefault();
        document.querySelector('main').innerHTML = '<h1>Bare</h1>' + '<p>A row with some words in it</p>'.repeat(50);
      });
      document.body.append(link);
    })()`);
    const changed = page.evaluate(watchChange('#bare', 'Bare')) as Promise<number>;
    await page.waitForFunction('window.watching');
    await page.mouse.click(5, 5);
    bare.push(await changed);
    await context.close();
  });
  const baseline = { what: 'fifty bare rows', values: bare };
  return (['cold', 'warm'] as const).flatMap((kind) => {
    const all = [...times].map(([name, found]) => ({ name, values: found[kind] }));
    const title = kind === 'cold' ? 'to a page that was not open before' : 'back to a page';
    const slowest = all.reduce((worst, one) => (middle(one.values) > middle(worst.values) ? one : worst));
    return [
      figure(
        `change ${title}, 8 pages`,
        'ms',
        all.flatMap(({ values }) => values),
        { baseline, aim: 100 },
      ),
      figure(`the slowest of them: ${slowest.name}`, 'ms', slowest.values, { baseline, aim: 100 }),
    ];
  });
}

const middle = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Notes when each frame is begun, until it is told to stop. */
const watchFrames = `(() => {
  window.begun = [];
  const note = (at) => {
    window.begun.push(at);
    window.noting = requestAnimationFrame(note);
  };
  window.noting = requestAnimationFrame(note);
})()`;
const frameMs = 1000 / 60;

interface Scrolled {
  /** Milliseconds from one frame to the next, on average. */
  ms: number;
  /** Of a hundred frames that a screen of 60 Hz shows, how many were not there in time. */
  dropped: number;
}

/** Opens a page and scrolls it down and up again, at five windows a second. */
async function scrolled(browser: Browser, state: State, runs: number, open: (page: Page) => Promise<void>) {
  const context = await browser.newContext({ ...desktop, storageState: state });
  const page = await context.newPage();
  await open(page);
  const devtools = await devtoolsOf(page);
  const found = await repeat(runs, async (run): Promise<Scrolled> => {
    await page.evaluate(watchFrames);
    await devtools.send('Input.synthesizeScrollGesture', {
      x: 700,
      y: 450,
      yDistance: run % 2 === 0 ? -13_500 : 13_500,
      speed: 4_500,
      gestureSourceType: 'touch',
      preventFling: true,
    });
    const frames = (await page.evaluate('cancelAnimationFrame(window.noting), window.begun')) as number[];
    const gaps = frames.slice(1).map((at, index) => at - (frames[index] as number));
    const total = gaps.reduce((sum, gap) => sum + gap, 0);
    const dropped = gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / frameMs) - 1), 0);
    return { ms: total / gaps.length, dropped: (100 * dropped) / (gaps.length + dropped) };
  });
  await context.close();
  return found;
}

/** How evenly lists of ten thousand rows scroll. */
async function scrolling(
  browser: Browser,
  state: State,
  url: string,
  bareUrl: string,
  runs: number,
): Promise<Figure[]> {
  const bare = await scrolled(browser, state, runs, async (page) => {
    await page.goto(`${bareUrl}/rows`);
    await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight / 2)');
  });
  const figures: Figure[] = [];
  for (const [name, path] of [
    ['articles', '/articles'],
    ['topics', '/topics'],
  ] as const) {
    const found = await scrolled(browser, state, runs, async (page) => {
      await page.goto(url + path);
      await page.locator('main [role=listitem]').first().waitFor();
      // Everything is read first.
      while ((await page.getByRole('button', { name: /^(Show more|Loading)/ }).count()) > 0) {
        await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
        await pause(20);
      }
      await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight / 2)');
      const rows = await page.locator('main [role=listitem]').last().getAttribute('aria-setsize');
      if (Number(rows) < rowsOfLists) throw new Error(`the list has ${rows} rows`);
    });
    figures.push(
      figure(
        `a frame while ${rowsOfLists} ${name} scroll`,
        'ms',
        found.map(({ ms }) => ms),
        { baseline: { what: 'as many bare rows', values: bare.map(({ ms }) => ms) }, aim: 17 },
      ),
      figure(
        'dropped of 100 of these frames',
        'frames',
        found.map(({ dropped }) => dropped),
        { baseline: { what: 'as many bare rows', values: bare.map(({ dropped }) => dropped) } },
      ),
    );
  }
  return figures;
}

/** Scripts that the overview has loaded when it is there, each packed by gzip; what is loaded ahead of clicks comes after it. */
async function firstScripts(browser: Browser, state: State, url: string): Promise<Figure> {
  const context = await browser.newContext({ ...desktop, storageState: state });
  const page = await context.newPage();
  const sizes: Promise<number>[] = [];
  page.on('response', (answer) => {
    if (answer.request().resourceType() === 'script')
      sizes.push(answer.body().then((body) => gzipSync(body, { level: 9 }).length / 1000));
  });
  await page.goto(url);
  await page.getByRole('heading', { level: 2 }).first().waitFor();
  const total = (await Promise.all([...sizes])).reduce((sum, size) => sum + size, 0);
  await page.waitForLoadState('networkidle');
  await context.close();
  return figure('scripts of the first load, gzipped', 'kB', [total], { aim: 180 });
}

/** What is asked after every pause of typing, against a mere read of the same article. */
async function textCheck(url: string, articleId: string, runs: number): Promise<Figure> {
  const address = `${url}/api/v1/articles/${articleId}`;
  const read = () => timed(async () => (await fetchAs(address)).arrayBuffer());
  const check = (run: number) =>
    timed(async () => {
      const answer = await fetchAs(`${address}/check`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ markdown: `${longArticle}\n\nAnother sentence, number ${run}.\n` }),
      });
      if (!answer.ok) throw new Error(await answer.text());
      await answer.arrayBuffer();
    });
  await repeat(3, check);
  const values = await repeat(runs, check);
  return figure('the checks beside a text of 5,000 words', 'ms', values, {
    baseline: { what: 'reading the article', values: await repeat(runs, read) },
    aim: 50,
  });
}
