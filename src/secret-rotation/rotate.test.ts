import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { client, givenAccount, goodPassword, logInAs } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { digestOfUser, givenTenant, type Tenant } from '../../test/tenant-wall.ts';
import { totp } from '../../test/totp.ts';
import { sessions, signingKeys } from '../accounts/schema.ts';
import { createContext, createHttpServer } from '../app.ts';
import type { Db } from '../db/open.ts';
import { openContent } from '../notify/content.ts';
import { emails } from '../notify/schema.ts';
import { ownKeysOf } from '../provider-keys/own-keys.ts';
import { openCredential } from '../sites/credentials.ts';
import { sites } from '../sites/schema.ts';
import { webhooks } from '../webhooks/schema.ts';
import { signingSecrets } from '../webhooks/secrets.ts';
import { rotateSecret } from './rotate.ts';

let app: TestApp;
let tenant: Tenant;
beforeEach(async () => {
  app = await startTestApp();
  await givenAccount(app, 'admin@example.com');
  tenant = await givenTenant(app, 'tenant');
  // A secret that was replaced signs for a day beside its successor, and has to be carried over as well.
  const [webhook] = await app.ctx.db.select().from(webhooks).where(eq(webhooks.userId, tenant.id));
  await tenant.api.ask('POST', `/webhooks/${webhook?.id}/rotate-secret`);
});
afterEach(() => app.close());

const next = 'the secret that comes after, forty letters';
const wrong = 'a secret that was never one, forty letters';
const change = (to = next) => ({ from: app.ctx.secrets, to: { appSecret: to } });

/** Everything that is encrypted, in the open, as whoever has this secret reads it. */
async function readAll(appSecret: string): Promise<string[]> {
  const { db } = app.ctx;
  const secrets = { ...app.ctx.secrets, appSecret };
  const keys = await ownKeysOf({ db, secrets }, tenant.id);
  const texts = [
    ...(await db.select().from(sites)).map((site) => openCredential(secrets, site)),
    ...(await db.select().from(webhooks)).flatMap((webhook) => signingSecrets(secrets, webhook, new Date())),
    ...(await db.select().from(emails)).flatMap((email) => openContent(secrets, email)?.text ?? []),
    ...[...keys.values()].map((key) => key.open()),
  ];
  expect(texts.length).toBeGreaterThan(5);
  return texts;
}

/** The same instance, started with another secret. */
async function restarted<Answer>(appSecret: string, work: (again: TestApp) => Promise<Answer>): Promise<Answer> {
  const { config, secrets, log, database, queue } = app.ctx;
  const context = await createContext(config, { ...secrets, appSecret }, log, database, { queue });
  const server = await createHttpServer(context);
  await server.ready();
  try {
    return await work({ ...app, ctx: Object.assign(context, { ownerId: '' }), server, send: (r) => server.inject(r) });
  } finally {
    await server.close();
    await context.bus.close();
  }
}

test('everything is readable afterwards, and nothing with the old secret', async () => {
  const enabled = await givenAccount(app, 'careful@example.com');
  const prepared = await enabled.api.ask<{ secret: string; backupCodes: string[] }>('POST', '/me/two-factor', {
    password: goodPassword,
  });
  const code = () => totp(prepared.json.secret);
  const confirmed = await enabled.api.ask('POST', '/me/two-factor/confirm', { code: code() });
  expect(confirmed.status).toBe(200);
  const before = await readAll(app.ctx.secrets.appSecret);
  const article = { title: 'Once', markdown: 'Only once.' };
  const once = { 'idempotency-key': 'the same request' };
  const first = await tenant.api.ask<{ id: string }>('POST', '/articles', article, once);

  const report = await rotateSecret(app.ctx.db, change(), { trusted: false });
  expect(report).toMatchObject({
    moved: { site: 1, webhook: 1, 'own key': 1, 'second factor': 2 },
    already: 0,
    unreadable: [],
    sessionsEnded: expect.any(Number),
  });
  expect(report.moved.mail).toBeGreaterThan(0);
  expect(report.moved['kept answer']).toBeGreaterThan(0);

  expect(await readAll(next)).toEqual(before);
  await expect(readAll(app.ctx.secrets.appSecret)).rejects.toMatchObject({ code: 'secret_unreadable' });
  await restarted(next, async (again) => {
    const ended: Record<string, string>[] = [
      { authorization: `Bearer ${tenant.accessToken}` },
      { cookie: tenant.cookie },
    ];
    for (const headers of ended) {
      expect((await client(again, headers).ask('GET', '/me')).status).toBe(401);
    }
    const refreshed = await client(again).ask('POST', '/auth/token', { refreshToken: tenant.refreshToken });
    expect(refreshed.status).toBe(401);
    const program = client(again, { authorization: `Bearer ${tenant.apiKey}` });
    // The same request is still the same one, and no second article is made of it.
    const repeated = await program.ask<{ id: string }>('POST', '/articles', article, once);
    expect([repeated.status, repeated.json.id]).toEqual([201, first.json.id]);
    const other = await program.ask('POST', '/articles', { ...article, title: 'Another' }, once);
    expect(other.status).toBe(409);

    await app.ctx.db.execute(sql`delete from used_codes`);
    const signedIn = await logInAs(again, 'careful@example.com', goodPassword, code());
    expect((await signedIn.api.ask('GET', '/me')).status).toBe(200);
    const [backupCode = ''] = prepared.json.backupCodes;
    await logInAs(again, 'careful@example.com', goodPassword, backupCode);
  });

  // Once more changes nothing, not even who is signed in meanwhile.
  const twice = await rotateSecret(app.ctx.db, change(), { trusted: false });
  expect(Object.values(twice.moved)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(twice).toMatchObject({ unreadable: [], sessionsEnded: null });
  expect(twice.already).toBeGreaterThan(5);
  expect(await app.ctx.db.$count(sessions)).toBe(2);
  expect(await readAll(next)).toEqual(before);
});

test('a wrong previous secret changes nothing', async () => {
  const state = () => Promise.all([digestOfUser(app.ctx.db, tenant.id), app.ctx.db.select().from(signingKeys)]);
  const before = await state();
  const wrongly = { from: { appSecret: wrong }, to: { appSecret: next } };
  for (const trusted of [false, true]) {
    await expect(rotateSecret(app.ctx.db, wrongly, { trusted })).rejects.toMatchObject({
      code: 'secret_unreadable',
      message: expect.stringMatching(/^Nothing was changed: 1 site, 1 webhook, 1 own key, \d+ mails?, /),
    });
  }
  expect(await state()).toEqual(before);
  await rotateSecret(app.ctx.db, change(), { trusted: false });
  // And when it is done already, a wrong one does no harm either.
  expect(await rotateSecret(app.ctx.db, wrongly, { trusted: false })).toMatchObject({ sessionsEnded: null });
});

test('what is under an even older secret, or damaged, is told and left as it is', async () => {
  const { db } = app.ctx;
  const [site] = await db.select().from(sites);
  await db.update(sites).set({ credentialKeyId: 'older' });
  await db.execute(sql`update provider_keys set sealed = overlay(sealed placing 'AAAA' from 30)`);
  const report = await rotateSecret(db, change(), { trusted: false });
  expect(report.unreadable).toEqual([
    { kind: 'site', id: site?.id, name: site?.name, reason: expect.stringContaining('another APP_SECRET') },
    { kind: 'own key', id: expect.any(String), name: expect.stringContaining('google …'), reason: expect.any(String) },
  ]);
  expect(report.moved).toMatchObject({ site: 0, webhook: 1, 'own key': 0 });
  const [same] = await db.select().from(sites);
  expect(same?.credential).toBe(site?.credential);
});

test('dying at any access leaves all of it under the old secret, and the next try does all of it', async () => {
  const { db, secrets } = app.ctx;
  const before = await readAll(secrets.appSecret);
  const state = () => digestOfUser(db, tenant.id);
  const whole = await state();
  let died = 0;
  for (let at = 1; ; at++) {
    const { mortal, killed } = mortalDb(db, at);
    const done = await rotateSecret(mortal, change(), { trusted: false }).catch((error: Error) => error);
    if (!killed()) {
      expect(done).toMatchObject({ moved: { site: 1 } });
      break;
    }
    died++;
    expect(await state(), `death before access ${at}`).toEqual(whole);
  }
  expect(died).toBeGreaterThan(12);
  expect(await readAll(next)).toEqual(before);
});

/** A database whose transactions die before their `at`-th statement. */
function mortalDb(db: Db, at: number): { mortal: Db; killed(): boolean } {
  let count = 0;
  const counting = (target: Db): Db =>
    new Proxy(target, {
      get(object, name) {
        const value = Reflect.get(object, name, object);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          count += 1;
          if (count >= at) throw new Error('killed');
          return Reflect.apply(value, object, args);
        };
      },
    });
  const mortal = new Proxy(db, {
    get(object, name) {
      if (name !== 'transaction') return Reflect.get(object, name, object);
      return (work: (tx: Db) => Promise<unknown>) => object.transaction((tx) => work(counting(tx as unknown as Db)));
    },
  });
  return { mortal, killed: () => count >= at };
}
