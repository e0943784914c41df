import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, client, givenAccount, logInAs } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newestMail } from '../../test/mailbox.ts';
import { totp } from '../../test/totp.ts';
import { deleteExpired, tendAccounts } from './clean-up.ts';
import { auditEvents, sessions, users } from './schema.ts';

let app: TestApp;
let boss: Account;
let count = 0;
const someone = () => givenAccount(app, `user${++count}@example.com`);
beforeAll(async () => {
  app = await startTestApp();
  boss = await givenAccount(app, 'boss@example.com');
  await app.ctx.db.update(users).set({ role: 'admin' }).where(eq(users.id, boss.id));
});
afterAll(() => app.close());

interface UserAnswer {
  id: string;
  email: string;
  disabled: boolean;
  limits: Record<string, number | null>;
  usage: Record<string, number>;
}

describe('an admin', () => {
  it('lists and finds accounts, with what they used and nothing of what is in them', async () => {
    const user = await someone();
    await user.api.ask('POST', '/articles', { title: 'A secret plan', markdown: 'Nobody else may read this.' });
    const list = (query: string) => boss.api.ask<{ items: UserAnswer[] }>('GET', `/admin/users?${query}`);
    const found = await list(`query=${encodeURIComponent(user.email)}`);
    expect(found.json.items).toHaveLength(1);
    expect(found.json.items[0]).toMatchObject({ id: user.id, usage: { articles: 1, spentThisMonthMicroUsd: 0 } });
    expect(JSON.stringify(found.json)).not.toContain('secret plan');
    expect((await list('query=%25')).json.items).toEqual([]);
    const first = await boss.api.ask<{ items: UserAnswer[]; nextCursor: string }>('GET', '/admin/users?limit=1');
    const second = await list(`limit=1&cursor=${first.json.nextCursor}`);
    expect(second.json.items[0]?.id).not.toBe(first.json.items[0]?.id);
  });

  it('disables and enables, and both are mailed and written down', async () => {
    const user = await someone();
    const change = (disabled: boolean) => boss.api.ask<UserAnswer>('PATCH', `/admin/users/${user.id}`, { disabled });
    expect((await change(true)).json).toMatchObject({ disabled: true, disabledAt: expect.any(String) });
    expect((await user.api.ask('GET', '/me')).status).toBe(401);
    expect((await newestMail(app, user.email, 'account-disabled')).subject).toContain('disabled');
    expect((await boss.api.ask<{ items: UserAnswer[] }>('GET', '/admin/users?disabled=true')).json.items).toEqual([
      expect.objectContaining({ id: user.id }),
    ]);
    expect((await change(false)).json).toMatchObject({ disabled: false, disabledAt: null });
    expect((await logInAs(app, user.email, user.password)).id).toBe(user.id);
    const log = await boss.api.ask<{ items: { action: string; actorId: string }[] }>(
      'GET',
      `/admin/audit-events?userId=${user.id}`,
    );
    expect(log.json.items).toContainEqual(expect.objectContaining({ action: 'user-disabled', actorId: boss.id }));
  });

  it('turns off a second factor that was lost, of others only, and its owner is told', async () => {
    const user = await someone();
    const off = (id: string) => boss.api.ask('PATCH', `/admin/users/${id}`, { twoFactorEnabled: false });
    expect(await off(user.id)).toMatchObject({ status: 409, json: { code: 'invalid_state' } });
    const { password } = user;
    const { json: begun } = await user.api.ask<{ secret: string }>('POST', '/me/two-factor', { password });
    await user.api.ask('POST', '/me/two-factor/confirm', { code: totp(begun.secret) });
    const body = { email: user.email, password: user.password };
    expect(await client(app).ask('POST', '/auth/login', body)).toMatchObject({ json: { code: 'two_factor_required' } });

    expect(await off(user.id)).toMatchObject({ status: 200, json: { twoFactorEnabled: false } });
    expect((await logInAs(app, user.email, user.password)).id).toBe(user.id);
    expect((await newestMail(app, user.email, 'two-factor-changed')).subject).toBe('Two-factor log-in was turned off');
    const log = await boss.api.ask<{ items: { action: string; actorId: string }[] }>(
      'GET',
      `/admin/audit-events?userId=${user.id}`,
    );
    expect(log.json.items).toContainEqual(expect.objectContaining({ action: 'two-factor-disabled', actorId: boss.id }));
    await app.ctx.db.update(users).set({ twoFactorEnabled: true }).where(eq(users.id, boss.id));
    expect(await off(boss.id)).toMatchObject({
      ...{ status: 409, json: { detail: 'Your own is turned off in your account settings, with your password.' } },
    });
    expect(await boss.api.ask('PATCH', `/admin/users/${user.id}`, { twoFactorEnabled: true })).toMatchObject({
      status: 422,
    });
    await app.ctx.db.update(users).set({ twoFactorEnabled: false }).where(eq(users.id, boss.id));
  });

  it('cannot lock themselves or the last admin out', async () => {
    expect((await boss.api.ask('PATCH', `/admin/users/${boss.id}`, { disabled: true })).json).toMatchObject({
      code: 'invalid_state',
    });
    expect((await boss.api.ask('GET', '/me')).status).toBe(200);
  });

  it('sets limits, takes them back, and cannot set nonsense', async () => {
    const user = await someone();
    const change = (body: object) => boss.api.ask<UserAnswer>('PATCH', `/admin/users/${user.id}`, body);
    const limits = {
      requestsPerMinute: 30,
      concurrentPipelines: 1,
      queuedPipelines: 5,
      articlesPerMonth: 0,
      monthlyLimitMicroUsd: 5_000_000,
      pipelineLimitMicroUsd: 250_000,
    };
    expect((await change(limits)).json.limits).toEqual(limits);
    expect((await change({ articlesPerMonth: null })).json.limits).toMatchObject({
      articlesPerMonth: null,
      concurrentPipelines: 1,
    });
    for (const wrong of [
      { requestsPerMinute: 0 },
      { pipelineLimitMicroUsd: -1 },
      { pipelineLimitMicroUsd: 0.5 },
      { pipelineLimitMicroUsd: 1e15 },
      { pipelineLimitMicroUsd: 'all' },
      { articlesPerMonth: -1 },
      { concurrentPipelines: 1.5 },
      { queuedPipelines: 0 },
      { role: 'admin' },
      {},
    ]) {
      expect((await change(wrong)).status, JSON.stringify(wrong)).toBe(422);
    }
    expect((await boss.api.ask('PATCH', `/admin/users/${crypto.randomUUID()}`, { disabled: true })).status).toBe(404);
  });

  it('writes a mail to a user, in which nothing they typed becomes markup', async () => {
    const user = await someone();
    const message = { subject: 'Hello\r\nBcc: all@example.com', text: 'First.\n\n<b>Second</b>.' };
    const sent = await boss.api.ask('POST', `/admin/users/${user.id}/message`, message);
    expect(sent).toMatchObject({ status: 202, json: { to: user.email } });
    const mail = await newestMail(app, user.email, 'operator-message');
    expect(mail.subject).not.toMatch(/[\r\n]/);
    expect(mail.text).toContain('<b>Second</b>.');
  });

  it('cannot make an admin or act as a user by any route there is', async () => {
    const description = app.server.swagger() as unknown as { paths: Record<string, Record<string, object>> };
    const text = JSON.stringify(description.paths);
    expect(text).not.toMatch(/impersonat/i);
    for (const [path, operations] of Object.entries(description.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        // Whose dead letters are tried again: what is in them stays unseen.
        if (path === '/api/v1/admin/failures/redrive') continue;
        const body = JSON.stringify((operation as { requestBody?: object }).requestBody ?? {});
        expect(body, `${method} ${path}`).not.toMatch(/"(role|admin|isAdmin|userId|emailVerified)":/);
      }
    }
    const create = { email: 'new@example.com', password: 'a long enough one', name: 'New', admin: true };
    expect((await boss.api.ask('POST', '/operator/users', create)).json).toMatchObject({ code: 'forbidden' });
    expect((await client(app).ask('POST', '/operator/users', create)).status).toBe(401);
  });
});

describe('what has expired', () => {
  it('is deleted, and nothing else is', async () => {
    const user = await someone();
    const phone = await logInAs(app, user.email, user.password);
    await app.ctx.db
      .update(sessions)
      .set({ expiresAt: new Date(Date.now() - 1000) })
      .where(eq(sessions.userId, user.id));
    const fresh = await logInAs(app, user.email, user.password);
    await deleteExpired(app.ctx.db);
    expect(await app.ctx.db.$count(sessions, eq(sessions.userId, user.id))).toBe(1);
    expect((await fresh.api.ask('GET', '/me')).status).toBe(200);
    expect((await phone.api.ask('GET', '/me')).status).toBe(401);
    expect(await app.ctx.db.$count(auditEvents, eq(auditEvents.userId, user.id))).toBeGreaterThan(0);
  });
});

describe('ADMIN_EMAIL that was set later', () => {
  it('makes the account admin at the next start, if its address was confirmed', async () => {
    const user = await someone();
    const { config } = app.ctx;
    const named = { ...app.ctx, config: { ...config, accounts: { ...config.accounts, adminEmail: user.email } } };
    (await tendAccounts(named))();
    expect((await user.api.ask('GET', '/me')).json).toMatchObject({ role: 'user' });
    await app.ctx.db.update(users).set({ emailVerified: true }).where(eq(users.id, user.id));
    (await tendAccounts(named))();
    expect((await user.api.ask('GET', '/me')).json).toMatchObject({ role: 'admin' });
  });
});
