import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Db, queryRows } from '../db/open.ts';
import { answerBounds } from './counted.ts';

/** What the instance promises: answers in seconds, shares from 0 to 1. */
export const goals = { answerSeconds: 2, errorShare: 0.01, uptimeShare: 0.95, backupShare: 1 } as const;

const share = z.number().nullable();

/** What was measured of a month; null is not known. */
export const serviceLevelsSchema = z
  .object({
    month: z.string().meta({ description: 'For example 2026-11, in UTC' }),
    measuredSince: z.iso.datetime().nullable().meta({ description: 'Since when this month is measured' }),
    answers: z.object({
      count: z.int(),
      p95Seconds: z.number().nullable().meta({ description: '95 of 100 answers took at most this long; at most 10' }),
      goalSeconds: z.number(),
    }),
    errors: z.object({ count: z.int(), share, goal: z.number() }),
    uptime: z.object({ minutes: z.int(), share, goal: z.number() }),
    backups: z.object({ succeeded: z.int().nullable(), failed: z.int().nullable(), share, goal: z.number() }),
  })
  .meta({ id: 'ServiceLevels' });
export type ServiceLevels = z.infer<typeof serviceLevelsSchema>;

/** What a month's days add up to. */
interface Sums {
  requests: number;
  errors: number;
  buckets: number[];
  minutes: number;
  /** Minutes from the beginning of the month, or of the measuring, until now; the present one once it was counted. */
  elapsed: number;
  since: string | Date | null;
  month: string;
}

/**
 * The service levels of the present month of UTC. Uptime is the share of minutes in which a process that serves could write
 * to the database, of all minutes since the month or the measuring began.
 */
export async function serviceLevels(
  db: Db,
  backups: { monthSucceeded: number; monthFailed: number } | null,
): Promise<ServiceLevels> {
  const [row] = await queryRows<Sums>(
    db,
    sql`with present as (select now() as at, date_trunc('month', now() at time zone 'UTC') as month),
          measured as (select greatest(month at time zone 'UTC', (select min(first_minute) from service_days)) as since from present
            where exists (select 1 from service_days)),
          days as (select s.* from service_days s, present where s.day >= present.month::date)
        select to_char(present.month, 'YYYY-MM') as month,
          coalesce((select sum(requests) from days), 0)::float8 as requests, coalesce((select sum(errors) from days), 0)::float8 as errors,
          coalesce((select sum(minutes) from days), 0)::int as minutes,
          (select since from measured) as since,
          coalesce(floor(extract(epoch from date_trunc('minute', at) - (select since from measured)) / 60), 0)::int
            + coalesce((select max(last_minute) = date_trunc('minute', at) from days), false)::int as elapsed,
          array(select sum(b.count)::float8 from days, unnest(days.buckets) with ordinality as b(count, place) group by b.place order by b.place) as buckets
        from present`,
  );
  if (!row) throw new Error('the service levels could not be read');
  const tried = backups && backups.monthSucceeded + backups.monthFailed;
  return {
    month: row.month,
    measuredSince: row.since === null ? null : new Date(row.since).toISOString(),
    answers: { count: row.requests, p95Seconds: percentile(row.buckets, 0.95), goalSeconds: goals.answerSeconds },
    errors: { count: row.errors, share: row.requests > 0 ? row.errors / row.requests : null, goal: goals.errorShare },
    uptime: {
      minutes: row.minutes,
      share: row.since === null || row.elapsed === 0 ? null : Math.min(1, row.minutes / row.elapsed),
      goal: goals.uptimeShare,
    },
    backups: {
      succeeded: backups?.monthSucceeded ?? null,
      failed: backups?.monthFailed ?? null,
      share: backups && tried ? backups.monthSucceeded / tried : null,
      goal: goals.backupShare,
    },
  };
}

/**
 * How long a share of all answers took at most, in seconds: within the bucket that it falls into as if they lay evenly, as
 * Prometheus reckons it. What took longer than the last bound counts as that bound; null of no answers.
 */
export function percentile(buckets: readonly number[], of: number): number | null {
  const all = buckets.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let before = 0;
  for (const [index, bound] of answerBounds.entries()) {
    const count = buckets[index] ?? 0;
    if (count > 0 && before + count >= all * of) {
      const from = answerBounds[index - 1] ?? 0;
      return from + ((bound - from) * (all * of - before)) / count;
    }
    before += count;
  }
  return answerBounds.at(-1) ?? null;
}
