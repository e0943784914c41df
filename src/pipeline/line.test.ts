import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { breadSources, givenPipeline } from '../../test/factories.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { monthIn } from '../accounts/month.ts';
import { users } from '../accounts/schema.ts';
import { newId } from '../db/id.ts';
import { queryRows } from '../db/open.ts';
import { cancelPipeline, insertPipeline } from './commands.ts';
import { runPipelineJob } from './jobs.ts';
import { claimPipeline, renewLease } from './lease.ts';
import { enqueueAbandoned } from './line.ts';
import { runPipeline } from './runner.ts';
import { type Pipeline, pipelines } from './schema.ts';
import { sweepPipelines, workPipelines } from './worker.ts';

/* Which pipelines of a user may start, and how many articles they may begin. Nothing works here but what a test calls. */

let app: TestApp;
let ctx: TestContext;
const never = new AbortController().signal;

beforeAll(async () => {
  app = await startTestApp({ env: { CONCURRENT_PIPELINES: '2', ARTICLES_PER_MONTH: '10' } });
});
afterAll(() => app.close());
beforeEach(async () => {
  // Each test has a user of its own.
  const id = newId();
  await app.ctx.db.insert(users).values({ id, name: 'Someone' });
  ctx = { ...app.ctx, ownerId: id };
});

const set = (change: Partial<typeof users.$inferInsert>) =>
  ctx.db.update(users).set(change).where(eq(users.id, ctx.ownerId));
const expire = (pipeline: Pipeline) =>
  ctx.db
    .update(pipelines)
    .set({ leaseExpiresAt: sql`now() - interval '1 second'` as never })
    .where(eq(pipelines.id, pipeline.id));
const statusOf = async (pipeline: Pipeline) =>
  (await ctx.db.select().from(pipelines).where(eq(pipelines.id, pipeline.id)))[0]?.status;

async function given(count: number): Promise<Pipeline[]> {
  const made: Pipeline[] = [];
  for (let i = 0; i < count; i++) made.push(await givenPipeline(ctx));
  return made;
}

async function claimed(pipeline: Pipeline | undefined): Promise<Pipeline> {
  const row = pipeline ? await claimPipeline(ctx, pipeline.id) : null;
  if (!row) throw new Error('it could not be claimed');
  return row;
}

/** Takes the jobs of this user's pipelines out of the queue, as workers do, and returns whose they were. */
async function takeJobs(): Promise<string[]> {
  const rows = await queryRows<{ id: string }>(
    ctx.db,
    sql`delete from pgboss.job where name = ${runPipelineJob.name} and data ->> 'pipelineId' in
        (select id::text from pipelines where user_id = ${ctx.ownerId}) returning data ->> 'pipelineId' as id`,
  );
  return rows.map((row) => row.id);
}

/** What a sweep enqueues for this user. */
async function sweptJobs(): Promise<string[]> {
  await takeJobs();
  await sweepPipelines(ctx);
  return (await takeJobs()).sort();
}

describe('places', () => {
  it('are as many as the limit, for each user', async () => {
    const [first, second, third] = await given(3);
    await claimed(first);
    await claimed(second);
    expect(await claimPipeline(ctx, third?.id ?? '')).toBeNull();
    await set({ concurrentPipelines: 3 });
    await claimed(third);
  });

  it('go to those that were started before, then to the oldest, whichever job comes first', async () => {
    const [first, second, third, fourth] = await given(4);
    expect(await claimPipeline(ctx, third?.id ?? '')).toBeNull();
    await ctx.db
      .update(pipelines)
      .set({ startedAt: new Date() })
      .where(eq(pipelines.id, fourth?.id ?? ''));
    expect(await claimPipeline(ctx, second?.id ?? '')).toBeNull();
    await claimed(fourth);
    await claimed(first);
  });

  it('are given up by a worker that has been silent for too long, and its pipeline comes first', async () => {
    const [first, second, third] = await given(3);
    await claimed(first);
    await expire(await claimed(second));
    expect(await claimPipeline(ctx, third?.id ?? '')).toBeNull();
    await claimed(second);
  });

  it('are not taken twice: a lease that ran out is not prolonged once others have the places', async () => {
    const [first, second, third] = await given(3);
    const slow = await claimed(first);
    await claimed(second);
    expect(await renewLease(ctx, slow)).toBe('held');
    await expire(slow);
    // Nobody came meanwhile.
    expect(await renewLease(ctx, slow)).toBe('held');
    await expire(slow);
    await set({ concurrentPipelines: 3 });
    await claimed(third);
    await set({ concurrentPipelines: 2 });
    expect(await renewLease(ctx, slow)).toBe('lost');
  });

  it('that become free by a cancel are taken by the next one at once', async () => {
    const [first, second, third, fourth] = await given(4);
    await claimed(first);
    await claimed(second);
    await takeJobs();
    await cancelPipeline(ctx, ctx.ownerId, first?.id ?? '');
    expect(await takeJobs()).toEqual([third?.id]);
    await cancelPipeline(ctx, ctx.ownerId, fourth?.id ?? '');
    expect(await takeJobs()).toEqual([third?.id]);
  });
});

describe('a job whose pipeline may not start', () => {
  it('ends at once and leaves no other behind while its user is at the limit', async () => {
    const [first, second, third] = await given(3);
    await claimed(first);
    await claimed(second);
    await takeJobs();
    await runPipeline(ctx, third?.id ?? '', never);
    expect(await takeJobs()).toEqual([]);
    expect(await sweptJobs()).toEqual([]);
    expect(third && (await statusOf(third))).toBe('queued');
  });

  it('asks for the one whose turn it is, when that one has lost its job', async () => {
    const [first, second, third] = await given(3);
    await claimed(first);
    await takeJobs();
    await runPipeline(ctx, third?.id ?? '', never);
    expect(await takeJobs()).toEqual([second?.id]);
  });

  it('does not come again and again for an abandoned one without a place', async () => {
    const [first, second, third] = await given(3);
    const abandoned = await claimed(first);
    await expire(abandoned);
    await set({ concurrentPipelines: 3 });
    await claimed(second);
    await claimed(third);
    await set({ concurrentPipelines: 2 });
    await takeJobs();
    await runPipeline(ctx, abandoned.id, never);
    expect(await takeJobs()).toEqual([]);
    expect(await sweptJobs()).toEqual([]);
  });
});

describe('what a worker that died has left', () => {
  /** What the look for it enqueues for this user. */
  async function found(): Promise<string[]> {
    await enqueueAbandoned(ctx);
    return (await takeJobs()).sort();
  }

  it('is found as soon as its lease has run out, and by one look only while that job is to be had', async () => {
    const [first, second] = await given(2);
    const [dead, alive] = [await claimed(first), await claimed(second)];
    await takeJobs();
    expect(await found()).toEqual([]);
    await expire(dead);
    await enqueueAbandoned(ctx);
    await enqueueAbandoned(ctx);
    expect(await takeJobs()).toEqual([dead.id]);
    expect(await statusOf(alive)).toBe('running');
  });

  it('is looked for by every worker within two seconds and a bit', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const idle = { ...ctx, queue: { ...ctx.queue, work: async () => undefined } };
    const end = await workPipelines(idle);
    try {
      const dead = await claimed((await given(1))[0]);
      await expire(dead);
      await takeJobs();
      vi.advanceTimersByTime(2_200);
      await vi.waitFor(async () => expect(await takeJobs()).toEqual([dead.id]));
    } finally {
      end();
      vi.useRealTimers();
    }
  });

  it('is not left to a job that comes later, which nobody is told of', async () => {
    const dead = await claimed((await given(1))[0]);
    await expire(dead);
    await takeJobs();
    const startAfter = new Date(Date.now() + 1_000);
    await ctx.queue.enqueue(ctx.db, runPipelineJob, { pipelineId: dead.id }, { startAfter });
    expect(await found()).toEqual([dead.id, dead.id]);
  });

  it('is left alone while its user has no place for it, or is disabled', async () => {
    const [first, second, third] = await given(3);
    const dead = await claimed(first);
    await expire(dead);
    const one = await claimed(second);
    await set({ concurrentPipelines: 3 });
    await claimed(third);
    await set({ concurrentPipelines: 2 });
    await takeJobs();
    expect(await found()).toEqual([]);
    await expire(one);
    await set({ disabled: true });
    expect(await found()).toEqual([]);
    await set({ disabled: false });
    expect(await found()).toEqual([dead.id, one.id].sort());
  });
});

describe('a disabled user', () => {
  it('has nothing started, swept or asked for, and everything again when enabled', async () => {
    const [first, second] = await given(2);
    const abandoned = await claimed(first);
    await expire(abandoned);
    await takeJobs();
    await ctx.db.execute(sql`update users set disabled = true where id = ${ctx.ownerId}`);
    for (const pipeline of [first, second]) {
      expect(await claimPipeline(ctx, pipeline?.id ?? '')).toBeNull();
      await runPipeline(ctx, pipeline?.id ?? '', never);
    }
    expect(await sweptJobs()).toEqual([]);
    expect(second && (await statusOf(second))).toBe('queued');

    await set({ disabled: false });
    expect(await sweptJobs()).toEqual([first?.id, second?.id].sort());
    await claimed(second);
  });

  it('is noticed by whoever renews a lease', async () => {
    const [first] = await given(1);
    const lease = await claimed(first);
    await set({ disabled: true });
    expect(await renewLease(ctx, lease)).toBe('disabled');
    await expire(lease);
    expect(await renewLease(ctx, lease)).toBe('disabled');
  });
});

describe('articles of a month', () => {
  const dated = (pipeline: Pipeline | undefined, createdAt: Date) =>
    ctx.db
      .update(pipelines)
      .set({ createdAt })
      .where(eq(pipelines.id, pipeline?.id ?? ''));

  it('are exactly as many as allowed, of fifty that are asked for at once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => givenPipeline(ctx)));
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(10);
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(new Set(refusals.map((error) => error.code))).toEqual(new Set(['articles_limit_reached']));
    expect(await ctx.db.$count(pipelines, eq(pipelines.userId, ctx.ownerId))).toBe(10);
    const { end } = monthIn('UTC', new Date());
    expect(refusals[0]).toMatchObject({ status: 429, retryAt: end });
    expect(refusals[0].message).toContain(`begins at ${end.toISOString().slice(0, 10)} 00:00 UTC (midnight in UTC)`);
  });

  it.each(['Pacific/Auckland', 'America/Los_Angeles'])('are counted by the calendar of %s', async (timeZone) => {
    await set({ timeZone, articlesPerMonth: 1 });
    const { start, end } = monthIn(timeZone, new Date());
    const [pipeline] = await given(1);
    await dated(pipeline, new Date(start.getTime()));
    await expect(givenPipeline(ctx)).rejects.toMatchObject({ code: 'articles_limit_reached', retryAt: end });
    await dated(pipeline, new Date(start.getTime() - 1));
    await givenPipeline(ctx);
    await expect(givenPipeline(ctx)).rejects.toMatchObject({ code: 'articles_limit_reached' });
  });

  it('count what was cancelled before it started, and do not hold up the sample', async () => {
    await set({ articlesPerMonth: 1 });
    const [pipeline] = await given(1);
    await cancelPipeline(ctx, ctx.ownerId, pipeline?.id ?? '');
    await expect(givenPipeline(ctx)).rejects.toMatchObject({ code: 'articles_limit_reached' });
    if (pipeline) await ctx.db.transaction((tx) => insertPipeline(ctx, tx, ctx.ownerId, pipeline.brief));
  });

  it('are refused by the API with the time to come back', async () => {
    const { ownerId } = app.ctx;
    await app.ctx.db.update(users).set({ articlesPerMonth: 0 }).where(eq(users.id, ownerId));
    const payload = { topic: 'Sourdough', sources: breadSources };
    const answer = await app.server.inject({ method: 'POST', url: '/api/v1/pipelines', payload });
    expect(answer.statusCode).toBe(429);
    expect(answer.json()).toMatchObject({ code: 'articles_limit_reached' });
    const untilTurn = (monthIn('UTC', new Date()).end.getTime() - Date.now()) / 1000;
    expect(Math.abs(Number(answer.headers['retry-after']) - untilTurn)).toBeLessThan(5);
    // An estimate begins nothing.
    const estimate = { method: 'POST', url: '/api/v1/pipelines?dryRun=true', payload } as const;
    expect((await app.server.inject(estimate)).statusCode).toBe(200);
  });
});
