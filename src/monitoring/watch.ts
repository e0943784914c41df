import { hostname } from 'node:os';
import { sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { deliverEmail } from '../notify/deliver.ts';
import { certificateUntil } from './certificate.ts';
import { answerBounds } from './counted.ts';
import { readFacts } from './facts.ts';
import { recordLook } from './incidents.ts';
import { rules, type Watched } from './rules.ts';
import { goals } from './service-levels.ts';
import { storeCounts } from './store-counts.ts';

/** Twice in every minute, so that none is missed in which the process was up; in milliseconds. */
const storeMs = 25_000;
const lookMs = 60_000;
const certificateMs = 6 * 3_600_000;
/** How far back the answers of the last while reach, in milliseconds: at most, and at least before they say anything. */
const windowMs = 10 * 60_000;
const leastMs = 4 * 60_000;

/**
 * Watches over the instance while the process runs: adds what it counts to the totals, and looks every minute whether anything
 * is wrong that somebody has to be told of. Every process does, whatever its role: of the others any may be dead. Returns
 * what ends it and resolves when the last counts are stored.
 */
export function watchInstance(ctx: AppContext): () => Promise<void> {
  const serves = ctx.config.role !== 'worker';
  const ending = new AbortController();
  const store = () =>
    storeCounts(ctx.db, ctx.telemetry.counts, serves).catch((error) =>
      ctx.log.warn({ err: error }, 'what was counted could not be stored; it is kept and tried again'),
    );
  const lookOut = createLookout(ctx, ending.signal);
  let looking: Promise<void> = Promise.resolve();
  const look = () => {
    looking = looking.then(() =>
      lookOut().catch((error) => ctx.log.warn({ err: error }, 'whether anything is wrong could not be found out')),
    );
  };
  const timers = [setInterval(store, storeMs), setInterval(look, lookMs)];
  void store();
  return async () => {
    for (const timer of timers) clearInterval(timer);
    ending.abort(new Error('the process is stopping'));
    await looking;
    await store();
  };
}

/** Looks once: finds out what is wrong, keeps it, and hands what is to be told over to the mail server itself. */
export function createLookout(ctx: AppContext, stopping: AbortSignal): () => Promise<void> {
  const lately = createLately();
  let certificate: { until: Date | null; readAt: number } | null = null;
  const reported = new Set<string>();
  return async () => {
    const { appUrl, fixedAppUrl } = ctx.config.http;
    if (fixedAppUrl && (certificate === null || performance.now() - certificate.readAt > certificateMs)) {
      certificate = { until: await certificateUntil(appUrl), readAt: performance.now() };
    }
    const watched: Watched = {
      ...(await readFacts(ctx)),
      lately: lately(await answersSoFar(ctx.db), performance.now()),
      certificateUntil: certificate?.until ?? null,
      machine: hostname(),
    };
    const mails = await recordLook(
      ctx,
      rules.map((rule) => ({ rule, look: rule.look(watched) })),
    );
    if (ctx.config.mail.kind === 'none') return;
    // At once and by this process: it may be about the workers, who send mails otherwise.
    for (const mail of mails) await deliverEmail(ctx, mail, stopping, reported);
  };
}

interface Answers {
  requests: number;
  errors: number;
  slow: number;
}

/** All answers of today and yesterday, of all processes. */
async function answersSoFar(db: Db): Promise<Answers> {
  const withinGoal = answerBounds.indexOf(goals.answerSeconds) + 1;
  const [row] = await queryRows<Answers>(
    db,
    sql`select coalesce(sum(requests), 0)::float8 as requests, coalesce(sum(errors), 0)::float8 as errors,
          coalesce(sum(requests - (select sum(b) from unnest(buckets[1:${withinGoal}::int]) as b)), 0)::float8 as slow
        from service_days where day >= (now() at time zone 'UTC')::date - 1`,
  );
  return row ?? { requests: 0, errors: 0, slow: 0 };
}

/**
 * What was answered within the last ten minutes, from sums that only grow: null until they reach back far enough, and when
 * they shrank because a day went out of them.
 */
export function createLately(): (sums: Answers, at: number) => Answers | null {
  let seen: { at: number; sums: Answers }[] = [];
  return (sums, at) => {
    seen = [...seen.filter((one) => at - one.at <= windowMs), { at, sums }];
    if (seen.some((one) => one.sums.requests > sums.requests)) seen = [{ at, sums }];
    const [first] = seen;
    if (!first || at - first.at < leastMs) return null;
    return {
      requests: sums.requests - first.sums.requests,
      errors: sums.errors - first.sums.errors,
      slow: sums.slow - first.sums.slow,
    };
  };
}
