import { and, desc, eq, inArray, lt } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Schedule, type ScheduleRun, scheduleRuns, schedules } from './schema.ts';

const mine = (userId: string, id: string) => and(eq(schedules.id, id), eq(schedules.userId, userId));
const noSchedule = () => new AppError('not_found', 'There is no such schedule.');

/** A user's schedule. Throws `not_found`, also for another user's. */
export async function getSchedule(db: Db, userId: string, id: string): Promise<Schedule> {
  const [row] = await db.select().from(schedules).where(mine(userId, id));
  if (!row) throw noSchedule();
  return row;
}

/** The same, locked until the end of `tx`. */
export async function lockSchedule(tx: Db, userId: string, id: string): Promise<Schedule> {
  const [row] = await tx.select().from(schedules).where(mine(userId, id)).for('no key update');
  if (!row) throw noSchedule();
  return row;
}

/** A user's schedules, newest first; one more than `limit`, to know whether there is a next page. */
export async function listSchedules(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined; siteId?: string | undefined },
): Promise<Schedule[]> {
  return db
    .select()
    .from(schedules)
    .where(
      and(
        eq(schedules.userId, userId),
        query.cursor ? lt(schedules.id, query.cursor) : undefined,
        query.siteId ? eq(schedules.siteId, query.siteId) : undefined,
      ),
    )
    .orderBy(desc(schedules.id))
    .limit(query.limit + 1);
}

/** What the times of a schedule have led to, newest first; one more than `limit`. */
export async function listRuns(
  db: Db,
  schedule: Schedule,
  query: { limit: number; cursor?: string | undefined },
): Promise<ScheduleRun[]> {
  return db
    .select()
    .from(scheduleRuns)
    .where(and(eq(scheduleRuns.scheduleId, schedule.id), query.cursor ? lt(scheduleRuns.id, query.cursor) : undefined))
    .orderBy(desc(scheduleRuns.id))
    .limit(query.limit + 1);
}

/** The latest run of each of these schedules that had one. */
export async function latestRuns(db: Db, ids: string[]): Promise<Map<string, ScheduleRun>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectDistinctOn([scheduleRuns.scheduleId])
    .from(scheduleRuns)
    .where(inArray(scheduleRuns.scheduleId, ids))
    .orderBy(scheduleRuns.scheduleId, desc(scheduleRuns.id));
  return new Map(rows.map((row) => [row.scheduleId, row]));
}
