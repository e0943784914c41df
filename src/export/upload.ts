import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../errors.ts';
import { storageError } from '../storage-error.ts';

/** Of an archive as it is sent, in bytes. */
export const maxArchiveBytes = 1_000_000_000;

/** The body of a request in a file of its own, in a folder that nobody else can read. `remove` it when done. */
export interface KeptUpload {
  file: string;
  remove(): Promise<void>;
}

/**
 * Keeps the body of a request on disk, unless nothing comes for `patienceMs` milliseconds.
 * @throws AppError body_too_large above {@link maxArchiveBytes}, import_unreadable when there is no body, storage_full
 */
export async function keepUpload(body: unknown, patienceMs = 60_000): Promise<KeptUpload> {
  if (!(body instanceof Readable)) {
    throw new AppError('import_unreadable', 'There is no file in the request.', {
      hint: 'Send the zip itself as the body, with Content-Type: application/zip.',
    });
  }
  const folder = await mkdtemp(join(tmpdir(), 'blog-poster-import-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const file = join(folder, 'archive.zip');
  let bytes = 0;
  // Who sends nothing more would keep others waiting for good.
  const still = new AbortController();
  const timer = setTimeout(() => still.abort(), patienceMs);
  async function* counted(source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      timer.refresh();
      bytes += chunk.length;
      if (bytes > maxArchiveBytes) {
        throw new AppError('body_too_large', 'The archive is larger than 1 GB.', {
          hint: 'Ask the operator of this instance: blog-poster backup and restore carry instances of any size.',
        });
      }
      yield chunk;
    }
  }
  try {
    await pipeline(body, counted, createWriteStream(file, { mode: 0o600 }), { signal: still.signal });
  } catch (error) {
    await remove();
    if (still.signal.aborted) {
      throw new AppError('import_unreadable', 'The upload stood still and was given up.', {
        cause: error,
        hint: 'Send the file again; nothing of it was taken.',
      });
    }
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw storageError('the folder for uploads', error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return { file, remove };
}
