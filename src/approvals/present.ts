import { z } from 'zod';
import { gateFiguresSchema } from './gate-figures.ts';
import { type Approval, decisions, decisionVias } from './schema.ts';

/** A decision about whether an article goes public. */
export const approvalSchema = z
  .object({
    id: z.uuid(),
    articleId: z.uuid().nullable(),
    pipelineId: z.uuid().nullable().meta({ description: 'null where publishing was asked for by hand' }),
    decision: z.enum(decisions).meta({ description: '`released`: let out by a person after it was held' }),
    by: z.string().meta({ description: 'Who, as they were called at that time; or which rule' }),
    via: z.enum(decisionVias),
    gates: gateFiguresSchema.nullable().meta({ description: 'What the rule looked at' }),
    revision: z.int().nullable().meta({ description: 'Of the article that was meant' }),
    at: z.iso.datetime(),
  })
  .meta({ id: 'Approval' });

/** A decision as it leaves. */
export function presentApproval(row: Approval): z.infer<typeof approvalSchema> {
  const { id, articleId, pipelineId, decision, decidedBy, via, gates, revision, decidedAt } = row;
  return { id, articleId, pipelineId, decision, by: decidedBy, via, gates, revision, at: decidedAt.toISOString() };
}
