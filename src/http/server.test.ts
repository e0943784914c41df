import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { breadSources, withModel } from '../../test/factories.ts';
import { diligentScript, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import { listPipelines } from '../pipeline/queries.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ overrides: withModel(scriptedModel(diligentScript)) });
});
afterAll(() => app.close());

const call = (
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  payload?: object | string,
  headers: Record<string, string> = {},
) =>
  app.server.inject({
    method,
    url: `/api/v1${url}`,
    headers: {
      host: 'localhost:3000',
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { payload }),
  });
const brief = { topic: 'Feeding a sourdough starter', sources: breadSources };

describe('the token of the command line', () => {
  test.each([
    ['under another name that resolves to this machine', { host: 'attacker.example' }],
    ['through a proxy', { 'x-forwarded-for': '203.0.113.9' }],
  ])('is refused %s', async (_what, headers) => {
    const answer = await call('GET', '/pipelines', undefined, headers as unknown as Record<string, string>);
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toMatchObject({ code: 'unauthenticated', status: 401 });
  });

  test('is refused from an address that is not loopback', async () => {
    const answer = await app.server.inject({
      url: '/api/v1/pipelines',
      headers: { host: 'localhost' },
      remoteAddress: '192.0.2.7',
    });
    expect(answer.statusCode).toBe(401);
  });
});

describe('errors', () => {
  test('are problem documents that name the field and say what to do', async () => {
    const answer = await call('POST', '/pipelines', { topic: 'x', sources: [{ url: 'ftp://a.example' }], surprise: 1 });
    expect(answer.statusCode).toBe(422);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    const problem = answer.json();
    expect(problem).toMatchObject({ code: 'invalid_request', status: 422 });
    expect(problem.hint.length).toBeGreaterThan(10);
    expect(problem.errors.map((error: { path: string }) => error.path)).toContain('topic');
  });

  test.each<[string, string | object, number, string]>([
    ['no JSON', '{"topic":', 400, 'malformed_body'],
    ['over a megabyte', JSON.stringify({ topic: 'x'.repeat(1_100_000) }), 413, 'body_too_large'],
    ['a wrong order of words', { ...brief, words: { min: 900, max: 100 } }, 422, 'invalid_request'],
    ['publishing without a site', { ...brief, publish: 'draft' }, 422, 'invalid_request'],
    ['a model of no provider', { ...brief, model: 'offline', siteId: newId() }, 404, 'not_found'],
  ])('%s', async (_what, body, status, code) => {
    const answer = await call('POST', '/pipelines', body);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  test('what does not exist answers 404, what is not an id 422', async () => {
    expect((await call('GET', `/pipelines/${newId()}`)).json()).toMatchObject({ status: 404, code: 'not_found' });
    expect((await call('GET', '/articles/1')).statusCode).toBe(422);
    expect((await call('GET', '/nothing')).statusCode).toBe(404);
  });
});

describe('creating', () => {
  test('the same Idempotency-Key and body make one pipeline, another body is refused', async () => {
    const headers = { 'idempotency-key': newId() };
    const answers = await Promise.all([1, 2, 3].map(() => call('POST', '/pipelines', brief, headers)));
    expect(answers.map((answer) => answer.statusCode)).toEqual([202, 202, 202]);
    expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1);
    const other = await call('POST', '/pipelines', { ...brief, topic: 'Something else' }, headers);
    expect(other.json()).toMatchObject({ status: 409, code: 'idempotency_conflict' });
  });

  test('lists go on where the last page ended', async () => {
    for (let i = 0; i < 3; i++) await call('POST', '/pipelines', { ...brief, topic: `Topic number ${i}` });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const answer: { items: { id: string }[]; nextCursor: string | null } = (
        await call('GET', `/pipelines?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
      ).json();
      seen.push(...answer.items.map(({ id }) => id));
      cursor = answer.nextCursor;
    } while (cursor);
    expect(seen.length).toBeGreaterThanOrEqual(4);
    expect(new Set(seen).size).toBe(seen.length);
    expect([...seen].sort().reverse()).toEqual(seen);
    const [row] = await listPipelines(app.ctx.db, app.ctx.ownerId, { limit: 1 });
    expect(row?.brief.sources).toEqual(breadSources.map(({ title }) => ({ title, text: '', format: 'text' })));
  });
});

describe('articles by hand', () => {
  test('an edit on a stale revision is refused and changes nothing; the bin gives back', async () => {
    const created = (await call('POST', '/articles', { title: 'Mine', markdown: 'First.' })).json();
    const edit = (revision: number, markdown: string) =>
      call('PATCH', `/articles/${created.id}`, { revision, markdown });
    expect((await edit(1, 'Second.')).json()).toMatchObject({ revision: 2, markdown: 'Second.' });
    expect((await edit(1, 'Lost?')).json()).toMatchObject({ status: 409, code: 'stale_revision' });
    expect((await call('GET', `/articles/${created.id}`)).json().markdown).toBe('Second.');
    expect((await call('GET', `/articles/${created.id}/revisions`)).json().items).toHaveLength(2);

    expect((await call('DELETE', `/articles/${created.id}`)).statusCode).toBe(204);
    expect((await call('GET', `/articles/${created.id}`)).statusCode).toBe(404);
    expect((await call('POST', `/articles/${created.id}/restore`)).json().markdown).toBe('Second.');
  });

  test('are found by their words and by their site, and every list says where it goes on', async () => {
    const { id } = (await call('POST', '/articles', { title: '100 % rye_bread', markdown: 'Wholemeal.' })).json();
    const found = async (query: string) =>
      (await call('GET', `/articles?${query}`)).json().items.map((item: { id: string }) => item.id);
    expect(await found('query=rye_b')).toEqual([id]);
    expect(await found('query=wholemeal')).toEqual([id]);
    // A wildcard in the question is a character like any other.
    expect(await found('query=rye%25bread')).toEqual([]);
    expect(await found(`siteId=${newId()}`)).toEqual([]);
    expect((await call('GET', `/articles/${id}/claims`)).json()).toEqual({ items: [], nextCursor: null });
    expect((await call('GET', `/articles/${id}/revisions`)).json()).toMatchObject({ nextCursor: null });
  });

  test('scripts in Markdown do not reach the HTML', async () => {
    const markdown = 'Hi <script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1))';
    const { html } = (await call('POST', '/articles', { title: 'Hostile', markdown })).json();
    expect(html).not.toMatch(/script|onerror|javascript/i);
  });
});

describe('for machines', () => {
  test('health names every part, live does not need one', async () => {
    expect((await app.server.inject('/health')).json()).toMatchObject({
      status: 'healthy',
      database: 'up',
      queue: 'up',
      redis: 'not configured',
    });
    expect((await app.server.inject('/health/live')).statusCode).toBe(200);
    expect((await app.server.inject('/health/ready')).json()).toEqual({ status: 'ready' });
  });

  test('the description is OpenAPI 3.1 and names every operation once', async () => {
    const document = (await app.server.inject('/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    const ids = Object.values<Record<string, { operationId?: string }>>(document.paths).flatMap((path) =>
      Object.values(path).map((operation) => operation.operationId),
    );
    expect(ids.every(Boolean)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('the reference page may run exactly the script that stands in it', async () => {
    const page = await app.server.inject({ url: '/docs/' });
    expect(page.statusCode).toBe(200);
    const scripts = [...page.body.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
      ([, text]) => text ?? '',
    );
    expect(scripts.length).toBeGreaterThan(0);
    const policy = String(page.headers['content-security-policy']);
    for (const script of scripts) expect(policy).toContain(createHash('sha256').update(script).digest('base64'));
    expect(policy).not.toContain("script-src 'self' 'unsafe-inline'");
    expect(page.body).not.toMatch(/src="https?:/);
    const source = /src="([^"]+)"/.exec(page.body)?.[1] ?? '';
    const script = await app.server.inject({ url: new URL(source, 'http://localhost/docs/').pathname });
    expect(script.statusCode).toBe(200);
    expect(script.headers['content-type']).toContain('javascript');
    expect((await app.server.inject('/docs/nothing')).json()).toMatchObject({ status: 404, code: 'not_found' });
  });
});
