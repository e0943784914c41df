import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lockDataDir } from '../db/data-dir.ts';
import { type Database, fromPglite, openDatabase, postgresConnection } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { secretFingerprint } from '../secret-box.ts';
import { storageError } from '../storage-error.ts';
import type { CatalogueEntry } from './catalogue.ts';
import type { Watcher } from './create.ts';
import { askEmbedded, openScratchFiles } from './embedded-source.ts';
import { loadIntoEmbedded } from './embedded-target.ts';
import { lockBackups } from './lock.ts';
import type { Manifest } from './manifest.ts';
import { askOf, connectPlain } from './plain-client.ts';
import { versionOf } from './postgres-source.ts';
import { loadIntoPostgres } from './postgres-target.ts';
import type { BackupContext } from './source.ts';
import type { BackupStorage } from './storage.ts';
import { type Ask, hasData } from './tables.ts';
import { findTools, toolConnection } from './tools.ts';
import { openDump } from './verify.ts';

/** What can only be read with the APP_SECRET that it was encrypted under. */
export interface LostSecrets {
  sites: { name: string; url: string }[];
  ownKeys: { account: string; provider: string }[];
  webhooks: { account: string; url: string }[];
  /** Accounts that log in with a second factor, which cannot be checked without that secret. */
  secondFactors: string[];
}

/** What a restore did. */
export interface RestoreReport {
  id: string;
  createdAt: string;
  rows: number;
  tables: number;
  /** Migrations that this version added to it. */
  applied: string[];
  /** Where the embedded database from before lies now; null when there was none, or nothing was in it. */
  keptAs: string | null;
  /** What has to be entered again; null when the backup was taken under the present APP_SECRET. */
  lostSecrets: LostSecrets | null;
}

export interface RestoreOptions {
  workFolder: string;
  signal: AbortSignal;
  watch: Watcher;
  /** The name of the database whose content may be replaced; null for only an empty one. */
  intoNonempty: string | null;
  /** Brings the schema of product and queue up to this version. */
  migrateAll(database: Database): Promise<{ applied: string[] }>;
}

/**
 * Puts a backup into the database that the configuration names, which nobody may be using. It is replaced whole or not at
 * all: the PostgreSQL one in one transaction, the embedded one by files that are complete before they take its place. Throws
 * `database_not_empty` unless it is named in `intoNonempty`, `data_in_use` while a blog-poster is at it, `backup_damaged`,
 * `backup_unreadable`.
 */
export async function restoreBackup(
  ctx: BackupContext,
  storage: BackupStorage,
  entry: CatalogueEntry,
  options: RestoreOptions,
): Promise<RestoreReport> {
  options.watch.phase('restoring', entry.manifest.dumpBytes);
  return ctx.config.database.kind === 'embedded'
    ? restoreEmbedded(ctx, storage, entry, options)
    : restorePostgres(ctx, storage, entry, options);
}

async function restorePostgres(
  ctx: BackupContext,
  storage: BackupStorage,
  entry: CatalogueEntry,
  options: RestoreOptions,
): Promise<RestoreReport> {
  const { manifest } = entry;
  const { workFolder, signal, watch } = options;
  const caCertificate = ctx.config.database.kind === 'postgres' ? ctx.config.database.caCertificate : null;
  const connection = postgresConnection(ctx.secrets.databaseUrl ?? '', caCertificate);
  const client = await connectPlain(connection);
  try {
    const lock = await lockBackups({ engine: { kind: 'postgres', connection } as Database['engine'] });
    try {
      const ask = askOf(client);
      const [database] = await ask<{ name: string; others: number }>(
        `select current_database() as name,
           (select count(*)::int from pg_stat_activity where datname = current_database() and application_name = 'blog-poster') as others`,
      );
      if (database && database.others > 0) throw inUse();
      await refuseNonempty(ask, database?.name ?? '', options.intoNonempty);
      const { major } = await versionOf(ask);
      const tools = await findTools(ctx.config, major);
      const target = await toolConnection(ctx.secrets.databaseUrl, caCertificate, workFolder);
      const stop = AbortSignal.any([signal, lock.lost]);
      const dump = await openDump(ctx, storage, entry, stop, watch);
      const comparing = () => watch.phase('comparing', manifest.dumpBytes);
      await loadIntoPostgres({ tools, target }, manifest, dump, stop, comparing).finally(() => dump.return(undefined));
      const restored = await openDatabase(ctx.config, ctx.secrets);
      try {
        const { applied } = await options.migrateAll(restored);
        return await settle(ctx, ask, manifest, applied, null);
      } finally {
        await restored.close();
      }
    } finally {
      await lock.release();
    }
  } finally {
    await client.end();
  }
}

function inUse(): AppError {
  return new AppError('data_in_use', 'A blog-poster is connected to this database.', {
    hint: 'Stop every server and worker, restore, and start them again.',
  });
}

async function restoreEmbedded(
  ctx: BackupContext,
  storage: BackupStorage,
  entry: CatalogueEntry,
  options: RestoreOptions,
): Promise<RestoreReport> {
  const { dataDir } = ctx.config;
  const { manifest } = entry;
  const { signal, watch } = options;
  const unlock = lockDataDir(dataDir);
  try {
    const present = join(dataDir, 'db');
    const used = await isUsed(present);
    if (used) refuseUnlessNamed(dataDir, options.intoNonempty);
    const dump = await openDump(ctx, storage, entry, signal, watch);
    const next = join(dataDir, 'db.restoring');
    await rm(next, { recursive: true, force: true });
    let report: RestoreReport;
    const keptAs = used ? `${present}.before-${manifest.id}-${Math.floor(ctx.now().getTime() / 1000)}` : null;
    try {
      const pglite = await openScratchFiles(next);
      try {
        const comparing = () => watch.phase('comparing', manifest.dumpBytes);
        await loadIntoEmbedded(ctx, pglite, manifest, dump, signal, comparing);
        const { applied } = await options.migrateAll(await fromPglite(pglite));
        report = await settle(ctx, askEmbedded(pglite), manifest, applied, keptAs);
        await pglite.exec('checkpoint');
      } finally {
        await dump.return(undefined);
        await pglite.close();
      }
    } catch (error) {
      await rm(next, { recursive: true, force: true });
      throw fileError(dataDir, error);
    }
    if (keptAs !== null) await rename(present, keptAs);
    else await rm(present, { recursive: true, force: true });
    await rename(next, present);
    return report;
  } finally {
    unlock();
  }
}

/** PGlite hands errors of the file system on by number. */
function fileError(dataDir: string, error: unknown): unknown {
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  return !(error instanceof AppError) && (typeof errno === 'number' || code === '53100' || code === 'ENOSPC')
    ? storageError(dataDir, code === '53100' ? { code: 'ENOSPC' } : error)
    : error;
}

/** Whether the files of an embedded database hold somebody's work. Those that cannot be opened may. */
async function isUsed(folder: string): Promise<boolean> {
  if (!existsSync(join(folder, 'PG_VERSION'))) return existsSync(folder);
  // The lock of the directory says that nobody is in there.
  await rm(join(folder, 'postmaster.pid'), { force: true });
  try {
    const pglite = await openScratchFiles(folder);
    try {
      return await hasData(askEmbedded(pglite));
    } finally {
      await pglite.close();
    }
  } catch (error) {
    if (error instanceof Error) return true;
    throw error;
  }
}

async function refuseNonempty(ask: Ask, name: string, named: string | null): Promise<void> {
  if (await hasData(ask)) refuseUnlessNamed(name, named);
}

function refuseUnlessNamed(name: string, named: string | null): void {
  if (named === name) return;
  throw new AppError('database_not_empty', `The database ${name} is not empty: accounts or articles are in it.`, {
    hint:
      named === null
        ? `Restore into an empty one, or replace what is in this one: add --into-nonempty ${name}`
        : `It is not the one that was named (${named}). To replace what is in it: --into-nonempty ${name}`,
  });
}

/** What follows from another time and perhaps another secret: runs that nobody is at, and keys that cannot be read. */
async function settle(
  ctx: BackupContext,
  ask: Ask,
  manifest: Manifest,
  applied: string[],
  keptAs: string | null,
): Promise<RestoreReport> {
  await ask("delete from public.backup_runs where status = 'running'");
  const same = manifest.secretFingerprint === secretFingerprint(ctx.secrets);
  const lostSecrets = same ? null : await lostUnder(ask);
  return {
    id: manifest.id,
    createdAt: manifest.createdAt,
    rows: manifest.rows,
    tables: manifest.tables.length,
    applied,
    keptAs,
    lostSecrets,
  };
}

async function lostUnder(ask: Ask): Promise<LostSecrets> {
  // They sign nothing that the present secret could read, and would only be in the way of new ones.
  await ask('delete from public.sessions');
  await ask('delete from public.signing_keys');
  const account = "coalesce(u.email, 'the local owner') as account";
  return {
    sites: await ask(`select name, url from public.sites order by name, url`),
    ownKeys: await ask(
      `select ${account}, k.provider from public.provider_keys k join public.users u on u.id = k.user_id order by 1, 2`,
    ),
    webhooks: await ask(
      `select ${account}, w.url from public.webhooks w join public.users u on u.id = w.user_id order by 1, 2`,
    ),
    secondFactors: (
      await ask<{ account: string }>(
        `select ${account} from public.two_factors f join public.users u on u.id = f.user_id order by 1`,
      )
    ).map((row) => row.account),
  };
}
