import { sql } from 'drizzle-orm';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startWebhookReceiver, type WebhookReceiver } from '../../test/fakes/webhook-receiver.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import { queryRows } from '../db/open.ts';
import { deliverWebhook } from './deliver.ts';
import { subscribableTypeNames } from './event-types.ts';
import { webhooks } from './schema.ts';

let app: TestApp;
let receiver: WebhookReceiver;
beforeAll(async () => {
  receiver = await startWebhookReceiver();
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: receiver.host } });
});
afterAll(async () => {
  await app.close();
  await receiver.close();
});
beforeEach(async () => {
  receiver.reset();
  await app.ctx.db.delete(webhooks);
});

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
async function call(method: Method, url: string, payload?: object, headers = {}) {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}), headers });
  return { status: answer.statusCode, text: answer.body, json: answer.body === '' ? null : answer.json() };
}
const body = (more: Record<string, unknown> = {}) => ({ url: receiver.url, events: ['article.created'], ...more });
const create = async (more: Record<string, unknown> = {}) => (await call('POST', '/webhooks', body(more))).json;
const deliver = (id: string) => deliverWebhook(app.ctx, id, new AbortController().signal, async () => undefined);

describe('webhooks over HTTP', () => {
  it('lists what can be asked for, each with what it means', async () => {
    const { json } = await call('GET', '/webhook-event-types');
    expect(json.items.map(({ type }: { type: string }) => type)).toEqual(subscribableTypeNames);
    for (const { description } of json.items) expect(description).toMatch(/^[A-Z].+\.$/);
  });

  it('creates one with its secret, and shows the secret in no other answer, no error and no log', async () => {
    const created = await call(
      'POST',
      '/webhooks',
      body({ description: 'To the\nchat', events: ['site.created', 'article.created', 'site.created'] }),
    );
    expect(created.status).toBe(201);
    const { secret, ...shown } = created.json;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(shown).toEqual({
      id: expect.any(String),
      url: receiver.url,
      description: 'To the chat',
      events: ['article.created', 'site.created'],
      status: 'active',
      disabled: null,
      failingSince: null,
      previousSecretUntil: null,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect((await call('GET', `/webhooks/${shown.id}`)).json).toEqual(shown);
    expect((await call('GET', '/webhooks')).json).toEqual({ items: [shown], nextCursor: null });

    const test = await call('POST', `/webhooks/${shown.id}/test`);
    await deliver(test.json.id);
    const said = [
      await call('PATCH', `/webhooks/${shown.id}`, { description: 'x' }),
      await call('PATCH', `/webhooks/${shown.id}`, { secret }),
      test,
      await call('GET', `/webhooks/${shown.id}/deliveries`),
      await call('GET', `/webhooks/${shown.id}/deliveries/${test.json.id}`),
      await call('POST', `/webhooks/${shown.id}/deliveries/${test.json.id}/redeliver`),
      await call('GET', '/webhooks?limit=100'),
    ].map(({ text }) => text);
    const tables = await queryRows(app.ctx.db, sql`select w::text, d::text from webhooks w, webhook_deliveries d`);
    expect(receiver.received).toHaveLength(1);
    for (const part of [secret, secret.slice(6), secret.slice(6, 20)]) {
      expect(
        [...said, ...app.logs, JSON.stringify(tables), JSON.stringify(receiver.received)].join('\n'),
      ).not.toContain(part);
    }
  });

  it('gives a repeated request the same answer with the same secret, and keeps nothing of it that can be read', async () => {
    const key = { 'idempotency-key': newId() };
    const [one, two] = [await call('POST', '/webhooks', body(), key), await call('POST', '/webhooks', body(), key)];
    expect(two).toEqual(one);
    expect((await call('POST', '/webhooks', body({ description: 'other' }), key)).json.code).toBe(
      'idempotency_conflict',
    );
    const again = { 'idempotency-key': newId() };
    const rotate = () => call('POST', `/webhooks/${one.json.id}/rotate-secret`, undefined, again);
    const [first, second] = [await rotate(), await rotate()];
    expect(second).toEqual(first);
    expect(first.json.secret).not.toBe(one.json.secret);
    const kept = JSON.stringify(await queryRows(app.ctx.db, sql`select * from idempotency_keys`));
    for (const { json } of [one, first]) expect(kept).not.toContain(json.secret.slice(6, 20));
  });

  it('rotates the secret, says until when the old one signs as well, and signs with both', async () => {
    const { id, secret } = await create();
    const rotated = await call('POST', `/webhooks/${id}/rotate-secret`);
    expect(rotated.status).toBe(200);
    const hours = (Date.parse(rotated.json.previousSecretUntil) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThan(24.1);
    expect((await call('GET', `/webhooks/${id}`)).json.previousSecretUntil).toBe(rotated.json.previousSecretUntil);
    await deliver((await call('POST', `/webhooks/${id}/test`)).json.id);
    const [request] = receiver.received;
    for (const one of [secret, rotated.json.secret]) {
      expect(new Verifier(one).verify(request?.body ?? '', request?.headers ?? {})).toMatchObject({
        type: 'webhook.test',
        data: { webhookId: id },
      });
    }
  });

  it.each([
    ['url', { url: 'ftp://example.com' }],
    ['url', { url: 'example.com/hook' }],
    ['url', { url: 'https://user:secretword@example.com' }],
    ['url', { url: 'http://127.0.0.1:9/' }],
    ['url', { url: 'http://[::1]/' }],
    ['url', { url: `https://example.com/${'a'.repeat(2_000)}` }],
    ['url', { url: 7 }],
    ['events', { events: [] }],
    ['events.0', { events: ['webhook.test'] }],
    ['events.0', { events: ['*'] }],
    ['description', { description: 'x'.repeat(201) }],
    ['', { secret: 'whsec_mine' }],
    ['', { userId: newId() }],
    ['', { status: 'disabled' }],
  ])('refuses a wrong %s (%o) and names the field', async (path, wrong) => {
    const answer = await call('POST', '/webhooks', body(wrong));
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request' } });
    expect(answer.json.errors[0].path).toBe(path);
    expect(answer.text).not.toContain('secretword');
  });

  it('changes what is named and nothing else, and nothing when nothing is named', async () => {
    const { secret: _, ...before } = await create();
    const changed = await call('PATCH', `/webhooks/${before.id}`, { events: ['site.deleted'] });
    expect(changed.json).toEqual({ ...before, events: ['site.deleted'], updatedAt: expect.any(String) });
    expect((await call('PATCH', `/webhooks/${before.id}`, {})).status).toBe(422);
    expect((await call('PATCH', `/webhooks/${before.id}`, { url: 'http://10.0.0.1/' })).status).toBe(422);
    expect((await call('PATCH', `/webhooks/${before.id}`, { userId: newId() })).status).toBe(422);
    expect((await call('GET', `/webhooks/${before.id}`)).json.url).toBe(receiver.url);
  });

  it('keeps at most ten for a user, also when they are asked for all at once', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => call('POST', '/webhooks', body())));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    expect(answers.find(({ status }) => status !== 201)).toMatchObject({
      status: 409,
      json: { code: 'conflict', hint: expect.stringContaining('Delete one') },
    });
    const pageOne = await call('GET', '/webhooks?limit=7');
    const pageTwo = await call('GET', `/webhooks?limit=7&cursor=${pageOne.json.nextCursor}`);
    expect([pageOne.json.items.length, pageTwo.json.items.length, pageTwo.json.nextCursor]).toEqual([7, 3, null]);
  });

  it('shows why one is disabled, sends nothing to it, and switches it on again', async () => {
    const { id } = await create();
    receiver.answer = (response) => void response.writeHead(410).end('no more');
    const test = await call('POST', `/webhooks/${id}/test`);
    expect(test).toMatchObject({ status: 202, json: { status: 'pending', eventType: 'webhook.test', attempts: 0 } });
    await deliver(test.json.id);
    expect((await call('GET', `/webhooks/${id}`)).json).toMatchObject({
      status: 'disabled',
      disabled: { reason: 'gone', message: expect.stringContaining('410'), at: expect.any(String) },
    });
    expect((await call('GET', '/webhooks?status=active')).json.items).toEqual([]);
    for (const path of ['test', `deliveries/${test.json.id}/redeliver`]) {
      const refused = await call('POST', `/webhooks/${id}/${path}`);
      expect(refused).toMatchObject({
        status: 409,
        json: { code: 'invalid_state', hint: expect.stringContaining('PATCH') },
      });
    }
    const on = await call('PATCH', `/webhooks/${id}`, { status: 'active' });
    expect(on.json).toMatchObject({ status: 'active', disabled: null, failingSince: null });
    receiver.reset();
    const again = await call('POST', `/webhooks/${id}/deliveries/${test.json.id}/redeliver`);
    expect(again).toMatchObject({ status: 202, json: { id: test.json.id, status: 'pending', attempts: 0 } });
    await deliver(test.json.id);
    expect(receiver.received.map((request) => request.id)).toEqual([test.json.id]);
  });

  it('can be switched off by its owner, and says so', async () => {
    const { id } = await create();
    const test = await call('POST', `/webhooks/${id}/test`);
    const off = await call('PATCH', `/webhooks/${id}`, { status: 'disabled' });
    expect(off.json).toMatchObject({ status: 'disabled', disabled: { reason: 'user' } });
    expect((await call('GET', `/webhooks/${id}/deliveries/${test.json.id}`)).json.status).toBe('cancelled');
    expect((await call('PATCH', `/webhooks/${id}`, { status: 'disabled' })).status).toBe(200);
  });

  it('lists what was sent, newest first, and shows the body of one', async () => {
    const { id } = await create();
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) ids.unshift((await call('POST', `/webhooks/${id}/test`)).json.id);
    await deliver(ids[2] ?? '');
    const first = await call('GET', `/webhooks/${id}/deliveries?limit=2`);
    const rest = await call('GET', `/webhooks/${id}/deliveries?limit=2&cursor=${first.json.nextCursor}`);
    expect([...first.json.items, ...rest.json.items].map((item: { id: string }) => item.id)).toEqual(ids);
    expect(rest.json.nextCursor).toBeNull();
    const delivered = await call('GET', `/webhooks/${id}/deliveries?status=delivered`);
    expect(delivered.json.items.map((item: { id: string }) => item.id)).toEqual([ids[2]]);
    const one = await call('GET', `/webhooks/${id}/deliveries/${ids[2]}`);
    expect(one.json).toEqual({ ...delivered.json.items[0], payload: JSON.parse(receiver.received[0]?.body ?? '') });
  });

  it('creates one delivery for a repeated test with the same Idempotency-Key', async () => {
    const { id } = await create();
    const key = { 'idempotency-key': newId() };
    const test = () => call('POST', `/webhooks/${id}/test`, undefined, key);
    expect((await test()).json.id).toBe((await test()).json.id);
    expect((await call('GET', `/webhooks/${id}/deliveries`)).json.items).toHaveLength(1);
  });

  it('deletes one with its deliveries', async () => {
    const { id } = await create();
    await call('POST', `/webhooks/${id}/test`);
    expect((await call('DELETE', `/webhooks/${id}`)).status).toBe(204);
    expect((await call('DELETE', `/webhooks/${id}`)).status).toBe(404);
    expect(await queryRows(app.ctx.db, sql`select 1 from webhook_deliveries`)).toEqual([]);
  });

  it('shows and does nothing for another user, on any route', async () => {
    const { id } = await create({ description: 'Theirs' });
    const mine = await create();
    const test = await call('POST', `/webhooks/${id}/test`);
    const stranger = newId();
    await app.ctx.db.execute(sql`insert into users (id, name) values (${stranger}, 'Stranger')`);
    await app.ctx.db.execute(sql`update webhooks set user_id = ${stranger} where id = ${id}`);
    await app.ctx.db.execute(sql`update webhook_deliveries set user_id = ${stranger} where webhook_id = ${id}`);
    const before = await queryRows(app.ctx.db, sql`select * from webhooks, webhook_deliveries`);
    const delivery = `deliveries/${test.json.id}`;
    const tries: [Method, string, object?][] = [
      ['GET', id],
      ['PATCH', id, { description: 'Mine' }],
      ['DELETE', id],
      ['POST', `${id}/rotate-secret`],
      ['POST', `${id}/test`],
      ['GET', `${id}/deliveries`],
      ['GET', `${id}/${delivery}`],
      ['POST', `${id}/${delivery}/redeliver`],
      // Their delivery under my webhook.
      ['GET', `${mine.id}/${delivery}`],
      ['POST', `${mine.id}/${delivery}/redeliver`],
    ];
    for (const [method, path, payload] of tries) {
      const answer = await call(method, `/webhooks/${path}`, payload);
      expect([method, path, answer.status, answer.json.code]).toEqual([method, path, 404, 'not_found']);
    }
    expect((await call('GET', '/webhooks?limit=100')).text).not.toContain('Theirs');
    expect(await queryRows(app.ctx.db, sql`select * from webhooks, webhook_deliveries`)).toEqual(before);
    await app.ctx.db.execute(sql`delete from users where id = ${stranger}`);
  });
});
