import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { migrateAll } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { newId } from '../../src/db/id.ts';
import { openDatabase } from '../../src/db/open.ts';
import { openCredential, sealCredential } from '../../src/sites/credentials.ts';
import { sites } from '../../src/sites/schema.ts';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { finished, type Program, runProgram, servedAt } from '../program.ts';

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const server = process.env.TEST_DATABASE_URL;
if (!server)
  throw new Error('TEST_DATABASE_URL is not set: see test/services/compose.yaml for servers to test against.');

const previous = 'the secret until now, for tests only, forty letters';
const next = 'the secret from now on, for tests only, forty letters';
const password = 'abcdefghijklmnop';
const count = 3_000;
let database: ScratchDatabase;
const children: Program[] = [];

beforeEach(async () => {
  database = await createScratchDatabase(server);
  await withDatabase(async (opened) => {
    await migrateAll(opened);
    const userId = newId();
    await opened.db.execute(`insert into users (id, name, email) values ('${userId}', 'Ann', 'ann@example.com')`);
    const rows = Array.from({ length: count }, (_, number) => {
      const id = newId();
      const url = `https://site${number}.example`;
      const credential = sealCredential({ appSecret: previous }, id, password);
      return { id, userId, name: `Site ${number}`, url, username: 'me', ...credential };
    });
    for (let at = 0; at < count; at += 500) await opened.db.insert(sites).values(rows.slice(at, at + 500));
  });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await database.drop();
});

async function withDatabase<Answer>(work: (opened: Awaited<ReturnType<typeof openDatabase>>) => Promise<Answer>) {
  const { config, secrets } = loadConfig({ DATABASE_URL: database.url, APP_SECRET: previous });
  const opened = await openDatabase(config, secrets);
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

/** How many sites can be read with each of the two secrets. */
const readable = () =>
  withDatabase(async ({ db }) => {
    const rows = await db.select().from(sites);
    const by = (appSecret: string) =>
      rows.filter((site) => {
        try {
          return openCredential({ appSecret }, site) === password;
        } catch {
          return false;
        }
      }).length;
    return [by(previous), by(next)];
  });

function run(script: string, args: string[], env: Record<string, string>): Program {
  const program = runProgram(script, args, { DATABASE_URL: database.url, PORT: '0', HOST: '127.0.0.1', ...env });
  children.push(program);
  return program;
}

const rotate = () => run(cli, ['doctor', '--rotate-secret'], { APP_SECRET: next, APP_SECRET_PREVIOUS: previous });

it('a change that is killed in the middle has changed nothing, and the next one changes all of it', async () => {
  const watcher = new pg.Client({ connectionString: database.url });
  await watcher.connect();
  try {
    const killed = rotate();
    // It holds the rows that it has read: now it is at work on them.
    for (;;) {
      const { rows } = await watcher.query(
        `select 1 from pg_stat_activity where datname = current_database() and application_name = 'blog-poster'
           and query ilike 'update "sites"%'`,
      );
      if (rows.length > 0) break;
      expect(killed.exitCode, killed.output()).toBeNull();
    }
    killed.kill('SIGKILL');
    await finished(killed);
  } finally {
    await watcher.end();
  }
  expect(await readable()).toEqual([count, 0]);
  const done = await finished(rotate());
  expect(done).toMatchObject({ status: 0, output: expect.stringContaining(`Encrypted anew: ${count} sites.`) });
  expect(await readable()).toEqual([0, count]);
  const again = await finished(rotate());
  expect(again).toMatchObject({ status: 0, output: expect.stringContaining('Nothing had to be encrypted anew.') });
});

it('while a server is connected nothing is changed', async () => {
  const running = run(main, [], { APP_SECRET: previous });
  await servedAt(running);
  const refused = await finished(rotate());
  expect(refused.status).toBe(1);
  expect(refused.output).toContain('A blog-poster is connected to this database');
  expect(await readable()).toEqual([count, 0]);
  running.kill('SIGTERM');
  await finished(running);
  expect(await finished(rotate())).toMatchObject({ status: 0 });
  expect(await readable()).toEqual([0, count]);
});
