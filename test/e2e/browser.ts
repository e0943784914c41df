import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import { tester } from '../account.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Nothing listens here: a site that refuses the connection, and the only private host that the server may reach. */
export const silentHost = '127.0.0.1:47613';

/** The real server in a process of its own, on a data directory without accounts that goes with it. */
export interface TestServer {
  url: string;
  /** Where its data lie; only for looking into, or changing, after {@link kill}. */
  dataDir: string;
  /** Of whoever signed up with {@link signUp}; pages are opened with it unless they bring their own. */
  session?: Session;
  /** What it has printed so far, its log as well. */
  output(): string;
  /** Ends the process as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again after {@link kill}, at the same address and on the same data. */
  revive(): Promise<void>;
  stop(): Promise<void>;
}

/** The cookies of someone who is signed in. */
export type Session = Awaited<ReturnType<BrowserContext['storageState']>>;

/** Starts `node src/main.ts` on a free port, with `env` on top. Throws with what it printed when it does not serve within 100 seconds. */
export async function startServer(env: Record<string, string> = {}): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bp-e2e-'));
  cpSync(inject('preparedData'), dataDir, { recursive: true });
  let printed = '';
  const run = (port: string) => {
    const started = start(dataDir, port, env);
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        printed += chunk;
      });
    }
    return started;
  };
  let child = run('0');
  const url = await servedAt(child);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  return {
    url,
    dataDir,
    output: () => printed,
    kill: () => end('SIGKILL'),
    async revive() {
      child = run(new URL(url).port);
      await servedAt(child);
    },
    async stop() {
      await end('SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function start(dataDir: string, port: string, env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['src/main.ts'], {
    cwd: root,
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      PORT: port,
      DATABASE_URL: '',
      LLM_MODEL: '',
      ALLOW_PRIVATE_HOSTS: silentHost,
      LOG_LEVEL: 'warn',
      SEARCH_URL: '',
      BRAVE_API_KEY: '',
      TAVILY_API_KEY: '',
      AUTH_RATE_LIMIT_PER_MINUTE: '10000',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function servedAt(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const give = (reason: string) => reject(new Error(`${reason}\n${printed}`));
    const timer = setTimeout(() => give('The server did not start within 100 s.'), 100_000);
    const read = (chunk: Buffer) => {
      printed += chunk;
      const url = /serves on (http:\/\/localhost:\d+)/.exec(printed)?.[1];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('exit', (code) => give(`The server ended with ${code} before it served.`));
  });
}

/** Debian's Chromium, or the one that CHROMIUM_PATH names. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  });
}

export const sizes = {
  phone: { width: 360, height: 780 },
  desktop: { width: 1440, height: 900 },
  '4k': { width: 3840, height: 2160 },
};

/** Opens a page that collects what a person would never see: errors in the console, refused scripts, foreign requests. */
export async function openPage(
  browser: Browser,
  server: TestServer,
  options: Parameters<Browser['newContext']>[0] = {},
) {
  const context = await browser.newContext({
    baseURL: server.url,
    locale: 'en-US',
    viewport: sizes.desktop,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...(server.session ? { storageState: server.session } : {}),
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  page.on('console', (message) => {
    // Chromium reports each answer with an error status by itself; the tests look at what the page makes of it.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  page.on('response', (answer) => {
    // The form knows its own mistakes: it has no reason to ask what a mistaken brief would cost.
    if (answer.status() >= 400 && answer.url().includes('/pipelines?dryRun=true'))
      faults.push(`estimate ${answer.status()}`);
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url()))
      faults.push(`foreign request: ${request.url()}`);
  });
  return { page, faults };
}

/** Opens `path` in a page of its own and does `work` there: nothing may happen that {@link openPage} collects. A failure leaves a picture. */
export async function visitPage(
  browser: Browser,
  server: TestServer,
  path: string,
  work: (page: Page) => Promise<void>,
  options: Parameters<typeof openPage>[2] = {},
): Promise<void> {
  const { page, faults } = await openPage(browser, server, options);
  try {
    await page.goto(path);
    await work(page);
    expect(faults).toEqual([]);
  } catch (error) {
    await picture(page, 'failure');
    throw error;
  } finally {
    await page.context().close();
  }
}

/** Asks the API as whoever a page belongs to, past what the page is kept from. Throws what the API says when it refuses. */
export async function askApi<Answer = { id: string }>(
  page: Page,
  method: string,
  path: string,
  data?: object,
): Promise<Answer> {
  const answer = await page.request.fetch(`/api/v1${path}`, {
    method,
    headers: { origin: new URL(page.url()).origin },
    ...(data ? { data } : {}),
  });
  if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}

/** Nobody, in a browser that has never been here. */
export const nobody = { storageState: { cookies: [], origins: [] } };

/** Fills and sends the form that makes an account. */
export async function fillRegistration(
  page: Page,
  { name, email, password }: { name: string; email: string; password: string },
): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Create the account' }).click();
}

/** Registers the first account through the real form, on a server that sends no mail; later pages are opened as it. */
export async function signUp(browser: Browser, server: TestServer): Promise<void> {
  const { page } = await openPage(browser, server, nobody);
  await page.goto('/');
  await fillRegistration(page, { name: 'Test Person', ...tester });
  await atHome(page);
  server.session = await page.context().storageState();
  await page.context().close();
}

/** Waits until an expression holds in the page. Asked from outside: what runs in the page may not evaluate text. */
export const untilTrue = (page: Page, expression: string): Promise<void> =>
  expect.poll(() => page.evaluate(expression), { timeout: 20_000 }).toBe(true);

/** Waits for the overview, where one arrives after logging in. */
export const atHome = (page: Page): Promise<void> =>
  page.getByLabel('What should the next article be about?').waitFor({ timeout: 60_000 });

interface AxeResults {
  violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
}

/**
 * What axe finds on the page as it is now (WCAG 2.2 A and AA), serious and critical ones only, one line each; with
 * `contrastAlone` only what another theme can change.
 */
export async function seriousViolations(page: Page, { contrastAlone = false } = {}): Promise<string[]> {
  // Evaluated as by the debugger: a script tag would be refused by the content security policy.
  await page.evaluate(axe);
  const rules = contrastAlone ? ['color-contrast'] : ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const { violations } = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)} })`,
  )) as AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`));
}

/** How many pixels the page is wider than the window; more than 0 means that it scrolls sideways. */
export async function overflow(page: Page): Promise<number> {
  return (await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')) as number;
}

/** Keeps a picture under test-results/ for people to look at. */
export async function picture(page: Page, name: string, fullPage = false): Promise<void> {
  mkdirSync(join(root, 'test-results'), { recursive: true });
  if (fullPage) await page.evaluate('window.scrollTo(0, 0)');
  await page.screenshot({ path: join(root, 'test-results', `${name}.png`), fullPage });
}

/**
 * Looks at a page in light and then in the dark, as it changes when the system does: what axe finds, and how much wider
 * than the window it is, one line each. Pictures are named `<name>-light` and `<name>-dark`.
 */
export async function faultsInBothThemes(
  page: Page,
  name: string,
  { themes = ['light', 'dark'], fullPage = false }: { themes?: ('light' | 'dark')[]; fullPage?: boolean } = {},
): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await picture(page, `${name}-${colorScheme}`, fullPage);
    found.push(...(await seriousViolations(page)).map((violation) => `${name}, ${colorScheme}: ${violation}`));
    const over = await overflow(page);
    if (over > 0) found.push(`${name}, ${colorScheme}: wider than the window by ${over} px`);
  }
  return found;
}
