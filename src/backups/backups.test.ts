import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { givenAccount } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { queryRows } from '../db/open.ts';
import { createBackups } from './backups.ts';
import { findBackup, listBackups, tidyStorage } from './catalogue.ts';
import { manifestSuffix, type TableState } from './manifest.ts';
import { backupRuns } from './schema.ts';
import { backupStatus } from './status.ts';
import { plainText, stateOfTables } from './tables.ts';

/** Whatever a file format could take for its own marks. */
const nasty = [
  '\\.',
  '\\\\.',
  '\n\\.\n',
  'COPY public.users (id) FROM stdin;\n',
  '\t\r\\N\\b',
  '€ 😀 \u0001',
  '',
  "'; drop table users; --",
];
const signal = new AbortController().signal;

let app: TestApp;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bp-backups-'));
  const dirs = { DATA_DIR: join(folder, 'data'), BACKUP_DIR: join(folder, 'backups'), PATH: process.env.PATH ?? '' };
  app = await startTestApp({ env: dirs });
  const { db } = app.ctx;
  for (const name of nasty) {
    await db.execute(
      sql`insert into users (id, email, name) values (gen_random_uuid(), gen_random_uuid() || '@example.com', ${name})`,
    );
  }
  await app.send({ method: 'GET', url: '/health/live' });
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await app.ctx.db.delete(backupRuns);
  rmSync(join(folder, 'backups'), { recursive: true, force: true });
});

const files = () => readdirSync(join(folder, 'backups')).sort();
const path = (name: string) => join(folder, 'backups', name);
const storage = () => app.ctx.backups.storage();
const onlyRun = async () => (await app.ctx.db.select().from(backupRuns))[0];

/** Takes a backup to its end and returns its id. */
async function taken(backups = app.ctx.backups): Promise<string> {
  const run = await backups.create('admin');
  await backups.settled();
  const row = (await app.ctx.db.select().from(backupRuns)).find(({ id }) => id === run.id);
  expect(row?.error).toBeNull();
  return row?.backupId ?? '';
}

/** Proves a backup to its end and returns what it failed with, null for nothing. */
async function proven(id: string, backups = app.ctx.backups) {
  const run = await backups.verify(id, 'admin');
  await backups.settled();
  const row = (await app.ctx.db.select().from(backupRuns)).find((each) => each.id === run.id);
  return row?.status === 'succeeded' ? null : (row?.error ?? null);
}

/** Runs in the same database with other settings. */
function withSettings(env: { recipients?: string[]; identities?: string[] }) {
  const { ctx } = app;
  const config = { ...ctx.config, backups: { ...ctx.config.backups, ageRecipients: env.recipients ?? [] } };
  const secrets = { ...ctx.secrets, ageIdentities: env.identities ?? [] };
  return createBackups({ config, secrets, database: ctx.database, log: ctx.log, now: () => new Date() });
}

test('a backup is taken, listed and proven through the API', async () => {
  const begun = await app.server.inject({ method: 'POST', url: '/api/v1/admin/backups' });
  expect(begun.statusCode).toBe(202);
  expect(begun.json()).toMatchObject({ kind: 'backup', trigger: 'command-line', status: 'running' });
  await app.ctx.backups.settled();
  const answer = await app.server.inject({ url: '/api/v1/admin/backups' });
  const { items, lastBackup, storage: place } = answer.json();
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({
    id: lastBackup.id,
    migration: readdirSync('src/db/migrations').sort().at(-1)?.replace('.sql', ''),
    encrypted: false,
    sameSecret: true,
    verifiedAt: null,
    problem: null,
  });
  expect(items[0].rows).toBeGreaterThan(nasty.length);
  expect(place).toMatchObject({ kind: 'directory', place: join(folder, 'backups'), besideData: false });

  const verifying = await app.server.inject({ method: 'POST', url: '/api/v1/admin/backups/latest/verify' });
  expect(verifying.json()).toMatchObject({ kind: 'verification', backupId: lastBackup.id });
  await app.ctx.backups.settled();
  const after = (await app.server.inject({ url: '/api/v1/admin/backups' })).json();
  expect(after.lastVerification).toMatchObject({ backupId: lastBackup.id, ok: true, error: null });
  expect(after.items[0].verifiedAt).not.toBeNull();
  expect(await backupStatus(app.ctx)).toMatchObject({ counts: { succeeded: 1, failed: 0 }, running: null });
  const unknown = await app.server.inject({
    method: 'POST',
    url: '/api/v1/admin/backups/20200101T000000Z-00000000/verify',
  });
  expect(unknown.json()).toMatchObject({ status: 404, code: 'not_found' });
});

test('only admins see and take backups', async () => {
  await givenAccount(app, 'first@example.com');
  const user = await givenAccount(app, 'user@example.com');
  for (const [method, url] of [
    ['GET', '/admin/backups'],
    ['POST', '/admin/backups'],
    ['POST', '/admin/backups/latest/verify'],
  ] as const) {
    expect((await user.api.ask(method, url)).status).toBe(403);
  }
  expect((await app.send({ url: '/api/v1/admin/backups' })).statusCode).toBe(401);
});

test('two at once: the second is told so, and one backup is there', async () => {
  const first = app.ctx.backups.create('admin');
  const second = withSettings({}).create('admin');
  await expect(second).rejects.toMatchObject({ code: 'backup_running' });
  await first;
  await app.ctx.backups.settled();
  expect(files().filter((name) => name.endsWith(manifestSuffix))).toHaveLength(1);
});

test('a process that is asked to stop leaves nothing that looks like a backup', async () => {
  const stopped = withSettings({});
  await stopped.create('admin');
  await stopped.close();
  expect(await onlyRun()).toMatchObject({ status: 'failed', error: { code: 'shutting_down' } });
  expect(await listBackups(await storage(), signal)).toEqual([]);
  await taken();
});

describe('what was damaged', () => {
  /** Two backups, taken once and harmed anew for each test. */
  let pair: { older: string; id: string } | null = null;
  async function givenPair(): Promise<{ older: string; id: string }> {
    const kept = join(folder, 'kept');
    if (pair) cpSync(kept, join(folder, 'backups'), { recursive: true });
    else {
      pair = { older: await taken(), id: await taken() };
      cpSync(join(folder, 'backups'), kept, { recursive: true });
    }
    return pair;
  }

  it.each([
    ['a flipped byte', (file: string) => flip(file), /has changed since|cannot be read/],
    ['a cut file', (file: string) => truncateSync(file, statSync(file).size - 1), /does not have its length/],
    ['a longer file', (file: string) => writeFileSync(file, 'x', { flag: 'a' }), /does not have its length/],
    ['a missing file', (file: string) => rmSync(file), /is missing/],
  ])('%s is found, and the older backup is untouched', async (_, harm, said) => {
    const { older, id } = await givenPair();
    const before = readFileSync(path(`${older}.sql.zst`));
    const entry = await findBackup(await storage(), id, signal);
    harm(path(entry.manifest.file));
    const error = await proven(id).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'backup_damaged', hint: expect.stringContaining('another backup') });
    expect(error.message).toMatch(said);
    expect(readFileSync(path(`${older}.sql.zst`))).toEqual(before);
    expect((await listBackups(await storage(), signal)).map((each) => each.id)).toEqual([id, older].sort().reverse());
  });

  it('a row that is missing and one that differs are found', async () => {
    const { id } = await givenPair();
    const file = path(`${id}${manifestSuffix}`);
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    const tableOf = (wanted: string) => manifest.tables.find(({ name }: { name: string }) => name === wanted);
    tableOf('users').rows++;
    tableOf('schema_migrations').checksum += '1';
    writeFileSync(file, JSON.stringify(manifest));
    expect(await proven(id)).toMatchObject({
      code: 'backup_damaged',
      message: expect.stringMatching(/rows of schema_migrations differ; users has \d+ rows instead of \d+/),
    });
    expect((await backupStatus(app.ctx)).lastVerification).toMatchObject({ ok: false, backupId: id });
    expect((await listBackups(await storage(), signal))[0]?.proof).toBeNull();
  });

  it('a backup of a release that hashed rows as text is still proven', async () => {
    const { id } = await givenPair();
    const file = path(`${id}${manifestSuffix}`);
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    expect(manifest.tables.find(({ name }: { name: string }) => name === 'passage_embeddings')).toMatchObject({
      ...{ hash: 'record', vectors: ['embedding'] },
    });
    const asText = manifest.tables.map((table: TableState) => ({ ...table, hash: 'text' as const }));
    for (const setting of plainText.split(';')) await app.ctx.db.execute(sql.raw(setting));
    const states = await stateOfTables((text) => queryRows(app.ctx.db, sql.raw(text)), asText);
    const old = new Map(states.map(({ name, checksum }) => [name, checksum]));
    for (const table of manifest.tables) {
      // Runs are noted while they are at work.
      if (table.name === 'backup_runs') continue;
      expect(table.checksum === old.get(table.name)).toBe(table.rows === 0);
      Object.assign(table, { checksum: old.get(table.name), hash: undefined, vectors: undefined });
    }
    writeFileSync(file, JSON.stringify(manifest));
    expect(await proven(id)).toBeNull();
  });

  it('a manifest that is cut short is named', async () => {
    const { id } = await givenPair();
    truncateSync(path(`${id}${manifestSuffix}`), 100);
    const answer = (await app.server.inject({ url: '/api/v1/admin/backups' })).json();
    expect(answer).toMatchObject({ items: [], catalogueError: { code: 'backup_damaged' } });
  });
});

test('a change of any value changes the sum of its table', async () => {
  const { db } = app.ctx;
  await db.execute(
    sql`create table every_type (id int primary key, words text, list text[], at timestamptz, day date, flag boolean, n int8,
        small int2, x float8, y float4, doc jsonb, raw bytea, who uuid, v vector)`,
  );
  await db.execute(
    sql`insert into every_type values (1, 'a', '{a,b}', '2026-01-02', '2026-01-02', true, 1, 1, 1, 1, '{"a": [1]}', '\\x01',
        '01a2315b-4742-726b-89cf-e85a47a35de3', '[1,2,3]')`,
  );
  try {
    const sum = async () =>
      (await stateOfTables((text) => queryRows(db, sql.raw(text)))).find(({ name }) => name === 'every_type')?.checksum;
    const seen = [await sum()];
    for (const change of [
      ...[
        "words = 'A'",
        'words = null',
        "list = '{b,a}'",
        "at = at + interval '1 microsecond'",
        'day = day + 1',
        'flag = false',
      ],
      ...['n = 2', 'small = 2', 'x = 1.5', 'y = 1.5', `doc = '{"a": [2]}'`, `raw = '\\x02'`, 'who = gen_random_uuid()'],
      ...["v = '[1,2,3.0001]'", "v = '[2,1,3]'", 'v = null', 'id = 2'],
    ]) {
      await db.execute(sql.raw(`update every_type set ${change}`));
      seen.push(await sum());
      expect(new Set(seen).size, change).toBe(seen.length);
    }
    await db.execute(sql`insert into every_type (id) values (3)`);
    seen.push(await sum());
    expect(new Set(seen).size).toBe(seen.length);
  } finally {
    await db.execute(sql`drop table every_type`);
  }
});

test('encrypted backups are read with their private key only', async () => {
  const identity = await generateX25519Identity();
  const other = await generateX25519Identity();
  const recipients = [await identityToRecipient(identity)];
  const id = await taken(withSettings({ recipients }));
  const dump = `${id}.sql.zst.age`;
  expect(readFileSync(path(dump), 'latin1')).toMatch(/^age-encryption\.org\/v1/);
  expect(await proven(id, withSettings({ recipients }))).toMatchObject({
    code: 'backup_unreadable',
    message: /no private key/,
  });
  expect(await proven(id, withSettings({ identities: [other] }))).toMatchObject({
    code: 'backup_unreadable',
    hint: expect.stringContaining('BACKUP_AGE_IDENTITY'),
  });
  expect(await proven(id, withSettings({ identities: [other, identity] }))).toBeNull();
  flip(path(dump));
  expect(await proven(id, withSettings({ identities: [identity] }))).toMatchObject({ code: 'backup_damaged' });
  expect(app.logs.join('')).not.toContain(identity);
});

test('what was left behind goes a day later, and a backup that is being written does not', async () => {
  const id = await taken();
  const leftovers = ['20260101T000000Z-0badbeef.sql.zst', '20260101T000000Z-0badbeef.verified.json'];
  const partial = '20260101T000000Z-0badbeef.sql.zst.partial-1';
  for (const name of [...leftovers, partial, 'notes.txt']) writeFileSync(path(name), 'x');
  const tidy = (now: Date) => tidyStorage(storageNow, { keepDays: 7, now, signal });
  const storageNow = await storage();
  await tidy(new Date());
  expect(files()).toEqual(expect.arrayContaining([...leftovers, partial]));
  await tidy(new Date(Date.now() + 25 * 3_600_000));
  expect(files()).toEqual([`${id}.manifest.json`, `${id}.sql.zst`, 'notes.txt']);
});

test('a time of the schedule takes a backup, proves it and deletes what the rule no longer keeps', async () => {
  const old = await taken();
  const manifest = JSON.parse(readFileSync(path(`${old}${manifestSuffix}`), 'utf8'));
  writeFileSync(path(`${old}${manifestSuffix}`), JSON.stringify({ ...manifest, createdAt: '2020-01-01T00:00:00Z' }));
  await app.ctx.backups.daily({ at: new Date(), attempt: 1 });
  const [entry, ...others] = await listBackups(await storage(), signal);
  expect(entry?.proof).not.toBeNull();
  expect(others).toEqual([]);
  expect(files().filter((name) => name.startsWith(old))).toEqual([]);
});

/** Changes one bit in the middle of a file. */
function flip(file: string): void {
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}
