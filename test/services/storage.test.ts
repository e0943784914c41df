import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { postgresMajor } from '../../src/db/embedded-files.ts';
import type { PipelineAnswer } from '../../src/pipeline/present.ts';
import { breadSources } from '../factories.ts';
import { type ModelServer, startModelServer } from '../fakes/model-server.ts';
import { diligentScript } from '../fakes/scripted-model.ts';
import { ask, askedMost, pipelineUntil, receiptOf, type ServerProcess, startProcess } from '../server-process.ts';
import { thorough } from '../thorough.ts';

/*
 * What happens to the embedded database when the file system does not play along. Small file systems are mounted for it,
 * which needs root on Linux.
 */

let mount: string;
let dataDir: string;
/** A data directory in which one start and stop has been; copied instead of made anew. */
let used: string;
const processes: ServerProcess[] = [];

const start = (env: Record<string, string> = {}, options?: Parameters<typeof startProcess>[2]) => {
  const started = startProcess('src/main.ts', { DATA_DIR: dataDir, ...env }, options);
  processes.push(started);
  return started;
};
const doctor = () => startProcess('src/cli.ts', { DATA_DIR: dataDir }, { args: ['doctor', '--json'] }).ended;

beforeAll(async () => {
  used = mkdtempSync(join(tmpdir(), 'bp-used-'));
  dataDir = join(used, 'data');
  const first = start();
  const address = await first.serving();
  const { status } = await ask(address, 'POST', '/api/v1/articles', { title: 'Kept', markdown: 'Kept.' });
  expect(status).toBe(201);
  await first.kill('SIGTERM');
}, 120_000);
afterAll(() => rmSync(used, { recursive: true, force: true }));

beforeEach(() => {
  mount = mkdtempSync(join(tmpdir(), 'bp-disk-'));
  dataDir = join(mount, 'data');
});
afterEach(async () => {
  for (const { kill } of processes.splice(0)) await kill('SIGKILL');
  if (mounted(mount)) execFileSync('umount', [mount]);
  rmSync(mount, { recursive: true, force: true });
});

const mounted = (folder: string) => readFileSync('/proc/mounts', 'utf8').includes(` ${folder} `);
const mountDisk = (megabytes: number) =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', mount]);
const remount = (options: string) => execFileSync('mount', ['-o', `remount,${options}`, mount]);

/** Ends by itself, non-zero, with what happened and what to do, and without a stack. */
async function expectRefused(started: ServerProcess, said: RegExp, hint: RegExp) {
  const { status, output } = await started.ended;
  expect(output).toMatch(said);
  expect(output).toMatch(hint);
  expect(output).not.toContain('    at ');
  expect(status).toBe(1);
}
/** Serves, with the article that was written before. */
async function expectServes() {
  const again = start();
  const address = await again.serving();
  const { json } = await ask<{ items: { title: string }[] }>(address, 'GET', '/api/v1/articles?query=Kept');
  expect(json.items.map(({ title }) => title)).toEqual(['Kept']);
  await again.kill('SIGTERM');
}

describe('a data directory', () => {
  it('that is read-only is named by start and doctor, and is left alone', async () => {
    mountDisk(200);
    cpSync(join(used, 'data'), dataDir, { recursive: true });
    remount('ro');
    await expectRefused(start(), /is read-only/, /Mount it for writing, or set DATA_DIR/);
    const { status, output } = await doctor();
    expect(status).toBe(1);
    expect(output).toMatch(/read-only/);
    remount('rw');
    await expectServes();
  });

  it('that belongs to somebody else is named', async () => {
    mkdirSync(dataDir);
    chmodSync(mount, 0o755);
    chmodSync(dataDir, 0o700);
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    await expectRefused(start({}, { before: nobody }), /may not be written by this user/, /chown/);
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('that another process uses is refused with the number of that process', async () => {
    cpSync(join(used, 'data'), dataDir, { recursive: true });
    const first = start();
    await first.serving();
    await expectRefused(start(), new RegExp(`in use by process ${first.child.pid}`), /Stop the other blog-poster/);
  });

  const moments = ['db.new/global/pg_control', 'db'];
  const others = ['app-secret', 'db.new', 'db.new/PG_VERSION', 'db/postmaster.pid'];
  it.each(thorough ? [...moments, ...others] : moments)(
    'whose first start is killed when %s appears is ready at the next one',
    async (file) => {
      const first = start();
      while (!existsSync(join(dataDir, file)) && !first.output().includes('serves on')) {
        // Not faster: this process would take the processor from the one that it watches.
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await first.kill('SIGKILL');
      expect(first.output()).not.toContain('serves on');
      const second = start();
      const address = await second.serving();
      const { status } = await ask(address, 'POST', '/api/v1/articles', { title: 'Kept', markdown: 'Kept.' });
      expect(status).toBe(201);
      await second.kill('SIGKILL');
      await expectServes();
      expect(existsSync(join(dataDir, 'db.new'))).toBe(false);
    },
  );

  it('of a newer version is refused and not changed', async () => {
    cpSync(join(used, 'data'), dataDir, { recursive: true });
    const change = async (statement: string) => {
      const database = await PGlite.create({ dataDir: join(dataDir, 'db'), extensions: { vector } });
      await database.exec(statement);
      await database.close();
    };
    await change("insert into schema_migrations (name, checksum) values ('9999-from-the-future', 'x')");
    await expectRefused(start(), /newer version \(it has 9999-from-the-future\)/, /Start the version that wrote it/);
    await change("delete from schema_migrations where name = '9999-from-the-future'");
    await expectServes();
  });

  it('of another PostgreSQL is refused and not changed', async () => {
    cpSync(join(used, 'data'), dataDir, { recursive: true });
    const file = join(dataDir, 'db', 'PG_VERSION');
    expect(readFileSync(file, 'utf8').trim()).toBe(postgresMajor);
    writeFileSync(file, '17\n');
    await expectRefused(
      start(),
      /written by PostgreSQL 17; this version reads 18/,
      /the version of blog-poster that wrote it/,
    );
    rmSync(file);
    await expectRefused(start(), /has lost its file PG_VERSION/, /from a backup/);
    writeFileSync(file, `${postgresMajor}\n`);
    await expectServes();
  });

  it.each([
    ['global/pg_control', 0],
    ['global/pg_control', 100],
    ['global/pg_filenode.map', 10],
  ])('whose %s was cut to %i bytes is refused with the way back', async (file, bytes) => {
    cpSync(join(used, 'data'), dataDir, { recursive: true });
    truncateSync(join(dataDir, 'db', file), bytes);
    await expectRefused(start(), /could not be opened/, /from a backup/);
  });

  it('whose secret was cut short is refused: passwords of sites hang on it', async () => {
    cpSync(join(used, 'data'), dataDir, { recursive: true });
    const file = join(dataDir, 'app-secret');
    const secret = readFileSync(file, 'utf8');
    writeFileSync(file, '');
    await expectRefused(start(), /app-secret is empty or cut short/, /from a backup/);
    writeFileSync(file, secret);
    await expectServes();
  });
});

describe('a full disk', () => {
  const free = () => {
    const { bavail, bsize } = statfsSync(mount);
    return bavail * bsize;
  };
  const ballast = () => join(mount, 'ballast');
  /** Fills the disk but for so many bytes. */
  function fill(leave: number) {
    const file = openSync(ballast(), 'w');
    try {
      while (free() > leave) writeSync(file, Buffer.alloc(Math.min(1_000_000, Math.max(4_096, free() - leave))));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }
  const makeRoom = () => rmSync(ballast());

  it.each(thorough ? [1, 10, 50] : [1, 50])(
    'of %i MB at the first start is named, and with room the same directory works',
    async (megabytes) => {
      mountDisk(megabytes);
      await expectRefused(start(), /has \d+ MB left; the database needs 64 MB|is full/, /Make room on that disk/);
      remount('size=200m');
      const again = start();
      const address = await again.serving();
      expect((await ask(address, 'GET', '/health')).json).toMatchObject({ status: 'healthy', disk: 'up' });
    },
  );

  it('at a later start is named, and nothing is touched', async () => {
    mountDisk(200);
    cpSync(join(used, 'data'), dataDir, { recursive: true });
    fill(0);
    await expectRefused(start(), /is full|MB left/, /Make room on that disk/);
    expect((await doctor()).output).toMatch(/GB free/);
    makeRoom();
    await expectServes();
  });

  it('in the middle of a run: refuses, says so, keeps what was paid, and goes on with room', async () => {
    mountDisk(200);
    const provider: ModelServer = await startModelServer(diligentScript);
    try {
      const env = { OPENAI_BASE_URL: provider.url, LLM_MODEL: 'openai:gpt-4o-mini' };
      let server = start(env);
      let address = await server.serving();
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      provider.intercept = async ({ task }) => {
        if (task !== 'draft-section') return false;
        reached.resolve();
        await released.promise;
        return false;
      };
      const created = await ask<PipelineAnswer>(address, 'POST', '/api/v1/pipelines', {
        topic: 'Keeping a sourdough starter alive',
        sources: breadSources,
        duplicates: 'allow',
      });
      expect(created.status).toBe(202);
      await reached.promise;

      fill(0);
      // Big enough for a new page of the table, whatever room is left in the old ones.
      const text = Array.from({ length: 20_000 }, () => Math.random().toString(36).slice(2)).join(' ');
      const refused = await ask<{ code: string; hint: string }>(address, 'POST', '/api/v1/articles', {
        title: 'Too much',
        markdown: text,
      });
      expect(refused).toMatchObject({
        status: 507,
        json: { code: 'storage_full', hint: expect.stringContaining('room') },
      });
      expect((await ask(address, 'GET', '/health')).json).toMatchObject({ status: 'degraded', disk: 'down' });
      // The answer that is on its way was paid for: it comes while there is no room.
      released.resolve();
      await pipelineUntil(address, created.json.id, () => provider.calls.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 3_000));

      makeRoom();
      // A process that had to end says why; the next one goes on.
      if (server.child.exitCode !== null) {
        expect(server.output()).toMatch(/is full/);
        expect(server.child.exitCode).toBe(1);
        server = start(env);
        address = await server.serving();
      }
      const done = await pipelineUntil(
        address,
        created.json.id,
        ({ status }) => status === 'succeeded' || status === 'failed',
      );
      expect(done.error).toBeNull();
      expect(done.status).toBe('succeeded');
      expect(askedMost(provider.calls)).toBe(1);
      const { calls } = await receiptOf(address, created.json.id);
      expect(calls).toHaveLength(provider.calls.length);
      expect(calls.every((call) => !call.estimated)).toBe(true);
      const { json } = await ask<{ items: unknown[] }>(address, 'GET', '/api/v1/articles?query=Too much');
      expect(json.items).toEqual([]);
      expect((await ask(address, 'GET', '/health')).json).toMatchObject({ status: 'healthy', disk: 'up' });
    } finally {
      await provider.close();
    }
  });

  it('on which the log cannot grow ends the use of the database instead of holding up the process', async () => {
    mountDisk(120);
    const module = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
    // In a process of its own: without the guard the statement after the failure never comes back, nor does a timer.
    const code = `
      import { PGlite } from '@electric-sql/pglite';
      import { randomBytes } from 'node:crypto';
      import { writeFileSync, statfsSync, appendFileSync } from 'node:fs';
      const { refuseAfterLogFailure } = await import(${module('src/db/embedded-files.ts')});
      const db = await PGlite.create({ dataDir: ${JSON.stringify(join(mount, 'db'))} });
      await db.exec("create table t (id int primary key, x text) with (fillfactor = 20); insert into t select n, '' from generate_series(1, 500) n");
      const free = () => { const { bavail, bsize } = statfsSync(${JSON.stringify(mount)}); return bavail * bsize; };
      writeFileSync(${JSON.stringify(ballast())}, '');
      while (free() > 8_000_000) appendFileSync(${JSON.stringify(ballast())}, Buffer.alloc(100_000));
      let told = null;
      refuseAfterLogFailure(db, ${JSON.stringify(mount)}, (error) => { told = error.code; });
      let done = 0;
      const update = () => db.query('update t set x = $2 where id = $1', [(done % 500) + 1, randomBytes(600).toString('hex') + done]);
      try { for (; done < 40_000; done++) await update(); } catch (error) { console.log('first', error.code); }
      try { await update(); } catch (error) { console.log('second', error.code); }
      console.log('told', told, 'done', done);
      process.exit(0);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      cwd: new URL('../../', import.meta.url).pathname,
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 90_000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    await once(child, 'close');
    expect(output).toMatch(/first storage_full\nsecond storage_full\ntold storage_full done \d+/);
    makeRoom();
    const again = await PGlite.create({ dataDir: join(mount, 'db') });
    const done = Number(/done (\d+)/.exec(output)?.[1]);
    // Every update that was acknowledged is there.
    const { rows } = await again.query<{ x: string }>('select x from t where id = $1', [((done - 1) % 500) + 1]);
    expect(rows[0]?.x.slice(1200)).toBe(String(done - 1));
    await again.close();
  });
});
