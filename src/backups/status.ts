import { and, desc, eq, gt, gte, ne, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { StoredError } from '../errors.ts';
import { type BackupRun, backupRuns, type RunKind, type RunPhase } from './schema.ts';
import { slotsAround } from './times.ts';

/** A run that has said nothing for so long is one of a process that died, in milliseconds; it speaks every 5 seconds. */
export const silentMs = 60_000;
/** A backup or a verification older than this is late, in milliseconds: the daily one, and half a day to mend what failed. */
export const lateMs = 36 * 3_600_000;

/** Where backups go, without any secret. */
export interface BackupPlace {
  kind: 's3' | 'directory';
  /** `s3://bucket` or the folder. */
  place: string;
}

/** How the backups of this instance are, from what is noted in its database: asks no storage, so it is cheap and cannot hang. */
export interface BackupStatus {
  storage: BackupPlace;
  encrypted: boolean;
  /** BACKUP_CRON; null where it is off. */
  cron: string | null;
  /** When the next one is due, in UTC; null where none is scheduled. */
  nextAt: Date | null;
  /** The newest one that was finished; `bytes` as stored, `durationMs` in milliseconds. */
  lastBackup: { id: string; at: Date; bytes: number; rows: number; durationMs: number } | null;
  /** The newest proof that was finished, whichever way it ended. */
  lastVerification: { backupId: string; at: Date; ok: boolean; durationMs: number; error: StoredError | null } | null;
  /** Why the newest try at a backup failed; null once one has succeeded after it. */
  lastFailure: { at: Date; error: StoredError } | null;
  /** What is under way in any process. */
  running: { kind: RunKind; phase: RunPhase; startedAt: Date; bytesDone: number; bytesExpected: number | null } | null;
  /** True when a backup, or a proof of one, should have been finished by now and was not. Never before the first was due. */
  late: { backup: boolean; verification: boolean };
  /** Backups of this month (of UTC) that were finished, and that failed. */
  counts: { succeeded: number; failed: number };
}

/** Looks up how the backups are. */
export async function backupStatus(ctx: Pick<AppContext, 'db' | 'config' | 'now'>): Promise<BackupStatus> {
  const now = ctx.now();
  const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
  const { cron } = ctx.config.backups;
  const newest = async (...conditions: SQL[]): Promise<BackupRun | undefined> => {
    const which = and(...conditions);
    const [run] = await ctx.db.select().from(backupRuns).where(which).orderBy(desc(backupRuns.startedAt)).limit(1);
    return run;
  };
  const { kind, status, aliveAt } = backupRuns;
  const spoke = gt(aliveAt, new Date(now.getTime() - silentMs));
  const done = await newest(eq(kind, 'backup'), eq(status, 'succeeded'));
  const proof = await newest(eq(kind, 'verification'), ne(status, 'running'));
  const proven = await newest(eq(kind, 'verification'), eq(status, 'succeeded'));
  const lastTry = await newest(eq(kind, 'backup'), sql`not (${status} = 'running' and ${spoke})`);
  const failed = lastTry && lastTry.id !== done?.id ? lastTry : undefined;
  const running = await newest(eq(status, 'running'), spoke);
  const [first] = await ctx.db
    .select({ startedAt: backupRuns.startedAt })
    .from(backupRuns)
    .orderBy(backupRuns.startedAt)
    .limit(1);
  const isLate = (run: BackupRun | undefined) =>
    cron !== null && first !== undefined && now.getTime() - (run?.finishedAt ?? first.startedAt).getTime() > lateMs;
  return {
    storage: placeOf(ctx.config),
    encrypted: ctx.config.backups.ageRecipients.length > 0,
    cron,
    nextAt: slotsAround(cron, now).next,
    lastBackup: done
      ? {
          id: done.backupId ?? '',
          at: done.finishedAt ?? done.startedAt,
          bytes: done.bytes ?? 0,
          rows: done.rowCount ?? 0,
          durationMs: durationOf(done),
        }
      : null,
    lastVerification: proof
      ? {
          backupId: proof.backupId ?? '',
          at: proof.finishedAt ?? proof.startedAt,
          ok: proof.status === 'succeeded',
          durationMs: durationOf(proof),
          error: proof.error,
        }
      : null,
    lastFailure: failed ? { at: failed.finishedAt ?? failed.aliveAt, error: failed.error ?? brokenOff } : null,
    running: running
      ? {
          kind: running.kind,
          phase: running.phase,
          startedAt: running.startedAt,
          bytesDone: running.bytesDone,
          bytesExpected: running.bytesExpected,
        }
      : null,
    late: { backup: isLate(done), verification: isLate(proven) },
    counts: {
      succeeded: await ctx.db.$count(backupRuns, backupIn('succeeded', month)),
      failed: await ctx.db.$count(backupRuns, backupIn('failed', month)),
    },
  };
}

const backupIn = (status: 'succeeded' | 'failed', since: Date) =>
  and(eq(backupRuns.kind, 'backup'), eq(backupRuns.status, status), gte(backupRuns.startedAt, since));

/** Why a run failed whose process died over it. */
export const brokenOff: StoredError = {
  code: 'shutting_down',
  message: 'The process that did it ended in the middle.',
  hint: 'It is tried again by itself; nothing that looks like a backup is left of it.',
};

/** Whether nobody is at a run any more that stands as running. */
export function isSilent(run: Pick<BackupRun, 'status' | 'aliveAt'>, now: Date): boolean {
  return run.status === 'running' && now.getTime() - run.aliveAt.getTime() > silentMs;
}

/** Where the backups of a configuration go. */
export function placeOf({ backups }: Pick<AppContext['config'], 'backups'>): BackupPlace {
  return backups.s3
    ? { kind: 's3', place: `s3://${backups.s3.bucket}` }
    : { kind: 'directory', place: backups.directory };
}

const durationOf = ({ startedAt, finishedAt }: BackupRun) => (finishedAt ?? startedAt).getTime() - startedAt.getTime();
