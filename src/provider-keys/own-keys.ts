import { and, eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { type KeyProvider, type ProviderKey, providerKeys } from './schema.ts';
import { nameKey, openKey } from './secrets.ts';

/** A user's key for a provider. What is paid with it is not the instance's. */
export interface OwnKey {
  /** Another one for each key: the key that takes the place of one has an id of its own. */
  id: string;
  provider: KeyProvider;
  /** Its last four characters. */
  ending: string;
  /** The key itself, for the length of one call. Throws `secret_unreadable`. */
  open(): string;
}

/** The keys of one user. */
export type OwnKeys = ReadonlyMap<KeyProvider, OwnKey>;

/** Why a provider takes no calls with a key: it is wrong, revoked or may not do this, or its account has no money left. */
export type KeyTrouble = 'rejected' | 'out-of-credit';

/** What a check of a key has found out; the problem is for people. */
export interface KeyCheck {
  status: 'unchecked' | 'works' | KeyTrouble;
  problem: string | null;
}

/** The keys that a user has at this moment. */
export async function ownKeysOf({ db, secrets }: Pick<AppContext, 'db' | 'secrets'>, userId: string): Promise<OwnKeys> {
  const rows = await db.select().from(providerKeys).where(eq(providerKeys.userId, userId));
  return new Map(rows.map((row) => [row.provider, toOwnKey(secrets, row)]));
}

/** A stored key, still encrypted. */
export function toOwnKey(secrets: AppContext['secrets'], row: ProviderKey): OwnKey {
  return { id: row.id, provider: row.provider, ending: row.ending, open: () => openKey(secrets, row) };
}

/** Whether a key is still its owner's, and has not been replaced or deleted meanwhile. */
export async function isKept(db: Db, key: OwnKey): Promise<boolean> {
  return (await db.$count(providerKeys, eq(providerKeys.id, key.id))) > 0;
}

/** Notes that a provider has taken a key; to the minute, so that not every call writes. */
export async function noteUse(db: Db, key: OwnKey): Promise<void> {
  const stale = sql`(${providerKeys.status} <> 'works' or ${providerKeys.lastUsedAt} is null
    or ${providerKeys.lastUsedAt} < now() - interval '1 minute')`;
  await db
    .update(providerKeys)
    .set({ status: 'works', problem: null, lastUsedAt: sql`now()` })
    .where(and(eq(providerKeys.id, key.id), stale));
}

const notInstead = 'The key of this instance is not used in its place.';

/** Notes that a provider has refused a key. Returns what its owner is told: which key it is, and what to do. */
export async function noteRefusal(
  db: Db,
  key: OwnKey,
  trouble: KeyTrouble,
): Promise<{ message: string; hint: string }> {
  const told = explainTrouble(key, trouble);
  await db
    .update(providerKeys)
    .set({ status: trouble, problem: told.message, checkedAt: sql`now()` })
    .where(eq(providerKeys.id, key.id));
  return told;
}

/** What is wrong with a key, for its owner. */
export function explainTrouble(key: OwnKey, trouble: KeyTrouble): { message: string; hint: string } {
  const name = `Your ${nameKey(key)}`;
  return trouble === 'rejected'
    ? {
        message: `${name} was refused.`,
        hint: `Check it at the provider and enter it anew under Own keys, or delete it there; then retry. ${notInstead}`,
      }
    : {
        message: `${name} is out of credit.`,
        hint: `Add credit at the provider, or delete the key under Own keys; then retry. ${notInstead}`,
      };
}
