import { isAPIError } from 'better-auth/api';
import { and, eq, gt, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { AppError } from '../errors.ts';
import { keptMs, longAgo } from '../retention.ts';
import { type Actor, recordAudit } from './audit.ts';
import { accessTokenSeconds, addressHeader, cookieNameAt, sessionCookie } from './auth.ts';
import { presentUser, type UserAnswer } from './present.ts';
import { refreshTokens, sessions, usedCodes, users } from './schema.ts';
import { newToken, tokenDigest } from './tokens.ts';

/** How long a refresh token waits to be used, in milliseconds; the session it belongs to ends first if it is not used. */
const refreshMs = keptMs('sessions');

/** What a client that keeps no cookies works with. */
export interface Tokens {
  accessToken: string;
  expiresInSeconds: number;
  refreshToken: string;
}

/** Whoever logged in, and the cookies that make the browser remember it. */
export interface SignedIn {
  user: UserAnswer;
  tokens: Tokens;
  cookies: string[];
}

/** The headers that better-auth sees: the address that we found, never one that a client wrote. */
export function authHeaders(actor: Pick<Actor, 'address' | 'userAgent'>, cookie?: string): Headers {
  const headers = new Headers();
  if (actor.address) headers.set(addressHeader, actor.address);
  if (actor.userAgent) headers.set('user-agent', toLatin1(actor.userAgent));
  if (cookie) headers.set('cookie', cookie);
  return headers;
}

/** Header values are Latin-1; what does not fit is replaced. */
const toLatin1 = (text: string) => text.replace(/[^\x20-\xff]/g, '?');

/**
 * Logs in with a password, and with a code of the authenticator app (or a backup code) where the account asks for one.
 * Always a new session. Takes the same time whether or not there is such an account. Throws `invalid_credentials`,
 * `email_not_verified`, `account_disabled`, `two_factor_required`, `two_factor_invalid`, `two_factor_locked`.
 */
export async function logIn(
  ctx: AppContext,
  { email, password, code }: { email: string; password: string; code?: string | undefined },
  actor: Actor,
): Promise<SignedIn> {
  try {
    const first = await ctx.auth.api.signInEmail({
      body: { email, password },
      headers: authHeaders(actor),
      returnHeaders: true,
    });
    const done = 'token' in first.response ? first : await secondFactor(ctx, code, first.headers, actor);
    return await begin(ctx, done.response.token, done.headers.getSetCookie(), actor);
  } catch (error) {
    const refused = asRefusal(error);
    if (refused.code !== 'two_factor_required') {
      const [user] = await ctx.db.select({ id: users.id }).from(users).where(eq(users.email, email));
      await recordAudit(ctx.db, actor, 'login-failed', user?.id ?? null, { reason: refused.code });
    }
    throw refused;
  }
}

/** The second step with what the first one put into its cookie: the client sends everything in one request. */
async function secondFactor(ctx: AppContext, code: string | undefined, challenge: Headers, actor: Actor) {
  if (code === undefined) {
    throw new AppError('two_factor_required', 'This account also asks for a code of its authenticator app.');
  }
  const cookie = challenge
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const request = { headers: authHeaders(actor, cookie), returnHeaders: true as const };
  const digits = code.replaceAll(/[\s-]/g, '');
  if (/^\d{6}$/.test(digits)) {
    const done = await ctx.auth.api.verifyTOTP({ ...request, body: { code: digits } });
    if (await redeemCode(ctx, done.response.user.id, digits)) return done;
    await ctx.db.delete(sessions).where(eq(sessions.token, done.response.token));
    throw new AppError('two_factor_invalid', 'This code has been used already.');
  }
  const done = await ctx.auth.api.verifyBackupCode({ ...request, body: { code: code.trim() } });
  const token = done.response.token;
  if (!token) throw new Error('a backup code was taken and no session begun');
  await recordAudit(ctx.db, actor, 'backup-code-used', done.response.user.id);
  return { ...done, response: { ...done.response, token } };
}

/** Uses up a code that was right; false when it has been used before. Longer than a code is good for nobody remembers it. */
export async function redeemCode(ctx: AppContext, userId: string, code: string): Promise<boolean> {
  const old = lt(usedCodes.usedAt, longAgo('usedCodes'));
  await ctx.db.delete(usedCodes).where(and(eq(usedCodes.userId, userId), old));
  const used = await ctx.db.insert(usedCodes).values({ userId, code }).onConflictDoNothing().returning();
  return used.length > 0;
}

async function begin(ctx: AppContext, token: string, cookies: string[], actor: Actor): Promise<SignedIn> {
  const [found] = await ctx.db
    .select({ session: sessions, user: users })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(sessions.token, token));
  // Disabled between the password and now.
  if (!found) throw new AppError('invalid_credentials', 'The session ended as soon as it had begun.');
  const { session, user } = found;
  const [tokens] = await Promise.all([
    issueTokens(ctx, user.id, session.id),
    recordAudit(ctx.db, { ...actor, id: user.id }, 'logged-in', user.id),
  ]);
  return { user: presentUser(user), tokens, cookies };
}

/** An access token for a session, and the refresh token that gets the next one. */
export async function issueTokens(ctx: AppContext, userId: string, sessionId: string): Promise<Tokens> {
  const refreshToken = newToken();
  const [accessToken] = await Promise.all([
    ctx.accessTokens.sign({ userId, sessionId }),
    keepRefreshToken(ctx.db, userId, sessionId, refreshToken),
  ]);
  return { accessToken, expiresInSeconds: accessTokenSeconds, refreshToken };
}

async function keepRefreshToken(db: AppContext['db'], userId: string, sessionId: string, token: string): Promise<void> {
  await db.insert(refreshTokens).values({
    id: newId(),
    userId,
    sessionId,
    tokenDigest: tokenDigest(token),
    expiresAt: new Date(Date.now() + refreshMs),
  });
}

/**
 * Exchanges a refresh token for new tokens. It works once: of any number of requests at once one succeeds, and whoever
 * comes with a used one shows that two have it, so the session ends for both (RFC 9700, 4.14.2). Throws `token_invalid`.
 */
export async function refresh(ctx: AppContext, refreshToken: string, actor: Actor): Promise<Tokens> {
  const mine = eq(refreshTokens.tokenDigest, tokenDigest(refreshToken));
  const next = newToken();
  // In one transaction: whoever comes with the same token at this moment waits for it, and ends the session only then.
  const used = await ctx.db.transaction(async (tx) => {
    const [row] = await tx
      .update(refreshTokens)
      .set({ usedAt: sql`now()` })
      .where(and(mine, isNull(refreshTokens.usedAt), gt(refreshTokens.expiresAt, sql`now()`)))
      .returning();
    if (!row) return null;
    const [owner] = await tx
      .update(sessions)
      .set({ expiresAt: new Date(Date.now() + refreshMs), updatedAt: sql`now()` })
      .from(users)
      .where(and(eq(sessions.id, row.sessionId), eq(users.id, sessions.userId), eq(users.disabled, false)))
      .returning({ id: users.id });
    if (!owner) throw new AppError('token_invalid', 'The session of this refresh token has ended.');
    await keepRefreshToken(tx, row.userId, row.sessionId, next);
    return row;
  });
  if (!used) {
    await endReusedFamily(ctx, mine, actor);
    throw new AppError('token_invalid', 'This refresh token has been used already, or it has expired.');
  }
  const { userId, sessionId } = used;
  const accessToken = await ctx.accessTokens.sign({ userId, sessionId });
  return { accessToken, expiresInSeconds: accessTokenSeconds, refreshToken: next };
}

async function endReusedFamily(ctx: AppContext, mine: ReturnType<typeof eq>, actor: Actor): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const [reused] = await tx
      .select()
      .from(refreshTokens)
      .where(and(mine, isNotNull(refreshTokens.usedAt)));
    if (!reused) return;
    await tx.delete(sessions).where(eq(sessions.id, reused.sessionId));
    await recordAudit(tx, actor, 'refresh-token-reused', reused.userId, { sessionId: reused.sessionId });
  });
}

/** Ends the session of whoever asks; the cookies that make the browser forget it. */
export async function logOut(ctx: AppContext, sessionId: string, userId: string, actor: Actor): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const ended = await tx
      .delete(sessions)
      .where(and(eq(sessions.id, sessionId), eq(sessions.userId, userId)))
      .returning({ id: sessions.id });
    if (ended.length > 0) await recordAudit(tx, actor, 'logged-out', userId);
  });
}

/** The cookies of someone who logs out. */
export function forgetCookies(appUrl: string): string[] {
  const secure = appUrl.startsWith('https://') ? '; Secure' : '';
  return [`${cookieNameAt(appUrl)}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax${secure}`];
}

/** Moves the end of a session that is in use; the cookie that goes with it, if it was moved. */
export async function renewSession(ctx: AppContext, cookie: string, actor: Actor): Promise<string[]> {
  const { headers } = await ctx.auth.api.getSession({ headers: authHeaders(actor, cookie), returnHeaders: true });
  return headers.getSetCookie();
}

/** A cookie header for calls of better-auth on behalf of a signed-in user, whatever they are signed in by. */
export async function cookieOfSession(ctx: AppContext, sessionId: string): Promise<string> {
  const [session] = await ctx.db.select({ token: sessions.token }).from(sessions).where(eq(sessions.id, sessionId));
  if (!session) throw new AppError('unauthenticated', 'The session has ended.');
  const { appUrl } = ctx.config.http;
  return sessionCookie(session.token, cookieNameAt(appUrl), ctx.secrets.appSecret);
}

const refusals: Record<string, () => AppError> = {
  INVALID_EMAIL_OR_PASSWORD: () => new AppError('invalid_credentials', 'The address or the password is wrong.'),
  PASSWORD_TOO_LONG: () => new AppError('invalid_credentials', 'The address or the password is wrong.'),
  EMAIL_NOT_VERIFIED: () => new AppError('email_not_verified', 'This address has not been confirmed yet.'),
  ACCOUNT_DISABLED: () => new AppError('account_disabled', 'This account has been disabled.'),
  INVALID_PASSWORD: () => new AppError('password_wrong', 'The password is wrong.'),
  INVALID_CODE: () => new AppError('two_factor_invalid', 'The code is wrong, or its time has passed.'),
  INVALID_BACKUP_CODE: () => new AppError('two_factor_invalid', 'This is none of the backup codes that are left.'),
  BACKUP_CODES_NOT_ENABLED: () => new AppError('two_factor_invalid', 'This is none of the backup codes that are left.'),
  ACCOUNT_TEMPORARILY_LOCKED: () => new AppError('two_factor_locked', 'Too many wrong codes.'),
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: () => new AppError('two_factor_locked', 'Too many wrong codes.'),
  TOTP_NOT_ENABLED: () => new AppError('invalid_state', 'Two-factor log-in is not on.'),
  TOTP_ALREADY_ENABLED: () => new AppError('invalid_state', 'Two-factor log-in is on already.'),
};

/** What better-auth refused, in our words. Throws whatever is not a refusal. */
export function asRefusal(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isAPIError(error) && error.statusCode === 409) {
    return new AppError('two_factor_invalid', 'A backup code of this account was used at this very moment.', {
      hint: 'Send another one; each works once.',
    });
  }
  const code = isAPIError(error) ? String(error.body?.code ?? '') : '';
  const refusal = refusals[code];
  if (!refusal) throw error;
  return refusal();
}
