import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import {
  callPlan,
  countedInstance,
  countedMonth,
  givenBudget,
  givenUser,
  reserveOne,
  setLimit,
  wrongCounters,
} from '../../test/ledger.ts';
import { monthIn } from '../accounts/month.ts';
import { users } from '../accounts/schema.ts';
import { queryRows } from '../db/open.ts';
import { settle } from './ledger.ts';
import { paidCalls } from './schema.ts';

/* Which month a call counts in: of its user's calendar for the user, of UTC for the instance. */

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.ctx.db.delete(users).where(sql`${users.id} <> ${app.ctx.ownerId}`);
  await app.ctx.db.execute(sql`delete from instance_months`);
});

/** Someone who may spend 1,000 micro-dollars a month, and their call of `worstCase`. */
async function givenSpender(timeZone: string) {
  const userId = await givenUser(app.ctx.db, { timeZone, monthlyLimitMicroUsd: 1_000 });
  const pipelineId = await givenBudget(app.ctx.db, userId, 1_000_000);
  return {
    userId,
    reserve: (worstCase: number, at: string) =>
      reserveOne(app.ctx, callPlan(userId, pipelineId, worstCase), new Date(at)),
    move: (timeZone: string) => app.ctx.db.update(users).set({ timeZone }).where(eq(users.id, userId)),
    spent: (month: string) =>
      countedMonth(app.ctx.db, userId, month).then(({ settled, reserved }) => settled + reserved),
  };
}
const spentByAll = (month: string) =>
  countedInstance(app.ctx.db, month).then(({ settled, reserved }) => settled + reserved);
const overTheLimit = { code: 'budget_exceeded', details: { cap: 'month' } };

/** The last second of a month, the first of the next, and the months of UTC that they lie in. */
const turns: [
  zone: string,
  what: string,
  last: string,
  first: string,
  months: [string, string],
  utc: [string, string],
][] = [
  [
    'Pacific/Auckland',
    'in winter time',
    '2026-07-31T11:59:59Z',
    '2026-07-31T12:00:00Z',
    ['2026-07', '2026-08'],
    ['2026-07', '2026-07'],
  ],
  [
    'Pacific/Auckland',
    'clocks went forward on 27 September',
    '2026-09-30T10:59:59Z',
    '2026-09-30T11:00:00Z',
    ['2026-09', '2026-10'],
    ['2026-09', '2026-09'],
  ],
  [
    'Pacific/Auckland',
    'clocks go back on 5 April',
    '2026-03-31T10:59:59Z',
    '2026-03-31T11:00:00Z',
    ['2026-03', '2026-04'],
    ['2026-03', '2026-03'],
  ],
  [
    'Pacific/Auckland',
    'clocks went back on 5 April',
    '2026-04-30T11:59:59Z',
    '2026-04-30T12:00:00Z',
    ['2026-04', '2026-05'],
    ['2026-04', '2026-04'],
  ],
  [
    'Pacific/Auckland',
    'the turn of the year',
    '2026-12-31T10:59:59Z',
    '2026-12-31T11:00:00Z',
    ['2026-12', '2027-01'],
    ['2026-12', '2026-12'],
  ],
  [
    'America/Los_Angeles',
    'clocks go back on the first itself',
    '2026-11-01T06:59:59Z',
    '2026-11-01T07:00:00Z',
    ['2026-10', '2026-11'],
    ['2026-11', '2026-11'],
  ],
  [
    'America/Los_Angeles',
    'clocks went back on 1 November',
    '2026-12-01T07:59:59Z',
    '2026-12-01T08:00:00Z',
    ['2026-11', '2026-12'],
    ['2026-12', '2026-12'],
  ],
  [
    'America/Los_Angeles',
    'clocks went forward on 8 March',
    '2026-04-01T06:59:59Z',
    '2026-04-01T07:00:00Z',
    ['2026-03', '2026-04'],
    ['2026-04', '2026-04'],
  ],
  [
    'America/Los_Angeles',
    'a leap day',
    '2028-03-01T07:59:59Z',
    '2028-03-01T08:00:00Z',
    ['2028-02', '2028-03'],
    ['2028-03', '2028-03'],
  ],
  [
    'America/Los_Angeles',
    'the turn of the year',
    '2027-01-01T07:59:59Z',
    '2027-01-01T08:00:00Z',
    ['2026-12', '2027-01'],
    ['2027-01', '2027-01'],
  ],
  [
    'UTC',
    'both months turn at once',
    '2026-11-30T23:59:59Z',
    '2026-12-01T00:00:00Z',
    ['2026-11', '2026-12'],
    ['2026-11', '2026-12'],
  ],
];

test.each(turns)('in %s (%s) a second decides the month of the user', async (zone, _what, last, first, months, utc) => {
  const { reserve, spent, userId } = await givenSpender(zone);
  await reserve(900, last);
  await expect(reserve(101, last)).rejects.toMatchObject({
    ...overTheLimit,
    details: { until: new Date(first).toISOString() },
  });
  await reserve(1_000, first);
  await expect(reserve(1, first)).rejects.toMatchObject(overTheLimit);
  expect([await spent(months[0]), await spent(months[1])]).toEqual([900, 1_000]);
  const rows = await app.ctx.db
    .select()
    .from(paidCalls)
    .where(eq(paidCalls.userId, userId))
    .orderBy(paidCalls.startedAt);
  expect(rows.map((row) => [row.month, row.instanceMonth])).toEqual([
    [months[0], utc[0]],
    [months[1], utc[1]],
  ]);
  expect(await spentByAll(utc[0])).toBe(utc[0] === utc[1] ? 1_900 : 900);
  expect(await wrongCounters(app.ctx.db)).toEqual([]);
});

test("the instance's month turns with UTC, in the middle of the day of those far away", async () => {
  for (const zone of ['Pacific/Auckland', 'America/Los_Angeles']) {
    const { reserve, spent } = await givenSpender(zone);
    await reserve(10, '2026-09-30T23:59:59Z');
    await reserve(20, '2026-10-01T00:00:00Z');
    expect(await spent(zone === 'Pacific/Auckland' ? '2026-10' : '2026-09')).toBe(30);
  }
  expect([await spentByAll('2026-09'), await spentByAll('2026-10')]).toEqual([20, 40]);
});

test('a call that ends after the turn counts in the month in which it began', async () => {
  const { userId, reserve, spent } = await givenSpender('Pacific/Auckland');
  const id = await reserve(1_000, '2026-10-31T10:59:59Z');
  await reserve(400, '2026-10-31T11:00:00Z');
  const usage = { inputTokens: 1, cachedInputTokens: 0, cacheWriteInputTokens: 0, outputTokens: 1, reasoningTokens: 0 };
  await settle(app.ctx.db, id, { usage, costMicroUsd: 777, output: {} });
  expect([await spent('2026-10'), await spent('2026-11')]).toEqual([777, 400]);
  // The room that it leaves in October is of no use in November.
  await setLimit(app.ctx.db, userId, 500);
  await expect(reserve(101, '2026-10-31T11:00:01Z')).rejects.toMatchObject(overTheLimit);
});

describe('who moves to another time zone at the end of a month', () => {
  test('goes ahead into a month that they then have used up when it comes', async () => {
    const { reserve, move, spent } = await givenSpender('America/Los_Angeles');
    await reserve(1_000, '2026-10-31T12:00:00Z');
    await expect(reserve(1, '2026-10-31T12:00:00Z')).rejects.toMatchObject(overTheLimit);
    // In Auckland it is November; in Los Angeles again, still October, of which nothing is left.
    await move('Pacific/Auckland');
    await reserve(1_000, '2026-10-31T12:00:01Z');
    await move('America/Los_Angeles');
    await expect(reserve(1, '2026-10-31T12:00:02Z')).rejects.toMatchObject(overTheLimit);
    await expect(reserve(1, '2026-11-01T07:00:00Z')).rejects.toMatchObject(overTheLimit);
    expect([await spent('2026-10'), await spent('2026-11')]).toEqual([1_000, 1_000]);
    await reserve(1_000, '2026-12-01T08:00:00Z');
  });

  test('goes back into a month that is used up, and finds the new one as they left it', async () => {
    const { reserve, move, spent } = await givenSpender('Pacific/Auckland');
    await reserve(1_000, '2026-10-31T10:59:59Z');
    await reserve(600, '2026-10-31T11:00:00Z');
    await move('America/Los_Angeles');
    await expect(reserve(1, '2026-10-31T11:00:01Z')).rejects.toMatchObject(overTheLimit);
    await expect(reserve(401, '2026-11-01T07:00:00Z')).rejects.toMatchObject(overTheLimit);
    await reserve(400, '2026-11-01T07:00:00Z');
    expect([await spent('2026-10'), await spent('2026-11')]).toEqual([1_000, 1_000]);
  });

  test('has as many months of money as months on the calendar, however often they move', async () => {
    const { userId, reserve, move } = await givenSpender('UTC');
    const zones = ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Pacific/Auckland', 'America/Los_Angeles', 'UTC'];
    const start = Date.parse('2026-10-31T00:00:00Z');
    for (let hour = 0; hour < 60; hour++) {
      await move(zones[hour % zones.length] ?? 'UTC');
      await reserve(250, new Date(start + hour * 3_600_000).toISOString()).catch((error) =>
        expect(error).toMatchObject(overTheLimit),
      );
    }
    const rows = await app.ctx.db.select().from(paidCalls).where(eq(paidCalls.userId, userId));
    expect(new Set(rows.map(({ month }) => month))).toEqual(new Set(['2026-10', '2026-11']));
    expect(rows.reduce((sum, row) => sum + row.reservedMicroUsd, 0)).toBe(2_000);
  });
});

/*
 * Debian's PostgreSQL leaves out the older names of zones that browsers still send (its package tzdata-legacy has them);
 * PGlite brings all of them. The months do not rest on the database's names in either.
 */
test.each(['Europe/Kiev', 'Asia/Calcutta'])(
  'the name %s counts, whether the database knows it or not',
  async (zone) => {
    const { reserve, spent } = await givenSpender(zone);
    const [last, first] = zone === 'Europe/Kiev' ? ['21:59:59', '22:00:00'] : ['18:29:59', '18:30:00'];
    await reserve(300, `2026-11-30T${last}Z`);
    await reserve(500, `2026-11-30T${first}Z`);
    expect([await spent('2026-11'), await spent('2026-12')]).toEqual([300, 500]);
  },
);

test('a name that nobody knows counts as UTC', async () => {
  const { reserve, spent } = await givenSpender('Nowhere/Land');
  await reserve(300, '2026-11-30T23:59:59Z');
  await reserve(500, '2026-12-01T00:00:00Z');
  expect([await spent('2026-11'), await spent('2026-12')]).toEqual([300, 500]);
});

test.each(['+05:30', '+0530', '-03', '-09:30', 'Pacific/Auckland', 'America/St_Johns', 'UTC'])(
  'the months by which waits are ended agree with those that calls count in: %s',
  async (zone) => {
    for (let hour = -26; hour <= 26; hour++) {
      const at = new Date(Date.UTC(2026, 10, 30, 24 + hour, 15));
      const [row] = await queryRows<{ month: string }>(
        app.ctx.db,
        sql`select month_of(${zone}, ${at.toISOString()}::timestamptz) as month`,
      );
      expect([at.toISOString(), row?.month]).toEqual([at.toISOString(), monthIn(zone, at).name]);
    }
  },
);
