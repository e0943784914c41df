import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdtempSync, openSync, realpathSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PipelineAnswer } from '../../src/pipeline/present.ts';
import { breadSources } from '../factories.ts';
import { type ModelServer, startModelServer } from '../fakes/model-server.ts';
import { diligentScript } from '../fakes/scripted-model.ts';
import { ask, askedMost, pipelineUntil, receiptOf, type ServerProcess, startProcess } from '../server-process.ts';

/* What happens when a real PostgreSQL has trouble in the middle of a run. */

const server = process.env.TEST_DATABASE_URL;
if (!server)
  throw new Error('TEST_DATABASE_URL is not set: see test/services/compose.yaml for servers to test against.');

let admin: pg.Client;
/** The root of the server's file system, seen from here; null when it runs on another machine or in a container. */
let serverRoot: string | null;
let serverUser: number;
let name: string;
let url: string;
let dataDir: string;
let provider: ModelServer;
const processes: ServerProcess[] = [];

beforeAll(async () => {
  admin = new pg.Client({ connectionString: server });
  await admin.connect();
  const { rows } = await admin.query<{ pid: number; folder: string }>(
    "select pg_backend_pid() as pid, current_setting('data_directory') as folder",
  );
  const root = `/proc/${rows[0]?.pid}/root`;
  serverUser = existsSync(root) ? statSync(`${root}${rows[0]?.folder}`).uid : 0;
  serverRoot = existsSync(`${root}${rows[0]?.folder}/PG_VERSION`) ? realpathSync(root) : null;
});
afterAll(() => admin.end());

beforeEach(async () => {
  name = `bp_test_${randomBytes(6).toString('hex')}`;
  url = Object.assign(new URL(server), { pathname: `/${name}` }).toString();
  dataDir = mkdtempSync(join(tmpdir(), 'bp-pg-'));
  provider = await startModelServer(diligentScript);
});
afterEach(async () => {
  for (const { kill } of processes.splice(0)) await kill('SIGKILL');
  await provider.close();
  await admin.query(`drop database if exists ${name} with (force)`);
  rmSync(dataDir, { recursive: true, force: true });
});

function start(address = url): ServerProcess {
  const started = startProcess('src/main.ts', {
    DATABASE_URL: address,
    APP_SECRET: 'a secret for tests only, forty characters',
    DATA_DIR: dataDir,
    HOST: '127.0.0.1',
    OPENAI_BASE_URL: provider.url,
    LLM_MODEL: 'openai:gpt-4o-mini',
  });
  processes.push(started);
  return started;
}
const closeConnections = () =>
  admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`,
  );

/** Starts a pipeline and resolves while the provider has been asked for the draft and has not answered yet. */
async function inTheMiddle(address: string): Promise<{ id: string; release: () => void }> {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  provider.intercept = async ({ task }) => {
    if (task !== 'draft-section') return false;
    reached.resolve();
    await released.promise;
    return false;
  };
  const { status, json } = await ask<PipelineAnswer>(address, 'POST', '/api/v1/pipelines', {
    topic: 'Keeping a sourdough starter alive',
    sources: breadSources,
    duplicates: 'allow',
  });
  expect(status).toBe(202);
  await reached.promise;
  return { id: json.id, release: () => released.resolve() };
}

/** The run ends well, every question was asked once, and every call is settled with what it truly cost. */
async function expectPaidOnce(address: string, id: string): Promise<void> {
  const done = await pipelineUntil(address, id, ({ status }) => status === 'succeeded' || status === 'failed');
  expect(done).toMatchObject({ status: 'succeeded', error: null });
  expect(askedMost(provider.calls)).toBe(1);
  const { calls } = await receiptOf(address, id);
  expect(calls).toHaveLength(provider.calls.length);
  expect(calls.every((call) => !call.estimated)).toBe(true);
}

describe('a server on PostgreSQL', () => {
  beforeEach(async () => void (await admin.query(`create database ${name}`)));

  it('goes on when all of its connections are closed in the middle of a call', async () => {
    const app = start();
    const address = await app.serving();
    const { id, release } = await inTheMiddle(address);
    await closeConnections();
    release();
    await expectPaidOnce(address, id);
    expect(app.child.exitCode).toBeNull();
  });

  it('says that the database takes no writes, and keeps a paid answer until it does', async () => {
    const app = start();
    const address = await app.serving();
    const { id, release } = await inTheMiddle(address);
    await admin.query(`alter database ${name} set default_transaction_read_only = on`);
    await closeConnections();
    // The pool replaces the closed connections one by one.
    const refused = await until(
      () => ask<{ code: string }>(address, 'POST', '/api/v1/articles', { title: 'x', markdown: 'x' }),
      ({ json }) => /read-only/.test(JSON.stringify(json)),
    );
    expect(refused).toMatchObject({ status: 503, json: { code: 'database_unavailable' } });
    expect(await ask(address, 'GET', '/health')).toMatchObject({
      status: 503,
      json: { status: 'unhealthy', database: 'down' },
    });
    const answered = provider.calls.length;
    release();
    // Reading goes on.
    expect((await ask<PipelineAnswer>(address, 'GET', `/api/v1/pipelines/${id}`)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(provider.calls.length).toBe(answered);
    await admin.query(`alter database ${name} reset default_transaction_read_only`);
    await closeConnections();
    await expectPaidOnce(address, id);
  });

  it('says in words that all connections are taken', async () => {
    const role = `${name}_role`;
    await admin.query(`create role ${role} login superuser connection limit 0`);
    await admin.query(`alter role ${role} nosuperuser`);
    try {
      const app = start(Object.assign(new URL(url), { username: role }).toString());
      const { status, output } = await app.ended;
      expect(output).toMatch(/all of its connections are taken/);
      expect(output).toMatch(/9 connections/);
      expect(output).not.toContain('    at ');
      expect(status).toBe(1);
    } finally {
      await admin.query(`drop role ${role}`);
    }
  });
});

/** Takes what is left of a disk. */
function fillDisk(folder: string): void {
  const file = openSync(join(folder, 'ballast'), 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(65_536));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

async function until<T>(look: () => Promise<T>, wanted: (found: T) => boolean): Promise<T> {
  const start = performance.now();
  for (;;) {
    const found = await look();
    if (wanted(found)) return found;
    if (performance.now() - start > 20_000) throw new Error(`not reached: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a database on a full disk', () => {
  it('refuses what does not fit, keeps what was paid, and goes on with room', async ({ skip }) => {
    // Its disk has to be made small from here, which goes only for a server on this machine.
    if (serverRoot === null) return skip('the server does not run on this machine');
    const space = `bp_small_${randomBytes(4).toString('hex')}`;
    const inside = `/srv/${space}`;
    const folder = join(serverRoot, inside);
    execFileSync('mkdir', ['-p', folder]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=40m,mode=0700,uid=${serverUser}`, 'none', folder]);
    try {
      await admin.query(`create tablespace ${space} location '${inside}'`);
      await admin.query(`create database ${name} tablespace ${space}`);
      const app = start();
      const address = await app.serving();
      const { id, release } = await inTheMiddle(address);
      fillDisk(folder);
      const text = Array.from({ length: 20_000 }, () => Math.random().toString(36).slice(2)).join(' ');
      expect(await ask(address, 'POST', '/api/v1/articles', { title: 'Too much', markdown: text })).toMatchObject({
        status: 507,
        json: { code: 'storage_full' },
      });
      release();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect(app.child.exitCode).toBeNull();
      rmSync(join(folder, 'ballast'));
      await expectPaidOnce(address, id);
    } finally {
      for (const { kill } of processes.splice(0)) await kill('SIGKILL');
      await admin.query(`drop database if exists ${name} with (force)`);
      await admin.query(`drop tablespace if exists ${space}`);
      execFileSync('umount', [folder]);
      execFileSync('rmdir', [folder]);
    }
  });
});
