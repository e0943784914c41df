import { findPriceOverride } from '../budget/price-overrides.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { ownKeysOf } from '../provider-keys/own-keys.ts';
import type { SearchProvider } from './provider.ts';

/**
 * Who is asked for a user, in order: the instance's providers, or where the user has keys of their own, those and only what
 * is free besides. Throws `secret_unreadable` for a key that cannot be decrypted.
 */
export async function searchersOf(
  ctx: Pick<AppContext, 'db' | 'secrets' | 'webSearch'>,
  userId: string,
): Promise<SearchProvider[]> {
  const { providers, withKey } = ctx.webSearch;
  const keys = [...(await ownKeysOf(ctx, userId)).values()];
  const own = keys.flatMap((key) => withKey(key) ?? []);
  if (own.length === 0) return providers;
  const others = providers.filter(({ name }) => !own.some((provider) => provider.name === name));
  const prices = await Promise.all(others.map((provider) => searchPrice(ctx.db, provider)));
  return [...own, ...others.filter((_, index) => prices[index] === 0)];
}

/** What a request costs, in micro-dollars: as an admin has set it, or as configured. */
export async function searchPrice(db: Db, { name, priceMicroUsd }: SearchProvider): Promise<number> {
  return (await findPriceOverride(db, name))?.requestMicroUsd ?? priceMicroUsd;
}
