import { and, desc, eq, getTableColumns, ilike, lt, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { Brief } from './brief.ts';
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

/** The brief without the texts of its sources, which may be a megabyte for each pipeline of a list. */
const briefWithoutTexts = sql<Brief>`jsonb_set(${pipelines.brief}, '{sources}', coalesce(
  (select jsonb_agg(case when source ? 'text' then source || '{"text":""}' else source end)
   from jsonb_array_elements(${pipelines.brief} -> 'sources') as source), '[]'))`;

/**
 * A user's pipelines, newest first, without the texts of their sources; one more than `limit`, to know whether there is
 * a next page.
 */
export async function listPipelines(
  db: Db,
  userId: string,
  query: {
    limit: number;
    cursor?: string | undefined;
    status?: Pipeline['status'] | undefined;
    /** Part of the topic, as it is written. */
    query?: string | undefined;
  },
): Promise<Pipeline[]> {
  return db
    .select({ ...getTableColumns(pipelines), brief: briefWithoutTexts })
    .from(pipelines)
    .where(
      and(
        eq(pipelines.userId, userId),
        query.cursor ? lt(pipelines.id, query.cursor) : undefined,
        query.status ? eq(pipelines.status, query.status) : undefined,
        query.query ? ilike(pipelines.topic, `%${query.query.replace(/[\\%_]/g, '\\$&')}%`) : undefined,
      ),
    )
    .orderBy(desc(pipelines.id))
    .limit(query.limit + 1);
}
