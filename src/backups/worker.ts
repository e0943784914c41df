import { and, desc, eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { Slot } from './backups.ts';
import { backupRuns } from './schema.ts';
import { isSilent } from './status.ts';
import { slotsAround } from './times.ts';

/** How often to look whether a backup is due, in milliseconds. */
const lookMs = 30_000;
/** How often one time of the schedule is tried, and how long after a failure, in milliseconds: storages come back. */
const attempts = 4;
const pauseMs = 15 * 60_000;

/**
 * Takes backups by BACKUP_CRON until what it returns is called. A time that nobody was there for is made up for, once. Which
 * of several processes does it is decided by the row of the run.
 */
export async function workBackups(ctx: AppContext): Promise<() => void> {
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    try {
      const slot = await dueSlot(ctx);
      if (slot) await ctx.backups.daily(slot);
    } catch (error) {
      // Another process is at it, which is as good.
      const passing = error instanceof AppError && ['backup_running', 'shutting_down'].includes(error.code);
      if (!passing) ctx.log.warn({ err: error }, 'the daily backup could not be begun');
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(look, lookMs);
  // Not waited for: a backup may take long, and work shall begin.
  void look();
  return () => clearInterval(timer);
}

/** The time of the schedule that has to be worked on now, and which try at it that is; null when there is none. */
export async function dueSlot(ctx: Pick<AppContext, 'db' | 'config' | 'now'>): Promise<Slot | null> {
  const now = ctx.now();
  const { last } = slotsAround(ctx.config.backups.cron, now);
  if (last === null) return null;
  // Before this instance knew of backups, none was due.
  const [known] = await queryRows<{ after: boolean }>(
    ctx.db,
    sql`select applied_at < ${last.toISOString()}::timestamptz as after from schema_migrations where name = '0022-backups'`,
  );
  if (!known?.after) return null;
  const [run] = await ctx.db
    .select()
    .from(backupRuns)
    .where(and(eq(backupRuns.kind, 'backup'), eq(backupRuns.slotAt, last)))
    .orderBy(desc(backupRuns.attempt))
    .limit(1);
  if (!run) return { at: last, attempt: 1 };
  const failed = run.status === 'failed' || isSilent(run, now);
  const endedAt = run.finishedAt ?? run.aliveAt;
  const rested = now.getTime() - endedAt.getTime() >= pauseMs;
  return failed && rested && run.attempt < attempts ? { at: last, attempt: run.attempt + 1 } : null;
}
