import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Secrets } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Site } from './schema.ts';

const cipher = 'aes-256-gcm';
/** 96 bits at random, as NIST SP 800-38D (8.2.2) allows for up to 2^32 messages under one key. */
const nonceBytes = 12;
const tagBytes = 16;

interface Key {
  id: string;
  bytes: Buffer;
}

/** The key is derived, so that APP_SECRET may have any form and other uses of it get keys of their own. */
function keyOf(appSecret: string): Key {
  const bytes = Buffer.from(hkdfSync('sha256', appSecret, '', 'blog-poster: credentials of sites, version 1', 32));
  // A digest of a 256-bit key tells which key it was, and nothing that could help to find it.
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 16), bytes };
}

/**
 * Encrypts the password of a site with AES-256-GCM. The site's id is authenticated with it: the result cannot be
 * opened in the row of another site. Returns the two columns of the row; twice the same password gives two results.
 */
export function sealCredential(
  secrets: Pick<Secrets, 'appSecret'>,
  siteId: string,
  password: string,
): Pick<Site, 'credential' | 'credentialKeyId'> {
  const key = keyOf(secrets.appSecret);
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, key.bytes, nonce, { authTagLength: tagBytes });
  sealing.setAAD(Buffer.from(siteId));
  const sealed = Buffer.concat([nonce, sealing.update(password, 'utf8'), sealing.final(), sealing.getAuthTag()]);
  return { credential: sealed.toString('base64url'), credentialKeyId: key.id };
}

/**
 * Decrypts the password of a site.
 * @throws AppError secret_unreadable when APP_SECRET is not the one it was encrypted under, or the row was changed.
 */
export function openCredential(
  secrets: Pick<Secrets, 'appSecret'>,
  site: Pick<Site, 'id' | 'name' | 'credential' | 'credentialKeyId'>,
): string {
  const key = keyOf(secrets.appSecret);
  if (key.id !== site.credentialKeyId) {
    throw new AppError('secret_unreadable', `The password of “${site.name}” was encrypted under another APP_SECRET.`, {
      details: { siteId: site.id, keyId: site.credentialKeyId, presentKeyId: key.id },
    });
  }
  const sealed = Buffer.from(site.credential, 'base64url');
  try {
    const opening = createDecipheriv(cipher, key.bytes, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
    opening.setAAD(Buffer.from(site.id));
    opening.setAuthTag(sealed.subarray(-tagBytes));
    return Buffer.concat([opening.update(sealed.subarray(nonceBytes, -tagBytes)), opening.final()]).toString('utf8');
  } catch (cause) {
    throw new AppError('secret_unreadable', `The stored password of “${site.name}” has been damaged or moved.`, {
      hint: 'Enter the Application Password of this site anew.',
      details: { siteId: site.id },
      cause,
    });
  }
}
