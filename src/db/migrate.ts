import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { AppError } from '../errors.ts';
import { migrationsFolder } from '../shipped-files.ts';
import { waitWithoutLimit } from './guard-connection.ts';
import type { Database } from './open.ts';

/** Any number that no other program takes on this database: "blog" in ASCII. */
const advisoryLock = 0x626c6f67;

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

/** One connection that can run several statements at once, which migrations need. */
interface Session {
  exec(sql: string): Promise<unknown>;
  applied(): Promise<{ name: string; checksum: string }[]>;
}

/**
 * Brings the schema up to this version: the SQL files of `migrations/` in the order of their names, each in its own
 * transaction. Safe when two processes start at once: the second waits for an advisory lock and finds the work done.
 * Throws `data_unusable` when the database was written by a newer version, or an applied file has changed since.
 */
export async function migrate(database: Database): Promise<{ applied: string[] }> {
  const { engine } = database;
  if (engine.kind === 'embedded') {
    return migrateSession({
      exec: (sql) => engine.pglite.exec(sql),
      applied: async () => (await engine.pglite.query<{ name: string; checksum: string }>(selectApplied)).rows,
    });
  }
  const client = await engine.pool.connect();
  try {
    // Another process may be migrating for long, and so may this one.
    waitWithoutLimit(client);
    await client.query(`select pg_advisory_lock(${advisoryLock})`);
    return await migrateSession({
      exec: (sql) => client.query(sql),
      applied: async () => (await client.query<{ name: string; checksum: string }>(selectApplied)).rows,
    });
  } finally {
    // Closing the connection is the surest way to give the lock back, also after a failed statement.
    client.release(true);
  }
}

const tableOfMigrations =
  'create table if not exists schema_migrations (name text primary key, checksum text not null, applied_at timestamptz not null default now())';
const noteOf = ({ name, checksum }: Migration) =>
  `insert into schema_migrations (name, checksum) values ('${name}', '${checksum}')`;

/**
 * The statements that bring an empty database to the schema that it had after the migration `last`, for whoever puts rows
 * of that time into it. Throws `data_unusable` when this version does not know that migration.
 */
export function schemaUntil(last: string): string[] {
  const known = readMigrations();
  const end = known.findIndex(({ name }) => name === last);
  if (end < 0) {
    throw new AppError('data_unusable', `It was written by a newer version (it has the migration ${last}).`, {
      hint: 'Use the version of blog-poster that wrote it, or a newer one.',
    });
  }
  return [tableOfMigrations, ...known.slice(0, end + 1).flatMap((migration) => [migration.sql, noteOf(migration)])];
}

const selectApplied = 'select name, checksum from schema_migrations order by name';

async function migrateSession(session: Session): Promise<{ applied: string[] }> {
  await session.exec(tableOfMigrations);
  const known = readMigrations();
  const done = new Map((await session.applied()).map((row) => [row.name, row.checksum]));
  for (const name of done.keys()) {
    if (!known.some((migration) => migration.name === name)) {
      throw new AppError('data_unusable', `The database was written by a newer version (it has ${name}).`, {
        hint: 'Start the version that wrote it, or a newer one.',
      });
    }
  }
  const applied: string[] = [];
  for (const migration of known) {
    const checksum = done.get(migration.name);
    if (checksum !== undefined) {
      if (checksum !== migration.checksum) {
        throw new AppError('data_unusable', `The migration ${migration.name} has changed since it was applied.`, {
          hint: 'Install an unchanged release: applied migrations are never edited.',
        });
      }
      continue;
    }
    try {
      await session.exec(`begin; ${migration.sql}; ${noteOf(migration)}; commit;`);
    } catch (cause) {
      await session.exec('rollback');
      throw cause;
    }
    applied.push(migration.name);
  }
  return { applied };
}

function readMigrations(): Migration[] {
  return readdirSync(migrationsFolder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      const sql = readFileSync(new URL(name, migrationsFolder), 'utf8');
      return { name: name.replace(/\.sql$/, ''), sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}
