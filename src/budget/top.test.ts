import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { givenCall } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { users } from '../accounts/schema.ts';
import { dollars } from './ledger.ts';

let app: TestApp;
let boss: Account;
beforeAll(async () => {
  app = await startTestApp({ env: { INSTANCE_MONTHLY_LIMIT_USD: '50', MONTHLY_LIMIT_USD: '7' } });
  boss = await givenAccount(app, 'boss@example.com');
});
afterAll(() => app.close());

interface Top {
  month: string;
  instance: Record<string, number | null>;
  items: { user: { id: string; email: string }; [name: string]: unknown }[];
}
const top = async (query = '') => (await boss.api.ask<Top>('GET', `/admin/usage/top?${query}`)).json;
const someone = () => givenAccount(app, `${crypto.randomUUID()}@example.com`);

describe('the top spenders', () => {
  it("stand in the order of what the instance pays for them, with their share of the month's money", async () => {
    const [little, much, own, other] = [await someone(), await someone(), await someone(), await someone()];
    const startedAt = new Date('2026-03-31T23:59:59Z');
    const call = (userId: string, more: object) => givenCall(app.ctx.db, { userId, startedAt, ...more });
    await call(little.id, { costMicroUsd: 1_000_000 });
    await call(much.id, { costMicroUsd: 2_000_000 });
    await call(much.id, { costMicroUsd: 500_000, estimated: true, status: 'failed' });
    await call(much.id, { status: 'reserved', reservedMicroUsd: 40 });
    await call(own.id, { costMicroUsd: 9_000_000, payer: 'user' });
    // The next month of UTC, although it is the same one in Los Angeles.
    await givenCall(app.ctx.db, { userId: other.id, startedAt: new Date('2026-04-01T00:00:00Z'), costMicroUsd: 5 });
    await app.ctx.db.update(users).set({ monthlyLimitMicroUsd: 3_000_000 }).where(eq(users.id, much.id));
    const march = await top('month=2026-03');
    expect(march.items.map(({ user }) => user.id)).toEqual([much.id, little.id, own.id]);
    expect(march.items).toMatchObject([
      {
        spentMicroUsd: 2_500_000,
        reservedMicroUsd: 40,
        limitMicroUsd: 3_000_000,
        limitIsDefault: false,
        share: 2.5 / 3.5,
      },
      {
        spentMicroUsd: 1_000_000,
        limitMicroUsd: 7_000_000,
        limitIsDefault: true,
        share: 1 / 3.5,
        ownSpentMicroUsd: null,
      },
      { spentMicroUsd: 0, share: 0, ownSpentMicroUsd: 9_000_000 },
    ]);
    expect(march.instance).toEqual({
      spentMicroUsd: 3_500_000,
      reservedMicroUsd: 40,
      limitMicroUsd: 50_000_000,
      departedMicroUsd: 0,
      // The month is over.
      forecastMicroUsd: null,
      ownSpentMicroUsd: 9_000_000,
    });
    expect((await top('month=2026-03&limit=1')).items).toHaveLength(1);
    expect((await top('month=2026-04')).items.map(({ user }) => user.id)).toEqual([other.id]);
    expect(await top('month=2020-01')).toMatchObject({
      items: [],
      instance: { spentMicroUsd: 0, ownSpentMicroUsd: null },
    });
  });

  it('keep their part of the month when their account is deleted', async () => {
    const leaver = await someone();
    const startedAt = new Date('2026-02-10T00:00:00Z');
    await givenCall(app.ctx.db, { userId: leaver.id, startedAt, costMicroUsd: 300 });
    await givenCall(app.ctx.db, { userId: boss.id, startedAt, costMicroUsd: 100 });
    await app.ctx.db.delete(users).where(eq(users.id, leaver.id));
    const { items, instance } = await top('month=2026-02');
    expect(instance).toMatchObject({ spentMicroUsd: 400, departedMicroUsd: 300 });
    expect(items).toMatchObject([{ spentMicroUsd: 100, share: 0.25 }]);
  });

  it('are no business of others, and strict about what they are asked', async () => {
    const user = await someone();
    expect((await user.api.ask('GET', '/admin/usage/top')).status).toBe(403);
    for (const query of ['month=2026-13', 'month=2026', 'month=now', 'limit=0', 'limit=101', 'limit=x', 'sort=name']) {
      expect((await boss.api.ask('GET', `/admin/usage/top?${query}`)).status, query).toBe(422);
    }
  });
});

describe('the limit of a month', () => {
  const change = (id: string, monthlyLimitMicroUsd: unknown) =>
    boss.api.ask<{ monthlyLimit: object; usage: object; errors: { path: string; message: string }[] }>(
      'PATCH',
      `/admin/users/${id}`,
      { monthlyLimitMicroUsd },
    );

  it('may be less than what is spent, or nothing, and the answer says what that means', async () => {
    const user = await someone();
    await givenCall(app.ctx.db, { userId: user.id, startedAt: new Date(), costMicroUsd: 2_000 });
    await givenCall(app.ctx.db, { userId: user.id, startedAt: new Date(), costMicroUsd: 5_000, payer: 'user' });
    const usage = { spentThisMonthMicroUsd: 2_000, reservedThisMonthMicroUsd: 0, ownSpentThisMonthMicroUsd: 5_000 };
    for (const [limit, reached] of [
      [2_001, false],
      [2_000, true],
      [1_999, true],
      [0, true],
      [1_000_000_000_000, false],
    ] as const) {
      const answer = await change(user.id, limit);
      expect(answer.json).toMatchObject({ usage, monthlyLimit: { microUsd: limit, reached } });
    }
    expect((await change(user.id, null)).json.monthlyLimit).toEqual({ microUsd: 7_000_000, reached: false });
    const { items } = await top();
    expect(items.find((item) => item.user.id === user.id)).toMatchObject({
      countedMicroUsd: 2_000,
      ownSpentMicroUsd: 5_000,
    });
  });

  it.each([
    [-1, /must not be negative; 0 means/],
    [0.5, /whole micro-dollars/],
    [1_000_000_000_001, /a million dollars/],
    [1e300, /whole micro-dollars/],
    ['5', /whole micro-dollars/],
    ['five dollars', /whole micro-dollars/],
    [true, /whole micro-dollars/],
  ])('cannot be %s', async (limit, message) => {
    const { status, json } = await change(boss.id, limit);
    expect(status).toBe(422);
    expect(json.errors).toContainEqual({ path: 'monthlyLimitMicroUsd', message: expect.stringMatching(message) });
  });

  it('is shown for an account whose time zone PostgreSQL does not know', async () => {
    const user = await someone();
    await app.ctx.db.update(users).set({ timeZone: 'Nowhere/Land' }).where(eq(users.id, user.id));
    await givenCall(app.ctx.db, { userId: user.id, startedAt: new Date(), costMicroUsd: 9 });
    const list = await boss.api.ask<{ items: object[] }>('GET', `/admin/users?query=${user.email}`);
    expect(list).toMatchObject({ status: 200, json: { items: [{ usage: { spentThisMonthMicroUsd: 9 } }] } });
  });
});

describe('the counters of the limits', () => {
  const differences = async () => (await app.server.inject('/api/v1/operator/counters')).json().differences;

  it('equal the sums of the ledger after everything that happened here', async () => {
    expect(await differences()).toEqual([]);
  });

  it('that were changed by hand are found, each with what it should say', async () => {
    const user = await someone();
    await givenCall(app.ctx.db, { userId: user.id, startedAt: new Date('2026-06-01T00:00:00Z'), costMicroUsd: 70 });
    await app.ctx.db.execute(sql`update spending set settled_micro_usd = 60 where user_id = ${user.id}`);
    await app.ctx.db.execute(
      sql`update allotments set reserved_micro_usd = 1, allotted_micro_usd = 71 where user_id = ${user.id}`,
    );
    const found = {
      userId: user.id,
      payer: 'instance',
      month: '2026-06',
      ledgerMicroUsd: { settled: 70, reserved: 0 },
    };
    expect(await differences()).toEqual([
      { ...found, counter: 'allotments', countedMicroUsd: { settled: 70, reserved: 1 } },
      {
        counter: 'instance_months',
        userId: null,
        payer: null,
        month: '2026-06',
        countedMicroUsd: { settled: 70, reserved: 0 },
        ledgerMicroUsd: { settled: 71, reserved: 0 },
      },
      { ...found, counter: 'spending', countedMicroUsd: { settled: 60, reserved: 0 } },
    ]);
    await app.ctx.db.execute(sql`delete from spending where user_id = ${user.id}`);
    expect(await differences()).toContainEqual(
      expect.objectContaining({ counter: 'spending', countedMicroUsd: { settled: 0, reserved: 0 } }),
    );
  });
});

it('dollars are exact in messages', () => {
  expect([0, 1, 2_500_000, -40].map(dollars)).toEqual(['$0.00', '$0.000001', '$2.50', '-$0.00004']);
});
