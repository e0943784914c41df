import { calcPrice } from '@pydantic/genai-prices';
import { AppError } from '../errors.ts';

/** Tokens of one call as the provider reported them; `input` includes the cached ones, `output` the reasoning ones. */
export interface TokenUsage {
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
}

/** How a model is priced: from the public price table, or at explicit dollars per million tokens. */
export type PriceSource =
  | { kind: 'table'; providerId: string; modelId: string }
  | { kind: 'explicit'; inputUsdPerMillion: number; outputUsdPerMillion: number };

/** A price in integer micro-dollars, and the id under which the table knows the model (null when priced explicitly). */
export interface Price {
  microUsd: number;
  pricedAs: string | null;
}

/**
 * What these tokens cost, rounded up to whole micro-dollars so that a sum of prices never undercounts.
 * Throws `price_unknown` for a model that the table does not know: unknown is refused, not free.
 */
export function priceOf(source: PriceSource, usage: TokenUsage): Price {
  if (source.kind === 'explicit') {
    // Dollars per million tokens are micro-dollars per token.
    const total = usage.inputTokens * source.inputUsdPerMillion + usage.outputTokens * source.outputUsdPerMillion;
    return { microUsd: roundUp(total), pricedAs: null };
  }
  const result = calcPrice(
    {
      input_tokens: usage.inputTokens,
      cache_read_tokens: Math.min(usage.cachedInputTokens, usage.inputTokens),
      output_tokens: usage.outputTokens,
    },
    source.modelId,
    { providerId: source.providerId },
  );
  if (!result) {
    throw new AppError('price_unknown', `No price is known for the model ${source.providerId}:${source.modelId}.`, {
      hint: `Choose another model, or set its price in dollars per million tokens: MODEL_PRICES=${source.providerId}:${source.modelId}=0.25/2`,
    });
  }
  return { microUsd: roundUp(result.total_price * 1_000_000), pricedAs: `${result.provider.id}:${result.model.id}` };
}

/** Up to the next integer, forgiving the noise of floating-point sums. */
function roundUp(microUsd: number): number {
  return Math.max(0, Math.ceil(microUsd - 1e-6));
}
