import { and, eq, gt, isNotNull, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { type Actor, recordAudit } from './audit.ts';
import { type ChosenPassword, issueMailedToken, redeemMailedToken } from './mailed-tokens.ts';
import { mailPasswordChanged, mailPasswordReset, mailVerification } from './mails.ts';
import { hashPassword } from './passwords.ts';
import { promoteNamedAdmin, setPassword } from './registration.ts';
import { mailedTokens, sessions, users } from './schema.ts';

/** Links of one kind to one mailbox in an hour, at most. */
const linksAnHour = 5;

/**
 * Mails a link with which a new password can be chosen, if there is such an account. Whoever answers a request with it
 * has to see to it that the time does not tell.
 */
export async function forgotPassword(ctx: AppContext, email: string, actor: Actor): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const [user] = await tx
      .select()
      .from(users)
      .where(and(eq(users.email, email), eq(users.disabled, false)));
    await recordAudit(tx, actor, 'password-reset-asked', user?.id ?? null);
    if (!user || (await linksLately(tx, user.id, 'reset-password')) >= linksAnHour) return;
    const to = { userId: user.id, email };
    await mailPasswordReset(ctx, tx, to, await issueMailedToken(tx, 'reset-password', to));
  });
}

/**
 * Mails another link to confirm an address that has not been confirmed yet, if there is such an account. When it was
 * registered more than once, nobody knows whose password the reader of the mail means, and one may be a stranger's: then
 * the link is one to choose a new password with, which confirms the address as well.
 */
export async function resendVerification(ctx: AppContext, email: string, actor: Actor): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const [user] = await tx
      .select()
      .from(users)
      .where(and(eq(users.email, email), eq(users.emailVerified, false), eq(users.disabled, false)));
    if (!user || (await linksLately(tx, user.id, 'verify-email')) >= linksAnHour) return;
    const to = { userId: user.id, email };
    const chosen = await passwordsWaiting(tx, user.id);
    if (chosen.length > 1) {
      if ((await linksLately(tx, user.id, 'reset-password')) >= linksAnHour) return;
      return mailPasswordReset(ctx, tx, to, await issueMailedToken(tx, 'reset-password', to));
    }
    const [password] = chosen;
    const owner = password ? { ...to, password } : to;
    await mailVerification(ctx, tx, to, await issueMailedToken(tx, 'verify-email', owner), actor.address);
  });
}

/** The passwords that were chosen with registrations of an address and wait for its confirmation, each once. */
async function passwordsWaiting(tx: AppContext['db'], userId: string): Promise<ChosenPassword[]> {
  const chosen = and(
    eq(mailedTokens.userId, userId),
    eq(mailedTokens.purpose, 'verify-email'),
    isNotNull(mailedTokens.passwordHash),
  );
  const password = { hash: mailedTokens.passwordHash, from: mailedTokens.passwordChosenFrom };
  const rows = await tx.selectDistinct(password).from(mailedTokens).where(chosen);
  return rows.flatMap(({ hash, from }) => (hash === null ? [] : [{ hash, from }]));
}

async function linksLately(tx: AppContext['db'], userId: string, purpose: 'reset-password' | 'verify-email') {
  const lately = gt(mailedTokens.createdAt, sql`now() - interval '1 hour'`);
  return tx.$count(mailedTokens, and(eq(mailedTokens.userId, userId), eq(mailedTokens.purpose, purpose), lately));
}

/**
 * Sets a new password with the token of a mail, which also proves the address. Every session ends, and with it every
 * token. Throws `link_invalid`.
 */
export async function resetPassword(ctx: AppContext, token: string, password: string, actor: Actor): Promise<void> {
  // Before the transaction, so that a wrong token costs as much as a right one and no lock is held meanwhile.
  const passwordHash = await hashPassword(password);
  await ctx.db.transaction(async (tx) => {
    const used = await redeemMailedToken(tx, ['reset-password'], token);
    const [user] = await tx
      .update(users)
      .set({ emailVerified: true, updatedAt: sql`now()` })
      .where(and(eq(users.id, used.userId), eq(users.email, used.email)))
      .returning();
    if (!user) throw new AppError('link_invalid', 'The account of this link has another address by now.');
    await setPassword(tx, user.id, passwordHash);
    await tx.delete(sessions).where(eq(sessions.userId, user.id));
    await recordAudit(tx, actor, 'password-reset', user.id);
    await mailPasswordChanged(ctx, tx, { userId: user.id, email: used.email }, actor.address);
    await promoteNamedAdmin(ctx, tx, user);
  });
}
