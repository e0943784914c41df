import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { lockWorkLimits } from '../accounts/work-limits.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError, toStoredError } from '../errors.ts';
import { resendEmail } from '../notify/emails.ts';
import { emails } from '../notify/schema.ts';
import { retryPipeline } from '../pipeline/commands.ts';
import { lockPipeline } from '../pipeline/queries.ts';
import { lockQueued, retryPublication } from '../publishing/publications.ts';
import { lockWebhook } from '../webhooks/queries.ts';
import { webhookDeliveries } from '../webhooks/schema.ts';
import { redeliver } from '../webhooks/webhooks.ts';
import { type FailureKind, failureKinds } from './queries.ts';

/** What became of one dead letter that was to be tried again. */
export const redrivenSchema = z
  .object({
    id: z.uuid(),
    kind: z.enum(failureKinds).nullable(),
    outcome: z.enum(['redriven', 'unchanged', 'refused']).meta({
      description: 'Unchanged: it is not failed (any more), so nothing was done. Refused: the error says why',
    }),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
  })
  .meta({ id: 'Redriven' });
export type Redriven = z.infer<typeof redrivenSchema>;

/** A dead letter by its name. */
export interface Letter {
  kind: FailureKind;
  id: string;
  /** Null only for a mail to an address without an account. */
  userId: string | null;
}

/** Throws when whoever asks may not publish; for what goes to a site at its end. */
export type AssertMayPublish = () => void;

/**
 * Tries one dead letter again, in a transaction of its own that looks under a lock whether it is failed still: asked
 * twice, or by two at once, it is done once. What has succeeded is not touched: a pipeline goes on after its last
 * finished step, a publication looks for its post before it creates one.
 */
export async function redrive(ctx: AppContext, letter: Letter, mayPublish: AssertMayPublish): Promise<Redriven> {
  const { id, kind } = letter;
  try {
    const done = await ctx.db.transaction((tx) => attempts[kind]({ ...ctx, db: tx }, tx, letter, mayPublish));
    return { id, kind, outcome: done ? 'redriven' : 'unchanged', error: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { id, kind, outcome: 'refused', error: toStoredError(error) };
  }
}

type Attempt = (ctx: AppContext, tx: Db, letter: Letter, mayPublish: AssertMayPublish) => Promise<boolean>;

/** Each says whether there was something to do; the locks are taken in the order of everything else that takes them. */
const attempts: Record<FailureKind, Attempt> = {
  async pipeline(ctx, tx, { id, userId }, mayPublish) {
    const owner = ownerOf(userId);
    await lockWorkLimits(tx, ctx.config, owner);
    const { status, brief } = await lockPipeline(tx, owner, id);
    if (status !== 'failed') return false;
    if (brief.publish !== 'none') mayPublish();
    await retryPipeline(ctx, owner, id);
    return true;
  },
  async publication(ctx, tx, { id, userId }, mayPublish) {
    const owner = ownerOf(userId);
    const { status } = await lockQueued(tx, owner, id);
    if (status !== 'failed') return false;
    mayPublish();
    await retryPublication(ctx, owner, id);
    return true;
  },
  async webhook(ctx, tx, { id, userId }) {
    const owner = ownerOf(userId);
    const mine = and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.userId, owner));
    const [found] = await tx.select({ webhookId: webhookDeliveries.webhookId }).from(webhookDeliveries).where(mine);
    if (!found) return false;
    await lockWebhook(tx, owner, found.webhookId);
    const [delivery] = await tx.select().from(webhookDeliveries).where(mine).for('update');
    if (delivery?.status !== 'failed') return false;
    await redeliver(ctx, owner, found.webhookId, id);
    return true;
  },
  async mail(ctx, tx, { id }) {
    const [mail] = await tx.select({ status: emails.status }).from(emails).where(eq(emails.id, id)).for('update');
    if (mail?.status !== 'failed' && mail?.status !== 'bounced') return false;
    await resendEmail(ctx, id);
    return true;
  },
};

function ownerOf(userId: string | null): string {
  if (userId === null) throw new AppError('not_found', 'It belongs to no account.');
  return userId;
}
