import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { users } from '../accounts/schema.ts';
import { newId } from '../db/id.ts';
import { queryRows } from '../db/open.ts';
import { prioritizePipeline } from './commands.ts';
import { runPipelineJob } from './jobs.ts';
import { enqueueNext } from './line.ts';
import { type Pipeline, pipelines } from './schema.ts';
import { awaitSilent, claimFirst, turnsOf } from './turn.ts';

/* Whose turn it is among many users. Workers are played: they take jobs as the queue gives them out, and end on demand. */

let app: TestApp;
let ctx: TestContext;

beforeAll(async () => {
  app = await startTestApp({ env: { CONCURRENT_PIPELINES: '2' } });
  ctx = app.ctx;
});
afterAll(() => app.close());
beforeEach(async () => {
  await ctx.db.execute(sql`delete from pgboss.job where name = ${runPipelineJob.name}`);
  await ctx.db.delete(pipelines);
});

async function someone(limits: Partial<typeof users.$inferInsert> = {}): Promise<string> {
  const id = newId();
  await ctx.db.insert(users).values({ id, name: 'Someone', ...limits });
  return id;
}

/** Pipelines of a user as if they had just been asked for, a millisecond apart, with the jobs that they get. */
async function given(userId: string, count: number, change: Partial<Pipeline> = {}): Promise<string[]> {
  const [clock] = await queryRows<{ now: string }>(ctx.db, sql`select clock_timestamp() as now`);
  const from = new Date(clock?.now ?? '').getTime();
  const rows = Array.from({ length: count }, (_, index) => ({
    id: newId(),
    userId,
    brief: {} as Pipeline['brief'],
    topic: 'Bread',
    status: 'queued' as const,
    budgetMicroUsd: 0,
    createdAt: new Date(from + index),
    ...change,
  }));
  await ctx.db.insert(pipelines).values(rows);
  await enqueueNext(ctx, ctx.db, userId);
  return rows.map(({ id }) => id);
}

/** The next job in the order of the queue; null when none is left. */
async function takeJob(): Promise<string | null> {
  const [row] = await queryRows<{ id: string }>(
    ctx.db,
    sql`delete from pgboss.job where id = (
          select id from pgboss.job where name = ${runPipelineJob.name} and state in ('created', 'retry') and start_after <= now()
          order by priority desc, created_on, id limit 1
        ) returning data ->> 'pipelineId' as id`,
  );
  return row?.id ?? null;
}

/** Workers with so many places, as the processes of an instance have them. */
function workers(places: number) {
  const atWork: Pipeline[] = [];
  const begun: Pipeline[] = [];
  return {
    atWork,
    /** Whose pipelines were begun, in that order. */
    order: () => begun.map(({ userId }) => userId),
    async fill() {
      while (atWork.length < places) {
        const ticket = await takeJob();
        if (ticket === null) return;
        const taken = await claimFirst(ctx, await turnsOf(ctx.db, ctx.config, ticket), ticket, new Set());
        if (!taken) continue;
        atWork.push(taken);
        begun.push(taken);
      }
    },
    /** Ends what has been worked on the longest, and lets the next ones begin. */
    async end() {
      const done = atWork.shift();
      if (!done) throw new Error('nobody is at work');
      await ctx.db.transaction(async (tx) => {
        await tx.update(pipelines).set({ status: 'succeeded', leaseExpiresAt: null }).where(eq(pipelines.id, done.id));
        await enqueueNext(ctx, tx, done.userId);
      });
      await this.fill();
    },
  };
}

const jobs = async () =>
  (
    await queryRows<{ count: number }>(
      ctx.db,
      sql`select count(*)::int as count from pgboss.job where name = ${runPipelineJob.name}`,
    )
  )[0]?.count ?? 0;

describe('a user with a thousand pipelines', () => {
  it.each([
    { places: 1, allowed: 2 },
    { places: 4, allowed: 2 },
    { places: 1, allowed: 20 },
    { places: 4, allowed: 20 },
  ])("delays another's first by no more than one: $places places, $allowed at a time", async ({ places, allowed }) => {
    const crowd = await someone({ concurrentPipelines: allowed });
    await given(crowd, 1_000);
    // No more is enqueued than may begin.
    expect(await jobs()).toBe(allowed);
    const team = workers(places);
    await team.fill();
    const other = await someone();
    await given(other, 3);
    for (let ends = 0; ends < 4; ends++) await team.end();
    const since = team.order().slice(Math.min(places, allowed));
    expect(since[0]).toBe(other);
    expect(since.filter((id) => id === other).length).toBeGreaterThanOrEqual(2);
    expect(team.order().filter((id) => id === crowd)).not.toHaveLength(0);
  });

  it('never has more at work than it may, and its places are used', async () => {
    const crowd = await someone({ concurrentPipelines: 3 });
    await given(crowd, 1_000);
    const team = workers(8);
    await team.fill();
    for (let ends = 0; ends < 10; ends++) {
      expect(team.atWork).toHaveLength(3);
      await team.end();
    }
  });
});

describe('fifty users with many pipelines each', () => {
  it.each([1, 4])('have their turns one after the other, with %i places', async (places) => {
    const everyone: string[] = [];
    for (let n = 0; n < 50; n++) {
      const id = await someone();
      everyone.push(id);
      await given(id, 5);
    }
    const team = workers(places);
    await team.fill();
    while (team.order().length < 150) await team.end();
    const order = team.order();
    for (const round of [0, 1, 2]) {
      // With several places who ends first may come back a little earlier or later, never by a whole round.
      expect(new Set(order.slice(round * 50, (round + 1) * 50)), `round ${round}`).toEqual(new Set(everyone));
    }
    // Whoever comes now has not had a turn yet.
    const newcomer = await someone();
    await given(newcomer, 2);
    await team.end();
    expect(team.order()[150]).toBe(newcomer);
  });

  it('are not held up by those who may not begin', async () => {
    for (let n = 0; n < 30; n++) {
      const id = await someone();
      await given(id, 2);
      await ctx.db.update(users).set({ disabled: true }).where(eq(users.id, id));
    }
    const other = await someone();
    await given(other, 1);
    const team = workers(1);
    await team.fill();
    expect(team.order()).toEqual([other]);
  });
});

describe('money', () => {
  const cost = { expectedMicroUsd: 1_000 };
  const forgetJobs = () => ctx.db.execute(sql`delete from pgboss.job where name = ${runPipelineJob.name}`);

  it('of one user is not counted against another, and what has begun is counted once', async () => {
    const [one, two] = [await someone({ monthlyLimitMicroUsd: 1_000 }), await someone({ monthlyLimitMicroUsd: 1_000 })];
    await given(one, 1, cost);
    await given(two, 1, cost);
    const both = await someone({ monthlyLimitMicroUsd: 2_000 });
    await given(both, 1, { ...cost, startedAt: new Date() });
    await given(both, 1, cost);
    await forgetJobs();
    expect(await enqueueNext(ctx, ctx.db)).toBe(4);
  });

  it('that others lack does not use up the job of one who has it, however many they are', async () => {
    for (let n = 0; n < 25; n++) {
      const id = await someone();
      await given(id, 1, { ...cost, status: 'running', startedAt: new Date(), leaseExpiresAt: new Date('2099-01-01') });
      await given(id, 1, cost);
      await ctx.db.update(users).set({ monthlyLimitMicroUsd: 1_000 }).where(eq(users.id, id));
    }
    const other = await someone({ concurrentPipelines: 3 });
    await given(other, 2, { status: 'running', startedAt: new Date(), leaseExpiresAt: new Date('2099-01-01') });
    const [ticket = ''] = await given(other, 1);
    const turns = await turnsOf(ctx.db, ctx.config, ticket);
    expect(turns.indexOf(ticket)).toBe(20);
    expect(await claimFirst(ctx, turns, ticket, new Set())).toMatchObject({ id: ticket });
  });
});

describe('what was interrupted', () => {
  it('goes on before whatever is new: given back by a worker that stops, or left by one that died', async () => {
    const [one, two] = [await someone(), await someone()];
    for (let n = 0; n < 5; n++) await given(await someone(), 2);
    await ctx.db.update(users).set({ lastTurnAt: new Date() }).where(sql`id in (${one}, ${two})`);
    const [givenBack] = await given(one, 1, { handedOver: true, startedAt: new Date() });
    const [left] = await given(two, 1, { status: 'running', leaseExpiresAt: new Date(0), startedAt: new Date() });
    const team = workers(2);
    await team.fill();
    expect(team.atWork.map(({ id }) => id).sort()).toEqual([givenBack, left].sort());
    expect(team.atWork.map(({ handedOver }) => handedOver)).toEqual([false, false]);
  });

  it('is found at the end of its lease, although the job was used for another', async () => {
    const [id] = await given(await someone(), 1, { status: 'running', startedAt: new Date() });
    const lease = (seconds: number) =>
      ctx.db.update(pipelines).set({ leaseExpiresAt: sql`now() + ${`${seconds} seconds`}::interval` as never });
    await ctx.db.execute(sql`delete from pgboss.job where name = ${runPipelineJob.name}`);
    await lease(11);
    await awaitSilent(ctx);
    expect(await jobs()).toBe(0);
    await lease(5);
    await awaitSilent(ctx);
    const [job] = await queryRows<{ id: string; wait: number }>(
      ctx.db,
      sql`select data ->> 'pipelineId' as id, extract(epoch from start_after - now())::float8 as wait from pgboss.job where name = ${runPipelineJob.name}`,
    );
    expect(job?.id).toBe(id);
    expect(job?.wait).toBeGreaterThan(4);
    expect(job?.wait).toBeLessThan(6);
  });
});

describe('a priority', () => {
  it('puts the high before the normal before the low, and what has begun before all', async () => {
    const user = await someone({ concurrentPipelines: 1 });
    const [low] = await given(user, 1, { priority: -1 });
    const [normal] = await given(user, 1);
    const [high] = await given(user, 1, { priority: 1 });
    const [begun] = await given(user, 1, { startedAt: new Date(), priority: -1 });
    const team = workers(1);
    await team.fill();
    const order: (string | undefined)[] = [];
    for (let n = 0; n < 4; n++) {
      order.push(team.atWork[0]?.id);
      await team.end();
    }
    expect(order).toEqual([begun, high, normal, low]);
  });

  it('takes effect at once, also for what has no job yet, and overtakes nobody else', async () => {
    const user = await someone({ concurrentPipelines: 1 });
    const mine = await given(user, 5);
    const other = await someone();
    await given(other, 1);
    const team = workers(1);
    await team.fill();
    expect(team.atWork[0]?.id).toBe(mine[0]);
    await prioritizePipeline(ctx, user, mine[4] ?? '', 'high');
    await team.end();
    expect(team.atWork[0]?.userId).toBe(other);
    await team.end();
    expect(team.atWork[0]?.id).toBe(mine[4]);
    await team.end();
    expect(team.atWork[0]?.id).toBe(mine[1]);
  });

  it('is refused for what has ended, and does not disturb whoever is at work', async () => {
    const user = await someone();
    const [id = ''] = await given(user, 1);
    const team = workers(1);
    await team.fill();
    const lease = team.atWork[0]?.lease;
    expect(await prioritizePipeline(ctx, user, id, 'low')).toMatchObject({ priority: -1, lease, status: 'running' });
    await team.end();
    await expect(prioritizePipeline(ctx, user, id, 'high')).rejects.toMatchObject({ code: 'invalid_state' });
    await expect(prioritizePipeline(ctx, await someone(), id, 'high')).rejects.toMatchObject({ code: 'not_found' });
  });
});
