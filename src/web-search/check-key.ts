import { explainTrouble, type KeyCheck } from '../provider-keys/own-keys.ts';
import { SearchError, type SearchProvider } from './provider.ts';

/** Looks whether a provider takes the key that it would be asked with, as far as that costs nothing. */
export async function checkSearchKey(provider: SearchProvider | null): Promise<KeyCheck> {
  if (!provider?.ownKey) throw new RangeError('this key is not for a search');
  const { ownKey, title, triesKey } = provider;
  try {
    // The provider has a time limit of its own.
    const found = await provider.check(new AbortController().signal);
    return triesKey ? { status: 'works', problem: null } : { status: 'unchecked', problem: `${title} ${found}.` };
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    return error.trouble
      ? { status: error.trouble, problem: explainTrouble(ownKey, error.trouble).message }
      : { status: 'unchecked', problem: error.message };
  }
}
