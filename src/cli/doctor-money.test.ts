import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { givenCall } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { createApi } from './api.ts';
import { inspectMoney } from './doctor-money.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ env: { INSTANCE_MONTHLY_LIMIT_USD: '10' } });
  await app.server.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(() => app.close());

const inspect = () => {
  const { port } = app.server.server.address() as AddressInfo;
  const entry = { operatorToken: app.ctx.operatorToken, account: null };
  return inspectMoney(createApi(`http://127.0.0.1:${port}`, entry, new AbortController().signal));
};
const spend = (costMicroUsd: number) =>
  givenCall(app.ctx.db, { userId: app.ctx.ownerId, startedAt: new Date(), costMicroUsd });

test("the instance's month is a warning from four fifths on, and a problem when it is used up", async () => {
  expect((await inspect()).map(({ severity }) => severity)).toEqual(['ok', 'ok']);
  await spend(7_999_999);
  expect((await inspect())[1]).toMatchObject({
    severity: 'ok',
    message: expect.stringContaining('$7.999999 of $10.00'),
  });
  await spend(1);
  expect((await inspect())[1]).toMatchObject({ severity: 'warning', hint: expect.stringContaining('Spending') });
  await spend(2_000_000);
  expect((await inspect())[1]).toMatchObject({
    severity: 'problem',
    hint: expect.stringContaining('INSTANCE_MONTHLY_LIMIT_USD'),
  });
});

test('counters that do not equal the ledger are a problem, and the SQL that is proposed mends them', async () => {
  await spend(500);
  await app.ctx.db.execute(sql`update spending set settled_micro_usd = 1`);
  await app.ctx.db.execute(sql`delete from allotments`);
  await app.ctx.db.execute(sql`update instance_months set allotted_micro_usd = 3`);
  for (let rounds = 0; rounds < 2; rounds++) {
    for (const { severity, hint = '' } of await inspect()) {
      if (severity !== 'problem') continue;
      const statement = /or run: (.*?;)/.exec(hint)?.[1] ?? '';
      await app.ctx.db.execute(statement);
    }
  }
  expect((await inspect()).map(({ severity }) => severity)).toEqual(['ok', 'ok']);
});
