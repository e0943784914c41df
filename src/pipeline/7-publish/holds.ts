import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { users } from '../../accounts/schema.ts';
import { newToken, tokenDigest } from '../../accounts/tokens.ts';
import { articles } from '../../articles/schema.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/id.ts';
import type { Db } from '../../db/open.ts';
import { sites } from '../../sites/schema.ts';
import { holds, type Pipeline, type Waiting } from '../schema.ts';
import { checkGates } from './gates.ts';
import { mailHold, mailNeedsApproval } from './hold-mails.ts';
import { holdingSince, lastWritten } from './hold-window.ts';

type Ctx = Pick<AppContext, 'db' | 'config' | 'secrets' | 'queue' | 'log' | 'now'>;

/**
 * Tells the owner of an article of automatic approval, in the transaction that records the wait, that it goes public
 * unless they object, or that a gate keeps it from going: each once, however often the step runs and dies. What was redone
 * is told of again. Its mail carries a token that works for this hold only. Does nothing for other waits.
 */
export async function beginHold(ctx: Ctx, tx: Db, pipeline: Pipeline, waiting: Waiting | null): Promise<void> {
  const { id: pipelineId, userId, brief } = pipeline;
  if (waiting?.reason !== 'approval' || !waiting.articleId || brief.approval !== 'auto') return;
  const beganAt = await holdingSince(tx, pipelineId, await lastWritten(tx, pipelineId));
  const endsAt = waiting.until ? new Date(waiting.until) : null;
  const [article] = await tx.select().from(articles).where(eq(articles.id, waiting.articleId));
  const [owner] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId));
  if (!article || !owner) return;
  const token = endsAt && owner.email ? newToken() : null;
  const [hold] = await tx
    .insert(holds)
    .values({
      id: newId(),
      userId,
      pipelineId,
      articleId: article.id,
      beganAt,
      endsAt,
      tokenDigest: token && tokenDigest(token),
    })
    .onConflictDoNothing()
    .returning();
  if (!hold) return;
  await endHolds(tx, pipelineId, hold.id);
  if (!owner.email) return;
  const [site] = brief.siteId
    ? await tx.select({ name: sites.name, timezone: sites.timezone }).from(sites).where(eq(sites.id, brief.siteId))
    : [];
  const about = { article, siteName: site?.name ?? 'a site', timeZone: site?.timezone ?? 'UTC', brief };
  const to = { userId, email: owner.email };
  if (endsAt && token) {
    const gates = await checkGates({ ...ctx, db: tx }, article, pipelineId, brief);
    await mailHold(ctx, tx, to, { ...about, endsAt, token, gates });
  } else if (!endsAt) await mailNeedsApproval(ctx, tx, to, { ...about, reason: waiting.message ?? '' });
}

/** Ends the holds of a pipeline, and with them the links in their mails; but not the one that has just begun. */
export async function endHolds(tx: Db, pipelineId: string, exceptId?: string): Promise<void> {
  await tx
    .update(holds)
    .set({ endedAt: sql`now()` as never })
    .where(
      and(
        eq(holds.pipelineId, pipelineId),
        isNull(holds.endedAt),
        exceptId ? sql`${holds.id} <> ${exceptId}` : undefined,
      ),
    );
}

/** The hold that the token of a mail is about, whether it still runs or not; null for a token that never was. */
export async function findHold(db: Db, token: string): Promise<typeof holds.$inferSelect | null> {
  const [row] = await db
    .select()
    .from(holds)
    .where(eq(holds.tokenDigest, tokenDigest(token)))
    .orderBy(desc(holds.id))
    .limit(1);
  return row ?? null;
}
