import type { ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { eq, sql } from 'drizzle-orm';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Killed, mortalContext } from '../../test/fakes/mortal-context.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../test/fakes/webhook-receiver.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { queryRows } from '../db/open.ts';
import { createSafeFetch } from '../net/safe-fetch.ts';
import { deliverWebhook, type WebhookTiming, webhookTiming } from './deliver.ts';
import { emitEvent } from './events.ts';
import type { WebhookDisabled } from './health.ts';
import { webhookJob } from './jobs.ts';
import { claimDelivery } from './lease.ts';
import { type Webhook, type WebhookDelivery, webhookDeliveries, webhooks } from './schema.ts';
import { openSecret } from './secrets.ts';
import { createWebhook, redeliver, rotateSecret, updateWebhook } from './webhooks.ts';
import { forgetOldDeliveries, sweepDeliveries, workWebhooks } from './worker.ts';

let app: TestApp;
let ctx: TestContext;
let receiver: WebhookReceiver;
let webhook: Webhook;
/** The webhooks that were disabled because of their failures. */
let disabled: Webhook[];
const onDisabled: WebhookDisabled = async (_tx, row) => void disabled.push(row);
const never = new AbortController().signal;
const timing: WebhookTiming = {
  leaseMs: 10_000,
  leaseRenewMs: 1_000,
  // Longer than a busy machine takes; those who hang get less.
  requestTimeoutMs: 10_000,
  retryDelaysMs: [60_000, 120_000],
  maxRetryAfterMs: 3_600_000,
};
const impatient = { ...timing, requestTimeoutMs: 400 };

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
  ctx = app.ctx;
});
afterAll(async () => {
  await app.close();
  await receiver.close();
});
beforeEach(async () => {
  receiver.reset();
  disabled = [];
  await ctx.db.delete(webhooks);
  await ctx.db.execute(sql`delete from pgboss.job where name = ${webhookJob.name}`);
  webhook = await givenWebhook();
});

const givenWebhook = (url = receiver.url, userId = ctx.ownerId) =>
  ctx.db.transaction((tx) => createWebhook(ctx, tx, userId, { url, description: '', events: ['article.created'] }));
/** An event, and its delivery to the webhook. */
async function given(data: Record<string, unknown> = { id: newId() }, to = webhook): Promise<WebhookDelivery> {
  await ctx.db.transaction((tx) => emitEvent(ctx, tx, to.userId, { type: 'article.created', data }));
  const [row] = await ctx.db
    .select()
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.webhookId, to.id))
    .orderBy(sql`id desc`)
    .limit(1);
  if (!row) throw new Error('no delivery');
  return row;
}
const deliver = (row: WebhookDelivery, using: AppContext = ctx, signal = never, as = timing) =>
  deliverWebhook(using, row.id, signal, onDisabled, as);
const now = async (row: WebhookDelivery) => {
  const [found] = await ctx.db.select().from(webhookDeliveries).where(eq(webhookDeliveries.id, row.id));
  if (!found) throw new Error('the delivery is gone');
  return found;
};
const webhookNow = async (id = webhook.id) => (await ctx.db.select().from(webhooks).where(eq(webhooks.id, id)))[0];
const secretOf = (row: Webhook) => openSecret(ctx.secrets, row.id, { sealed: row.secret, keyId: row.secretKeyId });
const makeDue = (row: WebhookDelivery) =>
  ctx.db.execute(
    sql`update webhook_deliveries set next_attempt_at = now() where id = ${row.id} and status = 'pending'`,
  );
const expireLease = (row: WebhookDelivery) =>
  ctx.db.execute(
    sql`update webhook_deliveries set lease_expires_at = now() - interval '1 second' where id = ${row.id}`,
  );
const answerStatus = (status: number, headers: Record<string, string> = {}, body = '') => {
  receiver.answer = (response) => void response.writeHead(status, headers).end(body);
};
/** The deliveries whose job would start now. */
const jobsNow = async () => {
  const rows = await queryRows<{ id: string }>(
    ctx.db,
    sql`select data ->> 'deliveryId' as id from pgboss.job where name = ${webhookJob.name} and start_after <= now()`,
  );
  return rows.map(({ id }) => id);
};
const waitOf = (row: WebhookDelivery) => (row.nextAttemptAt?.getTime() ?? 0) - Date.now();

describe('a delivery', () => {
  it('arrives signed, with the id of the delivery, and verifies with the library that receivers use', async () => {
    const row = await given({ id: 'a1', title: 'Ärger über „Brot“' });
    await deliver(row);
    const [request, ...others] = receiver.received;
    expect(others).toEqual([]);
    expect(request).toMatchObject({ method: 'POST', path: '/hooks', id: row.id });
    expect(request?.headers['content-type']).toBe('application/json');
    const verified = new Verifier(secretOf(webhook)).verify(request?.body ?? '', request?.headers ?? {});
    expect(verified).toEqual({
      type: 'article.created',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: { id: 'a1', title: 'Ärger über „Brot“' },
    });
    expect(await now(row)).toMatchObject({
      status: 'delivered',
      attempts: 1,
      responseStatus: 204,
      responseExcerpt: '',
      error: null,
      durationMs: expect.any(Number),
      deliveredAt: expect.any(Date),
    });
  });

  it('does not verify with the secret of another webhook, nor with a changed body, nor under another id', async () => {
    const row = await given();
    await deliver(row);
    const { body = '', headers = {} } = receiver.received[0] ?? {};
    const other = new Verifier(secretOf(await givenWebhook()));
    expect(() => other.verify(body, headers)).toThrow('No matching signature');
    const right = new Verifier(secretOf(webhook));
    expect(() => right.verify(body.replace('article', 'artikel'), headers)).toThrow('No matching signature');
    expect(() => right.verify(body, { ...headers, 'webhook-id': newId() })).toThrow('No matching signature');
  });

  it('is signed with the new and the replaced secret for a day after a rotation, and with no old one afterwards', async () => {
    const [first, second] = [await rotated(), await rotated()];
    await deliver(await given());
    const request = receiver.received[0];
    expect(request?.headers['webhook-signature']?.split(' ')).toHaveLength(3);
    for (const secret of [first.before, second.before, second.after]) {
      expect(() => new Verifier(secret).verify(request?.body ?? '', request?.headers ?? {})).not.toThrow();
    }
    const tomorrow = new Date(Date.now() + 24 * 3_600_000 + 1000);
    receiver.reset();
    await deliver(await given(), { ...ctx, now: () => tomorrow });
    expect(receiver.received[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(1);
  });

  async function rotated() {
    const before = secretOf((await webhookNow()) ?? webhook);
    const row = await ctx.db.transaction((tx) => rotateSecret(ctx, tx, ctx.ownerId, webhook.id));
    return { before, after: secretOf(row) };
  }

  it('goes to every webhook that wants to know, and to no other', async () => {
    const second = await givenWebhook(`${receiver.url}/second`);
    const other = await givenWebhook(`${receiver.url}/other`);
    await updateWebhook(ctx, ctx.ownerId, other.id, { events: ['site.created'] });
    const off = await givenWebhook(`${receiver.url}/off`);
    await updateWebhook(ctx, ctx.ownerId, off.id, { status: 'disabled' });
    await given();
    const rows = await ctx.db.select().from(webhookDeliveries);
    expect(new Set(rows.map((row) => row.webhookId))).toEqual(new Set([webhook.id, second.id]));
    expect((await jobsNow()).sort()).toEqual(rows.map(({ id }) => id).sort());
  });

  it('is neither written nor enqueued when the change is rolled back', async () => {
    const change = ctx.db.transaction(async (tx) => {
      await emitEvent(ctx, tx, ctx.ownerId, { type: 'article.created', data: { id: newId() } });
      throw new Error('rolled back');
    });
    await expect(change).rejects.toThrow('rolled back');
    expect(await ctx.db.$count(webhookDeliveries)).toBe(0);
    expect(await jobsNow()).toEqual([]);
  });

  it('is left out for a webhook that is deleted at the same moment, and the change goes through', async () => {
    let emitted: Promise<void> | undefined;
    await ctx.db.transaction(async (tx) => {
      await tx.delete(webhooks).where(eq(webhooks.id, webhook.id));
      emitted = ctx.db.transaction((other) =>
        emitEvent(ctx, other, ctx.ownerId, { type: 'article.created', data: { id: newId() } }),
      );
      // Time for the other transaction to come to the webhook that is still there for it. An embedded database runs one
      // at a time.
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
    await emitted;
    expect(await ctx.db.$count(webhookDeliveries)).toBe(0);
  });

  it('costs one query and reads nothing when no webhook wants to know', async () => {
    const queries: string[] = [];
    const counting = new Proxy(ctx.db, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        queries.push(String(name));
        return value.bind(target);
      },
    });
    const data = () => Promise.reject(new Error('nobody asked'));
    await emitEvent(ctx, counting, ctx.ownerId, { type: 'site.deleted', data });
    expect(queries).toEqual(['select']);
  });
});

describe('a receiver that does not take it', () => {
  it('is tried again with the same id and the same body, later each time, until the delivery has failed', async () => {
    answerStatus(500, { 'content-type': 'text/plain' }, 'out of order\u0000\u001b[31m');
    const row = await given();
    const tries = webhookTiming.retryDelaysMs;
    for (const [index, delay] of tries.entries()) {
      await deliver(row, ctx, never, webhookTiming);
      const waiting = await now(row);
      expect(waiting).toMatchObject({
        status: 'pending',
        attempts: index + 1,
        responseStatus: 500,
        responseExcerpt: 'out of order[31m',
        error: { code: 'webhook_not_accepted', message: 'The receiver answered 500.' },
      });
      expect(waitOf(waiting)).toBeGreaterThan(delay - 2_000);
      expect(waitOf(waiting)).toBeLessThan(delay * 1.2 + 2_000);
      // Before its time nobody takes it.
      await deliver(row);
      expect(receiver.received).toHaveLength(index + 1);
      await makeDue(row);
    }
    const days = tries.reduce((sum, delay) => sum + delay, 0) / 86_400_000;
    expect(days).toBeGreaterThan(0.95);
    expect(days).toBeLessThan(1.05);
    await deliver(row, ctx, never, webhookTiming);
    expect(await now(row)).toMatchObject({ status: 'failed', attempts: tries.length + 1, nextAttemptAt: null });
    expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set([row.id]));
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
  });

  it.each([
    ['120', 115_000, 145_000],
    ['0', 58_000, 75_000],
    ['5', 58_000, 75_000],
    ['999999999', 3_590_000, 3_610_000],
    ['Fri, 31 Dec 2999 23:59:59 GMT', 3_590_000, 3_610_000],
    ['soon', 58_000, 75_000],
  ])('is left alone as long as Retry-After: %s says, within limits', async (value, least, most) => {
    answerStatus(429, { 'retry-after': value });
    const row = await given();
    await deliver(row);
    expect(waitOf(await now(row))).toBeGreaterThan(least);
    expect(waitOf(await now(row))).toBeLessThan(most);
  });

  it('is disabled at once by 410 Gone, in one transaction with what is made of it, and what waits is cancelled', async () => {
    const [row, waiting] = [await given(), await given()];
    answerStatus(410);
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'failed', responseStatus: 410 });
    expect(await now(waiting)).toMatchObject({ status: 'cancelled', nextAttemptAt: null });
    expect(await webhookNow()).toMatchObject({
      status: 'disabled',
      disabledReason: 'gone',
      disabledAt: expect.any(Date),
    });
    expect(disabled.map(({ id, status }) => [id, status])).toEqual([[webhook.id, 'disabled']]);
    await deliver(waiting);
    expect(receiver.received).toHaveLength(1);
  });

  it('is not disabled when what is made of it cannot be written', async () => {
    answerStatus(410);
    const row = await given();
    const failing: WebhookDisabled = async (tx) => {
      await tx.execute(sql`insert into audit_events (id, via, action) values (${newId()}, 'system', 'test')`);
      throw new Error('no mail');
    };
    await expect(deliverWebhook(ctx, row.id, never, failing, timing)).rejects.toThrow('no mail');
    expect(await webhookNow()).toMatchObject({ status: 'active' });
    expect(await queryRows(ctx.db, sql`select 1 from audit_events where action = 'test'`)).toEqual([]);
    // It is still to be had, and then it is disabled once.
    await expireLease(row);
    await deliver(row);
    expect(disabled).toHaveLength(1);
  });

  it('is disabled after three days without any success, once a delivery was tried for a while', async () => {
    answerStatus(503);
    const since = (interval: string) =>
      ctx.db.execute(sql`update webhooks set failing_since = now() - ${interval}::interval where id = ${webhook.id}`);
    const tried = (row: WebhookDelivery) =>
      ctx.db.execute(sql`update webhook_deliveries set attempts = 4 where id = ${row.id}`);
    const patient = { ...timing, retryDelaysMs: webhookTiming.retryDelaysMs };

    const early = await given();
    await deliver(early, ctx, never, patient);
    expect((await webhookNow())?.failingSince).toBeInstanceOf(Date);
    await since('71 hours');
    await tried(early);
    await makeDue(early);
    await deliver(early, ctx, never, patient);
    expect(await webhookNow()).toMatchObject({ status: 'active' });

    await since('73 hours');
    const hiccup = await given();
    await deliver(hiccup, ctx, never, patient);
    expect(await webhookNow()).toMatchObject({ status: 'active' });
    await tried(hiccup);
    await makeDue(hiccup);
    await deliver(hiccup, ctx, never, patient);
    expect(await webhookNow()).toMatchObject({ status: 'disabled', disabledReason: 'failing' });
    expect(await now(hiccup)).toMatchObject({ status: 'cancelled', error: { code: 'webhook_not_accepted' } });
    expect(disabled).toHaveLength(1);
  });

  it('is disabled after 20 deliveries in a row that were given up, and a success in between counts anew', async () => {
    const once = { ...timing, retryDelaysMs: [] };
    const giveUp = async (count: number) => {
      answerStatus(400);
      for (let index = 0; index < count; index++) await deliver(await given(), ctx, never, once);
    };
    await giveUp(19);
    receiver.reset();
    await deliver(await given());
    expect(await webhookNow()).toMatchObject({ status: 'active', failingSince: null, failedInARow: 0 });
    await giveUp(19);
    expect(disabled).toEqual([]);
    await giveUp(1);
    expect(await webhookNow()).toMatchObject({ status: 'disabled', disabledReason: 'rejecting' });
    expect(disabled).toHaveLength(1);

    await updateWebhook(ctx, ctx.ownerId, webhook.id, { status: 'active' });
    await giveUp(1);
    expect(await webhookNow()).toMatchObject({ status: 'active', disabledReason: null, failedInARow: 1 });
  });

  it('that is being sent to while its owner switches it off is not tried again', async () => {
    answerStatus(500);
    const row = await given();
    const slow = { ...ctx, safeFetch: Object.assign(waiting, { close: ctx.safeFetch.close }) };
    async function waiting(...request: Parameters<typeof ctx.safeFetch>) {
      const answer = await ctx.safeFetch(...request);
      await updateWebhook(ctx, ctx.ownerId, webhook.id, { status: 'disabled' });
      return answer;
    }
    await deliver(row, slow);
    expect(await now(row)).toMatchObject({ status: 'cancelled', error: { code: 'webhook_not_accepted' } });
    expect(disabled).toEqual([]);
  });
});

describe('a hostile or broken receiver', () => {
  it.each<[string, string, (socket: Socket) => void]>([
    ['says nothing', 'fetch_failed', () => undefined],
    ['drips its headers for ever', 'fetch_failed', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx: ')],
    [
      'drips its body for ever',
      'fetch_failed',
      (socket) => drip(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n'),
    ],
    ['closes at once', 'fetch_failed', (socket) => socket.destroy()],
    [
      'closes in the middle',
      'fetch_failed',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nha'),
    ],
    [
      'sends a megabyte of headers',
      'fetch_failed',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(1e6)}\r\n\r\n`),
    ],
    ['speaks something else', 'fetch_failed', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['answers 99', 'fetch_failed', (socket) => socket.end('HTTP/1.1 99 What\r\ncontent-length: 0\r\n\r\n')],
  ])('that %s is tried again, and the worker goes on', async (_what, code, behave) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => behave(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    await updateWebhook(ctx, ctx.ownerId, webhook.id, { url: `http://127.0.0.1:${address.port}/` });
    const row = await given();
    const started = performance.now();
    await deliver(row, ctx, never, impatient);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(await now(row)).toMatchObject({
      status: 'pending',
      responseStatus: null,
      responseExcerpt: null,
      error: { code },
    });
    server.close();
  });

  function drip(socket: Socket, begin: string): void {
    socket.write(begin);
    const timer = setInterval(() => socket.write('a'), 20);
    socket.on('close', () => clearInterval(timer));
  }

  it('that answers 200 with ten megabytes has taken the event, and only the beginning is read', async () => {
    receiver.answer = (response) => void response.writeHead(200).end('ß'.repeat(5_000_000));
    const row = await given();
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'delivered', responseExcerpt: 'ß'.repeat(500) });
  });

  it('that answers binary leaves an excerpt that can be stored and shown', async () => {
    const bytes = Buffer.from(Array.from({ length: 4_000 }, (_, index) => index % 256));
    receiver.answer = (response) => void response.writeHead(500).end(bytes);
    const row = await given();
    await deliver(row);
    const { responseExcerpt } = await now(row);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must be absent.
    expect(responseExcerpt).not.toMatch(/[\u0000-\u0008\u000e-\u001f]/);
    expect([...(responseExcerpt ?? '')].length).toBeLessThanOrEqual(500);
  });

  it.each([301, 302, 307, 308])('that redirects with %i is not followed', async (status) => {
    const target = await startWebhookReceiver();
    answerStatus(status, { location: target.url });
    const row = await given();
    await deliver(row);
    expect(target.received).toEqual([]);
    expect(await now(row)).toMatchObject({
      status: 'pending',
      responseStatus: status,
      error: { hint: expect.stringContaining('Redirects are not followed') },
    });
    await target.close();
  });

  it('keeps its own deliveries waiting and nobody else’s', async () => {
    const stranger = newId();
    await ctx.db.execute(sql`insert into users (id, name) values (${stranger}, 'Stranger')`);
    const theirs = await givenWebhook(`${receiver.url}/theirs`, stranger);
    const held: ServerResponse[] = [];
    receiver.answer = (response, { path }) => {
      if (path.endsWith('theirs')) response.writeHead(204).end();
      else held.push(response);
    };
    const [one, two, three] = [await given(), await given(), await given()];
    // All three at the same moment: there is room for two of them, and the worker of the third is free at once.
    const sending = [deliver(one), deliver(two), deliver(three)];
    await Promise.race(sending);
    await expect.poll(() => held.length, { timeout: 10_000 }).toBe(2);
    const waiting = await Promise.all([one, two, three].map(now));
    expect(waiting.map(({ status }) => status).sort()).toEqual(['delivering', 'delivering', 'pending']);
    const left = waiting.find(({ status }) => status === 'pending')?.id;
    const other = await given({}, theirs);
    await deliver(other);
    expect(await now(other)).toMatchObject({ status: 'delivered' });
    // Whoever makes room enqueues what waits for it.
    await ctx.db.execute(sql`delete from pgboss.job where name = ${webhookJob.name}`);
    for (const response of held) response.writeHead(500).end();
    await Promise.all(sending);
    expect(new Set(await jobsNow())).toEqual(new Set([left]));
    await ctx.db.execute(sql`delete from users where id = ${stranger}`);
  });
});

describe('addresses inside', () => {
  const spellings = [
    'http://127.0.0.1:PORT/',
    'http://localhost:PORT/',
    'http://LOCALHOST.:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f000001:PORT/',
    'http://0177.0.0.1:PORT/',
    'http://127.1:PORT/',
    'http://[::1]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://[64:ff9b::7f00:1]:PORT/',
    'http://0.0.0.0:PORT/',
    'http://①②⑦.⓪.⓪.①:PORT/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://168.63.129.16/metadata',
    'http://10.0.0.1/',
    'http://192.168.0.1/',
  ];
  const port = () => receiver.host.split(':')[1] ?? '';
  const strict = (resolve?: Parameters<typeof createSafeFetch>[0]['resolve']) => ({
    ...ctx,
    safeFetch: createSafeFetch({ allowPrivateHosts: [], userAgent: 'test', ...(resolve ? { resolve } : {}) }),
  });
  /** Past the check at creation, as a name that changes its meaning would come. */
  const pointTo = (url: string) => ctx.db.update(webhooks).set({ url }).where(eq(webhooks.id, webhook.id));

  it.each(spellings)('%s is refused at creation, and at delivery', async (spelling) => {
    const url = spelling.replace('PORT', port());
    const config = { ...ctx.config, net: { ...ctx.config.net, allowPrivateHosts: [] } };
    const input = { url, description: '', events: ['article.created' as const] };
    await expect(
      ctx.db.transaction((tx) => createWebhook({ ...ctx, config }, tx, ctx.ownerId, input)),
    ).rejects.toMatchObject({ code: 'invalid_request', errors: [{ path: 'url' }] });

    await pointTo(url);
    const row = await given();
    await deliver(row, strict());
    expect(await now(row)).toMatchObject({ status: 'pending', responseStatus: null, error: { code: 'fetch_blocked' } });
    expect(receiver.received).toEqual([]);
  });

  it('behind a name are not reached, and what the name stands for is not told', async () => {
    await pointTo(`http://database.internal.example:${port()}/`);
    const row = await given();
    await deliver(
      row,
      strict(async () => [{ address: '127.0.0.1', family: 4 }]),
    );
    expect(receiver.received).toEqual([]);
    const { error } = await now(row);
    expect(error).toMatchObject({
      code: 'fetch_blocked',
      message: expect.stringContaining('database.internal.example'),
    });
    expect(JSON.stringify(error)).not.toContain('127.0.0.1');
  });

  it('on a port of another protocol are not reached either, and the reason is told', async () => {
    await pointTo('http://8.8.8.8:25/');
    const row = await given();
    await deliver(row, strict());
    expect((await now(row)).error).toMatchObject({ code: 'fetch_blocked', message: expect.stringContaining('port') });
  });

  it('behind a redirect of a public receiver are not reached', async () => {
    // The receiver plays the public one: only its own host and port may be reached.
    const inside = await startWebhookReceiver();
    answerStatus(307, { location: inside.url });
    const only = { ...ctx, safeFetch: createSafeFetch({ allowPrivateHosts: [receiver.host], userAgent: 'test' }) };
    const row = await given();
    await deliver(row, only);
    expect(receiver.received).toHaveLength(1);
    expect(inside.received).toEqual([]);
    expect(await now(row)).toMatchObject({ status: 'pending', responseStatus: 307 });
    await inside.close();
  });
});

describe('workers that die, freeze or meet', () => {
  it('send it at least once, always with the same id, whatever access to the database the first one dies at', async () => {
    for (const status of [204, 500, 410]) {
      let killedAt = 0;
      for (;;) {
        killedAt += 1;
        receiver.reset();
        answerStatus(status);
        await updateWebhook(ctx, ctx.ownerId, webhook.id, { status: 'active' });
        const row = await given();
        const doomed = mortalContext(ctx, killedAt);
        await deliver(row, doomed.ctx).catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error;
        });
        if (!doomed.killed()) break;
        expect((await now(row)).status).toBe(killedAt === 1 ? 'pending' : 'delivering');
        await expireLease(row);
        await deliver(row);
        expect(receiver.received.length, `killed at ${killedAt}`).toBeGreaterThanOrEqual(1);
        expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set([row.id]));
        const end = status === 204 ? 'delivered' : status === 500 ? 'pending' : 'failed';
        expect(await now(row)).toMatchObject({ status: end });
      }
      // Claim, webhook, lease, request, result.
      expect(killedAt).toBe(6);
    }
  });

  it('send once when several take the same delivery at the same time', async () => {
    const row = await given();
    await Promise.all([deliver(row), deliver(row), deliver(row)]);
    expect(receiver.received).toHaveLength(1);
    expect(await now(row)).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  it('send nothing once another has taken over', async () => {
    const row = await given();
    let taken: WebhookDelivery | null = null;
    const frozen = {
      ...ctx,
      // Between the claim and the request this worker is frozen for longer than its lease.
      now: () => new Date(),
      db: new Proxy(ctx.db, {
        get(target, name) {
          if (name !== 'select') return Reflect.get(target, name, target);
          return () => ({
            from: () => ({
              where: async () => {
                await expireLease(row);
                taken = await claimDelivery(ctx.db, row.id, 10_000);
                return [webhook];
              },
            }),
          });
        },
      }),
    };
    await deliver(row, frozen);
    expect(receiver.received).toEqual([]);
    expect(await now(row)).toEqual(taken);
  });

  it('hand over at shutdown without counting an attempt', async () => {
    const shutdown = new AbortController();
    receiver.answer = () => shutdown.abort(new Error('the process is stopping'));
    const row = await given();
    await deliver(row, ctx, shutdown.signal);
    expect(await now(row)).toMatchObject({ status: 'pending', attempts: 0, error: null });
    receiver.reset();
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  it('stop a delivery that takes its workers down again and again', async () => {
    const row = await given();
    for (let death = 0; death < 25; death += 1) {
      expect(await claimDelivery(ctx.db, row.id, 10_000)).not.toBeNull();
      await expireLease(row);
    }
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'failed', error: { code: 'internal' } });
    expect(receiver.received).toEqual([]);
    expect(await webhookNow()).toMatchObject({ failedInARow: 0 });
  });

  it('are found by the sweep when a job was lost, and not before', async () => {
    const row = await given();
    await ctx.db.execute(sql`delete from pgboss.job where name = ${webhookJob.name}`);
    expect(await sweepDeliveries(ctx)).toBe(0);
    await ctx.db.execute(
      sql`update webhook_deliveries set next_attempt_at = now() - interval '6 seconds' where id = ${row.id}`,
    );
    expect(await sweepDeliveries(ctx)).toBe(1);
    expect(await sweepDeliveries(ctx)).toBe(0);
    await claimDelivery(ctx.db, row.id, 10_000);
    expect(await sweepDeliveries(ctx)).toBe(0);
    await expireLease(row);
    expect(await sweepDeliveries(ctx)).toBe(1);
  });
});

describe('two workers', () => {
  it('deliver forty events, none of them twice at once, and every one of them once', async () => {
    const busy = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
    const input = { url: receiver.url, description: '', events: ['article.created' as const] };
    await busy.ctx.db.transaction((tx) => createWebhook(busy.ctx, tx, busy.ctx.ownerId, input));
    receiver.answer = (response) => void setTimeout(() => response.writeHead(204).end(), 5 + Math.random() * 20);
    const ends = [await workWebhooks(busy.ctx, onDisabled, timing), await workWebhooks(busy.ctx, onDisabled, timing)];
    await busy.ctx.db.transaction(async (tx) => {
      for (let index = 0; index < 40; index++) {
        await emitEvent(busy.ctx, tx, busy.ctx.ownerId, { type: 'article.created', data: { index } });
      }
    });
    const open = () => busy.ctx.db.$count(webhookDeliveries, sql`status <> 'delivered'`);
    await expect.poll(open, { timeout: 40_000, interval: 50 }).toBe(0);
    for (const end of ends) end();
    const ids = (await busy.ctx.db.select().from(webhookDeliveries)).map(({ id }) => id);
    expect(receiver.received.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(ids).toHaveLength(40);
    expect(receiver.mostAtOnce()).toBe(1);
    await busy.close();
  });
});

describe('a disabled user', () => {
  it('gets nothing until they are enabled again; what waits then arrives', async () => {
    const row = await given();
    const set = (off: boolean) => ctx.db.execute(sql`update users set disabled = ${off} where id = ${ctx.ownerId}`);
    await set(true);
    await deliver(row);
    expect(receiver.received).toEqual([]);
    expect(await now(row)).toMatchObject({ status: 'pending', attempts: 0 });
    await ctx.db.execute(sql`delete from pgboss.job where name = ${webhookJob.name}`);
    await ctx.db.execute(
      sql`update webhook_deliveries set next_attempt_at = now() - interval '1 hour' where id = ${row.id}`,
    );
    expect(await sweepDeliveries(ctx)).toBe(0);
    await set(false);
    expect(await sweepDeliveries(ctx)).toBe(1);
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'delivered' });
  });
});

describe('what is kept', () => {
  it('is sent again on request with the same id, also after success, and nothing is while it is being sent', async () => {
    const row = await given();
    await deliver(row);
    expect(await redeliver(ctx, ctx.ownerId, webhook.id, row.id)).toMatchObject({
      status: 'pending',
      attempts: 0,
      deliveredAt: null,
    });
    await deliver(row);
    expect(receiver.received.map(({ id }) => id)).toEqual([row.id, row.id]);
    await redeliver(ctx, ctx.ownerId, webhook.id, row.id);
    await claimDelivery(ctx.db, row.id, 10_000);
    expect(await redeliver(ctx, ctx.ownerId, webhook.id, row.id)).toMatchObject({ status: 'delivering', attempts: 1 });
  });

  it('is forgotten after 30 days', async () => {
    const [old, young] = [await given(), await given()];
    const age = (row: WebhookDelivery, days: number) =>
      ctx.db.execute(
        sql`update webhook_deliveries set created_at = now() - ${`${days} days`}::interval where id = ${row.id}`,
      );
    await age(old, 31);
    await age(young, 29);
    expect(await forgetOldDeliveries(ctx.db)).toBe(1);
    expect((await ctx.db.select().from(webhookDeliveries)).map(({ id }) => id)).toEqual([young.id]);
  });

  it('is cancelled when it was added while its webhook was being disabled', async () => {
    const row = await given();
    await ctx.db
      .update(webhooks)
      .set({ status: 'disabled', disabledReason: 'user' })
      .where(eq(webhooks.id, webhook.id));
    await deliver(row);
    await sweepDeliveries(ctx);
    expect(await now(row)).toMatchObject({ status: 'cancelled' });
    expect(receiver.received).toEqual([]);
  });

  it('goes with its webhook, and a worker in the middle of it only stops', async () => {
    const row = await given();
    const slow = { ...ctx, safeFetch: Object.assign(deleting, { close: ctx.safeFetch.close }) };
    async function deleting(...request: Parameters<typeof ctx.safeFetch>) {
      const answer = await ctx.safeFetch(...request);
      await ctx.db.delete(webhooks).where(eq(webhooks.id, webhook.id));
      return answer;
    }
    await deliver(row, slow);
    expect(await ctx.db.$count(webhookDeliveries)).toBe(0);
  });

  it('names no secret and no address in the log', async () => {
    const secret = secretOf(webhook);
    await updateWebhook(ctx, ctx.ownerId, webhook.id, { url: `${receiver.url}?token=hidden-in-the-address` });
    for (const status of [204, 500, 410]) {
      answerStatus(status);
      await deliver(await given());
    }
    const logged = app.logs.join('\n');
    expect(logged).toContain('webhook delivery ended');
    expect(logged).toContain('webhook disabled');
    for (const word of [secret, secret.slice(6, 30), 'hidden-in-the-address', webhook.secret]) {
      expect(logged).not.toContain(word);
    }
  });

  it('waits without blame when its secret cannot be read, and says what to do', async () => {
    await ctx.db.update(webhooks).set({ secretKeyId: 'of another secret' }).where(eq(webhooks.id, webhook.id));
    const row = await given();
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'pending', error: { code: 'secret_unreadable' } });
    expect(await webhookNow()).toMatchObject({ failingSince: null, failedInARow: 0 });
    expect(receiver.received).toEqual([]);
  });
});
