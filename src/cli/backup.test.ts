import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../test/command-line.ts';
import { makeDataDir } from '../../test/harness.ts';
import { type App, startApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { createLogger } from '../logger.ts';

// Each command of its own opens a database of its own, which takes seconds on a busy machine: so one story for all of them.

let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bp-cli-backup-'));
  env = { DATA_DIR: join(folder, 'data'), BACKUP_DIR: join(folder, 'backups'), PATH: process.env.PATH ?? '' };
  await makeDataDir(join(folder, 'data'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bp = (args: string[], more: Record<string, string> = {}) => runCommand({ ...env, ...more }, args);

async function start(): Promise<App> {
  const { config, secrets } = loadConfig(env, { port: 0 });
  return startApp({ ...config, role: 'web' }, secrets, createLogger('silent'));
}

async function titlesIn(app: App): Promise<string[]> {
  const headers = { authorization: `Bearer ${app.ctx.operatorToken}` };
  const answer = await fetch(`http://127.0.0.1:${app.port}/api/v1/articles`, { headers });
  return ((await answer.json()) as { items: { title: string }[] }).items.map(({ title }) => title);
}

async function write(app: App, title: string): Promise<void> {
  const headers = { authorization: `Bearer ${app.ctx.operatorToken}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ title, markdown: 'Bread is baked.' });
  const answer = await fetch(`http://127.0.0.1:${app.port}/api/v1/articles`, { method: 'POST', headers, body });
  expect(answer.status).toBe(201);
}

test('an embedded instance is backed up by its server, refuses to be replaced unnamed, and comes back', async () => {
  const app = await start();
  await write(app, 'Before');
  // Through the server that runs: the command line could not open the database itself.
  const made = await bp(['backup', 'create', '--json']);
  expect(made.status, made.out).toBe(0);
  const backup = JSON.parse(made.out) as Record<string, unknown>;
  expect(backup).toMatchObject({ id: expect.any(String), file: expect.stringMatching(/\.sql\.zst$/) });
  expect(backup.bytes).toBeGreaterThan(1000);
  expect(backup.rows).toBeGreaterThan(20);
  await write(app, 'After');
  const listed = await bp(['backup', 'list']);
  expect(listed.out).toContain(String(backup.id));
  expect(await bp(['backup', 'verify', '20200101T000000Z-00000000'])).toMatchObject({
    status: 1,
    err: expect.stringContaining('There is no backup'),
  });
  const busy = await bp(['backup', 'restore', 'latest']);
  expect(busy).toMatchObject({ status: 1, err: expect.stringContaining('Stop that server first') });
  await app.stop();

  const dataDir = env.DATA_DIR ?? '';
  const refused = await bp(['backup', 'restore', 'latest']);
  expect(refused).toMatchObject({ status: 1, out: '' });
  expect(refused.err).toContain(`--into-nonempty ${dataDir}`);
  const restored = await bp(['backup', 'restore', 'latest', '--into-nonempty', dataDir, '--json']);
  expect(restored.status, restored.out).toBe(0);
  const { keptAs, lostSecrets } = JSON.parse(restored.out) as { keptAs: string; lostSecrets: null };
  expect(lostSecrets).toBeNull();
  expect(existsSync(join(keptAs, 'PG_VERSION'))).toBe(true);
  // Nothing of the work is left beside it.
  expect(readdirSync(dataDir).filter((name) => /restoring|work|lock/.test(name))).toEqual([]);
  const again = await start();
  expect(await titlesIn(again)).toEqual(['Before']);
  await again.stop();
  // Eight databases are opened one after another.
}, 180_000);

test.each([
  ['no id', ['backup', 'restore']],
  ['no target', ['move']],
  ['an unknown command', ['backup', 'delete', 'x']],
])('%s is wrong usage', async (_, args) => {
  expect(await bp(args)).toMatchObject({ status: 2, out: '' });
});
