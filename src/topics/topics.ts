import { and, eq, inArray, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { Brief } from '../pipeline/brief.ts';
import { getSite } from '../sites/queries.ts';
import { getTopic, lastPosition, lockTopic } from './queries.ts';
import { type Topic, type TopicOrigin, type TopicStatus, topics } from './schema.ts';

type Ctx = Pick<AppContext, 'db'>;

/** What a person says of a topic. */
export interface TopicInput {
  topic: string;
  keyword?: string | null | undefined;
  siteId?: string | null | undefined;
  sources?: Brief['sources'] | undefined;
  note?: string | null | undefined;
}

/** More than anyone goes through; what is beyond would only slow down who looks for duplicates. */
export const maxOpenTopics = 5000;

/** What was made of a list of topics. */
export interface AddedTopics {
  added: Topic[];
  /** Those that are in the backlog already, or twice in the list: as they were typed. */
  known: string[];
}

/**
 * Puts topics at the end of the backlog, in their order. One that is in it already for the same site, written with the
 * same letters and digits, is not added again. Throws `not_found` for a site that is not the user's, `conflict` when the
 * backlog would grow beyond {@link maxOpenTopics}; nothing is added then.
 */
export async function addTopics(
  tx: Db,
  userId: string,
  inputs: TopicInput[],
  origin: TopicOrigin = 'manual',
): Promise<AddedTopics> {
  await oneAtATime(tx, userId);
  for (const siteId of new Set(inputs.map((input) => input.siteId ?? null))) {
    if (siteId !== null) await getSite(tx, userId, siteId);
  }
  const waiting = await tx.$count(topics, and(eq(topics.userId, userId), inArray(topics.status, ['open', 'proposed'])));
  if (waiting + inputs.length > maxOpenTopics) {
    throw new AppError('conflict', `A backlog holds ${maxOpenTopics} topics, and ${waiting} are in yours.`, {
      hint: `Dismiss what you will not write about, or add at most ${Math.max(0, maxOpenTopics - waiting)}.`,
    });
  }
  let position = (await lastPosition(tx, userId)) ?? 0;
  const result: AddedTopics = { added: [], known: [] };
  for (const input of inputs) {
    position += 1;
    const [row] = await tx
      .insert(topics)
      .values({
        id: newId(),
        userId,
        siteId: input.siteId ?? null,
        topic: input.topic,
        keyword: input.keyword ?? null,
        sources: input.sources ?? [],
        note: input.note ?? null,
        origin,
        position,
        sameness: sameness(input.topic),
      })
      .onConflictDoNothing()
      .returning();
    if (row) result.added.push(row);
    else result.known.push(input.topic);
  }
  return result;
}

/**
 * {@link addTopics} of a single one. Throws `conflict` when it is in the backlog already, and what that throws.
 */
export async function addTopic(tx: Db, userId: string, input: TopicInput): Promise<Topic> {
  const { added } = await addTopics(tx, userId, [input]);
  if (!added[0]) throw inBacklog();
  return added[0];
}

export interface TopicChange extends Partial<TopicInput> {
  /** `open` accepts a proposal, or takes back what was dismissed; `dismissed` takes one out. */
  status?: Extract<TopicStatus, 'open' | 'dismissed'> | undefined;
  /** Puts it before another one of the user's; null at the end. */
  before?: string | null | undefined;
}

/**
 * Changes a topic; what is left out stays. Throws `not_found`, `invalid_state` for one that has been written about,
 * `conflict` when the backlog has the same one already.
 */
export async function updateTopic(ctx: Ctx, userId: string, id: string, change: TopicChange): Promise<Topic> {
  return ctx.db.transaction(async (tx) => {
    await oneAtATime(tx, userId);
    const topic = await lockTopic(tx, userId, id);
    // What is not the user's is not there, whatever state the topic is in.
    if (change.siteId) await getSite(tx, userId, change.siteId);
    if (change.before) await getTopic(tx, userId, change.before);
    if (topic.status === 'used') {
      throw new AppError('invalid_state', 'This topic has been handed to an article already.', {
        hint: 'Change the article, or add a new topic.',
      });
    }
    const { before, ...columns } = change;
    const position = before === undefined ? topic.position : await positionBefore(tx, userId, topic, before);
    return write(tx, topic, {
      ...columns,
      position,
      ...(columns.topic === undefined ? {} : { sameness: sameness(columns.topic) }),
    });
  });
}

/** Marks a topic that `tx` has locked as handed to a pipeline. */
export async function markUsed(tx: Db, topic: Topic, pipelineId: string | null): Promise<void> {
  await tx
    .update(topics)
    .set({ status: 'used', pipelineId, usedAt: sql`now()` as never, updatedAt: sql`now()` as never })
    .where(eq(topics.id, topic.id));
}

async function write(tx: Db, topic: Topic, columns: Partial<typeof topics.$inferInsert>): Promise<Topic> {
  try {
    // A savepoint, so that the caller can still read after the index has refused.
    return await tx.transaction(async (inner) => {
      const [row] = await inner
        .update(topics)
        .set({ ...columns, updatedAt: sql`now()` as never })
        .where(eq(topics.id, topic.id))
        .returning();
      if (!row) throw new Error('a locked topic is gone');
      return row;
    });
  } catch (error) {
    if (!isSameTopic(error)) throw error;
    throw inBacklog();
  }
}

function inBacklog(): AppError {
  return new AppError('conflict', 'This topic is in the backlog already.', {
    hint: 'Look for it there; topics are the same when their letters and digits are.',
  });
}

/** The order stays that of the lists, and the limit holds, when one user's lists are taken one after the other. */
async function oneAtATime(tx: Db, userId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`topics of ${userId}`}))`);
}

function isSameTopic(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('constraint' in cause && cause.constraint === 'topics_same') return true;
  }
  return false;
}

/** A place right before another topic, or at the end. Halves run out after some fifty moves into one gap: it is then opened. */
async function positionBefore(tx: Db, userId: string, topic: Topic, before: string | null): Promise<number> {
  if (before === null) return ((await lastPosition(tx, userId)) ?? 0) + 1;
  if (before === topic.id) return topic.position;
  const next = await lockTopic(tx, userId, before);
  const earlier = sql`${topics.userId} = ${userId} and ${topics.id} <> ${topic.id}
    and (${topics.position}, ${topics.id}) < (${next.position}::float8, ${next.id}::uuid)`;
  const [previous] = await tx
    .select({ position: sql<number>`max(${topics.position})` })
    .from(topics)
    .where(earlier);
  const above = previous?.position ?? null;
  if (above === null) return next.position - 1;
  const between = (above + next.position) / 2;
  if (between > above && between < next.position) return between;
  await tx
    .update(topics)
    .set({ position: sql`${topics.position} - 2` })
    .where(earlier);
  return next.position - 1;
}

/** What two topics have in common that differ only in case, blanks and signs. A topic of signs alone is itself. */
export function sameness(topic: string): string {
  const letters = topic
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return letters === '' ? topic : letters;
}
