import { and, eq, ne, sql } from 'drizzle-orm';
import { warnOfSpending } from '../budget/warnings.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { Principal } from '../http/access.ts';
import type { OptionalEmailKind } from '../notify/schema.ts';
import { ownKeysOf } from '../provider-keys/own-keys.ts';
import { type Actor, recordAudit } from './audit.ts';
import { issueMailedToken, withdrawMailedTokens } from './mailed-tokens.ts';
import {
  mailAccountDeleted,
  mailAddressTaken,
  mailEmailChange,
  mailEmailChanged,
  mailPasswordChanged,
} from './mails.ts';
import { monthIn } from './month.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { setPassword } from './registration.ts';
import { credentials, type Locale, sessions, type User, users } from './schema.ts';

/** Someone who logged in this recently need not prove again who they are, in milliseconds. */
const recentMs = 10 * 60_000;

/** What someone may change about their own account. */
export interface AccountChange {
  name?: string | undefined;
  timeZone?: string | undefined;
  /** The language of the web app; null for that of the browser. */
  locale?: Locale | null | undefined;
  /** Of articles whose brief names none; null for the instance's. */
  model?: string | null | undefined;
  /** How articles sound whose brief and site say nothing about it; null for no wish. */
  voice?: string | null | undefined;
  /** Mails that are not wanted, all of them: what is left out is sent again. */
  mutedMails?: OptionalEmailKind[] | undefined;
  /** What calls with own keys may cost a month, in micro-dollars; null for no limit. */
  ownMonthlyLimitMicroUsd?: number | null | undefined;
  email?: string | undefined;
  password?: string | undefined;
  currentPassword?: string | undefined;
}

/** A user. Throws `not_found`. */
export async function getUser(db: Db, id: string): Promise<User> {
  const [user] = await db.select().from(users).where(eq(users.id, id));
  if (!user) throw new AppError('not_found', 'There is no such account.');
  return user;
}

/** Whether `password` is the one of the account. */
async function isPassword(db: Db, userId: string, password: string): Promise<boolean> {
  const [row] = await db
    .select({ hash: credentials.password })
    .from(credentials)
    .where(and(eq(credentials.userId, userId), eq(credentials.providerId, 'credential')));
  return verifyPassword({ hash: row?.hash ?? '', password });
}

/**
 * Changes the account. A new password or address takes the present password; a new password ends every other session; a
 * new address counts once it is confirmed by mail (at once where no mail can be sent). A default model has to be one that
 * can be asked for this user. Throws `password_wrong`, `model_unknown`.
 */
export async function changeAccount(
  ctx: AppContext,
  principal: Principal,
  userId: string,
  change: AccountChange,
  actor: Actor,
): Promise<User> {
  const sensitive = change.password !== undefined || change.email !== undefined;
  if (sensitive && !(await isPassword(ctx.db, userId, change.currentPassword ?? ''))) {
    throw new AppError('password_wrong', 'The present password is wrong.', {
      errors: [{ path: 'currentPassword', message: 'is wrong' }],
    });
  }
  if (change.model) await assertModel(ctx, userId, change.model);
  const passwordHash = change.password === undefined ? null : await hashPassword(change.password);
  const changed = await ctx.db.transaction(async (tx) => {
    const [user] = await tx.select().from(users).where(eq(users.id, userId)).for('update');
    if (!user) throw new AppError('not_found', 'There is no such account.');
    const { name, timeZone, locale, model, voice, mutedMails, ownMonthlyLimitMicroUsd } = change;
    const profile = { name, timeZone, locale, model, voice, mutedMails };
    // What is left out is undefined, and stays as it is.
    if (Object.values(profile).some((value) => value !== undefined)) {
      await tx
        .update(users)
        .set({ ...profile, updatedAt: sql`now()` })
        .where(eq(users.id, userId));
      await recordAudit(tx, actor, 'profile-changed', userId);
    }
    if (ownMonthlyLimitMicroUsd !== undefined) {
      await tx.update(users).set({ ownMonthlyLimitMicroUsd, updatedAt: sql`now()` }).where(eq(users.id, userId));
      await recordAudit(tx, actor, 'limits-changed', userId, { ownMonthlyLimitMicroUsd });
    }
    if (passwordHash) {
      await setPassword(tx, userId, passwordHash);
      await withdrawMailedTokens(tx, userId, 'reset-password');
      await endOtherSessions(tx, userId, principal.sessionId);
      await recordAudit(tx, actor, 'password-changed', userId);
      if (user.email) await mailPasswordChanged(ctx, tx, { userId, email: user.email }, actor.address);
    }
    if (change.email !== undefined && change.email !== user.email)
      await askForEmail(ctx, tx, user, change.email, actor);
    return getUser(tx, userId);
  });
  if (change.ownMonthlyLimitMicroUsd !== undefined) {
    await warnOfSpending(ctx, { userId, payer: 'user', month: monthIn(changed.timeZone, ctx.now()).name });
  }
  return changed;
}

/** Throws `model_unknown`, at the field. */
async function assertModel(ctx: AppContext, userId: string, model: string): Promise<void> {
  try {
    await ctx.models.withKeys(await ownKeysOf(ctx, userId)).resolve(model);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'model_unknown') throw error;
    throw new AppError(error.code, error.message, {
      hint: error.hint,
      errors: [{ path: 'model', message: `cannot be used: ${error.message} ${error.hint}` }],
    });
  }
}

async function endOtherSessions(tx: Db, userId: string, keep: string | null): Promise<void> {
  await tx.delete(sessions).where(and(eq(sessions.userId, userId), keep ? ne(sessions.id, keep) : undefined));
}

async function askForEmail(ctx: AppContext, tx: Db, user: User, email: string, actor: Actor): Promise<void> {
  await withdrawMailedTokens(tx, user.id, 'change-email');
  await recordAudit(tx, actor, 'email-change-asked', user.id);
  const [taken] = await tx.select({ id: users.id }).from(users).where(eq(users.email, email));
  // The answer is the same: who has an account here is nobody's business.
  if (taken) return mailAddressTaken(ctx, tx, { userId: taken.id, email });
  const to = { userId: user.id, email };
  if (ctx.config.mail.kind !== 'none') {
    return mailEmailChange(ctx, tx, to, await issueMailedToken(tx, 'change-email', to));
  }
  await tx.update(users).set({ email, emailVerified: false, updatedAt: sql`now()` }).where(eq(users.id, user.id));
  await recordAudit(tx, actor, 'email-changed', user.id);
  if (user.email) await mailEmailChanged(ctx, tx, { userId: user.id, email: user.email }, email);
}

/**
 * Makes sure that it is the person who asks for something that cannot be undone: by the password, or because they logged
 * in a moment ago. Throws `reauthentication_required`, `password_wrong`.
 */
export async function assertPerson(
  ctx: AppContext,
  principal: Principal,
  userId: string,
  password: string | undefined,
): Promise<void> {
  if (principal.via === 'command-line') return;
  if (password !== undefined) {
    if (await isPassword(ctx.db, userId, password)) return;
    throw new AppError('password_wrong', 'The password is wrong.', {
      errors: [{ path: 'password', message: 'is wrong' }],
    });
  }
  const [session] = await ctx.db
    .select({ createdAt: sessions.createdAt })
    .from(sessions)
    .where(eq(sessions.id, principal.sessionId ?? ''));
  if (session && ctx.now().getTime() - session.createdAt.getTime() < recentMs) return;
  throw new AppError('reauthentication_required', 'You logged in a while ago: this takes your password.');
}

/**
 * Deletes an account with everything in it. Posts that are published stay on their sites. Throws `invalid_state` for the
 * only admin of an instance that others use.
 */
export async function deleteAccount(ctx: AppContext, userId: string, actor: Actor): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const [user] = await tx.select().from(users).where(eq(users.id, userId)).for('update');
    if (!user) throw new AppError('not_found', 'There is no such account.');
    const others = await tx.$count(users, ne(users.id, userId));
    const otherAdmins = await tx.$count(
      users,
      and(ne(users.id, userId), eq(users.role, 'admin'), eq(users.disabled, false)),
    );
    if (user.role === 'admin' && others > 0 && otherAdmins === 0) {
      throw new AppError('invalid_state', 'This is the only admin of the instance, and others use it.', {
        hint: 'Make another admin first: blog-poster user create --admin.',
      });
    }
    await recordAudit(tx, actor, 'account-deleted', userId);
    if (user.email) await mailAccountDeleted(ctx, tx, { userId: null, email: user.email });
    await tx.delete(users).where(eq(users.id, userId));
  });
}
