import { and, eq, inArray } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { exceptionsOf, shown } from './exceptions.ts';
import { type Schedule, scheduleExceptions, scheduleRuns } from './schema.ts';
import { type Dropped, type Exception, sortExceptions } from './slots.ts';

/**
 * Forgets the exceptions that the schedule, as it is now, has no place for; those of slots that have had their run stay,
 * because a slot is known by the time that the rule once had. Returns those that hold, and words for each that went.
 */
export async function dropVoid(
  tx: Db,
  schedule: Schedule,
  now: Date,
): Promise<{ exceptions: Exception[]; warnings: string[] }> {
  const all = await exceptionsOf(tx, schedule.id, now);
  if (all.length === 0) return { exceptions: [], warnings: [] };
  const times = all.map(({ slotAt }) => slotAt);
  const ran = await tx
    .select({ slotAt: scheduleRuns.slotAt })
    .from(scheduleRuns)
    .where(and(eq(scheduleRuns.scheduleId, schedule.id), inArray(scheduleRuns.slotAt, times)));
  const done = new Set(ran.map(({ slotAt }) => slotAt.getTime()));
  const { kept, dropped } = sortExceptions(
    schedule,
    all.filter(({ slotAt }) => !done.has(slotAt.getTime())),
  );
  if (dropped.length > 0) {
    const gone = dropped.map(({ exception }) => exception.slotAt);
    const mine = and(eq(scheduleExceptions.scheduleId, schedule.id), inArray(scheduleExceptions.slotAt, gone));
    await tx.delete(scheduleExceptions).where(mine);
  }
  const exceptions = [...kept, ...all.filter(({ slotAt }) => done.has(slotAt.getTime()))];
  return { exceptions, warnings: dropped.map((one) => wordsOf(one, schedule.timeZone)) };
}

function wordsOf({ exception: { slotAt, movedTo }, why }: Dropped, timeZone: string): string {
  const at = shown(slotAt, timeZone);
  const what = movedTo ? `That ${at} was moved to ${shown(movedTo, timeZone)}` : `That ${at} is skipped`;
  const reasons = {
    no_slot: 'the schedule has no such time any more',
    outside: 'that lies outside of its start and end now',
    taken: 'another of its times is there now',
  };
  return `${what} was forgotten: ${reasons[why]}.`;
}
