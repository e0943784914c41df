import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { MemoryFS, PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';

/** The files of a cluster as they lie in the memory of one PGlite, by their path below `root`. */
interface Snapshot {
  folders: string[];
  /** Without the zeros at their ends, of which the log is full. */
  files: [path: string, bytes: Uint8Array, length: number][];
}

type FileSystem = PGlite['Module']['FS'];

const root = '/pglite/data';
/** A table of tests has few rows: the usual 128 MB would only be cleared and paged in, once for each test. */
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB', '-c', 'wal_recycle=off'];
/** Read once by each process and copied for each database. */
const read = new Map<string, Snapshot>();

/** An empty database in memory. */
export function openEmpty(): Promise<PGlite> {
  return PGlite.create({ extensions: { vector }, startParams });
}

/** A database in memory as it was when `file` was written. */
export function openSnapshot(file: string): Promise<PGlite> {
  const snapshot = read.get(file) ?? (deserialize(readFileSync(file)) as Snapshot);
  read.set(file, snapshot);
  return PGlite.create({ fs: new SnapshotFiles(snapshot), extensions: { vector }, startParams });
}

/** Writes what is in a database to `file`, whole or not at all. */
export async function writeSnapshot(pglite: PGlite, file: string): Promise<void> {
  const { rows } = await pglite.query<{ oid: number }>(
    'select oid from pg_database where datname <> current_database()',
  );
  // Or each start would have to go through the whole log, and each copy would have all of it.
  await pglite.exec('select pg_switch_wal()');
  await pglite.exec('checkpoint');
  // Templates are only needed for making databases, and are two thirds of all files.
  const unused = new Set(rows.map(({ oid }) => `/base/${oid}`));
  const snapshot: Snapshot = { folders: [], files: [] };
  collect(pglite.Module.FS, '', unused, snapshot);
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, serialize(snapshot));
  renameSync(partial, file);
}

function collect(fs: FileSystem, folder: string, unused: Set<string>, into: Snapshot): void {
  for (const name of fs.readdir(root + folder)) {
    const path = `${folder}/${name}`;
    if (name === '.' || name === '..' || path === '/postmaster.pid') continue;
    if (!fs.isDir(fs.stat(root + path).mode)) {
      const bytes: Uint8Array = fs.readFile(root + path);
      into.files.push([path, bytes.slice(0, bytes.findLastIndex((byte) => byte !== 0) + 1), bytes.length]);
      continue;
    }
    into.folders.push(path);
    if (!unused.has(path)) collect(fs, path, unused, into);
  }
}

/** Puts the files where they belong without the detour of an archive, which takes longer than the start of the database. */
class SnapshotFiles extends MemoryFS {
  readonly #snapshot: Snapshot;

  constructor(snapshot: Snapshot) {
    super();
    this.#snapshot = snapshot;
  }

  override async initialSyncFs(): Promise<void> {
    const fs = this.pg?.Module.FS;
    if (!fs) throw new Error('the database has no file system yet');
    for (const folder of this.#snapshot.folders) fs.mkdirTree(root + folder, 0o700);
    for (const [path, bytes, length] of this.#snapshot.files) {
      const copy = new Uint8Array(length);
      copy.set(bytes);
      fs.writeFile(root + path, copy, { canOwn: true });
    }
  }
}
