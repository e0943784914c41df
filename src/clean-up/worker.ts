import { sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { emptyHourly } from '../queue/hourly.ts';
import { longAgo } from '../retention.ts';

/*
 * What no feature deletes by itself. Tables are named in SQL: this room stands below those that own them, which take their
 * times from here.
 */

/** Deletes what is old, now and every hour. Returns what ends it. */
export async function cleanUp(ctx: Pick<AppContext, 'db' | 'log'>): Promise<() => void> {
  const ends = [
    await emptyHourly(ctx, 'run events', () => forgetRunEvents(ctx.db)),
    await emptyHourly(ctx, 'uncited sources', () => binUncitedSources(ctx.db)),
    await emptyHourly(ctx, 'offers', () => forgetOffers(ctx.db)),
    await emptyHourly(ctx, 'backup runs', () => forgetBackupRuns(ctx.db)),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/**
 * Deletes what happened in runs that ended long ago; returns how many lines. How they ended stays: whoever opens such a run
 * is told that it is over, and a hold counts from it.
 */
export function forgetRunEvents(db: Db): Promise<number> {
  const old = longAgo('runEvents');
  return count(
    db,
    sql`delete from pipeline_events e using pipelines p
        where p.id = e.pipeline_id and p.finished_at < ${old} and e.created_at < ${old} and e.type <> 'done'
        returning e.id`,
  );
}

/**
 * Puts sources into the bin that searches found, that no article cites and that no run has read for long; returns how many.
 * From there they come back when they are read again, and leave for good only if nothing has come to rest on them. What a
 * brief named, a person stored, or a run that is not over works with stays.
 */
export function binUncitedSources(db: Db): Promise<number> {
  const old = longAgo('uncitedSources');
  // Materialised: whether claims quote a source is then looked up for these few, and not for every passage there is.
  return count(
    db,
    sql`with candidates as materialized (
          select s.id from sources s
          where s.deleted_at is null and greatest(s.fetched_at, s.checked_at) < ${old}
            and exists (select 1 from pipeline_sources where source_id = s.id)
            and not exists (
              select 1 from pipeline_sources r join pipelines p on p.id = r.pipeline_id
              where r.source_id = s.id and (r.origin <> 'search' or p.finished_at is null or p.finished_at >= ${old}))
            and not exists (select 1 from article_sources where source_id = s.id)
        )
        update sources set deleted_at = now() from candidates c
        where sources.id = c.id
          and not exists (select 1 from passages join claims on claims.passage_id = passages.id where passages.source_id = c.id)
        returning sources.id`,
  );
}

/** Deletes what models offered for selections long ago; returns how many. What was taken of it is a claim by now. */
export function forgetOffers(db: Db): Promise<number> {
  return count(db, sql`delete from offered_revisions where created_at < ${longAgo('offers')} returning id`);
}

/** Deletes how old backups and proofs went, but never the newest that succeeded: alerts tell its age. Returns how many. */
export function forgetBackupRuns(db: Db): Promise<number> {
  return count(
    db,
    sql`delete from backup_runs old
        where started_at < ${longAgo('backupRuns')} and status <> 'running' and exists (
          select 1 from backup_runs newer
          where newer.kind = old.kind and newer.status = 'succeeded' and newer.started_at > old.started_at)
        returning id`,
  );
}

async function count(db: Db, statement: ReturnType<typeof sql>): Promise<number> {
  return (await queryRows(db, statement)).length;
}
