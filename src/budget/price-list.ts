import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { searchProviderNames } from '../config.ts';
import type { AppContext } from '../context.ts';
import { queryRows } from '../db/open.ts';
import { seenLately } from './price-overrides.ts';
import type { ListedPrices } from './price-table.ts';
import type { ExplicitPrices } from './prices.ts';
import { callKinds, type ModelPriceRow, modelPrices } from './schema.ts';

const amount = z.int().nullable();
const listedPricesSchema = z.object({
  inputMicroUsd: amount,
  cachedInputMicroUsd: amount,
  cacheWriteInputMicroUsd: amount,
  outputMicroUsd: amount,
  reasoningMicroUsd: amount,
  requestMicroUsd: amount,
});

export const priceOverrideSchema = listedPricesSchema
  .extend({ model: z.string(), inputMicroUsd: z.int(), outputMicroUsd: z.int(), requestMicroUsd: z.int() })
  .extend({ updatedAt: z.iso.datetime() })
  .meta({ id: 'PriceOverride', description: 'Micro-dollars for a million tokens, and for a request' });

export const priceSources = ['override', 'settings', 'table', 'free', 'unknown'] as const;

const modelPriceSchema = z
  .object({
    model: z.string(),
    kind: z.enum(callKinds),
    source: z.enum(priceSources).meta({
      description:
        'override: set by an admin; settings: MODEL_PRICES, or SEARCH_PRICES with its defaults; table: the public table of prices; free: the offline writer; unknown: calls are refused',
    }),
    pricedAs: z.string().nullable().meta({ description: 'The id that matched in the table' }),
    prices: listedPricesSchema.nullable().meta({
      description: 'Micro-dollars for a million tokens, and for a request; null while the price is unknown',
    }),
    tiers: z
      .array(z.object({ price: listedPricesSchema.keyof(), fromTokens: z.int(), microUsd: z.int() }))
      .meta({ description: 'Prices that hold from a number of tokens of input on' }),
    inChain: z.boolean().meta({ description: 'The instance asks it: LLM_MODEL, or a search provider that is set up' }),
    chosenByUsers: z.int().meta({ description: 'How many users have it as their model' }),
    lastUsedAt: z.iso.datetime().nullable().meta({ description: 'Within the last 90 days' }),
  })
  .meta({ id: 'ModelPrice' });

export const priceListSchema = z
  .object({ models: z.array(modelPriceSchema), overrides: z.array(priceOverrideSchema) })
  .meta({ id: 'PriceList' });

/** The prices that were set for a model, for an admin. */
export const presentOverride = ({ updatedAt, ...row }: ModelPriceRow): z.infer<typeof priceOverrideSchema> => ({
  ...row,
  updatedAt: updatedAt.toISOString(),
});

type Priced = Pick<z.infer<typeof modelPriceSchema>, 'source' | 'pricedAs' | 'prices' | 'tiers'>;

/**
 * Every model that this instance asks, that users have chosen, that was asked in 90 days or that has a price here, with where
 * its price comes from.
 */
export async function listPrices(
  ctx: Pick<AppContext, 'db' | 'config' | 'models' | 'webSearch'>,
): Promise<z.infer<typeof priceListSchema>> {
  const { findInTable } = await import('./price-table.ts');
  const overrides = await ctx.db.select().from(modelPrices).orderBy(modelPrices.model);
  const set = new Map(overrides.map((row) => [row.model, row]));
  const now = new Date();
  const price = (model: string): Priced => {
    const override = set.get(model);
    const search = searchProviderNames.find((name) => name === model);
    if (override) {
      const prices = search ? ofRequest(override.requestMicroUsd) : listed(override);
      return { source: 'override', pricedAs: null, prices, tiers: [] };
    }
    if (search)
      return { source: 'settings', pricedAs: null, prices: ofRequest(ctx.config.search.prices[search]), tiers: [] };
    if (model === 'offline')
      return { source: 'free', pricedAs: null, prices: listed({ inputMicroUsd: 0, outputMicroUsd: 0 }), tiers: [] };
    const setting = ctx.config.models.prices[model];
    if (setting?.kind === 'explicit') return { source: 'settings', pricedAs: null, prices: listed(setting), tiers: [] };
    const entry = findInTable(model, now);
    return entry ? { source: 'table', ...entry } : { source: 'unknown', pricedAs: null, prices: null, tiers: [] };
  };
  const used = await readUse(ctx);
  for (const { model } of overrides) {
    const kind = searchProviderNames.some((name) => name === model) ? 'search' : 'text';
    if (!used.has(model)) used.set(model, { ...unused, kind });
  }
  return {
    models: [...used.entries()].map(([model, use]) => ({ model, ...use, ...price(model) })),
    overrides: overrides.map(presentOverride),
  };
}

type Use = Pick<z.infer<typeof modelPriceSchema>, 'kind' | 'inChain' | 'chosenByUsers' | 'lastUsedAt'>;

const unused: Use = { kind: 'text', inChain: false, chosenByUsers: 0, lastUsedAt: null };

/** The models in the order in which they are shown: those that are asked first, then by name. */
async function readUse({
  db,
  models,
  webSearch,
}: Pick<AppContext, 'db' | 'models' | 'webSearch'>): Promise<Map<string, Use>> {
  const uses = new Map<string, Use>();
  for (const model of models.chain) uses.set(model, { ...unused, inChain: true });
  for (const { name } of webSearch.providers) uses.set(name, { ...unused, kind: 'search', inChain: true });
  const rows = await queryRows<{ model: string; kind: Use['kind'] | null; chosen: number; last: string | Date | null }>(
    db,
    sql`select coalesce(chosen.model, called.model) as model, called.kind, coalesce(chosen.count, 0)::int as chosen, called.last
        from (select model, count(*) as count from users where model is not null group by model) as chosen
        full join (select model, min(kind) as kind, max(started_at) as last from paid_calls
          where started_at > ${seenLately} group by model) as called on called.model = chosen.model
        order by 1`,
  );
  for (const { model, kind, chosen, last } of rows) {
    const before = uses.get(model) ?? { ...unused, kind: kind ?? 'text' };
    uses.set(model, { ...before, chosenByUsers: chosen, lastUsedAt: last ? new Date(last).toISOString() : null });
  }
  return uses;
}

function listed(prices: Omit<ExplicitPrices, 'kind'>): ListedPrices {
  return {
    inputMicroUsd: prices.inputMicroUsd,
    cachedInputMicroUsd: prices.cachedInputMicroUsd ?? null,
    cacheWriteInputMicroUsd: prices.cacheWriteInputMicroUsd ?? null,
    outputMicroUsd: prices.outputMicroUsd,
    reasoningMicroUsd: prices.reasoningMicroUsd ?? null,
    requestMicroUsd: prices.requestMicroUsd ?? null,
  };
}

/** A search has no tokens: their prices are not zero, there are none. */
const ofRequest = (requestMicroUsd: number): ListedPrices => ({
  inputMicroUsd: null,
  cachedInputMicroUsd: null,
  cacheWriteInputMicroUsd: null,
  outputMicroUsd: null,
  reasoningMicroUsd: null,
  requestMicroUsd,
});
