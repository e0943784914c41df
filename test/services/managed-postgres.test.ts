import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from '../command-line.ts';
import { breadSources } from '../factories.ts';
import { type ManagedPostgres, startManagedPostgres } from '../fakes/managed-postgres.ts';
import { type Program, runProgram, servedAt } from '../program.ts';
import { ask, pipelineUntil } from '../server-process.ts';

/*
 * A managed PostgreSQL as providers hand it out: TLS by an authority of their own and nothing without it, `?sslmode=require`
 * in the address, an owner who is no superuser, an app role that is neither, and few connections. (What stands in for it is
 * the real server of the tests behind a TLS terminator; it trusts every password.)
 */

const server = process.env.TEST_DATABASE_URL;
if (!server)
  throw new Error('TEST_DATABASE_URL is not set: see test/services/compose.yaml for servers to test against.');
const root = fileURLToPath(new URL('../../', import.meta.url));
const id = randomBytes(5).toString('hex');
const names = { database: `bp_managed_${id}`, owner: `doadmin_${id}`, role: `app_${id}` };
/** What a cluster of 1 GB gives. */
const connections = 22;

let admin: pg.Client;
let managed: ManagedPostgres;
let home: string;
const programs: Program[] = [];

const addressOf = (user: string) =>
  `postgres://${user}:a-password-of-theirs@localhost:${managed.port}/${names.database}?sslmode=require`;
/** The database as the superuser of the server. */
const serverAddress = () => {
  const url = new URL(server);
  url.pathname = `/${names.database}`;
  return url.toString();
};
const env = (user: string) => ({
  DATABASE_URL: addressOf(user),
  DATABASE_CA_CERT: managed.ca,
  APP_SECRET: 'a secret for tests only, forty characters',
  DATA_DIR: home,
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_LEVEL: 'warn',
});
const serve = () => {
  const program = runProgram(join(root, 'src/main.ts'), [], env(names.role));
  programs.push(program);
  return program;
};
/** A command as the app's role. */
const bp = (args: string[], extra: Record<string, string> = {}) => runCommand({ ...env(names.role), ...extra }, args);
const bootstrap = (args: string[] = [], options?: Parameters<typeof runCommand>[2], user = names.owner) =>
  runCommand(env(user), ['database', 'bootstrap', '--role', names.role, ...args], options);

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'bp-managed-'));
  admin = new pg.Client({ connectionString: server });
  await admin.connect();
  await admin.query(`create role ${names.owner} login createrole createdb`);
  await admin.query(`create database ${names.database} owner ${names.owner}`);
  managed = await startManagedPostgres(server);
});
afterAll(async () => {
  for (const program of programs) program.kill('SIGKILL');
  admin.on('error', () => undefined);
  await managed.close();
  await admin.query(`drop database if exists ${names.database} with (force)`);
  for (const role of [names.role, names.owner]) await admin.query(`drop role if exists ${role}`);
  await admin.end();
  rmSync(home, { recursive: true, force: true });
});

it('is prepared once as the owner, and then carries the app as a role that owns nothing', async () => {
  // As it comes, the role of the app may not make a table.
  await admin.query(`create role ${names.role} login connection limit ${connections}`);
  const unprepared = await bp(['migrate']);
  expect(unprepared.status).toBe(1);
  expect(unprepared.err).toContain('permission denied for schema public');

  // Debian's pgvector is for superusers; providers let their owners make it by a list of their own, which this server has not.
  const refused = await bootstrap();
  expect(refused.err).toMatch(
    /The extension vector could not be made: permission denied[\s\S]*as the owner of the database/,
  );
  expect(refused.status).toBe(1);
  const provider = new pg.Client({ connectionString: serverAddress() });
  await provider.connect();
  await provider.query('create extension vector');
  await provider.end();

  const prepared = await bootstrap(['--json']);
  expect(prepared.err).toBe('');
  expect(JSON.parse(prepared.out)).toMatchObject({
    database: names.database,
    owner: names.owner,
    role: names.role,
    created: false,
    extensionVersion: expect.stringMatching(/^\d+\.\d+/),
  });
  // Again: nothing to do, and no error.
  expect((await bootstrap()).status).toBe(0);

  const before = await bp(['migrate', '--check']);
  expect(before.out).toMatch(/Not applied yet: 0001-first-article\.[\s\S]*The queue is not installed yet\./);
  expect(before.status).toBe(1);
  const migrated = await bp(['migrate']);
  expect(migrated.out).toContain('Applied 0001-first-article.');
  expect(migrated.status).toBe(0);
  expect(await bp(['migrate', '--check'])).toEqual({
    status: 0,
    out: 'The database is up to date.\n',
    err: '',
  });

  // Two releases side by side, and the check of a third beside them, in the connections of the smallest cluster: the
  // server itself refuses one more.
  const [first, second] = [serve(), serve()];
  const [address] = await Promise.all([servedAt(first), servedAt(second)]);
  const { status, json } = await ask<{ id: string }>(address, 'POST', '/api/v1/pipelines', {
    topic: 'Keeping a sourdough starter alive',
    sources: breadSources.map(({ title, text }) => ({ title, text })),
    words: { min: 100, max: 200 },
    model: 'offline',
  });
  expect(status).toBe(202);
  expect((await bp(['migrate', '--check'])).status).toBe(0);
  const pipeline = await pipelineUntil(address, json.id, (one) => !['queued', 'running'].includes(one.status));
  expect(pipeline).toMatchObject({ status: 'succeeded', error: null });
  const article = await ask<{ markdown: string }>(address, 'GET', `/api/v1/articles/${pipeline.articleId}`);
  expect(article.json.markdown).toContain('[^1]');
  expect(first.output() + second.output()).not.toMatch(/too many connections/);

  const { rows } = await admin.query(
    `select (select rolsuper from pg_roles where rolname = $1) as super,
            (select pg_get_userbyid(datdba) from pg_database where datname = $2) as owner`,
    [names.role, names.database],
  );
  expect(rows).toEqual([{ super: false, owner: names.owner }]);
  expect(managed.counts.encrypted).toBeGreaterThan(10);
  expect(managed.counts.plain).toBe(0);
});

it('is not used without TLS, nor with a certificate that the authority has not signed', async () => {
  const plain = await bp(['migrate', '--check'], {
    DATABASE_URL: addressOf(names.role).replace('require', 'disable'),
    DATABASE_CA_CERT: '',
  });
  expect(plain).toMatchObject({ status: 1, err: expect.stringContaining('no encryption') });
  const stranger = await bp(['migrate', '--check'], {
    DATABASE_URL: addressOf(names.role).replace('localhost', '127.0.0.2'),
  });
  expect(stranger.status).toBe(1);
  expect(stranger.err).toMatch(/^The certificate of the database is not for the host in DATABASE_URL/);
  // verify-full without the authority: what a machine knows by itself does not do.
  const unknown = await bp(['migrate', '--check'], {
    DATABASE_URL: addressOf(names.role).replace('require', 'verify-full'),
    DATABASE_CA_CERT: '',
  });
  expect(unknown.err).toMatch(/signed by an authority that is not known here/);
  expect(unknown.status).toBe(1);
});

it.each([
  ['the owner as the role of the app', ['--role', names.owner], 2, /is who DATABASE_URL signs in as/],
  ['a superuser', ['--role', 'postgres'], 2, /postgres is a superuser/],
  ['a role that is not there, without a password', ['--role', `other_${id}`], 2, /There is no role other_/],
])('refuses %s', async (_, args, status, said) => {
  const refused = await runCommand(env(names.owner), ['database', 'bootstrap', ...args]);
  expect(refused.err).toMatch(said);
  expect(refused.status).toBe(status);
});

it('makes the role with a password that it does not print, and says whose tables are in the way', async () => {
  const role = `made_${id}`;
  const password = 'correct-horse-battery-staple';
  try {
    // The tables belong to the other role by now.
    const answer = await runCommand(env(names.owner), ['database', 'bootstrap', '--role', role, '--password-stdin'], {
      input: `${password}\n`,
    });
    expect(answer.err).toMatch(new RegExp(`tables of this database belong to ${names.role}, not to ${role}`));
    expect(answer.err + answer.out).not.toContain(password);
    const { rows } = await admin.query('select rolpassword, rolcanlogin from pg_authid where rolname = $1', [role]);
    expect(rows[0]).toMatchObject({ rolcanlogin: true, rolpassword: expect.stringMatching(/^SCRAM-SHA-256\$4096:/) });
    // The server finds its own digest of the password in it.
    expect(verifies(password, rows[0].rolpassword)).toBe(true);
  } finally {
    const inside = new pg.Client({ connectionString: serverAddress() });
    await inside.connect();
    await inside.query(`do $$ begin
      if exists (select from pg_roles where rolname = '${role}') then drop owned by ${role}; drop role ${role}; end if;
    end $$`);
    await inside.end();
  }
});

/** Whether a stored verifier is that of a password, by the formula of RFC 5802 written out another way. */
function verifies(password: string, verifier: string): boolean {
  const [, iterations, salt, stored] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):/.exec(verifier) ?? [];
  const salted = pbkdf2Sync(password, Buffer.from(salt ?? '', 'base64'), Number(iterations), 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  return createHash('sha256').update(clientKey).digest('base64') === stored;
}
