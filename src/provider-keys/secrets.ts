import type { Secrets } from '../config.ts';
import { open, reseal, type SecretChange, seal } from '../secret-box.ts';
import { keyProviderTitles, type ProviderKey } from './schema.ts';

const purpose = 'keys of users for providers, version 1';

type SealedKey = Pick<ProviderKey, 'id' | 'provider' | 'ending' | 'sealed' | 'keyId'>;

/** A key as its owner knows it, in the middle of a sentence: which provider's, and its last letters. */
export function nameKey({ provider, ending }: Pick<ProviderKey, 'provider' | 'ending'>): string {
  return `own key for ${keyProviderTitles[provider]} (…${ending})`;
}

/** Encrypts a key, bound to its row. Returns the two columns. */
export function sealKey(
  secrets: Pick<Secrets, 'appSecret'>,
  rowId: string,
  key: string,
): Pick<ProviderKey, 'sealed' | 'keyId'> {
  return seal(secrets, purpose, rowId, key);
}

/**
 * Decrypts a key.
 * @throws AppError secret_unreadable when APP_SECRET is not the one it was encrypted under, or the row was changed.
 */
export function openKey(secrets: Pick<Secrets, 'appSecret'>, row: SealedKey): string {
  return open(secrets, purpose, row.id, row, `Your ${nameKey(row)}`, 'Enter this key anew, under Own keys.');
}

/** Carries a key over to another APP_SECRET; null when it is encrypted under that already. Throws like {@link openKey}. */
export function resealKey(change: SecretChange, row: SealedKey): Pick<ProviderKey, 'sealed' | 'keyId'> | null {
  return reseal(change, purpose, row.id, row, `The ${nameKey(row)}`);
}
