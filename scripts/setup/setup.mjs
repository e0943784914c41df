import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuild } from './build.mjs';
import { ensureInstall } from './install.mjs';

/** Brings the checkout into the state that the script after it needs. Says nothing when there is nothing to do. */
export async function run(args) {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const steps = [ensureInstall, ...(args.includes('--build') ? [ensureBuild] : [])];
  if (steps.every((step) => step.isDone(root))) return;
  const unlock = await lock(root);
  try {
    for (const step of steps) if (!step.isDone(root)) step.run(root);
  } finally {
    unlock();
  }
}

/** Keeps two commands that are started together in a fresh clone from installing into one folder at the same time. */
async function lock(root) {
  const folder = join(root, '.cache');
  const file = join(folder, 'setup.pid');
  mkdirSync(folder, { recursive: true });
  // Written elsewhere and linked into place: a lock file that is there but still empty would look abandoned.
  const mine = join(folder, `setup.${process.pid}`);
  writeFileSync(mine, String(process.pid));
  try {
    return await take(file, mine);
  } finally {
    rmSync(mine, { force: true });
  }
}

async function take(file, mine) {
  for (let said = false; ; ) {
    try {
      linkSync(mine, file);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(readOrNothing(file));
    if (!isAlive(holder)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!said) console.error(`Waiting for the set-up that process ${holder} is doing ...`);
    said = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function readOrNothing(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

function isAlive(pid) {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to someone else.
    return error.code === 'EPERM';
  }
}
