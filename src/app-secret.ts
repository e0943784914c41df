import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppError } from './errors.ts';
import { storageError } from './storage-error.ts';

/** Shorter than what is generated here: the file was cut while it was written, or someone else's. */
const shortestSecret = 32;

const presentFile = (dataDir: string) => join(dataDir, 'app-secret');
const nextFile = (dataDir: string) => join(dataDir, 'app-secret.next');

/**
 * The secret of an embedded instance: made on first use and kept in the data directory, readable by its owner only.
 * Throws `data_unusable`, also when a change of the secret was cut off and it is not `changing` that goes on with it: the
 * database may be under the next one already.
 */
export function secretOfDataDir(dataDir: string, { changing }: { changing: boolean }): string {
  if (!changing && existsSync(nextFile(dataDir))) {
    throw new AppError('data_unusable', `A change of the secret of ${dataDir} was cut off.`, {
      hint: 'Finish it: blog-poster doctor --rotate-secret. Nothing is lost.',
    });
  }
  return readOrMake(dataDir, presentFile(dataDir));
}

/** The secret that shall take the place of the present one: made, or left by a change that was cut off. */
export function nextSecretOf(dataDir: string): string {
  return readOrMake(dataDir, nextFile(dataDir));
}

/** Whether there is a next secret, that is, a change was begun and not ended. */
export function hasNextSecret(dataDir: string): boolean {
  return existsSync(nextFile(dataDir));
}

/** Puts the next secret in the place of the present one, for good; whole or not at all. */
export function adoptNextSecret(dataDir: string): void {
  try {
    renameSync(nextFile(dataDir), presentFile(dataDir));
    sync(dataDir);
  } catch (cause) {
    throw storageError(dataDir, cause);
  }
}

function readOrMake(dataDir: string, file: string): string {
  const draft = `${file}.${process.pid}`;
  let secret: string;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (!existsSync(file)) {
      try {
        writeFileSync(draft, randomBytes(48).toString('base64'), { mode: 0o600, flush: true });
        // Whole or not at all, and only by the first of several starts.
        linkSync(draft, file);
        sync(dataDir);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        rmSync(draft, { force: true });
      }
    }
    secret = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw storageError(dataDir, cause);
  }
  if (secret.length >= shortestSecret) return secret;
  throw new AppError('data_unusable', `${file} is empty or cut short.`, {
    hint: 'Put the file from a backup in its place. Without one, delete it: a new one is made, and the passwords of your sites have to be entered anew.',
  });
}

/** After a power cut the directory must still say what its files are called now. */
function sync(dataDir: string): void {
  // Directories cannot be opened there.
  if (process.platform === 'win32') return;
  const handle = openSync(dataDir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
