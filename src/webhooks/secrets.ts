import { randomBytes } from 'node:crypto';
import type { Secrets } from '../config.ts';
import { open, reseal, type Sealed, type SecretChange, seal } from '../secret-box.ts';
import type { Webhook } from './schema.ts';

const purpose = 'secrets of webhooks, version 1';

/** A new secret in the form that Standard Webhooks prescribes: `whsec_` and 24 to 64 random bytes in base64. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** Encrypts a secret, bound to its webhook. */
export function sealSecret(secrets: Pick<Secrets, 'appSecret'>, webhookId: string, secret: string): Sealed {
  return seal(secrets, purpose, webhookId, secret);
}

/**
 * Decrypts a secret of a webhook.
 * @throws AppError secret_unreadable when APP_SECRET is not the one it was encrypted under, or the row was changed.
 */
export function openSecret(secrets: Pick<Secrets, 'appSecret'>, webhookId: string, sealed: Sealed): string {
  return open(
    secrets,
    purpose,
    webhookId,
    sealed,
    'The secret of this webhook',
    'Rotate the secret of this webhook, and give the new one to its receiver.',
  );
}

/**
 * The secrets that sign at a time: the present one first, then those that were replaced lately.
 * @throws AppError secret_unreadable when the present one cannot be decrypted.
 */
export function signingSecrets(
  secrets: Pick<Secrets, 'appSecret'>,
  webhook: Pick<Webhook, 'id' | 'secret' | 'secretKeyId' | 'previousSecrets'>,
  at: Date,
): string[] {
  const present = { sealed: webhook.secret, keyId: webhook.secretKeyId };
  // One of another APP_SECRET is past use: the present one was made to take its place.
  const previous = webhook.previousSecrets.filter(
    ({ until, keyId }) => Date.parse(until) > at.getTime() && keyId === webhook.secretKeyId,
  );
  return [present, ...previous].map((sealed) => openSecret(secrets, webhook.id, sealed));
}

/**
 * Carries the secrets of a webhook over to another APP_SECRET; null when they are encrypted under that already. One that was
 * replaced and cannot be read any more is dropped: its successor signs.
 */
export function resealSecrets(
  change: SecretChange,
  webhook: Pick<Webhook, 'id' | 'secret' | 'secretKeyId' | 'previousSecrets'>,
): Pick<Webhook, 'secret' | 'secretKeyId' | 'previousSecrets'> | null {
  const present = { sealed: webhook.secret, keyId: webhook.secretKeyId };
  const moved = reseal(change, purpose, webhook.id, present, 'The secret');
  if (!moved) return null;
  const previousSecrets = webhook.previousSecrets
    .filter(({ keyId }) => keyId === webhook.secretKeyId)
    .map((secret) => ({ ...secret, ...reseal(change, purpose, webhook.id, secret, 'A replaced secret') }));
  return { secret: moved.sealed, secretKeyId: moved.keyId, previousSecrets };
}
