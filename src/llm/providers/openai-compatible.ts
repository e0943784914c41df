import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { ProviderModel } from '../models.ts';

/** Any server that speaks OpenAI's chat completions: Ollama, vLLM, LM Studio, gateways. It may need no key. */
export function compatibleModel(model: string, apiKey: string | null, baseURL: string): ProviderModel {
  const server = createOpenAICompatible({
    name: 'openai',
    baseURL,
    ...(apiKey ? { apiKey } : {}),
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  return { languageModel: server.chatModel(model), pricedBy: 'openai', thinkingTokens: 0, callOptions: {} };
}
