import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PipelineAnswer } from '../src/pipeline/present.ts';
import { fetchAs } from '../test/account.ts';
import { figure, type Measure } from './support/measure.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const limitMs = 600_000;

/**
 * What a newcomer waits for: the files of the checkout in an empty folder, an empty cache of npm, `npm start` with the
 * system's own Node and npm, until the sample article is written. The baseline is the download in it, by the set-up's
 * own word: the rest is ours. Needs the network, and is run once.
 */
export const firstArticle: Measure = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bp-bench-first-'));
  const checkout = join(folder, 'blog-poster');
  copyCheckout(checkout);
  const start = performance.now();
  const npm = spawn('npm', ['start'], {
    cwd: checkout,
    env: newcomersEnv(folder),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  let ended = false;
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const closed = new Promise<void>((resolve) => {
    npm.once('close', () => {
      ended = true;
      resolve();
    });
  });
  try {
    for (;;) {
      if (await sampleSucceeded(/serves on (\S+)/.exec(output)?.[1])) break;
      if (ended || performance.now() - start > limitMs) throw new Error(`no article came:\n${output.slice(-2_000)}`);
      await pause(100);
    }
    const seconds = (performance.now() - start) / 1000;
    const installing = Number(/Installed in ([\d.]+) s/.exec(output)?.[1]);
    if (!(installing > 0)) throw new Error(`nothing was installed:\n${output}`);
    const baseline = { what: 'npm ci in it', values: [installing] };
    return {
      figures: [figure('first article after npm start, empty npm cache', 's', [seconds], { baseline, aim: 60 })],
      notMeasured: [],
    };
  } finally {
    // npm, its shell and the server are one group.
    if (!ended && npm.pid) process.kill(-npm.pid, 'SIGTERM');
    await closed;
    rmSync(folder, { recursive: true, force: true });
  }
};

/** The files that git knows or would take up, as they are now. */
function copyCheckout(target: string): void {
  const list = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (list.status !== 0) throw new Error(`git: ${list.stderr}`);
  for (const file of list.stdout.split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(join(root, file), join(target, file));
  }
}

/** Without what npm and this checkout have put into the environment. */
function newcomersEnv(folder: string): Record<string, string> {
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|node|data|llm|app_|test_|path$|port$)/i.test(name),
  );
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    PATH: path.join(delimiter),
    PORT: '0',
    npm_config_cache: join(folder, 'npm-cache'),
  };
}

async function sampleSucceeded(address: string | undefined): Promise<boolean> {
  if (!address) return false;
  const { items } = (await (await fetchAs(`${address}/api/v1/pipelines`)).json()) as { items: PipelineAnswer[] };
  if (items[0]?.status === 'failed') throw new Error(`the sample article failed: ${items[0].error?.message}`);
  return items[0]?.status === 'succeeded';
}
