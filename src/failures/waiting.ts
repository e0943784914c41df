import { sql } from 'drizzle-orm';
import { type Db, queryRows } from '../db/open.ts';

/** What stands still until a person decides: a near-duplicate, an approval, a budget that is used up, a person's edit on a site. */
export const decisionKinds = ['duplicate', 'approval', 'budget', 'conflict'] as const;
export type DecisionKind = (typeof decisionKinds)[number];

/** One thing that waits for a person. `id` is that of a pipeline, with `conflict` of a publication. */
export interface Decision {
  kind: DecisionKind;
  id: string;
  title: string;
  since: Date;
  message: string | null;
  articleId: string | null;
}

/** Waits that end by themselves have a time (`until`), and are nobody's business. */
const decisions = (userId: string) => sql`(
  select case p.waiting ->> 'reason' when 'budget_exceeded' then 'budget' else p.waiting ->> 'reason' end as kind, p.id, p.topic as title,
    coalesce((select max(s.finished_at) from pipeline_steps s where s.pipeline_id = p.id), p.created_at) as since,
    p.waiting ->> 'message' as message, coalesce((p.waiting ->> 'articleId')::uuid, p.article_id) as article_id
  from pipelines p where p.user_id = ${userId} and p.status = 'waiting' and p.waiting ->> 'until' is null
    and (p.waiting ->> 'reason' in ('duplicate', 'approval') or p.waiting ->> 'reason' = 'budget_exceeded' and p.waiting ->> 'cap' in ('pipeline', 'article'))
  union all
  select 'conflict', p.id, a.title, coalesce(p.remote_changed_at, p.created_at), p.error ->> 'message', p.article_id
  from publications p join articles a on a.id = p.article_id where p.user_id = ${userId} and p.status = 'conflict')`;

/** What waits for a user's decision, the oldest first; one more than `limit`, to know whether there is a next page. */
export async function listDecisions(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<Decision[]> {
  const from = decisions(userId);
  const after = query.cursor
    ? sql`where (d.since, d.id) > (select last.since, last.id from ${from} as last where last.id = ${query.cursor})`
    : sql``;
  const rows = await queryRows<Omit<Decision, 'since' | 'articleId'> & { since: string; article_id: string | null }>(
    db,
    sql`select * from ${from} as d ${after} order by d.since, d.id limit ${query.limit + 1}`,
  );
  return rows.map(({ since, article_id: articleId, ...row }) => ({ ...row, since: new Date(since), articleId }));
}

/** How many things wait for a user's decision. */
export async function countDecisions(db: Db, userId: string): Promise<number> {
  const [row] = await queryRows<{ count: number }>(
    db,
    sql`select count(*)::int as count from ${decisions(userId)} as d`,
  );
  return row?.count ?? 0;
}
