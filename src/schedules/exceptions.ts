import { and, eq, gte, inArray, or } from 'drizzle-orm';
import { localTime } from '../accounts/calendar.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { lockSchedule } from './queries.ts';
import { type Schedule, type ScheduleException, scheduleExceptions, scheduleRuns, schedules } from './schema.ts';
import { type Exception, nextFor, type PlannedSlot, plannedSlots, slotAtMoment, slotOfRule } from './slots.ts';

type Ctx = Pick<AppContext, 'db' | 'now'>;

/** More than anybody moves by hand; a schedule of which so many slots differ has the wrong rule. */
export const maxExceptions = 500;

/** What a person wants of one slot. */
export type SlotChange = { moveTo: Date } | { skip: true };

/** The exceptions of these schedules whose slot, or the time it was moved to, is not before `since`. */
export async function exceptionsSince(
  db: Db,
  scheduleIds: string[],
  since: Date,
): Promise<Map<string, ScheduleException[]>> {
  const found = new Map<string, ScheduleException[]>(scheduleIds.map((id) => [id, []]));
  if (scheduleIds.length === 0) return found;
  const rows = await db
    .select()
    .from(scheduleExceptions)
    .where(
      and(
        inArray(scheduleExceptions.scheduleId, scheduleIds),
        or(gte(scheduleExceptions.slotAt, since), gte(scheduleExceptions.movedTo, since)),
      ),
    );
  for (const row of rows) found.get(row.scheduleId)?.push(row);
  return found;
}

/** The same of one schedule. */
export async function exceptionsOf(db: Db, scheduleId: string, since: Date): Promise<ScheduleException[]> {
  return (await exceptionsSince(db, [scheduleId], since)).get(scheduleId) ?? [];
}

/**
 * Moves or skips one slot, also one that was moved or skipped before; to its own time again is to undo it. Throws
 * `not_found` for a schedule that is not the user's, `invalid_request` for a time that is no slot of it and for a place in
 * the past, before its start or after its end, `invalid_state` for a slot that has come already, `conflict` where another
 * slot stands, or when {@link maxExceptions} differ.
 */
export async function changeSlot(
  ctx: Ctx,
  userId: string,
  id: string,
  slotAt: Date,
  change: SlotChange,
): Promise<PlannedSlot> {
  return ctx.db.transaction(async (tx) => {
    const { now, schedule, exceptions } = await lockSlot(ctx, tx, userId, id, slotAt);
    const others = without(exceptions, slotAt);
    const movedTo = 'moveTo' in change ? change.moveTo : null;
    if (movedTo?.getTime() === slotAt.getTime()) return bringBack(tx, schedule, others, slotAt, now);
    if (movedTo) assertMayStand(schedule, [...others, { slotAt, movedTo }], movedTo, slotAt, now);
    if (others.length >= maxExceptions) {
      throw new AppError('conflict', `${maxExceptions} times of this schedule are moved or skipped already.`, {
        hint: 'Change its rule, or pause it.',
      });
    }
    const { scheduleId, slotAt: key } = scheduleExceptions;
    await tx
      .insert(scheduleExceptions)
      .values({ id: newId(), userId, scheduleId: id, slotAt, movedTo })
      .onConflictDoUpdate({ target: [scheduleId, key], set: { movedTo } });
    return settle(tx, schedule, [...others, { slotAt, movedTo }], slotAt, now);
  });
}

/**
 * Puts a slot back to where the rule has it. Throws what {@link changeSlot} throws, `not_found` for one that is neither
 * moved nor skipped, and `invalid_state` when its own time has gone by.
 */
export async function undoSlot(ctx: Ctx, userId: string, id: string, slotAt: Date): Promise<PlannedSlot> {
  return ctx.db.transaction(async (tx) => {
    const { now, schedule, exceptions } = await lockSlot(ctx, tx, userId, id, slotAt);
    const others = without(exceptions, slotAt);
    if (others.length === exceptions.length) {
      throw new AppError('not_found', 'This time is neither moved nor skipped.', {
        hint: 'Read the calendar again (GET /calendar); it may have been put back already.',
      });
    }
    return bringBack(tx, schedule, others, slotAt, now);
  });
}

async function bringBack(tx: Db, schedule: Schedule, others: Exception[], slotAt: Date, now: Date) {
  if (slotAt <= now) {
    throw new AppError('invalid_state', 'Its own time has gone by: it cannot go back there.', {
      hint: 'Move it to another time, or skip it.',
    });
  }
  assertFree(schedule, others, slotAt, slotAt);
  const mine = and(eq(scheduleExceptions.scheduleId, schedule.id), eq(scheduleExceptions.slotAt, slotAt));
  await tx.delete(scheduleExceptions).where(mine);
  return settle(tx, schedule, others, slotAt, now);
}

/** The schedule, locked, and its exceptions; refuses a slot that is none, or that has come. */
async function lockSlot(ctx: Ctx, tx: Db, userId: string, id: string, slotAt: Date) {
  const now = ctx.now();
  const schedule = await lockSchedule(tx, userId, id);
  // First of all: what has been run is not moved, whatever the rule says by now.
  const run = and(eq(scheduleRuns.scheduleId, id), eq(scheduleRuns.slotAt, slotAt));
  if ((await tx.$count(scheduleRuns, run)) > 0) throw gone('This time has had its run.');
  if (!slotOfRule(schedule, slotAt)) {
    const message = `is no time of this schedule`;
    throw new AppError('invalid_request', `slotAt: ${message}.`, {
      errors: [{ path: 'slotAt', message }],
      hint: 'Send the slotAt of one of its next times (GET /schedules/:id/preview, GET /calendar).',
    });
  }
  const exceptions: Exception[] = await exceptionsOf(tx, id, slotAt < now ? slotAt : now);
  const exception = exceptions.find((one) => one.slotAt.getTime() === slotAt.getTime());
  // A skipped slot may be moved to another time for as long as the rule has it ahead.
  if ((exception?.movedTo ?? slotAt) <= now) throw gone('This time has gone by.');
  return { now, schedule, exceptions };
}

const gone = (message: string) =>
  new AppError('invalid_state', message, { hint: 'Move one that is still to come (GET /schedules/:id/preview).' });

function assertMayStand(
  schedule: Schedule,
  exceptions: readonly Exception[],
  moveTo: Date,
  slotAt: Date,
  now: Date,
): void {
  const { startsAt, endsAt, timeZone } = schedule;
  if (moveTo <= now) throw badPlace('lies in the past', 'Choose a time that is still to come.');
  if (startsAt && moveTo < startsAt) {
    throw badPlace(`lies before the start of the schedule (${shown(startsAt, timeZone)})`, 'Change the start first.');
  }
  if (endsAt && moveTo > endsAt) {
    throw badPlace(`lies after the end of the schedule (${shown(endsAt, timeZone)})`, 'Change the end first.');
  }
  assertFree(schedule, exceptions, moveTo, slotAt);
}

function assertFree(schedule: Schedule, exceptions: readonly Exception[], at: Date, slotAt: Date): void {
  if (!slotAtMoment(schedule, exceptions, at, slotAt)) return;
  const clock = shown(at, schedule.timeZone);
  throw new AppError('conflict', `Another time of “${schedule.name}” is at ${clock} already.`, {
    hint: 'Choose another time of day, or move or skip that one first.',
  });
}

function badPlace(message: string, hint: string): AppError {
  return new AppError('invalid_request', `moveTo: ${message}.`, { errors: [{ path: 'moveTo', message }], hint });
}

/** Reckons the next time anew. One that is due already stays: it has not had its run, and nobody has moved it. */
async function settle(tx: Db, schedule: Schedule, exceptions: Exception[], slotAt: Date, now: Date) {
  if (schedule.nextSlotAt === null || schedule.nextSlotAt > now) {
    const nextSlotAt = schedule.pausedAt ? null : nextFor(schedule, now, exceptions);
    await tx.update(schedules).set({ nextSlotAt }).where(eq(schedules.id, schedule.id));
  }
  const exception = exceptions.find((one) => one.slotAt.getTime() === slotAt.getTime());
  const from = new Date((exception?.movedTo ?? slotAt).getTime() - 1);
  for (const slot of plannedSlots(schedule, exceptions, from, { withSkipped: true })) {
    if (slot.slotAt.getTime() === slotAt.getTime()) return slot;
  }
  throw new Error('a slot that was changed is gone');
}

/** A moment as it is said in answers: `2026-12-01 09:00`. */
export const shown = (at: Date, timeZone: string) => localTime(at, timeZone).slice(0, 16).replace('T', ' ');
const without = (exceptions: Exception[], slotAt: Date) =>
  exceptions.filter((one) => one.slotAt.getTime() !== slotAt.getTime());
