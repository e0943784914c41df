import type { Secrets } from '../config.ts';
import { open, reseal, type SecretChange, seal } from '../secret-box.ts';
import type { Site } from './schema.ts';

const purpose = 'credentials of sites, version 1';

/** Encrypts the password of a site, bound to its row. Returns the two columns. */
export function sealCredential(
  secrets: Pick<Secrets, 'appSecret'>,
  siteId: string,
  password: string,
): Pick<Site, 'credential' | 'credentialKeyId'> {
  const { sealed, keyId } = seal(secrets, purpose, siteId, password);
  return { credential: sealed, credentialKeyId: keyId };
}

/**
 * Decrypts the password of a site.
 * @throws AppError secret_unreadable when APP_SECRET is not the one it was encrypted under, or the row was changed.
 */
export function openCredential(
  secrets: Pick<Secrets, 'appSecret'>,
  site: Pick<Site, 'id' | 'name' | 'credential' | 'credentialKeyId'>,
): string {
  return open(
    secrets,
    purpose,
    site.id,
    { sealed: site.credential, keyId: site.credentialKeyId },
    `The stored password of “${site.name}”`,
    'Enter the Application Password of this site anew.',
  );
}

/** Carries the password of a site over to another APP_SECRET; null when it is encrypted under that already. */
export function resealCredential(
  change: SecretChange,
  site: Pick<Site, 'id' | 'credential' | 'credentialKeyId'>,
): Pick<Site, 'credential' | 'credentialKeyId'> | null {
  const sealed = { sealed: site.credential, keyId: site.credentialKeyId };
  const moved = reseal(change, purpose, site.id, sealed, 'The stored password');
  return moved && { credential: moved.sealed, credentialKeyId: moved.keyId };
}
