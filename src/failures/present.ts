import { z } from 'zod';
import { errorCatalogue } from '../errors.ts';
import { type Failure, failureKinds } from './queries.ts';
import { type Decision, decisionKinds } from './waiting.ts';

const time = z.iso.datetime();
export const redriveWords = ['helps', 'mend-first', 'impossible'] as const;

/** A dead letter: what ended failed and is not tried again by itself. */
export const failureSchema = z
  .object({
    kind: z.enum(failureKinds),
    id: z.uuid().meta({ description: 'Of the pipeline, the publication, the delivery or the mail' }),
    title: z.string(),
    failedAt: time,
    error: z
      .object({ code: z.string(), message: z.string() })
      .meta({ description: 'The cause: a stable code, and in words' }),
    whatToDo: z.string(),
    redrive: z.enum(redriveWords).meta({
      description:
        'Whether trying again makes sense: it helps (what was in the way passes), something has to be mended first, or it is impossible as it is',
    }),
    attempts: z.int().meta({ description: 'How often it was tried' }),
    dismissed: z.boolean(),
    articleId: z.uuid().nullable(),
    siteId: z.uuid().nullable(),
    webhookId: z.uuid().nullable(),
  })
  .meta({ id: 'Failure' });

/** Something that waits for a person's decision. */
export const decisionSchema = z
  .object({
    kind: z.enum(decisionKinds),
    id: z.uuid().meta({ description: 'Of the pipeline; of the publication with conflict' }),
    title: z.string(),
    since: time,
    message: z.string().nullable(),
    articleId: z.uuid().nullable(),
  })
  .meta({ id: 'Decision' });

const obstacles: Record<NonNullable<Failure['obstacle']>, string> = {
  step: 'Open the run and redo it from the step that is named.',
  'webhook-off': 'The webhook is switched off: switch it on, then send this again.',
  'mail-gone': 'It cannot be sent again: its text or its link is no longer valid. Ask for a new one, or dismiss this.',
};

/** Puts a dead letter into words, with what its owner can do. */
export function presentFailure(row: Failure): z.infer<typeof failureSchema> {
  const error = row.error ?? {
    code: 'internal',
    message: 'The reason was not recorded.',
    hint: errorCatalogue.internal.hint,
  };
  const redrive = redriveOf(row, error.code);
  const again = 'What was in the way may have passed by now: try again.';
  const mend = /\b(retry|try|again)\b/i.test(error.hint) ? error.hint : `${error.hint} Then try again.`;
  return {
    kind: row.kind,
    id: row.id,
    title: row.title,
    failedAt: row.at.toISOString(),
    error: { code: error.code, message: error.message },
    whatToDo: row.obstacle ? obstacles[row.obstacle] : redrive === 'helps' ? again : mend,
    redrive,
    attempts: row.attempts,
    dismissed: row.dismissed,
    articleId: row.articleId,
    siteId: row.siteId,
    webhookId: row.webhookId,
  };
}

function redriveOf({ obstacle }: Failure, code: string): (typeof redriveWords)[number] {
  if (obstacle) return 'impossible';
  // A fault of ours may be mended by a newer version; the rest waits for a key, credit, a page, a password.
  const passes = code === 'internal' || errorCatalogue[code as keyof typeof errorCatalogue]?.retryable;
  return passes ? 'helps' : 'mend-first';
}

/** Puts what waits for a decision into words for the outside. */
export const presentDecision = (row: Decision): z.infer<typeof decisionSchema> => ({
  ...row,
  since: row.since.toISOString(),
});
