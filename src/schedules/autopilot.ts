import { and, desc, eq, inArray, ne, sql } from 'drizzle-orm';
import { monthIn } from '../accounts/month.ts';
import { getWorkLimits } from '../accounts/work-limits.ts';
import { articles } from '../articles/schema.ts';
import { spendingOf } from '../budget/spending.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { defaultMinSeoScore } from '../pipeline/7-publish/gates.ts';
import { paidInMonth } from '../pipeline/schedule-spending.ts';
import { pipelines } from '../pipeline/schema.ts';
import type { Site } from '../sites/schema.ts';
import { settingsOf } from '../sites/settings.ts';
import { countOpen } from '../topics/queries.ts';
import { topics } from '../topics/schema.ts';
import type { Autopilot } from './autopilot-present.ts';
import { exceptionsSince } from './exceptions.ts';
import { presentRun, presentSchedules, presentSlot } from './present.ts';
import { type Schedule, scheduleRuns, schedules } from './schema.ts';
import { type PlannedSlot, plannedSlots } from './slots.ts';

type Ctx = Pick<AppContext, 'db' | 'config' | 'now'>;

const dayMs = 86_400_000;
/** How many next times are named, and how many last runs. */
const timesShown = 10;
const runsShown = 10;
/** Of how many coming times it is worked out how long the topics last; beyond that they last "at least" so long. */
const timesCounted = 400;
/** More articles than anyone keeps on hold; the rest is in the list of runs. */
const heldShown = 50;

/** The schedules of a user that publish on a site, oldest first. */
export async function publishingSchedules(db: Db, userId: string, siteId: string): Promise<Schedule[]> {
  return db
    .select()
    .from(schedules)
    .where(
      and(
        eq(schedules.userId, userId),
        eq(schedules.siteId, siteId),
        ne(sql`${schedules.brief} ->> 'publish'`, sql`'none'`),
      ),
    )
    .orderBy(schedules.id);
}

/** Everything about what is published on a site without a person beginning it. */
export async function describeAutopilot(ctx: Ctx, site: Site): Promise<Autopilot> {
  const { db } = ctx;
  const now = ctx.now();
  const rows = await publishingSchedules(db, site.userId, site.id);
  const going = rows.filter(({ nextSlotAt }) => nextSlotAt !== null);
  const coming = await comingTimes(db, going, now);
  return {
    siteId: site.id,
    siteName: site.name,
    timeZone: site.timezone,
    state: rows.length === 0 ? 'off' : going.length === 0 ? 'paused' : 'on',
    schedules: await presentSchedules(db, rows),
    next: coming
      .slice(0, timesShown)
      .map(({ scheduleId, timeZone, slot }) => ({ scheduleId, ...presentSlot(slot, timeZone) })),
    topics: await backlogOf(db, site, rows, coming, now),
    style: styleOf(site, rows),
    budget: await budgetOf(ctx, site.userId, rows, now),
    approval: approvalOf(rows),
    held: await heldOn(db, site),
    runs: await lastRuns(db, rows),
  };
}

interface ComingTime {
  scheduleId: string;
  timeZone: string;
  slot: PlannedSlot;
}

/** The next times of all of them together, in order. */
async function comingTimes(db: Db, rows: Schedule[], now: Date): Promise<ComingTime[]> {
  // One that is due and not run yet comes first.
  const since = new Date(Math.min(now.getTime(), ...rows.map(({ nextSlotAt }) => (nextSlotAt ?? now).getTime() - 1)));
  const exceptions = await exceptionsSince(
    db,
    rows.map(({ id }) => id),
    since,
  );
  const times = rows.flatMap((row) => {
    const { id, timeZone, nextSlotAt } = row;
    const found: ComingTime[] = [];
    const after = new Date((nextSlotAt ?? now).getTime() - 1);
    for (const slot of plannedSlots(row, exceptions.get(id) ?? [], after)) {
      if (found.length === timesCounted) break;
      found.push({ scheduleId: id, timeZone, slot });
    }
    return found;
  });
  return times.sort((a, b) => a.slot.at.getTime() - b.slot.at.getTime()).slice(0, timesCounted);
}

async function backlogOf(
  db: Db,
  { id, userId }: Site,
  rows: Schedule[],
  coming: ComingTime[],
  now: Date,
): Promise<Autopilot['topics']> {
  const open = await countOpen(db, userId, id);
  const here = and(
    eq(topics.userId, userId),
    eq(topics.status, 'proposed'),
    sql`(${topics.siteId} = ${id} or ${topics.siteId} is null)`,
  );
  const proposed = await db.$count(topics, here);
  const floors = rows.flatMap(({ proposalsFromScore }) => proposalsFromScore ?? []);
  const taken =
    floors.length === 0 ? 0 : await db.$count(topics, and(here, sql`${topics.score} >= ${Math.min(...floors)}`));
  // The first time that finds none says how long they last.
  const empty = coming[open + taken] ?? coming.at(-1);
  const lastDays = empty ? Math.max(0, Math.floor((empty.slot.at.getTime() - now.getTime()) / dayMs)) : null;
  return { open, proposed, proposedTaken: taken, lastDays: open + taken === 0 && empty ? 0 : lastDays };
}

function styleOf(site: Site, rows: Schedule[]): Autopilot['style'] {
  const settings = settingsOf(site);
  const brief = rows[0]?.brief;
  return {
    voice: brief?.voice ?? settings.voice,
    language: brief?.language ?? settings.language,
    words: brief?.words ?? null,
  };
}

async function budgetOf(ctx: Ctx, userId: string, rows: Schedule[], now: Date): Promise<Autopilot['budget']> {
  let spentMicroUsd = 0;
  for (const { id, timeZone } of rows) spentMicroUsd += await paidInMonth(ctx.db, id, monthIn(timeZone, now));
  const limited = rows.every(({ monthlyBudgetMicroUsd }) => monthlyBudgetMicroUsd !== null) && rows.length > 0;
  const limits = await getWorkLimits(ctx.db, ctx.config, userId);
  const { instance } = await spendingOf(ctx.db, userId, limits.month.name);
  return {
    month: monthIn(rows[0]?.timeZone ?? limits.timeZone, now).name,
    spentMicroUsd,
    limitMicroUsd: limited
      ? rows.reduce((sum, { monthlyBudgetMicroUsd }) => sum + (monthlyBudgetMicroUsd ?? 0), 0)
      : null,
    accountSpentMicroUsd: instance.settledMicroUsd,
    accountLimitMicroUsd: limits.monthlyLimitMicroUsd,
  };
}

/** How articles come to go public; `mixed` when the schedules differ. */
function approvalOf(rows: Schedule[]): Autopilot['approval'] {
  const [first] = rows;
  if (!first) return null;
  const { publish, approval, holdHours, minSeoScore = defaultMinSeoScore } = first.brief;
  const modeOf = ({ brief }: Schedule) => (brief.publish === 'draft' ? 'draft' : brief.approval);
  const same = rows.every((row) => modeOf(row) === modeOf(first));
  return { mode: same ? (publish === 'draft' ? 'draft' : approval) : 'mixed', holdHours, minSeoScore };
}

/** The articles that wait for an approval before they go to the site, those that go out by themselves first. */
async function heldOn(db: Db, { id, userId }: Site): Promise<Autopilot['held']> {
  const rows = await db
    .select({ pipelineId: pipelines.id, waiting: pipelines.waiting, articleId: articles.id, title: articles.title })
    .from(pipelines)
    .innerJoin(articles, eq(articles.id, pipelines.articleId))
    .where(
      and(
        eq(pipelines.userId, userId),
        eq(pipelines.siteId, id),
        eq(pipelines.status, 'waiting'),
        sql`${pipelines.waiting} ->> 'reason' = 'approval'`,
        sql`${articles.deletedAt} is null`,
      ),
    )
    .orderBy(sql`${pipelines.waiting} ->> 'until' nulls last`, pipelines.id)
    .limit(heldShown);
  return rows.map(({ waiting, ...row }) => ({
    ...row,
    endsAt: waiting?.until ?? null,
    message: waiting?.message ?? '',
  }));
}

async function lastRuns(db: Db, rows: Schedule[]): Promise<Autopilot['runs']> {
  if (rows.length === 0) return [];
  const runs = await db
    .select({ run: scheduleRuns, topic: pipelines.topic, status: pipelines.status, articleId: pipelines.articleId })
    .from(scheduleRuns)
    .leftJoin(pipelines, eq(pipelines.id, scheduleRuns.pipelineId))
    .where(
      inArray(
        scheduleRuns.scheduleId,
        rows.map(({ id }) => id),
      ),
    )
    .orderBy(desc(scheduleRuns.slotAt), desc(scheduleRuns.id))
    .limit(runsShown);
  return runs.map(({ run, topic, status, articleId }) => ({
    ...presentRun(run),
    scheduleId: run.scheduleId,
    topic,
    pipelineStatus: status,
    articleId,
  }));
}
