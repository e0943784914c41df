import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type Auth, tokenIssuer } from './auth.ts';

/** What an access token says: whose it is, and of which session. Everything else is looked up when it is used. */
export interface AccessTokenClaims {
  userId: string;
  sessionId: string;
}

/** Signs and verifies access tokens. */
export interface AccessTokens {
  sign(claims: AccessTokenClaims): Promise<string>;
  /** Throws `unauthenticated` for anything but a token of ours that has not expired. */
  verify(token: string): Promise<AccessTokenClaims>;
  /** The public keys, for whoever wants to verify tokens by themselves (RFC 7517). */
  publicKeys(): Promise<JSONWebKeySet>;
}

/** A key that is not known may be one that another process has just made: look again, but not for every forged token. */
const reloadAfterMs = 5_000;

/** Signatures that were right are remembered: checking one costs as much as a query, and a client sends one token often. */
const rememberedTokens = 1_000;

const claimsSchema = z.object({ sub: z.uuid(), sid: z.uuid(), exp: z.number() });

/** Access tokens: JWTs (RFC 7519) signed with Ed25519, the only algorithm that is taken. */
export function createAccessTokens(auth: Auth, now: () => number = Date.now): AccessTokens {
  const remembered = new Map<string, AccessTokenClaims & { endsAt: number }>();
  const remember = (token: string, claims: AccessTokenClaims, expiresSeconds: number) => {
    const [oldest] = remembered.keys();
    if (remembered.size >= rememberedTokens && oldest !== undefined) remembered.delete(oldest);
    remembered.set(token, { ...claims, endsAt: expiresSeconds * 1000 });
  };
  let loaded: { keys: ReturnType<typeof createLocalJWKSet>; at: number } | null = null;
  const load = async () => {
    loaded = { keys: createLocalJWKSet(await auth.api.getJwks()), at: now() };
    return loaded;
  };
  const verifyWith = async (token: string, keys: ReturnType<typeof createLocalJWKSet>): Promise<JWTPayload> => {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['EdDSA'],
      issuer: tokenIssuer,
      audience: tokenIssuer,
      requiredClaims: ['sub', 'sid', 'exp', 'iat'],
    });
    return payload;
  };

  return {
    async sign({ userId, sessionId }) {
      const payload = { sub: userId, sid: sessionId, iat: Math.floor(now() / 1000) };
      const { token } = await auth.api.signJWT({ body: { payload } });
      return token;
    },
    async verify(token) {
      const known = remembered.get(token);
      if (known && known.endsAt > now()) return known;
      remembered.delete(token);
      let current = loaded ?? (await load());
      try {
        let payload: JWTPayload;
        try {
          payload = await verifyWith(token, current.keys);
        } catch (error) {
          if (!(error instanceof errors.JWKSNoMatchingKey) || now() - current.at < reloadAfterMs) throw error;
          current = await load();
          payload = await verifyWith(token, current.keys);
        }
        const { sub, sid, exp } = claimsSchema.parse(payload);
        const claims = { userId: sub, sessionId: sid };
        remember(token, claims, exp);
        return claims;
      } catch (cause) {
        if (cause instanceof errors.JWTExpired) {
          throw new AppError('unauthenticated', 'The access token has expired.', {
            hint: 'Get a new one with POST /api/v1/auth/token, or log in again.',
          });
        }
        if (cause instanceof errors.JOSEError || cause instanceof z.ZodError) {
          throw new AppError('unauthenticated', 'The access token is not valid.', { cause });
        }
        throw cause;
      }
    },
    publicKeys: () => auth.api.getJwks(),
  };
}
