import { and, desc, eq } from 'drizzle-orm';
import { post } from '../accounts/mails.ts';
import { users } from '../accounts/schema.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError, type StoredError, toStoredError } from '../errors.ts';
import { emitEvent } from '../webhooks/events.ts';
import { type Schedule, type ScheduleRun, type ScheduleWarningKind, scheduleRuns, scheduleWarnings } from './schema.ts';

type Ctx = Pick<AppContext, 'config' | 'secrets' | 'queue' | 'log'>;

/** Reasons of a run that led to nothing which are about money or limits. */
const limitReasons: readonly string[] = ['budget_exceeded', 'articles_limit_reached', 'queue_full'];
/** So many such runs in a row are told of. */
const toldAfter = 3;

/**
 * Tells what a time of a schedule has led to, in the transaction that writes it: the user's webhooks each time, the user by
 * mail once when there is no topic any more, or when three times in a row have come to nothing for a limit. An article
 * that begins makes both of them news again.
 */
export async function tellOfRun(ctx: Ctx, tx: Db, schedule: Schedule, run: ScheduleRun): Promise<void> {
  const { slotAt, missed, reason, topicId, pipelineId } = run;
  const data = { ...dataOf(schedule), slotAt: slotAt.toISOString(), missed, reason, topicId, pipelineId };
  await emitEvent(ctx, tx, schedule.userId, { type: `schedule.${run.outcome}`, data });
  if (run.outcome === 'started') {
    await tx.delete(scheduleWarnings).where(eq(scheduleWarnings.scheduleId, schedule.id));
    return;
  }
  if (reason?.code === 'no_topic') {
    await tellOnce(ctx, tx, schedule, 'no_topic', {
      subject: `“${schedule.name}” has no more topics`,
      paragraphs: [
        `The schedule “${schedule.name}” came to its time and found no topic to write about.`,
        'Add topics to the backlog, or accept proposals: the next time takes the first of them. There will be no further mail about this until it has written again or found a topic.',
      ],
    });
    return;
  }
  // It had a topic, so that running out of them would be news again.
  await forget(tx, schedule, 'no_topic');
  const reasons = await skippedInARow(tx, schedule);
  if (reasons.length < toldAfter) return;
  await tellOnce(ctx, tx, schedule, 'skipping', {
    subject: `“${schedule.name}” was skipped ${reasons.length} times in a row`,
    paragraphs: [
      `The last ${reasons.length} times of the schedule “${schedule.name}” have led to no article. The reason of the last one:`,
      `${reason?.message ?? ''} ${reason?.hint ?? ''}`.trim(),
      'Its topics stay in the backlog. There will be no further mail about this until an article has begun.',
    ],
  });
}

/** Tells that a schedule was paused because the site that it publishes to is gone. The pause itself makes this happen once. */
export async function tellSiteGone(ctx: Ctx, tx: Db, schedule: Schedule): Promise<void> {
  const gone = new AppError('not_found', 'The site that it publishes to was deleted.', {
    hint: 'Choose another site, or let it write without publishing, and resume it.',
  });
  const reason = toStoredError(gone);
  const slotAt = schedule.nextSlotAt?.toISOString() ?? null;
  const data = { ...dataOf(schedule), slotAt, missed: 0, reason, topicId: null, pipelineId: null };
  await emitEvent(ctx, tx, schedule.userId, { type: 'schedule.skipped', data });
  await mail(ctx, tx, schedule, {
    subject: `“${schedule.name}” was paused: its site is gone`,
    paragraphs: [`The schedule “${schedule.name}” is paused. ${reason.message} ${reason.hint}`],
  });
}

/** What the API warns of besides the state of a schedule: that its last times were skipped for a limit. */
export async function skippingWarnings(db: Db, schedule: Schedule): Promise<string[]> {
  const reasons = await skippedInARow(db, schedule);
  const [last] = reasons;
  if (!last) return [];
  const times = reasons.length === 1 ? 'The last time was' : `The last ${reasons.length} times were`;
  return [`${times} skipped: ${last.message} ${last.hint}`];
}

/** Why the latest runs led to nothing, newest first, as long as it was for a limit; at most {@link toldAfter}. */
async function skippedInARow(db: Db, schedule: Schedule): Promise<StoredError[]> {
  const rows = await db
    .select({ outcome: scheduleRuns.outcome, reason: scheduleRuns.reason })
    .from(scheduleRuns)
    .where(eq(scheduleRuns.scheduleId, schedule.id))
    .orderBy(desc(scheduleRuns.id))
    .limit(toldAfter);
  const reasons = rows.map(({ reason }) => (reason && limitReasons.includes(reason.code) ? reason : null));
  const end = reasons.indexOf(null);
  return reasons.slice(0, end < 0 ? undefined : end).filter((reason) => reason !== null);
}

interface News {
  subject: string;
  paragraphs: string[];
}

async function tellOnce(ctx: Ctx, tx: Db, schedule: Schedule, kind: ScheduleWarningKind, news: News): Promise<void> {
  const told = await tx
    .insert(scheduleWarnings)
    .values({ scheduleId: schedule.id, userId: schedule.userId, kind })
    .onConflictDoNothing()
    .returning({ kind: scheduleWarnings.kind });
  if (told.length > 0) await mail(ctx, tx, schedule, news);
}

async function forget(tx: Db, schedule: Schedule, kind: ScheduleWarningKind): Promise<void> {
  await tx
    .delete(scheduleWarnings)
    .where(and(eq(scheduleWarnings.scheduleId, schedule.id), eq(scheduleWarnings.kind, kind)));
}

async function mail(ctx: Ctx, tx: Db, schedule: Schedule, { subject, paragraphs }: News): Promise<void> {
  const [user] = await tx.select({ email: users.email }).from(users).where(eq(users.id, schedule.userId));
  if (!user?.email) return;
  await post(
    ctx,
    tx,
    { userId: schedule.userId, email: user.email },
    {
      kind: 'schedule-stopped',
      subject,
      paragraphs,
      action: { label: 'Schedules', url: `${ctx.config.http.appUrl}/schedules` },
    },
  );
}

const dataOf = ({ id, name, siteId }: Schedule) => ({ id, name, siteId });
