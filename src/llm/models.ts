import type { LanguageModelV4, LanguageModelV4CallOptions, SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { PriceSource } from '../budget/prices.ts';
import type { Config, Secrets } from '../config.ts';
import { AppError } from '../errors.ts';
import { createRests, type Rests } from './rests.ts';

/** What a provider's file makes of a model name: how it is called. */
export interface ProviderModel {
  languageModel: LanguageModelV4;
  /** The provider's name in the price table. */
  pricedBy: string;
  /** Tokens that it may think before it answers; they count as output, so they are added to the limit of an answer. */
  thinkingTokens: number;
  /** Passed with every call: how much it may think. */
  callOptions: Pick<LanguageModelV4CallOptions, 'reasoning' | 'providerOptions'>;
  /** Passed with the instructions: that the provider may keep them in its cache. */
  instructionOptions?: SharedV4ProviderOptions;
}

/** A model ready to be asked, and how it is priced. */
export interface ResolvedModel extends Omit<ProviderModel, 'pricedBy'> {
  /** As configured: `provider:model`, or `offline`. */
  id: string;
  provider: string;
  price: PriceSource;
}

/** How long one call may take, in milliseconds. A local model may need a minute to load, so the first words have most. */
export interface CallLimits {
  firstMs: number;
  /** Between two pieces of an answer. */
  idleMs: number;
  totalMs: number;
}

export const callLimits: CallLimits = { firstMs: 120_000, idleMs: 60_000, totalMs: 600_000 };

/** The models that this instance may use. */
export interface Models {
  /** In the order in which they are asked: the next one when the one before it cannot answer. Never empty. */
  chain: readonly string[];
  limits: CallLimits;
  /** Which models of the chain are left alone for a while. */
  rests: Rests;
  /** Models whose server has refused to hold an answer to a schema; they are told it in words. */
  schemaless: Set<string>;
  /** Throws `model_unknown` for a provider that is not known or not configured. */
  resolve(id: string): Promise<ResolvedModel>;
}

/** The models that a brief is written by: the one that it names and no other, else the instance's chain. */
export function modelsFor(models: Models, brief: { model?: string | undefined }): readonly string[] {
  return brief.model ? [brief.model] : models.chain;
}

/** Where the providers' own services are if not at their public addresses, and other limits: for tests. */
export interface ModelsOptions {
  urls?: { openai?: string; anthropic?: string; google?: string };
  limits?: CallLimits;
}

/** Builds the registry; a provider's library is loaded when its first model is asked. */
export function createModels(config: Config, secrets: Secrets, options: ModelsOptions = {}): Models {
  const resolved = new Map<string, Promise<ResolvedModel>>();
  return {
    chain: config.models.chain,
    limits: options.limits ?? callLimits,
    rests: createRests(),
    schemaless: new Set(),
    resolve(id) {
      const known = resolved.get(id) ?? load(id, config, secrets, options.urls ?? {});
      resolved.set(id, known);
      // A failure is not kept: it is told each time, and a corrected configuration starts a new process anyway.
      known.catch(() => resolved.delete(id));
      return known;
    },
  };
}

async function load(
  id: string,
  config: Config,
  secrets: Secrets,
  urls: NonNullable<ModelsOptions['urls']>,
): Promise<ResolvedModel> {
  if (id === 'offline') {
    const { createOfflineModel } = await import('./offline/model.ts');
    const price = { kind: 'explicit', inputMicroUsd: 0, outputMicroUsd: 0 } as const;
    return { id, provider: id, languageModel: createOfflineModel(), price, thinkingTokens: 0, callOptions: {} };
  }
  const [provider = '', ...rest] = id.split(':');
  const model = rest.join(':');
  if (!model) throw new AppError('model_unknown', `"${id}" names no model.`);
  const { pricedBy, ...made } = await make(id, provider, model, config, secrets, urls);
  const price = config.models.prices[id] ?? { kind: 'table', providerId: pricedBy, modelId: model };
  return { id, provider, price, ...made };
}

async function make(
  id: string,
  provider: string,
  model: string,
  config: Config,
  secrets: Secrets,
  urls: NonNullable<ModelsOptions['urls']>,
): Promise<ProviderModel> {
  const key = (value: string | null, name: string) => {
    if (value) return value;
    const hint = `Set ${name} and start again, or choose another model.`;
    throw new AppError('model_unknown', `The model "${id}" needs ${name}.`, { hint });
  };
  switch (provider) {
    case 'anthropic': {
      const { anthropicModel } = await import('./providers/anthropic.ts');
      return anthropicModel(model, key(secrets.anthropicApiKey, 'ANTHROPIC_API_KEY'), urls.anthropic);
    }
    case 'google': {
      const { googleModel } = await import('./providers/google.ts');
      return googleModel(model, key(secrets.googleApiKey, 'GOOGLE_GENERATIVE_AI_API_KEY'), urls.google);
    }
    case 'openai':
    case 'openai-chat':
    case 'openai-responses': {
      const server = config.models.openaiBaseUrl;
      if (!server) key(secrets.openaiApiKey, 'OPENAI_API_KEY (or OPENAI_BASE_URL, for a server of your own)');
      if (provider === 'openai' && server) {
        const { compatibleModel } = await import('./providers/openai-compatible.ts');
        return compatibleModel(model, secrets.openaiApiKey, server);
      }
      const { openaiModel } = await import('./providers/openai.ts');
      return openaiModel(model, secrets.openaiApiKey, server ?? urls.openai, provider === 'openai-chat');
    }
    default:
      throw new AppError('model_unknown', `The model "${id}" names no provider that is known here.`);
  }
}
