import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../errors.ts';

/** The names under which a backup lies in the storage: its dump, what says that it is whole, and the proof of it. */
export const manifestSuffix = '.manifest.json';
export const proofSuffix = '.verified.json';

const tableSchema = z.object({
  name: z.string(),
  columns: z.array(z.string()),
  rows: z.number().int(),
  checksum: z.string(),
  /** How rows are hashed: as records, or as the text of one, as the first backups did it. */
  hash: z.enum(['text', 'record']).default('text'),
  /** Columns that are hashed as arrays of numbers: their own type has no hash. */
  vectors: z.array(z.string()).default([]),
});
/** What a table held: how many rows, and a sum over all of them that does not depend on their order. */
export type TableState = z.infer<typeof tableSchema>;

/** `pgdump` is the custom format of pg_dump with its schema; `copy` is rows only, as COPY of PostgreSQL writes them. */
export const dumpFormats = ['pgdump', 'copy'] as const;
export type DumpFormat = (typeof dumpFormats)[number];

export const manifestSchema = z.object({
  manifestVersion: z.literal(1),
  id: z.string(),
  /** When the snapshot was taken: everything that was committed before is in it. UTC. */
  createdAt: z.iso.datetime(),
  durationMs: z.number().int(),
  productVersion: z.string(),
  /** The newest migration that the database had. */
  migration: z.string(),
  engine: z.object({ kind: z.enum(['embedded', 'postgres']), version: z.string() }),
  format: z.enum(dumpFormats),
  compression: z.literal('zstd'),
  /** The public keys that it is encrypted to; none when it is not. */
  ageRecipients: z.array(z.string()),
  file: z.string(),
  /** The file as it is stored: its length in bytes and its SHA-256. */
  bytes: z.number().int(),
  sha256: z.string(),
  /** Length of the dump in it, in bytes. */
  dumpBytes: z.number().int(),
  /** Rows of all tables. */
  rows: z.number().int(),
  tables: z.array(tableSchema),
  /** Tells whether APP_SECRET is the same, and nothing else about it. */
  secretFingerprint: z.string(),
});
/** What is in a backup, and how to tell that it is whole. Written last: without it there is no backup. */
export type Manifest = z.infer<typeof manifestSchema>;

export const proofSchema = z.object({
  id: z.string(),
  verifiedAt: z.iso.datetime(),
  durationMs: z.number().int(),
  productVersion: z.string(),
  /** Where it was restored for it. */
  engine: z.enum(['embedded', 'postgres']),
  rows: z.number().int(),
});
/** That a backup was restored and found to be what its manifest says. */
export type Proof = z.infer<typeof proofSchema>;

const idForm = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;

/** A new id: the time in UTC, so that names sort by age, and something that no other process takes. */
export function newBackupId(now: Date): string {
  return `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${randomBytes(4).toString('hex')}`;
}

/** Whether a text can be the id of a backup, and so a part of a file name. */
export function isBackupId(text: string): boolean {
  return idForm.test(text);
}

/** What the file of a backup is called: whoever has nothing but the files knows what to do with it. */
export function fileNameOf(id: string, format: DumpFormat, encrypted: boolean): string {
  return `${id}.${format === 'pgdump' ? 'pgdump' : 'sql'}.zst${encrypted ? '.age' : ''}`;
}

/** Reads a manifest. Throws `backup_damaged` when it is none of ours. */
export function parseManifest(id: string, text: string): Manifest {
  const parsed = manifestSchema.safeParse(parseJson(text));
  if (parsed.success && parsed.data.id === id) return parsed.data;
  throw new AppError('backup_damaged', `The manifest of the backup ${id} cannot be read.`, { cause: parsed.error });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}
