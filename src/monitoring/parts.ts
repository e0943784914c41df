import { existsSync, statfsSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { isNearlyFull } from '../db/embedded-files.ts';
import { queryRows } from '../db/open.ts';
import { pendingMigrations } from '../db/pending-migrations.ts';
import { emailHealth } from '../notify/health.ts';
import { oldestJob, workersSeen } from './work.ts';

/** How a part of the instance is; what does not exist is never shown as up. */
export type PartState = 'up' | 'down' | 'not configured';

/** How backups are, as the feature that makes them tells it. Times in UTC; null is not known or never. */
export interface BackupFacts {
  /** Whether the place where backups are kept can be reached. */
  storage: PartState;
  lastSucceededAt: Date | null;
  lastFailedAt: Date | null;
  /** When a backup was last restored for proof, and whether it held. */
  lastVerifiedAt: Date | null;
  lastVerifiedOk: boolean | null;
  /** Whether a backup, or a proof of one, should have been finished by now and was not. */
  late: { backup: boolean; verification: boolean };
  /** Backups of this month (of UTC) that were made, and that failed. */
  monthSucceeded: number;
  monthFailed: number;
  /** Of the newest backup. */
  bytes: number | null;
  /** What went wrong the last time, for whoever runs the instance; null where nothing did. */
  problem: string | null;
}

/** What features above tell of themselves; a feature that an instance does not have is left out. */
export interface Contributions {
  /** Null where no backups are configured. */
  backups?: (ctx: AppContext) => Promise<BackupFacts | null>;
}

/** A part that does not answer within this time counts as down, in milliseconds. */
const limitMs = 2_000;

/** What a probe found, or `otherwise` when it failed or took longer than two seconds. Never throws. */
export async function withinLimit<Found>(probe: () => Promise<Found>, otherwise: Found): Promise<Found> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Found>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), limitMs);
  });
  const found = await Promise.race([
    Promise.resolve()
      .then(probe)
      .catch(() => otherwise),
    late,
  ]);
  clearTimeout(timer);
  return found;
}

/** Up while rows can be written: a standby and a server that was set read-only answer questions all the same. */
export async function databaseState(ctx: Pick<AppContext, 'db'>): Promise<PartState> {
  const [row] = await queryRows<{ setting: string }>(
    ctx.db,
    sql`select current_setting('transaction_read_only') as setting`,
  );
  return row?.setting === 'off' ? 'up' : 'down';
}

/** Down when a migration of this version is missing, as after an older backup was put back under a running process. */
export async function migrationsState(ctx: Pick<AppContext, 'database'>): Promise<PartState> {
  return (await pendingMigrations(ctx.database)).length === 0 ? 'up' : 'down';
}

/** In milliseconds: a worker that was not seen for so long is dead, a job that waited for so long nobody takes. */
export const deadAfterMs = 60_000;
export const stuckAfterMs = 10 * 60_000;

/** How the queue is, with what that is reckoned from. */
export interface QueueState {
  state: PartState;
  oldestWaitingSeconds: number | null;
  workerSeenAt: Date | null;
}

/** Down when workers have been seen and none is any more, or when a job that is due waits for longer than ten minutes. */
export async function queueState(ctx: Pick<AppContext, 'db'>): Promise<QueueState> {
  const { seenAt, silentMs } = await workersSeen(ctx.db);
  const oldestWaitingSeconds = await oldestJob(ctx.db);
  const dead = silentMs !== null && silentMs > deadAfterMs;
  const stuck = oldestWaitingSeconds !== null && oldestWaitingSeconds * 1000 > stuckAfterMs;
  return { state: dead || stuck ? 'down' : 'up', oldestWaitingSeconds, workerSeenAt: seenAt };
}

/** Bytes that may still be written below the data directory, and all that its disk has; null where there is none. */
export function diskRoom({ config }: Pick<AppContext, 'config'>): { freeBytes: number; totalBytes: number } | null {
  if (!existsSync(config.dataDir)) return null;
  const { bavail, blocks, bsize } = statfsSync(config.dataDir);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** Down when the embedded database has nearly no room left. */
export function diskState({ config }: Pick<AppContext, 'config'>): PartState {
  if (config.database.kind !== 'embedded' || !existsSync(config.dataDir)) return 'not configured';
  return isNearlyFull(config.dataDir) ? 'down' : 'up';
}

export const emailState = (ctx: Pick<AppContext, 'config' | 'db'>): Promise<PartState> => emailHealth(ctx);

/** Whether the newest try at a backup failed. */
export const backupFailed = ({ lastSucceededAt, lastFailedAt }: BackupFacts): boolean =>
  lastFailedAt !== null && (lastSucceededAt === null || lastFailedAt > lastSucceededAt);

/** Down when the last backup failed or one is late; not configured before the first was due. */
export function backupState(facts: BackupFacts | null): PartState {
  if (facts === null) return 'not configured';
  if (facts.late.backup || backupFailed(facts)) return 'down';
  return facts.lastSucceededAt === null ? 'not configured' : 'up';
}

/** Down when the last proof failed or one is late; not configured before the first was due. */
export function verificationState(facts: BackupFacts | null): PartState {
  if (facts === null) return 'not configured';
  if (facts.late.verification || facts.lastVerifiedOk === false) return 'down';
  return facts.lastVerifiedAt === null ? 'not configured' : 'up';
}
