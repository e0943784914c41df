import { and, eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { findDuplicate } from '../pipeline/1-topic/duplicates.ts';
import { detectLanguage } from '../text/language.ts';
import { duplicateTopic } from '../topics/duplicates.ts';
import { peekNextTopic } from '../topics/queries.ts';
import { topics } from '../topics/schema.ts';
import { type Schedule, schedules } from './schema.ts';

/** Topics that are looked at for one time of a schedule; the next time goes on. */
const mostAtOnce = 20;

/**
 * Dismisses topics at the head of a schedule's backlog that have become near-duplicates since they were added, with a note
 * that says of what, so that its time takes one that is none. Nothing is locked while they are compared. A topic that
 * comes in between is compared by the first step of its article, which costs nothing either. Returns how many.
 */
export async function setAsideDuplicates(
  ctx: Pick<AppContext, 'db' | 'embedder'>,
  userId: string,
  scheduleId: string,
): Promise<number> {
  const schedule = await scheduleOf(ctx, userId, scheduleId);
  if (!schedule || schedule.brief.duplicates === 'allow') return 0;
  for (let count = 0; count < mostAtOnce; count++) {
    const topic = await peekNextTopic(ctx.db, userId, schedule.siteId);
    if (!topic || topic.duplicatesAllowed) return count;
    const language = schedule.brief.language ?? (await detectLanguage(`${topic.topic}. ${topic.keyword ?? ''}`));
    const subject = {
      topic: topic.topic,
      keyword: topic.keyword,
      siteId: schedule.siteId,
      language,
      topicId: topic.id,
    };
    const duplicate = await findDuplicate(ctx, { userId }, subject);
    if (!duplicate) return count;
    const why = `Not written: ${duplicateTopic(duplicate).message}`;
    await ctx.db
      .update(topics)
      .set({
        status: 'dismissed',
        note: [why, topic.note].filter(Boolean).join('\n').slice(0, 2000),
        updatedAt: sql`now()` as never,
      })
      // Only as it was compared: a person may have changed it meanwhile.
      .where(and(eq(topics.id, topic.id), eq(topics.status, 'open'), eq(topics.topic, topic.topic)));
  }
  return mostAtOnce;
}

async function scheduleOf(
  { db }: Pick<AppContext, 'db'>,
  userId: string,
  id: string,
): Promise<Pick<Schedule, 'siteId' | 'brief'> | undefined> {
  const [row] = await db
    .select({ siteId: schedules.siteId, brief: schedules.brief })
    .from(schedules)
    .where(and(eq(schedules.id, id), eq(schedules.userId, userId)));
  return row;
}
