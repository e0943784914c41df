import type { ImageModelV4, ImageModelV4CallOptions } from '@ai-sdk/provider';
import { AppError } from '../errors.ts';
import type { OwnKey } from '../provider-keys/own-keys.ts';
import { type Access, keyFor, type ProviderUrls } from './models.ts';

/** A model that makes images, ready to be asked. */
export interface ResolvedImageModel {
  /** As configured: `provider:model`. */
  id: string;
  provider: string;
  imageModel: ImageModelV4;
  /** Passed with every call: a landscape image, of a quality whose price does not depend on the prompt. */
  callOptions: Pick<ImageModelV4CallOptions, 'size' | 'aspectRatio' | 'providerOptions'>;
  /** The user's key that it is asked with, where it is not the instance's. */
  ownKey?: OwnKey;
}

/**
 * Loads a model of OpenAI (or of the server in its place) or of Google. The providers' own services could not be reached
 * where this was written: requests and answers follow their libraries and published descriptions, and were tried against
 * local servers that speak the same. Throws `model_unknown` for other providers and without a key.
 */
export async function loadImageModel(id: string, access: Access, urls: ProviderUrls): Promise<ResolvedImageModel> {
  const [provider = '', ...rest] = id.split(':');
  const model = rest.join(':');
  if (provider === 'openai' && model) {
    const server = access.openaiServer;
    const name = 'OPENAI_API_KEY (or OPENAI_BASE_URL, for a server of your own)';
    const apiKey = server ? (access.openai ?? '') : keyFor(id, access, 'openai', name);
    const { createOpenAI } = await import('@ai-sdk/openai');
    const baseURL = server ?? urls.openai;
    const openai = createOpenAI({ apiKey, ...(baseURL ? { baseURL } : {}) });
    return { id, provider, imageModel: openai.image(model), callOptions: openaiOptions(model) };
  }
  // The older models of Google (Imagen) are asked in another way, which its library has given up.
  if (provider === 'google' && model.startsWith('gemini-')) {
    const apiKey = keyFor(id, access, 'google', 'GOOGLE_GENERATIVE_AI_API_KEY');
    const { createGoogle } = await import('@ai-sdk/google');
    const google = createGoogle({ apiKey, ...(urls.google ? { baseURL: urls.google } : {}) });
    return { id, provider, imageModel: google.image(model), callOptions: { ...plain, aspectRatio: '16:9' } };
  }
  throw new AppError('model_unknown', `"${id}" is no model that images can be generated with here.`, {
    hint: 'Use a model of OpenAI or Google that makes images, for example openai:gpt-image-1 or google:gemini-2.5-flash-image (of Google those whose name begins with gemini-).',
  });
}

const plain: ResolvedImageModel['callOptions'] = { size: undefined, aspectRatio: undefined, providerOptions: {} };

function openaiOptions(model: string): ResolvedImageModel['callOptions'] {
  if (/^(gpt-image|chatgpt-image)/.test(model)) {
    // Left to itself the model chooses the quality, and with it a price up to four times as high. JPEG comes sooner.
    const providerOptions = { openai: { quality: 'medium', outputFormat: 'jpeg' } };
    return { ...plain, size: '1536x1024', providerOptions };
  }
  return /^dall-e-3/.test(model) ? { ...plain, size: '1792x1024' } : plain;
}
