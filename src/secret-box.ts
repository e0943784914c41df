import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Secrets } from './config.ts';
import { AppError } from './errors.ts';

const cipher = 'aes-256-gcm';
/** 96 bits at random, as NIST SP 800-38D (8.2.2) allows for up to 2^32 messages under one key. */
const nonceBytes = 12;
const tagBytes = 16;

/** An encrypted text, and the id of the key it was encrypted with. */
export interface Sealed {
  sealed: string;
  keyId: string;
}

/** The key is derived, so that APP_SECRET may have any form and each purpose gets a key of its own. */
function keyOf(appSecret: string, purpose: string): { id: string; bytes: Buffer } {
  const bytes = Buffer.from(hkdfSync('sha256', appSecret, '', `blog-poster: ${purpose}`, 32));
  // A digest of a 256-bit key tells which key it was, and nothing that could help to find it.
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 16), bytes };
}

/**
 * Encrypts a text with AES-256-GCM under a key derived from APP_SECRET for `purpose`. `boundTo` (the id of the row) is
 * authenticated with it: the result cannot be opened in another row. Twice the same text gives two results.
 */
export function seal(secrets: Pick<Secrets, 'appSecret'>, purpose: string, boundTo: string, text: string): Sealed {
  const key = keyOf(secrets.appSecret, purpose);
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, key.bytes, nonce, { authTagLength: tagBytes });
  sealing.setAAD(Buffer.from(boundTo));
  const bytes = Buffer.concat([nonce, sealing.update(text, 'utf8'), sealing.final(), sealing.getAuthTag()]);
  return { sealed: bytes.toString('base64url'), keyId: key.id };
}

/**
 * Decrypts what {@link seal} made. `what` names it in errors; `hint` says what to do when the row was damaged.
 * @throws AppError secret_unreadable when APP_SECRET is not the one it was encrypted under, or the row was changed.
 */
export function open(
  secrets: Pick<Secrets, 'appSecret'>,
  purpose: string,
  boundTo: string,
  { sealed, keyId }: Sealed,
  what: string,
  hint?: string,
): string {
  const key = keyOf(secrets.appSecret, purpose);
  if (key.id !== keyId) {
    throw new AppError('secret_unreadable', `${what} was encrypted under another APP_SECRET.`, {
      details: { id: boundTo, keyId, presentKeyId: key.id },
    });
  }
  const bytes = Buffer.from(sealed, 'base64url');
  try {
    const opening = createDecipheriv(cipher, key.bytes, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
    opening.setAAD(Buffer.from(boundTo));
    opening.setAuthTag(bytes.subarray(-tagBytes));
    return Buffer.concat([opening.update(bytes.subarray(nonceBytes, -tagBytes)), opening.final()]).toString('utf8');
  } catch (cause) {
    throw new AppError('secret_unreadable', `${what} has been damaged or moved.`, {
      ...(hint ? { hint } : {}),
      details: { id: boundTo },
      cause,
    });
  }
}

/** A change of APP_SECRET: from which one to which. */
export interface SecretChange {
  from: Pick<Secrets, 'appSecret'>;
  to: Pick<Secrets, 'appSecret'>;
}

/**
 * Carries what {@link seal} made over from one APP_SECRET to another; null when it is encrypted under the new one already.
 * Throws like {@link open}.
 */
export function reseal(
  { from, to }: SecretChange,
  purpose: string,
  boundTo: string,
  sealed: Sealed,
  what: string,
): Sealed | null {
  if (sealed.keyId !== keyOf(to.appSecret, purpose).id) {
    return seal(to, purpose, boundTo, open(from, purpose, boundTo, sealed, what));
  }
  // Looked at as well: what is damaged is told, whichever secret it is under.
  open(to, purpose, boundTo, sealed, what);
  return null;
}

/** Tells whether two instances have the same APP_SECRET; says nothing else about it. */
export function secretFingerprint(secrets: Pick<Secrets, 'appSecret'>): string {
  return keyOf(secrets.appSecret, 'fingerprint in backups').id;
}
