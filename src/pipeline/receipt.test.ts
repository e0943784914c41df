import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GivenCall, givenCall, givenPipeline } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { paidCalls } from '../budget/schema.ts';
import type { Receipt } from './receipt.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

it('the receipt says who paid for which call by which prices, and its totals are the sums of its calls', async () => {
  const { ctx } = app;
  const { id: pipelineId } = await givenPipeline(ctx);
  const call = (more: Partial<GivenCall>) =>
    givenCall(ctx.db, { userId: ctx.ownerId, pipelineId, startedAt: new Date(), ...more });
  await call({ costMicroUsd: 700, reservedMicroUsd: 900 });
  await call({ costMicroUsd: 50, reservedMicroUsd: 50, status: 'failed', estimated: true });
  await call({ costMicroUsd: 3, payer: 'user' });
  await call({ status: 'reserved', reservedMicroUsd: 1_000 });
  const renamed = await call({ status: 'released' });
  await ctx.db
    .update(paidCalls)
    .set({ answeredBy: 'test:newer', unitPrices: { input_mtok: 3 }, worstCaseMicroUsd: 400 })
    .where(eq(paidCalls.id, renamed));
  const answer = await app.server.inject(`/api/v1/pipelines/${pipelineId}/receipt`);
  const receipt = answer.json<Receipt>();
  expect(receipt).toMatchObject({
    costMicroUsd: 753,
    totals: {
      settledMicroUsd: 753,
      estimatedMicroUsd: 50,
      instanceMicroUsd: 750,
      ownMicroUsd: 3,
      reservedMicroUsd: 1_000,
    },
  });
  expect(receipt.calls.map(({ payer, costMicroUsd }) => [payer, costMicroUsd])).toEqual([
    ['instance', 700],
    ['instance', 50],
    ['user', 3],
    // Nobody knows yet.
    ['instance', null],
    ['instance', 0],
  ]);
  expect(receipt.calls.find(({ id }) => id === renamed)).toMatchObject({
    answeredBy: 'test:newer',
    unitPrices: { input_mtok: 3 },
    worstCaseMicroUsd: 400,
    reservedMicroUsd: 1_000,
  });
  // What is only for the ledger itself stays there.
  expect(answer.body).not.toMatch(/requestDigest|instanceMonth/);
});
