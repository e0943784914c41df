import { sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { backupFacts } from './health.ts';
import { type BackupFacts, diskRoom } from './parts.ts';
import { type ServiceLevels, serviceLevels } from './service-levels.ts';
import { type OpenWork, oldestJob, openWork, workersSeen } from './work.ts';

/** How the whole instance is, from its database: the same in every process. Money in micro-dollars, times in UTC. */
export interface Facts {
  at: Date;
  levels: ServiceLevels;
  work: OpenWork;
  oldestJobSeconds: number | null;
  workers: { seenAt: Date | null; silentMs: number | null };
  money: { spentMicroUsd: number; reservedMicroUsd: number; limitMicroUsd: number };
  /** Of the last hour, and all that stand failed. */
  publications: { failedLately: number; publishedLately: number; failed: number };
  pipelines: { failedLately: number; succeededLately: number };
  sites: { total: number; failing: number; credentialsRejected: number };
  users: { seenToday: number; total: number };
  articlesToday: number;
  /** What a call has cost on average, in micro-dollars; null when none was counted yet. */
  callMicroUsd: number | null;
  answersToday: { requests: number; errors: number };
  databaseBytes: number | null;
  openIncidents: number;
  backups: BackupFacts | null;
  disk: { freeBytes: number; totalBytes: number } | null;
}

/** Reads all of it, in a handful of statements that go by indexes. Tables of floors above are read by their names. */
export async function readFacts(ctx: AppContext): Promise<Facts> {
  const { db } = ctx;
  const backups = await backupFacts(ctx);
  const counted = await readCounted(db);
  return {
    at: ctx.now(),
    levels: await serviceLevels(db, backups),
    work: await openWork(db),
    oldestJobSeconds: await oldestJob(db),
    workers: await workersSeen(db),
    money: {
      spentMicroUsd: counted.spent,
      reservedMicroUsd: counted.reserved,
      limitMicroUsd: ctx.config.budget.instanceLimitMicroUsd,
    },
    publications: {
      failedLately: counted.publications_failed_lately,
      publishedLately: counted.published_lately,
      failed: counted.publications_failed,
    },
    pipelines: { failedLately: counted.pipelines_failed_lately, succeededLately: counted.pipelines_succeeded_lately },
    sites: { total: counted.sites, failing: counted.sites_failing, credentialsRejected: counted.sites_rejected },
    users: { seenToday: counted.users_today, total: counted.users },
    articlesToday: counted.articles_today,
    callMicroUsd: counted.call_cost,
    answersToday: { requests: counted.requests_today, errors: counted.errors_today },
    databaseBytes: counted.database_bytes,
    openIncidents: counted.open_incidents,
    backups,
    disk: diskRoom(ctx),
  };
}

interface Counted {
  spent: number;
  reserved: number;
  publications_failed_lately: number;
  published_lately: number;
  publications_failed: number;
  pipelines_failed_lately: number;
  pipelines_succeeded_lately: number;
  sites: number;
  sites_failing: number;
  sites_rejected: number;
  users: number;
  users_today: number;
  articles_today: number;
  call_cost: number | null;
  requests_today: number;
  errors_today: number;
  database_bytes: number | null;
  open_incidents: number;
}

/** Amounts as floating-point numbers: exact up to nine billion dollars. */
async function readCounted(db: Db): Promise<Counted> {
  const hour = sql`now() - interval '1 hour'`;
  const today = sql`(date_trunc('day', now() at time zone 'UTC') at time zone 'UTC')`;
  const month = sql`to_char(now() at time zone 'UTC', 'YYYY-MM')`;
  const [row] = await queryRows<Counted>(
    db,
    sql`select p.*, q.*, s.*, u.*, c.*, d.*,
        (coalesce((select sum(settled_micro_usd) from allotments where month = ${month}), 0)
          + coalesce((select departed_micro_usd from instance_months where month = ${month}), 0))::float8 as spent,
        coalesce((select sum(reserved_micro_usd) from allotments where month = ${month}), 0)::float8 as reserved,
        pg_database_size(current_database())::float8 as database_bytes,
        (select count(*) from incidents where opened_at is not null and ended_at is null)::int as open_incidents
      from (select (count(*) filter (where status = 'failed' and finished_at >= ${hour}))::int as pipelines_failed_lately,
          (count(*) filter (where status = 'succeeded' and finished_at >= ${hour}))::int as pipelines_succeeded_lately,
          (count(*) filter (where status = 'succeeded' and finished_at >= ${today}))::int as articles_today
        from pipelines where started_at >= ${today} - interval '7 days' and finished_at is not null) p,
      (select (select count(*) from publications where status = 'failed' and failed_at >= ${hour})::int as publications_failed_lately,
          (select count(*) from publications where status = 'failed' and (dismissed_at is null or dismissed_at < failed_at))::int as publications_failed,
          (select coalesce(sum(of_site.sent), 0) from sites cross join lateral
            (select count(*) as sent from publications p where p.site_id = sites.id and p.published_at >= ${hour}) of_site)::int as published_lately) q,
      (select count(*)::int as sites, (count(*) filter (where failing_since is not null))::int as sites_failing,
          (count(*) filter (where failing_since is not null and last_check -> 'findings' @> '[{"code": "credentials_rejected"}]'))::int as sites_rejected
        from sites) s,
      (select count(*)::int as users, (count(*) filter (where last_seen_at > now() - interval '1 day'))::int as users_today
        from users where email is not null) u,
      (select sum(value) filter (where name = 'blog_poster_model_cost_dollars_total') * 1000000
          / nullif(sum(value) filter (where name = 'blog_poster_model_calls_total'), 0) as call_cost from metric_totals) c,
      (select coalesce(sum(requests), 0)::float8 as requests_today, coalesce(sum(errors), 0)::float8 as errors_today
        from service_days where day = (now() at time zone 'UTC')::date) d`,
  );
  if (!row) throw new Error('the figures of the instance could not be read');
  return row;
}
