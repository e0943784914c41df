import { createAnthropic } from '@ai-sdk/anthropic';
import type { ProviderModel } from '../models.ts';

/** Models that think whether they are asked to or not. */
const alwaysThinking = /claude-[a-z]+-(5|[6-9]|\d\d)/;

/**
 * Claude by Anthropic's messages API. The instructions of a task are the same in every call, so they are marked for the
 * cache; below the provider's least length (1,024 tokens or more) the mark costs and does nothing.
 */
export function anthropicModel(model: string, apiKey: string, baseURL: string | undefined): ProviderModel {
  const anthropic = createAnthropic({ apiKey, ...(baseURL ? { baseURL } : {}) });
  return {
    languageModel: anthropic.languageModel(model),
    pricedBy: 'anthropic',
    thinkingTokens: alwaysThinking.test(model) ? 4_000 : 0,
    // Answers are short and bound to passages: thinking would cost more than it mends. Where it cannot be switched off,
    // this is the least of it.
    callOptions: { reasoning: 'none' },
    instructionOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } },
  };
}
