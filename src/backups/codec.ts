import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { AppError } from '../errors.ts';
import type { Manifest } from './manifest.ts';

type Bytes = AsyncIterable<Uint8Array>;

/** What is known of a file once all of it has gone by. */
export interface Measured {
  dumpBytes: number;
  bytes: number;
  sha256: string;
}

/**
 * Makes the file of a backup out of a dump as it comes: compressed, encrypted where there are recipients, and measured into
 * `into`. `onBytes` hears how much of the dump has gone by.
 */
export function encode(
  dump: Bytes,
  ageRecipients: string[],
  into: Measured,
  onBytes: (dumpBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const counted = tap(dump, (chunk) => {
    into.dumpBytes += chunk.length;
    onBytes(into.dumpBytes);
  });
  const compressed = through(inPieces(counted), () =>
    createZstdCompress({
      chunkSize: pieceBytes,
      // With level 3, the usual one, half of the time of a backup was compressing: it takes 1.5 to 2.6 times as long for a
      // few per cent of texts.
      params: { [constants.ZSTD_c_compressionLevel]: 2, [constants.ZSTD_c_checksumFlag]: 1 },
      ...ahead,
    }),
  );
  const stored = ageRecipients.length > 0 ? encrypt(compressed, ageRecipients) : compressed;
  return measure(stored, into);
}

/**
 * Makes the dump out of the file of a backup as it comes. Whoever takes it must not believe any of it before the end: only
 * then is it known that the file was whole. Throws `backup_damaged`, and `backup_unreadable` without the right private key.
 */
export async function* decode(stored: Bytes, manifest: Manifest, ageIdentities: string[]): AsyncGenerator<Uint8Array> {
  const encrypted = manifest.ageRecipients.length > 0;
  if (encrypted && ageIdentities.length === 0) {
    throw new AppError('backup_unreadable', `The backup ${manifest.id} is encrypted, and no private key is set.`);
  }
  const whole = checked(stored, manifest);
  const readable = encrypted ? decrypt(whole, ageIdentities, manifest.id) : whole;
  try {
    yield* through(readable, () => createZstdDecompress({ chunkSize: pieceBytes, ...ahead }));
  } catch (cause) {
    if (cause instanceof AppError || (cause as Error).name === 'AbortError') throw cause;
    throw damaged(manifest, 'its content cannot be read', cause);
  }
}

export function damaged({ id }: Pick<Manifest, 'id'>, how: string, cause?: unknown): AppError {
  return new AppError('backup_damaged', `The backup ${id} is damaged: ${how}.`, { cause });
}

const pieceBytes = 1 << 20;
/** So much is read ahead while a piece is at work in another thread. An option of every stream, which the types of zlib leave out. */
const ahead: Record<string, number> = { writableHighWaterMark: 4 * pieceBytes };

/** The same in larger pieces: each goes to the thread that compresses and back, and those of a pipe have 64 kB. */
async function* inPieces(source: Bytes): AsyncGenerator<Uint8Array> {
  let gathered: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    gathered.push(chunk);
    length += chunk.length;
    if (length < pieceBytes) continue;
    yield Buffer.concat(gathered);
    gathered = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(gathered);
}

async function* tap(source: Bytes, look: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    look(chunk);
    yield chunk;
  }
}

async function* measure(source: Bytes, into: Measured): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of source) {
    hash.update(chunk);
    into.bytes += chunk.length;
    yield chunk;
  }
  into.sha256 = hash.digest('hex');
}

async function* checked(source: Bytes, manifest: Manifest): AsyncGenerator<Uint8Array> {
  const found: Measured = { dumpBytes: 0, bytes: 0, sha256: '' };
  for await (const chunk of measure(source, found)) {
    if (found.bytes > manifest.bytes) throw damaged(manifest, 'its file is longer than it was');
    yield chunk;
  }
  if (found.bytes < manifest.bytes) {
    throw damaged(manifest, `its file has ${found.bytes} bytes instead of ${manifest.bytes}`);
  }
  if (found.sha256 !== manifest.sha256) throw damaged(manifest, 'its file has changed since it was written');
}

/** Sends bytes through a stream of Node, which is made once somebody wants them. */
async function* through(source: Bytes, make: () => NodeJS.ReadWriteStream): AsyncGenerator<Uint8Array> {
  const stream = make();
  const fed = pipeline(source, stream);
  // What ends the source ends the stream with the same error, which is thrown below.
  fed.catch(() => undefined);
  for await (const chunk of stream) yield chunk as Buffer;
  await fed;
}

async function* encrypt(source: Bytes, recipients: string[]): AsyncGenerator<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  yield* await encrypter.encrypt(ReadableStream.from(source));
}

async function* decrypt(source: Bytes, identities: string[], id: string): AsyncGenerator<Uint8Array> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  let plain: AsyncIterable<Uint8Array>;
  try {
    plain = await decrypter.decrypt(ReadableStream.from(source));
  } catch (cause) {
    if (!/no identity matched/i.test((cause as Error).message)) throw cause;
    throw new AppError('backup_unreadable', `None of the private keys opens the backup ${id}.`, { cause });
  }
  yield* plain;
}
