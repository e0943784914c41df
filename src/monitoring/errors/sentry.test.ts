import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SentryServer, startSentryServer } from '../../../test/fakes/sentry-server.ts';
import { testConfig } from '../../../test/harness.ts';
import { AppError } from '../../errors.ts';
import { createLogger } from '../../logger.ts';
import { createTelemetry, type Telemetry } from '../telemetry.ts';
import { framesOf } from './envelope.ts';
import { withoutQuotes } from './hide.ts';

let server: SentryServer;
let telemetry: Telemetry;
const logs: string[] = [];
const log = createLogger('debug', { write: (line) => logs.push(line) });
const secrets = {
  APP_SECRET: 'app-secret-of-the-test-which-is-long-enough',
  DATABASE_URL: 'postgres://posts:pa%24%24word-of-db@db.example:5432/posts',
  SMTP_URL: 'smtps://user:mail-password@mail.example:465',
  OPENAI_API_KEY: 'sk-proj-abcdefghijklmnop',
  METRICS_TOKEN: 'metrics-token-1234',
};

async function start(env: Record<string, string> = {}): Promise<void> {
  const { config, secrets: known } = testConfig({ ...secrets, SENTRY_DSN: server.dsn, ...env });
  telemetry = await createTelemetry(config, known, log);
}
beforeEach(async () => {
  logs.length = 0;
  server = await startSentryServer();
  await start();
});
afterEach(async () => {
  await telemetry.close();
  await server.close();
});

describe('an error that nobody expected', () => {
  it('is told with what it is, where it happened and what caused it, once', async () => {
    const cause = new TypeError('fetch failed');
    const error = new Error('The page could not be built.', { cause });
    for (let i = 0; i < 5; i++)
      log.error({ err: error, pipelineId: 'run-1', step: 'draft', topic: 'A text' }, 'failed');
    await telemetry.close();
    expect(server.refused).toEqual([]);
    expect(server.events).toHaveLength(1);
    const [event] = server.events;
    expect(event).toMatchObject({
      platform: 'node',
      level: 'error',
      release: expect.stringMatching(/^blog-poster@\d/),
    });
    expect(event?.exception.values.map(({ type, value }) => [type, value])).toEqual([
      ['TypeError', 'fetch failed'],
      ['Error', 'The page could not be built.'],
    ]);
    expect(event?.exception.values[1]?.stacktrace?.frames.at(-1)).toMatchObject({
      filename: 'app:///src/monitoring/errors/sentry.test.ts',
      in_app: true,
    });
    expect(event?.tags).toEqual({ pipelineId: 'run-1', step: 'draft' });
    expect(logs).toHaveLength(5);
  });

  it('is told of children of the log with the id of their request, and not of warnings', async () => {
    log.child({ reqId: 'request-7' }).error({ err: new Error('x is not a function') }, 'request failed');
    log.warn({ err: new Error('only a warning') }, 'careful');
    log.error({ reason: 'without an error' }, 'failed');
    await telemetry.close();
    expect(server.events.map(({ tags }) => tags)).toEqual([{ requestId: 'request-7' }]);
  });

  it('holds no secret, whatever the message says', async () => {
    const words = [
      ...Object.values(secrets),
      'pa$$word-of-db',
      'mail-password',
      'bp_0123456789abcdef',
      'Bearer abcdefgh12345',
      'eyJhbGciOi.eyJzdWIi.signature',
      'AbCd EfGh 1234 5678 IjKl MnOp',
      'someone@example.com',
    ];
    words.forEach((word, index) => {
      class Named extends Error {
        override name = `Error${index}`;
      }
      log.error({ err: new Named(`request ${index} failed with ${word} in it`), siteId: word }, 'failed');
    });
    log.error({ err: new Error('refused http://a.example/?token=abcdef123456&x=1') }, 'failed');
    await telemetry.close();
    expect(server.events).toHaveLength(words.length + 1);
    const sent = server.bodies.join('\n');
    for (const word of [...words, 'abcdef123456']) expect(sent).not.toContain(word);
  });

  it('holds nothing of what a person, a model or a page wrote', async () => {
    const text = 'Sourdough needs a warm kitchen and patience.';
    const failures = [
      new Error(`Failed query: insert into "articles" ("markdown") values ($1)\nparams: ${text}`),
      new AppError('model_output_invalid', `The model said “${text}” and nothing else.`),
      (() => {
        try {
          return JSON.parse(text);
        } catch (error) {
          return error;
        }
      })(),
      new Error(`first line\n${text}`),
    ];
    for (const err of failures) log.error({ err, topic: text, title: 'Sourdough' }, text);
    await telemetry.close();
    expect(server.events).toHaveLength(failures.length);
    expect(server.bodies.join('\n')).not.toMatch(/Sourdough|warm kitchen/);
    expect(server.events[0]?.exception.values[0]?.value).toContain('insert into "articles"');
    expect(server.events[1]?.exception.values[0]?.value).toMatch(/^model_output_invalid: /);
  });

  it('is told no more than thirty times a minute, however many kinds there are', async () => {
    for (let i = 0; i < 100; i++) log.error({ err: new Error(`kind ${i}`) }, 'failed');
    await telemetry.close();
    expect(server.events).toHaveLength(30);
  });

  it('is told as seldom as SENTRY_SAMPLE_RATE says', async () => {
    await start({ SENTRY_SAMPLE_RATE: '0' });
    log.error({ err: new Error('seldom') }, 'failed');
    await telemetry.close();
    expect(server.events).toEqual([]);
  });
});

it('a receiver that wants to be left alone is, and one that is away is complained of once', async () => {
  server.answer = { status: 429, headers: { 'retry-after': '60' } };
  log.error({ err: new Error('first') }, 'failed');
  await telemetry.close();
  log.error({ err: new Error('second') }, 'failed');
  await telemetry.close();
  expect(server.bodies).toHaveLength(1);
  await start();
  server.answer = { status: 500 };
  log.error({ err: new Error('third') }, 'failed');
  log.error({ err: new Error('fourth') }, 'failed');
  await telemetry.close();
  expect(server.bodies).toHaveLength(3);
  expect(logs.filter((line) => line.includes('could not be told'))).toHaveLength(1);
});

it('nobody is told of anything without SENTRY_DSN', async () => {
  await start();
  const { config, secrets: known } = testConfig(secrets);
  const quiet = createLogger('debug', { write: () => undefined });
  const without = await createTelemetry(config, known, quiet);
  quiet.error({ err: new Error('nobody hears') }, 'failed');
  await without.close();
  expect(server.bodies).toEqual([]);
});

it.each([
  ["Cannot read properties of undefined (reading 'id')", "Cannot read properties of undefined (reading 'id')"],
  [
    'duplicate key value violates unique constraint "articles_slug"',
    'duplicate key value violates unique constraint "articles_slug"',
  ],
  ['The topic "How to bake bread" is too close', 'The topic "…" is too close'],
  [`x${'y'.repeat(300)}`, `x${'y'.repeat(199)}…`],
])('of the message %j stays %j', (message, stays) => {
  expect(withoutQuotes(message)).toBe(stays);
});

it('frames are read in the words of Chromium and of Firefox', () => {
  const name = (file: string) => file.replace('https://a.example', '~');
  const chromium =
    'Error: x\n    at draw (https://a.example/assets/index-1.js:3:14)\n    at https://a.example/assets/frame-2.js:1:2';
  const firefox = 'draw@https://a.example/assets/index-1.js:3:14\n@https://a.example/assets/frame-2.js:1:2\n';
  const expected = [
    { filename: '~/assets/frame-2.js', lineno: 1, colno: 2, in_app: true },
    { filename: '~/assets/index-1.js', function: 'draw', lineno: 3, colno: 14, in_app: true },
  ];
  expect(framesOf(chromium, name)).toEqual(expected);
  expect(framesOf(firefox, name)).toEqual(expected);
});
