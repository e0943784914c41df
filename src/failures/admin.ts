import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Actor, recordAudit } from '../accounts/audit.ts';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { type FailureKind, failureKinds, failuresOf, possible, readFailures, standing } from './queries.ts';
import { redrive } from './redrive.ts';

/** Which dead letters of all accounts an admin means. */
export interface FailureFilter {
  kind?: FailureKind | undefined;
  code?: string | undefined;
  /** Failed at this moment or later, UTC. */
  since?: string | undefined;
  userId?: string | undefined;
}

/** Dead letters of one account that have the same cause, without what is in them. */
export const failureGroupSchema = z
  .object({
    kind: z.enum(failureKinds),
    code: z.string(),
    userId: z.uuid().nullable().meta({ description: 'null for mails to addresses without an account' }),
    email: z.string().nullable(),
    count: z.int(),
    impossible: z.int().meta({ description: 'Of these, how many cannot be redriven as they are' }),
    oldestAt: z.iso.datetime(),
    newestAt: z.iso.datetime(),
  })
  .meta({ id: 'FailureGroup' });

const codeOf = sql`coalesce(f.error ->> 'code', 'internal')`;

function matching({ kind, code, since, userId }: FailureFilter): { from: SQL; where: SQL } {
  const parts = [
    standing(false),
    ...(code ? [sql`${codeOf} = ${code}`] : []),
    ...(since ? [sql`f.at >= ${since}::timestamptz`] : []),
  ];
  return { from: failuresOf(userId ?? null, kind ? [kind] : failureKinds), where: sql.join(parts, sql` and `) };
}

/** Dead letters by kind, cause and account, the most first; with how many there are in all. */
export async function groupFailures(
  db: Db,
  filter: FailureFilter & { limit: number },
): Promise<{ items: z.infer<typeof failureGroupSchema>[]; total: number; moreGroups: number }> {
  const { from, where } = matching(filter);
  const rows = await queryRows<{
    kind: FailureKind;
    code: string;
    user_id: string | null;
    email: string | null;
    count: number;
    impossible: number;
    oldest: string;
    newest: string;
    total: number;
    groups: number;
  }>(
    db,
    sql`select f.kind, ${codeOf} as code, f.user_id, users.email, count(*)::int as count,
          (count(*) filter (where not ${possible}))::int as impossible, min(f.at) as oldest, max(f.at) as newest,
          (sum(count(*)) over ())::int as total, (count(*) over ())::int as groups
        from ${from} as f left join users on users.id = f.user_id where ${where}
        group by f.kind, ${codeOf}, f.user_id, users.email order by count(*) desc, max(f.at) desc, f.user_id limit ${filter.limit}`,
  );
  return {
    items: rows.map((row) => ({
      kind: row.kind,
      code: row.code,
      userId: row.user_id,
      email: row.email,
      count: row.count,
      impossible: row.impossible,
      oldestAt: new Date(row.oldest).toISOString(),
      newestAt: new Date(row.newest).toISOString(),
    })),
    total: rows[0]?.total ?? 0,
    moreGroups: (rows[0]?.groups ?? 0) - rows.length,
  };
}

/** How many are tried again in one request, the oldest failures first. */
export const mostForAdmin = 500;

/**
 * Tries dead letters of all accounts again, each in a transaction of its own. Those of disabled accounts stay as they
 * are. The audit log says who asked for what before the first is touched.
 */
export async function redriveForAll(
  ctx: AppContext,
  filter: FailureFilter,
  actor: Actor,
): Promise<{ redriven: number; unchanged: number; refused: number; more: boolean; refusals: Record<string, number> }> {
  const { from, where } = matching(filter);
  const allowed = sql`not exists (select 1 from users where users.id = f.user_id and users.disabled)`;
  const letters = await readFailures(ctx.db, from, {
    where: [where, possible, allowed],
    order: 'oldest',
    limit: mostForAdmin + 1,
  });
  const chosen = letters.slice(0, mostForAdmin);
  const { userId, ...what } = filter;
  await ctx.db.transaction((tx) =>
    recordAudit(tx, actor, 'failures-redriven', userId ?? null, { ...what, count: chosen.length }),
  );
  const counts = { redriven: 0, unchanged: 0, refused: 0 };
  const refusals: Record<string, number> = {};
  for (const letter of chosen) {
    // Whether something may be published was decided by whoever asked for it.
    const { outcome, error } = await redrive(ctx, letter, () => undefined);
    counts[outcome] += 1;
    if (error) refusals[error.code] = (refusals[error.code] ?? 0) + 1;
  }
  return { ...counts, more: letters.length > chosen.length, refusals };
}
