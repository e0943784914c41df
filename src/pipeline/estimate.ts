import { z } from 'zod';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { modelsFor, ownKeyFor } from '../llm/models.ts';
import { ownKeysOf } from '../provider-keys/own-keys.ts';
import { maxQueries } from '../web-search/queries.ts';
import { searchersOf, searchPrice } from '../web-search/searchers.ts';
import type { Brief } from './brief.ts';

/** What a pipeline is likely to cost, in micro-dollars. */
export const estimateSchema = z
  .object({ low: z.int(), likely: z.int(), high: z.int() })
  .meta({ id: 'Estimate', description: 'Micro-dollars' });

/** Tokens per English word, as the providers' own guides put it (about three words to four tokens). */
const tokensPerWord = 4 / 3;

/**
 * Estimates the price of a brief from the price table. The draft reads the passages of every section and writes each
 * word once; outline, checks and the texts around it read and write about as much again. Low takes the shortest
 * article, high the longest with every sentence checked and rewritten. A brief that is searched for asks one to four
 * queries of the first provider.
 */
export async function estimate(
  ctx: Pick<AppContext, 'models' | 'webSearch'>,
  brief: Brief,
): Promise<z.infer<typeof estimateSchema>> {
  // The table of prices is large, and a server that only serves needs none.
  const { priceOf } = await import('../budget/prices.ts');
  const model = await ctx.models.resolve(modelsFor(ctx.models, brief)[0] ?? 'offline');
  const cost = (words: number, reading: number, writing: number) =>
    priceOf(
      model.price,
      {
        inputTokens: Math.ceil((6_000 + words * 8) * tokensPerWord * reading),
        outputTokens: Math.ceil(words * tokensPerWord * writing),
        cachedInputTokens: 0,
        cacheWriteInputTokens: 0,
        reasoningTokens: 0,
      },
      new Date(),
    ).microUsd;
  const middle = (brief.words.min + brief.words.max) / 2;
  const [provider] = ctx.webSearch.providers;
  const searched = brief.sources.length === 0 || brief.search?.also === true;
  const query = searched && provider ? provider.priceMicroUsd : 0;
  return {
    low: cost(brief.words.min, 1, 2) + query,
    likely: cost(middle, 1.5, 3) + query * maxQueries,
    high: cost(brief.words.max, 3, 6) + query * maxQueries,
  };
}

/**
 * What the instance is expected to pay for a brief, in micro-dollars: by this it is decided whether there is money for one
 * more article besides those that have begun. The high estimate, but never more than the budget, which is a cap; the
 * budget where no price is known. What the user pays with keys of their own costs the instance nothing.
 */
export async function expectedCost(
  ctx: Pick<AppContext, 'db' | 'secrets' | 'models' | 'webSearch'>,
  userId: string,
  brief: Brief,
): Promise<number> {
  try {
    const own = await ownKeysOf(ctx, userId);
    const [first = 'offline'] = modelsFor(ctx.models, brief);
    const cost = ownKeyFor(first, own) ? await searchCost(ctx, userId, brief) : (await estimate(ctx, brief)).high;
    return Math.min(brief.budgetMicroUsd, cost);
  } catch (error) {
    if (error instanceof AppError) return brief.budgetMicroUsd;
    throw error;
  }
}

/** What the instance pays at most for the search of a brief. */
async function searchCost(
  ctx: Pick<AppContext, 'db' | 'secrets' | 'webSearch'>,
  userId: string,
  brief: Brief,
): Promise<number> {
  if (brief.sources.length > 0 && brief.search?.also !== true) return 0;
  const paid = (await searchersOf(ctx, userId)).filter(({ ownKey }) => !ownKey);
  const prices = await Promise.all(paid.map((provider) => searchPrice(ctx.db, provider)));
  return Math.max(0, ...prices) * maxQueries;
}
