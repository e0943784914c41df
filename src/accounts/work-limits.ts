import { eq, type SQL, sql } from 'drizzle-orm';
import type { Config } from '../config.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Month, monthIn } from './month.ts';
import { users } from './schema.ts';

/** What a user may use at present: their own limits, or the instance's where they have none. */
export interface WorkLimits {
  disabled: boolean;
  requestsPerMinute: number;
  concurrentPipelines: number;
  /** How many of their pipelines may wait for a place. */
  queuedPipelines: number;
  articlesPerMonth: number;
  /** What the instance pays for a month, in micro-dollars; 0 means nothing. */
  monthlyLimitMicroUsd: number;
  /** What the instance pays for one of their articles at most; null for no limit. */
  pipelineLimitMicroUsd: number | null;
  /** What the user wants to spend a month with keys of their own, in micro-dollars; null for no limit. */
  ownMonthlyLimitMicroUsd: number | null;
  timeZone: string;
  /** The month of the user's calendar, by the database's clock, which also dates the rows. */
  month: Month;
  /** The database's clock. */
  now: Date;
  /** When the account was made. */
  createdAt: Date;
}

type Defaults = Pick<Config, 'accounts' | 'budget'>;

/** A user's limits. Throws `not_found` for a user that is gone. */
export async function getWorkLimits(db: Db, config: Defaults, userId: string): Promise<WorkLimits> {
  const [row] = await selectUser(db, userId);
  return present(config, row);
}

/**
 * The same with the user's row locked until the end of `tx`: what is counted against a limit is counted by one
 * transaction at a time. Lock the user before any of their pipelines. Rows that refer to the user can still be added.
 */
export async function lockWorkLimits(tx: Db, config: Defaults, userId: string): Promise<WorkLimits> {
  const [row] = await selectUser(tx, userId).for('no key update');
  return present(config, row);
}

function selectUser(db: Db, userId: string) {
  const now = sql<string | Date>`now()`;
  return db.select({ user: users, now }).from(users).where(eq(users.id, userId));
}

function present(
  { accounts, budget }: Defaults,
  row: { user: typeof users.$inferSelect; now: string | Date } | undefined,
): WorkLimits {
  if (!row) throw new AppError('not_found', 'There is no such user.');
  const { user } = row;
  const now = new Date(row.now);
  return {
    disabled: user.disabled,
    requestsPerMinute: user.requestsPerMinute ?? accounts.requestsPerMinute,
    concurrentPipelines: user.concurrentPipelines ?? accounts.concurrentPipelines,
    queuedPipelines: user.queuedPipelines ?? accounts.queuedPipelines,
    articlesPerMonth: user.articlesPerMonth ?? accounts.articlesPerMonth,
    monthlyLimitMicroUsd: user.monthlyLimitMicroUsd ?? budget.userLimitMicroUsd,
    pipelineLimitMicroUsd: user.pipelineLimitMicroUsd,
    ownMonthlyLimitMicroUsd: user.ownMonthlyLimitMicroUsd,
    timeZone: user.timeZone,
    month: monthIn(user.timeZone, now),
    now,
    createdAt: user.createdAt,
  };
}

/** Whether a user's work stands still. Someone who is gone counts as disabled. */
export async function isDisabled(db: Db, userId: string): Promise<boolean> {
  const [row] = await db.select({ disabled: users.disabled }).from(users).where(eq(users.id, userId));
  return row?.disabled ?? true;
}

/** True where the user in column `userId` may have work done. */
export const mayWork = (userId: SQL | { getSQL(): SQL }): SQL =>
  sql`not exists (select 1 from users where users.id = ${userId} and users.disabled)`;

/**
 * Articles that a user has begun in a month: every pipeline counts, also one that was cancelled before it started,
 * because it can be retried later. Nothing deletes a pipeline but the end of its account, so nothing frees the count.
 */
export async function countArticles(db: Db, userId: string, month: Month): Promise<number> {
  const [row] = await queryRows<{ count: number }>(
    db,
    sql`select count(*)::int as count from pipelines where user_id = ${userId}
        and created_at >= ${month.start.toISOString()}::timestamptz and created_at < ${month.end.toISOString()}::timestamptz`,
  );
  return row?.count ?? 0;
}

/**
 * Makes sure that one more article may be begun, and that nobody begins another until `tx` ends. Throws
 * `articles_limit_reached`.
 */
export async function reserveArticle(tx: Db, config: Defaults, userId: string): Promise<void> {
  const { articlesPerMonth, month, timeZone } = await lockWorkLimits(tx, config, userId);
  if ((await countArticles(tx, userId, month)) < articlesPerMonth) return;
  const turn = `${month.end.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  throw new AppError(
    'articles_limit_reached',
    `The ${articlesPerMonth} articles of ${month.name} have been begun; the next month begins at ${turn} (midnight in ${timeZone}).`,
    { retryAt: month.end },
  );
}
