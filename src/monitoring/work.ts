import { sql } from 'drizzle-orm';
import { type Db, queryRows } from '../db/open.ts';

type Moment = string | Date | null;
const at = (moment: Moment | undefined) => (moment ? new Date(moment) : null);

/** When a worker last looked after the queue, which each does every two seconds, and milliseconds since; null is never. */
export async function workersSeen(db: Db): Promise<{ seenAt: Date | null; silentMs: number | null }> {
  const [row] = await queryRows<{ seen: Moment; silent: number | null }>(
    db,
    sql`select seen, (extract(epoch from now() - seen) * 1000)::float8 as silent
        from (select max(greatest(monitor_claim_on, monitor_on)) as seen from pgboss.queue) as looked`,
  );
  return { seenAt: at(row?.seen), silentMs: row?.silent ?? null };
}

/** For how many seconds the oldest job that is due has waited to be taken; null when none waits. */
export async function oldestJob(db: Db): Promise<number | null> {
  const [row] = await queryRows<{ seconds: number | null }>(
    db,
    sql`select extract(epoch from now() - min(start_after))::float8 as seconds from pgboss.job
        where state < 'active' and start_after <= now()`,
  );
  return row?.seconds ?? null;
}

/** What waits for its turn now, and since when the oldest of it does; not what has a later time. */
export interface OpenWork {
  pipelines: { running: number; queued: number; stalled: number; oldestAt: Date | null };
  publications: { sending: number; due: number; scheduled: number; stalled: number; oldestAt: Date | null };
  mails: { waiting: number; oldestAt: Date | null };
  deliveries: { waiting: number; oldestAt: Date | null };
}

/** The open work of the whole instance. */
export async function openWork(db: Db): Promise<OpenWork> {
  const [row] = await queryRows<{
    running: number;
    queued: number;
    stalled: number;
    oldest: Moment;
    sending: number;
    due: number;
    scheduled: number;
    sending_stalled: number;
    oldest_due: Moment;
    mails: number;
    oldest_mail: Moment;
    deliveries: number;
    oldest_delivery: Moment;
  }>(
    db,
    sql`select p.*, q.*, m.*, w.* from
      (select (count(*) filter (where status = 'running' and lease_expires_at >= now()))::int as running,
          (count(*) filter (where status = 'queued'))::int as queued,
          (count(*) filter (where status = 'running' and lease_expires_at < now()))::int as stalled,
          min(created_at) filter (where status = 'queued') as oldest
        from pipelines where status in ('queued', 'running')) p,
      (select (count(*) filter (where status = 'publishing'))::int as sending,
          (count(*) filter (where status = 'queued' and coalesce(next_attempt_at, now()) <= now()))::int as due,
          (count(*) filter (where status = 'scheduled'))::int as scheduled,
          (count(*) filter (where status = 'publishing' and lease_expires_at < now()))::int as sending_stalled,
          min(coalesce(next_attempt_at, queued_at)) filter (where status = 'queued' and coalesce(next_attempt_at, now()) <= now()) as oldest_due
        from publications where status in ('queued', 'scheduled', 'publishing')) q,
      (select count(*)::int as mails, min(created_at) as oldest_mail from emails where status in ('queued', 'sending')) m,
      (select count(*)::int as deliveries, min(created_at) as oldest_delivery from webhook_deliveries where status in ('pending', 'delivering')) w`,
  );
  if (!row) throw new Error('the open work could not be counted');
  return {
    pipelines: { running: row.running, queued: row.queued, stalled: row.stalled, oldestAt: at(row.oldest) },
    publications: {
      sending: row.sending,
      due: row.due,
      scheduled: row.scheduled,
      stalled: row.sending_stalled,
      oldestAt: at(row.oldest_due),
    },
    mails: { waiting: row.mails, oldestAt: at(row.oldest_mail) },
    deliveries: { waiting: row.deliveries, oldestAt: at(row.oldest_delivery) },
  };
}
