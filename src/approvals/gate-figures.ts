import { z } from 'zod';

const money = z.int().meta({ description: 'Micro-dollars' });
const spent = z.object({ spentMicroUsd: money, limitMicroUsd: money });

/** What the gates of automatic approval looked at; a limit that there is none of is null. */
export const gateFiguresSchema = z
  .object({
    doubtfulClaims: z.int().meta({ description: 'Claims in the text that are unsupported or contradicted' }),
    uncheckedSentences: z.int().optional().meta({
      description:
        'Statements that a person has written since the check; missing in decisions from before they were counted',
    }),
    seoScore: z.number().nullable(),
    minSeoScore: z.number().meta({ description: 'The floor' }),
    holdHours: z.number(),
    month: spent.meta({ description: "The user's month, of what the instance pays" }),
    ownMonth: spent.nullable().meta({ description: "The user's month, of what their own keys pay" }),
    scheduleMonth: spent.nullable().meta({ description: 'The month of the schedule that began the article' }),
  })
  .meta({ id: 'GateFigures' });
export type GateFigures = z.infer<typeof gateFiguresSchema>;
