import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

const dataDir = mkdtempSync(join(tmpdir(), 'bp-stop-'));
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test('a server that npm has left behind stops in order instead of holding its data for ever', async () => {
  // As npm does it: a shell between, which does not pass on the signal that ends it.
  const shell = spawn('sh', ['-c', `"${process.execPath}" src/main.ts; true`], {
    env: { PATH: process.env.PATH, npm_lifecycle_event: 'start', DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  // The pipe closes only when the server, which inherited it, has ended.
  const closed = new Promise<void>((resolve) => shell.stdout.once('close', () => resolve()));
  await new Promise<void>((resolve) => {
    shell.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('serves on')) resolve();
    });
  });
  shell.kill('SIGTERM');
  await closed;
  expect(output).toContain('Stopped.');
}, 60_000);
