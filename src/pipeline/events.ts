import { and, asc, eq, gt, type SQL, sql } from 'drizzle-orm';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { allPrintable } from '../storable.ts';
import { changeChannel } from './event-bus.ts';
import { held, type Lease, leaseLost } from './lease.ts';
import { type EventType, type Pipeline, type PipelineEvent, pipelineEvents } from './schema.ts';

/** Something the watching user should see. */
export interface NewEvent {
  type: EventType;
  data: Record<string, unknown>;
}

/**
 * Records events in their order, and wakes the run pages when `tx` commits. Call it in a transaction.
 * Throws `not_found` when the pipeline is gone.
 */
export async function recordEvents(tx: Db, pipeline: Pick<Pipeline, 'id'>, events: NewEvent[]): Promise<void> {
  const locked = sql`select id, user_id from pipelines where id = ${pipeline.id} for no key update`;
  if (!(await append(tx, locked, pipeline.id, events))) {
    throw new AppError('not_found', 'The pipeline of these events is gone.');
  }
}

/** {@link recordEvents} for a single one. */
export function recordEvent(
  tx: Db,
  pipeline: Pick<Pipeline, 'id'>,
  type: EventType,
  data: Record<string, unknown>,
): Promise<void> {
  return recordEvents(tx, pipeline, [{ type, data }]);
}

/**
 * Records an event, and the progress of the run where it is given (0..1), in one statement that needs no transaction
 * around it. Throws `lease_lost`, and writes nothing, when the lease is no longer ours.
 */
export async function recordUnderLease(db: Db, lease: Lease, event: NewEvent, progress?: number): Promise<void> {
  const locked =
    progress === undefined
      ? sql`select id, user_id from pipelines where ${held(lease)} for no key update`
      : sql`update pipelines set progress = ${progress} where ${held(lease)} returning id, user_id`;
  if (!(await append(db, locked, lease.id, [event]))) throw leaseLost();
}

/**
 * Event ids are given out with the pipeline's row locked, so they grow in the order of the commits: a reader that asks
 * for what came after the last id it saw misses nothing. False when `locked` finds no row.
 */
async function append(db: Db, locked: SQL, pipelineId: string, events: NewEvent[]): Promise<boolean> {
  const rows = await queryRows(
    db,
    sql`with locked as (${locked}), added as (
          insert into pipeline_events (user_id, pipeline_id, type, data)
          select locked.user_id, locked.id, event ->> 'type', event -> 'data'
          from locked, jsonb_array_elements(${JSON.stringify(allPrintable(events))}::jsonb) with ordinality as list (event, position)
          order by position
          returning id
        )
        select pg_notify(${changeChannel}, ${pipelineId}) from (select count(*) as count from added) as counted where count > 0`,
  );
  return rows.length > 0;
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
