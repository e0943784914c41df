import { z } from 'zod';
import type { Secrets } from '../config.ts';
import { open, reseal, type SecretChange, seal } from '../secret-box.ts';
import type { Email } from './schema.ts';

const purpose = 'contents of mails, version 1';

const contentSchema = z.object({ text: z.string(), html: z.string() });
/** The two bodies of a mail, which say the same. */
export type EmailContent = z.infer<typeof contentSchema>;

/** Encrypts the bodies of a mail, bound to its row. Returns the two columns. */
export function sealContent(
  secrets: Pick<Secrets, 'appSecret'>,
  emailId: string,
  content: EmailContent,
): { content: string; contentKeyId: string } {
  const { sealed, keyId } = seal(secrets, purpose, emailId, JSON.stringify(content));
  return { content: sealed, contentKeyId: keyId };
}

/**
 * Decrypts the bodies of a mail; null when they were wiped.
 * @throws AppError secret_unreadable when APP_SECRET is not the one they were encrypted under, or the row was changed.
 */
export function openContent(
  secrets: Pick<Secrets, 'appSecret'>,
  email: Pick<Email, 'id' | 'content' | 'contentKeyId'>,
): EmailContent | null {
  if (email.content === null || email.contentKeyId === null) return null;
  const sealed = { sealed: email.content, keyId: email.contentKeyId };
  const hint = 'Cause the mail again, for example by asking for another link.';
  return contentSchema.parse(JSON.parse(open(secrets, purpose, email.id, sealed, 'The stored mail', hint)));
}

/** Carries the bodies of a mail over to another APP_SECRET; null when they were wiped, or are encrypted under that already. */
export function resealContent(
  change: SecretChange,
  email: Pick<Email, 'id' | 'content' | 'contentKeyId'>,
): { content: string; contentKeyId: string } | null {
  if (email.content === null || email.contentKeyId === null) return null;
  const sealed = { sealed: email.content, keyId: email.contentKeyId };
  const moved = reseal(change, purpose, email.id, sealed, 'The stored mail');
  return moved && { content: moved.sealed, contentKeyId: moved.keyId };
}
