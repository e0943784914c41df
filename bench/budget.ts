import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { closeContext, createContext } from '../src/app.ts';
import { type CallPlan, settle, tryReserve } from '../src/budget/ledger.ts';
import type { AppContext } from '../src/context.ts';
import { newId } from '../src/db/id.ts';
import { createLogger } from '../src/logger.ts';
import { callPlan, givenBudget, givenUser } from '../test/ledger.ts';
import { noPostgres, openPostgresBench, postgresUrl } from './support/database.ts';
import { type Figure, figure, type Measure, type MeasureOptions } from './support/measure.ts';

/** Calls that are under way at the same time. */
const concurrent = 50;
/** Whose calls are measured: nobody's, one user's, or fifty users'. */
type Name = 'bare' | 'one' | 'many';

/** How long each takes at the provider, in milliseconds: a short answer of a fast model. Most take longer. */
const callMs = 500;
/** A reservation and a settlement may together add this much to a call, in milliseconds. */
const aimMs = 5;
const plenty = 1_000_000_000_000;
const usage = {
  inputTokens: 900,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 90,
  reasoningTokens: 0,
};

/**
 * What it costs that no cap is passed: reserving before a call and settling after it, on PostgreSQL, with fifty calls
 * under way at a time, each of which takes half a second. Once all of them are one user's, which count against the same
 * month, once they are fifty users'. The baseline is an insert and an update of one row, each committed, in their place.
 * Then the same without the half second: how many pairs a second get through, one behind the other.
 */
export const budget: Measure = async (options) => {
  if (!postgresUrl) return { figures: [], notMeasured: [`the ledger on PostgreSQL: ${noPostgres}`] };
  return { figures: await measure(await openPostgresBench(postgresUrl), options), notMeasured: [] };
};

async function measure(
  { database, config, secrets, remove }: Awaited<ReturnType<typeof openPostgresBench>>,
  { quick }: MeasureOptions,
): Promise<Figure[]> {
  const limits = { userLimitMicroUsd: plenty, instanceLimitMicroUsd: plenty };
  const ctx = await createContext({ ...config, budget: limits }, secrets, createLogger('warn'), database);
  try {
    await ctx.db.execute('create table bench_calls (id uuid primary key, status text not null, output jsonb)');
    const alone = await givenUser(ctx.db);
    const crowd = await Promise.all(Array.from({ length: concurrent }, () => givenUser(ctx.db)));
    const added: Record<Name, number[][]> = { bare: [], one: [], many: [] };
    const behind: Record<Name, number[]> = { bare: [], one: [], many: [] };
    // The first round warms up: connections, plans, the first row of every counter.
    for (let round = 0; round <= (quick ? 1 : 12); round++) {
      // New articles in every round, so that each has as many calls as an article has.
      const turns: Record<Name, Turn> = {
        bare: bare(ctx),
        one: inLedger(ctx, await givenArticles(ctx, [alone])),
        many: inLedger(ctx, await givenArticles(ctx, crowd)),
      };
      for (const name of ['bare', 'one', 'many'] as const) {
        const atOnce = await together(turns[name], quick ? 2 : 6);
        const pair = await backToBack(turns[name], quick ? 100 : 500);
        if (round === 0) continue;
        added[name].push(atOnce);
        behind[name].push(pair);
      }
    }
    return [
      ...figures(`one user, ${concurrent} calls at a time`, added.one, {
        baseline: { what: 'bare insert + update', of: added.bare },
        aim: aimMs,
      }),
      // Users do not wait for each other: fifty of them no longer than one of them alone.
      ...figures(`${concurrent} users, a call each at a time`, added.many, {
        baseline: { what: 'one user', of: added.one },
        aimRatio: 1,
      }),
      ...(['one', 'many'] as const).map((name) =>
        figure(
          `reserve + settle without a call between, ${name === 'one' ? 'one user' : `${concurrent} users`}: time for each`,
          'ms',
          behind[name],
          { baseline: { what: 'bare insert + update', values: behind.bare } },
        ),
      ),
    ];
  } finally {
    await closeContext(ctx);
    await remove();
  }
}

/** The middle of what was added to each call, and what 95 of 100 calls of a round stay under. */
function figures(
  who: string,
  rounds: number[][],
  { baseline: { what, of }, ...aims }: { baseline: { what: string; of: number[][] }; aim?: number; aimRatio?: number },
): Figure[] {
  const slow = (round: number[]) => round.toSorted((a, b) => a - b)[Math.floor(round.length * 0.95)] ?? 0;
  return [
    figure(`reserve + settle, ${who}`, 'ms', rounds.flat(), { baseline: { what, values: of.flat() }, ...aims }),
    figure(`reserve + settle, ${who}, 95th percentile`, 'ms', rounds.map(slow), {
      baseline: { what, values: of.map(slow) },
    }),
  ];
}

/** An article for each of the calls at a time, of these users in turn. */
function givenArticles(ctx: AppContext, users: string[]): Promise<CallPlan[]> {
  return Promise.all(
    Array.from({ length: concurrent }, async (_, index) => {
      const userId = users[index % users.length] as string;
      return callPlan(userId, await givenBudget(ctx.db, userId, 1_000_000_000), 4_000);
    }),
  );
}

/** Does something before a call and something after it; returns the milliseconds that both took. */
type Turn = (index: number, call: () => Promise<void>) => Promise<number>;

function inLedger({ db, config }: AppContext, plans: CallPlan[]): Turn {
  return async (index, call) => {
    const plan = plans[index % plans.length] as CallPlan;
    const start = performance.now();
    const granted = await tryReserve({ db, config }, plan);
    const reserved = performance.now();
    if ('refusal' in granted) throw new Error('there is plenty');
    await call();
    const answered = performance.now();
    await settle(db, granted.id, { usage, costMicroUsd: 1_000, output: {} });
    return reserved - start + performance.now() - answered;
  };
}

/** What cannot be left out: that a call is noted before it is made, and its answer afterwards, each safe on the disk. */
function bare({ db }: AppContext): Turn {
  return async (_index, call) => {
    const id = newId();
    const start = performance.now();
    await db.execute(sql`insert into bench_calls (id, status) values (${id}, 'reserved')`);
    const reserved = performance.now();
    await call();
    const answered = performance.now();
    await db.execute(sql`update bench_calls set status = 'settled', output = '{}' where id = ${id}`);
    return reserved - start + performance.now() - answered;
  };
}

/** Fifty calls at a time, not in step with each other; what was added to each, in milliseconds. */
async function together(turn: Turn, times: number): Promise<number[]> {
  const one = async (index: number) => {
    const added: number[] = [];
    await pause((index / concurrent) * callMs);
    for (let time = 0; time < times; time++) added.push(await turn(index, () => pause(callMs)));
    return added;
  };
  const all = await Promise.all(Array.from({ length: concurrent }, (_, index) => one(index)));
  return all.flat();
}

/** The same without the calls, so that each waits for those before it: milliseconds for each. */
async function backToBack(turn: Turn, count: number): Promise<number> {
  const start = performance.now();
  const one = async (index: number) => {
    for (let time = 0; time < count / concurrent; time++) await turn(index, async () => undefined);
  };
  await Promise.all(Array.from({ length: concurrent }, (_, index) => one(index)));
  return (performance.now() - start) / count;
}
