import { rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { PipelineAnswer } from '../../src/pipeline/present.ts';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { breadSources } from '../factories.ts';
import { ask, pipelineUntil, type ServerProcess, startProcess } from '../server-process.ts';
import { needed } from './environment.ts';

const token = 'the-token-of-the-monitors';
let database: ScratchDatabase;
let web: ServerProcess;
let worker: ServerProcess;
let webUrl: string;
let workerUrl: string;

/** A port that nobody uses at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  database = await createScratchDatabase(needed('TEST_DATABASE_URL'));
  const port = String(await freePort());
  workerUrl = `http://127.0.0.1:${port}`;
  const env = {
    DATABASE_URL: database.url,
    APP_SECRET: 'a secret for tests only, forty characters',
    DATA_DIR: '/tmp/bp-none',
    HOST: '127.0.0.1',
    METRICS_TOKEN: token,
    WORKER_PORT: port,
  };
  web = startProcess('src/main.ts', env, { args: ['--role', 'web'] });
  webUrl = await web.serving();
  worker = startProcess('src/main.ts', env, { args: ['--role', 'worker'] });
  await vi.waitFor(async () => expect((await fetch(`${workerUrl}/health/live`)).status).toBe(200), {
    timeout: 60_000,
    interval: 200,
  });
});
afterAll(async () => {
  await Promise.all([web?.kill('SIGKILL'), worker?.kill('SIGKILL')]);
  await database?.drop();
  rmSync('/tmp/bp-none', { recursive: true, force: true });
});

const metricsOf = async (url: string, given = token) => {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${given}` } });
  return { status: answer.status, text: await answer.text() };
};

it('a worker shows its own process and nothing else; the web shows itself and the whole instance', async () => {
  expect((await metricsOf(workerUrl, 'another token')).status).toBe(401);
  expect((await fetch(`${workerUrl}/api/v1/me`)).status).toBe(404);
  const ofWorker = await metricsOf(workerUrl);
  expect(ofWorker.status).toBe(200);
  expect(ofWorker.text).toMatch(/blog_poster_build_info\{version="[^"]+",role="worker"\} 1/);
  expect(ofWorker.text).toMatch(/^blog_poster_database_up 1$/m);
  expect(ofWorker.text).toMatch(/^process_resident_memory_bytes \d/m);
  expect(ofWorker.text).not.toMatch(/^blog_poster_(queue_depth|month_spent_dollars|pipeline_steps_total)\S* /m);
  await vi.waitFor(
    async () => {
      const { text } = await metricsOf(webUrl);
      expect(text).toMatch(/^blog_poster_queue_depth\{queue="pipelines"\} 0$/m);
      // Within two seconds of its start.
      expect(text).toMatch(/^blog_poster_worker_silence_seconds \d/m);
    },
    { timeout: 15_000, interval: 500 },
  );
});

it('what a worker has counted is not lost when it ends: the web shows it', async () => {
  const { status, json } = await ask<PipelineAnswer>(webUrl, 'POST', '/api/v1/pipelines', {
    topic: 'Keeping a sourdough starter alive',
    sources: breadSources,
    words: { min: 100, max: 300 },
  });
  expect(status).toBe(202);
  await pipelineUntil(webUrl, json.id, (pipeline) => pipeline.status === 'succeeded');
  await worker.kill('SIGTERM');
  expect((await worker.ended).status).toBe(0);
  // What the web has kept of an earlier look is five seconds old at most.
  await vi.waitFor(
    async () => {
      const { text } = await metricsOf(webUrl);
      expect(text.match(/^blog_poster_pipeline_steps_total\{step="\w+",status="succeeded"\} 1$/gm)).toHaveLength(7);
      expect(text).toMatch(/^blog_poster_model_calls_total\{model="offline",task="topic",outcome="answered"\} 1$/m);
      expect(text).toMatch(/^blog_poster_articles_today 1$/m);
    },
    { timeout: 15_000, interval: 500 },
  );
});
