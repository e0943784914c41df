import { sql } from 'drizzle-orm';
import { localTime } from '../accounts/calendar.ts';
import { type Db, queryRows } from '../db/open.ts';
import type { StoredError } from '../errors.ts';
import type { PipelineStatus } from '../pipeline/schema.ts';
import type { PublicationStatus, PublicationTask } from '../publishing/schema.ts';
import { blank, type CalendarItem, type CalendarQuery } from './item.ts';

type Moment = string | Date;
const at = (date: Date) => sql`${date.toISOString()}::timestamptz`;

interface RunRow {
  id: string;
  at: Moment;
  slot_at: Moment;
  moved_to: Moment | null;
  outcome: 'started' | 'skipped';
  reason: StoredError | null;
  missed: number;
  topic_id: string | null;
  schedule_id: string;
  schedule: string;
  time_zone: string;
  site_id: string | null;
  pipeline_id: string | null;
  status: PipelineStatus | null;
  error: StoredError | null;
  article_id: string | null;
  title: string | null;
}

/** When a slot was run: where it stood. As in the index of migration 0015. */
export const runAtMoment = sql.raw('coalesce(r.moved_to, r.slot_at)');

/** What the times of schedules have led to, where they stood. */
export async function runItems(db: Db, { userId, from, to, siteId, limit }: CalendarQuery): Promise<CalendarItem[]> {
  const rows = await queryRows<RunRow>(
    db,
    sql`select r.id, ${runAtMoment} as at, r.slot_at, r.moved_to, r.outcome, r.reason, r.missed, r.topic_id,
          r.schedule_id, s.name as schedule, s.time_zone, coalesce(p.site_id, s.site_id) as site_id, r.pipeline_id, p.status,
          p.error, a.id as article_id, coalesce(a.title, p.topic) as title
        from schedule_runs r
        join schedules s on s.id = r.schedule_id
        left join pipelines p on p.id = r.pipeline_id
        left join articles a on a.id = p.article_id and a.deleted_at is null
        where r.user_id = ${userId} and ${runAtMoment} >= ${at(from)} and ${runAtMoment} < ${at(to)}
          ${siteId ? sql`and coalesce(p.site_id, s.site_id) = ${siteId}` : sql``}
        order by ${runAtMoment}, r.id limit ${limit}`,
  );
  return rows.map((row) => ({
    ...blank,
    id: row.id,
    kind: 'run',
    at: new Date(row.at),
    title: row.title,
    state: row.outcome === 'skipped' ? 'not_started' : (row.status ?? 'succeeded'),
    siteId: row.site_id,
    scheduleId: row.schedule_id,
    pipelineId: row.pipeline_id,
    articleId: row.article_id,
    topicId: row.topic_id,
    slotAt: new Date(row.slot_at),
    schedule: row.schedule,
    note: noteOfRun(row),
  }));
}

function noteOfRun({ reason, status, error, missed, moved_to, slot_at, time_zone }: RunRow): string | null {
  const from = localTime(new Date(slot_at), time_zone).slice(0, 16).replace('T', ' ');
  const notes = [
    reason && `${reason.message} ${reason.hint}`,
    status === 'failed' && error?.message,
    moved_to !== null && `Moved from ${from} (${time_zone}).`,
    missed === 1 && 'One time before it was missed.',
    missed > 1 && `${missed} times before it were missed.`,
  ];
  return notes.filter(Boolean).join(' ') || null;
}

interface PipelineRow {
  id: string;
  at: Moment;
  status: PipelineStatus;
  error: StoredError | null;
  site_id: string | null;
  article_id: string | null;
  title: string;
}

/** Pipelines that people or programs began, and what has become of them. */
export async function byHandItems(db: Db, { userId, from, to, siteId, limit }: CalendarQuery): Promise<CalendarItem[]> {
  const rows = await queryRows<PipelineRow>(
    db,
    sql`select p.id, p.created_at as at, p.status, p.error, p.site_id, a.id as article_id, coalesce(a.title, p.topic) as title
        from pipelines p
        left join articles a on a.id = p.article_id and a.deleted_at is null
        where p.user_id = ${userId} and p.created_at >= ${at(from)} and p.created_at < ${at(to)}
          and not exists (select from schedule_runs r where r.pipeline_id = p.id)
          ${siteId ? sql`and p.site_id = ${siteId}` : sql``}
        order by p.created_at, p.id limit ${limit}`,
  );
  return rows.map((row) => ({
    ...blank,
    id: row.id,
    kind: 'run',
    at: new Date(row.at),
    title: row.title,
    state: row.status,
    siteId: row.site_id,
    pipelineId: row.id,
    articleId: row.article_id,
    note: row.status === 'failed' ? (row.error?.message ?? null) : null,
  }));
}

/** When the hold window of articles ends that go public by themselves then. */
export async function holdItems(db: Db, { userId, from, to, siteId, limit }: CalendarQuery): Promise<CalendarItem[]> {
  const until = sql`(p.waiting ->> 'until')::timestamptz`;
  const rows = await queryRows<PipelineRow>(
    db,
    sql`select p.id, ${until} as at, p.status, p.error, p.site_id, a.id as article_id, coalesce(a.title, p.topic) as title
        from pipelines p
        left join articles a on a.id = p.article_id and a.deleted_at is null
        where p.user_id = ${userId} and p.status = 'waiting' and p.waiting ->> 'reason' = 'approval'
          and ${until} >= ${at(from)} and ${until} < ${at(to)}
          ${siteId ? sql`and p.site_id = ${siteId}` : sql``}
        order by 2, 1 limit ${limit}`,
  );
  return rows.map((row) => ({
    ...blank,
    id: `hold:${row.id}`,
    kind: 'hold',
    at: new Date(row.at),
    title: row.title,
    state: 'ends',
    siteId: row.site_id,
    pipelineId: row.id,
    articleId: row.article_id,
    note: 'It goes public by itself then, unless it is put on hold.',
  }));
}

interface PublicationRow {
  id: string;
  at: Moment;
  status: PublicationStatus;
  task: PublicationTask;
  error: StoredError | null;
  warnings: string[];
  site_id: string;
  pipeline_id: string | null;
  article_id: string;
  title: string;
}

/** When a publication went out, is to go out, or failed. As in the index of migration 0015. */
export const publicationAtMoment = sql.raw(
  `(case when p.status = 'scheduled' then p.publish_at else coalesce(p.published_at, p.publish_at, p.failed_at) end)`,
);

/** Publications by when they went out, are to go out, or failed. */
export async function publicationItems(
  db: Db,
  { userId, from, to, siteId, limit }: CalendarQuery,
  now: Date,
): Promise<CalendarItem[]> {
  const rows = await queryRows<PublicationRow>(
    db,
    sql`select p.id, ${publicationAtMoment} as at, p.status, p.task, p.error, p.warnings, p.site_id, p.pipeline_id, p.article_id, a.title
        from publications p
        join articles a on a.id = p.article_id
        where p.user_id = ${userId} and ${publicationAtMoment} >= ${at(from)} and ${publicationAtMoment} < ${at(to)}
          ${siteId ? sql`and p.site_id = ${siteId}` : sql``}
        order by ${publicationAtMoment}, p.id limit ${limit}`,
  );
  return rows.map((row) => ({
    ...blank,
    id: row.id,
    kind: 'publication',
    at: new Date(row.at),
    title: row.title,
    state: row.status,
    siteId: row.site_id,
    pipelineId: row.pipeline_id,
    articleId: row.article_id,
    publicationId: row.id,
    movable: row.status === 'scheduled' && row.task === 'place' && new Date(row.at) > now,
    note: row.status === 'published' ? null : (row.error?.message ?? row.warnings[0] ?? null),
  }));
}
