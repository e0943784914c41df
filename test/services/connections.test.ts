import type { Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silenceMs } from '../../src/db/guard-connection.ts';
import { newId } from '../../src/db/id.ts';
import { createListener } from '../../src/db/listener.ts';
import { queryRows } from '../../src/db/open.ts';
import { createLogger } from '../../src/logger.ts';
import { sendEmailJob } from '../../src/notify/jobs.ts';
import type { PipelineAnswer } from '../../src/pipeline/present.ts';
import { openQueue } from '../../src/queue/queue.ts';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { breadSources } from '../factories.ts';
import { type ModelServer, startModelServer } from '../fakes/model-server.ts';
import { diligentScript } from '../fakes/scripted-model.ts';
import { openTestDatabase } from '../harness.ts';
import { ask, pipelineUntil, type ServerProcess, startProcess } from '../server-process.ts';
import { needed } from './environment.ts';

/** Two releases side by side fit into the 22 connections of a small managed database, and leave four for people. */
const mostForProcess = 9;

let scratch: ScratchDatabase;
let provider: ModelServer;
let server: ServerProcess | undefined;
let watcher: pg.Client;

beforeAll(async () => {
  scratch = await createScratchDatabase(needed('TEST_DATABASE_URL'));
  provider = await startModelServer(diligentScript);
  watcher = new pg.Client({ connectionString: scratch.url });
  await watcher.connect();
});
afterAll(async () => {
  await server?.kill('SIGKILL');
  await watcher.end();
  await provider.close();
  await scratch.drop();
});

test('a process that serves and writes several articles at once never has more than nine connections', async () => {
  server = startProcess('src/main.ts', {
    APP_SECRET: 'a secret for tests only, forty characters',
    DATABASE_URL: scratch.url,
    OPENAI_BASE_URL: provider.url,
    LLM_MODEL: 'openai:gpt-4o-mini',
    CONCURRENT_PIPELINES: '4',
    RATE_LIMIT_PER_MINUTE: '100000',
  });
  const address = await server.serving();
  let most = 0;
  const count = async () => {
    const { rows } = await watcher.query(
      'select count(*)::int as count from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    most = Math.max(most, rows[0].count);
  };
  // Looked at with every question that reaches the model, the first twenty while requests come in as well.
  provider.intercept = async () => {
    const requests = provider.calls.length <= 20 ? 10 : 0;
    await Promise.all([count(), ...Array.from({ length: requests }, () => ask(address, 'GET', '/api/v1/articles'))]);
    await count();
    return false;
  };
  const started = await Promise.all(
    Array.from({ length: 4 }, (_, index) =>
      ask<PipelineAnswer>(address, 'POST', '/api/v1/pipelines', {
        topic: `Keeping a sourdough starter alive, part ${index}`,
        sources: breadSources,
        duplicates: 'allow',
      }),
    ),
  );
  for (const { json } of started)
    await pipelineUntil(address, json.id, ({ status }) => status === 'succeeded', 300_000);
  expect(provider.calls.length).toBeGreaterThan(12);
  expect(most).toBeGreaterThan(4);
  expect(most).toBeLessThanOrEqual(mostForProcess);
}, 400_000);

test('the server takes back what a connection of ours or of the queue leaves open', async () => {
  const database = await openTestDatabase();
  const queue = await openQueue(database, createLogger('silent'), true);
  try {
    // What the queue's own connections are set to is seen only from within.
    await database.db.execute(sql`create table observed (operation text, pid integer, idle text, keepalive text)`);
    await database.db.execute(sql`create function observe() returns trigger language plpgsql as $$ begin
      insert into public.observed values (tg_op, pg_backend_pid(), current_setting('idle_in_transaction_session_timeout'),
        current_setting('tcp_keepalives_idle')); return null; end $$`);
    await database.db.execute(
      sql`create trigger observe after insert or update on pgboss.job for each row execute function observe()`,
    );
    const worked = Promise.withResolvers<void>();
    await database.db.transaction((tx) => queue.enqueue(tx, sendEmailJob, { emailId: newId() }));
    await queue.work(sendEmailJob, 1, async () => worked.resolve());
    await worked.promise;
    const rows = await queryRows<{ operation: string; pid: number; idle: string; keepalive: string }>(
      database.db,
      sql`select distinct * from observed order by operation`,
    );
    const [ours] = rows.filter(({ operation }) => operation === 'INSERT');
    const [theirs] = rows.filter(({ operation }) => operation === 'UPDATE');
    expect([ours, theirs]).toMatchObject([
      { idle: '10s', keepalive: '10' },
      { idle: '10s', keepalive: '10' },
    ]);
    expect(theirs?.pid).not.toBe(ours?.pid);
  } finally {
    await queue.stop();
    await database.close();
  }
});

test('a connection that is silent is cut here, one that only listens as well', async () => {
  const database = await openTestDatabase();
  const { engine } = database;
  if (engine.kind !== 'postgres') throw new Error('this is about PostgreSQL');
  const timeoutOf = (client: pg.ClientBase) => ((client as pg.Client).connection.stream as Socket).timeout;
  const pooled = await engine.pool.connect();
  const listening = new pg.Client(engine.connection);
  const listener = createListener(() => listening);
  try {
    await listener.listen('anything', () => undefined);
    expect([timeoutOf(pooled), timeoutOf(listening)]).toEqual([silenceMs, silenceMs]);
  } finally {
    pooled.release();
    await listener.close();
    await database.close();
  }
});
