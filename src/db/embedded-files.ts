import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { AppError } from '../errors.ts';
import { storageError, storageFull } from '../storage-error.ts';

/** The major version of the PostgreSQL inside PGlite; the files of another one cannot be read. */
export const postgresMajor = '18';
/** A new database takes 41 MB; a running one needs room for the next file of its log (16 MB) at any time. In bytes. */
const roomForNew = 64_000_000;
const roomToRun = 20_000_000;

/**
 * Opens the database in `<dataDir>/db`, and makes it at the first start: under another name first, so that a start that is
 * killed or runs out of space leaves nothing that looks like a database. The caller holds the directory's lock.
 * Throws `storage_full` or `data_unusable` with what to do.
 */
export async function openEmbeddedFiles(dataDir: string, create: (folder: string) => Promise<PGlite>): Promise<PGlite> {
  const folder = join(dataDir, 'db');
  const known = existsSync(join(folder, 'PG_VERSION'));
  requireRoom(dataDir, known ? roomToRun : roomForNew);
  try {
    if (known) requireVersion(folder);
    else await makeDatabase(dataDir, folder, create);
    // PostgreSQL's own lock, which a kill may leave empty; then it refuses to start. Ours says that nobody is in there.
    rmSync(join(folder, 'postmaster.pid'), { force: true });
  } catch (cause) {
    throw cause instanceof AppError ? cause : storageError(dataDir, cause);
  }
  try {
    return await create(folder);
  } catch (cause) {
    const full = storageError(dataDir, cause);
    if (full.code === 'storage_full') throw full;
    throw new AppError('data_unusable', `The embedded database in ${dataDir} could not be opened.`, {
      hint: `Its files seem to be damaged. Move ${folder} away and put a copy of the whole data directory from a backup in its place.`,
      cause,
    });
  }
}

/** How many bytes may still be written below a folder. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Whether a database in this folder is about to run out of room. */
export function isNearlyFull(dataDir: string): boolean {
  return freeBytes(dataDir) < roomToRun;
}

function requireRoom(dataDir: string, bytes: number): void {
  const free = freeBytes(dataDir);
  if (free >= bytes) return;
  const [has, needs] = [free, bytes].map((amount) => `${Math.round(amount / 1e6)} MB`);
  throw new AppError('storage_full', `The disk that holds ${dataDir} has ${has} left; the database needs ${needs}.`);
}

function requireVersion(folder: string): void {
  const version = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  if (version === postgresMajor) return;
  throw new AppError(
    'data_unusable',
    `The database in ${folder} was written by PostgreSQL ${version || 'of an unknown version'}; this version reads ${postgresMajor}.`,
    { hint: 'Start the version of blog-poster that wrote it, and move the articles over from there.' },
  );
}

async function makeDatabase(
  dataDir: string,
  folder: string,
  create: (folder: string) => Promise<PGlite>,
): Promise<void> {
  if (existsSync(join(folder, 'global', 'pg_control'))) {
    throw new AppError('data_unusable', `The database in ${folder} has lost its file PG_VERSION.`, {
      hint: 'Files of it were removed: put a copy of the whole data directory from a backup in its place.',
    });
  }
  const unfinished = join(dataDir, 'db.new');
  // Left by a start that did not come to its end.
  rmSync(unfinished, { recursive: true, force: true });
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new AppError('data_unusable', `${folder} holds files, but no database.`, {
      hint: 'Move it away, or set DATA_DIR to another folder.',
    });
  }
  rmSync(folder, { recursive: true, force: true });
  try {
    await (await create(unfinished)).close();
    renameSync(unfinished, folder);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    throw cause;
  }
}

/**
 * Watches for the one failure after which the embedded database must not be asked again: its log could not be written
 * because the disk is full. PostgreSQL ends its process then; inside of ours the next statement would turn in a circle and
 * hold up everything. From then on every statement is refused, and `onBroken` is told once. What was committed before is
 * in the log: the next start with room finds it.
 */
export function refuseAfterLogFailure(pglite: PGlite, dataDir: string, onBroken: (error: AppError) => void): void {
  let broken: AppError | null = null;
  const guard = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      if (broken) throw broken;
      try {
        return await call(...args);
      } catch (error) {
        const { code, message } = error as { code?: unknown; message?: unknown };
        if (code === '53100' && /pg_wal|xlog/.test(String(message))) {
          broken ??= storageFull(dataDir, error);
          onBroken(broken);
          throw broken;
        }
        throw error;
      }
    };
  };
  pglite.execProtocol = guard(pglite.execProtocol.bind(pglite));
  pglite.execProtocolRaw = guard(pglite.execProtocolRaw.bind(pglite));
  pglite.execProtocolStream = guard(pglite.execProtocolStream.bind(pglite));
}
