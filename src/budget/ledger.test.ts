import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { givenPipeline, withModel } from '../../test/factories.ts';
import { diligentScript, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import {
  budgetExceeded,
  type CallPlan,
  listCalls,
  pipelineSpending,
  release,
  settle,
  settleAbandoned,
  tryReserve,
} from './ledger.ts';
import { priceOf, worstPriceOf } from './prices.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ overrides: withModel(scriptedModel(diligentScript)) });
});
afterAll(() => app.close());

const usage = {
  inputTokens: 10,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 10,
  reasoningTokens: 0,
};
const at = new Date('2026-11-01T12:00:00Z');

async function plan(budgetMicroUsd: number, worstCaseMicroUsd: number): Promise<CallPlan> {
  const pipeline = await givenPipeline(app.ctx, { budgetMicroUsd, topic: `Budget ${newId()}` });
  return {
    kind: 'text',
    payer: 'instance',
    lease: null,
    userId: pipeline.userId,
    pipelineId: pipeline.id,
    step: 'topic',
    task: 'topic',
    promptVersion: 1,
    requestDigest: newId(),
    provider: 'test',
    model: 'test:model',
    pricedAs: null,
    unitPrices: { input_mtok: 1, output_mtok: 1 },
    worstCaseMicroUsd,
  };
}

const reserveOne = async (call: CallPlan): Promise<string> => {
  const granted = await tryReserve(app.ctx, call);
  if ('refusal' in granted) throw budgetExceeded(granted.refusal);
  return granted.id;
};

describe('the ledger', () => {
  test('never lets settled and reserved together pass the budget, however many calls ask at once', async () => {
    const call = await plan(1_000, 150);
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => reserveOne(call)));
    const granted = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(granted).toHaveLength(6);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'budget_exceeded' });
    }
    // True costs below the reservations make room again.
    await Promise.all(granted.map((id) => settle(app.ctx.db, id, { usage, costMicroUsd: 50, output: {} })));
    expect(await pipelineSpending(app.ctx.db, call.pipelineId)).toEqual({ settledMicroUsd: 300, reservedMicroUsd: 0 });
    await expect(reserveOne({ ...call, worstCaseMicroUsd: 701 })).rejects.toMatchObject({ code: 'budget_exceeded' });
    await expect(reserveOne({ ...call, worstCaseMicroUsd: 700 })).resolves.toBeTypeOf('string');
  });

  test('settling twice changes nothing, and a call without usage counts with its reservation', async () => {
    const call = await plan(1_000, 100);
    const id = await reserveOne(call);
    await settle(app.ctx.db, id, { usage, costMicroUsd: 40, output: 'first' });
    await settle(app.ctx.db, id, { usage, costMicroUsd: 99, output: 'second' });
    const unknown = await reserveOne(call);
    await settle(app.ctx.db, unknown, { usage: null, costMicroUsd: null, output: {} });
    expect((await listCalls(app.ctx.db, [call.pipelineId])).map((row) => [row.costMicroUsd, row.estimated])).toEqual([
      [40, false],
      [100, true],
    ]);
  });

  test('what a dead worker left reserved is counted in full, and corrected if its answer still arrives', async () => {
    const call = await plan(1_000, 100);
    const id = await reserveOne(call);
    expect(await settleAbandoned(app.ctx.db, call.pipelineId)).toBe(1);
    expect(await pipelineSpending(app.ctx.db, call.pipelineId)).toEqual({ settledMicroUsd: 100, reservedMicroUsd: 0 });
    await settle(app.ctx.db, id, { usage, costMicroUsd: 30, output: {} });
    expect(await pipelineSpending(app.ctx.db, call.pipelineId)).toEqual({ settledMicroUsd: 30, reservedMicroUsd: 0 });
  });

  test('a refused call gives its reservation back', async () => {
    const call = await plan(100, 100);
    const id = await reserveOne(call);
    await release(app.ctx.db, id, { code: 'model_rejected', message: 'no', hint: '' });
    await expect(reserveOne(call)).resolves.toBeTypeOf('string');
  });
});

describe('prices', () => {
  test('come from the table with the id that matched, and are rounded up to whole micro-dollars', () => {
    const price = priceOf(
      { kind: 'table', providerId: 'openai', modelId: 'gpt-4o-mini' },
      { ...usage, inputTokens: 1 },
      at,
    );
    expect(price.pricedAs).toMatch(/^openai:gpt-4o-mini/);
    expect(Number.isInteger(price.microUsd)).toBe(true);
    expect(price.microUsd).toBeGreaterThan(0);
  });

  test('count cached input at its own price, and never more of it than there is input', () => {
    const sonnet = { kind: 'table', providerId: 'anthropic', modelId: 'claude-sonnet-4-5' } as const;
    const million = { ...usage, inputTokens: 100_000, outputTokens: 0 };
    const plain = priceOf(sonnet, million, at).microUsd;
    expect(priceOf(sonnet, { ...million, cachedInputTokens: 100_000 }, at).microUsd).toBe(plain / 10);
    expect(priceOf(sonnet, { ...million, cacheWriteInputTokens: 100_000 }, at).microUsd).toBe(plain * 1.25);
    expect(priceOf(sonnet, { ...million, cachedInputTokens: 900_000 }, at).microUsd).toBe(plain / 10);
  });

  test('the worst case covers whatever the provider does with its cache', () => {
    const sonnet = { kind: 'table', providerId: 'anthropic', modelId: 'claude-sonnet-4-5' } as const;
    fc.assert(
      fc.property(fc.nat(300_000), fc.nat(300_000), fc.nat(300_000), fc.nat(60_000), (input, read, write, output) => {
        const worst = worstPriceOf(sonnet, input, output, at).microUsd;
        const real = { ...usage, inputTokens: input, cachedInputTokens: read, cacheWriteInputTokens: write };
        expect(priceOf(sonnet, { ...real, outputTokens: output }, at).microUsd).toBeLessThanOrEqual(worst);
      }),
    );
  });

  test('a model that nobody knows is refused, not free', () => {
    const unknown = { kind: 'table', providerId: 'openai', modelId: 'no-such-model' } as const;
    expect(() => priceOf(unknown, usage, at)).toThrow(expect.objectContaining({ code: 'price_unknown' }));
  });

  test('explicit prices are dollars per million tokens, also zero', () => {
    expect(priceOf({ kind: 'explicit', inputMicroUsd: 250_000, outputMicroUsd: 2_000_000 }, usage, at).microUsd).toBe(
      23,
    );
    expect(priceOf({ kind: 'explicit', inputMicroUsd: 0, outputMicroUsd: 0 }, usage, at).microUsd).toBe(0);
  });
});
