import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../errors.ts';
import { storageFull } from '../storage-error.ts';
import type { BackupStorage, StoredFile } from './storage.ts';

/** What is being written has this behind its name; what has it is no backup. */
const partialMark = '.partial-';

/** Backups in a folder, readable by their owner only. A file gets its name once all of it is on the disk. */
export function openDirectory(folder: string): BackupStorage {
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw directoryError(folder, error);
    }
  };
  return {
    place: folder,
    put: (name, content, signal) =>
      explained(async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const partial = join(folder, `${name}${partialMark}${process.pid}`);
        try {
          const handle = await open(partial, 'w', 0o600);
          // It flushes to the disk before it closes: a power cut must not leave a name without its content.
          await pipeline(content, handle.createWriteStream({ flush: true }), { signal });
          const { size } = await stat(partial);
          await rename(partial, join(folder, name));
          await syncFolder(folder);
          return size;
        } catch (error) {
          await rm(partial, { force: true });
          throw error;
        }
      }),
    get: (name) =>
      explained(async () => {
        const file = join(folder, name);
        try {
          const handle = await open(file, 'r');
          return createReadStream(file, { fd: handle, highWaterMark: 1 << 18 }) satisfies Readable;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
          throw error;
        }
      }),
    list: () => explained(async () => (await filesIn(folder)).filter(({ name }) => !name.includes(partialMark))),
    remove: (name) => explained(() => rm(join(folder, name), { force: true })),
    removeUnfinished: (before) =>
      explained(async () => {
        for (const { name, changedAt } of await filesIn(folder)) {
          if (name.includes(partialMark) && changedAt < before) await rm(join(folder, name), { force: true });
        }
      }),
    close: () => undefined,
  };
}

async function filesIn(folder: string): Promise<StoredFile[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    // Nothing was ever stored there.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const files = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        // Deleted between the two looks.
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      return found?.isFile() ? [{ name, bytes: found.size, changedAt: found.mtime }] : [];
    }),
  );
  return files.flat();
}

async function syncFolder(folder: string): Promise<void> {
  // Directories cannot be opened there.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What the file system said, with what to do; anything that is not from it is handed on. */
export function directoryError(folder: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof AppError || syscall === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') return storageFull(folder, error);
  const reasons: Record<string, string> = {
    EACCES: 'may not be used by this user',
    EPERM: 'may not be used by this user',
    EROFS: 'is read-only',
    ENOTDIR: 'is no folder',
    EIO: 'is on a disk that has a fault',
  };
  return new AppError(
    'backup_storage_rejected',
    `The folder of the backups, ${folder}, ${reasons[code ?? ''] ?? 'cannot be used'}.`,
    { hint: 'Give it to the user that blog-poster runs as, or set BACKUP_DIR to another folder.', cause: error },
  );
}
