import type { PGlite } from '@electric-sql/pglite';
import type { SQL } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { Pool, PoolConfig } from 'pg';
import type { Config, Secrets } from '../config.ts';
import { AppError } from '../errors.ts';
import { storageError } from '../storage-error.ts';
import { announceServer, lockDataDir } from './data-dir.ts';
import { openEmbeddedFiles, refuseAfterLogFailure } from './embedded-files.ts';
import { guardConnection } from './guard-connection.ts';

/** The query interface that features receive: the database itself or a transaction on it, on either engine. */
export type Db = PgDatabase<PgQueryResultHKT, Record<string, never>>;

/** An open database: the query interface, notifications, and the raw engine for the queue and for migrations. */
export interface Database {
  db: Db;
  engine: { kind: 'embedded'; pglite: PGlite } | { kind: 'postgres'; pool: Pool; connection: PoolConfig };
  /** Calls back with the payload of each NOTIFY on `channel`, until the returned function is called. */
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>>;
  /** Notes for commands on this machine where the holder of an embedded database serves, and what lets them in. */
  announceServer?(server: { port: number; operatorToken: string }): void;
  /** Resolves when an embedded database can no longer be used by this process; what was committed is safe. */
  broken?: Promise<AppError>;
  close(): Promise<void>;
}

/** Runs raw SQL and returns its rows; the shape is the caller's claim, so keep it beside the query. */
export async function queryRows<Row>(db: Db, query: SQL): Promise<Row[]> {
  const result = (await db.execute(query)) as unknown as { rows: Row[] };
  return result.rows;
}

/** Opens the database that the configuration names. Throws `data_in_use` or `data_unusable` for the embedded one. */
export async function openDatabase(config: Config, secrets: Secrets): Promise<Database> {
  if (config.database.kind === 'embedded') return openEmbedded(config.dataDir);
  if (!secrets.databaseUrl) throw new AppError('config_invalid', 'DATABASE_URL is not set.');
  return openPostgres(secrets.databaseUrl, config.database.caCertificate, config.database.poolSize);
}

async function openEmbedded(dataDir: string): Promise<Database> {
  const unlock = lockDataDir(dataDir);
  try {
    const { PGlite } = await import('@electric-sql/pglite');
    const { vector } = await import('@electric-sql/pglite-pgvector');
    const pglite = await openEmbeddedFiles(dataDir, (folder) =>
      PGlite.create({ dataDir: folder, extensions: { vector } }),
    );
    const { promise: broken, resolve: onBroken } = Promise.withResolvers<AppError>();
    let usable = true;
    refuseAfterLogFailure(pglite, dataDir, (error) => {
      usable = false;
      onBroken(error);
    });
    const database = await fromPglite(pglite);
    return {
      ...database,
      broken,
      announceServer: (server) => announceServer(dataDir, server),
      async close() {
        // Closing writes, too: after a failed write of the log it would never come back.
        if (usable) await database.close();
        unlock();
      },
    };
  } catch (cause) {
    unlock();
    if (cause instanceof AppError) throw cause;
    throw storageError(dataDir, cause);
  }
}

/** Wraps an already open PGlite; closing the database closes it. */
export async function fromPglite(pglite: PGlite): Promise<Database> {
  const { drizzle } = await import('drizzle-orm/pglite');
  return {
    db: drizzle({ client: pglite }) as unknown as Db,
    engine: { kind: 'embedded', pglite },
    listen: (channel, onPayload) => pglite.listen(channel, onPayload),
    close: () => pglite.close(),
  };
}

/**
 * How every part (Drizzle, pg-boss, migrations, listener) connects. `sslmode` is taken off the address because in pg 8
 * it overrides the `ssl` option and then fails on a provider's own certificate authority.
 */
export function postgresConnection(databaseUrl: string, caCertificate: string | null): PoolConfig {
  const url = new URL(databaseUrl);
  const mode = url.searchParams.get('sslmode');
  url.searchParams.delete('sslmode');
  const encrypted = caCertificate !== null || (mode !== null && mode !== 'disable');
  const strict = caCertificate !== null || mode === 'verify-full' || mode === 'verify-ca';
  return {
    connectionString: url.toString(),
    ...(encrypted ? { ssl: { rejectUnauthorized: strict, ...(caCertificate ? { ca: caCertificate } : {}) } } : {}),
    application_name: 'blog-poster',
    connectionTimeoutMillis: 10_000,
    onConnect: guardConnection,
  };
}

async function openPostgres(databaseUrl: string, caCertificate: string | null, poolSize: number): Promise<Database> {
  const pg = (await import('pg')).default;
  const { drizzle } = await import('drizzle-orm/node-postgres');
  const { createListener } = await import('./listener.ts');
  const connection = postgresConnection(databaseUrl, caCertificate);
  const pool = new pg.Pool({ ...connection, max: poolSize });
  // An idle connection that the server closes emits here; without a handler it would end the process. The pool
  // replaces the connection by itself, and a query that needs it reports its own error.
  pool.on('error', () => undefined);
  // The same for one that is in use, between two statements of a transaction: the next statement reports it.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const listener = createListener(() => new pg.Client(connection));
  return {
    db: drizzle({ client: pool }) as unknown as Db,
    engine: { kind: 'postgres', pool, connection },
    listen: (channel, onPayload) => listener.listen(channel, onPayload),
    async close() {
      await listener.close();
      await pool.end();
    },
  };
}
