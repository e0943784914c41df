import { calcPrice } from '@pydantic/genai-prices';
import { AppError } from '../errors.ts';

/** Tokens of one call as the provider reported them; `input` includes those read from and written to its cache, `output` the reasoning ones. */
export interface TokenUsage {
  inputTokens: number;
  /** Read from the provider's cache. */
  cachedInputTokens: number;
  /** Written to the provider's cache, which some charge above the price of input. */
  cacheWriteInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
}

/** How a model is priced: from the public price table, or at explicit dollars per million tokens. */
export type PriceSource =
  | { kind: 'table'; providerId: string; modelId: string }
  | { kind: 'explicit'; inputUsdPerMillion: number; outputUsdPerMillion: number };

/** Unit prices in dollars: of a million tokens (`input_mtok`, `cache_read_mtok`, ..., with tiers), or of one request. */
export type UnitPrices = Record<string, unknown>;

/** A price in integer micro-dollars, the id under which the table knows the model (null when priced explicitly), and what it was worked out from. */
export interface Price {
  microUsd: number;
  pricedAs: string | null;
  unitPrices: UnitPrices;
}

/**
 * What these tokens cost, rounded up to whole micro-dollars so that a sum of prices never undercounts.
 * @param at the time of the call, in UTC: some prices depend on it, and a call is settled at the price it was reserved at
 * @throws AppError price_unknown for a model that the table does not know: unknown is refused, not free
 */
export function priceOf(source: PriceSource, usage: TokenUsage, at: Date): Price {
  if (source.kind === 'explicit') {
    const { inputUsdPerMillion, outputUsdPerMillion } = source;
    // Dollars per million tokens are micro-dollars per token.
    const total = usage.inputTokens * inputUsdPerMillion + usage.outputTokens * outputUsdPerMillion;
    return {
      microUsd: roundUp(total),
      pricedAs: null,
      unitPrices: { input_mtok: inputUsdPerMillion, output_mtok: outputUsdPerMillion },
    };
  }
  // A provider that counts cached tokens beside the input would otherwise come out as a negative rest.
  const cacheRead = Math.min(usage.cachedInputTokens, usage.inputTokens);
  const cacheWrite = Math.min(usage.cacheWriteInputTokens, usage.inputTokens - cacheRead);
  const result = calcPrice(
    {
      input_tokens: usage.inputTokens,
      cache_read_tokens: cacheRead,
      cache_write_tokens: cacheWrite,
      output_tokens: usage.outputTokens,
    },
    source.modelId,
    { providerId: source.providerId, timestamp: at },
  );
  if (!result) {
    throw new AppError('price_unknown', `No price is known for the model ${source.providerId}:${source.modelId}.`, {
      hint: `Choose another model, or set its price in dollars per million tokens: MODEL_PRICES=${source.providerId}:${source.modelId}=0.25/2`,
    });
  }
  return {
    microUsd: roundUp(result.total_price * 1_000_000),
    pricedAs: `${result.provider.id}:${result.model.id}`,
    unitPrices: result.model_price,
  };
}

/** The most that this much input and output can cost, whether the provider caches the input or not. */
export function worstPriceOf(source: PriceSource, inputTokens: number, outputTokens: number, at: Date): Price {
  const usage = { inputTokens, outputTokens, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
  const plain = priceOf(source, usage, at);
  const cached = priceOf(source, { ...usage, cacheWriteInputTokens: inputTokens }, at);
  return cached.microUsd > plain.microUsd ? cached : plain;
}

/** Up to the next integer, forgiving the noise of floating-point sums. */
function roundUp(microUsd: number): number {
  return Math.max(0, Math.ceil(microUsd - 1e-6));
}
