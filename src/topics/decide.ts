import { and, eq, inArray } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { Duplicate } from '../pipeline/1-topic/duplicates.ts';
import { duplicateTopic, lateDuplicates, lookForDuplicates } from './duplicates.ts';
import { lastPosition } from './queries.ts';
import { type Topic, type TopicStatus, topics } from './schema.ts';
import { oneAtATime, writeTopic } from './topics.ts';

/** What became of the topics that were decided about. */
export interface Decided {
  changed: Topic[];
  /** Those that cannot be opened, because there is something like them. */
  refused: { id: string; topic: string; error: AppError }[];
}

/**
 * Accepts proposals and takes dismissed topics back (`open`), takes topics out (`dismissed`), or puts them back among the
 * proposals (`proposed`), in the order of `ids`. What is opened comes last in the backlog. What has been used, or is as wanted already, stays as it is. Throws
 * `not_found` when one of them is not the user's; nothing is changed then.
 */
export async function decideTopics(
  ctx: Pick<AppContext, 'db' | 'embedder'>,
  userId: string,
  ids: string[],
  status: Exclude<TopicStatus, 'used'>,
): Promise<Decided> {
  const duplicates = await duplicatesAmong(ctx, userId, status === 'open' ? ids : []);
  return ctx.db.transaction(async (tx) => {
    await oneAtATime(tx, userId);
    const rows = await tx.select().from(topics).where(mine(userId, ids)).for('no key update');
    const byId = new Map(rows.map((row) => [row.id, row]));
    if (new Set(ids).size !== byId.size) throw new AppError('not_found', 'There is no such topic.');
    const decided: Decided = { changed: [], refused: [] };
    let position = (await lastPosition(tx, userId)) ?? 0;
    for (const id of new Set(ids)) {
      const row = byId.get(id);
      if (!row || row.status === 'used' || row.status === status) continue;
      try {
        const duplicate = duplicates.get(id);
        if (duplicate) throw duplicateTopic(duplicate);
        decided.changed.push(
          await writeTopic(tx, row, status === 'open' ? { status, position: ++position } : { status }),
        );
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        decided.refused.push({ id, topic: row.topic, error });
      }
    }
    return decided;
  });
}

const mine = (userId: string, ids: string[]) => and(eq(topics.userId, userId), inArray(topics.id, ids));

/** What those that are to be opened are like, unless a person wants them all the same. */
async function duplicatesAmong(
  ctx: Pick<AppContext, 'db' | 'embedder'>,
  userId: string,
  ids: string[],
): Promise<Map<string, Duplicate>> {
  if (ids.length === 0) return new Map();
  const rows = await toOpen(ctx.db, userId, ids);
  const compared = rows.map((row) => ({ ...row, topicId: row.id, duplicates: 'stop' as const }));
  const look = await lookForDuplicates(ctx, userId, compared);
  // Of two that are alike the first is opened.
  const alike = await lateDuplicates(ctx.db, userId, compared, look, (index) => look.duplicates[index] !== null);
  return new Map(
    rows.flatMap(({ id }, index) => {
      const duplicate = look.duplicates[index] ?? alike[index];
      return duplicate ? [[id, duplicate] as const] : [];
    }),
  );
}

async function toOpen(db: Db, userId: string, ids: string[]): Promise<Topic[]> {
  const rows = await db.select().from(topics).where(mine(userId, ids));
  const waiting = rows.filter((row) => ['proposed', 'dismissed'].includes(row.status) && !row.duplicatesAllowed);
  return waiting.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
}
