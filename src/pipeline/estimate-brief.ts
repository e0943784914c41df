import { sql } from 'drizzle-orm';
import type { z } from 'zod';
import { type Month, monthIn } from '../accounts/month.ts';
import type { Payer } from '../budget/schema.ts';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { modelsFor, ownKeyFor, type ResolvedModel } from '../llm/models.ts';
import { ownKeysOf } from '../provider-keys/own-keys.ts';
import { maxQueries } from '../web-search/queries.ts';
import { searchersOf, searchPrice } from '../web-search/searchers.ts';
import type { Brief } from './brief.ts';
import { withDefaultsOf } from './choose-model.ts';
import { estimate, type estimateSchema, isSearched, type Range, wordsOf } from './estimate.ts';
import { fromHistory, type PastArticle } from './estimate-history.ts';

type Ctx = Pick<AppContext, 'db' | 'config' | 'secrets' | 'models' | 'webSearch'>;

/** Fewer of one's own articles than this say less than the table of prices. */
const leastArticles = 3;
/** More of them, and older ones, say nothing new. */
const mostArticles = 50;

/**
 * Estimates what a brief will cost its user: from their own articles of the last 90 days where there are three of the same
 * kind, else from the table of prices; and whether that fits into what is left. Throws `price_unknown`, `model_unknown`.
 */
export async function estimateFor(ctx: Ctx, userId: string, brief: Brief): Promise<z.infer<typeof estimateSchema>> {
  const user = await readUser(ctx, userId);
  const own = await ownKeysOf(ctx, userId);
  const models = ctx.models.withKeys(own);
  const chosen = await withDefaultsOf(ctx, userId, brief);
  const id = modelsFor(models, chosen)[0] ?? 'offline';
  const payer: Payer = ownKeyFor(id, own) ? 'user' : 'instance';
  const [searcher] = await searchersOf(ctx, userId);
  // The table of prices is large, and a server that only serves needs none.
  const { priceFor } = await import('../llm/model-price.ts');
  const prices = {
    model: await priceFor(ctx, await models.resolve(id), new Date()),
    searchMicroUsd: searcher ? await searchPrice(ctx.db, searcher) : 0,
  };
  const ofTable = async (words: number) =>
    (await estimate({ ...ctx, models }, { ...chosen, words: { min: words, max: words } }, prices)).likely;
  const fromPrices = await estimate({ ...ctx, models }, chosen, prices);
  const past = await readHistory(ctx.db, userId, id, isSearched(brief), await unitPricesOf(prices.model));
  const words = wordsOf(brief);
  const range =
    past.length >= leastArticles ? fromHistory(past, words, await growthOf(ofTable, past, words)) : fromPrices;
  return {
    ...range,
    basis: range === fromPrices ? 'prices' : 'history',
    articles: range === fromPrices ? 0 : past.length,
    model: id,
    payer,
    fits: await fitsInto(ctx, userId, user, payer, brief.budgetMicroUsd, range),
  };
}

interface EstimatedFor {
  month: Month;
  monthlyLimitMicroUsd: number;
  pipelineLimitMicroUsd: number | null;
  ownMonthlyLimitMicroUsd: number | null;
}

async function readUser({ db, config }: Ctx, userId: string): Promise<EstimatedFor> {
  const [row] = await queryRows<{
    time_zone: string;
    monthly: string | null;
    pipeline: string | null;
    own: string | null;
    now: string | Date;
  }>(
    db,
    sql`select time_zone, monthly_limit_micro_usd as monthly, pipeline_limit_micro_usd as pipeline, own_monthly_limit_micro_usd as own, now() as now
        from users where id = ${userId}`,
  );
  if (!row) throw new AppError('not_found', 'There is no such user.');
  return {
    month: monthIn(row.time_zone, new Date(row.now)),
    monthlyLimitMicroUsd: row.monthly === null ? config.budget.userLimitMicroUsd : Number(row.monthly),
    pipelineLimitMicroUsd: row.pipeline === null ? null : Number(row.pipeline),
    ownMonthlyLimitMicroUsd: row.own === null ? null : Number(row.own),
  };
}

/** Unit prices as the ledger keeps them; throws `price_unknown`. */
async function unitPricesOf(price: ResolvedModel['price']): Promise<string> {
  const { priceOf } = await import('../budget/prices.ts');
  const none = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
  return JSON.stringify(priceOf(price, none, new Date()).unitPrices);
}

/**
 * What the user's articles cost that were written lately by the same model at its present price, with sources found in the
 * same way. A step that a person had redone counts with its last time: nobody plans to redo one. What was answered from
 * the ledger was paid for once and counts once, and what a provider's cache saved is saved here too.
 */
async function readHistory(
  db: Db,
  userId: string,
  model: string,
  searched: boolean,
  unitPrices: string,
): Promise<PastArticle[]> {
  const rows = await queryRows<{ words: string; cost: string }>(
    db,
    sql`select ((p.brief #>> '{words,min}')::numeric + (p.brief #>> '{words,max}')::numeric) / 2 as words,
          coalesce((select sum(c.cost_micro_usd) from paid_calls c where c.pipeline_id = p.id
            and not exists (select 1 from pipeline_steps s where s.pipeline_id = p.id and s.name = c.step
              and s.status = 'superseded' and s.finished_at >= c.started_at)), 0) as cost
        from pipelines p
        cross join lateral (select c.model, c.unit_prices from paid_calls c
          where c.pipeline_id = p.id and c.kind = 'text' order by c.started_at, c.id limit 1) as first
        where p.user_id = ${userId} and p.status = 'succeeded' and p.finished_at > now() - interval '90 days'
          and (jsonb_array_length(p.brief -> 'sources') = 0 or coalesce((p.brief #>> '{search,also}')::boolean, false)) = ${searched}
          and first.model = ${model} and first.unit_prices = ${unitPrices}::jsonb
        order by p.finished_at desc limit ${mostArticles}`,
  );
  return rows.map(({ words, cost }) => ({ words: Number(words), costMicroUsd: Number(cost) }));
}

/** By what part of itself the table's price of an article of the usual length grows with each word. */
async function growthOf(
  ofTable: (words: number) => Promise<number>,
  past: PastArticle[],
  words: number,
): Promise<number> {
  const usual = past[0]?.words ?? words;
  // Over a thousand words, so that rounding to micro-dollars does not matter.
  const [here, there] = [await ofTable(usual), await ofTable(usual + 1_000)];
  return here === 0 ? 0 : (there - here) / 1_000 / here;
}

/** Whether the high estimate fits into the brief's budget and what is left of the months. */
async function fitsInto(
  { db, config }: Ctx,
  userId: string,
  user: EstimatedFor,
  payer: Payer,
  budgetMicroUsd: number,
  { high }: Range,
): Promise<{ pipeline: boolean; month: boolean; instance: boolean }> {
  const [used] = await queryRows<{ month: string; instance: string }>(
    db,
    sql`select
          coalesce((select settled_micro_usd + reserved_micro_usd from spending
            where user_id = ${userId} and payer = ${payer} and month = ${user.month.name}), 0) as month,
          coalesce((select sum(settled_micro_usd + reserved_micro_usd) from allotments where month = utc.month), 0)
            + coalesce((select departed_micro_usd from instance_months where month = utc.month), 0) as instance
        from (select to_char(now() at time zone 'UTC', 'YYYY-MM') as month) as utc`,
  );
  const limit = payer === 'user' ? user.ownMonthlyLimitMicroUsd : user.monthlyLimitMicroUsd;
  const { instanceLimitMicroUsd } = config.budget;
  return {
    pipeline: high <= budgetMicroUsd && (payer === 'user' || high <= (user.pipelineLimitMicroUsd ?? high)),
    month: limit === null || Number(used?.month ?? 0) + high <= limit,
    instance: payer === 'user' || Number(used?.instance ?? 0) + high <= instanceLimitMicroUsd,
  };
}

/**
 * What the instance is expected to pay for a brief, in micro-dollars: by this it is decided whether there is money for one
 * more article besides those that have begun. The high estimate, but never more than the budget, which is a cap; the
 * budget where no price is known. What the user pays with keys of their own costs the instance nothing.
 */
export async function expectedCost(ctx: Ctx, userId: string, brief: Brief): Promise<number> {
  try {
    const { high, payer } = await estimateFor(ctx, userId, brief);
    const cost = payer === 'user' ? await searchCost(ctx, userId, brief) : high;
    return Math.min(brief.budgetMicroUsd, cost);
  } catch (error) {
    if (error instanceof AppError) return brief.budgetMicroUsd;
    throw error;
  }
}

/** What the instance pays at most for the search of a brief. */
async function searchCost(ctx: Ctx, userId: string, brief: Brief): Promise<number> {
  if (!isSearched(brief)) return 0;
  const paid = (await searchersOf(ctx, userId)).filter(({ ownKey }) => !ownKey);
  const prices = await Promise.all(paid.map((provider) => searchPrice(ctx.db, provider)));
  return Math.max(0, ...prices) * maxQueries;
}
