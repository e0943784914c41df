import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PipelineAnswer } from '../../src/pipeline/present.ts';
import { breadSources } from '../factories.ts';
import { type ModelServer, startModelServer } from '../fakes/model-server.ts';
import { diligentScript } from '../fakes/scripted-model.ts';
import { ask, askedMost, pipelineUntil, receiptOf, type ServerProcess, startProcess } from '../server-process.ts';

/*
 * The real process under libfaketime (Debian: apt-get install faketime), whose clock jumps while it works. With the
 * embedded database its clock is the database's too; with PostgreSQL only ours jumps. The steady clock is left alone, as
 * a real jump leaves it.
 */

const library = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu']
  .map((folder) => `${folder}/faketime/libfaketimeMT.so.1`)
  .find(existsSync);
if (!library) throw new Error('libfaketime is missing: apt-get install faketime');
const server = process.env.TEST_DATABASE_URL;
if (!server)
  throw new Error('TEST_DATABASE_URL is not set: see test/services/compose.yaml for servers to test against.');

/** No run here may take longer, in milliseconds: a worker that is taken for dead is noticed after 10 s. */
const bound = 60_000;

let admin: pg.Client;
beforeAll(async () => {
  admin = new pg.Client({ connectionString: server });
  await admin.connect();
});
afterAll(() => admin.end());

type Kind = 'embedded' | 'postgres';

/** A server with a clock, a database and a provider of its own, so that the tests can run side by side: they mostly wait. */
interface Given {
  provider: ModelServer;
  /** Sets how far the process's clock is from the true one: `+0`, `+1d`, `-1d`, `+365d`. */
  setClock(offset: string): void;
  start(): Promise<string>;
}

async function given(kind: Kind, onTestFinished: (end: () => Promise<void>) => void): Promise<Given> {
  const folder = mkdtempSync(join(tmpdir(), 'bp-clock-'));
  const name = `bp_test_${randomBytes(6).toString('hex')}`;
  const provider = await startModelServer(diligentScript);
  let started: ServerProcess | null = null;
  onTestFinished(async () => {
    await started?.kill('SIGKILL');
    await provider.close();
    await admin.query(`drop database if exists ${name} with (force)`);
    rmSync(folder, { recursive: true, force: true });
  });
  const clockFile = join(folder, 'clock');
  return {
    provider,
    setClock: (offset) => writeFileSync(clockFile, `${offset}\n`),
    async start() {
      if (kind === 'postgres') await admin.query(`create database ${name}`);
      const url = Object.assign(new URL(server as string), { pathname: `/${name}` }).toString();
      started = startProcess('src/main.ts', {
        DATA_DIR: join(folder, 'data'),
        HOST: '127.0.0.1',
        OPENAI_BASE_URL: provider.url,
        LLM_MODEL: 'openai:gpt-4o-mini',
        LD_PRELOAD: library as string,
        FAKETIME_TIMESTAMP_FILE: clockFile,
        FAKETIME_NO_CACHE: '1',
        DONT_FAKE_MONOTONIC: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        ...(kind === 'postgres' ? { DATABASE_URL: url, APP_SECRET: 'a secret for tests only, forty characters' } : {}),
      });
      return started.serving();
    },
  };
}
const begin = async (address: string, topic: string): Promise<string> => {
  const { status, json } = await ask<PipelineAnswer>(address, 'POST', '/api/v1/pipelines', {
    topic,
    sources: breadSources,
    duplicates: 'allow',
  });
  expect(status).toBe(202);
  return json.id;
};
const finished = ({ status }: PipelineAnswer) => status === 'succeeded' || status === 'failed';
const clockOf = async (address: string) =>
  Date.parse((await ask<{ timestamp: string }>(address, 'GET', '/health')).json.timestamp);
const day = 86_400_000;

describe.concurrent.each(['embedded', 'postgres'] as const)('a clock that jumps, with the database %s', (kind) => {
  it.for([
    ['+1d', day],
    ['-1d', -day],
    ['+365d', 365 * day],
  ] as const)(
    'by %s in the middle of a call: the run ends once, pays once, and so does the next',
    async ([offset, ms], { onTestFinished }) => {
      const { provider, setClock, start } = await given(kind, onTestFinished);
      setClock('+0');
      const address = await start();
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      provider.intercept = async ({ task }) => {
        if (task !== 'draft-section') return false;
        reached.resolve();
        await released.promise;
        return false;
      };
      const id = await begin(address, 'Keeping a sourdough starter alive');
      await reached.promise;
      setClock(offset);
      expect(Math.abs((await clockOf(address)) - Date.now() - ms)).toBeLessThan(60_000);
      // Long enough for the sweep (10 s) and for the queue's look after dead workers (2 s) to come by.
      await new Promise((resolve) => setTimeout(resolve, 13_000));
      released.resolve();
      const done = await pipelineUntil(address, id, finished, bound);
      expect(done).toMatchObject({ status: 'succeeded', error: null });
      expect(askedMost(provider.calls)).toBe(1);
      const { calls } = await receiptOf(address, id);
      expect(calls).toHaveLength(provider.calls.length);
      expect(calls.every((call) => !call.estimated)).toBe(true);

      provider.intercept = null;
      const next = await begin(address, 'Baking with rye');
      expect(await pipelineUntil(address, next, finished, bound)).toMatchObject({ status: 'succeeded' });
      // And back again, while nothing is under way.
      setClock('+0');
      const last = await begin(address, 'Wholemeal bread');
      expect(await pipelineUntil(address, last, finished, bound)).toMatchObject({ status: 'succeeded' });
      for (const pipeline of [next, last]) {
        const receipt = await receiptOf(address, pipeline);
        expect(receipt.calls.every((call) => !call.estimated)).toBe(true);
      }
    },
  );

  it('a wait that was set while the clock was a year ahead ends when the clock is put right', async ({
    onTestFinished,
  }) => {
    const { provider, setClock, start } = await given(kind, onTestFinished);
    setClock('+365d');
    const address = await start();
    let busy = true;
    provider.intercept = (_call, wire) => {
      if (busy) wire.fail(503, 'overloaded', { 'retry-after': '20' });
      return busy;
    };
    const id = await begin(address, 'Keeping a sourdough starter alive');
    await pipelineUntil(
      address,
      id,
      ({ status, waiting }) => status === 'waiting' && waiting?.until !== undefined,
      bound,
    );
    busy = false;
    setClock('+0');
    const done = await pipelineUntil(address, id, finished, bound);
    expect(done).toMatchObject({ status: 'succeeded', error: null });
  });
});
