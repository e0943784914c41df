import { z } from 'zod';
import { pipelineStatuses } from '../pipeline/schema.ts';
import { scheduleBriefSchema } from './brief.ts';
import { scheduleRequest, scheduleRunSchema, scheduleSchema, slotSchema } from './present.ts';

/** What is published on a site by itself: its schedules with their backlog, style, budget and approvals. */
export const autopilotSchema = z
  .object({
    siteId: z.uuid(),
    siteName: z.string(),
    timeZone: z.string().meta({ description: 'Of the site' }),
    state: z
      .enum(['off', 'on', 'paused'])
      .meta({ description: '`off`: no schedule publishes there; `paused`: there are some, and none of them runs' }),
    schedules: z.array(scheduleSchema).meta({ description: 'Those that publish there, oldest first' }),
    next: z.array(slotSchema.extend({ scheduleId: z.uuid() })).meta({ description: 'The next ten times of all' }),
    topics: z.object({
      open: z.int(),
      proposed: z.int().meta({ description: 'Proposals that a person could accept' }),
      proposedTaken: z.int().meta({ description: 'Of them, those good enough to be taken without one' }),
      lastDays: z
        .int()
        .nullable()
        .meta({ description: 'For how many days open topics and those proposals last; null while nothing runs' }),
    }),
    style: z.object({
      voice: z.string().nullable(),
      language: z.string().nullable().meta({ description: 'null: that of the sources' }),
      words: z.object({ min: z.int(), max: z.int() }).nullable(),
    }),
    budget: z.object({
      month: z.string(),
      spentMicroUsd: z.int().meta({ description: 'By articles that these schedules have begun this month' }),
      limitMicroUsd: z.int().nullable().meta({ description: 'Their monthly budgets together; null for no limit' }),
      accountSpentMicroUsd: z.int(),
      accountLimitMicroUsd: z.int(),
    }),
    approval: z
      .object({
        mode: z.enum(['manual', 'auto', 'draft', 'mixed']),
        holdHours: z.number(),
        minSeoScore: z.number(),
      })
      .nullable(),
    held: z
      .array(
        z.object({
          pipelineId: z.uuid(),
          articleId: z.uuid(),
          title: z.string(),
          endsAt: z.iso.datetime().nullable().meta({ description: 'When it goes public by itself; null: never' }),
          message: z.string(),
        }),
      )
      .meta({ description: 'Articles that wait for an approval before they go there' }),
    runs: z
      .array(
        scheduleRunSchema.extend({
          scheduleId: z.uuid(),
          topic: z.string().nullable(),
          pipelineStatus: z.enum(pipelineStatuses).nullable(),
          articleId: z.uuid().nullable(),
        }),
      )
      .meta({ description: 'The last ten' }),
  })
  .meta({ id: 'Autopilot' });
export type Autopilot = z.infer<typeof autopilotSchema>;

const { approval, holdHours, minSeoScore, voice, language, words, budgetMicroUsd, model } = scheduleBriefSchema.shape;
/** What a person says of the autopilot of a site; without a word it is made with the defaults. */
export const autopilotRequest = z
  .strictObject({
    paused: z.boolean().meta({ description: 'Pause all of it, or let all of it go on' }),
    ...scheduleRequest.pick({ rule: true, timeZone: true, monthlyBudgetMicroUsd: true, proposalsFromScore: true })
      .shape,
    publish: z.enum(['draft', 'publish']),
    ...{ approval: approval.unwrap(), holdHours: holdHours.unwrap(), minSeoScore },
    ...{ voice, language, words: words.unwrap(), budgetMicroUsd: budgetMicroUsd.unwrap(), model },
  })
  .partial()
  .meta({ id: 'AutopilotRequest' });
export type AutopilotRequest = z.output<typeof autopilotRequest>;
