import { expect, test } from 'vitest';
import { testConfig } from '../../test/harness.ts';
import { inspectModels } from './doctor-models.ts';

const inspect = async (
  env: Record<string, string>,
  prices: Parameters<typeof inspectModels>[2] = { models: [], overrides: [] },
) => {
  const { config, secrets } = testConfig(env);
  return (await inspectModels(config, secrets, prices)).map(({ severity, message, hint }) => [
    severity,
    `${message} ${hint ?? ''}`,
  ]);
};

test('the offline writer needs nothing', async () => {
  expect(await inspect({})).toEqual([['ok', expect.stringContaining('offline is configured')]]);
});

test('a missing key or price is in the way only when no model of the chain can be used', async () => {
  expect(await inspect({ LLM_MODEL: 'anthropic:claude-sonnet-4-5' })).toEqual([
    ['problem', expect.stringMatching(/needs ANTHROPIC_API_KEY.*Set ANTHROPIC_API_KEY/)],
  ]);
  const env = { LLM_MODEL: 'openai:who-knows,anthropic:claude-sonnet-4-5,offline', OPENAI_API_KEY: 'sk-secret-key' };
  const findings = await inspect(env);
  expect(findings).toEqual([
    ['warning', expect.stringMatching(/No price is known for the model openai:who-knows.*MODEL_PRICES=/)],
    ['warning', expect.stringContaining('needs ANTHROPIC_API_KEY')],
    ['ok', expect.stringContaining('offline')],
  ]);
  expect(JSON.stringify(findings)).not.toContain('sk-secret-key');
});

test('a key that no model uses is pointed out, because a key alone chooses no model', async () => {
  expect(await inspect({ GOOGLE_GENERATIVE_AI_API_KEY: 'AIza' })).toEqual([
    ['ok', expect.stringContaining('offline')],
    ['warning', expect.stringMatching(/GOOGLE_GENERATIVE_AI_API_KEY is set.*LLM_MODEL=google:/)],
  ]);
});

test('a price that an admin has set is said, and counts; one that is missing for a model of users is pointed out', async () => {
  const override = {
    model: 'openai:who-knows',
    inputMicroUsd: 250_000,
    outputMicroUsd: 2_000_000,
    cachedInputMicroUsd: null,
    cacheWriteInputMicroUsd: null,
    reasoningMicroUsd: null,
    requestMicroUsd: 0,
    updatedAt: '2026-11-24T12:00:00.000Z',
  };
  const unknown: NonNullable<Parameters<typeof inspectModels>[2]>['models'][number] = {
    model: 'openai:nobody-knows',
    kind: 'text',
    source: 'unknown',
    pricedAs: null,
    prices: null,
    tiers: [],
    inChain: false,
    chosenByUsers: 2,
    lastUsedAt: null,
  };
  const env = { LLM_MODEL: 'openai:who-knows', OPENAI_API_KEY: 'sk-secret-key' };
  expect(await inspect(env, { models: [unknown], overrides: [override] })).toEqual([
    ['ok', expect.stringContaining('openai:who-knows is configured, priced by an admin')],
    ['ok', expect.stringContaining('openai:who-knows: $0.25 and $2.00 for a million tokens in and out')],
    ['warning', expect.stringMatching(/no price is known for openai:nobody-knows, which users have chosen/)],
  ]);
  expect(await inspect(env, null)).toEqual([['problem', expect.stringContaining('No price is known')]]);
});
