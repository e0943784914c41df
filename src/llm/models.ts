import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { PriceSource } from '../budget/prices.ts';
import type { Config, Secrets } from '../config.ts';
import { AppError } from '../errors.ts';

/** A model ready to be asked, and how it is priced. */
export interface ResolvedModel {
  /** As configured: `provider:model`, or `offline`. */
  id: string;
  provider: string;
  languageModel: LanguageModelV4;
  price: PriceSource;
  /** Tokens that it may think before it answers; they count as output, so they are added to the limit of an answer. */
  thinkingTokens: number;
}

/** Models of OpenAI that think before they answer, and what they are given for it at low effort. */
const thinking = /^(o\d|gpt-[5-9])/;
const thinkingTokens = 4_000;

/** The models that this instance may use. */
export interface Models {
  /** The model that is used when a brief names none. */
  defaultId: string;
  /** Throws `model_unknown` for a provider that is not configured. */
  resolve(id: string): Promise<ResolvedModel>;
}

/** Where the providers' own services are, if not at their public addresses. */
export interface ProviderUrls {
  openai?: string;
}

/** Builds the registry; SDKs are loaded when a model is first asked. `urls` is for tests. */
export function createModels(config: Config, secrets: Secrets, urls: ProviderUrls = {}): Models {
  const defaultId = config.models.chain[0] ?? 'offline';
  const resolved = new Map<string, Promise<ResolvedModel>>();
  return {
    defaultId,
    resolve(id) {
      const known = resolved.get(id) ?? load(id, config, secrets, urls);
      resolved.set(id, known);
      // A failure is not kept: it is told each time, and a corrected configuration starts a new process anyway.
      known.catch(() => resolved.delete(id));
      return known;
    },
  };
}

async function load(id: string, config: Config, secrets: Secrets, urls: ProviderUrls): Promise<ResolvedModel> {
  if (id === 'offline') {
    const { createOfflineModel } = await import('./offline/model.ts');
    return {
      id,
      provider: 'offline',
      languageModel: createOfflineModel(),
      price: { kind: 'explicit', inputUsdPerMillion: 0, outputUsdPerMillion: 0 },
      thinkingTokens: 0,
    };
  }
  const [provider, ...rest] = id.split(':');
  const model = rest.join(':');
  if (provider !== 'openai' || !model) {
    throw new AppError('model_unknown', `The model "${id}" names no provider that is known here.`);
  }
  if (!secrets.openaiApiKey && !config.models.openaiBaseUrl) {
    throw new AppError('model_unknown', `The model "${id}" needs OPENAI_API_KEY or OPENAI_BASE_URL.`, {
      hint: 'Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own, and start again.',
    });
  }
  return {
    id,
    provider,
    languageModel: config.models.openaiBaseUrl
      ? await compatibleModel(config.models.openaiBaseUrl, secrets.openaiApiKey, model)
      : await openaiModel(urls.openai, secrets.openaiApiKey, model),
    price: config.models.prices[id] ?? { kind: 'table', providerId: provider, modelId: model },
    thinkingTokens: !config.models.openaiBaseUrl && thinking.test(model) ? thinkingTokens : 0,
  };
}

/** OpenAI's own service, by its responses API: newer models refuse parameters of the older one. */
async function openaiModel(
  baseURL: string | undefined,
  apiKey: string | null,
  model: string,
): Promise<LanguageModelV4> {
  const { createOpenAI } = await import('@ai-sdk/openai');
  const openai = createOpenAI({ ...(baseURL ? { baseURL } : {}), ...(apiKey ? { apiKey } : {}) });
  return openai.responses(model);
}

/** Any server that speaks OpenAI's chat completions: Ollama, vLLM, LM Studio, gateways. It may need no key. */
async function compatibleModel(baseURL: string, apiKey: string | null, model: string): Promise<LanguageModelV4> {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const server = createOpenAICompatible({
    name: 'openai',
    baseURL,
    ...(apiKey ? { apiKey } : {}),
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  return server.chatModel(model);
}
