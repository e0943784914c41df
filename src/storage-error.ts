import { AppError } from './errors.ts';

/** Error numbers of the embedded database, which speaks WASI instead of names (wasi_snapshot_preview1, `errno`). */
const wasiNames: Readonly<Record<number, string>> = {
  2: 'EACCES',
  19: 'EDQUOT',
  51: 'ENOSPC',
  63: 'EPERM',
  69: 'EROFS',
};

/**
 * What the file system said about a folder, as an error with a way on: `storage_full`, or `data_unusable` with the reason
 * in words.
 */
export function storageError(folder: string, cause: unknown): AppError {
  const { code, errno } = (typeof cause === 'object' && cause !== null ? cause : {}) as {
    code?: string;
    errno?: number;
  };
  const name = code ?? wasiNames[errno ?? 0];
  if (name === 'ENOSPC' || name === 'EDQUOT') return storageFull(folder, cause);
  if (name === 'EROFS')
    return new AppError('data_unusable', `The data directory ${folder} is read-only.`, {
      hint: 'Mount it for writing, or set DATA_DIR to another folder.',
      cause,
    });
  if (name === 'EACCES' || name === 'EPERM')
    return new AppError('data_unusable', `The data directory ${folder} may not be written by this user.`, {
      hint: 'Give it to this user (chown), or set DATA_DIR to another folder.',
      cause,
    });
  return new AppError('data_unusable', `The data directory ${folder} cannot be written.`, { cause });
}

/** The disk under a folder has no room left. */
export function storageFull(folder: string, cause?: unknown): AppError {
  return new AppError('storage_full', `The disk that holds ${folder} is full.`, { cause });
}
