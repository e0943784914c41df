import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The data directory of an instance that has its schema and nothing else. */
    preparedData: string;
  }
}

/** Makes the data directory that every server of the browser tests begins with: installing a database takes seconds of each. */
export default function prepare(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'bp-e2e-prepared-'));
  const { status, stderr } = spawnSync(process.execPath, ['src/cli.ts', 'migrate'], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    env: { ...process.env, DATA_DIR: folder, DATABASE_URL: '' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the database of the browser tests could not be made: ${stderr}`);
  project.provide('preparedData', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
