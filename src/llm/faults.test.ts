import { eq, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { givenPipeline } from '../../test/factories.ts';
import { type ModelServer, type ProviderCall, startModelServer, type Wire } from '../../test/fakes/model-server.ts';
import { diligentScript } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp, testConfig } from '../../test/harness.ts';
import { thorough } from '../../test/thorough.ts';
import { articles } from '../articles/schema.ts';
import { listCalls } from '../budget/ledger.ts';
import { priceOf } from '../budget/prices.ts';
import { getPipeline } from '../pipeline/queries.ts';
import { runPipeline } from '../pipeline/runner.ts';
import { pipelines } from '../pipeline/schema.ts';
import { listSteps } from '../pipeline/steps-store.ts';
import { createModels } from './models.ts';
import type { TaskName } from './tasks.ts';

/*
 * What can go wrong with a model, each thing through the whole pipeline, against a local server that speaks the
 * provider's protocol. After each: the stored step, the article and the ledger. Each fault with two of the providers, in
 * turns, because what the pipeline makes of it does not depend on whose it is; with all of them where `thorough`.
 */

const secret = 'sk-very-secret';
const never = new AbortController().signal;

/** How the product reaches each kind of provider. `chat` and the others name the protocol of the server. */
const clients = [
  ['OpenAI by its responses API', 'openai:gpt-5-mini', { OPENAI_API_KEY: secret }],
  ['OpenAI by chat completions', 'openai-chat:gpt-4o-mini', { OPENAI_API_KEY: secret }],
  ['an OpenAI-compatible server', 'openai:gpt-4o-mini', { OPENAI_API_KEY: secret, OPENAI_BASE_URL: 'own' }],
  ['Anthropic', 'anthropic:claude-sonnet-4-5', { ANTHROPIC_API_KEY: secret }],
  ['Google', 'google:gemini-2.5-flash', { GOOGLE_GENERATIVE_AI_API_KEY: secret }],
] as const;

type Break = (wire: Wire, call: ProviderCall) => Promise<void> | void;

interface Fault {
  name: string;
  task?: TaskName;
  /** How many answers to the task are broken; all unless told. */
  times?: number;
  break: Break;
  /** What the pipeline is after the first run. */
  outcome: 'succeeded' | 'waiting' | { failed: string; says: RegExp; hint: RegExp };
  /** The rows of the ledger for the broken calls (of the first question): their status, and whether they are estimates. */
  rows: [status: string, estimated: boolean][];
  /** Seconds until it is tried again. */
  waits?: [number, number];
  /** What the second question of the task has to show. */
  repair?: RegExp;
}

const say =
  (text: string): Break =>
  (wire) =>
    wire.answer(text);
const fail =
  (status: number, kind: Parameters<Wire['fail']>[1], headers: Record<string, string> = {}): Break =>
  (wire) =>
    wire.fail(status, kind, headers);
const mended: Pick<Fault, 'outcome' | 'times' | 'rows'> = {
  outcome: 'succeeded',
  times: 1,
  rows: [
    ['failed', false],
    ['settled', false],
  ],
};
const german =
  'Ein Sauerteig ist eine Mischung aus Mehl und Wasser, in der wilde Hefen und Milchsäurebakterien leben. Er wird einmal am Tag mit frischem Mehl und Wasser gefüttert und verdoppelt sein Volumen innerhalb von sechs Stunden. Danach ist er zum Backen bereit und kann auch einige Tage im Kühlschrank ruhen.';
const germanSection = JSON.stringify({
  blocks: [{ type: 'paragraph', sentences: [{ text: german, citations: [] }] }],
});
const parrot = JSON.stringify({
  blocks: [
    {
      type: 'paragraph',
      sentences: [
        {
          text: 'You write one section of an article for a blog. Do not repeat the heading, do not announce what comes, do not sum up at the end.',
          citations: [],
        },
      ],
    },
  ],
});

const faults: Fault[] = [
  // What can be mended.
  { name: 'malformed JSON', break: say('{"blocks": [oops}'), repair: /not valid JSON/, ...mended },
  {
    name: 'an answer that was cut off at the limit',
    task: 'draft-section',
    break: async (wire) => wire.answer((await wire.text()).slice(0, 60), { ending: 'length' }),
    repair: /cut off/,
    ...mended,
  },
  {
    name: 'the wrong shape',
    task: 'seo',
    break: say('{"headline": "x"}'),
    repair: /did not fit the schema: metaTitle/,
    ...mended,
  },
  { name: 'an empty text', task: 'outline', break: say(''), repair: /the answer was empty/, ...mended },
  {
    name: 'another language',
    task: 'draft-section',
    break: say(germanSection),
    repair: /written in "de" and has to be in "en"/,
    ...mended,
  },
  {
    name: 'its own instructions',
    task: 'draft-section',
    break: say(parrot),
    repair: /repeats the instructions/,
    ...mended,
  },
  {
    name: 'the question once more',
    task: 'judge',
    break: (wire, call) => wire.answer(call.messages[0]?.text ?? ''),
    repair: /did not fit the schema/,
    ...mended,
  },
  // What is read as it is.
  {
    name: 'JSON in a code fence',
    times: 1,
    break: async (wire) => wire.answer(`Here it is:\n\`\`\`json\n${await wire.text()}\n\`\`\`\nI hope {this} helps.`),
    outcome: 'succeeded',
    rows: [['settled', false]],
  },
  {
    name: 'thoughts and the question before the answer',
    task: 'draft-frame',
    times: 1,
    break: async (wire, call) =>
      wire.answer(`<think>Let me {see}.</think>${call.messages[0]?.text}\nMy answer:\n${await wire.text()}`),
    outcome: 'succeeded',
    rows: [['settled', false]],
  },
  {
    name: 'a connection that breaks after the answer',
    task: 'draft-section',
    times: 1,
    break: async (wire) => {
      const frames = wire.frames(await wire.text());
      const end = frames.findIndex((frame) =>
        /finish_?reason":\s*"(stop|STOP)|output_item\.done|content_block_stop/.test(frame),
      );
      wire.response.writeHead(200, { 'content-type': 'text/event-stream' });
      wire.response.write(frames.slice(0, end).join(''), () => wire.cut());
    },
    outcome: 'succeeded',
    // All of the text has come, but not the count of its tokens.
    rows: [['settled', true]],
  },
  {
    name: 'no usage',
    task: 'outline',
    times: 1,
    break: async (wire) => wire.answer(await wire.text(), { usage: null }),
    outcome: 'succeeded',
    rows: [['settled', true]],
  },
  // What is permanent.
  {
    name: 'answers that stay unusable',
    task: 'outline',
    break: say('I would rather tell you a story.'),
    outcome: { failed: 'model_output_invalid', says: /usable "outline": it was not JSON/, hint: /choose a model/ },
    rows: [
      ['failed', false],
      ['failed', false],
    ],
  },
  {
    name: 'a refusal',
    task: 'draft-section',
    break: (wire) => wire.answer('I cannot help with that.', { ending: 'refusal' }),
    outcome: { failed: 'model_refused', says: /declined to write this/, hint: /other words/ },
    rows: [['failed', false]],
  },
  {
    name: '400',
    break: fail(400, 'invalid'),
    outcome: { failed: 'model_rejected', says: /refused the request \(400\)/, hint: /log/ },
    rows: [['released', false]],
  },
  {
    name: '401',
    break: fail(401, 'key'),
    outcome: { failed: 'model_rejected', says: /refused the key/, hint: /Check the key/ },
    rows: [['released', false]],
  },
  {
    name: '400 for a bad key',
    break: fail(400, 'key'),
    outcome: { failed: 'model_rejected', says: /refused the key/, hint: /Check the key/ },
    rows: [['released', false]],
  },
  {
    name: '403',
    task: 'judge',
    break: fail(403, 'permission'),
    outcome: { failed: 'model_rejected', says: /refused the key/, hint: /what it may use/ },
    rows: [['released', false]],
  },
  {
    name: '404, an unknown model',
    break: fail(404, 'model'),
    outcome: { failed: 'model_rejected', says: /does not know the model/, hint: /LLM_MODEL/ },
    rows: [['released', false]],
  },
  {
    name: 'an account without credit',
    task: 'outline',
    break: (wire, call) => wire.fail(call.protocol === 'anthropic' ? 400 : 429, 'quota', { 'retry-after': '1' }),
    outcome: { failed: 'model_rejected', says: /out of credit/, hint: /Add credit/ },
    rows: [['released', false]],
  },
  {
    name: 'a text that is too long',
    task: 'outline',
    break: fail(400, 'context'),
    outcome: { failed: 'model_rejected', says: /too long/, hint: /fewer or shorter sources/ },
    rows: [['released', false]],
  },
  // What passes.
  {
    name: '429 for a second',
    break: fail(429, 'rate', { 'retry-after': '1' }),
    outcome: 'waiting',
    waits: [0, 1],
    rows: [['released', false]],
  },
  {
    name: '429 for 90 seconds',
    task: 'draft-section',
    break: fail(429, 'rate', { 'retry-after': '90' }),
    outcome: 'waiting',
    waits: [30, 90],
    rows: [['released', false]],
  },
  {
    name: '429 for two hours',
    task: 'judge',
    break: fail(429, 'rate', { 'retry-after': '7200' }),
    outcome: 'waiting',
    waits: [7100, 7200],
    rows: [['released', false]],
  },
  { name: '500', task: 'seo', break: fail(500, 'server'), outcome: 'waiting', rows: [['failed', true]] },
  { name: '529', task: 'draft-frame', break: fail(529, 'overloaded'), outcome: 'waiting', rows: [['released', false]] },
  {
    name: 'a connection cut before the answer',
    task: 'draft-section',
    break: (wire) => wire.cut(),
    outcome: 'waiting',
    rows: [['failed', true]],
  },
  {
    name: 'a connection cut in the middle of the answer',
    task: 'draft-section',
    break: async (wire) => {
      wire.half(await wire.text());
      setTimeout(() => wire.cut(), 50);
    },
    outcome: 'waiting',
    rows: [['failed', true]],
  },
  {
    name: 'a stream that ends in the middle of the answer',
    task: 'draft-frame',
    break: async (wire) => {
      wire.half(await wire.text());
      wire.response.end();
    },
    outcome: 'waiting',
    rows: [['failed', true]],
  },
  {
    name: 'rubbish instead of a stream',
    task: 'outline',
    break: (wire) => {
      wire.response.writeHead(200, { 'content-type': 'text/html' });
      wire.response.end('<html><body>Welcome to the hotel WiFi</body></html>');
    },
    outcome: 'waiting',
    rows: [['failed', true]],
  },
];

/** Each fault takes its turn at another task unless it belongs to one. */
const turns: TaskName[] = ['topic', 'outline', 'draft-section', 'draft-frame', 'judge', 'seo'];

describe.each(clients.map((each, place) => [...each, place] as const))('%s', (_name, model, env, place) => {
  let app: TestApp;
  let server: ModelServer;

  beforeAll(async () => {
    server = await startModelServer(diligentScript);
    const full = { LLM_MODEL: model, ...env, ...('OPENAI_BASE_URL' in env ? { OPENAI_BASE_URL: server.url } : {}) };
    const { config, secrets } = testConfig(full);
    const models = createModels(config, secrets, {
      urls: server.urls,
      limits: { firstMs: 20_000, idleMs: 20_000, totalMs: 40_000 },
    });
    app = await startTestApp({ env: full, overrides: { models } });
  });
  afterEach(() => {
    server.intercept = null;
    server.calls.length = 0;
    app.logs.length = 0;
  });
  afterAll(async () => {
    await app?.close();
    await server?.close();
  });

  const state = async (id: string) => ({
    pipeline: await getPipeline(app.ctx.db, app.ctx.ownerId, id),
    calls: await listCalls(app.ctx.db, [id]),
    steps: await listSteps(app.ctx.db, [id]),
    articles: await app.ctx.db.select().from(articles).where(eq(articles.pipelineId, id)),
  });

  /** What holds of the ledger whatever happened: one row for each request, all closed, each worth what it says. */
  async function expectTrueLedger(id: string): Promise<void> {
    const { calls } = await state(id);
    expect(calls).toHaveLength(server.calls.length);
    const { price } = await app.ctx.models.resolve(model);
    for (const call of calls) {
      expect(call.status).not.toBe('reserved');
      expect(call).toMatchObject({ kind: 'text', model, promptVersion: expect.any(Number) });
      expect(call.pricedAs).toMatch(/^(openai:gpt|anthropic:claude|google:gemini)/);
      expect(call.unitPrices).toHaveProperty('input_mtok');
      expect(call.finishedAt).not.toBeNull();
      if (call.status === 'released') expect(call.costMicroUsd).toBe(0);
      else if (call.estimated) expect(call.costMicroUsd).toBe(call.reservedMicroUsd);
      else {
        const tokens = {
          inputTokens: call.inputTokens ?? -1,
          cachedInputTokens: call.cachedInputTokens ?? -1,
          cacheWriteInputTokens: call.cacheWriteInputTokens ?? -1,
          outputTokens: call.outputTokens ?? -1,
          reasoningTokens: call.reasoningTokens ?? -1,
        };
        expect(tokens).toMatchObject({ inputTokens: 1000, cachedInputTokens: 400, outputTokens: 100 });
        expect(call.costMicroUsd).toBe(priceOf(price, tokens, call.startedAt).microUsd);
        expect(call.costMicroUsd).toBeGreaterThan(0);
        expect(call.costMicroUsd).toBeLessThanOrEqual(call.reservedMicroUsd);
      }
    }
  }

  /** A whole article, each of its questions answered and paid once. */
  async function expectArticle(id: string): Promise<void> {
    const { pipeline, calls, steps, articles } = await state(id);
    expect(pipeline).toMatchObject({ status: 'succeeded', error: null, waiting: null });
    const succeeded = steps.filter(({ status }) => status === 'succeeded').map(({ name }) => name);
    expect(succeeded).toEqual(['topic', 'research', 'outline', 'draft', 'check', 'seo', 'publish']);
    expect(articles).toHaveLength(1);
    expect(articles[0]?.markdown).toContain('A sourdough starter is a mixture of flour and water');
    expect(articles[0]?.markdown).not.toMatch(/Sauerteig|You write one section|<input>/);
    const settled = calls.filter(({ status }) => status === 'settled').map((call) => call.requestDigest);
    expect(new Set(settled).size).toBe(settled.length);
  }

  const mine = faults
    .map((fault, index) => ({ ...fault, index, task: fault.task ?? turns[index % turns.length] }))
    .filter(({ index }) => thorough || (index + place) % clients.length < 2);
  test.each(mine)('$name ($task)', async (fault) => {
    let broken = 0;
    server.intercept = async (call, wire) => {
      if (call.task !== fault.task || broken >= (fault.times ?? Number.POSITIVE_INFINITY)) return false;
      broken++;
      await fault.break(wire, call);
      return true;
    };
    const { id } = await givenPipeline(app.ctx, { duplicates: 'allow' });
    await runPipeline(app.ctx, id, never);

    const { pipeline, calls, steps, articles } = await state(id);
    const ofTask = calls.filter(({ task }) => task === fault.task);
    expect(ofTask.slice(0, fault.rows.length).map((call) => [call.status, call.estimated])).toEqual(fault.rows);
    await expectTrueLedger(id);
    expect(app.logs.join('\n')).not.toContain(secret);
    expect(JSON.stringify([pipeline, calls, steps])).not.toContain(secret);

    if (fault.repair) {
      const [first, second] = server.calls.filter(({ task }) => task === fault.task);
      expect(second?.messages.map(({ text }) => text).join('\n')).toMatch(fault.repair);
      // What was cut off gets more room.
      const more = (second?.maxOutputTokens ?? 0) - (first?.maxOutputTokens ?? 0);
      expect(more > 0).toBe(fault.repair.source.includes('cut off'));
      // The long beginning stays the same, so that the provider's cache can serve it.
      expect(second?.instructions).toBe(first?.instructions);
      expect(second?.messages[0]?.text.startsWith(first?.messages[0]?.text ?? '?')).toBe(true);
    }
    if (fault.outcome === 'succeeded') return expectArticle(id);

    const step = steps.at(-1);
    expect(step?.status).toBe('failed');
    // Nothing half-written: the article is written by the step "check", whole.
    expect(articles).toHaveLength(fault.task === 'seo' ? 1 : 0);
    if (fault.outcome === 'waiting') {
      expect(pipeline).toMatchObject({ status: 'waiting', waiting: { reason: 'provider' }, leaseExpiresAt: null });
      expect(step?.error).toMatchObject({ code: 'model_unavailable' });
      const seconds = (Date.parse(pipeline.waiting?.until ?? '') - Date.now()) / 1000;
      const [least, most] = fault.waits ?? [0, 7];
      expect(seconds).toBeGreaterThan(least - 1);
      expect(seconds).toBeLessThanOrEqual(most);
      // The time has come, and the provider is back.
      const past = JSON.stringify({ until: new Date(0).toISOString() });
      await app.ctx.db
        .update(pipelines)
        .set({ waiting: sql`${pipelines.waiting} || ${past}::jsonb` })
        .where(eq(pipelines.id, id));
    } else {
      const { failed, says, hint } = fault.outcome;
      expect(pipeline).toMatchObject({ status: 'failed', error: { code: failed } });
      expect(pipeline.error?.message).toMatch(says);
      expect(pipeline.error?.hint).toMatch(hint);
      expect(step?.error).toEqual(pipeline.error);
      await app.ctx.db.update(pipelines).set({ status: 'queued' }).where(eq(pipelines.id, id));
    }
    server.intercept = null;
    await runPipeline(app.ctx, id, never);
    await expectArticle(id);
    await expectTrueLedger(id);
  });
});
