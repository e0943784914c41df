import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { mailedTokens, type TokenPurpose } from './schema.ts';
import { newToken, tokenDigest } from './tokens.ts';

/** How long a link in a mail is good for, in milliseconds. */
const lifetimeMs: Record<TokenPurpose, number> = {
  'verify-email': 3 * 86_400_000,
  'reset-password': 3_600_000,
  'change-email': 86_400_000,
};

export type MailedToken = typeof mailedTokens.$inferSelect;

/** A password that takes effect once the address is confirmed, and the network of whoever chose it. */
export interface ChosenPassword {
  hash: string;
  from: string | null;
}

/** A new token for a link in a mail to `email`, and until when it is good. `password` takes effect with its use. */
export async function issueMailedToken(
  tx: Db,
  purpose: TokenPurpose,
  owner: { userId: string; email: string; password?: ChosenPassword },
): Promise<{ token: string; expiresAt: Date }> {
  const token = newToken();
  const expiresAt = new Date(Date.now() + lifetimeMs[purpose]);
  await tx.insert(mailedTokens).values({
    id: newId(),
    userId: owner.userId,
    purpose,
    tokenDigest: tokenDigest(token),
    email: owner.email,
    passwordHash: owner.password?.hash ?? null,
    passwordChosenFrom: owner.password?.from ?? null,
    expiresAt,
  });
  return { token, expiresAt };
}

/**
 * Uses a token up, and with it every other one of its user for the same purpose. Of any number of requests at once one
 * succeeds. Throws `link_invalid` for one that was used, has expired or never existed: the same for all three.
 */
export async function redeemMailedToken(tx: Db, purposes: TokenPurpose[], token: string): Promise<MailedToken> {
  const [used] = await tx
    .update(mailedTokens)
    .set({ usedAt: sql`now()` })
    .where(
      and(
        eq(mailedTokens.tokenDigest, tokenDigest(token)),
        isNull(mailedTokens.usedAt),
        gt(mailedTokens.expiresAt, sql`now()`),
      ),
    )
    .returning();
  if (!used || !purposes.includes(used.purpose)) {
    throw new AppError('link_invalid', 'This link has been used already, or it has expired.');
  }
  await withdrawMailedTokens(tx, used.userId, used.purpose);
  return used;
}

/** Makes the tokens of a user for a purpose worthless that have not been used yet. */
export async function withdrawMailedTokens(tx: Db, userId: string, purpose: TokenPurpose): Promise<void> {
  await tx
    .update(mailedTokens)
    .set({ usedAt: sql`now()` })
    .where(and(eq(mailedTokens.userId, userId), eq(mailedTokens.purpose, purpose), isNull(mailedTokens.usedAt)));
}
