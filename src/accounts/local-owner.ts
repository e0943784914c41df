import { asc, sql } from 'drizzle-orm';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { users } from './schema.ts';

/**
 * The id of the one local owner that exists until there are accounts; made on first use. Two processes that start at
 * once agree on one, because the row is inserted under a lock of the table.
 */
export async function ensureLocalOwner(db: Db): Promise<string> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`lock table ${users} in share row exclusive mode`);
    const [found] = await tx.select({ id: users.id }).from(users).orderBy(asc(users.createdAt)).limit(1);
    if (found) return found.id;
    const id = newId();
    await tx.insert(users).values({ id, name: 'Local owner' });
    return id;
  });
}
