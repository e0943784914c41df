import { randomBytes } from 'node:crypto';
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
    drop: () => administer(serverUrl, `drop database ${name} with (force)`),
  };
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
