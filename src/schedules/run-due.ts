import { and, eq, sql } from 'drizzle-orm';
import { monthIn } from '../accounts/month.ts';
import { lockWorkLimits, mayWork } from '../accounts/work-limits.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError, type StoredError, toStoredError } from '../errors.ts';
import { createPipeline } from '../pipeline/commands.ts';
import { spentInMonth } from '../pipeline/schedule-spending.ts';
import { lockNextTopic } from '../topics/queries.ts';
import { markUsed } from '../topics/topics.ts';
import { briefOf } from './brief.ts';
import { exceptionsOf } from './exceptions.ts';
import { lockBestProposal, takenByRule } from './proposals.ts';
import { lockSchedule } from './queries.ts';
import { type Schedule, type ScheduleRun, scheduleRuns, schedules } from './schema.ts';
import { setAsideDuplicates } from './set-aside-duplicates.ts';
import { latestSlot, nextFor } from './slots.ts';
import { tellOfRun, tellSiteGone } from './tell.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'models' | 'webSearch' | 'config' | 'secrets' | 'embedder' | 'log'>;

/** Times are counted back as far as this, in milliseconds: after a longer downtime, how many were missed is "at least". */
const countedMs = 31 * 86_400_000;
/** What is done in one go before others have their turn. */
const mostAtOnce = 200;

/**
 * Runs every schedule whose time has come by the database's clock, which is one for all processes; tests bring a clock of
 * their own. Each in a transaction: the run of its time, the topic that is taken, the pipeline with its job, and the next
 * time are there together or not at all. One that cannot be run for a reason nobody foresaw keeps its time and does not keep
 * the others from theirs. Returns the runs that were made.
 */
export async function runDueSchedules(ctx: Ctx, clock?: Date): Promise<ScheduleRun[]> {
  const runs: ScheduleRun[] = [];
  const now = clock ?? (await databaseClock(ctx.db));
  const due = await queryRows<{ id: string; user_id: string }>(
    ctx.db,
    sql`select id, user_id from schedules where next_slot_at <= ${now.toISOString()}::timestamptz
        and ${mayWork(schedules.userId)} order by next_slot_at limit ${mostAtOnce}`,
  );
  for (const { id, user_id: userId } of due) {
    try {
      // Before the transaction: comparing takes up to seconds, and nothing is to be locked over it.
      await setAsideDuplicates(ctx, userId, id);
      const run = await ctx.db.transaction((tx) => runIfDue(ctx, tx, userId, id, now));
      if (run) runs.push(run);
    } catch (error) {
      ctx.log.error({ err: error, schedule: id }, 'a schedule could not be run; it is tried again');
    }
  }
  return runs;
}

/** The run that was made; null when another process was faster, or somebody has changed the schedule meanwhile. */
async function runIfDue(ctx: Ctx, tx: Db, userId: string, id: string, now: Date): Promise<ScheduleRun | null> {
  // The user before anything of theirs, in the order of everything that starts pipelines.
  const limits = await lockWorkLimits(tx, ctx.config, userId);
  if (limits.disabled) return null;
  const schedule = await lockIfThere(tx, userId, id);
  if (!schedule?.nextSlotAt || schedule.nextSlotAt > now) return null;
  if (schedule.siteId === null && schedule.brief.publish !== 'none') {
    await tx.update(schedules).set({ pausedAt: now, pausedBy: 'site', nextSlotAt: null }).where(eq(schedules.id, id));
    await tellSiteGone(ctx, tx, schedule);
    return null;
  }
  const first = schedule.nextSlotAt;
  const from = new Date(Math.max(first.getTime(), now.getTime() - countedMs) - 1);
  const exceptions = await exceptionsOf(tx, id, from);
  const latest = latestSlot(schedule, exceptions, from, now);
  const { slotAt, at } = latest?.slot ?? { slotAt: first, at: first };
  const movedTo = at.getTime() === slotAt.getTime() ? null : at;
  const goOn = () =>
    tx
      .update(schedules)
      .set({ lastSlotAt: at, nextSlotAt: nextFor({ ...schedule, lastSlotAt: at }, now, exceptions) })
      .where(eq(schedules.id, id));
  // Whoever brought its next time to one that has had its run: it is not stuck there.
  if (await hasRun(tx, id, slotAt)) {
    await goOn();
    return null;
  }
  const outcome = await start(ctx, tx, schedule, now);
  const [run] = await tx
    .insert(scheduleRuns)
    .values({ id: newId(), userId, scheduleId: id, slotAt, movedTo, missed: latest?.missed ?? 0, ...outcome })
    .onConflictDoNothing()
    .returning();
  // What was started is taken back with it: the time has had its run.
  if (!run) throw new AppError('conflict', 'A time of a schedule has come twice.');
  await goOn();
  await tellOfRun(ctx, tx, schedule, run);
  return run;
}

const hasRun = async (tx: Db, scheduleId: string, slotAt: Date): Promise<boolean> =>
  (await tx.$count(scheduleRuns, and(eq(scheduleRuns.scheduleId, scheduleId), eq(scheduleRuns.slotAt, slotAt)))) > 0;

type Outcome = Pick<ScheduleRun, 'outcome' | 'reason' | 'topicId' | 'pipelineId' | 'proposalScore'>;

/** Takes the next topic and starts its article; words with what to do where that is not possible now. */
async function start(ctx: Ctx, tx: Db, schedule: Schedule, now: Date): Promise<Outcome> {
  const topic = (await lockNextTopic(tx, schedule.userId, schedule.siteId)) ?? (await lockBestProposal(tx, schedule));
  if (!topic) return skipped(toStoredError(new AppError('no_topic', 'There was no topic to write about.')));
  try {
    // A savepoint: a pipeline that is refused leaves nothing behind, and the topic stays for the next time.
    return await tx.transaction(async (inner) => {
      const brief = briefOf(schedule.brief, schedule.siteId, topic);
      const pipeline = await createPipeline(ctx, inner, schedule.userId, brief);
      await checkBudget(inner, schedule, pipeline.expectedMicroUsd, now);
      await markUsed(inner, topic, pipeline.id);
      return { outcome: 'started', reason: null, topicId: topic.id, pipelineId: pipeline.id, ...takenByRule(topic) };
    });
  } catch (error) {
    // What is not ours to explain is tried again with the next look: the time is still due then.
    if (!(error instanceof AppError)) throw error;
    return skipped(toStoredError(error));
  }
}

const skipped = (reason: StoredError): Outcome => ({
  outcome: 'skipped',
  reason,
  topicId: null,
  pipelineId: null,
  proposalScore: null,
});

async function checkBudget(tx: Db, schedule: Schedule, expectedMicroUsd: number, now: Date): Promise<void> {
  const budget = schedule.monthlyBudgetMicroUsd;
  if (budget === null) return;
  const month = monthIn(schedule.timeZone, now);
  const spent = await spentInMonth(tx, schedule.id, month);
  if (spent + expectedMicroUsd <= budget) return;
  const dollars = (microUsd: number) => `${(microUsd / 1_000_000).toFixed(2)} $`;
  throw new AppError(
    'budget_exceeded',
    `The articles of this schedule have cost ${dollars(spent)} this month, and one more is expected to cost ${dollars(expectedMicroUsd)}: more than its ${dollars(budget)}.`,
    { hint: `Raise the monthly budget of the schedule, or wait: it goes on at the start of the next month.` },
  );
}

async function lockIfThere(tx: Db, userId: string, id: string): Promise<Schedule | null> {
  try {
    return await lockSchedule(tx, userId, id);
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  }
}

async function databaseClock(db: Db): Promise<Date> {
  const [row] = await queryRows<{ now: string | Date }>(db, sql`select now() as now`);
  return new Date(row?.now ?? Number.NaN);
}
