import { explainTrouble, type KeyCheck, type OwnKey } from '../provider-keys/own-keys.ts';
import { keyProviderTitles } from '../provider-keys/schema.ts';
import type { ProviderUrls } from './models.ts';
import { keyTrouble } from './provider-errors.ts';

/** The public addresses of the providers' services. */
const publicUrls: Required<ProviderUrls> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
};

/** A list of models is there at once, or the provider has trouble of its own. */
const timeoutMs = 10_000;

/**
 * Asks a provider of models whether it takes a key, by the list of its models, which costs nothing. Never throws for what
 * the provider does; whether there is credit, it only says when there is none and it looks at that already here.
 */
export async function checkModelKey(key: OwnKey, urls: ProviderUrls): Promise<KeyCheck> {
  const title = keyProviderTitles[key.provider];
  const request = requestFor(key, { ...publicUrls, ...urls });
  try {
    // A key is sent to one host only.
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await fetch(request.url, { headers: request.headers, redirect: 'manual', signal });
    if (answer.ok) {
      await answer.body?.cancel();
      return { status: 'works', problem: null };
    }
    const trouble = keyTrouble(answer.status, await answer.text());
    if (trouble) return { status: trouble, problem: explainTrouble(key, trouble).message };
    return { status: 'unchecked', problem: `${title} answered ${answer.status}; the key could not be checked.` };
  } catch (error) {
    // What fetch and the time limit throw; anything else is a mistake of ours.
    if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
    return { status: 'unchecked', problem: `${title} could not be reached; the key could not be checked.` };
  }
}

function requestFor(key: OwnKey, urls: Required<ProviderUrls>): { url: string; headers: Record<string, string> } {
  switch (key.provider) {
    case 'openai':
      return { url: `${urls.openai}/models`, headers: { authorization: `Bearer ${key.open()}` } };
    case 'anthropic':
      return {
        url: `${urls.anthropic}/models?limit=1`,
        headers: { 'x-api-key': key.open(), 'anthropic-version': '2023-06-01' },
      };
    case 'google':
      return { url: `${urls.google}/models?pageSize=1`, headers: { 'x-goog-api-key': key.open() } };
    case 'brave':
    case 'tavily':
      throw new RangeError(`${key.provider} has no models`);
  }
}
