import { and, asc, eq, gt } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { allPrintable } from '../storable.ts';
import { notifyChange } from './event-bus.ts';
import { type EventType, type Pipeline, type PipelineEvent, pipelineEvents, pipelines } from './schema.ts';

/** Records something the watching user should see, and wakes the run pages when `tx` commits. Call it in a transaction. */
export async function recordEvent(
  tx: Db,
  pipeline: Pick<Pipeline, 'id' | 'userId'>,
  type: EventType,
  data: Record<string, unknown>,
): Promise<void> {
  // With the pipeline's row locked, event ids grow in the order of the commits: a reader that asks for what came after
  // the last id it saw misses nothing.
  await tx.select({ id: pipelines.id }).from(pipelines).where(eq(pipelines.id, pipeline.id)).for('no key update');
  await tx
    .insert(pipelineEvents)
    .values({ pipelineId: pipeline.id, userId: pipeline.userId, type, data: allPrintable(data) });
  await notifyChange(tx, pipeline.id);
}

/** The events of a pipeline after the one with id `after`, oldest first, at most 500. */
export async function eventsAfter(db: Db, pipelineId: string, after: number): Promise<PipelineEvent[]> {
  return db
    .select()
    .from(pipelineEvents)
    .where(and(eq(pipelineEvents.pipelineId, pipelineId), gt(pipelineEvents.id, after)))
    .orderBy(asc(pipelineEvents.id))
    .limit(500);
}
