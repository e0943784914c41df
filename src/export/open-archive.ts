import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type ArchiveManifest, manifestSchema } from './manifest.ts';

/** A line of a file in `data/`. */
export interface ArchiveRow {
  table: string;
  row: Record<string, unknown>;
  /** How long the line is. */
  bytes: number;
}

/** An archive of an account, on disk. */
export interface AccountArchive {
  manifest: ArchiveManifest;
  /** The rows of a file that the manifest names. @throws AppError import_unreadable also at its end: it is not what the manifest says */
  rows(name: string): AsyncGenerator<ArchiveRow>;
  /** The bytes of an image; null when the archive has none. */
  image(id: string, ending: string, maxBytes: number): Promise<Uint8Array | null>;
  close(): void;
}

/** So many files, and so many bytes when it is unpacked, that no account has them. */
const mostFiles = 300_000;
const mostBytes = 4_000_000_000;
/** An article of half a million signs with its revision is one; a line is held in memory. */
const mostLineBytes = 32_000_000;
const mostManifestBytes = 16_000_000;

const takenIn = /^(?:archive\.json|data\/[^/]+|images\/[^/]+\.(?!json$)\w+)$/;

const lineSchema = z.strictObject({ table: z.string(), row: z.record(z.string(), z.unknown()) });

/**
 * Opens an archive and reads what it says of itself. Nothing of it is ever written under a name that it gives; what it
 * unpacks to is bounded by what is read, not by what it says.
 * @throws AppError import_unreadable when it is no archive of an account, not whole, or too large
 */
export async function openArchive(file: string): Promise<AccountArchive> {
  const zip = await openPromise(file, { autoClose: false, validateEntrySizes: true }).catch((error: unknown) => {
    throw unreadable('The file is no zip archive, or its end is missing.', { cause: error });
  });
  try {
    const entries = await listEntries(zip);
    const manifest = await readManifest(zip, entries);
    return {
      manifest,
      rows: (name) => rowsOf(zip, entries.get(name), manifest.files[name], name),
      async image(id, ending, maxBytes) {
        const entry = entries.get(`images/${id}.${ending}`);
        return entry ? readAll(zip, entry, maxBytes) : null;
      },
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

/** An archive that is not what it should be. Nothing of it has been taken. */
export function unreadable(message: string, { cause, hint }: { cause?: unknown; hint?: string } = {}): AppError {
  const usual = 'Export the account anew and import that file, as it is. Nothing of this one was taken.';
  return new AppError('import_unreadable', message, { cause, hint: hint ?? usual });
}

async function listEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  let [files, bytes] = [0, 0];
  try {
    for await (const entry of zip.eachEntry()) {
      files += 1;
      bytes += entry.uncompressedSize;
      if (files > mostFiles || bytes > mostBytes) throw unreadable('The archive is too large.');
      // The others are for people to read.
      if (!takenIn.test(entry.fileName)) continue;
      if (entries.has(entry.fileName)) throw unreadable('The archive has two files of one name.');
      entries.set(entry.fileName, entry);
    }
  } catch (error) {
    throw asUnreadable(error);
  }
  return entries;
}

async function readManifest(zip: ZipFile, entries: ReadonlyMap<string, Entry>): Promise<ArchiveManifest> {
  const entry = entries.get('archive.json');
  if (!entry) {
    throw unreadable('The file is no archive of an account: it has no archive.json.', {
      hint: 'Choose the zip that “Download everything” or blog-poster export has made, as it is. One from before an archive could be imported has to be exported anew.',
    });
  }
  const text = new TextDecoder().decode(await readAll(zip, entry, mostManifestBytes));
  const value = parseJson(text);
  const read = manifestSchema.safeParse(value);
  if (read.success) return read.data;
  const { version } = z.object({ version: z.unknown() }).safeParse(value).data ?? {};
  if (typeof version === 'number' && version > 1) throw newer();
  throw unreadable('archive.json is not what an export writes.', { cause: read.error });
}

/** An archive of a release that this one does not know. */
export function newer(): AppError {
  return unreadable('The archive was made by a newer release of blog-poster than this one.', {
    hint: 'Update this instance, then import the file again. Nothing of it was taken.',
  });
}

async function* rowsOf(
  zip: ZipFile,
  entry: Entry | undefined,
  said: ArchiveManifest['files'][string] | undefined,
  name: string,
): AsyncGenerator<ArchiveRow> {
  if (!entry || !said) throw unreadable(`The archive lacks ${name}.`);
  const digest = createHash('sha256');
  let rows = 0;
  try {
    const bytes = await zip.openReadStreamPromise(entry);
    for await (const line of linesOf(bytes, digest)) {
      rows += 1;
      const read = lineSchema.safeParse(parseJson(line));
      if (!read.success) throw unreadable(`Line ${rows} of ${name} is no row.`);
      yield { ...read.data, bytes: line.length };
    }
  } catch (error) {
    throw asUnreadable(error);
  }
  if (digest.digest('hex') !== said.sha256) {
    throw unreadable(`${name} is not what archive.json says: it was changed or damaged.`);
  }
}

async function* linesOf(bytes: Readable, digest: { update(data: Uint8Array): unknown }): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    digest.update(chunk);
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...begun, chunk.subarray(from, end)]).toString('utf8');
      begun = [];
      length = 0;
      from = end + 1;
    }
    begun.push(chunk.subarray(from));
    length += chunk.length - from;
    // A line without an end must not fill the memory.
    if (length > mostLineBytes) throw unreadable('A line of the archive is too long.');
  }
  if (length > 0) throw unreadable('The last line of a file of the archive has no end.');
}

async function readAll(zip: ZipFile, entry: Entry, maxBytes: number): Promise<Uint8Array> {
  if (entry.uncompressedSize > maxBytes) throw unreadable(`${entry.fileName} is too large.`);
  try {
    const chunks: Buffer[] = [];
    // No more comes than the entry says: that is looked at while it is unpacked.
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk);
    return new Uint8Array(Buffer.concat(chunks));
  } catch (error) {
    throw asUnreadable(error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable('A part of the archive is no JSON.', { cause: error });
  }
}

/** What the library and the unpacking say of a damaged file; what the system says of the disk stays as it is. */
function asUnreadable(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return error;
  return unreadable('The archive is damaged.', { cause: error });
}
