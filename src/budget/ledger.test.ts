import { setTimeout as sleep } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import {
  callPlan,
  countedInstance,
  countedMonth,
  givenBudget,
  givenUser,
  type PipelinePlan,
  reserveOne,
  setLimit,
  wrongCounters,
} from '../../test/ledger.ts';
import { users } from '../accounts/schema.ts';
import { newId } from '../db/id.ts';
import type { AppError } from '../errors.ts';
import { pipelines } from '../pipeline/schema.ts';
import {
  type CallPlan,
  findAnswer,
  listCalls,
  pipelineSpending,
  release,
  reserve,
  settle,
  settleAbandoned,
  tryReserve,
} from './ledger.ts';
import { paidCalls } from './schema.ts';
import { turnOf } from './turn.ts';

let app: TestApp;
let userId: string;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  // Each test has the instance's month to itself.
  await app.ctx.db.delete(users).where(sql`${users.id} <> ${app.ctx.ownerId}`);
  await app.ctx.db.execute(sql`delete from instance_months`);
  userId = await givenUser(app.ctx.db);
});

const usage = {
  inputTokens: 10,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 10,
  reasoningTokens: 0,
};
const noon = new Date('2026-11-11T12:00:00Z');
const rejected = { code: 'model_rejected' as const, message: 'no', hint: '' };

async function plan(budgetMicroUsd: number, worstCaseMicroUsd: number, more: Partial<PipelinePlan> = {}) {
  return callPlan(userId, await givenBudget(app.ctx.db, userId, budgetMicroUsd), worstCaseMicroUsd, more);
}
const ctxWith = (budget: Partial<TestApp['ctx']['config']['budget']>) => ({
  db: app.ctx.db,
  config: { ...app.ctx.config, budget: { ...app.ctx.config.budget, ...budget } },
});
const settleAt = (id: string, costMicroUsd: number | null) =>
  settle(app.ctx.db, id, { usage: costMicroUsd === null ? null : usage, costMicroUsd, output: {} });

describe('a pipeline', () => {
  test('never has settled and reserved together pass its budget, however many calls ask at once', async () => {
    const call = await plan(1_000, 150);
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => reserveOne(app.ctx, call)));
    const granted = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(granted).toHaveLength(6);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'budget_exceeded' });
    }
    // True costs below the reservations make room again.
    await Promise.all(granted.map((id) => settleAt(id, 50)));
    expect(await pipelineSpending(app.ctx.db, call.pipelineId)).toEqual({ settledMicroUsd: 300, reservedMicroUsd: 0 });
    await expect(reserveOne(app.ctx, { ...call, worstCaseMicroUsd: 701 })).rejects.toMatchObject({
      code: 'budget_exceeded',
      details: { cap: 'pipeline', neededMicroUsd: 701, until: null },
    });
    await expect(reserveOne(app.ctx, { ...call, worstCaseMicroUsd: 700 })).resolves.toBeTypeOf('string');
    expect(await wrongCounters(app.ctx.db)).toEqual([]);
  });

  test('settling twice changes nothing, and a call without usage counts with its reservation', async () => {
    const call = await plan(1_000, 100);
    const id = await reserveOne(app.ctx, call);
    await settle(app.ctx.db, id, { usage, costMicroUsd: 40, output: 'first' });
    await settle(app.ctx.db, id, { usage, costMicroUsd: 99, output: 'second' });
    const unknown = await reserveOne(app.ctx, call);
    await settleAt(unknown, null);
    expect((await listCalls(app.ctx.db, [call.pipelineId])).map((row) => [row.costMicroUsd, row.estimated])).toEqual([
      [40, false],
      [100, true],
    ]);
    expect((await findAnswer(app.ctx.db, call.pipelineId, call.requestDigest))?.output).toBe('first');
  });

  test('what a dead worker left reserved is counted in full, and corrected if it turns out to live', async () => {
    const call = await plan(1_000, 100);
    const id = await reserveOne(app.ctx, call);
    expect(await settleAbandoned(app.ctx.db, call.pipelineId)).toBe(1);
    expect(await pipelineSpending(app.ctx.db, call.pipelineId)).toEqual({ settledMicroUsd: 100, reservedMicroUsd: 0 });
    await settleAt(id, 30);
    expect(await pipelineSpending(app.ctx.db, call.pipelineId)).toEqual({ settledMicroUsd: 30, reservedMicroUsd: 0 });
    const refused = await reserveOne(app.ctx, call);
    await settleAbandoned(app.ctx.db, call.pipelineId);
    await release(app.ctx.db, refused, rejected);
    expect(await pipelineSpending(app.ctx.db, call.pipelineId)).toEqual({ settledMicroUsd: 30, reservedMicroUsd: 0 });
    expect(await settleAbandoned(app.ctx.db, call.pipelineId)).toBe(0);
    expect(await wrongCounters(app.ctx.db)).toEqual([]);
  });

  test('a refused call gives its reservation back', async () => {
    const call = await plan(100, 100);
    const id = await reserveOne(app.ctx, call);
    await release(app.ctx.db, id, rejected);
    // An answer that comes after all would have been billed by nobody.
    await settleAt(id, 70);
    await expect(reserveOne(app.ctx, call)).resolves.toBeTypeOf('string');
    expect(await pipelineSpending(app.ctx.db, call.pipelineId)).toEqual({ settledMicroUsd: 0, reservedMicroUsd: 100 });
  });

  test('is given nothing under a lease that it no longer has, and nothing when it is gone', async () => {
    const call = await plan(1_000, 100, { lease: 1 });
    await expect(tryReserve(app.ctx, call)).rejects.toMatchObject({ code: 'lease_lost' });
    await app.ctx.db.update(pipelines).set({ status: 'running', lease: 1 }).where(eq(pipelines.id, call.pipelineId));
    await expect(reserveOne(app.ctx, call)).resolves.toBeTypeOf('string');
    await expect(tryReserve(app.ctx, { ...call, pipelineId: newId() })).rejects.toMatchObject({ code: 'not_found' });
    await expect(tryReserve(app.ctx, { ...call, userId: newId() })).rejects.toMatchObject({ code: 'not_found' });
    expect(await app.ctx.db.$count(paidCalls)).toBe(1);
  });
});

describe("a user's month", () => {
  test('holds over all of their pipelines at once, and ends with a limit that was lowered below what is spent', async () => {
    await setLimit(app.ctx.db, userId, 1_000);
    const calls = await Promise.all(Array.from({ length: 5 }, () => plan(5_000, 150)));
    const results = await Promise.all([...calls, ...calls].map((call) => tryReserve(app.ctx, call, noon)));
    const granted = results.flatMap((result) => ('id' in result ? [result.id] : []));
    expect(granted).toHaveLength(6);
    for (const result of results) if ('refusal' in result) expect(result.refusal.cap).toBe('month');

    // Lower than what is under way: that ends as it would have, and nothing new starts.
    await setLimit(app.ctx.db, userId, 100);
    for (const id of granted) await settleAt(id, 150);
    expect(await countedMonth(app.ctx.db, userId, '2026-11')).toEqual({ settled: 900, reserved: 0 });
    const [call] = calls;
    if (!call) throw new Error('there are five');
    await expect(reserveOne(app.ctx, { ...call, worstCaseMicroUsd: 1 }, noon)).rejects.toMatchObject({
      code: 'budget_exceeded',
      details: { cap: 'month', until: '2026-12-01T00:00:00.000Z' },
    });
    // What costs nothing is never held up.
    await expect(reserveOne(app.ctx, { ...call, worstCaseMicroUsd: 0 }, noon)).resolves.toBeTypeOf('string');
    await setLimit(app.ctx.db, userId, 1_000);
    await expect(reserveOne(app.ctx, { ...call, worstCaseMicroUsd: 100 }, noon)).resolves.toBeTypeOf('string');
  });

  test('counts what is paid with a key of their own apart, under a limit of its own', async () => {
    await setLimit(app.ctx.db, userId, 100);
    const call = await plan(100_000, 100);
    await settleAt(await reserveOne(app.ctx, call, noon), 100);
    const own: CallPlan = { ...call, payer: 'user', worstCaseMicroUsd: 40_000 };
    const ctx = ctxWith({ instanceLimitMicroUsd: 100 });
    await settleAt(await reserveOne(ctx, own, noon), 40_000);
    await app.ctx.db.update(users).set({ ownMonthlyLimitMicroUsd: 50_000 }).where(eq(users.id, userId));
    await expect(reserveOne(ctx, own, noon)).rejects.toMatchObject({ details: { cap: 'own-month' } });
    expect(await countedMonth(app.ctx.db, userId, '2026-11', 'user')).toEqual({ settled: 40_000, reserved: 0 });
    expect(await countedMonth(app.ctx.db, userId, '2026-11')).toEqual({ settled: 100, reserved: 0 });
    expect(await countedInstance(app.ctx.db, '2026-11')).toMatchObject({ settled: 100, reserved: 0 });
  });
});

describe("the instance's month", () => {
  test('is never passed by twelve users that race for the last dollars, and nobody is refused while money is left', async () => {
    const ctx = ctxWith({ instanceLimitMicroUsd: 1_000_000 });
    const racers = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const id = await givenUser(app.ctx.db);
        return callPlan(id, await givenBudget(app.ctx.db, id, 10_000_000), 30_000);
      }),
    );
    const race = async (call: CallPlan): Promise<number> => {
      for (let calls = 0; ; calls++) {
        try {
          const wait = { pause: () => sleep(5), onWait: async () => undefined };
          const id = await reserve(ctx, call, wait);
          const { settled, reserved, allotted } = await countedInstance(app.ctx.db, month);
          expect(settled + reserved).toBeLessThanOrEqual(1_000_000);
          expect(allotted).toBeLessThanOrEqual(1_000_000);
          await settleAt(id, 30_000);
        } catch (error) {
          expect((error as AppError).details).toMatchObject({ cap: 'instance' });
          return calls;
        }
      }
    };
    const month = new Date().toISOString().slice(0, 7);
    const made = await Promise.all(racers.map(race));
    // 33 times 30,000 fit under a million, whoever drew what.
    expect(made.reduce((sum, calls) => sum + calls, 0)).toBe(33);
    expect(await countedInstance(app.ctx.db, month)).toMatchObject({ settled: 990_000, reserved: 0 });
    expect(await wrongCounters(app.ctx.db)).toEqual([]);
  });

  test('gives what others have drawn and do not use to whoever needs it, to the last micro-dollar', async () => {
    const ctx = ctxWith({ instanceLimitMicroUsd: 100_000 });
    const idle = await givenUser(app.ctx.db);
    await reserveOne(ctx, callPlan(idle, await givenBudget(app.ctx.db, idle, 50_000), 1_000), noon);
    expect((await countedInstance(app.ctx.db, '2026-11')).allotted).toBeGreaterThan(10_000);
    const call = await plan(500_000, 99_001);
    await expect(reserveOne(ctx, call, noon)).rejects.toMatchObject({ details: { cap: 'instance' } });
    await expect(reserveOne(ctx, { ...call, worstCaseMicroUsd: 99_000 }, noon)).resolves.toBeTypeOf('string');
    expect(await countedInstance(app.ctx.db, '2026-11')).toEqual({ settled: 0, reserved: 100_000, allotted: 100_000 });
  });

  test('tells nobody what others have spent', async () => {
    const ctx = ctxWith({ instanceLimitMicroUsd: 70_000 });
    const other = await givenUser(app.ctx.db);
    await reserveOne(ctx, callPlan(other, await givenBudget(app.ctx.db, other, 80_000), 61_234), noon);
    const error = await reserveOne(ctx, await plan(80_000, 20_000), noon).catch((error: AppError) => error);
    expect(JSON.stringify([error, (error as AppError).message])).not.toMatch(/0\.06|0\.07|0\.0087|61234|8766/);
  });

  test('counts what an account had spent when the account is gone, and what its calls still may cost', async () => {
    const ctx = ctxWith({ instanceLimitMicroUsd: 100_000 });
    const leaving = await givenUser(app.ctx.db);
    const theirs = callPlan(leaving, await givenBudget(app.ctx.db, leaving, 90_000), 40_000);
    await settleAt(await reserveOne(ctx, theirs, noon), 30_000);
    const open = await reserveOne(ctx, theirs, noon);
    await app.ctx.db.delete(users).where(eq(users.id, leaving));
    await settleAt(open, 10);
    expect(await countedInstance(app.ctx.db, '2026-11')).toEqual({ settled: 70_000, reserved: 0, allotted: 70_000 });
    const call = await plan(500_000, 30_001);
    await expect(reserveOne(ctx, call, noon)).rejects.toMatchObject({ details: { cap: 'instance' } });
    await expect(reserveOne(ctx, { ...call, worstCaseMicroUsd: 30_000 }, noon)).resolves.toBeTypeOf('string');
    expect(await wrongCounters(app.ctx.db)).toEqual([]);
  });
});

describe('a call that does not fit', () => {
  /** Reserves half of the budget twice, so that a third call has to wait. */
  async function fullHouse() {
    const call = await plan(1_000, 500);
    return { call, first: await reserveOne(app.ctx, call), second: await reserveOne(app.ctx, call) };
  }

  test('waits while only reservations stand in the way, says so once, and goes on when they are settled', async () => {
    const { call, first, second } = await fullHouse();
    const told: number[] = [];
    let pauses = 0;
    const id = await reserve(app.ctx, call, {
      onWait: async (refusal) => void told.push(refusal.reservedMicroUsd),
      pause: async () => {
        pauses++;
        // What is settled in full makes no room; what was cheaper does.
        if (pauses === 1) await settleAt(first, 500);
        if (pauses === 3) await settleAt(second, 0);
      },
    });
    expect(id).toBeTypeOf('string');
    expect(pauses).toBe(3);
    expect(told).toEqual([1_000]);
  });

  test('is told when the money is truly spent, also while it waits', async () => {
    const { call, first, second } = await fullHouse();
    const waiting = reserve(app.ctx, call, {
      onWait: async () => undefined,
      pause: () => Promise.all([settleAt(first, 500), settleAt(second, 1)]).then(() => undefined),
    });
    await expect(waiting).rejects.toMatchObject({ code: 'budget_exceeded', details: { cap: 'pipeline' } });
    const never = { onWait: () => expect.unreachable(), pause: () => expect.unreachable() };
    await expect(reserve(app.ctx, { ...call, worstCaseMicroUsd: 500 }, never)).rejects.toMatchObject({
      code: 'budget_exceeded',
    });
  });

  test('is given up with the reason of whoever gave it up', async () => {
    const { call } = await fullHouse();
    const controller = new AbortController();
    const reason = new Error('the pipeline was cancelled');
    const log = async (message: string) => {
      expect(message).toContain('Waiting for other calls to end: the next one may cost $0.0005');
      controller.abort(reason);
    };
    await expect(reserve(app.ctx, call, turnOf({ signal: controller.signal, log }))).rejects.toBe(reason);
    expect(await app.ctx.db.$count(paidCalls, eq(paidCalls.status, 'reserved'))).toBe(2);
  });
});

describe('a model that cost more than it was asked for', () => {
  const later = (hours: number) => new Date(noon.getTime() + hours * 3_600_000);
  const reservedFor = async (call: CallPlan, at: Date) => {
    const id = await reserveOne(app.ctx, call, at);
    const [row] = await app.ctx.db.select().from(paidCalls).where(eq(paidCalls.id, id));
    await release(app.ctx.db, id, rejected);
    return row?.reservedMicroUsd;
  };

  test('is settled in full, reserves as much more afterwards, and is trusted again after a day', async () => {
    const call = await plan(10_000, 300);
    await settleAt(await reserveOne(app.ctx, call, noon), 3_000);
    expect(await countedMonth(app.ctx.db, userId, '2026-11')).toEqual({ settled: 3_000, reserved: 0 });
    expect(await reservedFor({ ...call, worstCaseMicroUsd: 7 }, later(1))).toBe(70);
    expect(await reservedFor({ ...call, model: 'test:another' }, later(1))).toBe(300);
    expect(await reservedFor(call, later(23))).toBe(3_000);
    expect(await reservedFor(call, later(24))).toBe(300);
    // Ten times as much does not fit: then it is not made.
    await expect(reserveOne(app.ctx, { ...call, worstCaseMicroUsd: 701 }, later(2))).rejects.toMatchObject({
      details: { cap: 'pipeline', neededMicroUsd: 7_010 },
    });
  });

  test('an estimate says nothing about a model: it does not keep the memory alive', async () => {
    const call = await plan(100_000, 300);
    await settleAt(await reserveOne(app.ctx, call, noon), 3_000);
    await settleAt(await reserveOne(app.ctx, call, later(20)), null);
    expect(await reservedFor(call, later(30))).toBe(300);
  });

  test('one absurd bill does not break what is counted: the next call just fits nowhere', async () => {
    const call = await plan(1_000_000_000, 1);
    await settleAt(await reserveOne(app.ctx, call, noon), 20_000_000_000_000);
    const next = {
      ...call,
      pipelineId: await givenBudget(app.ctx.db, userId, 1_000_000_000),
      worstCaseMicroUsd: 1_000_000,
    };
    await expect(reserveOne(app.ctx, next, noon)).rejects.toMatchObject({ code: 'budget_exceeded' });
    expect(await wrongCounters(app.ctx.db)).toEqual([]);
  });
});
