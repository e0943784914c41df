import { createOpenAI } from '@ai-sdk/openai';
import type { ProviderModel } from '../models.ts';

/** Models of OpenAI that think before they answer. */
const thinking = /^(o\d|gpt-[5-9])/;

/**
 * OpenAI's own service: by its responses API, because newer models refuse parameters of the older one, or by chat
 * completions where that is asked for. Both cache what prompts begin with by themselves. Nothing is kept at the
 * provider (`store`).
 */
export function openaiModel(
  model: string,
  apiKey: string | null,
  baseURL: string | undefined,
  chat: boolean,
): ProviderModel {
  // The library would look for a missing key in the environment.
  const openai = createOpenAI({ apiKey: apiKey ?? '', ...(baseURL ? { baseURL } : {}) });
  const thinks = thinking.test(model);
  return {
    languageModel: chat ? openai.chat(model) : openai.responses(model),
    pricedBy: 'openai',
    thinkingTokens: thinks ? 4_000 : 0,
    callOptions: { ...(thinks ? { reasoning: 'low' } : {}), providerOptions: { openai: { store: false } } },
  };
}
