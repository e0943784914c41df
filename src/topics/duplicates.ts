import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import {
  type Candidate,
  type Duplicate,
  type DuplicateSubject,
  findDuplicates,
  nameOfDuplicate,
} from '../pipeline/1-topic/duplicates.ts';
import { TitleIndex } from '../pipeline/1-topic/title-index.ts';
import { type TopicStatus, topics } from './schema.ts';

/** As much of a topic as is compared. */
export interface ComparedTopic {
  topic: string;
  keyword?: string | null | undefined;
  siteId?: string | null | undefined;
  duplicates?: 'stop' | 'allow' | undefined;
  /** Where it is in the backlog already: not compared with itself. */
  topicId?: string;
}

/** What was found before anything is written, and what of the backlog that was compared with. */
export interface DuplicateLook {
  duplicates: (Duplicate | null)[];
  /** How much of each topic the account writes about already, 0 to 1; null where it has nothing. */
  familiarities: (number | null)[];
  /** Topics of the backlog as they were compared. */
  seen: Set<string>;
  usual: string | null;
}

/** A near-duplicate that was found late; `at` is its place among the inputs when it is one of them. */
export type LateDuplicate = Duplicate & { at?: number };

/** Topics that are compared with: those that wait, or all of the latest. */
const waiting: TopicStatus[] = ['open', 'proposed'];
const mostTopics = 5_000;

/**
 * Compares topics that are about to be added with the account's articles, posts and backlog. `meaning` also finds those in
 * other words; `all` compares with topics that were used or dismissed as well. Call it before the transaction that adds
 * them: it takes up to seconds.
 */
export async function lookForDuplicates(
  ctx: Pick<AppContext, 'db' | 'embedder'>,
  userId: string,
  inputs: ComparedTopic[],
  { meaning = false, all = false }: { meaning?: boolean; all?: boolean } = {},
): Promise<DuplicateLook> {
  const rows = await backlog(ctx.db, userId, all);
  const usual = await usualLanguage(ctx.db, userId);
  const compared = inputs.flatMap((input, index) => (input.duplicates === 'allow' ? [] : [{ input, index }]));
  const subjects = compared.map(({ input }): DuplicateSubject => ({ ...subjectOf(input), topicId: input.topicId }));
  const findings = await findDuplicates(ctx, { userId }, subjects, { others: rows.map(asCandidate), meaning, usual });
  const look: DuplicateLook = {
    duplicates: inputs.map(() => null),
    familiarities: inputs.map(() => null),
    seen: new Set(rows.map(versionOf)),
    usual,
  };
  for (const [at, { index }] of compared.entries()) {
    look.duplicates[index] = findings[at]?.duplicate ?? null;
    look.familiarities[index] = findings[at]?.familiarity ?? null;
  }
  return look;
}

/**
 * The topics among `inputs` that are like one that was added since `look`, or like an earlier one of `inputs`. `skip` says
 * which are out already. Quick enough for a transaction that holds the user's backlog: it reads what is new.
 */
export async function lateDuplicates(
  tx: Db,
  userId: string,
  inputs: ComparedTopic[],
  look: DuplicateLook,
  skip: (index: number) => boolean,
): Promise<(LateDuplicate | null)[]> {
  const late = (await backlog(tx, userId, false)).filter((row) => !look.seen.has(versionOf(row)));
  const index = new TitleIndex(look.usual);
  const taken: { candidate: Candidate; at?: number }[] = late.map((row) => ({ candidate: asCandidate(row) }));
  for (const { candidate } of taken) index.add(candidate);
  return inputs.map((input, position) => {
    if (skip(position)) return null;
    const { topic, siteId } = subjectOf(input);
    let found: LateDuplicate | null = null;
    if (input.duplicates !== 'allow') {
      index.compare({ text: topic, language: null }, (number, { duplicate, reason }) => {
        const { candidate: other, at } = taken[number] ?? {};
        if (!duplicate || !other || found !== null) return;
        if (other.siteId !== null && siteId !== null && other.siteId !== siteId) return;
        found = { kind: 'topic', id: other.id, title: other.title, reason, ...(at === undefined ? {} : { at }) };
      });
    }
    if (found === null) {
      const candidate: Candidate = { kind: 'topic', id: null, title: topic, text: topic, language: null, siteId };
      taken.push({ candidate, at: position });
      index.add(candidate);
    }
    return found;
  });
}

/** Why a topic is not added, and the way on. */
export function duplicateTopic(duplicate: Duplicate): AppError {
  const { kind, id, title, url, siteName, reason } = duplicate;
  return new AppError('duplicate_topic', `This is close to ${nameOfDuplicate(duplicate)} (${reason}).`, {
    details: { duplicateOf: { kind, id, title, url, siteName, reason } },
  });
}

interface BacklogRow {
  id: string;
  topic: string;
  siteId: string | null;
}

function backlog(db: Db, userId: string, all: boolean): Promise<BacklogRow[]> {
  return db
    .select({ id: topics.id, topic: topics.topic, siteId: topics.siteId })
    .from(topics)
    .where(and(eq(topics.userId, userId), all ? undefined : inArray(topics.status, waiting)))
    .orderBy(desc(topics.id))
    .limit(mostTopics);
}

/** The same with a topic that `tx` itself has changed: it is no late one. */
export function seenAs(look: DuplicateLook, topic: Pick<BacklogRow, 'id' | 'topic'>): DuplicateLook {
  return { ...look, seen: new Set([...look.seen, versionOf(topic)]) };
}

const versionOf = ({ id, topic }: Pick<BacklogRow, 'id' | 'topic'>) => `${id} ${topic}`;

function asCandidate({ id, topic, siteId }: BacklogRow): Candidate {
  return { kind: 'topic', id, title: topic, text: topic, language: null, siteId };
}

function subjectOf({ topic, keyword = null, siteId = null }: ComparedTopic) {
  return { topic, keyword, siteId, language: null };
}

/** The language that most of an account's latest articles, else posts, are in: topics are too short to tell theirs. */
export async function usualLanguage(db: Db, userId: string): Promise<string | null> {
  for (const table of ['articles', 'site_posts'] as const) {
    const order = table === 'articles' ? sql`id desc` : sql`site_id, remote_id desc`;
    const [row] = await queryRows<{ language: string }>(
      db,
      sql`select language from (
            select language from ${sql.identifier(table)} where user_id = ${userId} and language is not null
            order by ${order} limit 200) as latest
          group by language order by count(*) desc, language limit 1`,
    );
    if (row) return row.language;
  }
  return null;
}
