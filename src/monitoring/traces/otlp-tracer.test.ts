import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { givenPipeline, withModel } from '../../../test/factories.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../../../test/fakes/otlp-receiver.ts';
import { diligentScript, scriptedModel } from '../../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp, testConfig } from '../../../test/harness.ts';
import { createLogger } from '../../logger.ts';
import { runPipeline } from '../../pipeline/runner.ts';
import { createTelemetry } from '../telemetry.ts';

let receiver: OtlpReceiver;
let app: TestApp;
const model = scriptedModel(diligentScript);
const env = (more: Record<string, string> = {}) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.endpoint}/`,
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-receiver,x-team=posts',
  OTEL_SERVICE_NAME: 'posts',
  ...more,
});

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  app = await startTestApp({ env: env(), overrides: withModel(model) });
});
afterAll(async () => {
  await app.close();
  await receiver.close();
});
beforeEach(() => {
  Object.assign(receiver, { spans: [], bodies: [], headers: [], status: 200 });
});

/** Sends what is left; the tracer goes on being used. */
const sent = () => app.ctx.telemetry.tracer.close();
const named = (name: string) => receiver.spans.filter((span) => span.name === name);

it('a request is a span with its route and status, and no path, query or body', async () => {
  await app.server.inject('/api/v1/articles/0198c0de-0000-7000-8000-000000000000?secret=abc');
  await app.server.inject({
    url: '/nowhere/private-words',
    headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
  });
  await sent();
  expect(receiver.headers[0]).toMatchObject({ authorization: 'Bearer of-the-receiver', 'x-team': 'posts' });
  const [article] = named('GET /api/v1/articles/:id');
  expect(article).toMatchObject({
    kind: 2,
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/api/v1/articles/:id',
      'http.response.status_code': 404,
    },
    service: { 'service.name': 'posts' },
    status: { code: 0 },
  });
  expect(BigInt(article?.endTimeUnixNano ?? 0)).toBeGreaterThanOrEqual(BigInt(article?.startTimeUnixNano ?? 0));
  expect(Number(article?.startTimeUnixNano) / 1e6).toBeCloseTo(Date.now(), -5);
  expect(named('GET none')).toHaveLength(1);
  expect(receiver.bodies.join()).not.toMatch(/abc|0198c0de|private-words|aaaaaaaa/);
});

it('a run is a trace: its steps inside of it, the calls of models inside of those', async () => {
  const { id } = await givenPipeline(app.ctx, { topic: 'Words that are nobody’s business' });
  await runPipeline(app.ctx, id, new AbortController().signal);
  await sent();
  const [run] = named('pipeline') as [ReceivedSpan];
  expect(run.attributes).toEqual({ 'pipeline.id': id });
  expect(run.parentSpanId).toBeUndefined();
  const steps = receiver.spans.filter(({ name }) => name.startsWith('step '));
  expect(steps.map(({ name }) => name)).toEqual(
    ['topic', 'research', 'outline', 'draft', 'check', 'seo', 'publish'].map((name) => `step ${name}`),
  );
  for (const step of steps) expect(step).toMatchObject({ traceId: run.traceId, parentSpanId: run.spanId });
  const calls = named('model call');
  expect(calls).toHaveLength(model.asked.length);
  const ofSteps = new Map(steps.map(({ spanId, attributes }) => [spanId, attributes.step]));
  for (const { traceId, parentSpanId, kind, attributes } of calls) {
    expect(traceId).toBe(run.traceId);
    expect(ofSteps.get(parentSpanId ?? '')).toBe(attributes.step);
    expect(kind).toBe(3);
    expect(attributes).toMatchObject({ 'tokens.input': 1000, 'tokens.output': 100, ended: 'complete' });
  }
  expect(receiver.bodies.join()).not.toMatch(/nobody’s business|sourdough/i);
});

it('what fails ends with its code and goes on failing', async () => {
  const { tracer } = app.ctx.telemetry;
  await expect(
    tracer.span('work', 'internal', {}, () => Promise.reject(new RangeError('a text of a person'))),
  ).rejects.toThrow('a text of a person');
  await sent();
  expect(named('work')[0]?.status).toEqual({ code: 2, message: 'RangeError' });
  expect(receiver.bodies.join()).not.toContain('a text of a person');
});

it('a share of all traces is sent, whole or not at all; a receiver that is away holds nothing up', async () => {
  const logs: string[] = [];
  const log = createLogger('debug', { write: (line) => logs.push(line) });
  const start = async (rate: string) => {
    const { config, secrets } = testConfig(env({ OTEL_TRACES_SAMPLER_ARG: rate }));
    return (await createTelemetry(config, secrets, log)).tracer;
  };
  const dice = vi.spyOn(Math, 'random');
  try {
    const tracer = await start('0.5');
    for (const roll of [0.4, 0.6]) {
      // Only the first of a trace decides: others would decide otherwise.
      dice.mockReturnValue(1 - roll).mockReturnValueOnce(roll);
      await tracer.span(`root ${roll}`, 'internal', {}, () => tracer.span('inside', 'internal', {}, async () => 1));
    }
    await tracer.close();
    expect(receiver.spans.map(({ name }) => name)).toEqual(['inside', 'root 0.4']);
  } finally {
    dice.mockRestore();
  }
  receiver.status = 503;
  const tracer = await start('1');
  for (let i = 0; i < 3; i++) {
    expect(await tracer.span('work', 'internal', {}, async () => i)).toBe(i);
    await tracer.close();
  }
  expect(logs.filter((line) => line.includes('traces could not be sent'))).toHaveLength(1);
  expect(logs.join()).not.toContain('of-the-receiver');
});
