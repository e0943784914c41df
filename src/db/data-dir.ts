import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { storageError } from '../storage-error.ts';

/** Who holds an embedded data directory; where it serves, and what lets commands in, is known once its server listens. */
const holderSchema = z.object({
  pid: z.number().int(),
  startedAt: z.string(),
  port: z.number().int().nullable(),
  operatorToken: z.string().nullable().default(null),
});
export type DataDirHolder = z.infer<typeof holderSchema>;

const lockFile = (dataDir: string) => join(dataDir, 'lock.json');

/**
 * Takes the data directory for this process: two processes on one PGlite directory would destroy it, and PGlite does
 * not check by itself. Returns the function that gives it back. Throws `data_in_use` or `data_unusable`.
 */
export function lockDataDir(dataDir: string): () => void {
  const mine = join(dataDir, `lock.${process.pid}.json`);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeHolder(mine, { pid: process.pid, startedAt: processStart(process.pid), port: null, operatorToken: null });
  } catch (cause) {
    throw storageError(dataDir, cause);
  }
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        // A hard link is made whole or not at all, also when two processes start at the same moment.
        linkSync(mine, lockFile(dataDir));
        return () => {
          if (readHolder(dataDir)?.pid === process.pid) rmSync(lockFile(dataDir), { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = readHolder(dataDir);
      if (holder && isAlive(holder)) {
        throw new AppError('data_in_use', `${dataDir} is in use by process ${holder.pid}.`);
      }
      // Left behind by a process that is gone. Renaming lets only one of several starters remove it.
      const stale = join(dataDir, `lock.stale.${process.pid}.json`);
      try {
        renameSync(lockFile(dataDir), stale);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
      const moved = readFile(stale);
      if (moved && isAlive(moved)) {
        // Another starter was faster and this was its fresh lock: put it back.
        renameSync(stale, lockFile(dataDir));
        throw new AppError('data_in_use', `${dataDir} is in use by process ${moved.pid}.`);
      }
      rmSync(stale, { force: true });
    }
    throw new AppError('data_in_use', `${dataDir} is being opened by several processes at once.`);
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Notes the port on which the holder serves and the token that lets commands in; only the directory's owner can read it. */
export function announceServer(dataDir: string, server: { port: number; operatorToken: string }): void {
  const next = join(dataDir, `lock.${process.pid}.json`);
  writeHolder(next, { pid: process.pid, startedAt: processStart(process.pid), ...server });
  renameSync(next, lockFile(dataDir));
}

/** The living process that holds the directory, or null. */
export function findHolder(dataDir: string): DataDirHolder | null {
  const holder = readHolder(dataDir);
  return holder && isAlive(holder) ? holder : null;
}

function writeHolder(file: string, holder: DataDirHolder): void {
  writeFileSync(file, JSON.stringify(holder), { mode: 0o600 });
}

function readHolder(dataDir: string): DataDirHolder | null {
  return readFile(lockFile(dataDir));
}

function readFile(file: string): DataDirHolder | null {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Missing or half-written by a process that died: nobody holds it.
    return null;
  }
}

function isAlive(holder: DataDirHolder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return processStart(holder.pid) === holder.startedAt;
}

/** When a process started, from /proc: a process id alone says nothing after a restart of a container, where it is 1 again. */
function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // No /proc on this system (macOS, Windows): the process id alone decides.
    return '';
  }
}
