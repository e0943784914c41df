import { eq } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { type Principal, sessionCookieName } from '../http/access.ts';
import { type Actor, recordAudit } from './audit.ts';
import { mailTwoFactorChanged } from './mails.ts';
import { sessions, users } from './schema.ts';
import { asRefusal, authHeaders, cookieOfSession, issueTokens, redeemCode, type Tokens } from './sign-in.ts';

/** What an authenticator app needs, and the codes that take its place when it is lost; shown once. */
export interface TwoFactorSetup {
  /** otpauth:// address, also as a QR code. */
  totpUri: string;
  /** The same secret in base32, for typing it in. */
  secret: string;
  backupCodes: string[];
}

/** The session changes with the second factor: new cookies, and new tokens for clients that keep none. */
export interface RenewedSession {
  cookies: string[];
  tokens: Tokens;
}

/** Prepares the second factor; it is on once a first code was right. Throws `password_wrong`, `invalid_state`. */
export async function prepareTwoFactor(
  ctx: AppContext,
  principal: Principal,
  password: string,
  actor: Actor,
): Promise<TwoFactorSetup> {
  const answer = await call(ctx, principal, actor, (request) =>
    ctx.auth.api.enableTwoFactor({ ...request, body: { password, method: 'totp' } }),
  );
  if (answer.response.method !== 'totp') throw new Error(`asked for totp, got ${answer.response.method}`);
  const { totpURI, backupCodes } = answer.response;
  return { totpUri: totpURI, secret: new URL(totpURI).searchParams.get('secret') ?? '', backupCodes };
}

/** Turns the second factor on with a first code of the app. Throws `two_factor_invalid`. */
export async function confirmTwoFactor(
  ctx: AppContext,
  principal: Principal,
  code: string,
  actor: Actor,
): Promise<RenewedSession> {
  const before = await currentUser(ctx, principal);
  if (before.twoFactorEnabled) throw new AppError('invalid_state', 'Two-factor log-in is on already.');
  const answer = await call(ctx, principal, actor, (request) =>
    ctx.auth.api.verifyTOTP({ ...request, body: { code: code.replaceAll(/\s/g, '') } }),
  );
  await redeemCode(ctx, before.id, code.replaceAll(/\s/g, ''));
  await note(ctx, before, 'two-factor-enabled', actor);
  return renewed(ctx, before.id, answer.headers);
}

/** Turns the second factor off. Throws `password_wrong`. */
export async function disableTwoFactor(
  ctx: AppContext,
  principal: Principal,
  password: string,
  actor: Actor,
): Promise<RenewedSession> {
  const before = await currentUser(ctx, principal);
  if (!before.twoFactorEnabled) throw new AppError('invalid_state', 'Two-factor log-in is not on.');
  const answer = await call(ctx, principal, actor, (request) =>
    ctx.auth.api.disableTwoFactor({ ...request, body: { password } }),
  );
  await note(ctx, before, 'two-factor-disabled', actor);
  return renewed(ctx, before.id, answer.headers);
}

/** New backup codes; the old ones are worth nothing from now on. Throws `password_wrong`, `invalid_state`. */
export async function renewBackupCodes(
  ctx: AppContext,
  principal: Principal,
  password: string,
  actor: Actor,
): Promise<{ backupCodes: string[] }> {
  const before = await currentUser(ctx, principal);
  if (!before.twoFactorEnabled) throw new AppError('invalid_state', 'Two-factor log-in is not on.');
  const answer = await call(ctx, principal, actor, (request) =>
    ctx.auth.api.generateBackupCodes({ ...request, body: { password } }),
  );
  await recordAudit(ctx.db, actor, 'backup-codes-renewed', before.id);
  return { backupCodes: answer.response.backupCodes };
}

async function call<Answer>(
  ctx: AppContext,
  principal: Principal,
  actor: Actor,
  ask: (request: { headers: Headers; returnHeaders: true }) => Promise<Answer>,
): Promise<Answer> {
  if (principal.sessionId === null) {
    throw new AppError('invalid_state', 'This takes someone who logged in with a password.');
  }
  const cookie = await cookieOfSession(ctx, principal.sessionId);
  try {
    return await ask({ headers: authHeaders(actor, cookie), returnHeaders: true });
  } catch (error) {
    throw asRefusal(error);
  }
}

async function currentUser(ctx: AppContext, principal: Principal) {
  const [user] = await ctx.db
    .select()
    .from(users)
    .where(eq(users.id, principal.userId ?? ''));
  if (!user) throw new AppError('not_found', 'There is no such account.');
  return user;
}

async function note(
  ctx: AppContext,
  user: { id: string; email: string | null },
  action: 'two-factor-enabled' | 'two-factor-disabled',
  actor: Actor,
): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    await recordAudit(tx, actor, action, user.id);
    if (!user.email) return;
    await mailTwoFactorChanged(ctx, tx, { userId: user.id, email: user.email }, action === 'two-factor-enabled');
  });
}

async function renewed(ctx: AppContext, userId: string, headers: Headers): Promise<RenewedSession> {
  const cookies = headers.getSetCookie();
  const [session] = await ctx.db
    .select({ id: sessions.id })
    .from(sessions)
    .where(eq(sessions.token, tokenOf(cookies)));
  if (!session) throw new Error('the second factor changed and began no session');
  return { cookies, tokens: await issueTokens(ctx, userId, session.id) };
}

function tokenOf(cookies: string[]): string {
  const line = cookies.find((cookie) => cookie.includes(`${sessionCookieName}=`)) ?? '';
  const value = decodeURIComponent(line.slice(line.indexOf('=') + 1).split(';')[0] ?? '');
  return value.slice(0, value.lastIndexOf('.'));
}
