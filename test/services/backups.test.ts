import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { tidyStorage } from '../../src/backups/catalogue.ts';
import { createBackup } from '../../src/backups/create.ts';
import { openS3 } from '../../src/backups/s3-storage.ts';
import { openBackupStorage } from '../../src/backups/storage.ts';
import { findTools } from '../../src/backups/tools.ts';
import { withWorkFolder } from '../../src/backups/work-folder.ts';
import { loadConfig } from '../../src/config.ts';
import { openDatabase, queryRows } from '../../src/db/open.ts';
import { runCommand } from '../command-line.ts';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { startDatabaseProxy } from '../fakes/database-proxy.ts';
import { ask, startProcess } from '../server-process.ts';
import { needed } from './environment.ts';

/*
 * Backups as an operator meets them: the real command line on a real PostgreSQL, a real storage that speaks S3, and the
 * embedded database. Small file systems are mounted, which needs root on Linux.
 */

const endpoint = needed('TEST_S3_ENDPOINT');
const keys = { accessKeyId: needed('TEST_S3_ACCESS_KEY_ID'), secretAccessKey: needed('TEST_S3_SECRET_ACCESS_KEY') };
const region = needed('TEST_S3_REGION');
const bucket = `bp-test-${crypto.randomUUID().slice(0, 12)}`;
const s3 = { endpoint, region, bucket };
const signal = new AbortController().signal;

let client: S3Client;
let folder: string;
/** A migrated database that is copied instead of made anew. */
let template: ScratchDatabase;
const scratches: ScratchDatabase[] = [];

beforeAll(async () => {
  client = new S3Client({ endpoint, region, credentials: keys, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  folder = mkdtempSync(join(tmpdir(), 'bp-backups-'));
  template = await createScratchDatabase(needed('TEST_DATABASE_URL'), 'bp_template');
  expect(await bp({ DATABASE_URL: template.url }, 'migrate')).toMatchObject({ status: 0 });
});
afterAll(async () => {
  for (const scratch of [...scratches, template]) await scratch.drop();
  await emptyBucket();
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
  client.destroy();
  rmSync(folder, { recursive: true, force: true });
});

async function emptyBucket(): Promise<void> {
  const storage = await openS3(s3, keys);
  for (const { name } of await storage.list()) {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: name }));
  }
  await storage.removeUnfinished(new Date(Date.now() + 1000));
}

const appSecret = 'a secret for tests only, forty characters';
const common = { APP_SECRET: appSecret, PATH: process.env.PATH ?? '', LOG_LEVEL: 'fatal' };
const inS3 = {
  S3_ENDPOINT: endpoint,
  S3_REGION: region,
  S3_BUCKET: bucket,
  S3_ACCESS_KEY_ID: keys.accessKeyId,
  S3_SECRET_ACCESS_KEY: keys.secretAccessKey,
};
const bp = (env: Record<string, string>, ...args: string[]) =>
  runCommand({ ...common, DATA_DIR: join(folder, 'none'), ...env }, args);
/** What a command answers with --json; its exit status must be 0. */
async function json<Answer = Record<string, unknown>>(env: Record<string, string>, ...args: string[]): Promise<Answer> {
  const answer = await bp(env, ...args, '--json');
  expect(answer, answer.out).toMatchObject({ status: 0 });
  return JSON.parse(answer.out) as Answer;
}
/** The error that a command ends with. */
async function refused(env: Record<string, string>, ...args: string[]): Promise<Record<string, string>> {
  const answer = await bp(env, ...args, '--json');
  expect(answer.status).toBe(1);
  return (JSON.parse(answer.out) as { error: Record<string, string> }).error;
}

async function scratch(from?: ScratchDatabase): Promise<ScratchDatabase> {
  const made = await createScratchDatabase(needed('TEST_DATABASE_URL'), 'bp_backup', from?.name);
  scratches.push(made);
  return made;
}
async function query<Row extends object>(url: string, text: string): Promise<Row[]> {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  try {
    return (await connection.query(text)).rows as Row[];
  } finally {
    await connection.end();
  }
}
/** Accounts with an article each, whose texts hold what the format of a dump could stumble over. */
const write = (url: string, from: number, to: number) =>
  query(
    url,
    `with made as (
       insert into users (id, email, name)
       select gen_random_uuid(), i || '@example.com', E'\\\\.\\n\\\\N ' || i from generate_series(${from}, ${to}) i returning id, email)
     insert into articles (id, user_id, title, slug, markdown, word_count, status)
     select gen_random_uuid(), id, 'Bread ' || email, 'bread-' || email, repeat(E'Flour\\tand \\\\ water €.\\n\\\\.\\n', 50), 200, 'draft' from made`,
  );
const countedSql = sql`select (select count(*)::int from users) as users, (select count(*)::int from articles) as articles,
  (select md5(string_agg(id::text || title || markdown, '' order by id)) from articles) as digest`;
const counted = async (url: string) => (await query(url, new PgDialect().sqlToQuery(countedSql).sql))[0];
const nameOf = (url: string) => new URL(url).pathname.slice(1);

test('a drill: data, a backup, more data, disaster, restore: everything up to the backup is there', async () => {
  const lost = await scratch(template);
  const env = { ...inS3, DATABASE_URL: lost.url };
  await write(lost.url, 1, 300);
  const before = await counted(lost.url);
  const backup = await json<{ id: string; file: string; rows: number; bytes: number }>(env, 'backup', 'create');
  expect(backup.file).toBe(`${backup.id}.pgdump.zst`);
  await write(lost.url, 301, 340);
  expect(await json(env, 'backup', 'verify', backup.id)).toMatchObject({ ok: true, rows: backup.rows });
  expect(await query(lost.url, "select 1 from pg_database where datname like 'bp_proof%'")).toEqual([]);

  // The server is gone. A new one, on an empty database, finds the backup by the storage alone.
  const fresh = { ...inS3, DATABASE_URL: (await scratch()).url };
  const { items } = await json<{ items: { id: string; verifiedAt: string }[] }>(fresh, 'backup', 'list');
  expect(items).toEqual([expect.objectContaining({ id: backup.id, verifiedAt: expect.any(String) })]);
  const report = await json(fresh, 'backup', 'restore', 'latest');
  expect(report).toMatchObject({ id: backup.id, rows: backup.rows, lostSecrets: null });
  expect(await counted(fresh.DATABASE_URL)).toEqual(before);

  // What has data is not replaced, unless it is named.
  const name = nameOf(lost.url);
  const error = await refused(env, 'backup', 'restore', backup.id);
  expect(error).toMatchObject({ code: 'database_not_empty', hint: expect.stringContaining(`--into-nonempty ${name}`) });
  expect(await refused(env, 'backup', 'restore', backup.id, '--into-nonempty', 'another')).toMatchObject({
    code: 'database_not_empty',
  });
  expect(await counted(lost.url)).toMatchObject({ users: 340, articles: 340 });
  await json(env, 'backup', 'restore', backup.id, '--into-nonempty', name);
  expect(await counted(lost.url)).toEqual(before);
});

test('under another APP_SECRET a restore says what has to be entered again', async () => {
  const from = await scratch(template);
  const env = { BACKUP_DIR: join(folder, 'secrets'), DATABASE_URL: from.url };
  await query(
    from.url,
    `with u as (insert into users (id, email, name) values (gen_random_uuid(), 'ann@example.com', 'Ann') returning id)
     insert into sites (id, user_id, name, url, username, credential, credential_key_id)
     select gen_random_uuid(), id, 'My blog', 'https://blog.example.com', 'ann', 'x', 'y' from u`,
  );
  await json(env, 'backup', 'create');
  const to = { ...env, DATABASE_URL: (await scratch()).url, APP_SECRET: 'another secret, of forty characters or more' };
  const answer = await bp(to, 'backup', 'restore', 'latest');
  expect(answer.status, answer.err).toBe(0);
  expect(answer.out).toContain('taken under another APP_SECRET');
  expect(answer.out).toContain('the Application Password of the site My blog (https://blog.example.com)');
  expect(answer.out).toContain('APP_SECRET_PREVIOUS');
  expect(answer.out).not.toContain(appSecret);
});

test('a restore that goes wrong leaves what was in the database', async () => {
  const target = await scratch(template);
  const env = { BACKUP_DIR: join(folder, 'wrong'), DATABASE_URL: target.url };
  await write(target.url, 1, 50);
  const { id } = await json<{ id: string }>(env, 'backup', 'create');
  await write(target.url, 51, 60);
  const before = await counted(target.url);
  const file = join(folder, 'wrong', `${id}.manifest.json`);
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { tables: { name: string; checksum: string }[] };
  for (const table of manifest.tables) if (table.name === 'articles') table.checksum = '1';
  writeFileSync(file, JSON.stringify(manifest));
  expect(await refused(env, 'backup', 'restore', id, '--into-nonempty', nameOf(target.url))).toMatchObject({
    code: 'backup_damaged',
    message: expect.stringContaining('rows of articles differ'),
  });
  expect(await counted(target.url)).toEqual(before);
  expect(await query(target.url, "select 1 from pg_namespace where nspname = 'pgboss'")).toHaveLength(1);
});

test('a user that owns its database and may do nothing else proves into an embedded one, and restores', async () => {
  const owned = await scratch();
  const role = `bp_role_${crypto.randomUUID().slice(0, 8)}`;
  await query(owned.url, 'create extension vector');
  await query(owned.url, `create role ${role} login password 'secret'`);
  await query(owned.url, `alter database ${nameOf(owned.url)} owner to ${role}`);
  const url = new URL(owned.url);
  url.username = role;
  url.password = 'secret';
  const env = { DATABASE_URL: url.toString(), BACKUP_DIR: join(folder, 'owned') };
  try {
    await json(env, 'migrate');
    await write(owned.url, 1, 10);
    const before = await counted(owned.url);
    const { id } = await json<{ id: string }>(env, 'backup', 'create');
    expect(await json(env, 'backup', 'verify', id)).toMatchObject({ ok: true });
    const proof = JSON.parse(readFileSync(join(folder, 'owned', `${id}.verified.json`), 'utf8'));
    expect(proof).toMatchObject({ engine: 'embedded' });
    await write(owned.url, 11, 12);
    await json(env, 'backup', 'restore', id, '--into-nonempty', nameOf(owned.url));
    expect(await counted(owned.url)).toEqual(before);
  } finally {
    await query(owned.url, `alter database ${nameOf(owned.url)} owner to current_user`);
    await query(owned.url, `reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`);
  }
});

test('it moves from embedded to PostgreSQL and back without loss', async () => {
  const embedded = { DATA_DIR: join(folder, 'embedded') };
  const server = startProcess('src/main.ts', { ...common, ...embedded });
  const address = await server.serving();
  const article = { title: 'Bread', markdown: 'Flour\\tand water.\n\n\\.\n\nCOPY public.users (id) FROM stdin;' };
  expect((await ask(address, 'POST', '/api/v1/articles', article)).status).toBe(201);
  const busy = await refused(embedded, 'move', join(folder, 'back'));
  expect(busy).toMatchObject({ code: 'data_in_use', message: expect.stringContaining(String(server.child.pid)) });
  await server.kill('SIGTERM');

  const postgres = await scratch();
  const there = await json<{ rows: number }>(embedded, 'move', postgres.url);
  const moved = await query<{ markdown: string }>(postgres.url, "select markdown from articles where title = 'Bread'");
  expect(moved).toEqual([{ markdown: article.markdown }]);
  await write(postgres.url, 1, 20);
  const before = await counted(postgres.url);
  const back = join(folder, 'back');
  const returned = await json<{ rows: number }>({ DATABASE_URL: postgres.url }, 'move', back);
  expect(returned.rows).toBe(there.rows + 40);
  const { config, secrets } = loadConfig({ ...common, DATA_DIR: back });
  const database = await openDatabase(config, secrets);
  const [after] = await queryRows(database.db, countedSql);
  await database.close();
  expect(after).toEqual(before);
});

describe('a storage that does not play along', () => {
  beforeEach(emptyBucket);

  it('that is down, silent, refuses or has no such bucket is told apart, with what to do', async () => {
    const patience = { connectMs: 300, silentMs: 300 };
    const content = () => Readable.from([Buffer.from('x')]);
    const put = async (where: typeof s3, with_ = keys) =>
      (await openS3(where, with_, patience)).put('x', content(), signal).catch((error) => error);
    expect(await put({ ...s3, endpoint: 'http://127.0.0.1:9' })).toMatchObject({
      code: 'backup_storage_unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    expect(await put({ ...s3, endpoint: `http://127.0.0.1:${port}` })).toMatchObject({
      code: 'backup_storage_unavailable',
      message: expect.stringContaining('does not answer in time'),
    });
    silent.close();
    expect(await put(s3, { ...keys, secretAccessKey: 'wrong' })).toMatchObject({
      code: 'backup_storage_rejected',
      message: expect.stringContaining('S3_SECRET_ACCESS_KEY is wrong'),
    });
    expect(await put({ ...s3, bucket: `${bucket}-none` })).toMatchObject({
      code: 'backup_storage_rejected',
      hint: expect.stringContaining('Make the bucket'),
    });
  });

  it('leaves the older backup as it is, and the next try succeeds', async () => {
    const from = await scratch(template);
    const proxy = await startDatabaseProxy(endpoint);
    const env = { ...inS3, S3_ENDPOINT: proxy.url.replace(/\/$/, ''), DATABASE_URL: from.url };
    const { id } = await json<{ id: string }>(env, 'backup', 'create');
    await proxy.goAway();
    expect(await refused(env, 'backup', 'create')).toMatchObject({ code: 'backup_storage_unavailable' });
    expect(
      await refused({ ...env, S3_ENDPOINT: endpoint, S3_SECRET_ACCESS_KEY: 'wrong' }, 'backup', 'create'),
    ).toMatchObject({
      code: 'backup_storage_rejected',
    });
    await proxy.comeBack();
    const { items } = await json<{ items: { id: string; problem: null }[] }>(env, 'backup', 'list');
    expect(items).toEqual([expect.objectContaining({ id, problem: null })]);
    expect(await json(env, 'backup', 'verify', id)).toMatchObject({ ok: true });
    await json(env, 'backup', 'create');
    await proxy.close();
  });

  it('a process that is killed in the middle leaves no backup, no lock, and what it left goes a day later', async () => {
    const from = await scratch(template);
    // More than one part, so that the upload has begun when it dies.
    await query(from.url, 'create table bulk (bytes bytea)');
    await query(
      from.url,
      'alter table bulk alter bytes set storage external; insert into bulk select string_agg(sha512((i * 40000 + j)::text::bytea), null) from generate_series(1, 12) i, generate_series(1, 40000) j group by i',
    );
    const proxy = await startDatabaseProxy(endpoint);
    let parts = 0;
    const held = new Promise<void>((resolve) => {
      proxy.watch((text) => {
        if (!/^PUT \S+partNumber=/.test(text) || ++parts > 1) return;
        proxy.hold();
        resolve();
      });
    });
    const env = { ...common, ...inS3, DATABASE_URL: from.url };
    const through = { ...env, S3_ENDPOINT: proxy.url.replace(/\/$/, '') };
    const first = startProcess('src/cli.ts', through, { args: ['backup', 'create'] });
    await held;
    expect(await refused(env, 'backup', 'create')).toMatchObject({ code: 'backup_running' });
    await first.kill('SIGKILL');
    await proxy.close();
    const { items } = await json<{ items: object[]; running: object | null }>(env, 'backup', 'list');
    expect(items).toEqual([]);
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect(Uploads).toHaveLength(1);
    const { id } = await json<{ id: string }>(env, 'backup', 'create');
    const after = await json<{ items: { id: string }[]; lastFailure: null }>(env, 'backup', 'list');
    expect(after.items.map((item) => item.id)).toEqual([id]);
    const storage = await openS3(s3, keys);
    await tidyStorage(storage, { keepDays: 7, now: new Date(Date.now() + 25 * 3_600_000), signal });
    expect((await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? []).toEqual([]);
    expect((await storage.list()).map(({ name }) => name).sort()).toEqual([`${id}.manifest.json`, `${id}.pgdump.zst`]);
  });
});

test('a full disk is named, leaves nothing of the new backup and all of the old one', async () => {
  const disk = mkdtempSync(join(tmpdir(), 'bp-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk]);
  try {
    const from = await scratch(template);
    const env = { BACKUP_DIR: disk, DATABASE_URL: from.url };
    const { id } = await json<{ id: string }>(env, 'backup', 'create');
    const before = readdirSync(disk);
    await query(from.url, 'create table bulk (bytes bytea)');
    await query(
      from.url,
      'insert into bulk select string_agg(sha512(i::text::bytea), null) from generate_series(1, 40000) i',
    );
    expect(await refused(env, 'backup', 'create')).toMatchObject({
      code: 'storage_full',
      message: expect.stringContaining(disk),
    });
    expect(readdirSync(disk)).toEqual(before);
    expect(await json(env, 'backup', 'verify', id)).toMatchObject({ ok: true });
  } finally {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  }
});

test('without the programs of PostgreSQL it says what to install', async () => {
  const { config } = loadConfig(common);
  await expect(findTools(config, 99)).rejects.toMatchObject({
    code: 'backup_tools_missing',
    message: expect.stringMatching(/PostgreSQL 99 need .* only version \d+ was found/),
    hint: expect.stringContaining('apt-get install postgresql-client-99'),
  });
});

test('memory stays flat: 150 MB through compression, encryption and an upload in parts', async () => {
  const from = await scratch(template);
  await query(from.url, 'create table bulk (bytes bytea)');
  await query(
    from.url,
    'alter table bulk alter bytes set storage external; insert into bulk select string_agg(sha512((i * 20000 + j)::text::bytea), null) from generate_series(1, 60) i, generate_series(1, 20000) j group by i',
  );
  const recipient = await identityToRecipient(await generateX25519Identity());
  const { config, secrets } = loadConfig({
    ...common,
    ...inS3,
    DATABASE_URL: from.url,
    BACKUP_AGE_RECIPIENT: recipient,
  });
  const database = await openDatabase(config, secrets);
  const storage = await openBackupStorage(config, secrets);
  const used = () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const start = used();
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, used() - start);
  }, 10);
  try {
    const watch = { phase: () => undefined, bytes: () => undefined };
    const manifest = await withWorkFolder(config, secrets, (workFolder) =>
      createBackup({ config, secrets, now: () => new Date() }, database, storage, { workFolder, signal, watch }),
    );
    expect(manifest.dumpBytes).toBeGreaterThan(150e6);
    expect(manifest.bytes).toBeGreaterThan(60e6);
    // Two parts of 16 MB, what is being put together for a third, and what is not collected yet.
    expect(most).toBeLessThan(140e6);
  } finally {
    clearInterval(timer);
    storage.close();
    await database.close();
  }
});
