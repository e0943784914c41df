import { z } from 'zod';
import type { StoredError } from '../errors.ts';
import type { CatalogueEntry } from './catalogue.ts';
import { dumpFormats } from './manifest.ts';
import { type BackupRun, runKinds, runPhases, runStatuses, runTriggers } from './schema.ts';
import type { BackupStatus } from './status.ts';

const errorSchema = z.object({ code: z.string(), message: z.string(), hint: z.string() });
const time = z.iso.datetime();

export const backupSchema = z
  .object({
    id: z.string(),
    createdAt: time.meta({ description: 'Everything that was committed before is in it' }),
    file: z.string(),
    bytes: z.int().meta({ description: 'As it is stored' }),
    dumpBytes: z.int().meta({ description: 'Before compression' }),
    rows: z.int(),
    tables: z.int(),
    productVersion: z.string(),
    migration: z.string(),
    engine: z.object({ kind: z.enum(['embedded', 'postgres']), version: z.string() }),
    format: z.enum(dumpFormats),
    encrypted: z.boolean(),
    sameSecret: z.boolean().meta({ description: 'False when it was taken under another APP_SECRET' }),
    durationMs: z.int(),
    verifiedAt: time.nullable().meta({ description: 'When it was last restored for proof; null when it never was' }),
    problem: z
      .enum(['missing', 'length'])
      .nullable()
      .meta({ description: 'What can be seen to be wrong with its file' }),
  })
  .meta({ id: 'Backup' });

export const backupRunSchema = z
  .object({
    id: z.uuid(),
    kind: z.enum(runKinds),
    trigger: z.enum(runTriggers),
    status: z.enum(runStatuses),
    phase: z.enum(runPhases),
    progress: z.number().min(0).max(1).nullable(),
    backupId: z.string().nullable(),
    error: errorSchema.nullable(),
    startedAt: time,
    finishedAt: time.nullable(),
  })
  .meta({ id: 'BackupRun' });

export const backupsSchema = z
  .object({
    items: z.array(backupSchema),
    nextCursor: z.null(),
    catalogueError: errorSchema.nullable().meta({ description: 'Why the storage could not be asked' }),
    storage: z.object({
      kind: z.enum(['s3', 'directory']),
      place: z.string(),
      besideData: z.boolean().meta({ description: 'True when backups lie on the same disk as what they are of' }),
      encrypted: z.boolean(),
      canVerify: z
        .boolean()
        .meta({ description: 'False when they are encrypted and no private key is set to read them' }),
    }),
    schedule: z.object({ cron: z.string().nullable(), nextAt: time.nullable(), keepDays: z.int() }),
    lastBackup: z.object({ id: z.string(), at: time, bytes: z.int(), rows: z.int(), durationMs: z.int() }).nullable(),
    lastVerification: z
      .object({ backupId: z.string(), at: time, ok: z.boolean(), durationMs: z.int(), error: errorSchema.nullable() })
      .nullable(),
    lastFailure: z.object({ at: time, error: errorSchema }).nullable(),
    late: z.object({ backup: z.boolean(), verification: z.boolean() }),
    running: z
      .object({
        kind: z.enum(runKinds),
        phase: z.enum(runPhases),
        progress: z.number().min(0).max(1).nullable(),
        startedAt: time,
      })
      .nullable(),
  })
  .meta({ id: 'Backups' });

/** A backup as the API shows it. `fingerprint` is that of the present APP_SECRET. */
export function presentBackup(
  { id, manifest, proof, problem }: CatalogueEntry,
  fingerprint: string,
): z.infer<typeof backupSchema> {
  const { createdAt, file, bytes, dumpBytes, rows, productVersion, migration, engine, format, durationMs } = manifest;
  return {
    ...{ id, createdAt, file, bytes, dumpBytes, rows, productVersion, migration, engine, format, durationMs },
    tables: manifest.tables.length,
    encrypted: manifest.ageRecipients.length > 0,
    sameSecret: manifest.secretFingerprint === fingerprint,
    verifiedAt: proof?.verifiedAt ?? null,
    problem,
  };
}

export function presentRun(run: BackupRun): z.infer<typeof backupRunSchema> {
  const { id, kind, trigger, status, phase, backupId, error, startedAt, finishedAt } = run;
  return {
    ...{ id, kind, trigger, status, phase, backupId, error },
    progress: status === 'succeeded' ? 1 : progressOf(run),
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

/** What of the status the API shows, besides the settings. */
export function presentStatus(status: BackupStatus) {
  const { lastBackup, lastVerification, lastFailure, running } = status;
  const withTime = <T extends { at: Date }>(value: T | null) => value && { ...value, at: value.at.toISOString() };
  return {
    lastBackup: withTime(lastBackup),
    lastVerification: withTime(lastVerification) as
      | (Omit<NonNullable<typeof lastVerification>, 'at'> & { at: string; error: StoredError | null })
      | null,
    lastFailure: withTime(lastFailure),
    late: status.late,
    running: running && {
      kind: running.kind,
      phase: running.phase,
      progress: progressOf(running),
      startedAt: running.startedAt.toISOString(),
    },
  };
}

/** Never quite all before it is done: what is expected is an estimate. */
function progressOf({ bytesDone, bytesExpected }: Pick<BackupRun, 'bytesDone' | 'bytesExpected'>): number | null {
  return bytesExpected === null || bytesExpected === 0 ? null : Math.min(0.99, bytesDone / bytesExpected);
}
