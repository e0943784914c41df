import { and, type SQL, sql } from 'drizzle-orm';
import { type Db, queryRows } from '../db/open.ts';
import type { StoredError } from '../errors.ts';

/** What can have ended failed, with nobody trying it any more: the dead letters. */
export const failureKinds = ['pipeline', 'publication', 'webhook', 'mail'] as const;
export type FailureKind = (typeof failureKinds)[number];

/** One dead letter. */
export interface Failure {
  kind: FailureKind;
  id: string;
  userId: string | null;
  title: string;
  at: Date;
  error: StoredError | null;
  attempts: number;
  dismissed: boolean;
  /** Why it cannot be redriven as it is: its step does not fit any more, its webhook is off, its text or link is gone. */
  obstacle: 'step' | 'webhook-off' | 'mail-gone' | null;
  articleId: string | null;
  siteId: string | null;
  webhookId: string | null;
}

const none = (name: string) => sql`null::uuid as ${sql.identifier(name)}`;

/**
 * Where dead letters lie, by kind. One that fails again after it was put aside is one again: only what was put aside
 * since it failed counts as such.
 */
const sources: Record<FailureKind, SQL> = {
  pipeline: sql`select 'pipeline' as kind, p.id, p.user_id, p.topic as title, coalesce(p.finished_at, p.created_at) as at, p.error, p.dismissed_at,
      greatest(1, (select count(*) from pipeline_steps s where s.pipeline_id = p.id and s.name = p.current_step and s.status = 'failed'))::int as attempts,
      case when p.error ->> 'code' = 'step_output_unreadable' then 'step' end as obstacle, p.article_id, p.site_id, ${none('webhook_id')}
    from pipelines p where p.status = 'failed'`,
  publication: sql`select 'publication' as kind, p.id, p.user_id, a.title, coalesce(p.failed_at, p.created_at) as at, p.error, p.dismissed_at,
      p.attempts, null as obstacle, p.article_id, p.site_id, ${none('webhook_id')}
    from publications p join articles a on a.id = p.article_id where p.status = 'failed'`,
  webhook: sql`select 'webhook' as kind, d.id, d.user_id, d.event_type || ' to ' || substring(w.url from '^[a-z]+://([^/?#]+)') as title,
      coalesce(d.failed_at, d.created_at) as at, d.error, d.dismissed_at, d.attempts,
      case when w.status = 'disabled' then 'webhook-off' end as obstacle, ${none('article_id')}, ${none('site_id')}, d.webhook_id
    from webhook_deliveries d join webhooks w on w.id = d.webhook_id where d.status = 'failed'`,
  mail: sql`select 'mail' as kind, e.id, e.user_id, e.subject as title, coalesce(e.failed_at, e.created_at) as at, e.error, e.dismissed_at, e.attempts,
      case when e.content is null or e.expires_at <= now() then 'mail-gone' end as obstacle, ${none('article_id')}, ${none('site_id')}, ${none('webhook_id')}
    from emails e where e.status in ('failed', 'bounced')`,
};

const isDismissed = sql`coalesce(f.dismissed_at >= f.at, false)`;

/** All dead letters of some kinds as a table; `owner` is whose, null for everyone's. */
export function failuresOf(owner: string | null, kinds: readonly FailureKind[] = failureKinds): SQL {
  const mine = owner === null ? sql`` : sql`where part.user_id = ${owner}`;
  const parts = kinds.map((kind) => sql`select * from (${sources[kind]}) as part ${mine}`);
  return sql`(${sql.join(parts, sql` union all `)})`;
}

/** Which of the dead letters: those that nobody has put aside, or those that somebody has. */
export const standing = (dismissed: boolean): SQL => (dismissed ? isDismissed : sql`not ${isDismissed}`);

/** Those that can be tried again as they are. */
export const possible: SQL = sql`f.obstacle is null`;

interface Row {
  kind: FailureKind;
  id: string;
  user_id: string | null;
  title: string;
  at: string | Date;
  error: StoredError | null;
  attempts: number;
  dismissed: boolean;
  obstacle: Failure['obstacle'];
  article_id: string | null;
  site_id: string | null;
  webhook_id: string | null;
}

/** Reads dead letters of `failuresOf`, named `f`, by conditions, in an order; at most `limit`. */
export async function readFailures(
  db: Db,
  from: SQL,
  query: { where: (SQL | undefined)[]; order: 'newest' | 'oldest'; limit: number },
): Promise<Failure[]> {
  const direction = query.order === 'newest' ? sql`desc` : sql`asc`;
  const rows = await queryRows<Row>(
    db,
    sql`select f.*, ${isDismissed} as dismissed from ${from} as f where ${and(sql`true`, ...query.where)}
        order by f.at ${direction}, f.id ${direction} limit ${query.limit}`,
  );
  return rows.map((row) => ({
    kind: row.kind,
    id: row.id,
    userId: row.user_id,
    title: row.title,
    at: new Date(row.at),
    error: row.error,
    attempts: row.attempts,
    dismissed: row.dismissed,
    obstacle: row.obstacle,
    articleId: row.article_id,
    siteId: row.site_id,
    webhookId: row.webhook_id,
  }));
}

/** A user's dead letters, what failed last first; one more than `limit`, to know whether there is a next page. */
export function listFailures(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined; kind?: FailureKind | undefined; dismissed: boolean },
): Promise<Failure[]> {
  const from = failuresOf(userId, query.kind ? [query.kind] : failureKinds);
  // Where the last page ended is looked up as it is now: what was redriven meanwhile is no place to go on from.
  const after = query.cursor
    ? sql`(f.at, f.id) < (select last.at, last.id from ${from} as last where last.id = ${query.cursor})`
    : undefined;
  return readFailures(db, from, { where: [standing(query.dismissed), after], order: 'newest', limit: query.limit + 1 });
}

/** How many dead letters a user has that nobody has put aside, by kind. */
export async function countFailed(db: Db, userId: string): Promise<Record<FailureKind, number>> {
  const rows = await queryRows<{ kind: FailureKind; count: number }>(
    db,
    sql`select f.kind, count(*)::int as count from ${failuresOf(userId)} as f where ${standing(false)} group by f.kind`,
  );
  const counts = new Map(rows.map(({ kind, count }) => [kind, count]));
  return Object.fromEntries(failureKinds.map((kind) => [kind, counts.get(kind) ?? 0])) as Record<FailureKind, number>;
}

/** Of which kind the things are that `ids` name, failed or not, as far as they are the user's. */
export async function kindsOf(db: Db, userId: string, ids: string[]): Promise<Map<string, FailureKind>> {
  const list = sql.join(
    ids.map((id) => sql`${id}::uuid`),
    sql`, `,
  );
  const rows = await queryRows<{ id: string; kind: FailureKind }>(
    db,
    sql`select id, 'pipeline' as kind from pipelines where user_id = ${userId} and id in (${list})
        union all select id, 'publication' from publications where user_id = ${userId} and id in (${list})
        union all select id, 'webhook' from webhook_deliveries where user_id = ${userId} and id in (${list})
        union all select id, 'mail' from emails where user_id = ${userId} and id in (${list})`,
  );
  return new Map(rows.map(({ id, kind }) => [id, kind]));
}
