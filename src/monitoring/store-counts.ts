import { sql } from 'drizzle-orm';
import { type Db, queryRows } from '../db/open.ts';
import type { Counts } from './counts.ts';

/**
 * Adds what this process has counted to the totals of the instance, in one transaction of two statements. `serves` is true
 * of a process that answers requests: it also marks the present minute (of the database's clock) as one in which the
 * instance was up. What could not be stored is kept for the next time. Throws the database's error.
 */
export async function storeCounts(db: Db, counts: Counts, serves: boolean): Promise<void> {
  const taken = counts.take();
  const { answered } = taken;
  // In one order in every process, or two of them would wait for each other.
  const additions = taken.additions.toSorted((a, b) => (`${a.name} ${a.labels}` < `${b.name} ${b.labels}` ? -1 : 1));
  try {
    await db.transaction(async (tx) => {
      if (additions.length > 0) {
        await tx.execute(
          sql`insert into metric_totals (name, labels, value)
              select * from unnest(${sql.param(additions.map(({ name }) => name))}::text[], ${sql.param(additions.map(({ labels }) => labels))}::text[],
                ${sql.param(additions.map(({ value }) => value))}::float8[])
              on conflict (name, labels) do update set value = metric_totals.value + excluded.value`,
        );
      }
      if (!serves) return;
      await tx.execute(
        sql`insert into service_days as kept (day, requests, errors, buckets, minutes, first_minute, last_minute)
            select (now() at time zone 'UTC')::date, ${answered.requests}::bigint, ${answered.errors}::bigint, ${sql.param(answered.buckets)}::bigint[],
              1, date_trunc('minute', now()), date_trunc('minute', now())
            on conflict (day) do update set requests = kept.requests + excluded.requests, errors = kept.errors + excluded.errors,
              buckets = array(select coalesce(a, 0) + coalesce(b, 0) from unnest(kept.buckets, excluded.buckets) with ordinality as both_of(a, b, place) order by place),
              minutes = kept.minutes + (excluded.last_minute > kept.last_minute)::int,
              last_minute = greatest(kept.last_minute, excluded.last_minute)`,
      );
    });
  } catch (error) {
    counts.putBack(taken);
    throw error;
  }
}

/** The totals of the instance by their names, with their labels. */
export async function readTotals(db: Db): Promise<Map<string, { labels: Record<string, string>; value: number }[]>> {
  const rows = await queryRows<{ name: string; labels: string; value: number }>(
    db,
    sql`select name, labels, value from metric_totals order by name, labels`,
  );
  const totals = new Map<string, { labels: Record<string, string>; value: number }[]>();
  for (const { name, labels, value } of rows) {
    const of = totals.get(name) ?? [];
    of.push({ labels: JSON.parse(labels), value });
    totals.set(name, of);
  }
  return totals;
}
