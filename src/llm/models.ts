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
}

/** The models that this instance may use. */
export interface Models {
  /** The model that is used when a brief names none. */
  defaultId: string;
  /** Throws `model_unknown` for a provider that is not configured. */
  resolve(id: string): Promise<ResolvedModel>;
}

const openaiUrl = 'https://api.openai.com/v1';

/** Builds the registry; SDKs are loaded when a model is first asked. */
export function createModels(config: Config, secrets: Secrets): Models {
  const defaultId = config.models.chain[0] ?? 'offline';
  const resolved = new Map<string, Promise<ResolvedModel>>();
  return {
    defaultId,
    resolve(id) {
      const known = resolved.get(id) ?? load(id, config, secrets);
      resolved.set(id, known);
      // A failure is not kept: it is told each time, and a corrected configuration starts a new process anyway.
      known.catch(() => resolved.delete(id));
      return known;
    },
  };
}

async function load(id: string, config: Config, secrets: Secrets): Promise<ResolvedModel> {
  if (id === 'offline') {
    const { createOfflineModel } = await import('./offline/model.ts');
    return {
      id,
      provider: 'offline',
      languageModel: createOfflineModel(),
      price: { kind: 'explicit', inputUsdPerMillion: 0, outputUsdPerMillion: 0 },
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
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const server = createOpenAICompatible({
    name: 'openai',
    baseURL: config.models.openaiBaseUrl ?? openaiUrl,
    ...(secrets.openaiApiKey ? { apiKey: secrets.openaiApiKey } : {}),
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  return {
    id,
    provider,
    languageModel: server.chatModel(model),
    price: config.models.prices[id] ?? { kind: 'table', providerId: provider, modelId: model },
  };
}
