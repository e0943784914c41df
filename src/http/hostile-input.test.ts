import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { breadSources, withModel } from '../../test/factories.ts';
import { diligentScript, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newId } from '../db/id.ts';

let app: TestApp;
let articleId: string;
let siteId: string;

beforeAll(async () => {
  app = await startTestApp({ overrides: withModel(scriptedModel(diligentScript)) });
  articleId = (await call('POST', '/articles', { title: 'Mine', markdown: 'First.' })).json.id;
  const site = { name: 'S', url: 'http://127.0.0.1:1', username: 'u', applicationPassword: 'p' };
  siteId = (await call('POST', '/sites', site)).json.id;
});
afterAll(() => app.close());

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
async function call(method: Method, url: string, payload?: object | string, headers: Record<string, string> = {}) {
  const answer = await app.server.inject({
    method,
    url: `/api/v1${url}`,
    headers: {
      host: 'localhost',
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, type: String(answer.headers['content-type']), json: json(answer.body) };
}
function json(text: string) {
  return text === '' ? null : JSON.parse(text);
}
const brief = { topic: 'Feeding a sourdough starter', sources: breadSources };

/** Every refusal is a problem document that says what to do; nothing of ours has broken. */
function expectRefused(answer: Awaited<ReturnType<typeof call>>, status: number, code: string, path?: string) {
  expect(answer.json).toMatchObject({ status, code, hint: expect.stringMatching(/.{10}/) });
  expect(answer.type).toContain('application/problem+json');
  if (path !== undefined) expect(answer.json.errors.map((error: { path: string }) => error.path)).toContain(path);
}

describe('a topic is refused', () => {
  test.each([
    ['that is missing', undefined],
    ['that is empty', ''],
    ['of blanks', '  \t\n\u00a0\u3000 '],
    ['of one letter', 'x'],
    ['of two letters', 'xy'],
    ['of marks only', '!!! ??? ...'],
    ['of nothing that shows', '\u200b\u200b\u200b\u200b'],
    ['of direction marks', '\u202e\u202d\u2066\u2069'],
    ['of control characters', '\u0001\u0002\u0003\u0007'],
    ['of 10,000 characters', 'bread '.repeat(1667)],
    ['with U+0000', 'Bread\u0000and butter'],
    ['with half an emoji', 'Bread \ud83c and butter'],
    ['that is a number', 42],
    ['that is a list', ['bread']],
    ['that is an object', { $ne: null }],
    ['that is null', null],
  ])('%s', async (_what, topic) => {
    expectRefused(await call('POST', '/pipelines', { ...brief, topic }), 422, 'invalid_request', 'topic');
    expectRefused(await call('POST', '/pipelines?dryRun=true', { ...brief, topic }), 422, 'invalid_request', 'topic');
  });
});

describe('characters that no table keeps are named', () => {
  const nul = 'a\u0000b';
  test.each<[string, Method, (() => string) | string, object | undefined, string]>([
    ['a source text', 'POST', '/pipelines', { ...brief, sources: [{ title: 'T', text: nul }] }, 'sources.0.text'],
    ['a source title', 'POST', '/pipelines', { ...brief, sources: [{ title: nul, text: 'T' }] }, 'sources.0.title'],
    ['a keyword', 'POST', '/pipelines', { ...brief, keyword: nul }, 'keyword'],
    ['a new article', 'POST', '/articles', { title: nul, markdown: 'x' }, 'title'],
    ['an edit', 'PATCH', () => `/articles/${articleId}`, { revision: 1, markdown: nul }, 'markdown'],
    ['an edited address', 'PATCH', () => `/articles/${articleId}`, { revision: 1, slug: 'a\udfff' }, 'slug'],
    ['a site', 'POST', '/sites', { name: nul, url: 'http://x', username: 'u', applicationPassword: 'p' }, 'name'],
    ['a password', 'PATCH', () => `/sites/${siteId}`, { applicationPassword: nul }, 'applicationPassword'],
    ['a search', 'GET', '/articles?query=a%00b', undefined, 'query'],
    ['a cursor', 'GET', '/pipelines?cursor=%00', undefined, 'cursor'],
    ['an id', 'GET', '/articles/%00', undefined, 'id'],
    ['the name of a field', 'POST', '/articles', { [nul]: 1 }, 'body'],
  ])('%s', async (_what, method, url, body, path) => {
    expectRefused(await call(method, typeof url === 'string' ? url : url(), body), 422, 'invalid_request', path);
  });
});

describe('requests that are not what they should be', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  test.each<[string, Method, string, string | undefined, Record<string, string>, number, string]>([
    ['plain text', 'POST', '/articles', 'title=x', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    [
      'a form',
      'POST',
      '/articles',
      'title=x',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported_media_type',
    ],
    ['no type', 'POST', '/articles', '{}', { 'content-type': '' }, 415, 'unsupported_media_type'],
    ['no body', 'POST', '/articles', '', {}, 400, 'malformed_body'],
    ['half a body', 'POST', '/articles', '{"title":"x"', {}, 400, 'malformed_body'],
    [
      'the prototype',
      'POST',
      '/articles',
      '{"title":"x","markdown":"y","__proto__":{"admin":true}}',
      {},
      400,
      'malformed_body',
    ],
    [
      'the constructor',
      'POST',
      '/articles',
      '{"title":"x","markdown":"y","constructor":{"prototype":{}}}',
      {},
      400,
      'malformed_body',
    ],
    ['a list', 'POST', '/articles', '[]', {}, 422, 'invalid_request'],
    ['a word', 'POST', '/articles', '"title"', {}, 422, 'invalid_request'],
    ['null', 'POST', '/articles', 'null', {}, 422, 'invalid_request'],
    ['400,000 brackets', 'POST', '/articles', deep(400_000), {}, 422, 'invalid_request'],
    [
      'brackets in a field',
      'POST',
      '/articles',
      `{"title":${deep(100_000)},"markdown":"x"}`,
      {},
      422,
      'invalid_request',
    ],
    [
      'a number beyond all',
      'POST',
      '/pipelines',
      '{"topic":"bread","budgetMicroUsd":1e999}',
      {},
      422,
      'invalid_request',
    ],
    ['a number too exact', 'POST', '/pipelines', '{"topic":"bread","budgetMicroUsd":0.1}', {}, 422, 'invalid_request'],
    ['a negative budget', 'POST', '/pipelines', '{"topic":"bread","budgetMicroUsd":-1}', {}, 422, 'invalid_request'],
    [
      'a month that is none',
      'POST',
      '/pipelines',
      '{"topic":"bread","publishAt":"2026-13-45T99:99:99Z"}',
      {},
      422,
      'invalid_request',
    ],
    ['an id of another kind', 'GET', '/articles/1%20or%201=1', undefined, {}, 422, 'invalid_request'],
    ['a path upwards', 'GET', '/articles/..%2f..%2fetc', undefined, {}, 422, 'invalid_request'],
    ['a broken escape', 'GET', '/articles/%E0%A4%A', undefined, {}, 422, 'invalid_request'],
    ['limit 0', 'GET', '/articles?limit=0', undefined, {}, 422, 'invalid_request'],
    ['limit -1', 'GET', '/articles?limit=-1', undefined, {}, 422, 'invalid_request'],
    ['limit 1e9', 'GET', '/articles?limit=1e9', undefined, {}, 422, 'invalid_request'],
    ['limit 1.5', 'GET', '/articles?limit=1.5', undefined, {}, 422, 'invalid_request'],
    ['limit NaN', 'GET', '/articles?limit=NaN', undefined, {}, 422, 'invalid_request'],
    ['two limits', 'GET', '/articles?limit=1&limit=2', undefined, {}, 422, 'invalid_request'],
    ['a cursor of rubbish', 'GET', "/articles?cursor=';drop", undefined, {}, 422, 'invalid_request'],
    ['a status that is none', 'GET', '/pipelines?status=__proto__', undefined, {}, 422, 'invalid_request'],
    [
      'a step that is none',
      'POST',
      `/pipelines/${newId()}/retry`,
      '{"fromStep":"toString"}',
      {},
      422,
      'invalid_request',
    ],
    [
      'an endless key',
      'POST',
      '/articles',
      '{"title":"x","markdown":"y"}',
      { 'idempotency-key': 'k'.repeat(201) },
      422,
      'invalid_request',
    ],
    ['another method', 'PUT', '/articles', '{}', {}, 404, 'not_found'],
  ])('%s', async (_what, method, url, body, headers, status, code) => {
    expectRefused(await call(method, url, body, headers), status, code);
  });

  test('names that come twice: the last one counts, for the answer as for the key', async () => {
    const body = '{"title":"One","title":"Two","markdown":"x"}';
    const headers = { 'idempotency-key': newId() };
    const [first, again] = [
      await call('POST', '/articles', body, headers),
      await call('POST', '/articles', body, headers),
    ];
    expect(first).toMatchObject({ status: 201, json: { title: 'Two' } });
    expect(again.json.id).toBe(first.json.id);
  });

  test('whatever JSON comes to whatever route, the answer is no fault of ours', async () => {
    const routes: [Method, string][] = [
      ['POST', '/pipelines'],
      ['POST', '/articles'],
      ['PATCH', `/articles/${articleId}`],
      ['POST', '/sites'],
      ['PATCH', `/sites/${siteId}`],
      ['POST', `/articles/${articleId}/publications`],
      ['POST', `/pipelines/${newId()}/continue`],
    ];
    const names =
      'topic title markdown revision sources url name username applicationPassword siteId status publishAt slug budgetMicroUsd words'.split(
        ' ',
      );
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(newId(), '2026-01-01T00:00:00Z', 'draft', 'http://127.0.0.1:1', [], {}, 1),
    );
    const body = fc.oneof(
      { weight: 4, arbitrary: fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 6 }) },
      { weight: 1, arbitrary: fc.jsonValue() },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), body, async ([method, url], sent) => {
        const answer = await call(method, url, JSON.stringify(sent));
        expect(answer.status, JSON.stringify(answer.json)).toBeLessThan(500);
        if (answer.status >= 400) expect(answer.json.hint.length).toBeGreaterThan(10);
      }),
      { numRuns: 400 },
    );
  });

  test('whatever is asked for in an address, the answer is no fault of ours', async () => {
    const part = fc.oneof(
      fc.constantFrom(
        'articles',
        'pipelines',
        'sites',
        'publications',
        articleId,
        '..',
        '%00',
        '%',
        '%2e%2e',
        'events',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
    );
    const query = fc.oneof(
      fc.constant(''),
      fc
        .tuple(fc.constantFrom('limit', 'cursor', 'query', 'status', 'siteId', 'dryRun', '__proto__'), part)
        .map((pair) => `?${pair.join('=')}`),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 4 }), query, async (parts, search) => {
        // Two steps up lead out of the API to the web app, which answers with a page: only the status counts here.
        const url = `/api/v1/${parts.join('/')}${search}`;
        expect(
          (await app.server.inject({ method: 'GET', url, headers: { host: 'localhost' } })).statusCode,
          url,
        ).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });
});

describe('texts that may stay are cleaned', () => {
  test('of control characters and direction overrides, in titles also of line ends', async () => {
    const { json: article } = await call('POST', '/articles', {
      title: ' A \u202etitle\u0007\r\nof  two lines ',
      markdown: 'One\u0008.\n\nTwo\u000b.\tאבג',
      slug: '../../Ärger & <b>',
      excerpt: 'a\u0000'.slice(0, 1),
    });
    expect(article).toMatchObject({ title: 'A title of two lines', markdown: 'One.\n\nTwo.\tאבג', slug: 'arger-b' });
  });

  test('two articles by hand with one title get two addresses', async () => {
    const make = async () => (await call('POST', '/articles', { title: 'Twice the same', markdown: 'x' })).json.slug;
    const slugs = await Promise.all([make(), make(), make()]);
    expect(slugs.sort()).toEqual(['twice-the-same', 'twice-the-same-2', 'twice-the-same-3']);
  });
});
