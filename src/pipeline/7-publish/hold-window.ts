import { sql } from 'drizzle-orm';
import { type Db, queryRows } from '../../db/open.ts';
import { AppError } from '../../errors.ts';

/** What an article says that a person has put on hold. */
export const onHold = 'On hold: it goes out only when it is approved.';

/** When the steps before this one last wrote; the beginning of time when they left no record. */
export async function lastWritten(db: Db, pipelineId: string): Promise<Date> {
  const [row] = await queryRows<{ at: string | Date | null }>(
    db,
    sql`select max(finished_at) as at from pipeline_steps
        where pipeline_id = ${pipelineId} and name <> 'publish' and status = 'succeeded'`,
  );
  return new Date(row?.at ?? 0);
}

/**
 * When the hold window began: with the first attempt at publishing since the article was written, and since the pipeline
 * was last cancelled. A redone article, or one that a person stopped, gets the full time again.
 */
export async function holdingSince(db: Db, pipelineId: string, writtenAt: Date): Promise<Date> {
  const [row] = await queryRows<{ since: string | Date | null }>(
    db,
    sql`select min(started_at) as since from pipeline_steps
        where pipeline_id = ${pipelineId} and name = 'publish' and status in ('waiting', 'running')
          and started_at >= ${writtenAt.toISOString()}::timestamptz
          and started_at >= coalesce((select max(created_at) from pipeline_events
            where pipeline_id = ${pipelineId} and type = 'done' and data ->> 'status' = 'cancelled'), '-infinity')`,
  );
  if (!row?.since) throw new AppError('internal', 'The publish step runs without a record of its own.');
  return new Date(row.since);
}
