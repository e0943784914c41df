import type { Config, Secrets } from '../config.ts';
import type { Database } from '../db/open.ts';
import type { DumpFormat, Manifest, TableState } from './manifest.ts';

/** A state of a database that stays as it is while it is read. */
export interface DumpSource {
  format: DumpFormat;
  engine: Manifest['engine'];
  /** When it was so, in UTC. */
  createdAt: Date;
  /** The newest migration that it has. */
  migration: string;
  /** About how long its dump is, in bytes. */
  expectedBytes: number;
  /** Counts and checksums of all tables, of the same state as the dump. */
  tables(): Promise<TableState[]>;
  /** The dump as it comes, once. */
  dump(signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** What taking and restoring backups need of the context. */
export interface BackupContext {
  config: Config;
  secrets: Secrets;
  now(): Date;
}

/** Takes a state of an open database, to be dumped. `workFolder` is for what that needs meanwhile. */
export async function openSource(ctx: BackupContext, database: Database, workFolder: string): Promise<DumpSource> {
  const { engine } = database;
  return engine.kind === 'embedded'
    ? (await import('./embedded-source.ts')).openEmbeddedSource(ctx, engine.pglite, workFolder)
    : (await import('./postgres-source.ts')).openPostgresSource(ctx, engine.connection, workFolder);
}
