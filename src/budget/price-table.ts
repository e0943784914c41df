import { calcPrice, findProvider } from '@pydantic/genai-prices';

/** The first part of a model's name, as LLM_MODEL has it, and the provider's name in the public table of prices. */
export const tableProviders: ReadonlyMap<string, string> = new Map([
  ['anthropic', 'anthropic'],
  ['google', 'google'],
  ['openai', 'openai'],
  ['openai-chat', 'openai'],
  ['openai-responses', 'openai'],
]);

/** Unit prices in integer micro-dollars: for a million tokens, and for a request. Null where there is none of its own. */
export interface ListedPrices {
  inputMicroUsd: number | null;
  cachedInputMicroUsd: number | null;
  cacheWriteInputMicroUsd: number | null;
  outputMicroUsd: number | null;
  reasoningMicroUsd: number | null;
  requestMicroUsd: number | null;
}

/** A price that holds only from a number of tokens of input on. */
export interface PriceTier {
  price: keyof ListedPrices;
  fromTokens: number;
  microUsd: number;
}

/** What the table says of a model at present. */
export interface TableEntry {
  /** The id that matched, which may be shorter than what was asked: a dated version is priced as its model. */
  pricedAs: string;
  prices: ListedPrices;
  tiers: PriceTier[];
}

/** The table's names for what we call prices; whatever else it lists is not used here. */
const units: Record<keyof ListedPrices, { key: string; per: number }> = {
  inputMicroUsd: { key: 'input_mtok', per: 1 },
  cachedInputMicroUsd: { key: 'cache_read_mtok', per: 1 },
  cacheWriteInputMicroUsd: { key: 'cache_write_mtok', per: 1 },
  outputMicroUsd: { key: 'output_mtok', per: 1 },
  reasoningMicroUsd: { key: 'output_reasoning_mtok', per: 1 },
  requestMicroUsd: { key: 'requests_kcount', per: 1_000 },
};

/** Looks a model (`provider:model`) up in the table; null for one that it does not know. */
export function findInTable(model: string, at: Date): TableEntry | null {
  const [provider = '', ...rest] = model.split(':');
  const providerId = tableProviders.get(provider);
  if (providerId === undefined) return null;
  const found = calcPrice({ input_tokens: 0, output_tokens: 0 }, rest.join(':'), { providerId, timestamp: at });
  if (!found) return null;
  const tiers: PriceTier[] = [];
  const entries = Object.entries(units).map(([name, { key, per }]) => {
    const price = name as keyof ListedPrices;
    const listed = found.model_price[key];
    const microUsd = (dollars: number) => Math.round((dollars * 1_000_000) / per);
    if (listed === undefined) return [price, null];
    if (typeof listed === 'number') return [price, microUsd(listed)];
    tiers.push(...listed.tiers.map((tier) => ({ price, fromTokens: tier.start, microUsd: microUsd(tier.price) })));
    return [price, microUsd(listed.base)];
  });
  return {
    pricedAs: `${found.provider.id}:${found.model.id}`,
    prices: Object.fromEntries(entries) as ListedPrices,
    tiers,
  };
}

/** Every model that the table lists under its own name, written as models of `provider` are here. */
export function tableModels(provider: string): string[] {
  const providerId = tableProviders.get(provider);
  if (providerId === undefined) return [];
  return findProvider({ providerId })?.models.map(({ id }) => `${provider}:${id}`) ?? [];
}
