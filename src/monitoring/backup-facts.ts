import type { BackupFacts, PartState } from './parts.ts';

/** What the feature that makes backups notes of them (src/backups/status.ts), as far as it is looked at here. */
export interface KnownOfBackups {
  /** The newest one that was finished. */
  lastBackup: { at: Date; bytes: number } | null;
  /** The newest proof that was finished, whichever way it ended. */
  lastVerification: { at: Date; ok: boolean; error: Problem | null } | null;
  /** Why the newest try at a backup failed; null once one has succeeded after it. */
  lastFailure: { at: Date; error: Problem } | null;
  late: { backup: boolean; verification: boolean };
  /** Backups of this month (of UTC) that were finished, and that failed. */
  counts: { succeeded: number; failed: number };
}

interface Problem {
  code: string;
  message: string;
  hint: string;
}

/** That, in the terms of those who watch: health, metrics, alerts, service levels. */
export function backupFactsOf({
  lastBackup,
  lastVerification,
  lastFailure,
  late,
  counts,
}: KnownOfBackups): BackupFacts {
  const unproven = lastVerification?.ok === false ? lastVerification.error : null;
  const problem = lastFailure?.error ?? unproven;
  return {
    storage: storageOf(lastBackup !== null, problem),
    lastSucceededAt: lastBackup?.at ?? null,
    lastFailedAt: lastFailure?.at ?? null,
    lastVerifiedAt: lastVerification?.at ?? null,
    lastVerifiedOk: lastVerification?.ok ?? null,
    late,
    monthSucceeded: counts.succeeded,
    monthFailed: counts.failed,
    bytes: lastBackup?.bytes ?? null,
    problem: problem && `${problem.message} ${problem.hint}`.trim(),
  };
}

/** The storage is known by what came of the last try: to ask it at every look would be a burden, and could hang. */
function storageOf(everReached: boolean, problem: Problem | null): PartState {
  if (problem?.code.startsWith('backup_storage_') || problem?.code === 'storage_full') return 'down';
  return everReached ? 'up' : 'not configured';
}
