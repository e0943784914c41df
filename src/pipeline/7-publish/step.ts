import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { lastDecision, recordDecision } from '../../approvals/approvals.ts';
import { type GateFigures, gateFiguresSchema } from '../../approvals/gate-figures.ts';
import { setStatus } from '../../articles/articles.ts';
import { getArticle } from '../../articles/queries.ts';
import type { Article } from '../../articles/schema.ts';
import { newId } from '../../db/id.ts';
import type { Db } from '../../db/open.ts';
import { AppError } from '../../errors.ts';
import { requestPublication } from '../../publishing/publications.ts';
import { findPublication } from '../../publishing/queries.ts';
import type { Brief } from '../brief.ts';
import { defineStep, PipelineWaiting, type StepContext } from '../define-step.ts';
import { type Pipeline, pipelines } from '../schema.ts';
import { checkGates, explainGates } from './gates.ts';
import { holdingSince, lastWritten, onHold } from './hold-window.ts';
import { endHolds } from './holds.ts';

const output = z.object({
  /** The publication that was asked for; null when none was. */
  publicationId: z.uuid().nullable(),
  /** In words: why it was asked for, or why not. */
  reason: z.string(),
  /** Set when a rule, not a person, let the article go public. */
  approvedBy: z.string().nullable(),
  /** What that rule looked at; missing in records from before this was kept. */
  gates: gateFiguresSchema.nullish(),
});
type Output = z.infer<typeof output>;

/** It reads the article as it is now; that its predecessors have finished is all it needs from them. */
interface Needs {
  check: unknown;
  seo: unknown;
}

/**
 * Hands the article to its site, once: the last step only enqueues a publication, in the transaction that marks it as
 * done; `publishing/` delivers it. A draft is never held up. What goes public needs a person's approval, or (approval
 * "auto") passed gates and `holdHours` in which a person could have objected.
 * @throws PipelineWaiting with reason `approval`, with `until` while the hold window runs.
 */
export const publishStep = defineStep<'publish', Needs, Output>({
  name: 'publish',
  version: 1,
  needs: ['check', 'seo'],
  output,
  weight: 1,
  async run(context) {
    const { brief, app } = context;
    if (brief.publish === 'none') return none('Publishing was not asked for.');
    if (!brief.siteId) return none('No site was chosen.');
    const pipeline = await freshPipeline(context);
    if (!pipeline.articleId) throw new AppError('internal', 'The pipeline has come to publishing without an article.');
    const article = await getArticle(app.db, pipeline.userId, pipeline.articleId);
    const approval =
      brief.publish === 'draft'
        ? { reason: 'A draft was asked for.', approvedBy: null }
        : await approve(context, pipeline, article);
    const existing = await findPublication(app.db, article.id, brief.siteId);
    return { publicationId: existing?.id ?? newId(), ...approval };
  },
  async save(tx, context, _needs, { publicationId, approvedBy, gates }) {
    const { brief, app, pipeline } = context;
    if (publicationId === null || brief.publish === 'none' || !brief.siteId) return;
    const [current] = await tx.select().from(pipelines).where(eq(pipelines.id, pipeline.id));
    if (!current?.articleId) throw new AppError('not_found', 'The article of this pipeline is gone.');
    if (approvedBy) await approveByRule(app, tx, current, approvedBy, gates ?? null);
    const row = await requestPublication(app, tx, {
      id: publicationId,
      userId: pipeline.userId,
      articleId: current.articleId,
      siteId: brief.siteId,
      wanted: brief.publish,
      publishAt: publishTime(brief),
      pipelineId: pipeline.id,
    });
    if (row.id !== publicationId) {
      throw new AppError('conflict', 'The article was sent to this site by hand at the same moment.', {
        hint: 'Retry the pipeline: it then goes on with that publication.',
      });
    }
  },
});

function none(reason: string): Output {
  return { publicationId: null, reason, approvedBy: null };
}

const publishTime = (brief: Brief) =>
  brief.publish === 'publish' && brief.publishAt ? new Date(brief.publishAt) : null;

/** The row as it is now: the one in the context was read when the run began, before the article was written. */
async function freshPipeline({ app, pipeline }: StepContext): Promise<Pipeline> {
  const [row] = await app.db.select().from(pipelines).where(eq(pipelines.id, pipeline.id));
  if (!row) throw new AppError('not_found', 'There is no such pipeline.');
  return row;
}

async function approve(
  context: StepContext,
  pipeline: Pipeline,
  article: Article,
): Promise<Omit<Output, 'publicationId'>> {
  const { app, brief } = context;
  const writtenAt = await lastWritten(app.db, pipeline.id);
  // An approval is of the text that was there: after a redo it has to be given again.
  if (pipeline.approvedAt && pipeline.approvedAt >= writtenAt) {
    return { reason: `Approved by ${pipeline.approvedBy ?? 'a person'}.`, approvedBy: null };
  }
  const wait = (message: string, until?: Date) =>
    new PipelineWaiting({
      reason: 'approval',
      articleId: article.id,
      message,
      ...(until ? { until: until.toISOString() } : {}),
    });
  if ((await lastDecision(app.db, pipeline.id, writtenAt))?.decision === 'held') throw wait(onHold);
  if (brief.approval === 'manual') throw wait('Read the article and approve it; it goes public then.');

  const gates = await checkGates(app, article, pipeline.id, brief);
  if (gates.against.length > 0) throw wait(explainGates(gates));
  const since = await holdingSince(app.db, pipeline.id, writtenAt);
  const until = new Date(since.getTime() + brief.holdHours * 3_600_000);
  if (until > app.now()) {
    throw wait(`It goes public by itself after ${brief.holdHours} h, unless it is put on hold.`, until);
  }
  const rule = `rule: auto after ${brief.holdHours} h, ${gates.passed}`;
  return { reason: `Approved by ${rule}.`, approvedBy: rule, gates: gates.figures };
}

async function approveByRule(
  app: StepContext['app'],
  tx: Db,
  { id, userId, articleId }: Pipeline,
  approvedBy: string,
  gates: GateFigures | null,
): Promise<void> {
  await tx
    .update(pipelines)
    .set({ approvedAt: sql`now()` as never, approvedBy })
    .where(eq(pipelines.id, id));
  const by = { name: approvedBy, via: 'rule' } as const;
  await recordDecision(tx, { userId, articleId, pipelineId: id, decision: 'approved_by_rule', by, gates });
  await endHolds(tx, id);
  if (articleId) await setStatus(app, tx, articleId, 'approved');
}
