import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { givenPipeline, withModel } from '../../test/factories.ts';
import { diligentScript, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { createApiKey } from '../accounts/api-keys.ts';
import { systemActor } from '../accounts/audit.ts';
import { listCalls } from '../budget/ledger.ts';
import { getPipeline } from './queries.ts';
import type { Pipeline } from './schema.ts';
import { workPipelines } from './worker.ts';

/* A user is disabled while their work goes on. The workers of a real start do it, and only the model is scripted. */

let app: TestApp;
let ctx: TestContext;
let model: ReturnType<typeof scriptedModel>;
let endWork: () => void;
/** While it is set, the model begins an answer to an outline and does not get on with it. */
let slow: boolean;
let asking: PromiseWithResolvers<void>;

beforeEach(async () => {
  slow = true;
  asking = Promise.withResolvers();
  model = scriptedModel(diligentScript);
  const { languageModel } = model.resolved;
  const answer = languageModel.doStream.bind(languageModel);
  languageModel.doStream = async (options) => {
    const result = await answer(options);
    if (!slow || model.asked.at(-1) !== 'outline') return result;
    asking.resolve();
    return { stream: new ReadableStream() };
  };
  app = await startTestApp({ overrides: withModel(model) });
  ctx = app.ctx;
  endWork = await workPipelines(ctx);
});
afterEach(async () => {
  endWork();
  await app.close();
});

const setDisabled = (disabled: boolean) =>
  ctx.db.execute(sql`update users set disabled = ${disabled} where id = ${ctx.ownerId}`);
const until = async (pipeline: Pipeline, status: string, ms: number) =>
  vi.waitFor(async () => expect((await getPipeline(ctx.db, ctx.ownerId, pipeline.id)).status).toBe(status), {
    timeout: ms,
    interval: 20,
  });

async function expectGoesOn(pipeline: Pipeline, interrupted: number): Promise<void> {
  slow = false;
  await setDisabled(false);
  // At once, and not only with the next sweep.
  await until(pipeline, 'succeeded', 8_000);
  const calls = await listCalls(ctx.db, [pipeline.id]);
  const settled = calls.filter((call) => call.status === 'settled').map((call) => call.requestDigest);
  expect(new Set(settled).size).toBe(settled.length);
  // What was under way may have been billed and is on the bill once; nothing else was asked twice.
  expect(calls.filter((call) => call.status !== 'settled')).toHaveLength(interrupted);
  expect(calls.some((call) => call.status === 'reserved')).toBe(false);
  expect(model.asked.filter((task) => task === 'topic')).toHaveLength(1);
  expect(model.asked.filter((task) => task === 'outline')).toHaveLength(1 + interrupted);
}

it('straight in the database: a call under way is given up within a second, and goes on when they are enabled', async () => {
  const pipeline = await givenPipeline(ctx);
  await asking.promise;
  await setDisabled(true);
  await until(pipeline, 'queued', 1_000);
  const asked = model.asked.length;
  await ctx.db.execute(sql`select 1 from pg_sleep(1.5)`);
  expect((await getPipeline(ctx.db, ctx.ownerId, pipeline.id)).status).toBe('queued');
  expect(model.asked.length).toBe(asked);
  await expectGoesOn(pipeline, 1);
});

it('without a word of it reaching the worker: the next renewal of the lease notices', async () => {
  const pipeline = await givenPipeline(ctx);
  await asking.promise;
  await ctx.db.execute(sql`alter table users disable trigger users_disabled`);
  await setDisabled(true);
  await until(pipeline, 'queued', 4_500);
  await expectGoesOn(pipeline, 1);
});

it('before the worker begins: nothing is asked', async () => {
  await setDisabled(true);
  const pipeline = await givenPipeline(ctx);
  await ctx.db.execute(sql`select 1 from pg_sleep(1)`);
  expect(model.asked).toEqual([]);
  await expectGoesOn(pipeline, 0);
});

it('while they look at a run: its stream ends within a second, and only when it is true', async () => {
  const pipeline = await givenPipeline(ctx);
  await asking.promise;
  await app.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.server.address() as AddressInfo;
  const ended = Promise.withResolvers<number>();
  let disabledAt = 0;
  const reading = { name: 'reading', scopes: ['read' as const], expiresAt: null };
  const { key } = await createApiKey(ctx.db, ctx.ownerId, reading, systemActor);
  const headers = { authorization: `Bearer ${key}` };
  get({ port, host: '127.0.0.1', path: `/api/v1/pipelines/${pipeline.id}/events`, headers }, (response) => {
    expect(response.statusCode).toBe(200);
    response.resume();
    response.on('end', () => ended.resolve(performance.now() - disabledAt));
    response.once('data', async () => {
      await ctx.db.execute(sql`select pg_notify('user_disabled', ${ctx.ownerId})`);
      await ctx.db.execute(sql`select 1 from pg_sleep(0.3)`);
      expect(disabledAt).toBe(0);
      disabledAt = performance.now();
      await setDisabled(true);
    });
  });
  expect(await ended.promise).toBeLessThan(1_000);
  expect(disabledAt).toBeGreaterThan(0);
});
