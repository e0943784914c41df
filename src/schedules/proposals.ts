import { and, asc, desc, eq, gte, isNull, or } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { type Topic, topics } from '../topics/schema.ts';
import type { Schedule, ScheduleRun } from './schema.ts';

type Rule = Pick<Schedule, 'userId' | 'siteId' | 'proposalsFromScore'>;

const usable = ({ userId, siteId }: Rule, score: number) =>
  and(
    eq(topics.userId, userId),
    eq(topics.status, 'proposed'),
    gte(topics.score, score),
    siteId === null ? isNull(topics.siteId) : or(eq(topics.siteId, siteId), isNull(topics.siteId)),
  );

/**
 * The proposal with the highest score that a schedule may take without a person, locked; one that another transaction has
 * locked is passed over. Null where the schedule takes none, or none is good enough.
 */
export async function lockBestProposal(tx: Db, schedule: Rule): Promise<Topic | null> {
  if (schedule.proposalsFromScore === null) return null;
  const [row] = await tx
    .select()
    .from(topics)
    .where(usable(schedule, schedule.proposalsFromScore))
    .orderBy(desc(topics.score), asc(topics.position), asc(topics.id))
    .limit(1)
    .for('update', { skipLocked: true });
  return row ?? null;
}

/** How many proposals a schedule would take without a person. */
export async function countProposals(db: Db, schedule: Rule): Promise<number> {
  return schedule.proposalsFromScore === null ? 0 : db.$count(topics, usable(schedule, schedule.proposalsFromScore));
}

/** What marks a run whose topic no person had accepted. */
export function takenByRule({ status, score }: Topic): Pick<ScheduleRun, 'proposalScore'> {
  return { proposalScore: status === 'proposed' ? score : null };
}
