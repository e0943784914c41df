import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Scope, scopes } from '../http/access.ts';
import { type Actor, recordAudit } from './audit.ts';
import { apiKeyPrefix } from './authenticate.ts';
import { type ApiKey, apiKeys } from './schema.ts';
import { newToken, tokenDigest } from './tokens.ts';

/** Letters of a key that are shown to recognise it by: the prefix and 36 of its 256 bits. */
const shownLetters = apiKeyPrefix.length + 6;

export const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    prefix: z.string().meta({ description: 'The beginning of the key, to recognise it by' }),
    scopes: z.array(z.enum(scopes)),
    status: z.enum(['active', 'expired', 'revoked']),
    expiresAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable(),
    lastUsedAddress: z.string().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'ApiKey' });

/** An API key as its owner sees it; the key itself is not kept. */
export function presentApiKey(key: ApiKey, now: Date): z.infer<typeof apiKeySchema> {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    status: key.revokedAt ? 'revoked' : key.expiresAt && key.expiresAt <= now ? 'expired' : 'active',
    expiresAt: key.expiresAt?.toISOString() ?? null,
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    lastUsedAddress: key.lastUsedAddress,
    createdAt: key.createdAt.toISOString(),
  };
}

/** Makes a key; it is in the answer and nowhere else. */
export async function createApiKey(
  tx: Db,
  userId: string,
  { name, scopes, expiresAt }: { name: string; scopes: Scope[]; expiresAt: Date | null },
  actor: Actor,
): Promise<{ row: ApiKey; key: string }> {
  const key = newToken(apiKeyPrefix);
  const [row] = await tx
    .insert(apiKeys)
    .values({
      id: newId(),
      userId,
      name,
      prefix: key.slice(0, shownLetters),
      keyDigest: tokenDigest(key),
      scopes: [...new Set(scopes)],
      expiresAt,
    })
    .returning();
  if (!row) throw new Error('insert returned no row');
  await recordAudit(tx, actor, 'api-key-created', userId, { keyId: row.id, name, scopes });
  return { row, key };
}

/** A user's keys, newest first, the revoked ones too; one more than `limit`. */
export async function listApiKeys(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<ApiKey[]> {
  return db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.userId, userId), query.cursor ? lt(apiKeys.id, query.cursor) : undefined))
    .orderBy(desc(apiKeys.id))
    .limit(query.limit + 1);
}

/** Revokes a key: the next request with it is refused. Revoking it again changes nothing. Throws `not_found`. */
export async function revokeApiKey(tx: Db, userId: string, id: string, actor: Actor): Promise<void> {
  const mine = and(eq(apiKeys.id, id), eq(apiKeys.userId, userId));
  const [revoked] = await tx
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(mine, isNull(apiKeys.revokedAt)))
    .returning({ name: apiKeys.name });
  if (revoked) {
    await recordAudit(tx, actor, 'api-key-revoked', userId, { keyId: id, name: revoked.name });
    return;
  }
  if ((await tx.$count(apiKeys, mine)) === 0) throw new AppError('not_found', 'There is no such API key.');
}
