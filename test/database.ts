import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** A database of its own on the server that a URL names. */
export interface ScratchDatabase {
  name: string;
  url: string;
  drop(): Promise<void>;
}

/**
 * Creates a database beside the one in `serverUrl`, whose user must be allowed to: an empty one, or a copy of `template`,
 * which nobody may be connected to.
 */
export async function createScratchDatabase(
  serverUrl: string,
  prefix = 'bp_test',
  template?: string,
): Promise<ScratchDatabase> {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  // Copied through the log, which for so small a database is several times faster than by its files and a checkpoint.
  const from = template === undefined ? '' : ` template ${template} strategy wal_log`;
  await administer(serverUrl, `create database ${name}${from}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    name,
    url: url.toString(),
    drop: () => drop(serverUrl, name),
  };
}

/** Drops a database; again, when the server could not bring its files to the disk because another was dropped meanwhile. */
async function drop(serverUrl: string, name: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await administer(serverUrl, `drop database if exists ${name} with (force)`);
    } catch (error) {
      if (tries === 3 || !/checkpoint request failed/.test(String(error))) throw error;
      await pause(1_000);
    }
  }
}

async function administer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
