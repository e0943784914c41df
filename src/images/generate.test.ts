import { eq, sql } from 'drizzle-orm';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { type ModelServer, startModelServer } from '../../test/fakes/model-server.ts';
import { mortalContext } from '../../test/fakes/mortal-context.ts';
import { diligentScript } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp, testConfig } from '../../test/harness.ts';
import { callPlan, reserveOne, setLimit, wrongCounters } from '../../test/ledger.ts';
import { settleOrphaned } from '../budget/ledger.ts';
import { type PaidCall, paidCalls } from '../budget/schema.ts';
import { createModels } from '../llm/models.ts';
import { generateImage } from './generate.ts';
import { images } from './schema.ts';
import { imagesQuota } from './store.ts';

const env = {
  OPENAI_API_KEY: 'sk-instance-very-secret',
  GOOGLE_GENERATIVE_AI_API_KEY: 'AIza-instance-very-secret',
  IMAGE_MODEL: 'openai:gpt-image-1',
  IMAGE_PRICE_USD: '0.063',
  SIGNUPS: 'open',
};
const gemini = 'google:gemini-2.5-flash-image';

let app: TestApp;
let provider: ModelServer;
let user: Account;
let count = 0;

beforeAll(async () => {
  provider = await startModelServer(diligentScript);
  const { config, secrets } = testConfig(env);
  app = await startTestApp({ env, overrides: { models: createModels(config, secrets, { urls: provider.urls }) } });
});
afterAll(async () => {
  await app.close();
  await provider.close();
});
beforeEach(async () => {
  count += 1;
  user = await givenAccount(app, `draws${count}@example.com`);
  provider.images.length = 0;
  provider.refusals.clear();
  const red = count;
  let green = 0;
  provider.draw = () => {
    green += 1;
    return sharp({ create: { width: 60, height: 40, channels: 3, background: { r: red, g: green, b: 90 } } })
      .png()
      .withExif({ IFD0: { Artist: 'A machine' } })
      .toBuffer();
  };
});

interface Answer {
  id: string;
  code: string;
  detail: string;
  hint: string;
}
const generate = (body: object = {}) =>
  user.api.ask<Answer>('POST', '/images/generate', { prompt: 'A loaf of bread on a table', ...body });
const ledger = (): Promise<PaidCall[]> =>
  app.ctx.db.select().from(paidCalls).where(eq(paidCalls.userId, user.id)).orderBy(paidCalls.startedAt);
const priceOf = (model: string, requestMicroUsd: number, tokens = 0) =>
  app.ctx.db.execute(
    sql`insert into model_prices (model, input_micro_usd, request_micro_usd) values (${model}, ${tokens}, ${requestMicroUsd})
        on conflict (model) do update set input_micro_usd = ${tokens}, request_micro_usd = ${requestMicroUsd}`,
  );

describe('an image of a model', () => {
  it('is kept as uploads are, and costs exactly its price', async () => {
    const article = await user.api.ask<Answer>('POST', '/articles', { title: 'Bread', markdown: 'x' });
    const { status, json } = await generate({ articleId: article.json.id, alt: 'A loaf' });
    expect(json).toMatchObject({
      kind: 'generated',
      type: 'image/png',
      width: 60,
      alt: 'A loaf',
      name: 'a-loaf-of-bread-on-a-table.png',
      prompt: 'A loaf of bread on a table',
      model: 'openai:gpt-image-1',
    });
    expect(status).toBe(201);
    expect(provider.images).toMatchObject([
      {
        protocol: 'openai',
        model: 'gpt-image-1',
        key: 'sk-instance-very-secret',
        prompt: 'A loaf of bread on a table',
      },
    ]);
    expect(provider.images[0]?.body).toMatchObject({
      n: 1,
      size: '1536x1024',
      quality: 'medium',
      output_format: 'jpeg',
    });
    const [call, ...others] = await ledger();
    expect(others).toEqual([]);
    expect(call).toMatchObject({
      kind: 'image',
      payer: 'instance',
      status: 'settled',
      estimated: false,
      reservedMicroUsd: 63_000,
      costMicroUsd: 63_000,
      unitPrices: { requestMicroUsd: 63_000 },
      output: null,
    });
    expect(await user.api.ask('GET', `/images/${json.id}`)).toMatchObject({ json: { costMicroUsd: 63_000 } });
    expect(await wrongCounters(app.ctx.db)).toEqual([]);
    const file = await user.api.ask('GET', `/images/${json.id}/file`);
    expect(file.bytes.toString('latin1')).not.toContain('A machine');
  });

  it('comes from Google as well, at the price that an admin has set', async () => {
    await priceOf(gemini, 39_000);
    expect((await generate({ model: gemini })).status).toBe(201);
    expect(provider.images).toMatchObject([
      { protocol: 'google', model: 'gemini-2.5-flash-image', key: 'AIza-instance-very-secret' },
    ]);
    expect(JSON.stringify(provider.images[0]?.body)).toContain('16:9');
    expect(await ledger()).toMatchObject([{ status: 'settled', costMicroUsd: 39_000, model: gemini }]);
  });

  it('is not bought twice for the same prompt of the same article, not even at once, unless that is asked for', async () => {
    const [first, second] = await Promise.all([generate(), generate()]);
    expect(second?.json.id).toBe(first?.json.id);
    expect((await generate()).json.id).toBe(first?.json.id);
    expect(provider.images).toHaveLength(1);
    const article = await user.api.ask<Answer>('POST', '/articles', { title: 'Bread', markdown: 'x' });
    const third = await generate({ articleId: article.json.id });
    const fourth = await generate({ articleId: article.json.id, again: true });
    expect(new Set([first?.json.id, third.json.id, fourth.json.id]).size).toBe(3);
    expect((await generate({ articleId: article.json.id })).json.id).toBe(fourth.json.id);
    // One that was deleted comes back.
    await user.api.ask('DELETE', `/images/${fourth.json.id}`);
    expect((await generate({ articleId: article.json.id })).json).toMatchObject({
      id: fourth.json.id,
      deletedAt: null,
    });
    expect(provider.images).toHaveLength(3);
  });

  it('is made for one’s own articles only, and anew for another account', async () => {
    const other = await givenAccount(app, `other${count}@example.com`);
    await other.api.ask('POST', '/images/generate', { prompt: 'A loaf of bread on a table' });
    expect((await generate()).status).toBe(201);
    expect(provider.images.splice(0)).toHaveLength(2);
    const article = await other.api.ask<Answer>('POST', '/articles', { title: 'Bread', markdown: 'x' });
    expect((await generate({ articleId: article.json.id })).status).toBe(404);
    expect(provider.images).toEqual([]);
  });
});

describe('money', () => {
  it('is asked for before the request: a cap refuses it', async () => {
    await setLimit(app.ctx.db, user.id, 62_999);
    const { status, json } = await generate();
    expect({ status, code: json.code }).toEqual({ status: 402, code: 'budget_exceeded' });
    expect(json.hint).toContain('Nothing was sent');
    expect(provider.images).toEqual([]);
    expect(await ledger()).toEqual([]);
    await setLimit(app.ctx.db, user.id, 63_000);
    expect((await generate()).status).toBe(201);
  });

  it('is refused where the price is unknown, also when only tokens have one', async () => {
    const model = `openai:gpt-image-${count}-test`;
    const unpriced = await generate({ model });
    expect({ status: unpriced.status, code: unpriced.json.code }).toEqual({ status: 422, code: 'price_unknown' });
    await priceOf(model, 0, 5_000_000);
    expect((await generate({ model })).json.code).toBe('price_unknown');
    expect(provider.images).toEqual([]);
    await priceOf(model, 1);
    expect((await generate({ model })).status).toBe(201);
  });

  it('is the user’s where the key is', async () => {
    await user.api.ask('PUT', '/provider-keys/openai', { key: 'sk-own-key-of-somebody-1234' });
    await setLimit(app.ctx.db, user.id, 0);
    expect((await user.api.ask('GET', '/images/settings')).json).toEqual({
      model: 'openai:gpt-image-1',
      priceMicroUsd: 63_000,
      ownKey: true,
    });
    expect((await generate()).status).toBe(201);
    expect(provider.images.map(({ key }) => key)).toEqual(['sk-own-key-of-somebody-1234']);
    expect(await ledger()).toMatchObject([{ payer: 'user', costMicroUsd: 63_000 }]);
    provider.refusals.set('sk-own-key-of-somebody-1234', { status: 401, kind: 'key' });
    const refused = await generate({ prompt: 'Another loaf' });
    expect({ status: refused.status, code: refused.json.code }).toEqual({ status: 502, code: 'model_rejected' });
    expect(refused.json.detail).toBe('Your own key for OpenAI (…1234) was refused.');
    expect(provider.images.every(({ key }) => key === 'sk-own-key-of-somebody-1234')).toBe(true);
    expect((await ledger())[1]).toMatchObject({ status: 'released', costMicroUsd: 0 });
    expect(app.logs.join('\n')).not.toContain('sk-own-key');
  });

  it.each([
    ['429', { status: 429, kind: 'rate' }, 503, 'model_unavailable', 'released', 0],
    ['500', { status: 500, kind: 'server' }, 503, 'model_unavailable', 'failed', 63_000],
    ['a broken connection', 'cut', 503, 'model_unavailable', 'failed', 63_000],
    ['404', { status: 404, kind: 'model' }, 502, 'model_rejected', 'released', 0],
    ['no policy', 'declined', 502, 'model_refused', 'failed', 63_000],
    ['no image', Buffer.from('not a picture'), 502, 'model_output_invalid', 'settled', 63_000],
  ] as const)('is given back only when certainly nothing was billed: %s', async (_, reply, status, code, end, cost) => {
    provider.draw = () => reply;
    const answer = await generate();
    expect({ status: answer.status, code: answer.json.code }).toEqual({ status, code });
    expect(answer.json.detail + answer.json.hint).not.toContain('LLM_MODEL');
    const estimated = end === 'failed';
    expect(await ledger()).toMatchObject([{ status: end, costMicroUsd: cost, estimated, output: null }]);
    // The next try is a request of its own.
    await generate();
    expect(provider.images).toHaveLength(2);
  });

  it('counts what Google declines, which answers 200', async () => {
    await priceOf(gemini, 39_000);
    provider.draw = () => 'declined';
    const { status, json } = await generate({ model: gemini });
    expect({ status, code: json.code }).toEqual({ status: 502, code: 'model_refused' });
    expect(json.hint).toContain('policy');
    expect(await ledger()).toMatchObject([{ status: 'failed', estimated: true, costMicroUsd: 39_000 }]);
  });

  it('is not spent on what could not be kept', async () => {
    await generate();
    await app.ctx.db.update(images).set({ size: imagesQuota }).where(eq(images.userId, user.id));
    expect((await generate({ prompt: 'Another loaf' })).json.code).toBe('images_full');
    expect(provider.images).toHaveLength(1);
  });
});

describe('a process that dies', () => {
  it('at any moment: the request that it had sent is counted, and what it had stored is found and not bought again', async () => {
    let found = 0;
    for (let at = 1; ; at++) {
      provider.images.length = 0;
      const request = { userId: user.id, prompt: `Death number ${at}` };
      const earlier = (await ledger()).length;
      const { ctx, killed } = mortalContext(app.ctx, at);
      await generateImage(ctx, request).catch((error: unknown) => {
        if (!killed()) throw error;
      });
      const [call] = (await ledger()).slice(earlier);
      const sent = provider.images.length;
      await generateImage(app.ctx, request);
      expect(await app.ctx.db.$count(images, eq(images.prompt, request.prompt))).toBe(1);
      if (!killed()) break;
      if (call?.status === 'settled') {
        expect(provider.images).toHaveLength(1);
        found += 1;
      } else if (sent > 0) {
        // Whether it is billed nobody knows: it stays reserved, until it is counted.
        expect(call).toMatchObject({ status: 'reserved', reservedMicroUsd: 63_000 });
      }
    }
    // It did die between the answer and its keeping.
    expect(found).toBeGreaterThan(0);
    expect(await wrongCounters(app.ctx.db)).toEqual([]);
  });

  it('leaves a reservation that counts as spent once no call can be under way any more', async () => {
    await reserveOne(app.ctx, { ...callPlan(user.id, '', 63_000), kind: 'image', pipelineId: null });
    await settleOrphaned(app.ctx.db);
    expect(await ledger()).toMatchObject([{ status: 'reserved' }]);
    await app.ctx.db
      .update(paidCalls)
      .set({ startedAt: sql`now() - interval '16 minutes'` })
      .where(eq(paidCalls.userId, user.id));
    await settleOrphaned(app.ctx.db);
    expect(await ledger()).toMatchObject([{ status: 'failed', estimated: true, costMicroUsd: 63_000 }]);
    expect(await wrongCounters(app.ctx.db)).toEqual([]);
  });
});

it('says what to set where the instance has no model for images', async () => {
  const bare = await startTestApp();
  const settings = await bare.server.inject({ url: '/api/v1/images/settings' });
  expect(settings.json()).toEqual({ model: null, priceMicroUsd: null, ownKey: false });
  const answer = await bare.server.inject({
    method: 'POST',
    url: '/api/v1/images/generate',
    payload: { prompt: 'Bread' },
  });
  expect(answer.statusCode).toBe(409);
  expect(answer.json()).toMatchObject({ code: 'invalid_state', hint: expect.stringContaining('IMAGE_MODEL=') });
  await bare.close();
});
