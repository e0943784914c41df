import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { type GivenCall, givenCall, givenPipeline } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { monthIn } from '../accounts/month.ts';
import { users } from '../accounts/schema.ts';
import { claimPipeline } from '../pipeline/lease.ts';
import { pipelines } from '../pipeline/schema.ts';
import { forecastMonth } from './forecast.ts';
import type { paidCalls } from './schema.ts';
import type { Usage, UsageDimension } from './usage.ts';
import { usageDimensions } from './usage.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const dayMs = 86_400_000;

async function someone(timeZone = 'UTC'): Promise<Account> {
  const account = await givenAccount(app, `${crypto.randomUUID()}@example.com`);
  await app.ctx.db.update(users).set({ timeZone }).where(eq(users.id, account.id));
  return account;
}

const usageOf = async (user: Account, query: string) => {
  const { status, json } = await user.api.ask<Usage>('GET', `/usage?${query}`);
  expect(status, JSON.stringify(json)).toBe(200);
  return json;
};

/** Lines of a CSV file as RFC 4180 reads them, without the code under test. */
function parseCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  const [header = [], ...lines] = rows;
  return lines.map((cells) => {
    expect(cells).toHaveLength(header.length);
    return Object.fromEntries(header.map((name, index) => [name, cells[index] ?? '']));
  });
}

describe('the days of usage', () => {
  // Local midnights around changes of the clocks, as the zones' published rules have them.
  it.each([
    // 27 September 2026: from 2:00 to 3:00, 23 hours. 5 April 2026: from 3:00 to 2:00, 25 hours.
    ['Pacific/Auckland', '2026-09-27', '2026-09-26T12:00:00Z', '2026-09-27T11:00:00Z', 23],
    ['Pacific/Auckland', '2026-04-05', '2026-04-04T11:00:00Z', '2026-04-05T12:00:00Z', 25],
    ['America/Los_Angeles', '2026-03-08', '2026-03-08T08:00:00Z', '2026-03-09T07:00:00Z', 23],
    // The first of a month and 25 hours at once.
    ['America/Los_Angeles', '2026-11-01', '2026-11-01T07:00:00Z', '2026-11-02T08:00:00Z', 25],
    ['America/Los_Angeles', '2026-12-31', '2026-12-31T08:00:00Z', '2027-01-01T08:00:00Z', 24],
    // Clocks went from midnight to one, and from midnight back to eleven.
    ['America/Asuncion', '2017-10-01', '2017-10-01T04:00:00Z', '2017-10-02T03:00:00Z', 23],
    ['America/Asuncion', '2018-03-24', '2018-03-24T03:00:00Z', '2018-03-25T04:00:00Z', 25],
  ])('in %s: %s begins at %s and ends at %s', async (zone, day, start, end, hours) => {
    expect(Date.parse(end) - Date.parse(start)).toBe(hours * 3_600_000);
    const user = await someone(zone);
    const before = new Date(Date.parse(day) - dayMs).toISOString().slice(0, 10);
    const after = new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10);
    const times = [Date.parse(start) - 1, Date.parse(start), Date.parse(end) - 1, Date.parse(end)];
    for (const [index, time] of times.entries()) {
      await givenCall(app.ctx.db, { userId: user.id, startedAt: new Date(time), costMicroUsd: 10 ** index });
    }
    const { groups, totals } = await usageOf(user, `from=${before}&to=${after}&groupBy=day`);
    expect(groups.map((group) => [group.day, group.costMicroUsd])).toEqual([
      [before, 1],
      [day, 110],
      [after, 1000],
    ]);
    expect(totals.costMicroUsd).toBe(1111);
    const only = await usageOf(user, `from=${day}&to=${day}&groupBy=day`);
    expect(only.totals).toMatchObject({ calls: 2, costMicroUsd: 110 });
  });

  it('leaves out the day that a zone left out', async () => {
    const user = await someone('Pacific/Apia');
    // 30 December 2011 was skipped: the 29th ended when the 31st began.
    await givenCall(app.ctx.db, { userId: user.id, startedAt: new Date('2011-12-30T09:59:59Z'), costMicroUsd: 1 });
    await givenCall(app.ctx.db, { userId: user.id, startedAt: new Date('2011-12-30T10:00:00Z'), costMicroUsd: 10 });
    const { groups } = await usageOf(user, 'from=2011-12-29&to=2011-12-31');
    expect(groups.map((group) => [group.day, group.costMicroUsd])).toEqual([
      ['2011-12-29', 1],
      ['2011-12-31', 10],
    ]);
    expect((await usageOf(user, 'from=2011-12-30&to=2011-12-30')).totals.calls).toBe(0);
  });

  it('are those of UTC for a zone that nobody knows', async () => {
    const user = await someone('Nowhere/Land');
    await givenCall(app.ctx.db, { userId: user.id, startedAt: new Date('2026-03-01T00:00:00Z'), costMicroUsd: 7 });
    expect((await usageOf(user, 'from=2026-03-01&to=2026-03-01')).groups).toMatchObject([
      { day: '2026-03-01', costMicroUsd: 7 },
    ]);
  });

  it('are those of the present month when nothing else is asked for', async () => {
    const user = await someone('Pacific/Auckland');
    const month = monthIn('Pacific/Auckland', new Date());
    await givenCall(app.ctx.db, { userId: user.id, startedAt: month.start, costMicroUsd: 5 });
    await givenCall(app.ctx.db, { userId: user.id, startedAt: new Date(month.start.getTime() - 1), costMicroUsd: 50 });
    const usage = await usageOf(user, '');
    expect(usage).toMatchObject({ from: `${month.name}-01`, timeZone: 'Pacific/Auckland', groupBy: ['day'] });
    expect(usage.to.slice(0, 7)).toBe(month.name);
    expect(new Date(Date.parse(usage.to) + dayMs).getUTCDate()).toBe(1);
    expect(usage.totals.costMicroUsd).toBe(5);
  });
});

describe('the groups of usage', () => {
  it('say what is unknown with null and what is nothing with 0', async () => {
    const user = await someone();
    const startedAt = new Date('2026-05-05T12:00:00Z');
    const call = (more: Partial<GivenCall>) => givenCall(app.ctx.db, { userId: user.id, startedAt, ...more });
    await call({ model: 'open', status: 'reserved', reservedMicroUsd: 70 });
    await call({ model: 'free', costMicroUsd: 0, inputTokens: 10, outputTokens: 0 });
    await call({ model: 'guessed', costMicroUsd: 40, estimated: true, status: 'failed' });
    await call({ model: 'guessed', costMicroUsd: 2, payer: 'user', inputTokens: 5, outputTokens: 3 });
    const { groups, totals } = await usageOf(user, 'from=2026-05-01&to=2026-05-31&groupBy=model');
    const none = { inputTokens: null, cachedInputTokens: null, outputTokens: null, reasoningTokens: null };
    expect(groups).toEqual([
      {
        ...none,
        model: 'guessed',
        calls: 2,
        failedCalls: 1,
        articles: 0,
        costMicroUsd: 42,
        estimatedMicroUsd: 40,
        instanceCostMicroUsd: 40,
        ownCostMicroUsd: 2,
        reservedMicroUsd: 0,
        inputTokens: 5,
        outputTokens: 3,
      },
      {
        ...none,
        model: 'free',
        calls: 1,
        failedCalls: 0,
        articles: 0,
        costMicroUsd: 0,
        estimatedMicroUsd: 0,
        instanceCostMicroUsd: 0,
        ownCostMicroUsd: null,
        reservedMicroUsd: 0,
        inputTokens: 10,
        outputTokens: 0,
      },
      {
        ...none,
        model: 'open',
        calls: 1,
        failedCalls: 0,
        articles: 0,
        costMicroUsd: null,
        estimatedMicroUsd: null,
        instanceCostMicroUsd: null,
        ownCostMicroUsd: null,
        reservedMicroUsd: 70,
      },
    ]);
    expect(totals).toMatchObject({ calls: 4, costMicroUsd: 42, estimatedMicroUsd: 40, reservedMicroUsd: 70 });
    const empty = await usageOf(user, 'from=2026-06-01&to=2026-06-30&groupBy=model,step');
    expect(empty.groups).toEqual([]);
    expect(empty.totals).toMatchObject({ ...none, calls: 0, costMicroUsd: null, reservedMicroUsd: 0 });
  });

  it('come to the same sum as the ledger, whatever it is grouped by', async () => {
    const kinds = ['text', 'search', 'embedding', 'image'] as const;
    const call = fc.record({
      at: fc.integer({ min: Date.parse('2026-09-20T00:00:00Z'), max: Date.parse('2026-10-10T00:00:00Z') }),
      payer: fc.constantFrom('instance' as const, 'user' as const),
      kind: fc.constantFrom(...kinds),
      status: fc.constantFrom('reserved' as const, 'settled' as const, 'failed' as const, 'released' as const),
      estimated: fc.boolean(),
      costMicroUsd: fc.integer({ min: 0, max: 5_000_000 }),
      reservedMicroUsd: fc.integer({ min: 0, max: 5_000_000 }),
      model: fc.constantFrom('a:one', 'b:two', '=SUM(A1)'),
      step: fc.constantFrom('draft', 'check'),
      inputTokens: fc.option(fc.integer({ min: 0, max: 9_999 })),
      outputTokens: fc.option(fc.integer({ min: 0, max: 9_999 })),
    });
    const dimensions = fc.subarray([...usageDimensions], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 25 }), dimensions, async (calls, groupBy) => {
        const user = await someone('Pacific/Auckland');
        for (const { at, ...more } of calls) {
          await givenCall(app.ctx.db, { userId: user.id, startedAt: new Date(at), ...more });
        }
        const usage = await usageOf(user, `from=2026-09-01&to=2026-10-31&groupBy=${groupBy}`);
        expectSums(usage, calls);
        expectGroups(usage, calls.length, groupBy);
      }),
      { numRuns: 25 },
    );
  });

  type Ledger = Pick<typeof paidCalls.$inferSelect, 'status' | 'payer' | 'reservedMicroUsd' | 'inputTokens'> & {
    costMicroUsd: number;
    estimated: boolean;
  };

  function expectSums({ totals, groups }: Usage, calls: Ledger[]) {
    const ended = calls.filter(({ status }) => status !== 'reserved');
    const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);
    const known = (amounts: number[]) => (amounts.length === 0 ? null : sum(amounts));
    const costs = (some: Ledger[]) => some.map(({ costMicroUsd }) => costMicroUsd);
    expect(totals).toMatchObject({
      calls: calls.length,
      failedCalls: calls.filter(({ status }) => status === 'failed' || status === 'released').length,
      costMicroUsd: known(costs(ended)),
      estimatedMicroUsd: ended.length === 0 ? null : sum(costs(ended.filter(({ estimated }) => estimated))),
      instanceCostMicroUsd: known(costs(ended.filter(({ payer }) => payer === 'instance'))),
      ownCostMicroUsd: known(costs(ended.filter(({ payer }) => payer === 'user'))),
      reservedMicroUsd: sum(
        calls.filter(({ status }) => status === 'reserved').map(({ reservedMicroUsd }) => reservedMicroUsd),
      ),
      inputTokens: known(calls.flatMap(({ inputTokens }) => inputTokens ?? [])),
    });
    const additive = ['calls', 'failedCalls', 'costMicroUsd', 'estimatedMicroUsd', 'instanceCostMicroUsd'] as const;
    for (const name of [...additive, 'ownCostMicroUsd', 'reservedMicroUsd', 'inputTokens', 'outputTokens'] as const) {
      expect(sum(groups.map((group) => group[name] ?? 0)), name).toBe(totals[name] ?? 0);
    }
  }

  function expectGroups({ groups }: Usage, calls: number, groupBy: UsageDimension[]) {
    const keys = groups.map((group) => JSON.stringify(groupBy.map((dimension) => group[dimension])));
    expect(new Set(keys).size).toBe(groups.length);
    if (calls > 0) expect(Object.keys(groups[0] ?? {})).toEqual(expect.arrayContaining(groupBy));
    for (const { day } of groups) if (groupBy.includes('day')) expect(day).toMatch(/^2026-(09|10)-\d\d$/);
  }

  it('by site name the site, and count articles', async () => {
    const user = await someone();
    const ctx = { ...app.ctx, ownerId: user.id };
    const { json: site } = await user.api.ask<{ id: string }>('POST', '/sites', {
      name: 'Garden',
      url: 'http://127.0.0.1:9',
      username: 'u',
      applicationPassword: 'secret',
    });
    const one = await givenPipeline(ctx);
    const other = await givenPipeline(ctx, { duplicates: 'allow' });
    await ctx.db.update(pipelines).set({ siteId: site.id }).where(eq(pipelines.id, one.id));
    const startedAt = new Date('2026-02-02T00:00:00Z');
    for (const pipelineId of [one.id, one.id, other.id]) {
      await givenCall(ctx.db, { userId: ctx.ownerId, pipelineId, startedAt, costMicroUsd: 3 });
    }
    expect(await usageOf(user, 'from=2026-02-01&to=2026-02-28&groupBy=site')).toMatchObject({
      groups: [
        { site: { id: site.id, name: 'Garden' }, articles: 1, costMicroUsd: 6 },
        { site: null, articles: 1, costMicroUsd: 3 },
      ],
      totals: { articles: 2, costMicroUsd: 9 },
    });
  });

  it('are only those of whoever asks', async () => {
    const [one, other] = [await someone(), await someone()];
    const startedAt = new Date('2026-01-10T00:00:00Z');
    await givenCall(app.ctx.db, { userId: one.id, startedAt, costMicroUsd: 1, model: 'one:secret' });
    await givenCall(app.ctx.db, { userId: other.id, startedAt, costMicroUsd: 20, model: 'other:secret' });
    const query = 'from=2026-01-01&to=2026-01-31';
    expect((await usageOf(one, `${query}&groupBy=model`)).totals).toMatchObject({ calls: 1, costMicroUsd: 1 });
    for (const path of ['/usage', '/usage.csv', '/usage/calls.csv']) {
      const grouped = path === '/usage/calls.csv' ? '' : '&groupBy=model';
      const { text } = await one.api.ask('GET', `${path}?${query}${grouped}`);
      expect(text).toContain('one:secret');
      expect(text).not.toContain('other:secret');
    }
  });

  it.each([
    ['groupBy=', 'groupBy'],
    ['groupBy=week', 'groupBy'],
    ['groupBy=day,', 'groupBy'],
    ['groupBy=day,day', 'groupBy'],
    ['groupBy=user', 'groupBy'],
    ['groupBy=day&groupBy=model', 'groupBy'],
    ["groupBy=day'%3B drop table users", 'groupBy'],
    ['from=2026-02-30', 'from'],
    ['from=2026-2-1', 'from'],
    ['from=yesterday', 'from'],
    ['from=1999-12-31&to=2000-01-02', 'from'],
    ['to=9999-12-31', 'to'],
    ['from=2026-03-02&to=2026-03-01', 'to'],
    ['from=2025-01-01&to=2026-01-02', 'from'],
    ['from=2026-01-01T00:00:00Z', 'from'],
    ['userId=1', ''],
  ])('are refused for %s, which is said to be wrong', async (query, path) => {
    const user = await someone();
    for (const route of ['/usage', '/usage.csv', ...(query.includes('groupBy') ? [] : ['/usage/calls.csv'])]) {
      const { status, json } = await user.api.ask<{ code: string; errors: { path: string }[] }>(
        'GET',
        `${route}?${query}`,
      );
      expect(status).toBe(422);
      expect(json.code).toBe('invalid_request');
      expect(json.errors[0]?.path.split('.')[0]).toBe(path);
    }
  });

  it('go over 366 days, and over no more', async () => {
    const user = await someone();
    expect((await usageOf(user, 'from=2024-01-01&to=2024-12-31')).groups).toEqual([]);
    expect((await user.api.ask('GET', '/usage?from=2023-12-31&to=2024-12-31')).status).toBe(422);
  });
});

describe('the files', () => {
  it('say the same as the answers, to the last micro-dollar', async () => {
    const user = await someone('America/Los_Angeles');
    const call = (more: Partial<GivenCall>) =>
      givenCall(app.ctx.db, { userId: user.id, startedAt: new Date('2026-11-01T08:00:00Z'), ...more });
    await call({ costMicroUsd: 1, model: 'a,"quoted"\nmodel' });
    await call({ costMicroUsd: 12_345_678, payer: 'user', inputTokens: 9, outputTokens: 1 });
    await call({
      status: 'reserved',
      reservedMicroUsd: 500,
      model: 'open',
      startedAt: new Date('2026-11-03T00:00:00Z'),
    });
    const query = 'from=2026-11-01&to=2026-11-30';
    const { groups } = await usageOf(user, `${query}&groupBy=day,model,payer`);
    const file = await user.api.ask('GET', `/usage.csv?${query}&groupBy=day,model,payer`);
    expect(file.headers['content-type']).toMatch(/^text\/csv; charset=utf-8/);
    expect(file.headers['content-disposition']).toBe(
      'attachment; filename="blog-poster-usage-2026-11-01-to-2026-11-30.csv"',
    );
    const rows = parseCsv(file.text);
    const cell = (value: number | null) => (value === null ? '' : String(value));
    expect(rows).toHaveLength(groups.length);
    for (const [index, group] of groups.entries()) {
      const row = rows[index] ?? {};
      expect([row.day, row.model, row.payer]).toEqual([group.day, group.model, group.payer]);
      for (const [name, value] of Object.entries(group)) {
        if (typeof value === 'number' || value === null) expect(row[name], name).toBe(cell(value as number | null));
      }
      expect(row.costUsd).toBe(group.costMicroUsd === null ? '' : (group.costMicroUsd / 1e6).toFixed(6));
    }
    expect(rows.map(({ costUsd }) => costUsd).sort()).toEqual(['', '0.000001', '12.345678']);
    const calls = parseCsv((await user.api.ask('GET', `/usage/calls.csv?${query}`)).text);
    expect(calls.map((row) => [row.day, row.costMicroUsd, row.status])).toEqual([
      ['2026-11-01', '1', 'settled'],
      ['2026-11-01', '12345678', 'settled'],
      ['2026-11-02', '', 'reserved'],
    ]);
  });

  it('run nothing in a spreadsheet', async () => {
    const user = await someone();
    const dangerous = ['=HYPERLINK("http://evil.example")', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'];
    for (const model of dangerous) {
      await givenCall(app.ctx.db, { userId: user.id, startedAt: new Date('2026-07-01T00:00:00Z'), model });
    }
    for (const path of ['/usage.csv?groupBy=model&', '/usage/calls.csv?']) {
      const { text } = await user.api.ask('GET', `${path}from=2026-07-01&to=2026-07-31`);
      const models = parseCsv(text).map(({ model }) => model);
      expect(models.sort()).toEqual(dangerous.map((model) => `'${model}`).sort());
    }
  });

  it('hold every call, also when they are read in several pages', async () => {
    const user = await someone();
    const start = Date.parse('2026-08-01T00:00:00Z');
    const calls = Array.from({ length: 2_001 }, (_, index) => ({
      userId: user.id,
      startedAt: new Date(start + index),
    }));
    await app.ctx.db.transaction(async (tx) => {
      for (const call of calls) await givenCall(tx, { ...call, costMicroUsd: 1 });
    });
    const rows = parseCsv((await user.api.ask('GET', '/usage/calls.csv?from=2026-08-01&to=2026-08-01')).text);
    expect(rows).toHaveLength(2_001);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2_001);
  });
});

describe('GET /usage/limits', () => {
  it('tells what was used and what may be, from the counters', async () => {
    const user = await someone('Pacific/Auckland');
    const ctx = { ...app.ctx, ownerId: user.id };
    const change = (set: Partial<typeof users.$inferInsert>) =>
      ctx.db.update(users).set(set).where(eq(users.id, user.id));
    await change({ articlesPerMonth: 30, requestsPerMinute: 77 });
    const mine = await givenPipeline(ctx);
    await claimPipeline(ctx, mine.id);
    const month = monthIn('Pacific/Auckland', new Date());
    const call = (more: Partial<GivenCall>) =>
      givenCall(ctx.db, { userId: ctx.ownerId, startedAt: new Date(), timeZone: 'Pacific/Auckland', ...more });
    await call({ startedAt: month.start, costMicroUsd: 700 });
    await call({ status: 'failed', costMicroUsd: 50 });
    await call({ status: 'reserved', reservedMicroUsd: 900 });
    await call({ status: 'released' });
    await call({ payer: 'user', costMicroUsd: 4 });
    await call({ payer: 'user', status: 'reserved', reservedMicroUsd: 6 });
    await call({ startedAt: new Date(month.start.getTime() - 1), costMicroUsd: 10_000 });
    await call({ userId: (await someone()).id, costMicroUsd: 10_000 });
    const limits = async () => (await user.api.ask('GET', '/usage/limits')).json;
    expect(await limits()).toEqual({
      month: month.name,
      monthEndsAt: month.end.toISOString(),
      timeZone: 'Pacific/Auckland',
      spentMicroUsd: 750,
      reservedMicroUsd: 900,
      limitMicroUsd: 10_000_000,
      articleLimitMicroUsd: null,
      ownSpentMicroUsd: 4,
      ownReservedMicroUsd: 6,
      ownLimitMicroUsd: null,
      forecastMicroUsd: null,
      instance: { limitReached: false },
      articles: 1,
      articlesLimit: 30,
      runningPipelines: 1,
      concurrentPipelines: 2,
      queuedPipelines: 0,
      queuedPipelinesLimit: 1000,
      requestsPerMinute: 77,
    });
    await change({ monthlyLimitMicroUsd: 0, ownMonthlyLimitMicroUsd: 5 });
    expect(await limits()).toMatchObject({ limitMicroUsd: 0, ownLimitMicroUsd: 5 });
  });

  it("says that the instance's month is used up, and not by how much", async () => {
    const poor = await startTestApp({ env: { INSTANCE_MONTHLY_LIMIT_USD: '0.01' } });
    try {
      // The first account takes the local owner's place.
      await givenAccount(poor, 'owner@example.com');
      const user = await givenAccount(poor, 'poor@example.com');
      const startedAt = new Date();
      await givenCall(poor.ctx.db, { userId: poor.ctx.ownerId, startedAt, costMicroUsd: 9_999 });
      const reached = async () => (await user.api.ask<object>('GET', '/usage/limits')).json;
      expect(await reached()).toMatchObject({ instance: { limitReached: false } });
      await givenCall(poor.ctx.db, { userId: poor.ctx.ownerId, startedAt, status: 'reserved', reservedMicroUsd: 1 });
      expect(await reached()).toMatchObject({
        instance: { limitReached: true },
        spentMicroUsd: 0,
        reservedMicroUsd: 0,
      });
    } finally {
      await poor.close();
    }
  });
});

describe('the forecast', () => {
  const month = { start: new Date('2026-11-01T00:00:00Z'), end: new Date('2026-12-01T00:00:00Z') };
  const inDays = (days: number) => new Date(month.start.getTime() + days * dayMs);

  it('goes on as the month began', () => {
    const soFar = { spentMicroUsd: 5_000_000, begunAt: null, month };
    expect(forecastMonth({ ...soFar, now: inDays(10) })).toBe(15_000_000);
    expect(forecastMonth({ ...soFar, now: inDays(30) })).toBe(5_000_000);
    expect(forecastMonth({ ...soFar, now: inDays(31) })).toBe(5_000_000);
  });

  it('does not count the days before there was an account', () => {
    expect(forecastMonth({ spentMicroUsd: 3_000_000, begunAt: inDays(20), now: inDays(23), month })).toBe(10_000_000);
  });

  it('is unknown in the first days and while nothing was spent', () => {
    expect(forecastMonth({ spentMicroUsd: 5, begunAt: null, now: inDays(2.9), month })).toBeNull();
    expect(forecastMonth({ spentMicroUsd: 5, begunAt: inDays(20), now: inDays(22), month })).toBeNull();
    expect(forecastMonth({ spentMicroUsd: 0, begunAt: null, now: inDays(20), month })).toBeNull();
  });
});
