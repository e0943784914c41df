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

/** Prices that someone has set: integer micro-dollars for a million tokens, and for each request beside them. */
export interface ExplicitPrices {
  kind: 'explicit';
  inputMicroUsd: number;
  outputMicroUsd: number;
  /** Where they are not set, the price of input holds for these, and that of output for reasoning. */
  cachedInputMicroUsd?: number | null;
  cacheWriteInputMicroUsd?: number | null;
  reasoningMicroUsd?: number | null;
  /** For one request, one picture or one search, whatever its tokens. */
  requestMicroUsd?: number;
}

/** How a model is priced: from the public price table, or as set. */
export type PriceSource = { kind: 'table'; providerId: string; modelId: string } | ExplicitPrices;

/** Unit prices: in dollars as the table has them (`input_mtok`, ..., with tiers), or in micro-dollars as they were set (`inputMicroUsd`, ...). */
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
  // A provider that counts cached tokens beside the input would otherwise come out as a negative rest.
  const cacheRead = Math.min(usage.cachedInputTokens, usage.inputTokens);
  const cacheWrite = Math.min(usage.cacheWriteInputTokens, usage.inputTokens - cacheRead);
  const reasoning = Math.min(usage.reasoningTokens, usage.outputTokens);
  if (source.kind === 'explicit') return explicitPrice(source, { ...usage, cacheRead, cacheWrite, reasoning });
  const result = calcPrice(
    {
      input_tokens: usage.inputTokens,
      cache_read_tokens: cacheRead,
      cache_write_tokens: cacheWrite,
      output_tokens: usage.outputTokens,
      output_reasoning_tokens: reasoning,
    },
    source.modelId,
    { providerId: source.providerId, timestamp: at },
  );
  if (!result) {
    throw new AppError('price_unknown', `No price is known for the model ${source.providerId}:${source.modelId}.`, {
      hint: `Choose another model, or have an admin set its price (under Prices, or MODEL_PRICES=${source.providerId}:${source.modelId}=0.25/2, in dollars per million tokens).`,
    });
  }
  return {
    microUsd: roundUp(result.total_price * 1_000_000),
    pricedAs: `${result.provider.id}:${result.model.id}`,
    unitPrices: result.model_price,
  };
}

function explicitPrice(
  prices: ExplicitPrices,
  usage: { inputTokens: number; cacheRead: number; cacheWrite: number; outputTokens: number; reasoning: number },
): Price {
  const { kind: _, ...unitPrices } = prices;
  const { inputMicroUsd, outputMicroUsd, requestMicroUsd = 0 } = prices;
  // Exact: the sum may pass what a floating-point number holds, and each part is rounded only once, at the end.
  const millionths = (
    [
      [usage.inputTokens - usage.cacheRead - usage.cacheWrite, inputMicroUsd],
      [usage.cacheRead, prices.cachedInputMicroUsd ?? inputMicroUsd],
      [usage.cacheWrite, prices.cacheWriteInputMicroUsd ?? inputMicroUsd],
      [usage.outputTokens - usage.reasoning, outputMicroUsd],
      [usage.reasoning, prices.reasoningMicroUsd ?? outputMicroUsd],
    ] as const
  ).reduce((sum, [tokens, price]) => sum + BigInt(tokens) * BigInt(price), 0n);
  return { microUsd: Number((millionths + 999_999n) / 1_000_000n) + requestMicroUsd, pricedAs: null, unitPrices };
}

/** The most that this much input and output can cost, whatever of it the provider caches or counts as reasoning. */
export function worstPriceOf(source: PriceSource, inputTokens: number, outputTokens: number, at: Date): Price {
  const usage = { inputTokens, outputTokens, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
  const inputs = [{}, { cachedInputTokens: inputTokens }, { cacheWriteInputTokens: inputTokens }];
  return inputs
    .flatMap((input) => [input, { ...input, reasoningTokens: outputTokens }])
    .map((variant) => priceOf(source, { ...usage, ...variant }, at))
    .reduce((worst, price) => (price.microUsd > worst.microUsd ? price : worst));
}

/** Up to the next integer, forgiving the noise of the table's floating-point sums. */
function roundUp(microUsd: number): number {
  return Math.max(0, Math.ceil(microUsd - 1e-6));
}
