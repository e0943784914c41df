import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PipelineAnswer } from '../../src/pipeline/present.ts';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { breadSources } from '../factories.ts';
import { type ModelServer, startModelServer } from '../fakes/model-server.ts';
import { diligentScript } from '../fakes/scripted-model.ts';
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
