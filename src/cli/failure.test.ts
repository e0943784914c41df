import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runCommand } from '../../test/command-line.ts';
import { makeDataDir } from '../../test/harness.ts';
import { type App, startApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { createLogger } from '../logger.ts';

vi.setConfig({ testTimeout: 90_000 });

let folder: string;
let env: Record<string, string>;
let app: App;
const bp = (args: string[]) => runCommand(env, args);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bp-failures-'));
  env = { DATA_DIR: join(folder, 'data') };
  await makeDataDir(join(folder, 'data'));
  // The commands go through the server that holds the directory.
  const { config, secrets } = loadConfig(env, { port: 0 });
  app = await startApp(config, secrets, createLogger('error', process.stderr));
});
afterAll(async () => {
  await app?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('lists what failed, tries it again, puts it aside and back, and has a view for the operator', async () => {
  expect((await bp(['failure', 'list'])).out).toBe('Nothing has failed.\n');
  const short = join(folder, 'short.md');
  writeFileSync(short, 'Too short.');
  expect((await bp(['write', 'Bread that cannot be', '--source', short, '--priority', 'high'])).status).toBe(1);

  const listed = JSON.parse((await bp(['failure', 'list', '--json'])).out);
  expect(listed.items).toMatchObject([{ kind: 'pipeline', title: 'Bread that cannot be', attempts: 1 }]);
  const [{ id }] = listed.items;
  const lines = (await bp(['failure', 'list'])).out;
  expect(lines).toContain(id);
  expect(lines).toMatch(/WHAT TO DO\n/);

  const everyone = await bp(['failure', 'list', '--all-accounts', '--since', '1h']);
  expect(everyone.out).toMatch(/^COUNT +KIND +CODE/);
  expect(everyone.out).toMatch(/1 +pipeline +no_sources/);
  expect(everyone.out).toContain('1 in all.');
  expect(everyone.out).not.toContain('Bread');
  expect((await bp(['failure', 'list', '--all-accounts', '--code', 'model_unavailable'])).out).toBe(
    'Nothing has failed.\n',
  );

  const failedAgain = async (attempts: number) =>
    vi.waitFor(
      async () => {
        const { items } = JSON.parse((await bp(['failure', 'list', '--json'])).out);
        expect(items).toMatchObject([{ id, attempts }]);
      },
      { timeout: 60_000, interval: 300 },
    );
  expect((await bp(['failure', 'redrive', id])).out).toBe('1 tried again.\n');
  await failedAgain(2);
  expect((await bp(['failure', 'redrive', '--all-accounts', '--code', 'no_sources'])).out).toBe('1 tried again.\n');
  await failedAgain(3);

  expect((await bp(['failure', 'dismiss', '--all'])).out).toBe('1 put aside.\n');
  expect((await bp(['failure', 'list'])).out).toBe('Nothing has failed.\n');
  expect((await bp(['failure', 'list', '--dismissed'])).out).toContain(id);
  expect((await bp(['failure', 'dismiss', id, '--undo'])).out).toBe('1 taken back.\n');

  const late = await bp(['pipeline', 'priority', id, 'low']);
  expect(late.status).toBe(1);
  expect(late.err).toContain('has failed; it waits for no turn');
});

it.each([
  ['nothing that is named', ['failure', 'redrive']],
  ['two ways to name them', ['failure', 'dismiss', '--all', '--kind', 'mail']],
  ['a cause without all accounts', ['failure', 'redrive', '--code', 'no_sources']],
  ['ids of all accounts', ['failure', 'redrive', crypto.randomUUID(), '--all-accounts']],
  ['everything of everyone', ['failure', 'redrive', '--all-accounts']],
  ['a time that is none', ['failure', 'list', '--all-accounts', '--since', 'yesterday']],
  ['a priority that is none', ['pipeline', 'priority', crypto.randomUUID(), 'urgent']],
])('refuses %s with what to do', async (_, args) => {
  const answer = await bp(args);
  expect(answer.status).toBe(2);
  expect(answer.err).not.toBe('');
});
