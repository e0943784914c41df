import { eq, sql } from 'drizzle-orm';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, client, cookieOf, givenAccount, goodPassword, logInAs } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { auditEvents, sessions, users } from './schema.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

let count = 0;
const someone = (): Promise<Account> => givenAccount(app, `user${++count}@example.com`);
const sessionOf = (account: Account) => app.ctx.db.$count(sessions, eq(sessions.userId, account.id));

describe('logging in', () => {
  it('gives tokens and a cookie, each of which lets the user in', async () => {
    const user = await someone();
    expect((await user.api.ask('GET', '/me')).json).toMatchObject({ id: user.id, email: user.email });
    const browser = client(app, { cookie: user.cookie });
    expect((await browser.ask('GET', '/me')).json).toMatchObject({ id: user.id });
    expect((await browser.ask('GET', '/auth/session')).json).toMatchObject({ user: { id: user.id } });
  });

  it('sets a cookie that scripts cannot read and other sites do not send', async () => {
    const user = await someone();
    const answer = await client(app).ask('POST', '/auth/login', { email: user.email, password: user.password });
    const [cookie] = [answer.headers['set-cookie']].flat();
    expect(cookie).toMatch(/^blog-poster\.session_token=/);
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/SameSite=Lax/i);
    expect(cookie).not.toMatch(/Secure/i);
  });

  it('sets a cookie that plain http cannot carry where the instance has https', async () => {
    const secure = await startTestApp({ env: { APP_URL: 'https://posts.example.com' } });
    try {
      const user = await givenAccount(secure, 'ann@example.com');
      expect(user.cookie).toMatch(/^__Secure-blog-poster\.session_token=/);
      const browser = client(secure, { cookie: user.cookie });
      expect((await browser.ask('GET', '/me')).status).toBe(200);
    } finally {
      await secure.close();
    }
  });

  it('says nothing about the user in the token but who it is and of which session', async () => {
    const user = await someone();
    const claims = decodeJwt(user.accessToken);
    expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'sid', 'sub']);
    expect(claims.sub).toBe(user.id);
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(900);
  });

  it('publishes the public halves of its keys and nothing of the private ones', async () => {
    await someone();
    const { json } = await client(app).ask<{ keys: Record<string, unknown>[] }>('GET', '/auth/jwks');
    expect(json.keys.length).toBeGreaterThan(0);
    for (const key of json.keys) expect(Object.keys(key)).not.toContain('d');
  });

  it('takes any spelling of the address and only the right password', async () => {
    const user = await someone();
    const ask = (email: string, password: string) => client(app).ask('POST', '/auth/login', { email, password });
    expect((await ask(` ${user.email.toUpperCase()} `, user.password)).status).toBe(200);
    expect((await ask(user.email, `${user.password} `)).json).toMatchObject({ code: 'invalid_credentials' });
    expect((await ask(user.email, 'x'.repeat(10_000))).json).toMatchObject({ code: 'invalid_credentials' });
    expect((await ask('nobody@example.com', user.password)).json).toMatchObject({ code: 'invalid_credentials' });
  });

  it('is written down, and so are the attempts that failed', async () => {
    const user = await someone();
    await client(app).ask('POST', '/auth/login', { email: user.email, password: 'not the password' });
    const events = await app.ctx.db.select().from(auditEvents).where(eq(auditEvents.userId, user.id));
    expect(events.map((event) => event.action)).toEqual(
      expect.arrayContaining(['registered', 'logged-in', 'login-failed']),
    );
    expect(events.every((event) => event.address === '127.0.0.1')).toBe(true);
    expect(JSON.stringify(events)).not.toContain('not the password');
  });

  it('in a browser that is signed in ends the session before', async () => {
    const user = await someone();
    const body = { email: user.email, password: user.password };
    const again = await client(app).ask('POST', '/auth/login', body, { cookie: user.cookie });
    expect(cookieOf(again.headers['set-cookie'])).not.toBe(user.cookie);
    expect((await client(app, { cookie: user.cookie }).ask('GET', '/me')).status).toBe(401);
    expect(await sessionOf(user)).toBe(1);
  });
});

describe('a refresh token', () => {
  it('gives new tokens of the same session, once', async () => {
    const user = await someone();
    const next = await client(app).ask<{ accessToken: string; refreshToken: string }>('POST', '/auth/token', {
      refreshToken: user.refreshToken,
    });
    expect(next.status).toBe(200);
    expect(decodeJwt(next.json.accessToken).sid).toBe(decodeJwt(user.accessToken).sid);
    const renewed = client(app, { authorization: `Bearer ${next.json.accessToken}` });
    expect((await renewed.ask('GET', '/me')).status).toBe(200);
  });

  it('that comes a second time ends the session for both who have it', async () => {
    const user = await someone();
    const next = await client(app).ask<{ accessToken: string; refreshToken: string }>('POST', '/auth/token', {
      refreshToken: user.refreshToken,
    });
    expect((await client(app).ask('POST', '/auth/token', { refreshToken: user.refreshToken })).json).toMatchObject({
      code: 'token_invalid',
    });
    expect((await client(app).ask('POST', '/auth/token', { refreshToken: next.json.refreshToken })).status).toBe(401);
    expect((await user.api.ask('GET', '/me')).status).toBe(401);
    expect(await sessionOf(user)).toBe(0);
  });

  it('is of no use after the session has ended', async () => {
    const user = await someone();
    await user.api.ask('POST', '/auth/logout');
    expect((await client(app).ask('POST', '/auth/token', { refreshToken: user.refreshToken })).status).toBe(401);
  });

  it('can be had for the session cookie', async () => {
    const user = await someone();
    const answer = await client(app, { cookie: user.cookie }).ask<{ accessToken: string }>('POST', '/auth/token');
    expect(answer.status).toBe(200);
    expect(decodeJwt(answer.json.accessToken).sub).toBe(user.id);
    expect((await client(app).ask('POST', '/auth/token')).status).toBe(401);
  });
});

describe('logging out', () => {
  it('ends the session, its access tokens and its cookie', async () => {
    const user = await someone();
    const answer = await client(app, { cookie: user.cookie }).ask('POST', '/auth/logout');
    expect(answer.status).toBe(204);
    expect([answer.headers['set-cookie']].flat()[0]).toContain('Max-Age=0');
    expect((await user.api.ask('GET', '/me')).status).toBe(401);
    expect((await client(app, { cookie: user.cookie }).ask('GET', '/me')).status).toBe(401);
  });

  it('can be done for another device', async () => {
    const user = await someone();
    const phone = await logInAs(app, user.email, goodPassword);
    const list = await user.api.ask<{ items: { id: string; current: boolean }[] }>('GET', '/me/sessions');
    expect(list.json.items.map((session) => session.current).sort()).toEqual([false, true]);
    const other = list.json.items.find((session) => !session.current);
    expect((await user.api.ask('DELETE', `/me/sessions/${other?.id}`)).status).toBe(204);
    expect((await phone.api.ask('GET', '/me')).status).toBe(401);
    expect((await user.api.ask('GET', '/me')).status).toBe(200);
  });
});

describe('a session', () => {
  it('is over when its time is', async () => {
    const user = await someone();
    await app.ctx.db.update(sessions).set({ expiresAt: sql`now()` }).where(eq(sessions.userId, user.id));
    expect((await user.api.ask('GET', '/me')).status).toBe(401);
    expect((await client(app, { cookie: user.cookie }).ask('GET', '/me')).status).toBe(401);
    expect((await client(app, { cookie: user.cookie }).ask('GET', '/auth/session')).json).toMatchObject({ user: null });
  });

  it('that is used is prolonged, and the cookie with it', async () => {
    const user = await someone();
    const soon = sql`now() + interval '28 days'`;
    await app.ctx.db.update(sessions).set({ expiresAt: soon }).where(eq(sessions.userId, user.id));
    const answer = await client(app, { cookie: user.cookie }).ask('GET', '/auth/session');
    expect([answer.headers['set-cookie']].flat()[0]).toMatch(/Max-Age=2592000/);
  });
});

describe('someone who is disabled', () => {
  it('is out at once, also when that is done straight in the database', async () => {
    const user = await someone();
    const made = await user.api.ask<{ key: string }>('POST', '/api-keys', { name: 'all', scopes: ['read', 'write'] });
    const key = client(app, { authorization: `Bearer ${made.json.key}` });
    expect((await key.ask('GET', '/pipelines')).status).toBe(200);
    await app.ctx.db.execute(sql`update users set disabled = true where id = ${user.id}`);
    expect((await user.api.ask('GET', '/me')).status).toBe(401);
    expect((await client(app, { cookie: user.cookie }).ask('GET', '/me')).status).toBe(401);
    expect((await key.ask('GET', '/pipelines')).status).toBe(401);
    expect((await client(app).ask('POST', '/auth/token', { refreshToken: user.refreshToken })).status).toBe(401);
    const login = await client(app).ask('POST', '/auth/login', { email: user.email, password: user.password });
    expect(login).toMatchObject({ status: 403, json: { code: 'account_disabled' } });
    const wrong = await client(app).ask('POST', '/auth/login', { email: user.email, password: 'wrong password' });
    expect(wrong).toMatchObject({ status: 401, json: { code: 'invalid_credentials' } });

    await app.ctx.db.update(users).set({ disabled: false }).where(eq(users.id, user.id));
    expect((await logInAs(app, user.email, user.password)).id).toBe(user.id);
    expect((await key.ask('GET', '/pipelines')).status).toBe(200);
    expect((await user.api.ask('GET', '/me')).status).toBe(401);
  });
});
