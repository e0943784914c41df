import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { findPriceOverride } from './price-overrides.ts';
import { type ExplicitPrices, type PriceSource, priceOf, type TokenUsage, worstPriceOf } from './prices.ts';
import { modelPrices } from './schema.ts';

const at = new Date('2026-11-01T12:00:00Z');
const nothing: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};
const table = (providerId: string, modelId: string): PriceSource => ({ kind: 'table', providerId, modelId });
const cost = (source: PriceSource, usage: Partial<TokenUsage>) =>
  priceOf(source, { ...nothing, ...usage }, at).microUsd;

describe('the table', () => {
  test('knows a model by the beginning of its name, and the price says which one it took', () => {
    const dated = priceOf(table('openai', 'gpt-5-mini-2025-08-07'), { ...nothing, inputTokens: 1 }, at);
    expect(dated.pricedAs).toBe('openai:gpt-5-mini');
    expect(dated.unitPrices).toMatchObject({ input_mtok: 0.25, output_mtok: 2 });
    // A quarter of a micro-dollar: rounded up, so that a sum never undercounts.
    expect(dated.microUsd).toBe(1);
  });

  test('counts cached input at its own price, and never more of it than there is input', () => {
    const sonnet = table('anthropic', 'claude-sonnet-4-5');
    const plain = cost(sonnet, { inputTokens: 100_000 });
    expect(plain).toBe(300_000);
    expect(cost(sonnet, { inputTokens: 100_000, cachedInputTokens: 100_000 })).toBe(plain / 10);
    expect(cost(sonnet, { inputTokens: 100_000, cacheWriteInputTokens: 100_000 })).toBe(plain * 1.25);
    expect(cost(sonnet, { inputTokens: 100_000, cachedInputTokens: 900_000 })).toBe(plain / 10);
    expect(cost(sonnet, { inputTokens: 100_000, cachedInputTokens: 60_000, cacheWriteInputTokens: 90_000 })).toBe(
      60_000 * 0.3 + 40_000 * 3.75,
    );
  });

  test('has a higher price for long questions: the whole of one that passes the border', () => {
    const gemini = table('google', 'gemini-2.5-pro');
    expect(cost(gemini, { inputTokens: 200_000, outputTokens: 100 })).toBe(251_000);
    expect(cost(gemini, { inputTokens: 200_001, outputTokens: 100 })).toBe(501_503);
  });

  test('counts reasoning as output, or at its own price where it has one', () => {
    const mini = table('openai', 'gpt-5-mini');
    expect(cost(mini, { outputTokens: 1_000, reasoningTokens: 800 })).toBe(2_000);
    const research = table('perplexity', 'sonar-deep-research');
    expect(cost(research, { outputTokens: 1_000_000 })).toBe(8_000_000);
    expect(cost(research, { outputTokens: 1_000_000, reasoningTokens: 600_000 })).toBe(3_200_000 + 1_800_000);
    // No more of it than there is output.
    expect(cost(research, { outputTokens: 1_000_000, reasoningTokens: 9_000_000 })).toBe(3_000_000);
  });

  test('prices a model of embeddings by its input alone', () => {
    const embedding = table('openai', 'text-embedding-3-small');
    expect(cost(embedding, { inputTokens: 1_000_000 })).toBe(20_000);
    expect(cost(embedding, { inputTokens: 50 })).toBe(1);
    expect(worstPriceOf(embedding, 1_000_000, 0, at).microUsd).toBe(20_000);
  });

  test('prices a model of pictures by its tokens', () => {
    const pictures = table('openai', 'gpt-image-1');
    expect(cost(pictures, { inputTokens: 1_000, outputTokens: 1_000 })).toBe(45_000);
    expect(cost(pictures, { inputTokens: 1_000, cachedInputTokens: 400, outputTokens: 1_000 })).toBe(43_500);
  });

  test('refuses a model that it does not know, and one of a provider that it does not know: unknown is not free', () => {
    for (const source of [table('openai', 'no-such-model'), table('nobody', 'gpt-4o')])
      expect(() => priceOf(source, nothing, at)).toThrow(
        expect.objectContaining({ code: 'price_unknown', hint: expect.stringContaining('MODEL_PRICES=') }),
      );
  });
});

const explicit = (prices: Partial<ExplicitPrices>): ExplicitPrices => ({
  kind: 'explicit',
  inputMicroUsd: 0,
  outputMicroUsd: 0,
  ...prices,
});

describe('prices that someone has set', () => {
  test('are micro-dollars for a million tokens, also zero, with what is not set priced as input and output', () => {
    const usage = {
      inputTokens: 10,
      cachedInputTokens: 4,
      cacheWriteInputTokens: 2,
      outputTokens: 10,
      reasoningTokens: 6,
    };
    // 2.5 and 20 micro-dollars, rounded once.
    expect(cost(explicit({ inputMicroUsd: 250_000, outputMicroUsd: 2_000_000 }), usage)).toBe(23);
    expect(cost(explicit({}), usage)).toBe(0);
    // Nothing that is set to zero counts as not set.
    const free = { cachedInputMicroUsd: 0, cacheWriteInputMicroUsd: 0, reasoningMicroUsd: 0 };
    expect(cost(explicit({ inputMicroUsd: 1_000_000, outputMicroUsd: 1_000_000, ...free }), usage)).toBe(4 + 4);
  });

  test('may be for a request: one picture or one search, whatever its tokens', () => {
    const picture = explicit({ requestMicroUsd: 40_000 });
    expect(cost(picture, {})).toBe(40_000);
    expect(worstPriceOf(picture, 5_000, 5_000, at).microUsd).toBe(40_000);
    expect(cost({ ...picture, outputMicroUsd: 1_000_000 }, { outputTokens: 7 })).toBe(40_007);
  });

  const tokens = fc.oneof(fc.nat(1_000), fc.nat(2_147_483_647));
  const unitPrice = fc.oneof(fc.nat(10), fc.nat(10_000_000_000));
  const anyPrices = fc.record({
    kind: fc.constant('explicit' as const),
    inputMicroUsd: unitPrice,
    outputMicroUsd: unitPrice,
    cachedInputMicroUsd: fc.option(unitPrice),
    cacheWriteInputMicroUsd: fc.option(unitPrice),
    reasoningMicroUsd: fc.option(unitPrice),
    requestMicroUsd: fc.nat(1_000_000_000),
  });
  const anyUsage = fc.record({
    inputTokens: tokens,
    cachedInputTokens: tokens,
    cacheWriteInputTokens: tokens,
    outputTokens: tokens,
    reasoningTokens: tokens,
  });

  /** Token by token in millionths, with integers of any size. */
  function exactly(prices: ExplicitPrices, usage: TokenUsage): bigint {
    const big = (value: number) => BigInt(value);
    const least = (a: bigint, b: bigint) => (a < b ? a : b);
    const read = least(big(usage.cachedInputTokens), big(usage.inputTokens));
    const write = least(big(usage.cacheWriteInputTokens), big(usage.inputTokens) - read);
    const reasoning = least(big(usage.reasoningTokens), big(usage.outputTokens));
    const input = big(prices.inputMicroUsd);
    const output = big(prices.outputMicroUsd);
    let millionths = (big(usage.inputTokens) - read - write) * input + (big(usage.outputTokens) - reasoning) * output;
    millionths += read * big(prices.cachedInputMicroUsd ?? prices.inputMicroUsd);
    millionths += write * big(prices.cacheWriteInputMicroUsd ?? prices.inputMicroUsd);
    millionths += reasoning * big(prices.reasoningMicroUsd ?? prices.outputMicroUsd);
    const whole = millionths / 1_000_000n;
    return whole + (whole * 1_000_000n < millionths ? 1n : 0n) + big(prices.requestMicroUsd ?? 0);
  }

  test('are exact however large: as integers of any size compute it, rounded up once', () => {
    fc.assert(
      fc.property(anyPrices, anyUsage, (prices, usage) => {
        const price = priceOf(prices, usage, at);
        expect(BigInt(price.microUsd)).toBe(exactly(prices, usage));
        expect(price.pricedAs).toBeNull();
        const { kind: _, ...unitPrices } = prices;
        expect(price.unitPrices).toEqual(unitPrices);
      }),
      { numRuns: 1_000 },
    );
  });

  const sources = fc.oneof(
    anyPrices,
    fc.constantFrom(
      table('anthropic', 'claude-sonnet-4-5'),
      table('google', 'gemini-2.5-pro'),
      table('google', 'gemini-2.5-flash'),
      table('openai', 'gpt-5-mini'),
      table('openai', 'gpt-image-1'),
      table('perplexity', 'sonar-deep-research'),
    ),
  );

  test('and those of the table cost no more than the worst case, whatever is cached, thought or left out', () => {
    const some = fc.nat(1_000_000);
    fc.assert(
      fc.property(
        sources,
        some,
        some,
        fc.array(some, { minLength: 5, maxLength: 5 }),
        (source, input, output, parts) => {
          const [a = 0, b = 0, c = 0, less = 0, fewer = 0] = parts;
          const worst = worstPriceOf(source, input, output, at).microUsd;
          const usage = { cachedInputTokens: a, cacheWriteInputTokens: b, reasoningTokens: c };
          const real = { ...usage, inputTokens: Math.min(less, input), outputTokens: Math.min(fewer, output) };
          const price = priceOf(source, real, at).microUsd;
          expect(Number.isSafeInteger(price)).toBe(true);
          expect(price).toBeLessThanOrEqual(worst);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('in the database', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  test('an override has a price for each kind of token, and a model without one has none', async () => {
    const prices = {
      inputMicroUsd: 1_000_000,
      cachedInputMicroUsd: 100_000,
      cacheWriteInputMicroUsd: 1_250_000,
      outputMicroUsd: 5_000_000,
      reasoningMicroUsd: 4_000_000,
      requestMicroUsd: 3,
    };
    await app.ctx.db.insert(modelPrices).values({ model: 'openai:mine', ...prices });
    const found = await findPriceOverride(app.ctx.db, 'openai:mine');
    expect(found).toEqual({ kind: 'explicit', ...prices });
    const usage = {
      inputTokens: 100,
      cachedInputTokens: 40,
      cacheWriteInputTokens: 20,
      outputTokens: 30,
      reasoningTokens: 10,
    };
    expect(found && cost(found, usage)).toBe(40 + 4 + 25 + 100 + 40 + 3);
    expect(await findPriceOverride(app.ctx.db, 'openai:mine-2')).toBeNull();
    expect(await findPriceOverride(app.ctx.db, 'openai:min')).toBeNull();
  });

  test.each([
    ['a negative price', { inputMicroUsd: -1 }],
    ['an absurd price', { outputMicroUsd: 10_000_000_001 }],
    ['an absurd price of a request', { requestMicroUsd: 1_000_000_001 }],
  ])('%s is refused, whoever writes it', async (_name, prices) => {
    await expect(app.ctx.db.insert(modelPrices).values({ model: 'openai:odd', ...prices })).rejects.toThrow();
  });

  test('money is kept in integers: no column of it holds fractions', async () => {
    const { rows } = (await app.ctx.db.execute(
      sql`select table_name, column_name, data_type from information_schema.columns where table_schema = current_schema()
          and (data_type in ('real', 'double precision', 'numeric', 'money') or column_name ~ 'usd|cost|price|dollar|spen[dt]|budget|allotted')`,
    )) as unknown as { rows: { table_name: string; column_name: string; data_type: string }[] };
    const money = rows.filter(({ column_name }) => column_name.endsWith('_micro_usd'));
    expect(money.length).toBeGreaterThan(20);
    expect(money.filter(({ data_type }) => data_type !== 'bigint')).toEqual([]);
    const others = rows.filter(({ column_name }) => !column_name.endsWith('_micro_usd'));
    expect(
      others.map(({ table_name, column_name, data_type }) => `${table_name}.${column_name} ${data_type}`).sort(),
    ).toEqual([
      // What Prometheus adds up, in dollars too: no limit and no bill rests on it.
      'metric_totals.value double precision',
      'paid_calls.priced_as text',
      // For receipts: the prices as the table has them. What is counted is worked out from them once and rounded up.
      'paid_calls.unit_prices jsonb',
      'pipelines.progress real',
      'publications.position double precision',
      'schedule_runs.proposal_score real',
      'schedules.proposals_from_score real',
      'topics.familiarity real',
      'topics.position double precision',
      'topics.score real',
    ]);
  });
});
