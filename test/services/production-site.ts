import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Serves one of the WordPress sites of services.sh a second time, as hosts do: `WP_ENVIRONMENT_TYPE=production`, over plain
 * http. The same files and database, on a port of its own, with that as its address; nothing of it is stored. Needs root,
 * as services.sh does. `TEST_WP1_PRODUCTION_URL` and `TEST_WP2_PRODUCTION_URL` name such servers that run already
 * (compose.yaml has them).
 */
export async function startProductionSite(number: 1 | 2): Promise<{ url: string; stop(): Promise<void> }> {
  const running = process.env[`TEST_WP${number}_PRODUCTION_URL`];
  if (running) return { url: running, stop: async () => undefined };
  const tree =
    process.env.SERVICES_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'blog-poster-services');
  // How its first server was started is how this one is; only its address and environment are others.
  const pid = readFileSync(`${tree}.run/wp${number}.pid`, 'utf8').trim();
  const parts = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').filter(Boolean);
  const address = `127.0.0.1:${await freePort()}`;
  const command = parts('cmdline').map((part) => (/^127\.0\.0\.1:\d+$/.test(part) ? address : part));
  const variables = parts('environ').filter((line) => !/^(WP_URL|WP_ENV|PHP_CLI_SERVER_WORKERS)=/.test(line));
  const own = [`WP_URL=http://${address}`, 'WP_ENV=production'];
  const [, user] = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  const child = spawn(
    'chroot',
    [`--userspec=${user}:${user}`, tree, '/usr/bin/env', '-i', ...variables, ...own, ...command],
    {
      stdio: 'ignore',
    },
  );
  const stop = () => end(child);
  try {
    await answers(`http://${address}/?rest_route=/`, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://${address}`, stop };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until the server answers; PHP says nothing of it on its standard output. */
async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null)
      throw new Error(`The second server of the site ended at once: ${child.spawnargs.join(' ')}`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(50);
  }
  throw new Error(`${url} does not answer.`);
}
