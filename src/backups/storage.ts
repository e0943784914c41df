import type { Readable } from 'node:stream';
import type { Config, Secrets } from '../config.ts';

/** One file in the storage of backups. */
export interface StoredFile {
  name: string;
  bytes: number;
  changedAt: Date;
}

/**
 * Where backups lie: a folder or a bucket, flat, by name. Everything throws `backup_storage_unavailable` (waiting helps),
 * `backup_storage_rejected` (the settings are wrong) or `storage_full`, in words.
 */
export interface BackupStorage {
  /** For people: the folder, or `s3://bucket`. */
  readonly place: string;
  /** Writes a file as it comes, whole or not at all. Resolves with its length in bytes once it is safe. */
  put(name: string, content: Readable, signal: AbortSignal): Promise<number>;
  /** The file as it comes; null when there is none. */
  get(name: string, signal: AbortSignal): Promise<Readable | null>;
  /** All files, in no order. */
  list(): Promise<StoredFile[]>;
  /** Deletes a file; one that is not there is deleted already. */
  remove(name: string): Promise<void>;
  /** Takes away what uploads left behind that were begun before `before` and never ended. */
  removeUnfinished(before: Date): Promise<void>;
  close(): void;
}

/** Opens the storage that the configuration names. Connects to nothing yet. */
export async function openBackupStorage(
  config: Pick<Config, 'backups'>,
  secrets: Pick<Secrets, 's3AccessKeyId' | 's3SecretAccessKey'>,
): Promise<BackupStorage> {
  const { s3, directory } = config.backups;
  if (s3 === null) return (await import('./directory-storage.ts')).openDirectory(directory);
  return (await import('./s3-storage.ts')).openS3(s3, {
    accessKeyId: secrets.s3AccessKeyId ?? '',
    secretAccessKey: secrets.s3SecretAccessKey ?? '',
  });
}
