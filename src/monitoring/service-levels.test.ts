import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openTestDatabase } from '../../test/harness.ts';
import { type Database, queryRows } from '../db/open.ts';
import { type Counts, createCounts } from './counts.ts';
import { percentile, serviceLevels } from './service-levels.ts';
import { storeCounts } from './store-counts.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.db.execute(sql`delete from service_days`));

const answer = (counts: Counts, seconds: number, status = 200, times = 1) => {
  for (let i = 0; i < times; i++) counts.answered({ method: 'GET', route: '/x', status, seconds, counts: true });
};

it('knows nothing before anything was measured, and shows none of it as zero', async () => {
  expect(await serviceLevels(database.db, null)).toMatchObject({
    measuredSince: null,
    answers: { count: 0, p95Seconds: null },
    errors: { share: null },
    uptime: { share: null },
    backups: { succeeded: null, failed: null, share: null },
  });
});

it('adds up what several processes answered, over restarts', async () => {
  const processes = Array.from({ length: 3 }, createCounts);
  for (const counts of processes) {
    answer(counts, 0.2, 200, 18);
    answer(counts, 4, 200, 1);
    answer(counts, 0.01, 503, 1);
    counts.answered({ method: 'GET', route: '/health', status: 503, seconds: 9, counts: false });
  }
  await Promise.all(processes.map((counts) => storeCounts(database.db, counts, true)));
  await storeCounts(database.db, createCounts(), true);
  const { answers, errors, uptime, measuredSince } = await serviceLevels(database.db, {
    monthSucceeded: 3,
    monthFailed: 1,
  });
  expect(answers.count).toBe(60);
  expect(answers.p95Seconds).toBeLessThanOrEqual(0.25);
  expect(errors).toMatchObject({ count: 3, share: 0.05 });
  expect(uptime).toMatchObject({ share: 1 });
  expect(measuredSince).not.toBeNull();
});

it('counts a minute once, and those in which nobody was there as down', async () => {
  const { db } = database;
  await storeCounts(db, createCounts(), true);
  await db.execute(
    sql`update service_days set first_minute = first_minute - interval '99 minutes', last_minute = last_minute - interval '5 minutes', minutes = 49`,
  );
  await storeCounts(db, createCounts(), true);
  await storeCounts(db, createCounts(), true);
  const [row] = await queryRows<{ minutes: number; month: boolean }>(
    db,
    sql`select sum(minutes)::int as minutes, (now() at time zone 'UTC' - interval '99 minutes') >= date_trunc('month', now() at time zone 'UTC') as month from service_days`,
  );
  expect(row?.minutes).toBe(50);
  // In the first hundred minutes of a month less of it has passed.
  if (row?.month) expect((await serviceLevels(db, null)).uptime.share).toBeCloseTo(0.5, 1);
  else expect((await serviceLevels(db, null)).uptime.share).toBeLessThanOrEqual(1);
});

it('does not take the present minute for one in which nobody was there', async () => {
  const { db } = database;
  await storeCounts(db, createCounts(), true);
  await db.execute(
    sql`update service_days set first_minute = first_minute - interval '1 minute', last_minute = last_minute - interval '1 minute'`,
  );
  const [row] = await queryRows<{ month: boolean }>(
    db,
    sql`select date_trunc('minute', now() at time zone 'UTC') > date_trunc('month', now() at time zone 'UTC') as month`,
  );
  expect((await serviceLevels(db, null)).uptime.share).toBe(row?.month ? 1 : null);
});

it('a worker that serves nothing does not make the instance count as up', async () => {
  await storeCounts(database.db, createCounts(), false);
  expect((await serviceLevels(database.db, null)).uptime.share).toBeNull();
});

it('reckons percentiles within their bucket', () => {
  expect(percentile([0, 0, 0, 0, 0, 0, 0, 0, 0], 0.95)).toBeNull();
  expect(percentile([100, 0, 0, 0, 0, 0, 0, 0, 0], 0.95)).toBeCloseTo(0.0475);
  expect(percentile([90, 0, 0, 0, 0, 10, 0, 0, 0], 0.95)).toBeCloseTo(1.5);
  expect(percentile([0, 0, 0, 0, 0, 0, 0, 0, 7], 0.95)).toBe(10);
});
