import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { type DuplicateLook, lateDuplicates } from '../topics/duplicates.ts';
import { type Topic, type TopicEvidence, type TopicOrigin, topics } from '../topics/schema.ts';
import { oneAtATime, placeTopics } from '../topics/topics.ts';
import { canonicalAddress } from './address.ts';
import { proposalScore } from './score.ts';

/** Proposals of one user that are kept; the weakest beyond fall out. */
export const mostProposals = 200;
/** Of one proposal; more say no more. */
const mostEvidence = 12;

/** Something that could be proposed, with what speaks for it. */
export interface Proposal {
  topic: string;
  siteId: string | null;
  evidence: TopicEvidence[];
}

/** What became of a proposal: it is a new one, evidence of one that is there, or nothing new. */
export interface Proposed {
  outcome: 'new' | 'joined' | 'known';
  topicId: string | null;
}

/**
 * Puts proposals into the backlog of which `look` has found no duplicate; those that are like a proposal that waits add
 * their evidence to it. Call {@link keepProposals} when everything that refers to them is stored.
 */
export async function storeProposals(
  tx: Db,
  userId: string,
  proposals: Proposal[],
  look: DuplicateLook,
  origin: TopicOrigin,
): Promise<Proposed[]> {
  await oneAtATime(tx, userId);
  const late = await lateDuplicates(tx, userId, proposals, look, (index) => look.duplicates[index] !== null);
  const likes = proposals.map((_, index) => look.duplicates[index] ?? late[index] ?? null);
  const waiting = await lockProposals(
    tx,
    userId,
    likes.flatMap((like) => (like?.kind === 'topic' && like.id ? [like.id] : [])),
  );
  // What speaks for each new one, with that of others of the list that are like it.
  const evidence = proposals.map((proposal) => [...proposal.evidence]);
  for (const [index, proposal] of proposals.entries()) {
    const at = late[index]?.at;
    if (at !== undefined && look.duplicates[index] === null) evidence[at]?.push(...proposal.evidence);
  }
  const fresh = proposals.flatMap((proposal, index) => (likes[index] === null ? [{ proposal, index }] : []));
  const placed = await placeTopics(
    tx,
    userId,
    fresh.map(({ proposal, index }) => ({
      topic: proposal.topic,
      siteId: proposal.siteId,
      status: 'proposed' as const,
      evidence: distinct(evidence[index] ?? []),
      familiarity: look.familiarities[index] ?? null,
    })),
    { origin },
  );
  const topicIds = new Map(fresh.map(({ index }, at) => [index, idOf(placed[at])]));
  const joined = new Map<string, TopicEvidence[]>();
  const result = proposals.map((proposal, index): Proposed => {
    const own = topicIds.get(index);
    if (own !== undefined) return own === null ? { outcome: 'known', topicId: null } : { outcome: 'new', topicId: own };
    const like = likes[index];
    const at = late[index]?.at;
    if (at !== undefined) return { outcome: 'joined', topicId: topicIds.get(at) ?? null };
    const topic = like?.id ? waiting.get(like.id) : undefined;
    if (!topic) return { outcome: 'known', topicId: null };
    joined.set(topic.id, [...(joined.get(topic.id) ?? topic.evidence), ...proposal.evidence]);
    return { outcome: 'joined', topicId: topic.id };
  });
  for (const [id, list] of joined) {
    await tx
      .update(topics)
      .set({ evidence: distinct(list), updatedAt: sql`now()` as never })
      .where(eq(topics.id, id));
  }
  return result;
}

/**
 * Scores every proposal of a user anew, for they age, and lets the weakest beyond {@link mostProposals} fall out: what
 * was seen of them stays known, so they do not come back. Call it under the lock of {@link storeProposals}.
 */
export async function keepProposals(tx: Db, userId: string, now: Date): Promise<void> {
  const rows = await tx
    .select({
      id: topics.id,
      evidence: topics.evidence,
      familiarity: topics.familiarity,
      since: topics.createdAt,
      score: topics.score,
    })
    .from(topics)
    .where(and(eq(topics.userId, userId), eq(topics.status, 'proposed')));
  const scored = rows.map((row) => ({ id: row.id, before: row.score, score: proposalScore(row, now) }));
  scored.sort((a, b) => b.score - a.score || (a.id < b.id ? 1 : -1));
  const weakest = scored.slice(mostProposals).map(({ id }) => id);
  if (weakest.length > 0) await tx.delete(topics).where(inArray(topics.id, weakest));
  const changed = scored.slice(0, mostProposals).filter(({ before, score }) => before !== score);
  if (changed.length === 0) return;
  const scores = JSON.stringify(changed.map(({ id, score }) => ({ id, score })));
  await tx.execute(
    sql`update topics set score = given.score from jsonb_to_recordset(${scores}::jsonb) as given(id uuid, score real)
        where topics.id = given.id`,
  );
}

async function lockProposals(tx: Db, userId: string, ids: string[]): Promise<Map<string, Topic>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .select()
    .from(topics)
    .where(and(eq(topics.userId, userId), inArray(topics.id, ids), eq(topics.status, 'proposed')))
    .for('no key update');
  return new Map(rows.map((row) => [row.id, row]));
}

const idOf = (placed: Awaited<ReturnType<typeof placeTopics>>[number] | undefined) =>
  placed && 'topic' in placed ? placed.topic.id : null;

/** Each address once, the first as it was. */
function distinct(evidence: TopicEvidence[]): TopicEvidence[] {
  const byAddress = new Map<string, TopicEvidence>();
  for (const one of evidence) {
    const key = canonicalAddress(one.url) ?? one.url;
    if (!byAddress.has(key)) byAddress.set(key, one);
  }
  return [...byAddress.values()].slice(0, mostEvidence);
}
