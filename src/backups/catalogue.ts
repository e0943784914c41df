import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { AppError } from '../errors.ts';
import { damaged } from './codec.ts';
import {
  isBackupId,
  type Manifest,
  manifestSuffix,
  type Proof,
  parseJson,
  parseManifest,
  proofSchema,
  proofSuffix,
} from './manifest.ts';
import { backupsToDelete } from './retention.ts';
import type { BackupStorage, StoredFile } from './storage.ts';

/** A backup as it lies in the storage. */
export interface CatalogueEntry {
  id: string;
  manifest: Manifest;
  proof: Proof | null;
  /** What can be seen to be wrong with it without reading it; null for nothing. */
  problem: 'missing' | 'length' | null;
}

/** A file without a manifest may be one that is just being written; after this time nobody is at it any more, in milliseconds. */
const leftoverMs = 24 * 3_600_000;

/** All whole backups, newest first. The storage is asked, not the database: that may be empty. */
export async function listBackups(storage: BackupStorage, signal: AbortSignal): Promise<CatalogueEntry[]> {
  const files = new Map((await storage.list()).map((file) => [file.name, file]));
  const ids = [...files.keys()]
    .filter((name) => name.endsWith(manifestSuffix))
    .map(idOf)
    .filter(isBackupId);
  const entries: CatalogueEntry[] = [];
  for (const id of ids.sort().reverse()) {
    const entry = await readEntry(storage, files, id, signal);
    if (entry) entries.push(entry);
  }
  return entries;
}

/** One backup; `latest` is the newest of all. Throws `not_found`, and `backup_damaged` when something of it is missing. */
export async function findBackup(storage: BackupStorage, wanted: string, signal: AbortSignal): Promise<CatalogueEntry> {
  const files = new Map((await storage.list()).map((file) => [file.name, file]));
  const ids = [...files.keys()]
    .filter((name) => name.endsWith(manifestSuffix))
    .map(idOf)
    .filter(isBackupId)
    .sort();
  const id = wanted === 'latest' ? ids.at(-1) : wanted;
  if (id === undefined) throw new AppError('not_found', `There is no backup in ${storage.place}.`);
  const entry = isBackupId(id) ? await readEntry(storage, files, id, signal) : null;
  if (!entry) {
    throw new AppError('not_found', `There is no backup ${id} in ${storage.place}.`, {
      hint: 'blog-poster backup list shows which there are.',
    });
  }
  if (entry.problem === 'missing') throw damaged(entry, `its file ${entry.manifest.file} is missing`);
  if (entry.problem === 'length') throw damaged(entry, `its file ${entry.manifest.file} does not have its length`);
  return entry;
}

async function readEntry(
  storage: BackupStorage,
  files: Map<string, StoredFile>,
  id: string,
  signal: AbortSignal,
): Promise<CatalogueEntry | null> {
  const content = await readText(storage, `${id}${manifestSuffix}`, signal);
  if (content === null) return null;
  const manifest = parseManifest(id, content);
  const file = files.get(manifest.file);
  const proof = files.has(`${id}${proofSuffix}`) ? await readText(storage, `${id}${proofSuffix}`, signal) : null;
  const parsed = proof === null ? null : proofSchema.safeParse(parseJson(proof));
  return {
    id,
    manifest,
    proof: parsed?.success ? parsed.data : null,
    problem: !file ? 'missing' : file.bytes === manifest.bytes ? null : 'length',
  };
}

async function readText(storage: BackupStorage, name: string, signal: AbortSignal): Promise<string | null> {
  const file = await storage.get(name, signal);
  return file === null ? null : text(file);
}

/** Puts a small JSON document beside the backups. */
export async function writeDocument(
  storage: BackupStorage,
  name: string,
  document: Manifest | Proof,
  signal: AbortSignal,
): Promise<void> {
  await storage.put(name, Readable.from([Buffer.from(`${JSON.stringify(document, null, 2)}\n`)]), signal);
}

const idOf = (name: string) => name.slice(0, name.indexOf('.'));

/**
 * Deletes what the rule no longer keeps, and what was left behind by runs that did not come to their end. Nobody may be
 * taking a backup meanwhile. Returns the ids of the backups that went.
 */
export async function tidyStorage(
  storage: BackupStorage,
  { keepDays, now, signal }: { keepDays: number; now: Date; signal: AbortSignal },
): Promise<string[]> {
  const entries = await listBackups(storage, signal);
  const kept = entries.map(({ id, manifest, proof, problem }) => ({
    id,
    at: new Date(manifest.createdAt),
    verified: proof !== null && problem === null,
  }));
  const old = backupsToDelete(kept, keepDays);
  for (const id of old) {
    // From here on it is none any more, whatever happens to the rest.
    await storage.remove(`${id}${manifestSuffix}`);
    const entry = entries.find((each) => each.id === id);
    if (entry) await storage.remove(entry.manifest.file);
    await storage.remove(`${id}${proofSuffix}`);
  }
  const whole = new Set(entries.map(({ id }) => id));
  const before = new Date(now.getTime() - leftoverMs);
  for (const { name, changedAt } of await storage.list()) {
    if (isBackupId(idOf(name)) && !whole.has(idOf(name)) && changedAt < before) await storage.remove(name);
  }
  await storage.removeUnfinished(before);
  return old;
}
