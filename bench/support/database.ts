import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateAll } from '../../src/app.ts';
import { type Config, loadConfig, type Secrets } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/db/open.ts';
import { createScratchDatabase } from '../../test/database.ts';

/** A migrated database that only one measure uses. */
export interface BenchDatabase {
  database: Database;
  config: Config;
  secrets: Secrets;
  /** Removes it; the caller has closed it. */
  remove(): Promise<void>;
}

const env = { APP_SECRET: 'a secret for measuring only, forty characters', LOG_LEVEL: 'warn' };

/** The address of the PostgreSQL server to measure against, and what to say when there is none. */
export const postgresUrl = process.env.TEST_DATABASE_URL ?? null;
export const noPostgres = 'TEST_DATABASE_URL is not set (a PostgreSQL with pgvector, see test/services/compose.yaml)';

/** A database in a new data directory on disk, as an embedded instance has it. */
export async function openEmbeddedBench(): Promise<BenchDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bp-bench-'));
  return open({ ...env, DATA_DIR: dataDir }, async () => rmSync(dataDir, { recursive: true, force: true }));
}

/** A new database on the PostgreSQL server. */
export async function openPostgresBench(serverUrl: string): Promise<BenchDatabase> {
  const scratch = await createScratchDatabase(serverUrl, 'bp_bench');
  return open({ ...env, DATABASE_URL: scratch.url }, () => scratch.drop());
}

async function open(values: Record<string, string>, remove: () => Promise<void>): Promise<BenchDatabase> {
  const { config, secrets } = loadConfig(values);
  const database = await openDatabase(config, secrets);
  await migrateAll(database);
  return { database, config, secrets, remove };
}
