import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config, Secrets } from '../config.ts';

/**
 * A folder of our own for what a backup needs while it is made: beside an embedded database, where there is a disk, else
 * among the temporary files. Always the same one, so that what a killed process left there is gone with the next.
 */
export async function withWorkFolder<T>(
  config: Pick<Config, 'database' | 'dataDir'>,
  secrets: Pick<Secrets, 'databaseUrl'>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder =
    config.database.kind === 'embedded'
      ? join(config.dataDir, 'backup-work')
      : join(tmpdir(), `blog-poster-backup-${digestOf(secrets.databaseUrl ?? '')}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
  // Not one that somebody else has made there meanwhile.
  await mkdir(folder, { mode: 0o700 });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Names a database without saying anything about it. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
