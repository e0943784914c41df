import { afterAll, beforeAll, expect, it } from 'vitest';
import { client, givenAccount } from '../../test/accounts.ts';
import { givenPipeline, withModel } from '../../test/factories.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../../test/fakes/otlp-receiver.ts';
import { diligentScript, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { type SentryServer, startSentryServer } from '../../test/fakes/sentry-server.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { runPipeline } from '../pipeline/runner.ts';
import { storeCounts } from './store-counts.ts';

/** Every secret of the configuration that a test instance can have, each a word that occurs nowhere else. */
const secrets = {
  APP_SECRET: 'zqappsecret-which-is-long-enough-for-a-key',
  SMTP_URL: 'smtp://zqmailuser:zqmailpassword@127.0.0.1:9',
  OPENAI_API_KEY: 'zqopenaikey-0123456789',
  ANTHROPIC_API_KEY: 'zqanthropickey-0123456789',
  GOOGLE_GENERATIVE_AI_API_KEY: 'zqgooglekey-0123456789',
  BRAVE_API_KEY: 'zqbravekey-0123456789',
  TAVILY_API_KEY: 'zqtavilykey-0123456789',
  METRICS_TOKEN: 'zqmetricstoken-0123456789',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=zqreceiverpassword',
};
const secretWords = [
  'zqappsecret',
  'zqmailpassword',
  'zqopenaikey',
  'zqanthropickey',
  'zqgooglekey',
  'zqbravekey',
  'zqtavilykey',
  'zqmetricstoken',
  'zqreceiverpassword',
  'zqaccountpassword',
  'zqsitepassword',
  'zqquery',
];
/** What people, pages and models wrote. */
const texts = ['zqtopic', 'zqkeyword', 'zqsourcetext', 'zqbodytext'];

let app: TestApp;
let sentry: SentryServer;
let otlp: OtlpReceiver;

beforeAll(async () => {
  sentry = await startSentryServer();
  otlp = await startOtlpReceiver();
  const env = { ...secrets, SENTRY_DSN: sentry.dsn, OTEL_EXPORTER_OTLP_ENDPOINT: otlp.endpoint };
  app = await startTestApp({ env, overrides: withModel(scriptedModel(diligentScript)) });
});
afterAll(async () => {
  await app.close();
  await sentry.close();
  await otlp.close();
});

it('what leaves for monitors, Sentry and OpenTelemetry, and the log, holds no secret and no text of anyone', async () => {
  const { ctx } = app;
  // An article about words of which none may be seen, and requests that carry secrets wherever one can.
  const account = await givenAccount(app, 'zqperson@example.com', 'zqaccountpassword is long enough');
  const { id } = await givenPipeline(ctx, {
    topic: 'zqtopic of sourdough',
    keyword: 'zqkeyword',
    sources: [{ title: 'Notes', text: `A starter of zqsourcetext needs flour. ${'It is fed every day. '.repeat(30)}` }],
    duplicates: 'allow',
  });
  await runPipeline(ctx, id, new AbortController().signal);
  const person = client(app, { authorization: `Bearer ${account.accessToken}` });
  const site = { name: 'A', url: 'http://127.0.0.1:9', username: 'a', applicationPassword: 'zqsitepassword 1234 abcd' };
  await person.ask('POST', '/sites', site);
  await person.ask('POST', '/articles', { title: 'zqbodytext', markdown: 'zqbodytext' });
  await app.send({ url: '/health?token=zqquery' });
  await app.send({ url: '/metrics', headers: { authorization: `Bearer ${secrets.METRICS_TOKEN}` } });
  // Faults in the middle of it: an answer that cannot be built, and what libraries put into their errors.
  const faults = [
    new Error(`connect failed: smtp://zqmailuser:zqmailpassword@127.0.0.1:9`),
    new Error(`Failed query: insert into articles\nparams: zqtopic,zqbodytext`),
    new TypeError(`fetch of https://a.example/?key=${secrets.OPENAI_API_KEY} failed`),
    new Error(`Unexpected token 'z', "zqbodytext" is not valid JSON`),
  ];
  const broken = { ...ctx.limiter, take: () => Promise.reject(faults[0]) };
  const { take } = ctx.limiter;
  Object.assign(ctx.limiter, { take: broken.take });
  const failed = await person.ask<{ code: string }>('GET', '/articles');
  Object.assign(ctx.limiter, { take });
  expect(failed.json.code).toBe('internal');
  for (const err of faults.slice(1)) ctx.log.error({ err, pipelineId: id }, 'a step failed unexpectedly');
  await storeCounts(ctx.db, ctx.telemetry.counts, true);
  const metrics = await app.send({ url: '/metrics', headers: { authorization: `Bearer ${secrets.METRICS_TOKEN}` } });
  const health = await app.send({ url: '/health' });
  await ctx.telemetry.close();

  expect(sentry.events.length).toBe(faults.length);
  expect(otlp.spans.length).toBeGreaterThan(20);
  const told = [...sentry.bodies, ...otlp.bodies, metrics.body, health.body].join('\n');
  for (const word of [...secretWords, ...texts, 'zqperson', account.accessToken]) expect(told).not.toContain(word);
  // The log is the operator's own: what failed may stand there, secrets may not. Those of our faults are messages.
  const logged = app.logs.filter((line) => !line.includes('"level":50')).join('\n');
  expect(logged.length).toBeGreaterThan(1_000);
  for (const word of [...secretWords, account.accessToken]) expect(logged).not.toContain(word);
});
