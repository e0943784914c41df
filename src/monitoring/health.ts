import { z } from 'zod';
import { version } from '../config.ts';
import type { AppContext } from '../context.ts';
import {
  type BackupFacts,
  backupState,
  databaseState,
  diskState,
  emailState,
  migrationsState,
  type PartState,
  type QueueState,
  queueState,
  verificationState,
  withinLimit,
} from './parts.ts';

const part = z.enum(['up', 'down', 'not configured']);

export const healthSchema = z
  .object({
    status: z.enum(['healthy', 'degraded', 'unhealthy']),
    database: part.meta({ description: 'up while it takes writes' }),
    migrations: part.meta({ description: 'down when the tables are older than this version' }),
    redis: part,
    queue: part.meta({ description: 'down when no worker is alive any more, or a due job waits for over ten minutes' }),
    email: part,
    storage: part.meta({ description: 'Where backups are kept' }),
    disk: part.meta({ description: 'down when the embedded database has nearly no room left' }),
    backup: part.meta({ description: 'down when the last backup failed, or one is late' }),
    verification: part.meta({ description: 'down when the last restore for proof failed, or one is late' }),
    oldestJobSeconds: z.number().nullable().meta({ description: 'For how long the oldest due job has waited' }),
    workerSeenAt: z.iso.datetime().nullable().meta({ description: 'When a worker last gave a sign of life' }),
    lastBackupAt: z.iso.datetime().nullable(),
    lastVerifiedAt: z.iso.datetime().nullable(),
    version: z.string(),
    timestamp: z.iso.datetime(),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof healthSchema>;

const down = () => 'down' as PartState;

/** How the parts are: all asked at once, each with a limit of two seconds, and nothing of the database while it is down. */
export async function health(ctx: AppContext): Promise<Health> {
  const now = ctx.now();
  const database = await withinLimit(() => databaseState(ctx), 'down');
  const away: QueueState = { state: 'down', oldestWaitingSeconds: null, workerSeenAt: null };
  const asked = database === 'up';
  const [redis, migrations, queue, email, backups] = await Promise.all([
    withinLimit(() => ctx.limiter.health(), 'down'),
    asked ? withinLimit(() => migrationsState(ctx), 'down') : down(),
    asked ? withinLimit(() => queueState(ctx), away) : away,
    asked ? withinLimit(() => emailState(ctx), 'down') : down(),
    asked ? withinLimit<BackupFacts | null | undefined>(() => backupFacts(ctx), undefined) : undefined,
  ]);
  // Not known is neither up nor never asked for.
  const ofBackups = <State>(known: (facts: BackupFacts | null) => State, otherwise: State) =>
    backups === undefined ? otherwise : known(backups);
  const parts = {
    migrations,
    redis,
    queue: queue.state,
    email,
    storage: ofBackups((facts) => facts?.storage ?? 'not configured', down()),
    disk: diskState(ctx),
    backup: ofBackups((facts) => backupState(facts), down()),
    verification: ofBackups((facts) => verificationState(facts), down()),
  };
  return {
    status: database === 'down' ? 'unhealthy' : Object.values(parts).includes('down') ? 'degraded' : 'healthy',
    database,
    ...parts,
    oldestJobSeconds: queue.oldestWaitingSeconds,
    workerSeenAt: queue.workerSeenAt?.toISOString() ?? null,
    lastBackupAt: backups?.lastSucceededAt?.toISOString() ?? null,
    lastVerifiedAt: backups?.lastVerifiedAt?.toISOString() ?? null,
    version,
    timestamp: now.toISOString(),
  };
}

/** How backups are, from the feature that makes them; null on an instance without. */
export async function backupFacts(ctx: AppContext): Promise<BackupFacts | null> {
  return (await ctx.contributions.backups?.(ctx)) ?? null;
}
