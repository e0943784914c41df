import { setTimeout as sleep } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { breadSources, givenPipeline } from '../../test/factories.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { users } from '../accounts/schema.ts';
import { newId } from '../db/id.ts';
import { runDueSchedules } from '../schedules/run-due.ts';
import { scheduleRuns } from '../schedules/schema.ts';
import { topics } from '../topics/schema.ts';
import { addTopics } from '../topics/topics.ts';
import { cancelPipeline, continuePipeline, retryPipeline } from './commands.ts';
import { reserveRoom } from './queue-room.ts';
import { type Pipeline, pipelines } from './schema.ts';

/* How many pipelines may wait, of a user and of all. Nothing works here. */

let app: TestApp;
let ctx: TestContext;

beforeAll(async () => {
  app = await startTestApp({ env: { QUEUED_PIPELINES: '5', INSTANCE_QUEUED_PIPELINES: '12' } });
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.ctx.db.delete(pipelines);
  const id = newId();
  await app.ctx.db.insert(users).values({ id, name: 'Someone' });
  ctx = { ...app.ctx, ownerId: id };
});

const brief = { topic: 'Sourdough', sources: breadSources };
const post = (headers: Record<string, string> = {}) =>
  app.server.inject({ method: 'POST', url: '/api/v1/pipelines', payload: brief, headers });
const another = async (limits: Partial<typeof users.$inferInsert> = {}): Promise<TestContext> => {
  const id = newId();
  await ctx.db.insert(users).values({ id, name: 'Another', ...limits });
  return { ...ctx, ownerId: id };
};
const queued = (of: TestContext) => of.db.$count(pipelines, eq(pipelines.userId, of.ownerId));
const outcomes = async (all: Promise<unknown>[]) => {
  const settled = await Promise.allSettled(all);
  const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  for (const error of refused) expect(error).toMatchObject({ code: 'queue_full', status: 429, retryable: true });
  return { let: settled.length - refused.length, refused };
};

describe('a full queue', () => {
  it('of a user takes exactly as many as may wait, of thirty that are asked for at once', async () => {
    const { let: taken, refused } = await outcomes(Array.from({ length: 30 }, () => givenPipeline(ctx)));
    expect(taken).toBe(5);
    expect(await queued(ctx)).toBe(5);
    expect(refused[0].message).toBe('5 of your articles are waiting to begin, and no more may wait.');
    // Others are not concerned.
    await givenPipeline(await another());
  });

  it('has as much room as an admin says', async () => {
    await ctx.db.update(users).set({ queuedPipelines: 7 }).where(eq(users.id, ctx.ownerId));
    expect((await outcomes(Array.from({ length: 9 }, () => givenPipeline(ctx)))).let).toBe(7);
  });

  it('of the instance takes exactly as many, whoever asks', async () => {
    const everyone = await Promise.all(Array.from({ length: 6 }, () => another()));
    const asked = everyone.flatMap((one) => Array.from({ length: 4 }, () => givenPipeline(one)));
    const { let: taken, refused } = await outcomes(asked);
    expect(taken).toBe(12);
    expect(await ctx.db.$count(pipelines)).toBe(12);
    expect(refused[0].message).toBe('This instance has 12 articles waiting to begin, and no more may wait.');
  });

  it('of the instance lets nobody in beside one who has taken the last place and has not committed', async () => {
    for (const count of [5, 5, 1]) {
      const crowd = await another();
      for (let n = 0; n < count; n++) await givenPipeline(crowd);
    }
    const [one, two] = [await another(), await another()];
    let second: Promise<unknown> | undefined;
    await ctx.db.transaction(async (tx) => {
      await reserveRoom(tx, ctx.config, one.ownerId);
      const row = { id: newId(), userId: one.ownerId, topic: 'Bread', status: 'queued' as const, budgetMicroUsd: 0 };
      await tx.insert(pipelines).values({ ...row, brief: {} as Pipeline['brief'] });
      second = givenPipeline(two).catch((error: unknown) => error);
      // Long enough to be let in, if nothing kept it.
      await sleep(1_000);
    });
    expect(await second).toMatchObject({ code: 'queue_full' });
    expect(await ctx.db.$count(pipelines)).toBe(12);
  });

  it('has room again when something begins, ends or is cancelled', async () => {
    const made = [];
    for (let n = 0; n < 5; n++) made.push(await givenPipeline(ctx));
    await expect(givenPipeline(ctx)).rejects.toMatchObject({ code: 'queue_full' });
    await cancelPipeline(ctx, ctx.ownerId, made[0]?.id ?? '');
    await givenPipeline(ctx);
    await expect(givenPipeline(ctx)).rejects.toMatchObject({ code: 'queue_full' });
    await ctx.db
      .update(pipelines)
      .set({ status: 'running' })
      .where(eq(pipelines.id, made[1]?.id ?? ''));
    await givenPipeline(ctx);
  });

  it('is in the way of a person who retries, and not of what goes on by itself or waited for them', async () => {
    const [one, two] = [await givenPipeline(ctx), await givenPipeline(ctx)];
    await ctx.db.update(pipelines).set({ status: 'failed' }).where(eq(pipelines.id, one.id));
    const waiting = { reason: 'duplicate' as const };
    await ctx.db.update(pipelines).set({ status: 'waiting', waiting }).where(eq(pipelines.id, two.id));
    for (let n = 0; n < 5; n++) await givenPipeline(ctx);
    await expect(retryPipeline(ctx, ctx.ownerId, one.id)).rejects.toMatchObject({ code: 'queue_full' });
    expect(await continuePipeline(ctx, ctx.ownerId, two.id, undefined)).toMatchObject({ status: 'queued' });
  });

  it('answers 429 with the time to come back, and the same Idempotency-Key works then', async () => {
    const owner = app.ctx;
    for (let n = 0; n < 5; n++) expect((await post()).statusCode).toBe(202);
    const refused = await post({ 'idempotency-key': 'again' });
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toMatchObject({ code: 'queue_full', hint: expect.stringContaining('Retry-After') });
    // Nothing has begun for an hour: that is all there is to know.
    expect(Number(refused.headers['retry-after'])).toBe(900);
    await owner.db
      .update(pipelines)
      .set({ status: 'succeeded', startedAt: sql`now() - interval '5 minutes'` as never })
      .where(sql`id in (select id from pipelines where user_id = ${owner.ownerId} limit 1)`);
    expect((await post({ 'idempotency-key': 'again' })).statusCode).toBe(202);
    const repeated = await post({ 'idempotency-key': 'again' });
    expect(repeated.statusCode).toBe(202);
    expect(await queued(owner)).toBe(6);
    // One an hour is slower than the longest wait; sixty an hour is one a minute.
    expect(Number((await post()).headers['retry-after'])).toBe(900);
    await owner.db.execute(sql`insert into pipelines (id, user_id, brief, topic, status, budget_micro_usd, started_at)
      select gen_random_uuid(), ${owner.ownerId}, '{}', 'x', 'succeeded', 0, now() - interval '1 minute' from generate_series(1, 59)`);
    expect(Number((await post()).headers['retry-after'])).toBe(60);
    // An estimate begins nothing.
    const estimate = { method: 'POST', url: '/api/v1/pipelines?dryRun=true', payload: brief } as const;
    expect((await app.server.inject(estimate)).statusCode).toBe(200);
  });

  it('lets a time of a schedule go by with the reason, and its topic stays', async () => {
    const owner = app.ctx;
    const answer = await app.server.inject({
      method: 'POST',
      url: '/api/v1/schedules',
      payload: { rule: { cron: '0 9 * * *' }, timeZone: 'UTC' },
    });
    expect(answer.statusCode).toBe(201);
    await owner.db.transaction((tx) => addTopics(tx, owner.ownerId, [{ topic: 'Sourdough for later' }]));
    for (let n = 0; n < 5; n++) await givenPipeline(owner);
    const next = new Date(answer.json().nextSlotAt);
    expect(await runDueSchedules(owner, next)).toMatchObject([
      { outcome: 'skipped', reason: { code: 'queue_full' }, topicId: null, pipelineId: null },
    ]);
    const [topic] = await owner.db.select().from(topics);
    expect(topic).toMatchObject({ status: 'open', pipelineId: null });
    expect(await queued(owner)).toBe(5);
    expect(await owner.db.$count(scheduleRuns)).toBe(1);
  });
});
