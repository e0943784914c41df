import { type SQL, sql } from 'drizzle-orm';
import { type Db, queryRows } from '../db/open.ts';
import { type FailureKind, failureKinds } from './queries.ts';

/** The tables of the kinds, and which of their rows are dead letters. */
const places: Record<FailureKind, { table: string; at: string; failed: SQL }> = {
  pipeline: { table: 'pipelines', at: 'finished_at', failed: sql`status = 'failed'` },
  publication: { table: 'publications', at: 'failed_at', failed: sql`status = 'failed'` },
  webhook: { table: 'webhook_deliveries', at: 'failed_at', failed: sql`status = 'failed'` },
  mail: { table: 'emails', at: 'failed_at', failed: sql`status in ('failed', 'bounced')` },
};

/**
 * Puts a user's dead letters aside, or back: the named ones, or all of some kinds. Nothing else about them changes, and
 * what fails anew is shown anew. Returns how many were changed.
 */
export async function setDismissed(
  tx: Db,
  userId: string,
  which: { ids: string[] } | { kinds: readonly FailureKind[] },
  dismissed: boolean,
): Promise<number> {
  const kinds = 'kinds' in which ? which.kinds : failureKinds;
  let changed = 0;
  for (const kind of kinds) {
    const { table, at, failed } = places[kind];
    const named =
      'ids' in which
        ? sql`and id in (${sql.join(
            which.ids.map((id) => sql`${id}::uuid`),
            sql`, `,
          )})`
        : sql``;
    // One that was put aside and has failed again since counts as one that was not.
    const aside = sql`coalesce(dismissed_at >= coalesce(${sql.identifier(at)}, created_at), false)`;
    const rows = await queryRows(
      tx,
      sql`update ${sql.identifier(table)} set dismissed_at = ${dismissed ? sql`clock_timestamp()` : sql`null`}
          where user_id = ${userId} and ${failed} ${named} and ${aside} = ${!dismissed} returning id`,
    );
    changed += rows.length;
  }
  return changed;
}
