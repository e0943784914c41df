import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { givenPipeline, withModel } from '../../test/factories.ts';
import { diligentScript, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { modelPrices, spending } from '../budget/schema.ts';
import { newId } from '../db/id.ts';
import { createOfflineModel } from '../llm/offline/model.ts';
import { fromHistory } from './estimate-history.ts';
import { runPipeline } from './runner.ts';
import { pipelines } from './schema.ts';

interface Estimate {
  low: number;
  likely: number;
  high: number;
  basis: string;
  articles: number;
  model: string;
  payer: string;
  fits: Record<string, boolean>;
}

/** Two hundred different sentences about bread, so that long articles find something to say. */
const sources = Array.from({ length: 5 }, (_, part) => ({
  title: `Baking, part ${part + 1}`,
  text: Array.from({ length: 40 }, (_, index) => {
    const number = part * 40 + index + 1;
    const subjects = ['The starter', 'A dough', 'The oven', 'Rye flour', 'The crust', 'A baker'];
    const verbs = ['rests', 'rises', 'is warmed', 'is weighed', 'changes', 'is watched'];
    return `${subjects[number % 6]} of recipe ${number} ${verbs[(number * 7) % 6]} for ${number * 3} minutes at ${(number % 30) + 5} degrees, as bakers of sourdough have measured in ${1800 + number}.`;
  }).join(' '),
}));

/**
 * The offline writer at a price: 1 and 2 dollars a million tokens, and a token for every four letters of what it is shown
 * and of what it answers. What it costs depends on the sources, the length and what the checks take out, as with any model.
 */
function pricedOffline(): ReturnType<typeof scriptedModel> {
  const offline = createOfflineModel();
  const languageModel: LanguageModelV4 = {
    ...offline,
    doGenerate: offline.doGenerate.bind(offline),
    async doStream(options) {
      const { stream, ...rest } = await offline.doStream(options);
      const tokens = (text: string) => Math.ceil(text.length / 4);
      const input = tokens(JSON.stringify(options.prompt));
      let written = '';
      const counting = new TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart>({
        transform(part, controller) {
          if (part.type === 'text-delta') written += part.delta;
          const usage = {
            inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
            outputTokens: { total: tokens(written), text: tokens(written), reasoning: 0 },
          };
          controller.enqueue(part.type === 'finish' ? { ...part, usage } : part);
        },
      });
      return { ...rest, stream: stream.pipeThrough(counting) };
    },
  };
  const model = scriptedModel(diligentScript);
  Object.assign(model.resolved, { id: 'offline-priced:one', provider: 'offline', languageModel });
  return model;
}

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({
    env: { MONTHLY_LIMIT_USD: '10', INSTANCE_MONTHLY_LIMIT_USD: '20' },
    overrides: withModel(scriptedModel(diligentScript)),
  });
});
afterAll(() => app.close());

const brief = { topic: 'A question of money', sources: [{ title: 'Notes', text: 'Some text to write from.' }] };
const ask = async (change: object = {}) => {
  const answer = await app.server.inject({
    method: 'POST',
    url: '/api/v1/pipelines?dryRun=true',
    payload: { ...brief, ...change },
  });
  return { status: answer.statusCode, json: answer.json() as Estimate & { code: string; detail: string } };
};

interface Past {
  words?: number;
  cost: number;
  model?: string;
  unitPrices?: object;
  searched?: boolean;
  daysAgo?: number;
  status?: 'succeeded' | 'failed' | 'waiting';
  userId?: string;
}

/** An article that was written before, with one call. */
async function givenPast(past: Past): Promise<string> {
  const { words = 900, cost, model = 'scripted:one', searched = false, daysAgo = 1, status = 'succeeded' } = past;
  const ctx = { ...app.ctx, ownerId: past.userId ?? app.ctx.ownerId };
  const { id } = await givenPipeline(ctx, {
    topic: `An article ${newId()}`,
    words: { min: words - 50, max: words + 50 },
    ...(searched ? { sources: [] } : {}),
  });
  const at = sql`now() - ${`${daysAgo} days`}::interval`;
  await app.ctx.db.update(pipelines).set({ status, finishedAt: at }).where(eq(pipelines.id, id));
  await givenCall(id, 'topic', cost, 60 * daysAgo, model, past.unitPrices);
  return id;
}

const pricesOfScript = { inputMicroUsd: 1_000_000, outputMicroUsd: 2_000_000 };
const givenCall = (
  pipelineId: string,
  step: string,
  cost: number,
  minutesAgo: number,
  model = 'scripted:one',
  unitPrices: object = pricesOfScript,
) =>
  app.ctx.db.execute(sql`insert into paid_calls (id, kind, user_id, pipeline_id, month, instance_month, step, task, prompt_version,
      request_digest, provider, model, unit_prices, status, worst_case_micro_usd, reserved_micro_usd, cost_micro_usd, started_at)
    select ${newId()}::uuid, 'text', user_id, id, '2020-01', '2020-01', ${step}, 't', 1, 'd', 'p', ${model},
      ${JSON.stringify(unitPrices)}::jsonb, 'settled', 0, 0, ${cost}, now() - ${`${minutesAgo} minutes`}::interval
    from pipelines where id = ${pipelineId}`);

describe('without articles of the same kind', () => {
  test('comes from the table of prices, and says so', async () => {
    const { json } = await ask();
    expect(json).toMatchObject({
      basis: 'prices',
      articles: 0,
      model: 'scripted:one',
      payer: 'instance',
      fits: { pipeline: true, month: true, instance: true },
    });
    expect(json.low).toBeLessThan(json.likely);
    expect(json.likely).toBeLessThan(json.high);
  });

  test('goes by a price that an admin has set', async () => {
    const before = (await ask()).json;
    await app.ctx.db
      .insert(modelPrices)
      .values({ model: 'scripted:one', inputMicroUsd: 2_000_000, outputMicroUsd: 4_000_000 });
    expect((await ask()).json).toMatchObject({ likely: before.likely * 2, high: before.high * 2 });
    await app.ctx.db.delete(modelPrices);
  });
});

describe('from history', () => {
  beforeEach(async () => {
    await app.ctx.db.delete(pipelines);
  });

  test('takes three articles; fewer say less than the table', async () => {
    await givenPast({ cost: 40_000 });
    await givenPast({ cost: 50_000 });
    expect((await ask()).json.basis).toBe('prices');
    await givenPast({ cost: 90_000 });
    expect((await ask()).json).toMatchObject({
      basis: 'history',
      articles: 3,
      low: 40_000,
      likely: 50_000,
      high: 90_000,
    });
  });

  test('counts only those of the same account, model, price and way to sources, that succeeded in 90 days', async () => {
    for (const cost of [1, 2, 3]) await givenPast({ cost: cost * 10_000 });
    await app.ctx.db.execute(
      sql`insert into users (id, name) values ('00000000-0000-7000-8000-000000000001', 'Another')`,
    );
    const others: Partial<Past>[] = [
      { userId: '00000000-0000-7000-8000-000000000001' },
      { model: 'scripted:two' },
      { unitPrices: { ...pricesOfScript, inputMicroUsd: 7 } },
      { searched: true },
      { daysAgo: 91 },
      { status: 'failed' },
      { status: 'waiting' },
    ];
    for (const other of others) await givenPast({ cost: 900_000, ...other });
    expect((await ask()).json).toMatchObject({ articles: 3, likely: 20_000, high: 30_000 });
    expect((await ask({ sources: [] })).json.basis).toBe('prices');
  });

  test('goes with the words: as past lengths show, else as the table has it', async () => {
    for (const words of [400, 800, 1200]) await givenPast({ words, cost: 10_000 + words * 20 });
    expect((await ask({ words: { min: 600, max: 600 } })).json.likely).toBe(22_000);
    expect((await ask({ words: { min: 2000, max: 2000 } })).json).toMatchObject({
      low: 50_000,
      likely: 50_000,
      high: 50_000,
    });
    await app.ctx.db.delete(pipelines);
    for (let count = 0; count < 3; count++) await givenPast({ words: 900, cost: 30_000 });
    const { json: usual } = await ask({ words: { min: 900, max: 900 } });
    const { json: long } = await ask({ words: { min: 1800, max: 1800 } });
    expect(usual.likely).toBe(30_000);
    expect(long.likely).toBeGreaterThan(36_000);
    expect(long.likely).toBeLessThan(60_000);
  });

  test('leaves out what a step cost before a person had it redone', async () => {
    for (let count = 0; count < 3; count++) {
      const id = await givenPast({ cost: 10_000 });
      const step = (name: string, status: string, from: number, to: number) =>
        app.ctx.db.execute(sql`insert into pipeline_steps (id, user_id, pipeline_id, name, attempt, status, input_digest, step_version, started_at, finished_at)
          select ${newId()}::uuid, user_id, id, ${name}, ${200 - from}, ${status}, 'd', 1, now() - ${`${from} minutes`}::interval, now() - ${`${to} minutes`}::interval
          from pipelines where id = ${id}`);
      // The draft failed once, was repeated, then set aside, and written anew.
      await givenCall(id, 'draft', 500_000, 55);
      await step('draft', 'failed', 56, 54);
      await givenCall(id, 'draft', 700_000, 45);
      await step('draft', 'superseded', 46, 44);
      await givenCall(id, 'draft', 20_000, 35);
      await step('draft', 'succeeded', 36, 34);
    }
    expect((await ask()).json.likely).toBe(30_000);
  });

  test('a model whose price is not known any more gives the error', async () => {
    for (let count = 0; count < 3; count++) await givenPast({ cost: 10_000 });
    const unpriced = scriptedModel(diligentScript);
    unpriced.resolved.price = { kind: 'table', providerId: 'openai', modelId: 'nobody-knows' };
    const { models } = app.ctx;
    Object.assign(app.ctx, withModel(unpriced));
    const { status, json } = await ask();
    Object.assign(app.ctx, { models });
    expect([status, json.code]).toEqual([422, 'price_unknown']);
  });
});

describe('whether it fits', () => {
  const month = new Date().toISOString().slice(0, 7);
  beforeEach(async () => {
    await app.ctx.db.delete(pipelines);
    for (let count = 0; count < 3; count++) await givenPast({ cost: 100_000 });
  });

  test('into the budget, the month and the instance', async () => {
    expect((await ask({ budgetMicroUsd: 100_000 })).json.fits.pipeline).toBe(true);
    expect((await ask({ budgetMicroUsd: 99_999 })).json.fits).toEqual({ pipeline: false, month: true, instance: true });
    const { ownerId, db } = app.ctx;
    const spent = (settledMicroUsd: number) =>
      db.update(spending).set({ settledMicroUsd }).where(eq(spending.userId, ownerId));
    await db
      .insert(spending)
      .values({ userId: ownerId, payer: 'instance', month, settledMicroUsd: 9_900_000 })
      .onConflictDoNothing();
    await spent(9_900_000);
    expect((await ask()).json.fits.month).toBe(true);
    await spent(9_900_001);
    expect((await ask()).json.fits).toEqual({ pipeline: true, month: false, instance: true });
    await db.execute(sql`insert into instance_months (month, allotted_micro_usd, departed_micro_usd) values (${month}, 19900001, 19900001)
      on conflict (month) do update set allotted_micro_usd = 19900001, departed_micro_usd = 19900001`);
    const { json, ...answer } = await ask();
    expect(json.fits.instance).toBe(false);
    expect(JSON.stringify([json, answer])).not.toContain('19900001');
    await db.execute(sql`update instance_months set departed_micro_usd = 0, allotted_micro_usd = 0`);
    await spent(0);
  });

  test('a key of one’s own is said, and counts against the limit for it and not against the instance', async () => {
    const { ownerId, db } = app.ctx;
    await db.execute(sql`insert into provider_keys (id, user_id, provider, sealed, key_id, ending)
      values (${newId()}::uuid, ${ownerId}, 'openai', 'x', 'x', 'abcd')`);
    const model = scriptedModel(diligentScript);
    Object.assign(model.resolved, { id: 'openai-chat:scripted', provider: 'openai-chat' });
    const { models } = app.ctx;
    Object.assign(app.ctx, withModel(model));
    expect((await ask()).json).toMatchObject({ payer: 'user', fits: { month: true, instance: true } });
    await db.execute(sql`update users set own_monthly_limit_micro_usd = 1 where id = ${ownerId}`);
    expect((await ask()).json.fits).toEqual({ pipeline: true, month: false, instance: true });
    Object.assign(app.ctx, { models });
    await db.execute(sql`delete from provider_keys`);
  });
});

describe('the method', () => {
  const past = fc.array(fc.record({ words: fc.integer({ min: 100, max: 5000 }), costMicroUsd: fc.nat(2_000_000) }), {
    minLength: 3,
    maxLength: 50,
  });
  test('gives whole amounts in order, never below nothing, and never less for more words', () => {
    fc.assert(
      fc.property(past, fc.integer({ min: 100, max: 5000 }), fc.nat(1_000), (articles, words, growth) => {
        const { low, likely, high } = fromHistory(articles, words, growth / 1_000_000);
        for (const amount of [low, likely, high]) expect(Number.isSafeInteger(amount)).toBe(true);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(likely).toBeGreaterThanOrEqual(low);
        expect(high).toBeGreaterThanOrEqual(likely);
        expect(fromHistory(articles, words + 500, growth / 1_000_000).likely).toBeGreaterThanOrEqual(likely);
      }),
    );
  });

  test('does not follow the one article that was repaired three times', () => {
    const articles = [400, 600, 800, 1000, 1200].map((words) => ({ words, costMicroUsd: 10_000 + words * 20 }));
    articles[4] = { words: 1200, costMicroUsd: 400_000 };
    expect(fromHistory(articles, 1200, 0).likely).toBe(34_000);
  });
});

test('measured on articles of 150 to 1500 words, likely lies closer to the truth than the table', {
  timeout: 180_000,
}, async () => {
  await app.ctx.db.delete(pipelines);
  const { models } = app.ctx;
  Object.assign(app.ctx, withModel(pricedOffline()));
  const articles: { words: number; costMicroUsd: number; table: number }[] = [];
  const lengths = [150, 1500, 300, 1200, 450, 900, 600, 750];
  for (const [index, words] of lengths.entries()) {
    const change = { words: { min: words - 50, max: words + 50 }, sources: sources.slice(0, 3 + (index % 3)) };
    // Before there are three, the table is asked.
    await app.ctx.db.execute(sql`update pipelines set finished_at = finished_at - interval '91 days'`);
    const { json } = await ask(change);
    expect(json.basis).toBe('prices');
    const { id } = await givenPipeline(app.ctx, {
      ...change,
      topic: `Sourdough number ${index}`,
      duplicates: 'allow',
      budgetMicroUsd: 1_000_000,
    });
    await runPipeline(app.ctx, id, new AbortController().signal);
    const [row] = await app.ctx.db.select().from(pipelines).where(eq(pipelines.id, id));
    expect(row).toMatchObject({ status: 'succeeded', error: null, waiting: null });
    const [cost] = (
      (await app.ctx.db.execute(
        sql`select sum(cost_micro_usd)::int as cost from paid_calls where pipeline_id = ${id}`,
      )) as unknown as { rows: { cost: number }[] }
    ).rows;
    articles.push({ words, costMicroUsd: cost?.cost ?? 0, table: json.likely });
  }
  Object.assign(app.ctx, { models });
  const wrongBy = (guess: number, truth: number) => Math.abs(guess - truth) / truth;
  // Each article as if it were the next one, with all others, and with the first three of them, as history.
  const others = (index: number, most: number) => articles.filter((_, other) => other !== index).slice(0, most);
  const guesses = articles.map(({ words, costMicroUsd, table }, index) => {
    const errorOf = (most: number) => wrongBy(fromHistory(others(index, most), words, 0).likely, costMicroUsd);
    return { table: wrongBy(table, costMicroUsd), three: errorOf(3), all: errorOf(50) };
  });
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const [table, three, all] = [
    median(guesses.map((guess) => guess.table)),
    median(guesses.map((guess) => guess.three)),
    median(guesses.map((guess) => guess.all)),
  ];
  expect(all).toBeLessThan(0.15);
  expect(three).toBeLessThan(0.35);
  expect(all).toBeLessThan(table);
});
