import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { givenPipeline, withModel } from '../../test/factories.ts';
import { diligentScript, type Script, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { auditEvents } from '../accounts/schema.ts';
import type { AppContext } from '../context.ts';
import { runPipeline } from '../pipeline/runner.ts';
import { editDistance, nearMatches } from '../text/edit-distance.ts';
import { listCalls } from './ledger.ts';
import { modelPrices } from './schema.ts';

/** A model of a provider that is known here, answering by script. */
const asked = 'openai:gpt-5-mini';
function scripted(script: Script) {
  const model = scriptedModel(script);
  model.resolved.id = asked;
  model.resolved.provider = 'openai';
  return model;
}

let app: TestApp;
let admin: Account;
let user: Account;
beforeAll(async () => {
  app = await startTestApp({
    env: { MODEL_PRICES: 'openai:my-own=0.25/2', BRAVE_API_KEY: 'BSAkey' },
    overrides: withModel(scripted(diligentScript)),
  });
  admin = await givenAccount(app, 'admin@example.com');
  user = await givenAccount(app, 'user@example.com');
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.ctx.db.delete(modelPrices);
});

const pathTo = (model: string) => `/admin/prices/${encodeURIComponent(model)}`;
const put = (model: string, body: object) =>
  admin.api.ask<{ detail: string; hint: string; suggestions?: string[]; code: string }>('PUT', pathTo(model), body);
const cheap = { inputMicroUsd: 250_000, outputMicroUsd: 2_000_000 };

interface Listed {
  models: {
    model: string;
    source: string;
    pricedAs: string | null;
    prices: Record<string, number | null> | null;
    tiers: object[];
  }[];
  overrides: { model: string }[];
}
const list = async () => (await admin.api.ask<Listed>('GET', '/admin/prices')).json;
const listed = async (model: string) => (await list()).models.find((entry) => entry.model === model);

describe('the list', () => {
  test('names what is asked, what users have chosen and what was asked, each with where its price comes from', async () => {
    await app.ctx.db.execute(sql`update users set model = 'google:gemini-2.5-pro' where id = ${user.id}`);
    const { id } = await givenPipeline(app.ctx);
    const call = (model: string, kind: string, days: number) =>
      app.ctx.db.execute(sql`insert into paid_calls (id, kind, user_id, pipeline_id, month, instance_month, step, task, prompt_version, request_digest,
          provider, model, status, worst_case_micro_usd, reserved_micro_usd, cost_micro_usd, started_at)
        values (gen_random_uuid(), ${kind}, ${app.ctx.ownerId}, ${id}, '2026-11', '2026-11', 's', 't', 1, 'd', 'p', ${model}, 'settled',
          0, 0, 0, now() - ${`${days} days`}::interval)`);
    await call('openai:my-own', 'text', 1);
    await call('openai:nobody-knows', 'text', 89);
    await call('openai:long-ago', 'text', 91);
    expect((await list()).models.map(({ model, source, pricedAs }) => [model, source, pricedAs])).toEqual([
      [asked, 'table', asked],
      ['brave', 'settings', null],
      ['google:gemini-2.5-pro', 'table', 'google:gemini-2.5-pro'],
      ['openai:my-own', 'settings', null],
      ['openai:nobody-knows', 'unknown', null],
    ]);
    expect(await listed('openai:nobody-knows')).toMatchObject({ prices: null });
    expect(await listed('google:gemini-2.5-pro')).toMatchObject({
      prices: {
        inputMicroUsd: 1_250_000,
        cachedInputMicroUsd: 125_000,
        outputMicroUsd: 10_000_000,
        reasoningMicroUsd: null,
      },
      tiers: expect.arrayContaining([{ price: 'inputMicroUsd', fromTokens: 200_000, microUsd: 2_500_000 }]),
      chosenByUsers: 1,
    });
    expect(await listed('brave')).toMatchObject({ prices: { requestMicroUsd: 5_000, inputMicroUsd: null } });
    await put(asked, cheap);
    await put('brave', { requestMicroUsd: 3_000 });
    expect(await listed(asked)).toMatchObject({ source: 'override', prices: { ...cheap, cachedInputMicroUsd: null } });
    expect(await listed('brave')).toMatchObject({
      source: 'override',
      prices: { requestMicroUsd: 3_000, inputMicroUsd: null },
    });
    expect((await list()).overrides.map(({ model }) => model)).toEqual(['brave', asked]);
  });

  test('is for admins', async () => {
    expect((await user.api.ask('GET', '/admin/prices')).status).toBe(403);
    expect((await user.api.ask('PUT', pathTo(asked), cheap)).status).toBe(403);
    expect((await user.api.ask('DELETE', pathTo(asked))).status).toBe(403);
  });
});

describe('a price is refused', () => {
  test.each([
    ['empty', {}],
    ['without output', { inputMicroUsd: 1 }],
    ['negative', { ...cheap, inputMicroUsd: -1 }],
    ['negative output', { ...cheap, outputMicroUsd: -1 }],
    ['fractional', { ...cheap, cachedInputMicroUsd: 0.5 }],
    ['text', { ...cheap, inputMicroUsd: '0.25' }],
    ['absurd', { ...cheap, outputMicroUsd: 10_000_000_001 }],
    ['an absurd request', { ...cheap, requestMicroUsd: 1_000_000_001 }],
    ['not a number', { ...cheap, reasoningMicroUsd: 'NaN' }],
    ['something else', { ...cheap, price: 1 }],
  ])('that is %s', async (_what, body) => {
    const { status, json } = await put(asked, body);
    expect([status, json.code]).toEqual([422, 'invalid_request']);
    expect((await list()).overrides).toEqual([]);
  });

  test('of a search without the request, or with tokens: it would be free', async () => {
    expect((await put('brave', {})).json.detail).toBe('requestMicroUsd: is needed: a search is paid by the request');
    expect((await put('brave', { ...cheap, requestMicroUsd: 1 })).status).toBe(422);
    expect((await list()).overrides).toEqual([]);
  });

  test.each([
    ['openai:gpt-5-minni', [asked]],
    ['openai:GPT-5-mini', [asked]],
    ['openai:gpt5-mini', [asked]],
    ['anthropic:claude-sonet-4-5', ['anthropic:claude-sonnet-4-5']],
    ['opnai:gpt-5-mini', [asked]],
    ['openai-chat:gpt-5-minni', ['openai-chat:gpt-5-mini']],
    ['gpt-5-mini', []],
    ['barve', ['brave']],
    ['constructor:x', []],
    ['openai:', []],
    ['offline', []],
  ])('for %s, which is a slip', async (model, meant) => {
    const { status, json } = await put(model, cheap);
    expect(status).toBe(422);
    // What names no provider can be no model, whoever says so.
    const mayBeMeant = /^(openai|openai-chat|anthropic):./.test(model);
    expect(json.code).toBe(mayBeMeant ? 'model_unknown' : 'invalid_request');
    expect(json.suggestions?.slice(0, meant.length) ?? []).toEqual(meant);
    if (meant[0]) expect(json.detail).toContain(meant[0]);
    expect((await list()).overrides).toEqual([]);
  });

  test('for a model that nobody has heard of, unless it is meant', async () => {
    const own = 'openai:meta-llama/Llama-4';
    expect((await put(own, { inputMicroUsd: 0, outputMicroUsd: 0 })).json.hint).toContain('unknownModel: true');
    expect((await put(own, { inputMicroUsd: 0, outputMicroUsd: 0, unknownModel: true })).status).toBe(200);
    expect((await put('opnai:x', { ...cheap, unknownModel: true })).status).toBe(422);
    expect((await put('openai:two words', { ...cheap, unknownModel: true })).status).toBe(422);
    const long = `openai:${'long-'.repeat(38)}`;
    expect((await put(long, { ...cheap, unknownModel: true })).status).toBe(200);
    expect((await put(`openai:${'é'.repeat(193)}`, { ...cheap, unknownModel: true })).status).toBe(200);
    expect((await put(`${long}${'x'.repeat(10)}`, { ...cheap, unknownModel: true })).status).toBe(422);
  });

  test('never for a version of a model that the table knows by the beginning of its name', async () => {
    expect((await put('openai:gpt-4o-mini-2024-07-18', cheap)).status).toBe(200);
    expect((await put('openai:my-own', cheap)).status).toBe(200);
  });
});

test('setting and removing stand in the audit log; what was not set cannot be removed', async () => {
  expect((await put(asked, cheap)).status).toBe(200);
  expect((await put(asked, { ...cheap, inputMicroUsd: 0 })).status).toBe(200);
  expect((await admin.api.ask('DELETE', pathTo(asked))).status).toBe(204);
  expect((await admin.api.ask('DELETE', pathTo(asked))).status).toBe(404);
  const events = await app.ctx.db
    .select()
    .from(auditEvents)
    .where(sql`${auditEvents.action} like 'price-%' and ${auditEvents.actorId} = ${admin.id}`)
    .orderBy(auditEvents.id);
  expect(events.slice(-3).map(({ action, details }) => [action, details])).toMatchObject([
    ['price-set', { model: asked, before: null, after: cheap }],
    ['price-set', { model: asked, before: cheap, after: { inputMicroUsd: 0 } }],
    ['price-removed', { model: asked, before: { inputMicroUsd: 0 } }],
  ]);
});

test('a price holds from the next call on in every process; a call under way keeps the one it was reserved at', async () => {
  const { promise: underWay, resolve: begun } = Promise.withResolvers<void>();
  const { promise: priced, resolve: goOn } = Promise.withResolvers<void>();
  const model = scripted({
    ...diligentScript,
    topic: async (input, call) => {
      begun();
      await priced;
      return diligentScript.topic(input, call);
    },
  });
  // Another process: it has a context of its own, and was started before the price was set.
  const other: AppContext = { ...app.ctx, ...withModel(model) };
  const { id } = await givenPipeline(app.ctx, { topic: 'Prices that change in the middle' });
  const run = runPipeline(other, id, new AbortController().signal);
  await underWay;
  expect((await put(asked, { inputMicroUsd: 5_000_000, outputMicroUsd: 7_000_000, requestMicroUsd: 11 })).status).toBe(
    200,
  );
  goOn();
  await run;
  const calls = (await listCalls(app.ctx.db, [id])).filter(({ kind }) => kind === 'text');
  // 1000 tokens in and 100 out, at 1 and 2 dollars a million, then at 5 and 7 and 11 micro-dollars a request.
  expect(calls[0]).toMatchObject({ task: 'topic', costMicroUsd: 1_200 });
  expect(calls.length).toBeGreaterThan(3);
  expect(new Set(calls.slice(1).map(({ costMicroUsd }) => costMicroUsd))).toEqual(new Set([5_711]));
  await admin.api.ask('DELETE', pathTo(asked));
  const after = await givenPipeline(app.ctx, { topic: 'Prices as they were before', duplicates: 'allow' });
  await runPipeline(app.ctx, after.id, new AbortController().signal);
  expect((await listCalls(app.ctx.db, [after.id]))[0]).toMatchObject({ costMicroUsd: 1_200 });
});

test('a model without a price is asked once an admin has set one', async () => {
  const model = scripted(diligentScript);
  model.resolved.price = { kind: 'table', providerId: 'openai', modelId: 'nobody-knows' };
  const ctx: AppContext = { ...app.ctx, ...withModel(model) };
  const { id } = await givenPipeline(app.ctx, { topic: 'A model that nobody knows', duplicates: 'allow' });
  await runPipeline(ctx, id, new AbortController().signal);
  expect(model.asked).toEqual([]);
  expect(await listCalls(app.ctx.db, [id])).toEqual([]);
  await put(asked, { inputMicroUsd: 0, outputMicroUsd: 0 });
  await admin.api.ask('POST', `/pipelines/${id}/retry`);
  await app.ctx.db.execute(sql`update pipelines set status = 'queued' where id = ${id}`);
  await runPipeline(ctx, id, new AbortController().signal);
  const calls = await listCalls(app.ctx.db, [id]);
  expect(calls.length).toBeGreaterThan(3);
  expect(new Set(calls.map(({ costMicroUsd }) => costMicroUsd))).toEqual(new Set([0]));
  await app.ctx.db.delete(modelPrices).where(eq(modelPrices.model, asked));
});

describe('near matches', () => {
  test.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['gpt-5-mini', 'gpt-5-mimi', 1],
    ['é', 'e', 1],
  ])('%s and %s are %i apart', (one, other, distance) => {
    expect(editDistance(one, other)).toBe(distance);
    expect(editDistance(other, one)).toBe(distance);
  });

  test('are the nearest three, and nothing that is far', () => {
    const names = ['gpt-5', 'gpt-5-mini', 'gpt-5-nano', 'gpt-4-mini', 'gpt-5-minis', 'claude'];
    expect(nearMatches('gpt-5-mini', names)).toEqual(['gpt-5-mini', 'gpt-4-mini', 'gpt-5-minis']);
    expect(nearMatches('something else', names)).toEqual([]);
  });
});
