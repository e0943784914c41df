import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { queryRows } from '../../src/db/open.ts';
import { pipelines } from '../../src/pipeline/schema.ts';
import { scheduleBriefSchema } from '../../src/schedules/brief.ts';
import { createSchedule } from '../../src/schedules/schedules.ts';
import { scheduleRuns, schedules } from '../../src/schedules/schema.ts';
import { topics } from '../../src/topics/schema.ts';
import { addTopics } from '../../src/topics/topics.ts';
import { thorough } from '../thorough.ts';
import { type PipelineInstance, startPipelineInstance, type Worker } from './pipeline-instance.ts';
import { seeded } from './seeded.ts';

/* Four real processes that all look for schedules whose time has come, while some of them are killed. */

// A busy machine starts processes slowly.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const seed = Number(process.env.TEST_SEED ?? 20_261_130);
const processes = 4;
const day = 86_400_000;

let instance: PipelineInstance;
let workers: Worker[];
let started = 0;
const startOne = () => instance.startWorker(`scheduler-${started++}`, 'schedules');

beforeAll(async () => {
  instance = await startPipelineInstance({ ARTICLES_PER_MONTH: '10000', MONTHLY_LIMIT_USD: '10000' });
  workers = await Promise.all(Array.from({ length: processes }, startOne));
});
afterAll(() => instance.close());
beforeEach(async () => {
  await instance.ctx.db.delete(schedules);
  await instance.ctx.db.delete(topics);
  await instance.ctx.db.delete(pipelines);
});

async function givenSchedules(count: number, topicsEach: number): Promise<void> {
  const { ctx } = instance;
  await ctx.db.transaction(async (tx) => {
    const titles = Array.from({ length: count * topicsEach }, (_, number) => ({
      topic: `Question ${number} of bread`,
    }));
    await addTopics(tx, ctx.ownerId, titles);
    for (let number = 0; number < count; number++) {
      await createSchedule(ctx, tx, ctx.ownerId, {
        name: `Schedule ${number}`,
        rule: { cron: '0 9 * * *' },
        timeZone: 'UTC',
        brief: scheduleBriefSchema.parse({}),
      });
    }
  });
}

/** Moves the next time of every schedule to that of a day before, as if it were that day now. */
const makeDue = (daysAgo: number) =>
  instance.ctx.db.execute(
    sql`update schedules set last_slot_at = null, next_slot_at = date_trunc('day', now() at time zone 'UTC') at time zone 'UTC'
        + interval '9 hours' - ${`${daysAgo} days`}::interval`,
  );
const due = () => instance.ctx.db.$count(schedules, sql`next_slot_at <= now()`);
const settled = () => vi.waitFor(async () => expect(await due()).toBe(0), { timeout: 60_000, interval: 20 });

/** What one of the times was run for, each with its pipeline and its topic. */
interface Run {
  schedule_id: string;
  slot_at: string;
  outcome: string;
  missed: number;
  topic_id: string;
  pipeline_id: string;
}
const runs = () => queryRows<Run>(instance.ctx.db, sql`select * from ${scheduleRuns}`);

it(`run each of many times once, one article each, whoever is killed (seed ${seed})`, async () => {
  const [count, rounds] = [40, thorough ? 5 : 3];
  const random = seeded(seed);
  await givenSchedules(count, rounds);
  let killed = 0;
  for (let round = 0; round < rounds; round++) {
    for (const { program } of workers) program.kill('SIGSTOP');
    await instance.ctx.db.execute(
      sql`update schedules set last_slot_at = null, ends_at = null,
            rule = jsonb_build_object('cron', ${`${round * 7} * * * *`}::text),
            next_slot_at = date_trunc('hour', now()) - interval '1 hour' + ${`${round * 7} minutes`}::interval`,
    );
    // Each looks every five seconds: what has come meanwhile all four find in the same moment.
    await pause(5_000);
    for (const { program } of workers) program.kill('SIGCONT');
    const left = count * (0.2 + random() * 0.7);
    await vi.waitFor(async () => expect(await due()).toBeLessThan(left), { timeout: 60_000, interval: 5 });
    const victim = Math.floor(random() * processes);
    await workers[victim]?.kill();
    killed++;
    // The one that comes in its place looks at once.
    workers[victim] = await startOne();
    await settled();
  }
  const all = await runs();
  const slots = all.map(({ schedule_id, slot_at }) => `${schedule_id} ${new Date(slot_at).toISOString()}`);
  expect(new Set(slots).size).toBe(slots.length);
  expect(all).toHaveLength(count * rounds);
  expect(all.filter(({ outcome }) => outcome !== 'started')).toEqual([]);
  expect(new Set(all.map(({ topic_id }) => topic_id)).size).toBe(count * rounds);
  expect(new Set(all.map(({ pipeline_id }) => pipeline_id)).size).toBe(count * rounds);
  expect(await instance.ctx.db.$count(pipelines)).toBe(count * rounds);
  expect(await instance.ctx.db.$count(topics, sql`status = 'used'`)).toBe(count * rounds);
  console.log(`${all.length} times run by ${started} processes, ${killed} of them killed`);
});

it('make up for five days in which none of them ran with one article for each schedule', async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await givenSchedules(10, 6);
  const first = new Date(Math.floor(Date.now() / day) * day - 5 * day + 9 * 3_600_000);
  await makeDue(5);
  workers = await Promise.all(Array.from({ length: processes }, startOne));
  await settled();
  const all = await runs();
  expect(all).toHaveLength(10);
  const latest = Math.floor((Date.now() - first.getTime()) / day);
  for (const run of all) {
    expect(run).toMatchObject({ outcome: 'started', missed: latest });
    expect(new Date(run.slot_at)).toEqual(new Date(first.getTime() + latest * day));
  }
  expect(await instance.ctx.db.$count(pipelines)).toBe(10);
});
