import { createGoogle } from '@ai-sdk/google';
import type { ProviderModel } from '../models.ts';

const thinkingTokens = 4_000;

/** Gemini by Google's generative language API. It caches what prompts begin with by itself, and says so in its usage. */
export function googleModel(model: string, apiKey: string, baseURL: string | undefined): ProviderModel {
  const google = createGoogle({ apiKey, ...(baseURL ? { baseURL } : {}) });
  return { languageModel: google.languageModel(model), pricedBy: 'google', ...thinking(model) };
}

/** Models from 2.5 on think before they answer, within the limit of an answer. */
function thinking(model: string): Pick<ProviderModel, 'thinkingTokens' | 'callOptions'> {
  // These take a number of tokens; the least that all of them accept without being switched off is 512.
  if (/^gemini-2\.5/.test(model)) {
    const providerOptions = { google: { thinkingConfig: { thinkingBudget: thinkingTokens } } };
    return { thinkingTokens, callOptions: { providerOptions } };
  }
  if (/^gemini-([3-9]|\d\d)/.test(model))
    return { thinkingTokens: 2 * thinkingTokens, callOptions: { reasoning: 'low' } };
  return { thinkingTokens: 0, callOptions: {} };
}
