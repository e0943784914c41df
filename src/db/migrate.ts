import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { version } from '../config.ts';
import { AppError } from '../errors.ts';
import { migrationsFolder } from '../shipped-files.ts';
import { waitWithoutLimit } from './guard-connection.ts';
import { type Database, queryRows } from './open.ts';

/** Any number that no other program takes on this database: "blog" in ASCII. */
const advisoryLock = 0x626c6f67;

/** The first line of a migration that takes away what the release it names no longer uses (CONTRIBUTING.md, Migrations). */
export const contractMark = /^-- contract after (\d+\.\d+\.\d+): (.+)$/m;

interface Migration {
  name: string;
  sql: string;
  checksum: string;
  /** The oldest release that runs on what it leaves; 0.0.0 for one that only adds. */
  runsFrom: string;
}

/** A row of schema_migrations; `runs_from` is null where a version has written it that did not note it. */
interface Applied {
  name: string;
  checksum: string;
  runs_from: string | null;
}

/** How a database differs from this version: what it lacks, and what a newer version has added to it. */
export interface SchemaState {
  pending: string[];
  newer: string[];
}

/** One connection that can run several statements at once, which migrations need. */
interface Session {
  exec(sql: string): Promise<unknown>;
  applied(): Promise<Applied[]>;
}

/**
 * Brings the schema up to this version: the SQL files of `migrations/` in the order of their names, each in its own
 * transaction. Safe when two processes start at once: the second waits for an advisory lock and finds the work done.
 * `newer` names what a newer version has applied that this one runs beside. Throws `data_unusable` when a newer version
 * has taken away what this one uses, or an applied file has changed since.
 */
export async function migrate(database: Database): Promise<{ applied: string[]; newer: string[] }> {
  const { engine } = database;
  if (engine.kind === 'embedded') {
    return migrateSession({
      exec: (sql) => engine.pglite.exec(sql),
      applied: async () => (await engine.pglite.query<Applied>(selectApplied)).rows,
    });
  }
  const client = await engine.pool.connect();
  try {
    // Another process may be migrating for long, and so may this one.
    waitWithoutLimit(client);
    await client.query(`select pg_advisory_lock(${advisoryLock})`);
    return await migrateSession({
      exec: (sql) => client.query(sql),
      applied: async () => (await client.query<Applied>(selectApplied)).rows,
    });
  } finally {
    // Closing the connection is the surest way to give the lock back, also after a failed statement.
    client.release(true);
  }
}

const tableOfMigrations =
  'create table if not exists schema_migrations (name text primary key, checksum text not null, applied_at timestamptz not null default now(), runs_from text)';
const noteOf = ({ name, checksum, runsFrom }: Migration) =>
  `insert into schema_migrations (name, checksum, runs_from) values ('${name}', '${checksum}', '${runsFrom}')`;

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

// Through JSON, because databases of versions that did not note it lack the column.
const selectApplied =
  "select name, checksum, to_jsonb(m) ->> 'runs_from' as runs_from from schema_migrations m order by name";

/** How the database differs from this version; changes nothing. Throws as {@link migrate} does. */
export async function schemaState({ db }: Pick<Database, 'db'>): Promise<SchemaState> {
  const [known] = await queryRows<{ found: boolean }>(
    db,
    sql`select to_regclass('schema_migrations') is not null as found`,
  );
  return compare(readMigrations(), known?.found ? await queryRows<Applied>(db, sql.raw(selectApplied)) : []);
}

function compare(known: Migration[], applied: Applied[]): SchemaState {
  const done = new Map(applied.map((row) => [row.name, row]));
  for (const migration of known) {
    const row = done.get(migration.name);
    if (row && row.checksum !== migration.checksum) {
      throw new AppError('data_unusable', `The migration ${migration.name} has changed since it was applied.`, {
        hint: 'Install an unchanged release: applied migrations are never edited.',
      });
    }
  }
  const pending = known.filter(({ name }) => !done.has(name)).map(({ name }) => name);
  const newer = applied.filter(({ name }) => !known.some((migration) => migration.name === name));
  // A newer version that has only added, or taken away what this one no longer uses, is what the way back after a deploy
  // leads to.
  // One that lacks migrations besides is no earlier version of it but another branch.
  const breaking =
    pending.length > 0 ? newer[0] : newer.find(({ runs_from }) => runs_from === null || isBefore(version, runs_from));
  if (breaking) {
    throw new AppError('data_unusable', `The database was written by a newer version (it has ${breaking.name}).`, {
      hint: 'Start the version that wrote it, or a newer one.',
    });
  }
  return { pending, newer: newer.map(({ name }) => name) };
}

async function migrateSession(session: Session): Promise<{ applied: string[]; newer: string[] }> {
  await session.exec(tableOfMigrations);
  const known = readMigrations();
  const { pending, newer } = compare(known, await session.applied());
  if (pending.length > 0) await session.exec('alter table schema_migrations add column if not exists runs_from text');
  const applied: string[] = [];
  for (const migration of known) {
    if (!pending.includes(migration.name)) continue;
    try {
      await session.exec(`begin; ${migration.sql}; ${noteOf(migration)}; commit;`);
    } catch (cause) {
      await session.exec('rollback');
      throw cause;
    }
    applied.push(migration.name);
  }
  return { applied, newer };
}

/** Whether release `a` came before `b`, both as x.y.z. */
function isBefore(a: string, b: string): boolean {
  const [of, than] = [a, b].map((release) => release.split('.').map(Number));
  const differs = of?.findIndex((part, index) => part !== than?.[index]) ?? -1;
  return differs >= 0 && (of?.[differs] ?? 0) < (than?.[differs] ?? 0);
}

function readMigrations(): Migration[] {
  return readdirSync(migrationsFolder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      const text = readFileSync(new URL(name, migrationsFolder), 'utf8');
      return {
        name: name.replace(/\.sql$/, ''),
        sql: text,
        checksum: createHash('sha256').update(text).digest('hex'),
        runsFrom: contractMark.exec(text)?.[1] ?? '0.0.0',
      };
    });
}
