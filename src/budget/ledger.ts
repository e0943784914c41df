import { and, desc, eq, getTableColumns, gte, inArray, isNull, or, type SQL, sql } from 'drizzle-orm';
import { type Month, monthIn } from '../accounts/month.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { queryRows } from '../db/open.ts';
import { patiently } from '../db/patiently.ts';
import { AppError, type StoredError } from '../errors.ts';
import type { EndedCall } from '../events.ts';
import type { TokenUsage, UnitPrices } from './prices.ts';
import { type CallKind, type PaidCall, type Payer, paidCalls } from './schema.ts';

/** What is known of a call before it is made. */
export interface CallPlan {
  kind: CallKind;
  payer: Payer;
  userId: string;
  /** Null for what belongs to no pipeline: an image. Only the limits of months hold for it. */
  pipelineId: string | null;
  /** The number of the lease under which the pipeline is worked on; null where no lease is held. */
  lease: number | null;
  step: string;
  task: string;
  /** Null for a call without a prompt: a search. */
  promptVersion: number | null;
  requestDigest: string;
  provider: string;
  model: string;
  pricedAs: string | null;
  unitPrices: UnitPrices;
  /** The worst case: all input tokens and the full limit of output tokens, in micro-dollars. */
  worstCaseMicroUsd: number;
}

/** Money so far, in micro-dollars: paid, and held back for calls that are under way. */
export interface Spending {
  settledMicroUsd: number;
  reservedMicroUsd: number;
}

/**
 * What limits a call: its pipeline's budget (`pipeline`), what an admin lets the instance pay for one article of the user
 * (`article`), the user's month, what the user wants to spend a month with keys of their own, or the instance's month.
 */
export type Cap = (typeof caps)[number];
export const caps = ['pipeline', 'article', 'month', 'own-month', 'instance'] as const;

/** What stands in the way of a call, as the database says it. */
interface Verdict {
  id: string | null;
  blocked_by: Cap | 'gone' | 'lease' | 'calendar' | null;
  to_reserve: string | null;
  settled: string | null;
  reserved: string | null;
  cap: string | null;
  zone: string | null;
  moment: string | Date;
}

/** A month of what someone spends: by their own calendar, and apart for what they pay themselves. */
export interface Counter {
  userId: string;
  payer: Payer;
  /** For example 2026-11. */
  month: string;
}

/** A call that was not granted: which cap it does not fit under, and by how much. */
export interface Refusal extends Spending {
  cap: Cap;
  limitMicroUsd: number;
  neededMicroUsd: number;
  /** The month of the cap, with its end; null for what one article may cost, which no month renews. */
  month: Month | null;
}

type Ctx = Pick<AppContext, 'db' | 'config'>;

/**
 * How much more than a call needs a user draws from the instance's month at once, in micro-dollars: about one article.
 * Until that is used up, their calls do not touch the counter that all users share.
 */
const drawStepMicroUsd = 250_000;

/** The month that users were last seen in. Only a guess: the database says so when it is over, or their clocks moved. */
const calendars = new Map<string, { timeZone: string; month: Month }>();

/**
 * Reserves the worst case of a call against its pipeline's budget, its user's month and the instance's month, in one
 * statement: `settled + reserved <= limit` holds for each of them however many processes ask at once. Nothing is written
 * when the call does not fit.
 *
 * Returns the id of the call, or what it does not fit under. Throws `lease_lost` when the pipeline is no longer worked on
 * under the plan's lease, `not_found` when it or its user is gone.
 * @param at another time than the database's own, for tests
 */
export async function tryReserve(
  { db, config }: Ctx,
  plan: CallPlan,
  at: Date | null = null,
): Promise<{ id: string } | { refusal: Refusal }> {
  let calendar = calendars.get(plan.userId) ?? calendarOf('UTC', at ?? new Date());
  for (let tries = 0; tries < 5; tries++) {
    const verdict = await askForMoney(db, config, plan, calendar, at);
    if (verdict.id !== null) return { id: verdict.id };
    switch (verdict.blocked_by) {
      case 'calendar':
        calendar = calendarOf(verdict.zone ?? 'UTC', new Date(verdict.moment));
        remember(plan.userId, calendar);
        continue;
      case 'lease':
        throw new AppError('lease_lost', 'Another worker has taken this pipeline over, or it was cancelled.');
      case 'gone':
      case null:
        throw new AppError('not_found', 'The pipeline of this call is gone.');
      default:
        return { refusal: toRefusal(verdict, verdict.blocked_by, calendar.month) };
    }
  }
  throw new AppError('conflict', 'The time zone of this account keeps changing.');
}

/** A pause between two tries of a call that waits for others, in milliseconds: about as long as a short answer takes. */
const pauseMs = 1_000;

/**
 * The same, and waits its turn while only the reservations of other calls stand in the way: they end by themselves, so
 * nobody is told that money is missing. `pause` waits and throws when the call is given up; `onWait` is called once.
 * Throws `budget_exceeded` when what is spent leaves no room, after a call of `onRefused`.
 */
export async function reserve(
  ctx: Ctx,
  plan: CallPlan,
  wait: {
    pause(ms: number): Promise<void>;
    onWait(refusal: Refusal): Promise<void>;
    onRefused?(refusal: Refusal): void;
  },
): Promise<string> {
  let waited = false;
  for (;;) {
    const granted = await tryReserve(ctx, plan);
    if ('id' in granted) return granted.id;
    const { refusal } = granted;
    if (refusal.settledMicroUsd + refusal.neededMicroUsd > refusal.limitMicroUsd) {
      wait.onRefused?.(refusal);
      throw budgetExceeded(refusal);
    }
    if (!waited) await wait.onWait(refusal);
    waited = true;
    await wait.pause(pauseMs);
  }
}

async function askForMoney(
  db: Db,
  config: AppContext['config'],
  plan: CallPlan,
  { timeZone, month }: { timeZone: string; month: Month },
  at: Date | null,
): Promise<Verdict> {
  const { userLimitMicroUsd, instanceLimitMicroUsd } = config.budget;
  const [verdict] = await queryRows<Verdict>(
    db,
    sql`with money as materialized (
          select * from money_for_call(${plan.userId}::uuid, ${plan.pipelineId}::uuid, ${plan.lease}::bigint, ${plan.payer},
            ${plan.model}, ${plan.worstCaseMicroUsd}::bigint, ${timeZone}, ${month.name},
            ${month.start.toISOString()}::timestamptz, ${month.end.toISOString()}::timestamptz,
            ${userLimitMicroUsd}::bigint, ${instanceLimitMicroUsd}::bigint, ${drawStepMicroUsd}::bigint,
            ${at?.toISOString() ?? null}::timestamptz)
        ), reservation as (
          insert into paid_calls (id, kind, payer, user_id, pipeline_id, month, instance_month, step, task, prompt_version,
            request_digest, provider, model, priced_as, unit_prices, status, worst_case_micro_usd, reserved_micro_usd, started_at)
          select ${newId()}::uuid, ${plan.kind}, ${plan.payer}, ${plan.userId}::uuid, ${plan.pipelineId}::uuid, ${month.name},
            utc_month, ${plan.step}, ${plan.task}, ${plan.promptVersion}::int, ${plan.requestDigest}, ${plan.provider},
            ${plan.model}, ${plan.pricedAs}, ${JSON.stringify(plan.unitPrices)}::jsonb, 'reserved',
            ${plan.worstCaseMicroUsd}::bigint, to_reserve, moment
          from money where blocked_by is null
          returning id
        )
        select money.*, reservation.id from money left join reservation on true`,
  );
  if (!verdict) throw new Error('the ledger did not answer');
  return verdict;
}

function toRefusal(verdict: Verdict, cap: Cap, usersMonth: Month): Refusal {
  const month =
    cap === 'pipeline' || cap === 'article'
      ? null
      : cap === 'instance'
        ? monthIn('UTC', new Date(verdict.moment))
        : usersMonth;
  return {
    cap,
    settledMicroUsd: Number(verdict.settled),
    reservedMicroUsd: Number(verdict.reserved),
    limitMicroUsd: Number(verdict.cap),
    neededMicroUsd: Number(verdict.to_reserve),
    month,
  };
}

const capNames: Record<Cap, string> = {
  pipeline: 'the budget of this article',
  article: 'what this instance pays for one article of yours',
  month: 'your limit for the month',
  'own-month': 'your limit for your own keys this month',
  instance: 'the limit of this instance for the month',
};

const hints: Record<Cap, string> = {
  pipeline: 'Raise the budget of this pipeline and continue.',
  article: 'It goes on by itself as soon as an admin raises your limit for an article.',
  month: 'It goes on by itself next month, or as soon as an admin raises your limit.',
  'own-month': 'It goes on by itself next month, or as soon as you raise your limit.',
  instance: 'It goes on by itself next month, or as soon as the operator raises INSTANCE_MONTHLY_LIMIT_USD.',
};

/** The refusal as an error, for people; `details` holds it for whoever waits for the money. */
export function budgetExceeded(refusal: Refusal): AppError {
  const { cap, settledMicroUsd, reservedMicroUsd, limitMicroUsd, neededMicroUsd, month } = refusal;
  const left = Math.max(0, limitMicroUsd - settledMicroUsd - reservedMicroUsd);
  // What others spend is nobody's business: of the instance's month only that it is used up.
  const rest =
    cap === 'instance'
      ? 'more than is left of the limit of this instance for the month.'
      : `and ${dollars(left)} of ${capNames[cap]} (${dollars(limitMicroUsd)}) is left.`;
  return new AppError('budget_exceeded', `The next call may cost up to ${dollars(neededMicroUsd)}, ${rest}`, {
    hint: hints[cap],
    details: { cap, neededMicroUsd, until: month?.end.toISOString() ?? null },
  });
}

function calendarOf(timeZone: string, at: Date): { timeZone: string; month: Month } {
  return { timeZone, month: monthIn(timeZone, at) };
}

function remember(userId: string, calendar: { timeZone: string; month: Month }): void {
  if (calendars.size > 10_000) calendars.clear();
  calendars.set(userId, calendar);
}

/** What a pipeline has spent and reserved. */
export async function pipelineSpending(db: Db, pipelineId: string): Promise<Spending> {
  const [row] = await queryRows<{ settled: string; reserved: string }>(
    db,
    sql`select coalesce(sum(cost_micro_usd), 0) as settled,
          coalesce(sum(reserved_micro_usd) filter (where status = 'reserved'), 0) as reserved
        from paid_calls where pipeline_id = ${pipelineId}`,
  );
  return { settledMicroUsd: Number(row?.settled ?? 0), reservedMicroUsd: Number(row?.reserved ?? 0) };
}

/** How a call ended. */
export interface CallResult {
  /** Null when the provider did not say, and for calls that are not priced by tokens. */
  usage: TokenUsage | null;
  /** The true cost in micro-dollars; null when it is unknown: the reservation then stands in as an estimate. */
  costMicroUsd: number | null;
  /** The model that the provider says has answered, where it is another than the one that was asked. */
  answeredBy?: string | null;
  output?: unknown;
  error?: StoredError;
}

/**
 * Replaces the reservation by the true cost, in the ledger and in every counter above it. Also corrects a call that was
 * meanwhile settled as an estimate because its worker seemed dead; a call that is truly settled is left alone, so
 * settling twice changes nothing. The answer was paid for and exists nowhere else: a database that is away or full is
 * tried for a minute.
 *
 * Returns the counter that was moved, null where none was.
 */
export async function settle(db: Db, callId: string, result: CallResult): Promise<(Counter & EndedCall) | null> {
  const known = result.costMicroUsd !== null;
  const { userId, payer, month, model, task, status, costMicroUsd, inputTokens, cachedInputTokens, outputTokens } =
    paidCalls;
  const ended = { model, task, status, costMicroUsd, inputTokens, cachedInputTokens, outputTokens };
  const [counter] = await patiently(async () =>
    db
      .update(paidCalls)
      .set({
        status: result.error ? 'failed' : 'settled',
        estimated: !known,
        costMicroUsd: known ? result.costMicroUsd : sql`${paidCalls.reservedMicroUsd}`,
        answeredBy: result.answeredBy ?? null,
        inputTokens: result.usage?.inputTokens ?? null,
        cachedInputTokens: result.usage?.cachedInputTokens ?? null,
        cacheWriteInputTokens: result.usage?.cacheWriteInputTokens ?? null,
        outputTokens: result.usage?.outputTokens ?? null,
        reasoningTokens: result.usage?.reasoningTokens ?? null,
        output: result.output ?? null,
        error: result.error ?? null,
        finishedAt: sql`now()`,
      })
      .where(isOpen(callId))
      .returning({ userId, payer, month, ...ended }),
  );
  return counter ?? null;
}

/** The call while it is not known what it cost: it is under way, or its worker seemed dead or never heard. */
const isOpen = (callId: string) =>
  and(eq(paidCalls.id, callId), or(eq(paidCalls.status, 'reserved'), eq(paidCalls.estimated, true)));

/**
 * Gives a reservation back for a call that certainly was not billed: it was refused or never sent. Like {@link settle} it
 * corrects an estimate.
 */
export async function release(db: Db, callId: string, error: StoredError): Promise<void> {
  await db
    .update(paidCalls)
    .set({ status: 'released', estimated: false, costMicroUsd: 0, error, finishedAt: sql`now()` })
    .where(isOpen(callId));
}

/**
 * Settles what a dead worker left reserved in this pipeline. Whether those calls were billed cannot be known, so the
 * reservation counts as their cost and they are marked as estimated: never undercounted.
 */
export async function settleAbandoned(db: Db, pipelineId: string): Promise<number> {
  return estimateReserved(db, pipelineId);
}

/** How long nobody may have been at work on a pipeline before what it left reserved is settled. */
const silence = sql`interval '15 seconds'`;
/** Calls of pipelines (`pipelines`) that nobody works on. Whose worker is alive, if only just, is left to it. */
const orphaned = sql`${paidCalls.startedAt} < now() - ${silence}
  and (pipelines.status <> 'running' or pipelines.lease_expires_at is null or pipelines.lease_expires_at < now() - ${silence})
  and (pipelines.finished_at is null or pipelines.finished_at < now() - ${silence})`;

/**
 * The same for every pipeline whose worker died and that no other has taken: its user waits for a place, or is disabled.
 * Each pipeline is settled by a statement of its own that looks again whether it is so: a worker that takes it in between
 * keeps what it reserves, and nothing is locked while another lock is waited for. Returns how many calls were settled.
 */
export async function settleOrphaned(db: Db): Promise<number> {
  const rows = await queryRows<{ id: string }>(
    db,
    sql`select distinct pipelines.id from ${paidCalls} join pipelines on pipelines.id = ${paidCalls.pipelineId}
        where ${paidCalls.status} = 'reserved' and ${orphaned}`,
  );
  let settled = 0;
  for (const { id } of rows) settled += await estimateReserved(db, id, orphaned);
  return settled + (await settleForgotten(db));
}

/** Longer than any call may take: what belongs to no pipeline has no lease that says whether somebody is at work on it. */
const forgottenAfter = sql`interval '15 minutes'`;

async function settleForgotten(db: Db): Promise<number> {
  const { pipelineId, status, startedAt } = paidCalls;
  const forgotten = sql`${pipelineId} is null and ${status} = 'reserved' and ${startedAt} < now() - ${forgottenAfter}`;
  return estimate(db, sql`select ${paidCalls.id} from ${paidCalls} where ${forgotten} for update skip locked`);
}

async function estimateReserved(db: Db, pipelineId: string, only?: SQL): Promise<number> {
  // What is being settled at this moment is passed over: that is the true cost.
  const calls = sql`select ${paidCalls.id} from ${paidCalls} join pipelines on pipelines.id = ${paidCalls.pipelineId}
    where ${paidCalls.pipelineId} = ${pipelineId} and ${paidCalls.status} = 'reserved' ${only ? sql`and ${only}` : sql``}
    order by ${paidCalls.id} for update of ${paidCalls} ${only ? sql`skip locked` : sql``}`;
  return estimate(db, calls);
}

async function estimate(db: Db, calls: SQL): Promise<number> {
  const rows = await db
    .update(paidCalls)
    .set({
      status: 'failed',
      estimated: true,
      costMicroUsd: sql`${paidCalls.reservedMicroUsd}`,
      error: { code: 'lease_lost', message: 'The worker ended before the answer was stored.', hint: '' },
      finishedAt: sql`now()`,
    })
    .where(sql`${paidCalls.id} in (${calls})`)
    .returning({ id: paidCalls.id });
  return rows.length;
}

/** Whose calls are looked through: those of a pipeline, by its id, or those of a user that belong to no pipeline. */
export type Asker = string | { userId: string };

const askedBy = (asker: Asker) =>
  typeof asker === 'string'
    ? eq(paidCalls.pipelineId, asker)
    : and(eq(paidCalls.userId, asker.userId), isNull(paidCalls.pipelineId));

/** The answer that was already paid for to the same question, or null. */
export async function findAnswer(db: Db, asker: Asker, requestDigest: string): Promise<PaidCall | null> {
  const [row] = await db
    .select()
    .from(paidCalls)
    .where(
      and(
        askedBy(asker),
        eq(paidCalls.requestDigest, requestDigest),
        eq(paidCalls.status, 'settled'),
        sql`${paidCalls.output} is not null`,
      ),
    );
  return row ?? null;
}

/** The answer that a user has already paid for to the same question and that belongs to no pipeline, or null. The newest counts. */
export async function findUsersAnswer(
  db: Db,
  userId: string,
  requestDigest: string,
): Promise<{ id: string; output: unknown } | null> {
  const { id, output, status } = paidCalls;
  const [row] = await db
    .select({ id, output })
    .from(paidCalls)
    .where(
      and(
        eq(paidCalls.userId, userId),
        isNull(paidCalls.pipelineId),
        eq(paidCalls.requestDigest, requestDigest),
        eq(status, 'settled'),
        sql`${output} is not null`,
      ),
    )
    .orderBy(desc(paidCalls.startedAt))
    .limit(1);
  return row ?? null;
}

/** Drops an answer that is kept elsewhere now, or that is of no use; its money stays as it is. */
export async function dropAnswer(db: Db, callId: string): Promise<void> {
  await db.update(paidCalls).set({ output: null }).where(eq(paidCalls.id, callId));
}

/**
 * What a model answered to this question although it could not be used, at or after `since` (null: ever), as it was
 * given to {@link settle}; null if there is nothing. The newest counts.
 */
export async function findUnusable(db: Db, asker: Asker, requestDigest: string, since: Date | null): Promise<unknown> {
  const [row] = await db
    .select({ output: paidCalls.output })
    .from(paidCalls)
    .where(
      and(
        askedBy(asker),
        eq(paidCalls.requestDigest, requestDigest),
        eq(paidCalls.status, 'failed'),
        sql`${paidCalls.output} is not null`,
        since ? gte(paidCalls.startedAt, since) : undefined,
      ),
    )
    .orderBy(desc(paidCalls.startedAt))
    .limit(1);
  return row?.output ?? null;
}

/** Whether a model declined to answer this question, and was paid for that, at or after `since` (null: ever). */
export async function wasRefused(db: Db, asker: Asker, requestDigest: string, since: Date | null): Promise<boolean> {
  const refusals = and(
    askedBy(asker),
    eq(paidCalls.requestDigest, requestDigest),
    eq(paidCalls.status, 'failed'),
    sql`${paidCalls.error} ->> 'code' = 'model_refused'`,
    since ? gte(paidCalls.startedAt, since) : undefined,
  );
  return (await db.$count(paidCalls, refusals)) > 0;
}

/** A row of the ledger without the answer, which may be large. */
export type LedgerEntry = Omit<PaidCall, 'output'>;

/** Every call of the given pipelines, oldest first. */
export async function listCalls(db: Db, pipelineIds: string[]): Promise<LedgerEntry[]> {
  if (pipelineIds.length === 0) return [];
  const { output: _, ...columns } = getTableColumns(paidCalls);
  return db
    .select(columns)
    .from(paidCalls)
    .where(inArray(paidCalls.pipelineId, pipelineIds))
    .orderBy(paidCalls.startedAt, paidCalls.id);
}

/** Micro-dollars as dollars for a message: exact, without rounding small amounts away. */
export function dollars(microUsd: number): string {
  const sign = microUsd < 0 ? '-' : '';
  const digits = (Math.abs(microUsd) / 1_000_000).toFixed(6).replace(/0{1,4}$/, '');
  return `${sign}$${digits}`;
}
