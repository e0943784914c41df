import type { LanguageModelV4, LanguageModelV4CallOptions, SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { PriceSource } from '../budget/prices.ts';
import type { Config, Secrets } from '../config.ts';
import { AppError } from '../errors.ts';
import type { KeyCheck, OwnKey, OwnKeys } from '../provider-keys/own-keys.ts';
import { keyProviderTitles } from '../provider-keys/schema.ts';
import type { ResolvedImageModel } from './image-models.ts';
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
  /** The user's key that it is asked with, where it is not the instance's. */
  ownKey?: OwnKey;
  /** The provider's own price, where what is set for this name is meant for the instance's own server; goes first if known. */
  listPrice?: PriceSource;
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
  /** The same for a model that makes images. */
  resolveImage(id: string): Promise<ResolvedImageModel>;
  /** The same models for a user: what their keys are for is asked with them and never with the instance's. */
  withKeys(own: OwnKeys): Models;
  /** Asks a provider of models whether it takes a key, at no cost. */
  checkKey(key: OwnKey): Promise<KeyCheck>;
}

/** The key of a user that a model is asked with; null where it is the instance's. */
export function ownKeyFor(id: string, own: OwnKeys): OwnKey | null {
  const provider = id.split(':')[0]?.replace(/^openai-(chat|responses)$/, 'openai');
  return [...own.values()].find((key) => key.provider === provider) ?? null;
}

/** A model under the account that it is asked with: what stands in the way of one account is no obstacle to another. */
export function accountOf(id: string, ownKey: OwnKey | null): string {
  return ownKey ? `${id} with ${ownKey.id}` : id;
}

/** The models that a brief is written by: the one that it names and no other, else the instance's chain. */
export function modelsFor(models: Models, brief: { model?: string | undefined }): readonly string[] {
  return brief.model ? [brief.model] : models.chain;
}

/** Where the providers' own services are if not at their public addresses, and other limits: for tests. */
export interface ModelsOptions {
  urls?: ProviderUrls;
  limits?: CallLimits;
}

/** Addresses of the providers' services. */
export interface ProviderUrls {
  openai?: string;
  anthropic?: string;
  google?: string;
}

/** With what a provider is asked. */
export interface Access {
  openai: string | null;
  /** A server that is asked in OpenAI's place. */
  openaiServer: string | null;
  anthropic: string | null;
  google: string | null;
}

/** Builds the registry; a provider's library is loaded when its first model is asked. */
export function createModels(config: Config, secrets: Secrets, options: ModelsOptions = {}): Models {
  const resolved = new Map<string, Promise<ResolvedModel>>();
  const urls = options.urls ?? {};
  const ofInstance: Access = {
    openai: secrets.openaiApiKey,
    openaiServer: config.models.openaiBaseUrl,
    anthropic: secrets.anthropicApiKey,
    google: secrets.googleApiKey,
  };
  const models: Models = {
    chain: config.models.chain,
    limits: options.limits ?? callLimits,
    rests: createRests(),
    schemaless: new Set(),
    resolve(id) {
      const known = resolved.get(id) ?? load(id, config, ofInstance, urls);
      resolved.set(id, known);
      // A failure is not kept: it is told each time, and a corrected configuration starts a new process anyway.
      known.catch(() => resolved.delete(id));
      return known;
    },
    resolveImage: async (id) => (await import('./image-models.ts')).loadImageModel(id, ofInstance, urls),
    withKeys: (own) => ({
      ...models,
      async resolveImage(id) {
        const ownKey = ownKeyFor(id, own);
        if (!ownKey) return models.resolveImage(id);
        const { loadImageModel } = await import('./image-models.ts');
        return { ...(await loadImageModel(id, accessWith(ownKey), urls)), ownKey };
      },
      async resolve(id) {
        const ownKey = ownKeyFor(id, own);
        // Not kept: a key stays in memory for as long as its call takes, and the next call sees whether it is still there.
        return ownKey ? loadWith(ownKey, id, config, urls) : models.resolve(id);
      },
    }),
    checkKey: async (key) => (await import('./check-key.ts')).checkModelKey(key, urls),
  };
  return models;
}

/** A model that is asked with a user's key: at its provider, whatever server the instance has in its place. */
async function loadWith(ownKey: OwnKey, id: string, config: Config, urls: ProviderUrls): Promise<ResolvedModel> {
  const model = await load(id, config, accessWith(ownKey), urls);
  const elsewhere = ownKey.provider === 'openai' && config.models.openaiBaseUrl !== null;
  return { ...model, ownKey, ...(elsewhere ? { listPrice: tablePrice('openai', id) } : {}) };
}

/** A user's key and nothing of the instance. */
function accessWith(ownKey: OwnKey): Access {
  const none: Access = { openai: null, openaiServer: null, anthropic: null, google: null };
  return { ...none, [ownKey.provider]: ownKey.open() };
}

/** The key for a model. Throws `model_unknown`, saying which setting it needs, when there is none. */
export function keyFor(id: string, access: Access, of: 'openai' | 'anthropic' | 'google', name: string): string {
  const value = access[of];
  if (value) return value;
  const hint = `Set ${name} and start again, enter a key of your own for ${keyProviderTitles[of]} (under Own keys), or choose another model.`;
  throw new AppError('model_unknown', `The model "${id}" needs ${name}.`, { hint });
}

async function load(id: string, config: Config, access: Access, urls: ProviderUrls): Promise<ResolvedModel> {
  if (id === 'offline') {
    const { createOfflineModel } = await import('./offline/model.ts');
    const price = { kind: 'explicit', inputMicroUsd: 0, outputMicroUsd: 0 } as const;
    return { id, provider: id, languageModel: createOfflineModel(), price, thinkingTokens: 0, callOptions: {} };
  }
  const [provider = '', ...rest] = id.split(':');
  const model = rest.join(':');
  if (!model) throw new AppError('model_unknown', `"${id}" names no model.`);
  const { pricedBy, ...made } = await make(id, provider, model, access, urls);
  return { id, provider, price: config.models.prices[id] ?? tablePrice(pricedBy, id), ...made };
}

function tablePrice(providerId: string, id: string): PriceSource {
  return { kind: 'table', providerId, modelId: id.slice(id.indexOf(':') + 1) };
}

async function make(
  id: string,
  provider: string,
  model: string,
  access: Access,
  urls: ProviderUrls,
): Promise<ProviderModel> {
  const key = (of: 'openai' | 'anthropic' | 'google', name: string) => keyFor(id, access, of, name);
  switch (provider) {
    case 'anthropic': {
      const { anthropicModel } = await import('./providers/anthropic.ts');
      return anthropicModel(model, key('anthropic', 'ANTHROPIC_API_KEY'), urls.anthropic);
    }
    case 'google': {
      const { googleModel } = await import('./providers/google.ts');
      return googleModel(model, key('google', 'GOOGLE_GENERATIVE_AI_API_KEY'), urls.google);
    }
    case 'openai':
    case 'openai-chat':
    case 'openai-responses': {
      const server = access.openaiServer;
      if (!server) key('openai', 'OPENAI_API_KEY (or OPENAI_BASE_URL, for a server of your own)');
      if (provider === 'openai' && server) {
        const { compatibleModel } = await import('./providers/openai-compatible.ts');
        return compatibleModel(model, access.openai, server);
      }
      const { openaiModel } = await import('./providers/openai.ts');
      return openaiModel(model, access.openai, server ?? urls.openai, provider === 'openai-chat');
    }
    default:
      throw new AppError('model_unknown', `The model "${id}" names no provider that is known here.`);
  }
}
