import { existsSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { monthIn } from '../accounts/month.ts';
import { forecastMonth } from '../budget/forecast.ts';
import { instanceSpending } from '../budget/spending.ts';
import { version } from '../config.ts';
import type { AppContext } from '../context.ts';
import { freeBytes } from '../db/embedded-files.ts';
import { type Db, queryRows } from '../db/open.ts';
import { type FailureKind, failureKinds, failuresOf, standing } from '../failures/queries.ts';
import { backupFacts, health } from '../monitoring/health.ts';
import { listIncidents } from '../monitoring/incidents.ts';
import { deadAfterMs } from '../monitoring/parts.ts';
import { serviceLevels } from '../monitoring/service-levels.ts';
import { openWork, workersSeen } from '../monitoring/work.ts';

const incidentsShown = 10;

type Moment = string | Date | null;
const iso = (at: Moment) => (at === null ? null : new Date(at).toISOString());

/**
 * How an instance is, in figures and without anything of what is in it: accounts, money, work and its age, what failed,
 * who works, the parts. Days are those of UTC, as the instance's months are.
 */
export async function instanceStatus(ctx: AppContext) {
  const { db, config } = ctx;
  const now = ctx.now();
  const day = new Date(`${now.toISOString().slice(0, 10)}T00:00:00Z`);
  return {
    version,
    startedAt: new Date(now.getTime() - process.uptime() * 1000).toISOString(),
    health: await health(ctx),
    database: {
      kind: config.database.kind,
      bytes: await databaseBytes(db),
      freeBytes: config.database.kind === 'embedded' && existsSync(config.dataDir) ? freeBytes(config.dataDir) : null,
    },
    users: await usersOf(db),
    money: await moneyOf(ctx, day),
    articles: await articlesSince(db, day),
    work: await openWorkOf(db),
    failed: await failedOf(db),
    levels: await serviceLevels(db, await backupFacts(ctx)),
    incidents: await listIncidents(db, incidentsShown),
    worker: await workerOf(db),
  };
}

async function databaseBytes(db: Db): Promise<number | null> {
  const [row] = await queryRows<{ bytes: string }>(db, sql`select pg_database_size(current_database())::text as bytes`);
  return row ? Number(row.bytes) : null;
}

async function usersOf(db: Db) {
  const [row] = await queryRows<{ total: number; disabled: number; today: number; month: number }>(
    db,
    sql`select count(*)::int as total, (count(*) filter (where disabled))::int as disabled,
          (count(*) filter (where last_seen_at > now() - interval '1 day'))::int as today,
          (count(*) filter (where last_seen_at > now() - interval '30 days'))::int as month
        from users where email is not null`,
  );
  return row ?? { total: 0, disabled: 0, today: 0, month: 0 };
}

async function moneyOf({ db, config, now }: Pick<AppContext, 'db' | 'config' | 'now'>, day: Date) {
  const month = monthIn('UTC', now());
  const { settledMicroUsd, reservedMicroUsd } = await instanceSpending(db, month.name);
  const [today] = await queryRows<{ spent: string; open: number; first: Moment }>(
    db,
    sql`select coalesce(sum(cost_micro_usd), 0)::text as spent, (count(*) filter (where status = 'reserved'))::int as open,
          (select min(created_at) from users where email is not null) as first
        from paid_calls where payer = 'instance' and started_at >= ${day.toISOString()}::timestamptz`,
  );
  return {
    todayMicroUsd: Number(today?.spent ?? 0),
    callsUnderWay: today?.open ?? 0,
    month: month.name,
    spentMicroUsd: settledMicroUsd,
    reservedMicroUsd,
    limitMicroUsd: config.budget.instanceLimitMicroUsd,
    forecastMicroUsd: today?.first
      ? forecastMonth({ spentMicroUsd: settledMicroUsd, begunAt: new Date(today.first), now: now(), month })
      : null,
  };
}

/** By indexes of when a run was begun and of what a site was sent: neither reads what is older. */
async function articlesSince(db: Db, day: Date) {
  const at = sql`${day.toISOString()}::timestamptz`;
  const [row] = await queryRows<{ written: number; published: number }>(
    db,
    sql`select (select count(*) from pipelines where status = 'succeeded' and finished_at >= ${at}
              and started_at >= ${at} - interval '7 days')::int as written,
          (select coalesce(sum(of_site.sent), 0) from sites s cross join lateral
            (select count(*) as sent from publications p where p.site_id = s.id and p.published_at >= ${at}) of_site)::int as published`,
  );
  return { writtenToday: row?.written ?? 0, publishedToday: row?.published ?? 0 };
}

/** What waits for its turn now, and since when the oldest of it does; not what has a later time. */
async function openWorkOf(db: Db) {
  const { pipelines, publications, mails, deliveries } = await openWork(db);
  return {
    pipelines: { ...pipelines, oldestAt: iso(pipelines.oldestAt) },
    publications: { ...publications, oldestAt: iso(publications.oldestAt) },
    mails: { ...mails, oldestAt: iso(mails.oldestAt) },
    deliveries: { ...deliveries, oldestAt: iso(deliveries.oldestAt) },
  };
}

async function failedOf(db: Db): Promise<Record<FailureKind, number>> {
  const rows = await queryRows<{ kind: FailureKind; count: number }>(
    db,
    sql`select f.kind, count(*)::int as count from ${failuresOf(null)} as f where ${standing(false)} group by f.kind`,
  );
  const counts = new Map(rows.map(({ kind, count }) => [kind, count]));
  return Object.fromEntries(failureKinds.map((kind) => [kind, counts.get(kind) ?? 0])) as Record<FailureKind, number>;
}

async function workerOf(db: Db) {
  const { seenAt, silentMs } = await workersSeen(db);
  return { alive: silentMs !== null && silentMs < deadAfterMs, seenAt: iso(seenAt) };
}
