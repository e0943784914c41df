import { and, eq, inArray, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { Brief } from '../pipeline/brief.ts';
import { getSite } from '../sites/queries.ts';
import { type DuplicateLook, duplicateTopic, lateDuplicates, lookForDuplicates, seenAs } from './duplicates.ts';
import { getTopic, lastPosition, lockTopic } from './queries.ts';
import { type Topic, type TopicEvidence, type TopicOrigin, type TopicStatus, topics } from './schema.ts';

/** What a person says of a topic. */
export interface TopicInput {
  topic: string;
  keyword?: string | null | undefined;
  siteId?: string | null | undefined;
  sources?: Brief['sources'] | undefined;
  note?: string | null | undefined;
  /** `allow`: also when there is something like it. */
  duplicates?: 'stop' | 'allow' | undefined;
}

/** A topic with what is known of it when it is not a person's. */
export interface NewTopic extends TopicInput {
  status?: Extract<TopicStatus, 'open' | 'proposed'>;
  evidence?: TopicEvidence[];
  score?: number | null;
  familiarity?: number | null;
}

/** More than anyone goes through; what is beyond would only slow down who looks for duplicates. */
export const maxOpenTopics = 5000;
/** Rows of one statement. */
const batch = 500;

/** What became of a topic of a list: it was added, it is there already, or it is not taken. */
export type Placed = { topic: Topic } | { known: true } | { refused: AppError };

/** What was made of a list of topics. */
export interface AddedTopics {
  added: Topic[];
  /** Those that are in the backlog already, or twice in the list: as they were typed. */
  known: string[];
  /** Those that are near-duplicates, with their place in the list. */
  refused: { index: number; topic: string; error: AppError }[];
}

/** Where topics come from, and what was found when they were compared; without that nothing is compared. */
export interface AddOptions {
  origin?: TopicOrigin;
  look?: DuplicateLook;
}

/**
 * Puts topics at the end of the backlog, in their order, and says for each what became of it. One that is in it already
 * for the same site, written with the same letters and digits, is not added again; with `look`, no near-duplicate is.
 * Throws `not_found` for a site that is not the user's, `conflict` when the backlog would grow beyond
 * {@link maxOpenTopics}; nothing is added then.
 */
export async function placeTopics(
  tx: Db,
  userId: string,
  inputs: NewTopic[],
  { origin = 'manual', look }: AddOptions = {},
): Promise<Placed[]> {
  await oneAtATime(tx, userId);
  for (const siteId of new Set(inputs.map((input) => input.siteId ?? null))) {
    if (siteId !== null) await getSite(tx, userId, siteId);
  }
  const placed = look ? await refuseDuplicates(tx, userId, inputs, look) : inputs.map((): Placed | null => null);
  const left = inputs.flatMap((input, index) => (placed[index] === null ? [{ input, index }] : []));
  const waiting = await tx.$count(topics, and(eq(topics.userId, userId), inArray(topics.status, ['open', 'proposed'])));
  if (waiting + left.length > maxOpenTopics) {
    throw new AppError('conflict', `A backlog holds ${maxOpenTopics} topics, and ${waiting} are in yours.`, {
      hint: `Dismiss what you will not write about, or add at most ${Math.max(0, maxOpenTopics - waiting)}.`,
    });
  }
  const start = (await lastPosition(tx, userId)) ?? 0;
  for (let at = 0; at < left.length; at += batch) {
    const rows = left.slice(at, at + batch).map(({ input, index }, offset) => ({
      index,
      values: { ...valuesOf(userId, input), origin, position: start + at + offset + 1 },
    }));
    const stored = await tx
      .insert(topics)
      .values(rows.map(({ values }) => values))
      .onConflictDoNothing()
      .returning();
    const byId = new Map(stored.map((row) => [row.id, row]));
    for (const { index, values } of rows) {
      const topic = byId.get(values.id);
      placed[index] = topic ? { topic } : { known: true };
    }
  }
  return placed.map((one) => one ?? { known: true });
}

function valuesOf(userId: string, input: NewTopic) {
  return {
    id: newId(),
    userId,
    siteId: input.siteId ?? null,
    topic: input.topic,
    keyword: input.keyword ?? null,
    sources: input.sources ?? [],
    note: input.note ?? null,
    status: input.status ?? ('open' as const),
    evidence: input.evidence ?? [],
    score: input.score ?? null,
    familiarity: input.familiarity ?? null,
    duplicatesAllowed: input.duplicates === 'allow',
    sameness: sameness(input.topic),
  };
}

/** What is the same by letters and digits is known, whatever it is also like; the rest of what was found is refused. */
async function refuseDuplicates(
  tx: Db,
  userId: string,
  inputs: NewTopic[],
  look: DuplicateLook,
): Promise<(Placed | null)[]> {
  const keyOf = (siteId: string | null | undefined, same: string) => `${siteId ?? ''} ${same}`;
  const rows = await tx
    .select({ siteId: topics.siteId, sameness: topics.sameness })
    .from(topics)
    .where(and(eq(topics.userId, userId), inArray(topics.status, ['open', 'proposed'])));
  const there = new Set(rows.map((row) => keyOf(row.siteId, row.sameness)));
  const placed = inputs.map((input, index): Placed | null => {
    const key = keyOf(input.siteId, sameness(input.topic));
    if (there.has(key)) return { known: true };
    const duplicate = look.duplicates[index];
    if (duplicate) return { refused: duplicateTopic(duplicate) };
    there.add(key);
    return null;
  });
  const late = await lateDuplicates(tx, userId, inputs, look, (index) => placed[index] !== null);
  return placed.map((one, index) => {
    const duplicate = late[index];
    return one ?? (duplicate ? { refused: duplicateTopic(duplicate) } : null);
  });
}

/** {@link placeTopics}, sorted by what became of them. */
export async function addTopics(
  tx: Db,
  userId: string,
  inputs: NewTopic[],
  options: AddOptions = {},
): Promise<AddedTopics> {
  const result: AddedTopics = { added: [], known: [], refused: [] };
  for (const [index, placed] of (await placeTopics(tx, userId, inputs, options)).entries()) {
    const topic = inputs[index]?.topic ?? '';
    if ('topic' in placed) result.added.push(placed.topic);
    else if ('refused' in placed) result.refused.push({ index, topic, error: placed.refused });
    else result.known.push(topic);
  }
  return result;
}

/**
 * {@link placeTopics} of a single one. Throws `conflict` when it is in the backlog already, `duplicate_topic` when it is
 * like something that is there, and what that throws.
 */
export async function addTopic(tx: Db, userId: string, input: TopicInput, options: AddOptions = {}): Promise<Topic> {
  const [placed] = await placeTopics(tx, userId, [input], options);
  if (placed && 'topic' in placed) return placed.topic;
  throw placed && 'refused' in placed ? placed.refused : inBacklog();
}

export interface TopicChange extends Partial<TopicInput> {
  /** `open` accepts a proposal, or takes back what was dismissed; `dismissed` takes one out. */
  status?: Extract<TopicStatus, 'open' | 'dismissed'> | undefined;
  /** Puts it before another one of the user's; null at the end. */
  before?: string | null | undefined;
}

/**
 * Changes a topic; what is left out stays. A proposal that is accepted comes last, unless the change says where. Throws
 * `not_found`, `invalid_state` for one that has been written about, `conflict` when the backlog has the same one already,
 * `duplicate_topic` when it would be like something that is there.
 */
export async function updateTopic(
  ctx: Pick<AppContext, 'db' | 'embedder'>,
  userId: string,
  id: string,
  change: TopicChange,
): Promise<Topic> {
  const { duplicates, ...plain } = change;
  const look = await lookAtChange(ctx, userId, id, change);
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
    const { before, ...columns } = plain;
    const accepted = topic.status === 'proposed' && change.status === 'open';
    const place = before === undefined && accepted ? null : before;
    const position = place === undefined ? topic.position : await positionBefore(tx, userId, topic, place);
    const changed = await writeTopic(tx, topic, {
      ...columns,
      position,
      ...(duplicates === undefined ? {} : { duplicatesAllowed: duplicates === 'allow' }),
      ...(columns.topic === undefined ? {} : { sameness: sameness(columns.topic) }),
    });
    if (look) {
      const [late] = await lateDuplicates(tx, userId, [changed], seenAs(look, changed), () => false);
      const duplicate = look.duplicates[0] ?? late;
      if (duplicate) throw duplicateTopic(duplicate);
    }
    return changed;
  });
}

/** Compares what a topic would become; null where a change adds nothing to what is written about, or a person wants it. */
async function lookAtChange(
  ctx: Pick<AppContext, 'db' | 'embedder'>,
  userId: string,
  id: string,
  change: TopicChange,
): Promise<DuplicateLook | null> {
  if (change.duplicates === 'allow') return null;
  const topic = await getTopic(ctx.db, userId, id);
  const status = change.status ?? topic.status;
  if (topic.status === 'used' || status === 'dismissed') return null;
  const same = <Key extends 'topic' | 'keyword' | 'siteId'>(key: Key) =>
    change[key] === undefined || change[key] === topic[key];
  const reopened = change.status === 'open' && topic.status !== 'open';
  if (!reopened && same('topic') && same('keyword') && same('siteId')) return null;
  if (topic.duplicatesAllowed && same('topic') && change.duplicates !== 'stop') return null;
  const wanted = { ...topic, ...change, topic: change.topic ?? topic.topic, duplicates: undefined, topicId: id };
  return lookForDuplicates(ctx, userId, [wanted], { meaning: true });
}

/** Marks a topic that `tx` has locked as handed to a pipeline. */
export async function markUsed(tx: Db, topic: Topic, pipelineId: string | null): Promise<void> {
  await tx
    .update(topics)
    .set({ status: 'used', pipelineId, usedAt: sql`now()` as never, updatedAt: sql`now()` as never })
    .where(eq(topics.id, topic.id));
}

/** Changes a locked topic. Throws `conflict` when the backlog has the same one already; `tx` can go on then. */
export async function writeTopic(tx: Db, topic: Topic, columns: Partial<typeof topics.$inferInsert>): Promise<Topic> {
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
export async function oneAtATime(tx: Db, userId: string): Promise<void> {
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
