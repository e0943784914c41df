import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { PipelineAnswer } from '../../src/pipeline/present.ts';
import type { Receipt } from '../../src/pipeline/receipt.ts';
import { fetchAs } from '../account.ts';
import { breadSources } from '../factories.ts';
import { type ModelServer, startModelServer } from '../fakes/model-server.ts';
import { diligentScript } from '../fakes/scripted-model.ts';
import { makeDataDir } from '../harness.ts';
import { ofThisRun } from '../program.ts';
import { thorough } from '../thorough.ts';

let provider: ModelServer | null = null;
let child: ChildProcess | null = null;
const dataDir = mkdtempSync(join(tmpdir(), 'bp-kill-'));

afterEach(async () => {
  child?.kill('SIGKILL');
  await provider?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Starts the real server on the data directory and resolves with its address once it serves. */
async function startServer(url: string): Promise<string> {
  const started = spawn(process.execPath, ['src/main.ts'], {
    env: {
      ...ofThisRun(),
      DATA_DIR: dataDir,
      PORT: '0',
      LOG_LEVEL: 'warn',
      OPENAI_BASE_URL: url,
      LLM_MODEL: 'openai:gpt-4o-mini',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  const exited = new Promise<never>((_resolve, reject) => {
    started.once('exit', (code) => reject(new Error(`the server ended with ${code} before it served`)));
  });
  const serving = new Promise<string>((resolve) => {
    let output = '';
    started.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const address = /serves on (\S+)/.exec(output)?.[1];
      if (address) resolve(address);
    });
  });
  const address = await Promise.race([serving, exited]);
  exited.catch(() => undefined);
  return address;
}

/** SIGKILL, as a power cut or the kernel's memory killer would do it, and waits until the process is gone. */
async function kill(): Promise<void> {
  const dying = child;
  if (!dying || dying.exitCode !== null) return;
  const gone = new Promise((resolve) => dying.once('exit', resolve));
  dying.kill('SIGKILL');
  await gone;
}

async function read(address: string, id: string): Promise<PipelineAnswer> {
  return (await (await fetchAs(`${address}/api/v1/pipelines/${id}`)).json()) as PipelineAnswer;
}

test('a server that is killed in the middle of a call goes on at the next start and pays for no finished call again', async () => {
  provider = await startModelServer(diligentScript);
  const { calls } = provider;
  let killing: Promise<void> = Promise.resolve();
  // Killed once in each of these tasks, after the provider has done (and billed) the work and before the answer is out.
  // The crash tests on PostgreSQL kill at every one; this is about the embedded database and a start from the command line.
  const deadly = new Set(thorough ? ['topic', 'outline', 'draft-section', 'judge', 'seo'] : ['draft-section', 'judge']);
  const kills = deadly.size;
  provider.intercept = async ({ task }) => {
    if (!deadly.delete(task)) return false;
    killing = kill();
    await killing;
    return true;
  };
  await makeDataDir(dataDir);
  let address = await startServer(provider.url);
  const created = await fetchAs(`${address}/api/v1/pipelines`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ topic: 'Keeping a sourdough starter alive', sources: breadSources, duplicates: 'allow' }),
  });
  const { id } = (await created.json()) as PipelineAnswer;

  let pipeline: PipelineAnswer | null = null;
  let restarts = 0;
  for (let tries = 0; tries < 600 && pipeline?.status !== 'succeeded'; tries++) {
    await pause(100);
    if (child?.signalCode === 'SIGKILL') {
      await killing;
      address = await startServer(provider.url);
      restarts++;
    }
    pipeline = await read(address, id).catch(() => pipeline);
    expect(pipeline?.status).not.toBe('failed');
  }
  expect(pipeline?.status).toBe('succeeded');
  expect(restarts).toBe(kills);

  // Each question was asked once, and twice only where the first asking ended in a kill.
  const asked = new Map<string, number>();
  for (const { body } of calls) {
    const question = JSON.stringify(body.messages);
    asked.set(question, (asked.get(question) ?? 0) + 1);
  }
  expect([...asked.values()].filter((count) => count === 2)).toHaveLength(kills);
  expect(Math.max(...asked.values())).toBe(2);

  const receipt = await fetchAs(`${address}/api/v1/pipelines/${id}/receipt`);
  const ledger = ((await receipt.json()) as Receipt).calls;
  expect(ledger).toHaveLength(calls.length);
  // What was billed but never arrived counts with its worst case and says so.
  const estimated = ledger.filter((call) => call.estimated);
  expect(estimated).toHaveLength(kills);
  for (const call of estimated) expect(call.costMicroUsd).toBe(call.reservedMicroUsd);
  expect(JSON.parse(readFileSync(join(dataDir, 'lock.json'), 'utf8')).pid).toBe(child?.pid);
}, 240_000);
