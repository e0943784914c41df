import { constants, existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { copyRows } from './copy-rows.ts';
import { bytesOfTables, newestMigration, versionOf } from './postgres-source.ts';
import type { BackupContext, DumpSource } from './source.ts';
import { type Ask, plainText, stateOfTables } from './tables.ts';

/**
 * The embedded database has one session, and a transaction over a whole dump would stop the instance for as long. So its
 * files are copied while it stands still, which takes a moment, and a second one is opened on the copy, which is dumped at
 * leisure. Its log makes the copy whole, as after a power cut. `workFolder` needs as much room as the database.
 */
export async function openEmbeddedSource(
  { now }: BackupContext,
  pglite: PGlite,
  workFolder: string,
): Promise<DumpSource> {
  const { copy, createdAt } = await copyOf(pglite, join(workFolder, 'copy'), now);
  try {
    const ask = askEmbedded(copy);
    await copy.exec(plainText);
    return {
      format: 'copy',
      engine: { kind: 'embedded', version: (await versionOf(ask)).version },
      createdAt,
      migration: await newestMigration(ask),
      expectedBytes: await bytesOfTables(ask),
      tables: () => stateOfTables(ask),
      dump: (signal) => copyRows(copy, signal),
      close: () => copy.close(),
    };
  } catch (error) {
    await copy.close();
    throw error;
  }
}

export function askEmbedded(pglite: PGlite): Ask {
  return async <Row>(sql: string) => (await pglite.query<Row>(sql)).rows;
}

async function copyOf(pglite: PGlite, folder: string, now: () => Date): Promise<{ copy: PGlite; createdAt: Date }> {
  const from = pglite.dataDir;
  if (from === undefined || !existsSync(join(from, 'PG_VERSION'))) {
    // In memory, where only tests have one.
    const createdAt = now();
    return { copy: (await pglite.clone()) as PGlite, createdAt };
  }
  await pglite.exec('checkpoint');
  const createdAt = await pglite.runExclusive(async () => {
    await cp(from, folder, { recursive: true, mode: constants.COPYFILE_FICLONE });
    return now();
  });
  await rm(join(folder, 'postmaster.pid'), { force: true });
  return { copy: await openScratchFiles(folder), createdAt };
}

/** Opens (or makes) a database in files that nothing else uses, with a small cache: it is there for minutes. */
export async function openScratchFiles(folder: string): Promise<PGlite> {
  const { PGlite } = await import('@electric-sql/pglite');
  const { vector } = await import('@electric-sql/pglite-pgvector');
  return PGlite.create({
    dataDir: folder,
    extensions: { vector },
    startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'],
  });
}
