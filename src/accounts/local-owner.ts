import { sql } from 'drizzle-orm';
import { newId } from '../db/id.ts';
import { type Db, queryRows } from '../db/open.ts';

/**
 * The id of the one local owner that exists until there are accounts; made on first use. Two processes that start at
 * once agree on one, because the name is inserted under a lock of the table.
 */
export async function ensureLocalOwner(db: Db): Promise<string> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`lock table users in share row exclusive mode`);
    const [found] = await queryRows<{ id: string }>(tx, sql`select id from users order by created_at limit 1`);
    if (found) return found.id;
    const id = newId();
    await tx.execute(sql`insert into users (id, name) values (${id}, 'Local owner')`);
    return id;
  });
}
