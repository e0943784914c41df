import type { GaugeConfiguration, MetricValue, Registry } from 'prom-client';
import { version } from '../config.ts';
import type { AppContext } from '../context.ts';
import { answerBounds, counters, durations, workBounds } from './counted.ts';
import type { RouteAnswers } from './counts.ts';
import { type Facts, readFacts } from './facts.ts';
import { databaseState, migrationsState, withinLimit } from './parts.ts';
import { remember } from './remember.ts';
import { readTotals } from './store-counts.ts';

/** What a process shows to Prometheus. */
export interface Metrics {
  contentType: string;
  /** The text of all metrics; what the database knows is left out while it does not answer. */
  read(): Promise<string>;
}

/** Figures of the instance are the same in every process and are read this often at most, in milliseconds. */
const factsMs = 5_000;

type Totals = Awaited<ReturnType<typeof readTotals>>;

/**
 * The metrics of this process, and unless it is a worker those of the whole instance. Loads prom-client: only where somebody
 * may read them. `close` ends the measuring of the event loop.
 */
export async function createMetrics(ctx: AppContext): Promise<Metrics> {
  const { Registry, Gauge, collectDefaultMetrics } = (await import('prom-client')).default;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  // Gauges that are named like counters.
  for (const what of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${what}_total`);
  const gauge = (name: string, help: string, more: Partial<GaugeConfiguration<string>> = {}) =>
    new Gauge({ name, help, registers: [registry], ...more });
  gauge('blog_poster_build_info', 'The version of the program, as a label of 1.', {
    labelNames: ['version', 'role'],
  }).set({ version, role: ctx.config.role }, 1);
  poolGauges(ctx, gauge);
  custom(registry, {
    name: 'blog_poster_http_request_duration_seconds',
    help: 'Seconds until the answers of this process had gone out, by method, route and status.',
    type: 'histogram',
    values: () => answersOf(ctx.telemetry.counts.routes()),
  });
  let totals: Totals = new Map();
  let facts: Facts | null = null;
  const read = remember(factsMs, async () => ({ totals: await readTotals(ctx.db), facts: await readFacts(ctx) }));
  const ofInstance = ctx.config.role !== 'worker';
  if (ofInstance) {
    totalMetrics(registry, () => totals);
    factGauges(gauge, () => facts);
  }
  const up = gauge('blog_poster_database_up', 'Whether the database takes writes.');
  const current = gauge('blog_poster_migrations_current', 'Whether the tables are those of this version.');
  return {
    contentType: registry.contentType,
    async read() {
      const database = await withinLimit(() => databaseState(ctx), 'down');
      up.set(database === 'up' ? 1 : 0);
      const none = { totals: new Map() as Totals, facts: null };
      if (database === 'up' && ofInstance) {
        const found = await withinLimit<{ totals: Totals; facts: Facts | null } | null>(read, null);
        ({ totals, facts } = found ?? none);
        current.set((await withinLimit(() => migrationsState(ctx), 'down')) === 'up' ? 1 : 0);
      } else {
        ({ totals, facts } = none);
        current.remove();
      }
      return registry.metrics();
    },
  };
}

type MakeGauge = (
  name: string,
  help: string,
  more?: Partial<GaugeConfiguration<string>>,
) => {
  set(labels: Record<string, string>, value: number): void;
};

function poolGauges({ database }: AppContext, gauge: MakeGauge): void {
  const { engine } = database;
  if (engine.kind !== 'postgres') return;
  const { pool } = engine;
  gauge('blog_poster_pool_connections', 'Connections of this process to its database, by state.', {
    labelNames: ['state'],
    collect() {
      this.set({ state: 'idle' }, pool.idleCount);
      this.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
    },
  });
  gauge('blog_poster_pool_waiting', 'Statements of this process that wait for a connection.', {
    collect() {
      this.set(pool.waitingCount);
    },
  });
}

interface Custom {
  name: string;
  help: string;
  type: 'counter' | 'histogram';
  values(): MetricValue<string>[];
}

/** A metric whose values are kept elsewhere. */
function custom(registry: Registry, { name, help, type, values }: Custom): void {
  const metric = {
    name,
    help,
    type,
    aggregator: 'sum',
    get: async () => ({ name, help, type, aggregator: 'sum', values: values() }),
    reset: () => undefined,
  };
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
}

type Named = MetricValue<string> & { metricName?: string };

/** A histogram's series from its buckets, of which each counts only what fell into it. */
function histogramSeries(
  name: string,
  bounds: readonly number[],
  { labels, buckets, seconds }: { labels: Record<string, string>; buckets: readonly number[]; seconds: number },
): Named[] {
  let below = 0;
  const series: Named[] = [...bounds.map(String), '+Inf'].map((le, index) => {
    below += buckets[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
  });
  series.push(
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: below },
  );
  return series;
}

function answersOf(routes: Iterable<RouteAnswers>): Named[] {
  const name = 'blog_poster_http_request_duration_seconds';
  return [...routes].flatMap(({ method, route, status, buckets, seconds }) =>
    histogramSeries(name, answerBounds, { labels: { method, route, status }, buckets, seconds }),
  );
}

function totalMetrics(registry: Registry, totals: () => Totals): void {
  for (const [name, { help }] of Object.entries(counters)) {
    custom(registry, { name, help, type: 'counter', values: () => totals().get(name) ?? [] });
  }
  for (const [name, { help }] of Object.entries(durations)) {
    custom(registry, { name, help, type: 'histogram', values: () => durationSeries(name, totals()) });
  }
}

function durationSeries(name: string, totals: Totals): Named[] {
  const bounds = [...workBounds.map(String), '+Inf'];
  return (totals.get(`${name}_sum`) ?? []).flatMap(({ labels, value }) => {
    const mine = (totals.get(`${name}_bucket`) ?? []).filter((bucket) =>
      Object.entries(labels).every(([label, is]) => bucket.labels[label] === is),
    );
    const buckets = bounds.map((le) => mine.find((bucket) => bucket.labels.le === le)?.value ?? 0);
    return histogramSeries(name, workBounds, { labels, buckets, seconds: value });
  });
}

/** Figures of the instance as gauges. What is not known has no series, so that nobody takes it for zero. */
function factGauges(gauge: MakeGauge, facts: () => Facts | null): void {
  const one = (name: string, help: string, value: (facts: Facts) => number | null | undefined) =>
    gauge(name, help, {
      collect() {
        const known = facts();
        const figure = known && value(known);
        if (figure === null || figure === undefined) this.remove();
        else this.set(figure);
      },
    });
  const several = (
    name: string,
    help: string,
    label: string,
    values: (facts: Facts) => Record<string, number | null>,
  ) =>
    gauge(name, help, {
      labelNames: [label],
      collect() {
        this.reset();
        const known = facts();
        for (const [key, figure] of Object.entries(known ? values(known) : {})) {
          if (figure !== null) this.set({ [label]: key }, figure);
        }
      },
    });
  const dollars = (microUsd: number) => microUsd / 1e6;
  const seconds = (at: Date | null, now: Date) =>
    at === null ? null : Math.max(0, (now.getTime() - at.getTime()) / 1000);
  const timestamp = (at: Date | null | undefined) => (at ? at.getTime() / 1000 : null);

  several('blog_poster_queue_depth', 'Things that wait for their turn, by queue.', 'queue', ({ work }) => ({
    pipelines: work.pipelines.queued,
    publications: work.publications.due,
    mails: work.mails.waiting,
    webhooks: work.deliveries.waiting,
  }));
  several(
    'blog_poster_queue_oldest_age_seconds',
    'For how long the oldest of a queue waits; 0 when none does.',
    'queue',
    ({ work, at }) => ({
      pipelines: seconds(work.pipelines.oldestAt, at) ?? 0,
      publications: seconds(work.publications.oldestAt, at) ?? 0,
      mails: seconds(work.mails.oldestAt, at) ?? 0,
      webhooks: seconds(work.deliveries.oldestAt, at) ?? 0,
    }),
  );
  several('blog_poster_work_active', 'Things that are being worked on, by queue.', 'queue', ({ work }) => ({
    pipelines: work.pipelines.running,
    publications: work.publications.sending,
  }));
  several('blog_poster_work_stalled', 'Things whose worker has gone, by queue.', 'queue', ({ work }) => ({
    pipelines: work.pipelines.stalled,
    publications: work.publications.stalled,
  }));
  one(
    'blog_poster_jobs_oldest_age_seconds',
    'For how long the oldest due job waits to be taken; 0 when none does.',
    (f) => f.oldestJobSeconds ?? 0,
  );
  one('blog_poster_worker_silence_seconds', 'Seconds since a worker last looked after the queue.', ({ workers }) =>
    workers.silentMs === null ? null : workers.silentMs / 1000,
  );
  several('blog_poster_publications', 'Publications that stand so, by status.', 'status', ({ publications, work }) => ({
    failed: publications.failed,
    scheduled: work.publications.scheduled,
  }));
  several(
    'blog_poster_publications_last_hour',
    'Publications that ended within the last hour, by how.',
    'outcome',
    ({ publications }) => ({
      published: publications.publishedLately,
      failed: publications.failedLately,
    }),
  );
  one('blog_poster_month_spent_dollars', 'Dollars that the instance has spent this month of UTC.', ({ money }) =>
    dollars(money.spentMicroUsd),
  );
  one('blog_poster_month_reserved_dollars', 'Dollars that calls under way hold back.', ({ money }) =>
    dollars(money.reservedMicroUsd),
  );
  one('blog_poster_month_limit_dollars', 'Dollars that the instance may spend in a month.', ({ money }) =>
    dollars(money.limitMicroUsd),
  );
  one('blog_poster_articles_today', 'Articles written since midnight, UTC.', (f) => f.articlesToday);
  one('blog_poster_users_seen_today', 'Accounts seen within 24 hours.', ({ users }) => users.seenToday);
  one('blog_poster_sites', 'Connected sites.', ({ sites }) => sites.total);
  one('blog_poster_sites_failing', 'Sites whose last check failed.', ({ sites }) => sites.failing);
  one(
    'blog_poster_sites_credentials_rejected',
    'Sites that refuse their password.',
    ({ sites }) => sites.credentialsRejected,
  );
  one('blog_poster_database_size_bytes', 'Size of the database.', (f) => f.databaseBytes);
  one('blog_poster_disk_free_bytes', 'Room below the data directory.', ({ disk }) => disk?.freeBytes);
  one('blog_poster_disk_size_bytes', 'Size of the disk of the data directory.', ({ disk }) => disk?.totalBytes);
  one(
    'blog_poster_incidents_open',
    'Incidents that the instance itself has told of and that are not over.',
    (f) => f.openIncidents,
  );
  one('blog_poster_backup_last_success_timestamp_seconds', 'When the newest backup was made.', ({ backups }) =>
    timestamp(backups?.lastSucceededAt),
  );
  one('blog_poster_backup_last_failure_timestamp_seconds', 'When a backup last failed.', ({ backups }) =>
    timestamp(backups?.lastFailedAt),
  );
  one(
    'blog_poster_backup_last_verification_timestamp_seconds',
    'When a backup was last restored for proof.',
    ({ backups }) => timestamp(backups?.lastVerifiedAt),
  );
  one('blog_poster_backup_verified', 'Whether the last restore for proof held.', ({ backups }) =>
    backups?.lastVerifiedOk === null || backups?.lastVerifiedOk === undefined ? null : Number(backups.lastVerifiedOk),
  );
  one('blog_poster_backup_size_bytes', 'Size of the newest backup.', ({ backups }) => backups?.bytes);
  several(
    'blog_poster_backups_month',
    'Backups of this month of UTC, by how they ended.',
    'outcome',
    ({ backups }) => ({
      succeeded: backups?.monthSucceeded ?? null,
      failed: backups?.monthFailed ?? null,
    }),
  );
  one(
    'blog_poster_slo_answers_p95_seconds',
    'This month of UTC: 95 of 100 answers took at most this long.',
    ({ levels }) => levels.answers.p95Seconds,
  );
  one(
    'blog_poster_slo_errors_ratio',
    'This month of UTC: share of answers with a status of 500 or above.',
    ({ levels }) => levels.errors.share,
  );
  one(
    'blog_poster_slo_uptime_ratio',
    'This month of UTC: share of minutes in which the instance was up.',
    ({ levels }) => levels.uptime.share,
  );
  one(
    'blog_poster_slo_backups_ratio',
    'This month of UTC: share of backups that succeeded.',
    ({ levels }) => levels.backups.share,
  );
}

/** The summary for simple monitors; null is not known. */
export interface Summary {
  articles_today: number;
  active_users: number;
  /** How many more calls of models fit into the month's limit, by what a call has cost on average. */
  api_calls_remaining: number | null;
  /** Share of today's answers (of UTC) with a status of 500 or above. */
  error_rate: number | null;
}

/** What {@link Summary} says, from the figures of the instance. */
export function summaryOf({ articlesToday, users, money, callMicroUsd, answersToday }: Facts): Summary {
  const left = Math.max(0, money.limitMicroUsd - money.spentMicroUsd - money.reservedMicroUsd);
  return {
    articles_today: articlesToday,
    active_users: users.seenToday,
    api_calls_remaining: callMicroUsd ? Math.floor(left / callMicroUsd) : null,
    error_rate: answersToday.requests > 0 ? answersToday.errors / answersToday.requests : null,
  };
}
