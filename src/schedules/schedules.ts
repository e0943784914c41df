import { isDeepStrictEqual } from 'node:util';
import { eq, sql } from 'drizzle-orm';
import { isTimeZone } from '../accounts/calendar.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { modelsOf } from '../pipeline/choose-model.ts';
import { getSite } from '../sites/queries.ts';
import type { ScheduleBrief } from './brief.ts';
import { lockSchedule } from './queries.ts';
import { checkRule, type ScheduleRule } from './rule.ts';
import { type Schedule, schedules } from './schema.ts';
import { nextFor, type Timing } from './slots.ts';
import { dropVoid } from './void-exceptions.ts';

type Ctx = Pick<AppContext, 'db' | 'now' | 'secrets' | 'models'>;

/** What a person says of a schedule. */
export interface ScheduleInput {
  name?: string | undefined;
  siteId?: string | null | undefined;
  rule: ScheduleRule;
  /** IANA name; the site's where it is left out, else UTC. */
  timeZone?: string | undefined;
  brief: ScheduleBrief;
  monthlyBudgetMicroUsd?: number | null | undefined;
  /** 0 to 100: with an empty backlog the best proposal with at least this score is taken. */
  proposalsFromScore?: number | null | undefined;
  startsAt?: Date | null | undefined;
  endsAt?: Date | null | undefined;
}

/** More than a person keeps in mind, and few enough that all of them may be due at once. */
export const maxSchedules = 100;

/**
 * Stores a schedule that begins at once, or at `startsAt`. Throws `invalid_request` for a rule that cannot be meant, an
 * unknown zone, a time that is past, and publishing without a site; `not_found` for a site that is not the user's;
 * `model_unknown` for a model that cannot be asked for them; `conflict` when the user has {@link maxSchedules}.
 */
export async function createSchedule(ctx: Ctx, tx: Db, userId: string, input: ScheduleInput): Promise<Schedule> {
  const now = ctx.now();
  const site = input.siteId ? await getSite(tx, userId, input.siteId) : null;
  const timeZone = input.timeZone ?? zoneOf(site?.timezone);
  const startsAt = input.startsAt ?? null;
  const endsAt = input.endsAt ?? null;
  checkSchedule({ ...input, siteId: site?.id ?? null, timeZone, startsAt, endsAt }, now);
  if (startsAt && startsAt < now) throw past('startsAt', 'leave it out to begin now');
  if (endsAt && endsAt < now) throw past('endsAt', 'leave it out to go on without end');
  await checkModel({ ...ctx, db: tx }, userId, input.brief);
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`schedules of ${userId}`}))`);
  if ((await tx.$count(schedules, eq(schedules.userId, userId))) >= maxSchedules) {
    throw new AppError('conflict', `You already have ${maxSchedules} schedules.`, {
      hint: 'Delete one that is no longer needed, or give one more times.',
    });
  }
  const [row] = await tx
    .insert(schedules)
    .values({
      id: newId(),
      userId,
      siteId: site?.id ?? null,
      name: input.name ?? site?.name ?? 'Schedule',
      rule: input.rule,
      timeZone,
      brief: input.brief,
      monthlyBudgetMicroUsd: input.monthlyBudgetMicroUsd ?? null,
      proposalsFromScore: input.proposalsFromScore ?? null,
      startsAt,
      endsAt,
      nextSlotAt: nextFor({ rule: input.rule, timeZone, startsAt, endsAt, lastSlotAt: null }, now, []),
    })
    .returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

/**
 * Changes a schedule from this moment on; what is left out stays. A time that has been dealt with does not come again.
 * Also returns words for what was moved or skipped and has no place in the changed schedule: that is forgotten.
 */
export async function updateSchedule(
  ctx: Ctx,
  userId: string,
  id: string,
  change: Partial<ScheduleInput> & { paused?: boolean | undefined },
): Promise<{ schedule: Schedule; warnings: string[] }> {
  return ctx.db.transaction(async (tx) => {
    const now = ctx.now();
    const schedule = await lockSchedule(tx, userId, id);
    const { paused, ...columns } = change;
    if (columns.siteId) await getSite(tx, userId, columns.siteId);
    const next = { ...schedule, ...present(columns) };
    checkSchedule(next, now);
    if (columns.brief) await checkModel({ ...ctx, db: tx }, userId, columns.brief);
    if (columns.startsAt && columns.startsAt < now) throw past('startsAt', 'set it to null to begin now');
    if (columns.endsAt && columns.endsAt < now) throw past('endsAt', 'set it to null to go on without end');
    if (paused === true && schedule.pausedAt === null) Object.assign(next, { pausedAt: now, pausedBy: 'user' });
    if (paused === false) Object.assign(next, { pausedAt: null, pausedBy: null });
    const { exceptions, warnings } = await dropVoid(tx, next, now);
    // A time that has come and is not run yet is not lost to a new name or brief.
    const goesOn = schedule.pausedAt === null && next.pausedAt === null && sameTimes(schedule, next);
    const nextSlotAt = next.pausedAt ? null : goesOn ? schedule.nextSlotAt : nextFor(next, now, exceptions);
    const [row] = await tx
      .update(schedules)
      .set({ ...next, nextSlotAt, updatedAt: now })
      .where(eq(schedules.id, id))
      .returning();
    if (!row) throw new Error('a locked schedule is gone');
    return { schedule: row, warnings };
  });
}

function sameTimes(a: Timing, b: Timing): boolean {
  const read = ({ rule, timeZone, startsAt, endsAt }: Timing) => ({ rule, timeZone, startsAt, endsAt });
  return isDeepStrictEqual(read(a), read(b));
}

/** Forgets a schedule and what it ran; its articles and topics stay. Throws `not_found`. */
export async function deleteSchedule(ctx: Ctx, userId: string, id: string): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    await lockSchedule(tx, userId, id);
    await tx.delete(schedules).where(eq(schedules.id, id));
  });
}

type Checked = Pick<Schedule, 'rule' | 'timeZone' | 'siteId' | 'startsAt' | 'endsAt' | 'brief'>;

function checkSchedule({ rule, timeZone, siteId, startsAt, endsAt, brief }: Checked, now: Date): void {
  if (!isTimeZone(timeZone)) throw invalid('timeZone', 'is no time zone: write one such as Europe/Berlin');
  checkRule(rule, timeZone, now);
  if (brief.publish !== 'none' && siteId === null) {
    throw invalid('siteId', 'is needed to publish: choose a site, or publish "none"');
  }
  if (startsAt && endsAt && endsAt <= startsAt) throw invalid('endsAt', 'must be after startsAt');
}

/** A model that nobody can ask would be found out about only when the first time comes. */
async function checkModel(ctx: Ctx, userId: string, { model }: ScheduleBrief): Promise<void> {
  if (model) await (await modelsOf(ctx, userId)).resolve(model);
}

/** The zone of a site; one that has none of its own counts as UTC, and an offset is not what schedules are read by. */
function zoneOf(timezone: string | undefined): string {
  return timezone && isTimeZone(timezone) ? timezone : 'UTC';
}

/** A field that was sent as undefined was left out. */
function present<Value extends object>(value: Value): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}

const past = (path: string, way: string) => invalid(path, `lies in the past: ${way}`);

function invalid(path: string, message: string): AppError {
  return new AppError('invalid_request', `${path}: ${message}.`, { errors: [{ path, message }] });
}
