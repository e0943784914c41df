import { Readable } from 'node:stream';
import { version } from '../config.ts';
import type { Database } from '../db/open.ts';
import { secretFingerprint } from '../secret-box.ts';
import { writeDocument } from './catalogue.ts';
import { encode, type Measured } from './codec.ts';
import { fileNameOf, type Manifest, manifestSuffix, newBackupId } from './manifest.ts';
import type { RunPhase } from './schema.ts';
import { type BackupContext, openSource } from './source.ts';
import type { BackupStorage } from './storage.ts';

/** Hears how far a run is; `expected` is about what `done` will be in the end, in bytes. */
export interface Watcher {
  id?(backupId: string): void;
  phase(phase: RunPhase, expected: number | null): void;
  bytes(done: number): void;
}

/**
 * Takes a backup of an open database: dumps it as it comes through compression and encryption into the storage, counts the
 * same state meanwhile, and writes the manifest once all of that is safe. What goes wrong before leaves no backup. At most
 * one at a time: whoever calls this holds the lock of the database's backups.
 */
export async function createBackup(
  ctx: BackupContext,
  database: Database,
  storage: BackupStorage,
  { workFolder, signal, watch }: { workFolder: string; signal: AbortSignal; watch: Watcher },
): Promise<Manifest> {
  const start = performance.now();
  watch.phase('copying', null);
  const source = await openSource(ctx, database, workFolder);
  // When one of the two fails, the other has nothing to go on for.
  const broken = new AbortController();
  const both = AbortSignal.any([signal, broken.signal]);
  try {
    const id = newBackupId(source.createdAt);
    watch.id?.(id);
    watch.phase('dumping', source.expectedBytes);
    const { ageRecipients } = ctx.config.backups;
    const file = fileNameOf(id, source.format, ageRecipients.length > 0);
    const measured: Measured = { dumpBytes: 0, bytes: 0, sha256: '' };
    const content = encode(source.dump(both), ageRecipients, measured, watch.bytes);
    const [tables, bytes] = await allOrNone(broken, [
      source.tables(),
      storage.put(file, Readable.from(content, { objectMode: false }), both),
    ]);
    if (bytes !== measured.bytes) {
      await storage.remove(file);
      throw new Error(`${bytes} bytes of ${file} were stored instead of ${measured.bytes}`);
    }
    const manifest: Manifest = {
      manifestVersion: 1,
      id,
      createdAt: source.createdAt.toISOString(),
      durationMs: Math.round(performance.now() - start),
      productVersion: version,
      migration: source.migration,
      engine: source.engine,
      format: source.format,
      compression: 'zstd',
      ageRecipients,
      file,
      ...measured,
      rows: tables.reduce((sum, { rows }) => sum + rows, 0),
      tables,
      secretFingerprint: secretFingerprint(ctx.secrets),
    };
    await writeDocument(storage, `${id}${manifestSuffix}`, manifest, signal);
    watch.phase('done', manifest.dumpBytes);
    return manifest;
  } finally {
    await source.close();
  }
}

/** Waits for both, whatever happens; the first failure stops the other and is thrown. */
async function allOrNone<A, B>(broken: AbortController, [a, b]: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  let failure: { error: unknown } | null = null;
  const watched = [a, b].map((each) =>
    each.catch((error) => {
      failure ??= { error };
      broken.abort(error);
    }),
  );
  await Promise.all(watched);
  if (failure !== null) throw (failure as { error: unknown }).error;
  return [await a, await b];
}
