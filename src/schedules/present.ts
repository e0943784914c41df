import { z } from 'zod';
import { localTime } from '../accounts/calendar.ts';
import { timeZoneSchema } from '../accounts/present.ts';
import type { Db } from '../db/open.ts';
import { oneLine } from '../storable.ts';
import { countOpen } from '../topics/queries.ts';
import { scheduleBriefSchema } from './brief.ts';
import { countProposals } from './proposals.ts';
import { latestRuns } from './queries.ts';
import { scheduleRuleSchema } from './rule.ts';
import type { Schedule, ScheduleRun } from './schema.ts';
import type { PlannedSlot } from './slots.ts';
import { skippingWarnings } from './tell.ts';

const storedError = z.object({ code: z.string(), message: z.string(), hint: z.string() });
const moment = z.iso.datetime({ offset: true });

/** What a person says of a schedule. */
export const scheduleRequest = z
  .strictObject({
    name: z.string().overwrite(oneLine).min(1).max(100).optional(),
    siteId: z.uuid().nullish(),
    rule: scheduleRuleSchema,
    timeZone: timeZoneSchema.optional().meta({ description: 'The one of the site where it is left out, else UTC' }),
    brief: scheduleBriefSchema.prefault({}).meta({ description: 'What each article is asked for besides its topic' }),
    monthlyBudgetMicroUsd: z.int().min(0).max(1_000_000_000_000).nullish(),
    proposalsFromScore: z.number().min(0).max(100).nullish().meta({
      description: 'With an empty backlog the best proposal with at least this score is taken; null: none is',
    }),
    startsAt: moment.nullish(),
    endsAt: moment.nullish(),
  })
  .meta({ id: 'ScheduleRequest' });

export const scheduleRunSchema = z
  .object({
    id: z.uuid(),
    slotAt: z.string(),
    movedTo: z.string().nullable().meta({ description: 'Where a person had moved it; null where the rule has it' }),
    outcome: z.enum(['started', 'skipped']),
    reason: storedError.nullable().meta({ description: 'Why nothing was started, and what to do' }),
    missed: z.int().meta({ description: 'Times before it that went by while nothing ran; they are not made up for' }),
    topicId: z.uuid().nullable(),
    pipelineId: z.uuid().nullable(),
    proposalScore: z.number().nullable().meta({
      description:
        'Of a proposal that was taken by the rule of the schedule; null for a topic that a person had accepted',
    }),
    createdAt: z.string(),
  })
  .meta({ id: 'ScheduleRun' });

export const scheduleStates = ['active', 'paused', 'site_deleted', 'over'] as const;

export const scheduleSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    siteId: z.uuid().nullable(),
    rule: scheduleRuleSchema,
    timeZone: z.string(),
    brief: scheduleBriefSchema,
    monthlyBudgetMicroUsd: z.int().nullable(),
    proposalsFromScore: z.number().nullable(),
    startsAt: z.string().nullable(),
    endsAt: z.string().nullable(),
    state: z.enum(scheduleStates),
    nextSlotAt: z.string().nullable(),
    openTopics: z.int().meta({ description: 'Topics in the backlog that it can take' }),
    lastRun: scheduleRunSchema.nullable(),
    warnings: z.array(z.string()).meta({ description: 'What will keep the next times from leading to an article' }),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Schedule' });

export const slotSchema = z
  .object({
    slotAt: z.string().meta({ description: 'When the rule has it: what it is known by, wherever it stands' }),
    at: z.string(),
    state: z.enum(['planned', 'moved', 'skipped']),
    clock: z.string().meta({ description: 'Its time on the clocks of the zone' }),
    note: z.string().nullable().meta({ description: 'From where it was moved, or what a change of the clocks does' }),
  })
  .meta({ id: 'Slot' });

const notesOfClocks = {
  once: null,
  never: 'The clocks are put forward over this time: it comes as much later.',
  twice: 'The clocks show this time twice: the first is meant.',
};

/** What is to be known of a slot: from where it was moved, or what a change of the clocks does to it; null for nothing. */
export function noteOfSlot({ state, shown, slotAt }: PlannedSlot, timeZone: string): string | null {
  if (state !== 'moved') return notesOfClocks[shown];
  return `Moved from ${localTime(slotAt, timeZone).slice(0, 16).replace('T', ' ')} (${timeZone}).`;
}

/** A time of a schedule as the API shows it. */
export function presentSlot(slot: PlannedSlot, timeZone: string): z.infer<typeof slotSchema> {
  const { slotAt, at, state, clock } = slot;
  return {
    slotAt: slotAt.toISOString(),
    at: at.toISOString(),
    state,
    clock,
    note: noteOfSlot(slot, timeZone),
  };
}

/** What one time of a schedule has led to, as the API shows it. */
export function presentRun(row: ScheduleRun): z.infer<typeof scheduleRunSchema> {
  const { id, slotAt, movedTo, outcome, reason, missed, topicId, pipelineId, proposalScore, createdAt } = row;
  return {
    id,
    slotAt: slotAt.toISOString(),
    movedTo: movedTo?.toISOString() ?? null,
    outcome,
    reason,
    missed,
    topicId,
    pipelineId,
    proposalScore,
    createdAt: createdAt.toISOString(),
  };
}

/** Schedules as the API shows them, with what they find in the backlog. */
export async function presentSchedules(db: Db, rows: Schedule[]): Promise<z.infer<typeof scheduleSchema>[]> {
  const runs = await latestRuns(
    db,
    rows.map(({ id }) => id),
  );
  const shown: z.infer<typeof scheduleSchema>[] = [];
  for (const row of rows) {
    const openTopics = await countOpen(db, row.userId, row.siteId);
    const usable = openTopics === 0 ? await countProposals(db, row) : 0;
    const run = runs.get(row.id);
    const state = stateOf(row);
    shown.push({
      id: row.id,
      name: row.name,
      siteId: row.siteId,
      rule: row.rule,
      timeZone: row.timeZone,
      brief: row.brief,
      monthlyBudgetMicroUsd: row.monthlyBudgetMicroUsd,
      proposalsFromScore: row.proposalsFromScore,
      startsAt: row.startsAt?.toISOString() ?? null,
      endsAt: row.endsAt?.toISOString() ?? null,
      state,
      nextSlotAt: row.nextSlotAt?.toISOString() ?? null,
      openTopics,
      lastRun: run ? presentRun(run) : null,
      warnings: [...warningsOf(state, openTopics + usable), ...(await skippingWarnings(db, row))],
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
    });
  }
  return shown;
}

function stateOf(row: Schedule): (typeof scheduleStates)[number] {
  if (row.siteId === null && row.brief.publish !== 'none') return 'site_deleted';
  if (row.pausedAt) return 'paused';
  return row.nextSlotAt ? 'active' : 'over';
}

function warningsOf(state: (typeof scheduleStates)[number], openTopics: number): string[] {
  const warnings: string[] = [];
  if (state === 'site_deleted') {
    warnings.push('The site that it publishes to was deleted: choose another one, or let it write without publishing.');
  }
  if (state === 'over') warnings.push('No time is left before its end: change the end or the times.');
  if (openTopics === 0) warnings.push('There is no topic to write about: add some to the backlog.');
  return warnings;
}
