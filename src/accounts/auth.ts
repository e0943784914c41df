import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import { APIError } from 'better-auth/api';
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import { jwt, twoFactor } from 'better-auth/plugins';
import { eq } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { AppError } from '../errors.ts';
import { sessionCookieName } from '../http/access.ts';
import { keptMs } from '../retention.ts';
import type { SecretChange } from '../secret-box.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { credentials, sessions, signingKeys, twoFactors, users, verifications } from './schema.ts';

/** How long a session lives without being used, and how often its end is moved, in seconds. */
const sessionSeconds = keptMs('sessions') / 1000;
const sessionRenewSeconds = 86_400;
/** How long an access token is good for, in seconds. */
export const accessTokenSeconds = 900;
/** A signing key is used for this long; tokens that it signed before are verified for as long as they live. */
const signingKeySeconds = 90 * 86_400;

/** The name under which better-auth hears of the client's address: set by us on every call, never taken from a request. */
export const addressHeader = 'x-client-address';

type Dependencies = Pick<AppContext, 'db' | 'config' | 'secrets' | 'log'>;

/**
 * better-auth over our tables, for what it does well: passwords, signed session cookies, the second factor, signing
 * keys. None of its routes is served: ours call it, so that what they answer, count and record is ours to say (decision 9).
 */
export function createAuth({ db, config, secrets, log }: Dependencies) {
  const secure = config.http.appUrl.startsWith('https://');
  return betterAuth({
    appName: 'blog-poster',
    baseURL: config.http.appUrl,
    basePath: '/api/v1/auth',
    secret: authSecret(secrets.appSecret),
    database: drizzleAdapter(db, {
      provider: 'pg',
      schema: {
        user: users,
        session: sessions,
        account: credentials,
        verification: verifications,
        twoFactor: twoFactors,
        jwks: signingKeys,
      },
    }),
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    session: { expiresIn: sessionSeconds, updateAge: sessionRenewSeconds },
    emailAndPassword: {
      enabled: true,
      // Where no mail can be sent, nobody could verify anything.
      requireEmailVerification: config.mail.kind !== 'none',
      // How long a password may be is said where one is chosen, in characters; here they are counted as UTF-16.
      maxPasswordLength: 20_000,
      password: { hash: hashPassword, verify: verifyPassword },
    },
    advanced: {
      cookiePrefix: 'blog-poster',
      useSecureCookies: secure,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      database: { generateId: () => newId() },
      ipAddress: { ipAddressHeaders: [addressHeader] },
    },
    logger: {
      // What a caller did wrong is answered and recorded by us; what is wrong here is for the operator.
      level: 'error',
      log: (_level, message) => log.error({ part: 'better-auth' }, message),
    },
    databaseHooks: {
      session: {
        create: {
          before: async (session) => {
            const [user] = await db
              .select({ disabled: users.disabled })
              .from(users)
              .where(eq(users.id, session.userId));
            if (!user || user.disabled) throw new APIError('FORBIDDEN', { code: 'ACCOUNT_DISABLED' });
          },
        },
      },
    },
    plugins: [
      twoFactor({ issuer: 'blog-poster', backupCodeOptions: { storeBackupCodes: 'encrypted' } }),
      jwt({
        jwks: {
          keyPairConfig: { alg: 'EdDSA', crv: 'Ed25519' },
          rotationInterval: signingKeySeconds,
          gracePeriod: 86_400,
        },
        jwt: { issuer: tokenIssuer, audience: tokenIssuer, expirationTime: `${accessTokenSeconds}s` },
      }),
    ],
  });
}

export type Auth = ReturnType<typeof createAuth>;

/** Who issues access tokens and whom they are for: the same on every address that an instance is reached at. */
export const tokenIssuer = 'blog-poster';

function authSecret(appSecret: string): string {
  return Buffer.from(
    hkdfSync('sha256', appSecret, '', 'blog-poster: sessions and second factors, version 1', 32),
  ).toString('base64url');
}

/**
 * Carries what better-auth has encrypted over to another APP_SECRET; null when it is encrypted under that already. It does
 * not note under which, so that is found out by trying (the cipher, XChaCha20-Poly1305, is authenticated). Throws
 * `secret_unreadable`.
 */
export async function resealOfAuth(
  { from, to }: SecretChange,
  encrypted: string,
  what: string,
): Promise<string | null> {
  if ((await decrypt(to.appSecret, encrypted)) !== null) return null;
  const data = await decrypt(from.appSecret, encrypted);
  if (data === null) throw new AppError('secret_unreadable', `${what} was encrypted under another APP_SECRET.`);
  return symmetricEncrypt({ key: authSecret(to.appSecret), data });
}

async function decrypt(appSecret: string, data: string): Promise<string | null> {
  try {
    return await symmetricDecrypt({ key: authSecret(appSecret), data });
  } catch {
    // Of another secret, or damaged: the cipher does not tell these apart.
    return null;
  }
}

/** The name of the session cookie of an instance at `appUrl`. */
export function cookieNameAt(appUrl: string): string {
  return `${appUrl.startsWith('https://') ? '__Secure-' : ''}${sessionCookieName}`;
}

/**
 * The session token in a request's cookies, if its signature is ours; null otherwise. The same form as better-auth
 * writes (`token.base64(HMAC-SHA256)`, URI-encoded), read here without a query: the guard makes one query for everything.
 */
export function readSessionToken(cookies: string | undefined, name: string, appSecret: string): string | null {
  for (const part of (cookies ?? '').split(';')) {
    const [key, value = ''] = splitOnce(part.trim(), '=');
    if (key !== name) continue;
    const text = decoded(value);
    const dot = text?.lastIndexOf('.') ?? -1;
    if (!text || dot < 1) return null;
    const token = text.slice(0, dot);
    const expected = Buffer.from(signature(token, appSecret));
    const given = Buffer.from(text.slice(dot + 1));
    return expected.length === given.length && timingSafeEqual(expected, given) ? token : null;
  }
  return null;
}

/** The `Cookie` header that makes a session's requests: for calls of better-auth on behalf of a token's holder. */
export function sessionCookie(token: string, name: string, appSecret: string): string {
  return `${name}=${encodeURIComponent(`${token}.${signature(token, appSecret)}`)}`;
}

function signature(token: string, appSecret: string): string {
  return createHmac('sha256', authSecret(appSecret)).update(token).digest('base64');
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    // A cookie that nobody of ours wrote.
    return null;
  }
}
