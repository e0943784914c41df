import { timingSafeEqual } from 'node:crypto';
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { assertScope, type Guard, type Principal, scopes } from '../http/access.ts';
import { clientAddress, isLocal } from '../http/client-address.ts';
import { limitExceeded, setLimitHeaders } from '../limits/hook.ts';
import { cookieNameAt, readSessionToken } from './auth.ts';
import { findOperator, operatorTokenPrefix } from './operator.ts';
import { apiKeys, sessions, type User, users } from './schema.ts';
import { tokenDigest } from './tokens.ts';

export const apiKeyPrefix = 'bp_';

/** How often the last use of a key and the last visit of a user are written down, in milliseconds. */
const noteUseMs = 60_000;

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Who may do what. Every route but a public one needs a session cookie, an access token, an API key or the operator's
 * token. Whatever it is, the user and the session or key are looked up for every request, so that what was disabled,
 * revoked or ended is refused by the next one. Throws `unauthenticated`, `insufficient_scope`, `forbidden`,
 * `cross_site_request`, `rate_limited`.
 */
export function createGuard(ctx: AppContext): Guard {
  return async (request, reply) => {
    request.clientAddress = clientAddress(request, ctx.config.accounts.clientAddressHeader);
    request.principal = null;
    request.userId = '';
    const { access = 'user', scope } = request.routeOptions.config;
    if (access === 'public') {
      refuseOtherOrigins(ctx, request);
      return;
    }
    const principal = await authenticate(ctx, request);
    request.principal = principal;
    await countRequest(ctx, reply, principal);
    if (access !== 'user') refuseKeys(principal);
    if (access === 'admin' && principal.role !== 'admin') {
      throw new AppError('forbidden', 'Only an admin of this instance may do this.');
    }
    if (access === 'operator' && principal.via !== 'command-line') {
      throw new AppError('forbidden', 'Only the command line on the machine of this instance may do this.');
    }
    assertScope(principal, scope ?? (safeMethods.has(request.method) ? 'read' : 'write'));
    if (principal.userId !== null) request.userId = principal.userId;
    else if (access === 'user' || access === 'person') {
      throw new AppError('no_account', 'There is no account on this instance yet.');
    }
  };
}

/** Whoever a request on a public route comes from, if they are signed in; null otherwise. Throws nothing for that. */
export async function findPrincipal(ctx: AppContext, request: FastifyRequest): Promise<Principal | null> {
  try {
    return await authenticate(ctx, request);
  } catch (error) {
    if (error instanceof AppError && error.code === 'unauthenticated') return null;
    throw error;
  }
}

async function authenticate(ctx: AppContext, request: FastifyRequest): Promise<Principal> {
  const header = request.headers.authorization;
  if (header !== undefined) {
    const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
    if (!token) throw new AppError('unauthenticated', 'The Authorization header is not of the form "Bearer <token>".');
    if (token.startsWith(operatorTokenPrefix)) return asOperator(ctx, request, token);
    if (token.startsWith(apiKeyPrefix)) return byApiKey(ctx, request, token);
    return byAccessToken(ctx, token);
  }
  const { appUrl } = ctx.config.http;
  const token = readSessionToken(request.headers.cookie, cookieNameAt(appUrl), ctx.secrets.appSecret);
  if (token === null) throw new AppError('unauthenticated', 'Nobody is signed in.');
  // A cookie is sent by the browser whoever made it send: the page that did must be ours.
  refuseOtherOrigins(ctx, request);
  return bySession(ctx, token);
}

const account = {
  id: users.id,
  email: users.email,
  role: users.role,
  disabled: users.disabled,
  lastSeenAt: users.lastSeenAt,
  requestsPerMinute: users.requestsPerMinute,
};

async function bySession(ctx: AppContext, token: string): Promise<Principal> {
  const [found] = await ctx.db
    .select({ user: account, sessionId: sessions.id })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.token, token), gt(sessions.expiresAt, sql`now()`)));
  if (!found) throw new AppError('unauthenticated', 'The session has ended.');
  return admit(ctx, found.user, { via: 'session', sessionId: found.sessionId, scopes });
}

async function byAccessToken(ctx: AppContext, token: string): Promise<Principal> {
  const { userId, sessionId } = await ctx.accessTokens.verify(token);
  const [found] = await ctx.db
    .select({ user: account })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, sessionId), eq(users.id, userId), gt(sessions.expiresAt, sql`now()`)));
  if (!found) throw new AppError('unauthenticated', 'The session of this access token has ended.');
  return admit(ctx, found.user, { via: 'access-token', sessionId, scopes });
}

async function byApiKey(ctx: AppContext, request: FastifyRequest, key: string): Promise<Principal> {
  const [found] = await ctx.db
    .select({ user: account, key: apiKeys })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(
      and(
        eq(apiKeys.keyDigest, tokenDigest(key)),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)),
      ),
    );
  if (!found) throw new AppError('unauthenticated', 'There is no such API key, or it has expired or been revoked.');
  const principal = await admit(ctx, found.user, { via: 'api-key', sessionId: null, scopes: found.key.scopes });
  const { id, lastUsedAt, lastUsedAddress } = found.key;
  if (isOld(ctx, lastUsedAt) || lastUsedAddress !== request.clientAddress) {
    const use = { lastUsedAt: ctx.now(), lastUsedAddress: request.clientAddress };
    await ctx.db.update(apiKeys).set(use).where(eq(apiKeys.id, id));
  }
  return principal;
}

async function admit(
  ctx: AppContext,
  user: Pick<User, 'id' | 'email' | 'role' | 'disabled' | 'lastSeenAt' | 'requestsPerMinute'>,
  means: Pick<Principal, 'via' | 'sessionId' | 'scopes'>,
): Promise<Principal> {
  if (user.disabled) {
    throw new AppError('unauthenticated', 'This account has been disabled.', {
      hint: 'Ask the admin of this instance.',
    });
  }
  if (isOld(ctx, user.lastSeenAt))
    await ctx.db.update(users).set({ lastSeenAt: ctx.now() }).where(eq(users.id, user.id));
  const { id, email, role, requestsPerMinute } = user;
  return { userId: id, email, role, requestsPerMinute, ...means };
}

const isOld = (ctx: AppContext, at: Date | null) => at === null || ctx.now().getTime() - at.getTime() > noteUseMs;

/** The operator's token is worth something only on the machine itself, so one that got out is of no use elsewhere. */
async function asOperator(ctx: AppContext, request: FastifyRequest, token: string): Promise<Principal> {
  const given = Buffer.from(token);
  const expected = Buffer.from(ctx.operatorToken);
  if (!isLocal(request) || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new AppError('unauthenticated', 'The token of the command line is not valid.');
  }
  const wanted = request.headers['x-account'];
  const user = await findOperator(ctx, typeof wanted === 'string' ? wanted : null);
  return {
    userId: user?.id ?? null,
    email: user?.email ?? null,
    role: 'admin',
    via: 'command-line',
    sessionId: null,
    scopes,
    requestsPerMinute: null,
  };
}

function refuseKeys(principal: Principal): void {
  if (principal.via !== 'api-key') return;
  throw new AppError('insufficient_scope', 'An API key cannot do this: it takes someone who is signed in.', {
    hint: 'Log in (POST /api/v1/auth/login) and use the access token, or do it in the web app.',
  });
}

/** A page of another site can make a browser send a request, but not hide where it came from. */
function refuseOtherOrigins(ctx: AppContext, request: FastifyRequest): void {
  if (safeMethods.has(request.method)) return;
  const { origin, host } = request.headers;
  if (origin === undefined) {
    // Browsers send an Origin with every request that changes something; old ones at least say that it crosses sites.
    const site = request.headers['sec-fetch-site'];
    if (site === undefined || site === 'same-origin' || site === 'none') return;
    throw new AppError('cross_site_request', 'Requests from pages of other sites are refused.');
  }
  const own = [new URL(ctx.config.http.appUrl).origin, `http://${host}`, `https://${host}`];
  if (own.includes(origin)) return;
  throw new AppError('cross_site_request', `Requests from pages of ${origin} are refused.`);
}

/** Counts a request against its user's limit: after they are known, so that a wrong token is always a 401. */
async function countRequest(ctx: AppContext, reply: FastifyReply, principal: Principal): Promise<void> {
  // Whoever runs the instance works on it, and does not hammer it.
  if (principal.via === 'command-line' || principal.userId === null) return;
  const perMinute = principal.requestsPerMinute ?? ctx.config.accounts.requestsPerMinute;
  const result = await ctx.limiter.take({ name: 'requests', perMinute }, principal.userId);
  setLimitHeaders(reply, result);
  if (!result.allowed) throw limitExceeded(result, 'requests');
}
