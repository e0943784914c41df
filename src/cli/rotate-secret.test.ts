import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDataDir } from '../../test/harness.ts';
import { finished, runProgram } from '../../test/program.ts';
import { ensureLocalOwner } from '../accounts/operator.ts';
import { startApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { newId } from '../db/id.ts';
import { openDatabase } from '../db/open.ts';
import { createLogger } from '../logger.ts';
import { rotateSecret } from '../secret-rotation/rotate.ts';
import { openCredential, sealCredential } from '../sites/credentials.ts';
import { sites } from '../sites/schema.ts';
import { runCli } from './program.ts';

const password = 'abcd efgh ijkl mnop';
const outside = 'a secret from the outside, forty letters';
let dataDir: string;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'bp-rotate-'));
  await makeDataDir(dataDir);
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const file = (name: string) => join(dataDir, name);
const read = (name: string) => readFileSync(file(name), 'utf8').trim();

async function bp(args: string[], env: Record<string, string> = {}) {
  let [out, err] = ['', ''];
  const status = await runCli(args, {
    env: { DATA_DIR: dataDir, ...env },
    stdin: Readable.from([]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    signal: new AbortController().signal,
  });
  return { status, out, err };
}

const rotate = (env: Record<string, string> = {}) => bp(['doctor', '--rotate-secret'], env);

async function withDatabase<Answer>(
  work: (database: Awaited<ReturnType<typeof openDatabase>>, loaded: ReturnType<typeof loadConfig>) => Promise<Answer>,
  env: Record<string, string> = {},
): Promise<Answer> {
  const loaded = loadConfig({ DATA_DIR: dataDir, ...env }, { changingSecret: true });
  const database = await openDatabase(loaded.config, loaded.secrets);
  try {
    return await work(database, loaded);
  } finally {
    await database.close();
  }
}

/** An embedded instance with some sites. */
const givenSites = (count = 1, env: Record<string, string> = {}) =>
  withDatabase(async (database, { secrets }) => {
    const userId = (await ensureLocalOwner(database.db)) ?? '';
    const rows = Array.from({ length: count }, (_, number) => {
      const id = newId();
      const url = `https://site${number}.example`;
      return { id, userId, name: `Site ${number}`, url, username: 'me', ...sealCredential(secrets, id, password) };
    });
    await database.db.insert(sites).values(rows);
  }, env);

/** The passwords of all sites, read with a secret. */
const passwords = (appSecret: string) =>
  withDatabase(async ({ db }) => (await db.select().from(sites)).map((site) => openCredential({ appSecret }, site)));

test('an embedded instance gets a new secret, and what was stored is read with it', async () => {
  await givenSites();
  const old = read('app-secret');
  const { status, out } = await rotate();
  expect(out).toContain('Encrypted anew: 1 site.');
  expect(out).toContain(`The new secret is in ${dataDir}/app-secret.`);
  expect(status).toBe(0);
  const present = read('app-secret');
  expect(present).not.toBe(old);
  expect(statSync(file('app-secret')).mode & 0o077).toBe(0);
  expect(existsSync(file('app-secret.next'))).toBe(false);
  expect(await passwords(present)).toEqual([password]);
  await expect(passwords(old)).rejects.toMatchObject({ code: 'secret_unreadable' });
  // Not a word of either secret is printed.
  for (const secret of [old, present]) expect(out).not.toContain(secret);
});

test('while a server runs on the directory nothing is changed', async () => {
  await givenSites();
  const old = read('app-secret');
  const { config, secrets } = loadConfig({ DATA_DIR: dataDir }, { port: 0 });
  const app = await startApp(config, secrets, createLogger('silent'));
  try {
    const { status, err } = await rotate();
    expect(status).toBe(1);
    expect(err).toContain(`in use by process ${process.pid}`);
  } finally {
    await app.stop();
  }
  expect([read('app-secret'), existsSync(file('app-secret.next'))]).toEqual([old, false]);
  expect(await passwords(old)).toEqual([password]);
});

test('cut off before the database knows the new secret, it is begun anew', async () => {
  await givenSites();
  const next = 'the one that was made before the crash, long enough';
  writeFileSync(file('app-secret.next'), next);
  // Nothing else starts in between: it could not know which of the two holds.
  const other = await bp(['site', 'list']);
  expect([other.status, other.err]).toEqual([1, expect.stringContaining('doctor --rotate-secret')]);
  expect((await rotate()).status).toBe(0);
  expect(read('app-secret')).toBe(next);
  expect(await passwords(next)).toEqual([password]);
});

test('cut off between the database and the file, it is finished', async () => {
  await givenSites();
  const next = 'the one that was made before the crash, long enough';
  writeFileSync(file('app-secret.next'), next);
  await withDatabase(({ db }, { secrets }) =>
    rotateSecret(db, { from: secrets, to: { appSecret: next } }, { trusted: true }),
  );
  const { status, out } = await rotate();
  expect([status, out]).toEqual([0, expect.stringContaining('Under the new secret already: 1.')]);
  expect([read('app-secret'), existsSync(file('app-secret.next'))]).toEqual([next, false]);
  expect(await passwords(next)).toEqual([password]);
});

test('killed in the middle, again and again, it loses nothing', async () => {
  await givenSites(300);
  for (const delayMs of [0, 60, 150]) {
    const program = runProgram('src/cli.ts', ['doctor', '--rotate-secret'], { DATA_DIR: dataDir });
    const ended = finished(program);
    const begun = existsSync(file('app-secret.next'))
      ? Promise.resolve()
      : new Promise<void>((resolve) => {
          const watcher = watch(dataDir, (_event, name) => {
            if (name !== 'app-secret.next') return;
            watcher.close();
            resolve();
          });
        });
    await Promise.race([begun, ended]);
    setTimeout(() => program.kill('SIGKILL'), delayMs);
    await ended;
  }
  const { status, out } = await rotate();
  expect([status, out]).toEqual([0, expect.stringMatching(/300/)]);
  expect(await passwords(read('app-secret'))).toEqual(Array.from({ length: 300 }, () => password));
}, 120_000);

test('a secret from the environment is changed to another one from there', async () => {
  const next = 'the next one from the outside, forty letters';
  await givenSites(1, { APP_SECRET: outside });
  const without = await rotate({ APP_SECRET: next });
  expect([without.status, without.err]).toEqual([1, expect.stringContaining('APP_SECRET_PREVIOUS')]);
  const wrong = await rotate({ APP_SECRET: next, APP_SECRET_PREVIOUS: 'never the secret of anything, forty letters' });
  expect([wrong.status, wrong.err]).toEqual([1, expect.stringContaining('Nothing was changed: 1 site')]);
  expect(await passwords(outside)).toEqual([password]);
  const json = await bp(['doctor', '--rotate-secret', '--json'], { APP_SECRET: next, APP_SECRET_PREVIOUS: outside });
  expect([json.status, JSON.parse(json.out)]).toEqual([
    0,
    expect.objectContaining({ ok: true, moved: expect.objectContaining({ site: 1 }) }),
  ]);
  expect(await passwords(next)).toEqual([password]);
});

test('a secret from the environment becomes one in the data directory', async () => {
  await givenSites(1, { APP_SECRET: outside });
  expect((await rotate({ APP_SECRET_PREVIOUS: outside })).status).toBe(0);
  expect(await passwords(read('app-secret'))).toEqual([password]);
});

test.each([
  ['too short', { APP_SECRET: outside, APP_SECRET_PREVIOUS: 'short' }],
  ['the present one', { APP_SECRET: outside, APP_SECRET_PREVIOUS: outside }],
])('a previous secret that is %s is a mistake in the configuration', async (_what, env) => {
  const { status, err } = await rotate(env);
  expect([status, err]).toEqual([
    1,
    expect.stringContaining('APP_SECRET_PREVIOUS: must be what APP_SECRET was before'),
  ]);
});
