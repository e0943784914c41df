import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { givenRunningPipeline } from '../../test/factories.ts';
import { protocols, type ReportedUsage } from '../../test/fakes/model-protocols.ts';
import { type ModelServer, startModelServer, type Wire } from '../../test/fakes/model-server.ts';
import { diligentScript } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp, testConfig } from '../../test/harness.ts';
import { listCalls, pipelineSpending } from '../budget/ledger.ts';
import { priceOf } from '../budget/prices.ts';
import { paidCalls } from '../budget/schema.ts';
import { topicPrompt } from '../pipeline/1-topic/prompt.ts';
import { type Pipeline, pipelines } from '../pipeline/schema.ts';
import { ask } from './ask.ts';
import { createModels, type Models } from './models.ts';

/* Bills that cannot be true, bills that are far too high, and models that are not what they were. */

const secret = 'sk-very-secret';
/** With a dearer model of the same provider, which may answer in its place. */
const clients = [
  ['OpenAI by its responses API', 'openai:gpt-5-mini', 'gpt-5', { OPENAI_API_KEY: secret }],
  ['OpenAI by chat completions', 'openai-chat:gpt-4o-mini', 'gpt-4o', { OPENAI_API_KEY: secret }],
  ['an OpenAI-compatible server', 'openai:gpt-4o-mini', 'gpt-4o', { OPENAI_BASE_URL: 'own' }],
  ['Anthropic', 'anthropic:claude-sonnet-4-5', 'claude-opus-4-1', { ANTHROPIC_API_KEY: secret }],
  ['Google', 'google:gemini-2.5-flash', 'gemini-2.5-pro', { GOOGLE_GENERATIVE_AI_API_KEY: secret }],
] as const;

const usual: ReportedUsage = { input: 1_000, cached: 0, cacheWrite: 0, output: 100, reasoning: 0 };
const odd: [what: string, usage: ReportedUsage | null][] = [
  ['no usage', null],
  ['nothing but zeros', { ...usual, input: 0, output: 0 }],
  ['no tokens for an answer that has words', { ...usual, output: 0 }],
  ['negative tokens', { ...usual, input: -1_000, output: -100 }],
  ['a negative output', { ...usual, output: -100 }],
  ['fractions of tokens', { ...usual, input: 1_000.5, output: 99.5 }],
  ['less than nothing from its cache', { ...usual, cached: -400 }],
  ['half a token from its cache', { ...usual, cached: 0.5 }],
  ['more tokens than there are', { ...usual, input: 3_000_000_000, output: 3_000_000_000 }],
];

let app: TestApp;
let server: ModelServer;
beforeAll(async () => {
  app = await startTestApp();
  server = await startModelServer(diligentScript);
});
afterEach(async () => {
  server.intercept = null;
  server.calls.length = 0;
  // What one test found out about a model is nothing to the next one.
  await app.ctx.db.delete(paidCalls);
});
afterAll(async () => {
  await app.close();
  await server.close();
});

describe.each(clients)('%s', (_name, model, dearer, env) => {
  let models: Models;
  beforeAll(() => {
    const own: Record<string, string> = 'OPENAI_BASE_URL' in env ? { OPENAI_BASE_URL: server.url } : env;
    const { config, secrets } = testConfig({ LLM_MODEL: model, ...own });
    models = createModels(config, secrets, { urls: server.urls });
  });

  /** Asks for the topic; another generation of the same question is asked anew. */
  const askTopic = ({ id, userId, lease }: Pipeline, generation = 0) => {
    const owner = {
      pipeline: { id, userId, lease, brief: {} },
      step: 'topic',
      generation,
      failedAt: null,
      signal: new AbortController().signal,
      assureLease: async () => undefined,
      log: async () => undefined,
      show: () => undefined,
    };
    const words = { min: 500, max: 800 };
    const input = { topic: 'Bread', keyword: null, audience: null, voice: null, language: 'en', words };
    return ask({ ...app.ctx, models }, owner, topicPrompt, input);
  };
  const given = (budgetMicroUsd = 500_000) => givenRunningPipeline(app.ctx, { budgetMicroUsd, duplicates: 'allow' });
  const lastCall = async ({ id }: Pipeline) => {
    const call = (await listCalls(app.ctx.db, [id])).at(-1);
    if (!call) throw new Error('nothing was asked');
    return call;
  };
  const tokensOf = (usage: ReportedUsage) => ({
    inputTokens: usage.input,
    cachedInputTokens: usage.cached,
    cacheWriteInputTokens: usage.cacheWrite,
    outputTokens: usage.output,
    reasoningTokens: usage.reasoning,
  });
  /** Answers as another model than the one that was asked. */
  const answerAs = async (wire: Wire, name: string) => {
    const protocol = server.calls.at(-1)?.protocol ?? 'chat';
    wire.response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    wire.response.end(protocols[protocol].frames(name, await wire.text(), usual, 'stop').join(''));
  };

  test.each(odd)('reports %s: what was held back counts, and is marked as an estimate', async (_what, usage) => {
    server.intercept = async (_call, wire) => {
      wire.answer(await wire.text(), { usage });
      return true;
    };
    const pipeline = await given();
    await expect(askTopic(pipeline)).resolves.toMatchObject({ model });
    const call = await lastCall(pipeline);
    expect(call).toMatchObject({ status: 'settled', estimated: true, costMicroUsd: call.reservedMicroUsd });
    expect([call.inputTokens, call.cachedInputTokens, call.outputTokens, call.reasoningTokens]).toEqual(
      Array(4).fill(null),
    );
    expect(call.reservedMicroUsd).toBe(call.worstCaseMicroUsd);
    expect(call.reservedMicroUsd).toBeGreaterThan(0);
  });

  test('bills ten times the tokens that it was asked for: that is what it cost, and the next call expects it', async () => {
    let billed = usual;
    server.intercept = async (call, wire) => {
      billed = { ...usual, input: 100_000, output: 10 * (call.maxOutputTokens ?? 0) };
      wire.answer(await wire.text(), { usage: billed });
      return true;
    };
    const pipeline = await given();
    await askTopic(pipeline);
    const first = await lastCall(pipeline);
    const { price } = await models.resolve(model);
    expect(first.costMicroUsd).toBe(priceOf(price, tokensOf(billed), first.startedAt).microUsd);
    expect(first).toMatchObject({ status: 'settled', estimated: false, outputTokens: billed.output });
    expect(first.costMicroUsd).toBeGreaterThan(5 * first.reservedMicroUsd);

    // The same question asks for as much as it cost, which is more than is left.
    const cost = first.costMicroUsd ?? 0;
    const budget = (budgetMicroUsd: number) =>
      app.ctx.db.update(pipelines).set({ budgetMicroUsd }).where(eq(pipelines.id, pipeline.id));
    await budget(2 * cost - 1);
    await expect(askTopic(pipeline, 1)).rejects.toMatchObject({
      code: 'budget_exceeded',
      details: { cap: 'pipeline', neededMicroUsd: cost },
    });
    expect(server.calls).toHaveLength(1);
    await budget(2 * cost);
    server.intercept = null;
    await askTopic(pipeline, 1);
    const second = await lastCall(pipeline);
    expect(second).toMatchObject({ reservedMicroUsd: cost, worstCaseMicroUsd: first.worstCaseMicroUsd });
    expect((await pipelineSpending(app.ctx.db, pipeline.id)).settledMicroUsd).toBe(cost + (second.costMicroUsd ?? 0));
  });

  test('is renamed in the middle of a run: the dearer price counts, and the name is kept', async () => {
    const pipeline = await given();
    await askTopic(pipeline);
    expect(await lastCall(pipeline)).toMatchObject({ answeredBy: null });
    const { price } = await models.resolve(model);
    const { startedAt } = await lastCall(pipeline);
    const asked = priceOf(price, tokensOf(usual), startedAt).microUsd;
    const other = { ...price, modelId: dearer };
    const expected = new Map([
      [dearer, priceOf(other, tokensOf(usual), startedAt).microUsd],
      ['a-name-that-nobody-prices', asked],
    ]);
    expect(expected.get(dearer)).toBeGreaterThan(asked);
    for (const [index, [name, costMicroUsd]] of [...expected].entries()) {
      server.intercept = async (_call, wire) => answerAs(wire, name).then(() => true);
      await askTopic(pipeline, index + 1);
      expect(await lastCall(pipeline)).toMatchObject({ model, answeredBy: name, costMicroUsd, estimated: false });
    }
  });

  test('is gone in the middle of a run: the call costs nothing, and it is said which model it was', async () => {
    const pipeline = await given();
    await askTopic(pipeline);
    const before = await pipelineSpending(app.ctx.db, pipeline.id);
    server.intercept = (_call, wire) => {
      wire.fail(404, 'model');
      return true;
    };
    await expect(askTopic(pipeline, 1)).rejects.toMatchObject({
      code: 'model_rejected',
      message: expect.stringContaining(model),
    });
    expect(await lastCall(pipeline)).toMatchObject({ status: 'released', costMicroUsd: 0 });
    expect(await pipelineSpending(app.ctx.db, pipeline.id)).toEqual(before);
  });
});
