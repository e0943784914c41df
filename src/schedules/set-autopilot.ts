import { sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { Site } from '../sites/schema.ts';
import { publishingSchedules } from './autopilot.ts';
import type { AutopilotRequest } from './autopilot-present.ts';
import { type ScheduleBrief, scheduleBriefSchema } from './brief.ts';
import type { ScheduleRule } from './rule.ts';
import { createSchedule, type ScheduleInput, updateSchedule } from './schedules.ts';
import type { Schedule } from './schema.ts';

type Ctx = Pick<AppContext, 'db' | 'now' | 'secrets' | 'models'>;

/** Of an autopilot that is set up without a word: on three days a week, public once a person has approved. */
const usualRule: ScheduleRule = { perWeek: 3, times: ['09:00'] };
const usualBrief = { publish: 'publish', approval: 'manual' } as const;

/**
 * Sets the autopilot of a site up, changes it, or pauses and resumes all of it. A site that nothing publishes on gets a
 * schedule. Throws `conflict` when several schedules would have to be changed, of which each can be on its own, and what
 * {@link createSchedule} throws.
 */
export async function setAutopilot(ctx: Ctx, tx: Db, site: Site, request: AutopilotRequest): Promise<void> {
  // Two requests at once make one schedule.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`autopilot of ${site.id}`}))`);
  const inner = { ...ctx, db: tx };
  const { paused, rule, timeZone, monthlyBudgetMicroUsd, proposalsFromScore, ...brief } = request;
  const settings = { rule, timeZone, monthlyBudgetMicroUsd, proposalsFromScore };
  const rows = await publishingSchedules(tx, site.userId, site.id);
  if (rows.length === 0) {
    const input = { ...settings, rule: rule ?? usualRule, siteId: site.id, brief: briefOf(usualBrief, brief) };
    const made = await createSchedule(inner, tx, site.userId, input);
    if (paused) await updateSchedule(inner, site.userId, made.id, { paused });
    return;
  }
  const [only] = rows;
  const change = changeOf(settings, brief, only);
  if (change && rows.length > 1) {
    throw new AppError('conflict', `${rows.length} schedules publish on this site.`, {
      hint: 'Change each of them on its own (PATCH /schedules/:id); all together they can be paused and resumed.',
    });
  }
  if (change && only) await updateSchedule(inner, site.userId, only.id, change);
  if (paused === undefined) return;
  for (const row of rows) {
    if (paused !== (row.pausedAt !== null)) await updateSchedule(inner, site.userId, row.id, { paused });
  }
}

type Settings = Pick<ScheduleInput, 'timeZone' | 'monthlyBudgetMicroUsd' | 'proposalsFromScore'> & {
  rule: ScheduleRule | undefined;
};
type Wishes = Omit<AutopilotRequest, 'paused' | keyof Settings>;

const briefOf = (before: Partial<ScheduleBrief>, wishes: Wishes): ScheduleBrief =>
  scheduleBriefSchema.parse({ ...before, ...wishes });

function changeOf(settings: Settings, wishes: Wishes, row: Schedule | undefined): Partial<ScheduleInput> | null {
  const given = (part: object) => Object.values(part).some((value) => value !== undefined);
  if (!given(settings) && !given(wishes)) return null;
  const named = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { ...named, ...(given(wishes) && row ? { brief: briefOf(row.brief, wishes) } : {}) };
}
