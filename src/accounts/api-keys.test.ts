import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, type Client, client, givenAccount } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { apiKeys } from './schema.ts';

let app: TestApp;
let user: Account;
beforeAll(async () => {
  app = await startTestApp();
  user = await givenAccount(app, 'ann@example.com');
});
afterAll(() => app.close());

interface KeyAnswer {
  id: string;
  key: string;
  prefix: string;
}

async function given(scopes: string[], more: object = {}): Promise<KeyAnswer & { api: Client }> {
  const { status, json } = await user.api.ask<KeyAnswer>('POST', '/api-keys', { name: 'a key', scopes, ...more });
  expect(status).toBe(201);
  return { ...json, api: client(app, { authorization: `Bearer ${json.key}` }) };
}

describe('an API key', () => {
  it('is shown once, stored as a digest, and lets its owner in', async () => {
    const { id, key, prefix, api } = await given(['read']);
    expect(key).toMatch(/^bp_[\w-]{43}$/);
    expect(key.startsWith(prefix)).toBe(true);
    expect((await api.ask('GET', '/me')).json).toMatchObject({ id: user.id });
    expect(JSON.stringify((await user.api.ask('GET', '/api-keys')).json)).not.toContain(key);
    const [row] = await app.ctx.db.select().from(apiKeys).where(eq(apiKeys.id, id));
    expect(JSON.stringify(row)).not.toContain(key);
    expect(app.logs.join('')).not.toContain(key);
  });

  it('shows when and from where it was used last', async () => {
    const { id, api } = await given(['read']);
    await api.ask('GET', '/articles');
    const list = await user.api.ask<{ items: object[] }>('GET', '/api-keys');
    expect(list.json.items).toContainEqual(
      expect.objectContaining({ id, lastUsedAddress: '127.0.0.1', lastUsedAt: expect.any(String), status: 'active' }),
    );
  });

  it('may do what its scopes say and nothing else', async () => {
    const reader = await given(['read']);
    const writer = await given(['write']);
    const article = { title: 'A title', markdown: 'Some words.' };
    expect((await reader.api.ask('POST', '/articles', article)).json).toMatchObject({ code: 'insufficient_scope' });
    expect((await writer.api.ask('POST', '/articles', article)).status).toBe(201);
    expect((await writer.api.ask('GET', '/articles')).json).toMatchObject({ code: 'insufficient_scope' });
  });

  it('lets nothing out to a site without the scope for that, however it is asked', async () => {
    const writer = await given(['read', 'write']);
    const publisher = await given(['publish']);
    const id = '0197a000-0000-7000-8000-000000000000';
    const lettingOut: [Parameters<Client['ask']>[0], string, object?][] = [
      ['POST', `/articles/${id}/publications`, { siteId: id, status: 'draft' }],
      ['PATCH', `/publications/${id}`, { priority: 'high' }],
      ...['retry', 'update', 'unpublish', 'trash'].map((act): ['POST', string] => [
        'POST',
        `/publications/${id}/${act}`,
      ]),
      ['POST', `/publications/${id}/resolve`, { choice: 'ours', articleRevision: 1, theirsModified: null }],
      ['POST', `/sites/${id}/resume`],
      ['POST', `/sites/${id}/queue/retry`],
    ];
    for (const [method, path, body] of lettingOut) {
      const refused = await writer.api.ask(method, path, body);
      expect(refused.json, path).toMatchObject({ code: 'insufficient_scope' });
      expect((await publisher.api.ask(method, path, body)).json, path).toMatchObject({ code: 'not_found' });
    }
    // Holding back needs no such scope.
    for (const path of [`/publications/${id}/cancel`, `/sites/${id}/pause`, `/sites/${id}/queue/cancel`]) {
      expect((await writer.api.ask('POST', path)).json, path).toMatchObject({ code: 'not_found' });
    }
  });

  it('cannot touch the account, make keys or see sessions, whatever its scopes', async () => {
    const { api } = await given(['read', 'write', 'publish']);
    const forbidden: [Parameters<Client['ask']>[0], string, object?][] = [
      ['PATCH', '/me', { name: 'Mallory' }],
      ['DELETE', '/me', {}],
      ['POST', '/api-keys', { name: 'more', scopes: ['read'] }],
      ['GET', '/api-keys'],
      ['GET', '/me/sessions'],
      ['POST', '/me/two-factor', { password: user.password }],
      ['GET', '/admin/users'],
    ];
    for (const [method, path, body] of forbidden) {
      expect(await api.ask(method, path, body), `${method} ${path}`).toMatchObject({ status: 403 });
    }
  });

  it('is refused by the next request once it is revoked', async () => {
    const { id, api } = await given(['read']);
    expect((await api.ask('GET', '/articles')).status).toBe(200);
    expect((await user.api.ask('DELETE', `/api-keys/${id}`)).status).toBe(204);
    expect((await api.ask('GET', '/articles')).status).toBe(401);
    expect((await user.api.ask('DELETE', `/api-keys/${id}`)).status).toBe(204);
  });

  it('ends when it expires, and cannot be made to have expired already', async () => {
    const { id, api } = await given(['read'], { expiresAt: new Date(Date.now() + 60_000).toISOString() });
    expect((await api.ask('GET', '/articles')).status).toBe(200);
    await app.ctx.db.update(apiKeys).set({ expiresAt: sql`now()` }).where(eq(apiKeys.id, id));
    expect((await api.ask('GET', '/articles')).status).toBe(401);
    const past = { name: 'late', scopes: ['read'], expiresAt: '2020-01-01T00:00:00Z' };
    expect((await user.api.ask('POST', '/api-keys', past)).json).toMatchObject({ errors: [{ path: 'expiresAt' }] });
  });

  it('of a repeated request is the same one, and is kept encrypted meanwhile', async () => {
    const ask = () =>
      user.api.ask<KeyAnswer>('POST', '/api-keys', { name: 'once', scopes: ['read'] }, { 'idempotency-key': 'k-1' });
    const [first, second] = [await ask(), await ask()];
    expect(second.json).toEqual(first.json);
    const kept = JSON.stringify(await app.ctx.db.execute(sql`select * from idempotency_keys`));
    expect(kept).not.toContain(first.json.key);
  });
});

describe('limits of requests', () => {
  it('are counted for each user after they are known, and told with every answer', async () => {
    const strict = await startTestApp({ env: { RATE_LIMIT_PER_MINUTE: '4' } });
    try {
      const ann = await givenAccount(strict, 'ann@example.com');
      const bob = await givenAccount(strict, 'bob@example.com');
      const answers = [];
      for (let i = 0; i < 6; i++) answers.push(await ann.api.ask('GET', '/me'));
      expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 429, 429]);
      expect(answers[0]?.headers).toMatchObject({ 'ratelimit-limit': '4', 'ratelimit-remaining': '3' });
      expect(answers[5]?.json).toMatchObject({ code: 'rate_limited' });
      expect(Number(answers[5]?.headers['retry-after'])).toBeGreaterThan(0);
      expect((await bob.api.ask('GET', '/me')).status).toBe(200);
      expect((await client(strict, { authorization: 'Bearer nonsense' }).ask('GET', '/me')).status).toBe(401);
    } finally {
      await strict.close();
    }
  });

  it('of one user hold for that user only', async () => {
    await app.ctx.db.execute(sql`update users set requests_per_minute = 1 where id = ${user.id}`);
    const other = await givenAccount(app, 'other@example.com');
    await user.api.ask('GET', '/me');
    expect((await user.api.ask('GET', '/me')).status).toBe(429);
    expect((await other.api.ask('GET', '/me')).status).toBe(200);
    expect((await other.api.ask('GET', '/me')).status).toBe(200);
  });
});
