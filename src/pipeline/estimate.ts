import { z } from 'zod';
import type { PriceSource } from '../budget/prices.ts';
import { payers } from '../budget/schema.ts';
import type { AppContext } from '../context.ts';
import { modelsFor } from '../llm/models.ts';
import { maxQueries } from '../web-search/queries.ts';
import type { Brief } from './brief.ts';

/** What a pipeline is likely to cost, in micro-dollars, and what that rests on. */
export const estimateSchema = z
  .object({
    low: z.int(),
    likely: z.int(),
    high: z.int(),
    basis: z.enum(['history', 'prices']).meta({
      description: "history: the account's own articles of the last 90 days; prices: the table of prices",
    }),
    articles: z.int().meta({ description: 'How many articles it rests on; 0 for the table of prices' }),
    model: z.string().meta({ description: 'The model that is asked first' }),
    payer: z.enum(payers).meta({ description: 'Whose key the model is asked with' }),
    fits: z
      .object({ pipeline: z.boolean(), month: z.boolean(), instance: z.boolean() })
      .meta({ description: 'Whether the high estimate fits into the budget and into what is left of the months' }),
  })
  .meta({ id: 'Estimate', description: 'Micro-dollars' });

/** Three guesses at a price, in micro-dollars. */
export interface Range {
  low: number;
  likely: number;
  high: number;
}

/** Tokens per English word, as the providers' own guides put it (about three words to four tokens). */
const tokensPerWord = 4 / 3;

/** A brief of these words, in the middle. */
export const wordsOf = ({ words }: Pick<Brief, 'words'>) => (words.min + words.max) / 2;

/** Whether sources are looked for: that is paid for too. */
export const isSearched = (brief: Pick<Brief, 'sources' | 'search'>) =>
  brief.sources.length === 0 || brief.search?.also === true;

/**
 * Estimates the price of a brief from the price table. The draft reads the passages of every section and writes each
 * word once; outline, checks and the texts around it read and write about as much again. Low takes the shortest
 * article, high the longest with every sentence checked and rewritten. A brief that is searched for asks one to four
 * queries of the first provider.
 *
 * @param prices what an admin has set for the model, where that is known
 */
export async function estimate(
  ctx: Pick<AppContext, 'models' | 'webSearch'>,
  brief: Brief,
  prices: { model?: PriceSource | null; searchMicroUsd?: number | undefined } = {},
): Promise<Range> {
  // The table of prices is large, and a server that only serves needs none.
  const { priceOf } = await import('../budget/prices.ts');
  const model = await ctx.models.resolve(modelsFor(ctx.models, brief)[0] ?? 'offline');
  const cost = (words: number, reading: number, writing: number) =>
    priceOf(
      prices.model ?? model.price,
      {
        inputTokens: Math.ceil((6_000 + words * 8) * tokensPerWord * reading),
        outputTokens: Math.ceil(words * tokensPerWord * writing),
        cachedInputTokens: 0,
        cacheWriteInputTokens: 0,
        reasoningTokens: 0,
      },
      new Date(),
    ).microUsd;
  const [provider] = ctx.webSearch.providers;
  const query = isSearched(brief) ? (prices.searchMicroUsd ?? provider?.priceMicroUsd ?? 0) : 0;
  return {
    low: cost(brief.words.min, 1, 2) + query,
    likely: cost(wordsOf(brief), 1.5, 3) + query * maxQueries,
    high: cost(brief.words.max, 3, 6) + query * maxQueries,
  };
}
