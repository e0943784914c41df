import { and, eq, isNotNull, lt, sql } from 'drizzle-orm';
import { type Month, monthIn } from '../accounts/month.ts';
import { users } from '../accounts/schema.ts';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { emitEvent } from '../webhooks/events.ts';
import type { Counter } from './ledger.ts';
import { mailBudgetWarning, mailInstanceWarning, type Reached } from './mails.ts';
import { budgetWarnings, instanceWarnings, type WarningPercent, warningPercents } from './schema.ts';

type Ctx = Pick<AppContext, 'db' | 'config' | 'secrets' | 'queue' | 'log'>;

/** What a limit and what counts against it stand at; amounts in micro-dollars. */
interface Standing {
  spentMicroUsd: number;
  /** Null for no limit. */
  limitMicroUsd: number | null;
  /** The limit is a setting of the instance, which two processes may read differently while one of them is replaced. */
  isSetting: boolean;
  /** What was told before, under which limit. `lately`: within the last hour. */
  told: { percent: WarningPercent; limitMicroUsd: number; lately: boolean }[];
}

/** Which warnings go out, in ascending order, and which are taken back because the limit was raised. */
interface Due {
  reached: WarningPercent[];
  rearmed: WarningPercent[];
}

/**
 * Works out what is due. All of a limit is used when as much is spent, or when a call of `neededMicroUsd` does not fit
 * any more. A limit of 0 is no limit that anyone uses up.
 */
export function dueOf({ spentMicroUsd, limitMicroUsd, isSetting, told }: Standing, neededMicroUsd: number | null): Due {
  if (limitMicroUsd === null || limitMicroUsd === 0) return { reached: [], rearmed: [] };
  const isReached = (percent: WarningPercent) =>
    spentMicroUsd * 100 >= percent * limitMicroUsd ||
    (neededMicroUsd !== null && spentMicroUsd + neededMicroUsd > limitMicroUsd);
  const rearmed = told
    .filter(({ percent, limitMicroUsd: before, lately }) => {
      return before < limitMicroUsd && !isReached(percent) && !(isSetting && lately);
    })
    .map(({ percent }) => percent);
  const reached = warningPercents.filter(
    (percent) => isReached(percent) && !told.some((warning) => warning.percent === percent),
  );
  return { reached, rearmed };
}

/**
 * Tells a user by mail and webhook when half, four fifths or all of what they may spend this month is spent: each once,
 * and of several at once only the highest. Costs one query when nothing is due. Says nothing of a month that is over, and
 * nothing to users who are disabled or gone. Never throws: what goes wrong is logged, and {@link warnOfMissed} comes back
 * to it.
 *
 * @param neededMicroUsd what a call needs that was refused because it does not fit into the month
 * @param at another time than the database's own, for tests
 */
export async function warnOfSpending(
  ctx: Ctx,
  counter: Counter,
  neededMicroUsd: number | null = null,
  at: Date | null = null,
): Promise<void> {
  try {
    const standing = await readStanding(ctx, ctx.db, counter, at);
    if (!standing || isNothing(dueOf(standing, neededMicroUsd))) return;
    await ctx.db.transaction(async (tx) => {
      // Whoever changes the limit waits, and so does whoever tells of the same month.
      await tx.select({ id: users.id }).from(users).where(eq(users.id, counter.userId)).for('no key update');
      const now = await readStanding(ctx, tx, counter, at);
      if (now) await tell(ctx, tx, counter, now, dueOf(now, neededMicroUsd));
    });
  } catch (error) {
    ctx.log.error({ err: error, ...counter }, 'a user was not told what they have spent');
  }
}

const isNothing = ({ reached, rearmed }: Due) => reached.length === 0 && rearmed.length === 0;

interface UsersStanding extends Standing {
  email: string | null;
  month: Month;
  timeZone: string;
}

/** Null for a month that is not the user's present one, and for users who are disabled or gone. */
async function readStanding(
  { config }: Pick<Ctx, 'config'>,
  db: Db,
  { userId, payer, month: name }: Counter,
  at: Date | null,
): Promise<UsersStanding | null> {
  const own = payer === 'user';
  const [row] = await queryRows<{
    email: string | null;
    time_zone: string;
    limit: string | null;
    settled: string;
    told: Standing['told'];
    now: string | Date;
  }>(
    db,
    sql`select users.email, users.time_zone, ${own ? sql`users.own_monthly_limit_micro_usd` : sql`users.monthly_limit_micro_usd`} as limit,
          coalesce(spending.settled_micro_usd, 0) as settled, coalesce(${at?.toISOString() ?? null}::timestamptz, now()) as now,
          (select coalesce(json_agg(json_build_object('percent', w.percent, 'limitMicroUsd', w.limit_micro_usd,
              'lately', w.sent_at > now() - interval '1 hour')), '[]')
            from budget_warnings w where w.user_id = users.id and w.payer = ${payer} and w.month = ${name}) as told
        from users
        left join spending on spending.user_id = users.id and spending.payer = ${payer} and spending.month = ${name}
        where users.id = ${userId}::uuid and not users.disabled`,
  );
  if (!row) return null;
  const month = monthIn(row.time_zone, new Date(row.now));
  if (month.name !== name) return null;
  const isSetting = !own && row.limit === null;
  const limit = isSetting ? config.budget.userLimitMicroUsd : row.limit === null ? null : Number(row.limit);
  return {
    email: row.email,
    month,
    timeZone: row.time_zone,
    spentMicroUsd: Number(row.settled),
    limitMicroUsd: limit,
    isSetting,
    told: row.told,
  };
}

async function tell(ctx: Ctx, tx: Db, counter: Counter, standing: UsersStanding, due: Due): Promise<void> {
  const { userId, payer, month: name } = counter;
  const { limitMicroUsd, spentMicroUsd, month, timeZone, email } = standing;
  if (limitMicroUsd === null) return;
  const told = and(
    eq(budgetWarnings.userId, userId),
    eq(budgetWarnings.payer, payer),
    eq(budgetWarnings.month, name),
    lt(budgetWarnings.limitMicroUsd, limitMicroUsd),
  );
  for (const percent of due.rearmed)
    await tx.delete(budgetWarnings).where(and(told, eq(budgetWarnings.percent, percent)));
  const percent = due.reached.at(-1);
  if (percent === undefined) return;
  const marked = await tx
    .insert(budgetWarnings)
    .values(due.reached.map((reached) => ({ userId, payer, month: name, percent: reached, limitMicroUsd })))
    .onConflictDoNothing()
    .returning({ percent: budgetWarnings.percent });
  if (!marked.some((row) => row.percent === percent)) return;
  const reached: Reached = { percent, spentMicroUsd, limitMicroUsd, month, timeZone };
  if (email !== null) await mailBudgetWarning(ctx, tx, { userId, email }, payer, reached);
  const data = { percent, spentMicroUsd, limitMicroUsd, month: name, monthEndsAt: month.end.toISOString(), payer };
  await emitEvent(ctx, tx, userId, { type: 'budget.warning', data });
}

/** What a check that is under way has to look at once more when it is done. */
interface Check {
  done: Promise<void>;
  again: boolean;
  neededMicroUsd: number | null;
}

/** The checks that are under way, by database: tests run several processes' contexts in one. */
const checks = new WeakMap<Db, Map<string, Check>>();

/**
 * Has {@link warnOfSpending} done beside the work that caused it, which does not wait. One check at a time for each
 * counter: many calls that end together cause two of them, not many.
 */
export function checkSpending(ctx: Ctx, counter: Counter, neededMicroUsd: number | null = null): void {
  const running = checks.get(ctx.db) ?? new Map<string, Check>();
  checks.set(ctx.db, running);
  const key = `${counter.userId} ${counter.payer} ${counter.month}`;
  const before = running.get(key);
  if (before) {
    before.again = true;
    before.neededMicroUsd = neededMicroUsd ?? before.neededMicroUsd;
    return;
  }
  const check: Check = { done: Promise.resolve(), again: true, neededMicroUsd };
  running.set(key, check);
  check.done = (async () => {
    while (check.again) {
      check.again = false;
      const needed = check.neededMicroUsd;
      check.neededMicroUsd = null;
      await warnOfSpending(ctx, counter, needed);
    }
    running.delete(key);
  })();
}

/** Resolves when no check is under way any more: before the database is closed. */
export async function spendingChecked(db: Db): Promise<void> {
  await Promise.all([...(checks.get(db)?.values() ?? [])].map(({ done }) => done));
}

/** How many users one look takes on; the rest comes with the next. */
const usersAtOnce = 500;

/**
 * Tells everyone whom nobody has told: because the process that settled their call was killed before, because their limit
 * was changed, or because a run of theirs waits for the next month. Each user apart. Returns how many were looked at.
 */
export async function warnOfMissed(ctx: Ctx): Promise<number> {
  const rows = await queryRows<{ user_id: string; payer: Counter['payer']; month: string; needed: string | null }>(
    ctx.db,
    sql`with waiting as (
          select p.user_id, case p.waiting ->> 'cap' when 'own-month' then 'user' else 'instance' end as payer,
            max((p.waiting ->> 'neededMicroUsd')::bigint) as needed
          from pipelines p where p.status = 'waiting' and p.waiting ->> 'reason' = 'budget_exceeded'
            and p.waiting ->> 'cap' in ('month', 'own-month') and (p.waiting ->> 'until')::timestamptz > now()
          group by 1, 2
        ), counter as (
          select s.user_id, s.payer, s.month, s.settled_micro_usd as settled, waiting.needed,
            case s.payer when 'user' then users.own_monthly_limit_micro_usd
              else coalesce(users.monthly_limit_micro_usd, ${ctx.config.budget.userLimitMicroUsd}::bigint) end as cap
          from spending s
          join users on users.id = s.user_id and not users.disabled
          left join waiting on waiting.user_id = s.user_id and waiting.payer = s.payer
          -- Whatever the time zone, its present month is one of these.
          where s.month between to_char(now() at time zone 'UTC' - interval '1 day', 'YYYY-MM')
            and to_char(now() at time zone 'UTC' + interval '1 day', 'YYYY-MM')
        ), told as (
          select w.user_id, w.payer, w.month, array_agg(w.percent) as percents,
            max(w.percent) filter (where w.limit_micro_usd < counter.cap) as under_less
          from budget_warnings w join counter using (user_id, payer, month) group by 1, 2, 3
        )
        select counter.user_id, counter.payer, counter.month, counter.needed
        from counter left join told using (user_id, payer, month)
        where cap > 0 and (
          exists (select 1 from unnest(array[50, 80, 100]) as percent
            where (settled * 100 >= percent * cap or settled + needed > cap) and not percent = any(coalesce(percents, '{}')))
          or settled * 100 < under_less * cap and coalesce(settled + needed <= cap, true))
        limit ${usersAtOnce}`,
  );
  for (const { user_id: userId, payer, month, needed } of rows) {
    await warnOfSpending(ctx, { userId, payer, month }, needed === null ? null : Number(needed));
  }
  return rows.length;
}

/**
 * Tells every admin by mail when half, four fifths or all of the instance's month (of UTC) is spent, by the users who are
 * there and by those who are gone: each once. All of it is used as well when a run waits because its next call does not
 * fit.
 *
 * @param at another time than the database's own, for tests
 */
export async function warnOfInstance(ctx: Ctx, at: Date | null = null): Promise<void> {
  const { standing, needed } = await readInstance(ctx, ctx.db, at);
  if (isNothing(dueOf(standing, needed))) return;
  await ctx.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('warnings of the instance'))`);
    const now = await readInstance(ctx, tx, at);
    const { reached, rearmed } = dueOf(now.standing, now.needed);
    const { limitMicroUsd, spentMicroUsd } = now.standing;
    const { name: month } = now.month;
    if (limitMicroUsd === null) return;
    for (const percent of rearmed) {
      await tx
        .delete(instanceWarnings)
        .where(and(eq(instanceWarnings.month, month), eq(instanceWarnings.percent, percent)));
    }
    const percent = reached.at(-1);
    if (percent === undefined) return;
    const marked = await tx
      .insert(instanceWarnings)
      .values(reached.map((share) => ({ month, percent: share, limitMicroUsd })))
      .onConflictDoNothing()
      .returning({ percent: instanceWarnings.percent });
    if (!marked.some((row) => row.percent === percent)) return;
    const admins = await tx
      .select({ userId: users.id, email: users.email })
      .from(users)
      .where(and(eq(users.role, 'admin'), eq(users.disabled, false), isNotNull(users.email)));
    const told: Reached = { percent, spentMicroUsd, limitMicroUsd, month: now.month, timeZone: 'UTC' };
    for (const { userId, email } of admins) {
      if (email !== null) await mailInstanceWarning(ctx, tx, { userId, email }, told);
    }
  });
}

async function readInstance(
  { config }: Pick<Ctx, 'config'>,
  db: Db,
  at: Date | null,
): Promise<{ standing: Standing; needed: number | null; month: Month }> {
  const [row] = await queryRows<{
    now: string | Date;
    settled: string;
    told: Standing['told'];
    needed: string | null;
  }>(
    db,
    sql`with present as (select coalesce(${at?.toISOString() ?? null}::timestamptz, now()) as now),
          month as (select to_char(now at time zone 'UTC', 'YYYY-MM') as name from present)
        select present.now,
          (select coalesce(sum(a.settled_micro_usd), 0) from allotments a where a.month = month.name)
            + coalesce((select i.departed_micro_usd from instance_months i where i.month = month.name), 0) as settled,
          (select coalesce(json_agg(json_build_object('percent', w.percent, 'limitMicroUsd', w.limit_micro_usd,
              'lately', w.sent_at > now() - interval '1 hour')), '[]')
            from instance_warnings w where w.month = month.name) as told,
          (select max((p.waiting ->> 'neededMicroUsd')::bigint) from pipelines p
            where p.status = 'waiting' and p.waiting ->> 'reason' = 'budget_exceeded' and p.waiting ->> 'cap' = 'instance'
            and (p.waiting ->> 'until')::timestamptz > present.now) as needed
        from present, month`,
  );
  if (!row) throw new Error('the ledger did not answer');
  const standing: Standing = {
    spentMicroUsd: Number(row.settled),
    limitMicroUsd: config.budget.instanceLimitMicroUsd,
    isSetting: true,
    told: row.told,
  };
  const needed = row.needed === null ? null : Number(row.needed);
  return { standing, needed, month: monthIn('UTC', new Date(row.now)) };
}
