import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { BackupConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import { isBackupId } from './manifest.ts';
import type { BackupStorage, StoredFile } from './storage.ts';

/** Parts of an upload: two are in memory at a time, and 10,000 of them (the most that S3 takes) are 160 GB. */
const partBytes = 16 * 1024 * 1024;
const partsAtOnce = 2;

/** How long a connection may take to be made and then be silent, in milliseconds, before the request is tried again. */
const defaultPatience = { connectMs: 5_000, silentMs: 30_000 };

/** Backups in a bucket of any storage that speaks S3. The client is loaded and connects on first use. */
export async function openS3(
  s3: NonNullable<BackupConfig['s3']>,
  credentials: { accessKeyId: string; secretAccessKey: string },
  patience = defaultPatience,
): Promise<BackupStorage> {
  const sdk = await import('@aws-sdk/client-s3');
  const { Upload } = await import('@aws-sdk/lib-storage');
  const client: S3Client = new sdk.S3Client({
    region: s3.region,
    ...(s3.endpoint ? { endpoint: s3.endpoint } : {}),
    // Buckets that are names of hosts need a certificate for each.
    forcePathStyle: true,
    credentials,
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: patience.connectMs,
      socketTimeout: patience.silentMs,
      requestTimeout: patience.silentMs,
      throwOnRequestTimeout: true,
    },
  });
  const Bucket = s3.bucket;
  const place = `s3://${Bucket}`;
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw s3Error(place, s3.endpoint, error);
    }
  };

  async function* bodyOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw s3Error(place, s3.endpoint, error);
    }
  }

  return {
    place,
    put: (name, content, signal) =>
      explained(async () => {
        signal.throwIfAborted();
        const upload = new Upload({
          client,
          params: { Bucket, Key: name, Body: content },
          partSize: partBytes,
          queueSize: partsAtOnce,
        });
        const stop = () => void upload.abort();
        signal.addEventListener('abort', stop);
        try {
          await upload.done();
        } catch (error) {
          signal.throwIfAborted();
          throw error;
        } finally {
          signal.removeEventListener('abort', stop);
          content.destroy();
        }
        const head = await client.send(new sdk.HeadObjectCommand({ Bucket, Key: name }), { abortSignal: signal });
        return head.ContentLength ?? -1;
      }),
    get: (name, signal) =>
      explained(async () => {
        try {
          const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket, Key: name }), { abortSignal: signal });
          return Readable.from(bodyOf(Body as Readable), { objectMode: false });
        } catch (error) {
          if ((error as Error).name === 'NoSuchKey') return null;
          throw error;
        }
      }),
    list: () =>
      explained(async () => {
        const files: StoredFile[] = [];
        for await (const page of sdk.paginateListObjectsV2({ client }, { Bucket })) {
          for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
            files.push({ name: Key, bytes: Size, changedAt: LastModified });
          }
        }
        return files;
      }),
    remove: (name) =>
      explained(async () => {
        await client.send(new sdk.DeleteObjectCommand({ Bucket, Key: name }));
      }),
    removeUnfinished: (before) =>
      explained(async () => {
        const { Uploads = [] } = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket }));
        for (const { Key = '', UploadId, Initiated = new Date() } of Uploads) {
          if (!isBackupId(Key.split('.', 1)[0] ?? '') || Initiated >= before) continue;
          await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
        }
      }),
    close: () => client.destroy(),
  };
}

/** What the storage, or the way to it, said; anything that is not from it is handed on. */
export function s3Error(place: string, endpoint: string | null, error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const { name, message, code, $metadata } = error as Error & {
    code?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode;
  const where = endpoint === null ? place : `${place} at ${endpoint}`;
  if (name === 'NoSuchBucket' || (status === 404 && name !== 'NoSuchKey')) {
    return new AppError('backup_storage_rejected', `There is no bucket for the backups: ${where}.`, {
      hint: 'Make the bucket, or correct S3_BUCKET and S3_ENDPOINT.',
      cause: error,
    });
  }
  if (status === 401 || status === 403) {
    const which = {
      SignatureDoesNotMatch: 'S3_SECRET_ACCESS_KEY is wrong',
      InvalidAccessKeyId: 'S3_ACCESS_KEY_ID is not known there',
      RequestTimeTooSkewed: 'the clock of this machine is wrong',
    }[name];
    return new AppError(
      'backup_storage_rejected',
      `The storage of the backups, ${where}, refuses access${which ? `: ${which}` : ''}.`,
      {
        hint: 'Check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, and that the key may list, read, write and delete in the bucket.',
        cause: error,
      },
    );
  }
  if (status === 507 || name === 'QuotaExceeded' || (status === 413 && name !== 'EntityTooLarge')) {
    return new AppError('storage_full', `The storage of the backups, ${where}, is full.`, { cause: error });
  }
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return new AppError('backup_storage_rejected', `The storage of the backups, ${where}, refused: ${message}`, {
      cause: error,
    });
  }
  const isNetwork =
    /TimeoutError|NetworkingError|RequestTimeout/.test(name) ||
    /^(E[A-Z_]+|UND_ERR_\w+|ERR_TLS_\w+|CERT_\w+|ERR_STREAM_PREMATURE_CLOSE)$/.test(code ?? '');
  if (status === undefined && !isNetwork) return error;
  const how =
    status !== undefined
      ? `answers ${status}`
      : /Timeout|ETIMEDOUT/.test(`${name} ${code}`)
        ? 'does not answer in time'
        : `cannot be reached (${code ?? name})`;
  return new AppError('backup_storage_unavailable', `The storage of the backups, ${where}, ${how}.`, { cause: error });
}
