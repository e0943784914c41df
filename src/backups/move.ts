import { join, resolve } from 'node:path';
import type { Config, Secrets } from '../config.ts';
import { openDatabase } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { findBackup } from './catalogue.ts';
import { createBackup, type Watcher } from './create.ts';
import { openDirectory } from './directory-storage.ts';
import { lockBackups } from './lock.ts';
import { type RestoreOptions, type RestoreReport, restoreBackup } from './restore.ts';
import type { BackupContext } from './source.ts';

/** Where a move goes: an address of PostgreSQL, or a data directory of the embedded database. */
export function targetOf(
  target: string,
  { config, secrets }: { config: Config; secrets: Secrets },
): { config: Config; secrets: Secrets } {
  if (/^postgres(ql)?:\/\//.test(target)) {
    if (!URL.canParse(target)) throw new AppError('invalid_request', 'The address of the target cannot be read.');
    return {
      config: { ...config, database: { kind: 'postgres', caCertificate: caOf(config), poolSize: 2 } },
      secrets: { ...secrets, databaseUrl: target },
    };
  }
  return {
    config: { ...config, database: { kind: 'embedded' }, dataDir: resolve(target) },
    secrets: { ...secrets, databaseUrl: null },
  };
}

const caOf = ({ database }: Config) => (database.kind === 'postgres' ? database.caCertificate : null);

/**
 * Copies everything from the configured database into another one, of either engine: a backup into `workFolder` and its
 * restore from there, with all of the checks of both. The source is left as it is. Nobody may be using either.
 */
export async function moveDatabase(
  from: BackupContext,
  to: Pick<BackupContext, 'config' | 'secrets'>,
  options: RestoreOptions & { watch: Watcher },
): Promise<RestoreReport> {
  const plain = { ...from.config.backups, ageRecipients: [] };
  const storage = openDirectory(join(options.workFolder, 'moving'));
  const source = { ...from, config: { ...from.config, backups: plain } };
  const database = await openDatabase(from.config, from.secrets);
  try {
    const lock = await lockBackups(database);
    try {
      await createBackup(source, database, storage, options);
    } finally {
      await lock.release();
    }
  } finally {
    await database.close();
  }
  const entry = await findBackup(storage, 'latest', options.signal);
  return restoreBackup({ ...from, ...to }, storage, entry, options);
}
