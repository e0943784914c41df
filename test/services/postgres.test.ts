import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { newId } from '../../src/db/id.ts';
import { openDatabase } from '../../src/db/open.ts';
import { recordEvents } from '../../src/pipeline/events.ts';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { finished, type Program, printed, runProgram, servedAt } from '../program.ts';

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const server = process.env.TEST_DATABASE_URL;
if (!server)
  throw new Error('TEST_DATABASE_URL is not set: see test/services/compose.yaml for servers to test against.');

let admin: pg.Client;
let database: ScratchDatabase;
let name: string;
let url: string;
let dataDir: string;
const children: Program[] = [];

beforeAll(async () => {
  admin = new pg.Client({ connectionString: server });
  await admin.connect();
});
afterAll(() => admin.end());

beforeEach(async () => {
  database = await createScratchDatabase(server);
  ({ name, url } = database);
  dataDir = mkdtempSync(join(tmpdir(), 'bp-pg-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

function run(script: string, args: string[] = [], env: Record<string, string> = {}): Program {
  const program = runProgram(script, args, {
    DATABASE_URL: url,
    APP_SECRET: 'a secret for tests only, forty characters',
    DATA_DIR: dataDir,
    HOST: '127.0.0.1',
    PORT: '0',
    ...env,
  });
  children.push(program);
  return program;
}

async function query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('migrating an empty database', () => {
  it('succeeds in three processes at once, and each migration is applied by exactly one', async () => {
    const results = await Promise.all([1, 2, 3].map(() => finished(run(cli, ['migrate', '--json']))));
    expect(
      results.map((result) => result.status),
      results.map((result) => result.output).join('\n'),
    ).toEqual([0, 0, 0]);
    const applied = results.flatMap((result) => JSON.parse(result.output).applied as string[]);
    const recorded = await query<{ name: string }>('select name from schema_migrations order by name');
    expect(applied.sort()).toEqual(recorded.map((row) => row.name));
    expect(applied.length).toBeGreaterThan(0);
    expect(await query('select name from pgboss.queue')).not.toEqual([]);
  });

  it('does nothing the second time and says so', async () => {
    expect((await finished(run(cli, ['migrate']))).status).toBe(0);
    expect(await finished(run(cli, ['migrate']))).toEqual({ status: 0, output: 'The database is up to date.\n' });
  });

  it('refuses a database that a newer version wrote, and changes nothing', async () => {
    await finished(run(cli, ['migrate']));
    await query(`insert into schema_migrations (name, checksum) values ('9999-from-the-future', 'x')`);
    const refused = await finished(run(cli, ['migrate']));
    expect(refused.status).toBe(1);
    expect(refused.output).toContain('newer version (it has 9999-from-the-future)');
    expect(refused.output).not.toContain('    at ');
    const started = await finished(run(main));
    expect(started.status).toBe(1);
    expect(started.output).toContain('newer version');
  });

  it('refuses a migration that was edited after it was applied', async () => {
    await finished(run(cli, ['migrate']));
    await query(`update schema_migrations set checksum = 'edited'`);
    const refused = await finished(run(cli, ['migrate']));
    expect(refused).toMatchObject({ status: 1, output: expect.stringContaining('has changed since it was applied') });
  });

  it('leaves nothing half done when a migration fails', async () => {
    await query('create table articles (id int)');
    const failed = await finished(run(cli, ['migrate']));
    expect(failed.status).toBe(1);
    expect(await query(`select name from schema_migrations`)).toEqual([]);
    expect(await query(`select 1 from pg_tables where tablename = 'pipelines'`)).toEqual([]);
    await query('drop table articles');
    expect((await finished(run(cli, ['migrate']))).status).toBe(0);
  });
});

describe('a server on PostgreSQL', () => {
  it('keeps to 9 connections under load and gives all of them back when it is asked to stop', async () => {
    const app = run(main);
    const address = await servedAt(app);
    let most = 0;
    const count = async () => {
      const [row] = (await admin.query(`select count(*)::int as n from pg_stat_activity where datname = '${name}'`))
        .rows;
      most = Math.max(most, row.n);
    };
    let busy = true;
    const load = Promise.all(
      Array.from({ length: 200 }, () => fetch(`${address}/health`).then((answer) => answer.text())),
    ).finally(() => {
      busy = false;
    });
    while (busy) await count();
    await load;
    await count();
    expect(most).toBeGreaterThan(3);
    expect(most).toBeLessThanOrEqual(9);
    const ended = finished(app);
    app.kill('SIGTERM');
    expect((await ended).status).toBe(0);
    await count();
    const left = (await admin.query(`select 1 from pg_stat_activity where datname = '${name}'`)).rowCount;
    expect(left).toBe(0);
  });

  it('does not run the sample of the first start', async () => {
    const app = run(main);
    await printed(app, 'serves on');
    const ended = finished(app);
    app.kill('SIGTERM');
    await ended;
    expect(await query('select id from pipelines')).toEqual([]);
    expect(app.output()).not.toContain('sample');
  });

  it.each([
    ['a wrong port', (good: URL) => Object.assign(good, { port: '1' }), 'refuses connections'],
    ['a database that does not exist', (good: URL) => Object.assign(good, { pathname: '/bp_none' }), 'does not exist'],
  ])('names %s in words and does not show the password', async (_, change, said) => {
    const wrong = new URL(url);
    wrong.password = 'hunter2';
    const failed = await finished(run(main, [], { DATABASE_URL: change(wrong).toString() }));
    expect(failed.status).toBe(1);
    expect(failed.output).toContain(said);
    expect(failed.output).not.toContain('hunter2');
    expect(failed.output).not.toContain('    at ');
  });

  it('tells doctor about migrations that are not applied, without applying them', async () => {
    const checked = await finished(run(cli, ['doctor', '--json']));
    expect(checked.status).toBe(1);
    const { findings } = JSON.parse(checked.output) as { findings: { check: string; severity: string }[] };
    expect(findings).toContainEqual(expect.objectContaining({ check: 'migrations', severity: 'problem' }));
    expect(await query(`select 1 from pg_tables where schemaname = 'public'`)).toEqual([]);
  });
});

describe('events of one pipeline', () => {
  it('get their ids in the order of their commits, also from several connections at once', async () => {
    expect((await finished(run(cli, ['migrate']))).status).toBe(0);
    const { config, secrets } = loadConfig({
      DATABASE_URL: url,
      APP_SECRET: 'a secret for tests only, forty characters',
    });
    const opened = await openDatabase(config, secrets);
    try {
      const [user] = await query<{ id: string }>(
        `insert into users (id, name) values (gen_random_uuid(), 'someone') returning id`,
      );
      const pipeline = { id: newId() };
      await query(
        `insert into pipelines (id, user_id, topic, status, brief, budget_micro_usd) values ('${pipeline.id}', '${user?.id}', 'x', 'running', '{}', 0)`,
      );
      let committed = 0;
      const orders = await Promise.all(
        Array.from({ length: 40 }, (_, number) =>
          opened.db.transaction(async (tx) => {
            await recordEvents(tx, pipeline, [{ type: 'log', data: { number } }]);
            // Under the lock that the event has taken, so this counts the commits in their order.
            return { number, order: committed++ };
          }),
        ),
      );
      const wanted = orders.sort((a, b) => a.order - b.order).map(({ number }) => number);
      const rows = await query<{ number: number }>(
        `select (data ->> 'number')::int as number from pipeline_events order by id`,
      );
      expect(rows.map(({ number }) => number)).toEqual(wanted);
    } finally {
      await opened.close();
    }
  });
});
