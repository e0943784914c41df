import { and, desc, eq, lt } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Pipeline, pipelines } from './schema.ts';

/** A user's pipeline. Throws `not_found`, also for another user's. */
export async function getPipeline(db: Db, userId: string, id: string): Promise<Pipeline> {
  const [row] = await db
    .select()
    .from(pipelines)
    .where(and(eq(pipelines.id, id), eq(pipelines.userId, userId)));
  if (!row) throw new AppError('not_found', 'There is no such pipeline.');
  return row;
}

/** The same, locked until the end of `tx`. */
export async function lockPipeline(tx: Db, userId: string, id: string): Promise<Pipeline> {
  const mine = and(eq(pipelines.id, id), eq(pipelines.userId, userId));
  const [row] = await tx.select().from(pipelines).where(mine).for('update');
  if (!row) throw new AppError('not_found', 'There is no such pipeline.');
  return row;
}

/** A user's pipelines, newest first; one more than `limit`, to know whether there is a next page. */
export async function listPipelines(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined; status?: Pipeline['status'] | undefined },
): Promise<Pipeline[]> {
  return db
    .select()
    .from(pipelines)
    .where(
      and(
        eq(pipelines.userId, userId),
        query.cursor ? lt(pipelines.id, query.cursor) : undefined,
        query.status ? eq(pipelines.status, query.status) : undefined,
      ),
    )
    .orderBy(desc(pipelines.id))
    .limit(query.limit + 1);
}
