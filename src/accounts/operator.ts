import { asc, eq, isNull, sql } from 'drizzle-orm';
import type { FastifyRequest } from 'fastify';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { isLocal } from '../http/client-address.ts';
import { type User, users } from './schema.ts';

/** Begins the token with which the command line, on the machine itself, is let in. */
export const operatorTokenPrefix = 'bpo_';

/**
 * For whom the command line acts: the account with the address `wanted`; otherwise the local owner while there is one,
 * else the first admin, else the first account. Null when there is no account. Throws `not_found` for an unknown address.
 */
export async function findOperator(ctx: Pick<AppContext, 'db'>, wanted: string | null): Promise<User | null> {
  if (wanted !== null) {
    const [user] = await ctx.db.select().from(users).where(eq(users.email, wanted.toLowerCase()));
    if (!user) throw new AppError('not_found', `There is no account ${wanted}.`);
    return user;
  }
  const first = sql`${users.email} is not null, ${users.role} <> 'admin'`;
  const [user] = await ctx.db.select().from(users).orderBy(first, asc(users.createdAt)).limit(1);
  return user ?? null;
}

/**
 * The id of the local owner of an embedded instance: whose the first article is until someone registers. Made on first
 * use, unless accounts exist already. Two processes that start at once agree on one, because the row is inserted under a
 * lock of the table. Null when there are accounts.
 */
export async function ensureLocalOwner(db: Db): Promise<string | null> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`lock table ${users} in share row exclusive mode`);
    const [owner] = await tx.select({ id: users.id }).from(users).where(isNull(users.email));
    if (owner) return owner.id;
    if ((await tx.$count(users)) > 0) return null;
    const id = newId();
    await tx.insert(users).values({ id, name: 'Local owner' });
    return id;
  });
}

/** Whether an account that this request makes takes over the local owner's work: made on the machine itself, as the first. */
export async function canTakeOver(ctx: Pick<AppContext, 'db' | 'config'>, request: FastifyRequest): Promise<boolean> {
  if (ctx.config.database.kind !== 'embedded' || !isLocal(request)) return false;
  return (await ctx.db.$count(users, isNull(users.email))) > 0;
}
