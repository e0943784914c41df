import { join } from 'node:path';
import { version } from '../config.ts';
import { migrate } from '../db/migrate.ts';
import { type Database, fromPglite, openDatabase } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type CatalogueEntry, writeDocument } from './catalogue.ts';
import { damaged, decode } from './codec.ts';
import type { Watcher } from './create.ts';
import { openScratchFiles } from './embedded-source.ts';
import { loadIntoEmbedded } from './embedded-target.ts';
import { type Proof, proofSuffix } from './manifest.ts';
import { askOf, connectPlain } from './plain-client.ts';
import { versionOf } from './postgres-source.ts';
import { loadIntoPostgres } from './postgres-target.ts';
import type { BackupContext } from './source.ts';
import type { BackupStorage } from './storage.ts';
import { findTools, toolConnection } from './tools.ts';
import { digestOf } from './work-folder.ts';

interface Run {
  workFolder: string;
  signal: AbortSignal;
  watch: Watcher;
}

/**
 * Proves a backup: restores it into a database that is made for it and dropped afterwards (on the same server where that is
 * allowed, else an embedded one), compares every table with the manifest before anything else touches it, and brings it to
 * the schema of this version. The proof is put beside the backup. Throws `backup_damaged`, `backup_unreadable` and what keeps
 * it from being restored.
 */
export async function verifyBackup(
  ctx: BackupContext,
  database: Database,
  storage: BackupStorage,
  entry: CatalogueEntry,
  run: Run,
): Promise<Proof> {
  const start = performance.now();
  run.watch.phase('restoring', entry.manifest.dumpBytes);
  const engine = await restoreForProof(ctx, database, storage, entry, run);
  const proof: Proof = {
    id: entry.id,
    verifiedAt: ctx.now().toISOString(),
    durationMs: Math.round(performance.now() - start),
    productVersion: version,
    engine,
    rows: entry.manifest.rows,
  };
  await writeDocument(storage, `${entry.id}${proofSuffix}`, proof, run.signal);
  run.watch.phase('done', entry.manifest.dumpBytes);
  return proof;
}

async function restoreForProof(
  ctx: BackupContext,
  database: Database,
  storage: BackupStorage,
  entry: CatalogueEntry,
  run: Run,
): Promise<Proof['engine']> {
  const { engine } = database;
  const dump = await openDump(ctx, storage, entry, run.signal, run.watch);
  if (engine.kind === 'postgres') {
    const client = await connectPlain(engine.connection);
    try {
      const [name] = (await client.query<{ name: string }>('select current_database() as name')).rows;
      const scratch = `bp_proof_${digestOf(name?.name ?? '')}`;
      // Left behind by a process that was killed; the lock says that nobody is at it.
      await client.query(`drop database if exists ${scratch} with (force)`);
      if (await mayCreate(client, scratch)) {
        try {
          await proveOnServer(ctx, scratch, dump, entry, run);
          return 'postgres';
        } catch (error) {
          // It may make a database, but not the extension in it.
          if (!(error instanceof AppError) || error.code !== 'forbidden') throw error;
        } finally {
          await client.query(`drop database if exists ${scratch} with (force)`);
        }
      }
    } finally {
      await dump.return(undefined);
      await client.end();
    }
    await proveEmbedded(ctx, await openDump(ctx, storage, entry, run.signal, run.watch), entry, run);
    return 'embedded';
  }
  await proveEmbedded(ctx, dump, entry, run);
  return 'embedded';
}

async function mayCreate(client: Awaited<ReturnType<typeof connectPlain>>, name: string): Promise<boolean> {
  try {
    await client.query(`create database ${name} template template0`);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '42501') return false;
    throw error;
  }
}

/**
 * The dump of a backup as it comes out of the storage, of which the first piece is there already: a missing file or a wrong
 * key is told before anything is done for its sake.
 */
export async function openDump(
  ctx: BackupContext,
  storage: BackupStorage,
  { manifest }: CatalogueEntry,
  signal: AbortSignal,
  watch: Pick<Watcher, 'bytes'>,
): Promise<AsyncGenerator<Uint8Array>> {
  const stored = await storage.get(manifest.file, signal);
  if (stored === null) throw damaged(manifest, `its file ${manifest.file} is missing`);
  const chunks = decode(stored, manifest, ctx.secrets.ageIdentities);
  const first = await chunks.next().catch((error) => {
    stored.destroy();
    throw error;
  });
  return (async function* () {
    try {
      let done = 0;
      for (let chunk = first; !chunk.done; chunk = await chunks.next()) {
        signal.throwIfAborted();
        done += chunk.value.length;
        watch.bytes(done);
        yield chunk.value;
      }
    } finally {
      await chunks.return(undefined);
      stored.destroy();
    }
  })();
}

async function proveOnServer(
  ctx: BackupContext,
  scratch: string,
  dump: AsyncGenerator<Uint8Array>,
  entry: CatalogueEntry,
  { workFolder, signal, watch }: Run,
): Promise<void> {
  const url = new URL(ctx.secrets.databaseUrl ?? '');
  url.pathname = `/${scratch}`;
  const secrets = { ...ctx.secrets, databaseUrl: url.toString() };
  const caCertificate = ctx.config.database.kind === 'postgres' ? ctx.config.database.caCertificate : null;
  const target = await toolConnection(secrets.databaseUrl, caCertificate, workFolder);
  const copy = await openDatabase(
    { ...ctx.config, database: { kind: 'postgres', caCertificate, poolSize: 1 } },
    secrets,
  );
  try {
    if (copy.engine.kind !== 'postgres') throw new Error('the scratch database is on the server');
    const client = await copy.engine.pool.connect();
    const { major } = await versionOf(askOf(client)).finally(() => client.release());
    const tools = await findTools(ctx.config, major);
    const comparing = () => watch.phase('comparing', entry.manifest.dumpBytes);
    await loadIntoPostgres({ tools, target }, entry.manifest, dump, signal, comparing);
    await migrate(copy);
  } finally {
    await copy.close();
  }
}

async function proveEmbedded(
  ctx: BackupContext,
  dump: AsyncGenerator<Uint8Array>,
  entry: CatalogueEntry,
  { workFolder, signal, watch }: Run,
): Promise<void> {
  const pglite = await openScratchFiles(join(workFolder, 'proof'));
  try {
    const comparing = () => watch.phase('comparing', entry.manifest.dumpBytes);
    await loadIntoEmbedded(ctx, pglite, entry.manifest, dump, signal, comparing);
    await migrate(await fromPglite(pglite));
  } finally {
    await dump.return(undefined);
    await pglite.close();
  }
}
