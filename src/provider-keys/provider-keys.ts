import { and, asc, eq, sql } from 'drizzle-orm';
import { type Actor, recordAudit } from '../accounts/audit.ts';
import { getWorkLimits } from '../accounts/work-limits.ts';
import { paidCalls, spending } from '../budget/schema.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type KeyCheck, type OwnKey, toOwnKey } from './own-keys.ts';
import { type KeyProvider, keyProviders, keyProviderTitles, type ProviderKey, providerKeys } from './schema.ts';
import { sealKey } from './secrets.ts';

/** How many of its last characters are shown. */
const shownLetters = 4;

/** The provider of that name. Throws `not_found`: what is not there is not to be had under its name either. */
export function providerNamed(name: string): KeyProvider {
  const provider = keyProviders.find((known) => known === name);
  if (provider) return provider;
  throw new AppError('not_found', 'There is no such provider to have a key for.', {
    hint: `Providers are ${keyProviders.join(', ')}.`,
  });
}

/** A user's keys, by provider. */
export function listKeys(db: Db, userId: string): Promise<ProviderKey[]> {
  return db.select().from(providerKeys).where(eq(providerKeys.userId, userId)).orderBy(asc(providerKeys.provider));
}

/** What a user's calls with keys of their own have cost in this month of their calendar, in micro-dollars. */
export interface OwnSpending {
  /** All of them, also those of keys that are gone: the limit counts these. */
  settledMicroUsd: number;
  byProvider: ReadonlyMap<string, number>;
}

/** {@link OwnSpending} of a user. */
export async function ownSpending(ctx: Pick<AppContext, 'db' | 'config'>, userId: string): Promise<OwnSpending> {
  const { month } = await getWorkLimits(ctx.db, ctx.config, userId);
  const [total] = await ctx.db
    .select({ settledMicroUsd: spending.settledMicroUsd })
    .from(spending)
    .where(and(eq(spending.userId, userId), eq(spending.payer, 'user'), eq(spending.month, month.name)));
  // openai-chat and openai-responses are OpenAI, too.
  const provider = sql<string>`split_part(${paidCalls.provider}, '-', 1)`;
  const rows = await ctx.db
    .select({ provider, settled: sql<string>`coalesce(sum(${paidCalls.costMicroUsd}), 0)` })
    .from(paidCalls)
    .where(and(eq(paidCalls.userId, userId), eq(paidCalls.payer, 'user'), eq(paidCalls.month, month.name)))
    .groupBy(provider);
  return {
    settledMicroUsd: total?.settledMicroUsd ?? 0,
    byProvider: new Map(rows.map((row) => [row.provider, Number(row.settled)])),
  };
}

/** A key that has just been typed in, and is not stored yet. */
export function newKey(provider: KeyProvider, key: string): OwnKey {
  return { id: newId(), provider, ending: key.slice(-shownLetters), open: () => key };
}

/** Asks the provider whether it takes a key, at no cost. Nothing is written. */
export function checkKey(ctx: Pick<AppContext, 'models' | 'webSearch'>, key: OwnKey): Promise<KeyCheck> {
  const searches = key.provider === 'brave' || key.provider === 'tavily';
  return searches ? ctx.webSearch.checkKey(key) : ctx.models.checkKey(key);
}

/**
 * Checks a key at its provider and stores it, encrypted, in the place of the one before. One that could not be checked is
 * stored all the same. Throws `invalid_request` when the provider refuses it; then the one before stays.
 */
export async function storeKey(
  ctx: Pick<AppContext, 'db' | 'secrets' | 'models' | 'webSearch'>,
  userId: string,
  key: OwnKey,
  actor: Actor,
): Promise<ProviderKey> {
  const check = await checkKey(ctx, key);
  if (check.status === 'rejected') {
    const message = `was refused by ${keyProviderTitles[key.provider]}`;
    throw new AppError('invalid_request', `key: ${message}. Nothing was stored.`, {
      hint: 'Copy the key once more from the page of the provider, and look whether it was revoked there.',
      errors: [{ path: 'key', message }],
    });
  }
  return ctx.db.transaction((tx) => keepKey({ ...ctx, db: tx }, userId, key, check, actor));
}

/** Writes a key with what is known of it; of two at once the later one stays, whole. */
export async function keepKey(
  { db, secrets }: Pick<AppContext, 'db' | 'secrets'>,
  userId: string,
  key: OwnKey,
  check: KeyCheck,
  actor: Actor,
): Promise<ProviderKey> {
  const { id, provider, ending } = key;
  const columns = {
    id,
    ending,
    ...sealKey(secrets, id, key.open()),
    ...checkColumns(check),
    lastUsedAt: null,
    createdAt: sql`now()` as never,
    updatedAt: sql`now()` as never,
  };
  const [row] = await db
    .insert(providerKeys)
    .values({ userId, provider, ...columns })
    .onConflictDoUpdate({ target: [providerKeys.userId, providerKeys.provider], set: columns })
    .returning();
  if (!row) throw new Error('insert returned no row');
  await recordAudit(db, actor, 'provider-key-stored', userId, { provider, ending });
  return row;
}

function checkColumns({ status, problem }: KeyCheck) {
  const checked = status !== 'unchecked';
  return { status, problem, checkedAt: checked ? (sql`now()` as never) : null };
}

/** Checks a stored key at its provider and notes what came out. Throws `not_found`, `secret_unreadable`. */
export async function checkStoredKey(
  ctx: Pick<AppContext, 'db' | 'secrets' | 'models' | 'webSearch'>,
  userId: string,
  provider: KeyProvider,
): Promise<ProviderKey> {
  const mine = and(eq(providerKeys.userId, userId), eq(providerKeys.provider, provider));
  const [row] = await ctx.db.select().from(providerKeys).where(mine);
  if (!row) throw noKey(provider);
  const check = await checkKey(ctx, toOwnKey(ctx.secrets, row));
  // A provider that is not reached, or does not try keys, says nothing against what was known before.
  const columns =
    check.status === 'unchecked' && row.status !== 'unchecked' ? { problem: check.problem } : checkColumns(check);
  const [checked] = await ctx.db
    .update(providerKeys)
    .set({ ...columns, updatedAt: sql`now()` })
    .where(eq(providerKeys.id, row.id))
    .returning();
  if (!checked) throw new AppError('conflict', 'The key was replaced or deleted while it was checked.');
  return checked;
}

/** Deletes a key; the next call is made without it. Throws `not_found`. */
export async function deleteKey(tx: Db, userId: string, provider: KeyProvider, actor: Actor): Promise<void> {
  const [deleted] = await tx
    .delete(providerKeys)
    .where(and(eq(providerKeys.userId, userId), eq(providerKeys.provider, provider)))
    .returning({ ending: providerKeys.ending });
  if (!deleted) throw noKey(provider);
  await recordAudit(tx, actor, 'provider-key-deleted', userId, { provider, ending: deleted.ending });
}

function noKey(provider: KeyProvider): AppError {
  return new AppError('not_found', `There is no key of yours for ${keyProviderTitles[provider]}.`);
}
