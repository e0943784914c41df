import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, client, cookieOf, givenAccount, goodPassword, logInAs } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { mailedLink, newestMail } from '../../test/mailbox.ts';
import { totp } from '../../test/totp.ts';
import { queryRows } from '../db/open.ts';
import { mailMessage, mailWebhookDisabled } from './mails.ts';
import { credentials, mailedTokens, sessions, users } from './schema.ts';

let app: TestApp;
let mailing: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  mailing = await startTestApp({ env: { SMTP_URL: 'smtp://127.0.0.1:9' } });
});
afterAll(async () => {
  await app.close();
  await mailing.close();
});

let count = 0;
const someone = (): Promise<Account> => givenAccount(app, `user${++count}@example.com`);
const far = { 'x-forwarded-for': '203.0.113.4' };

/** An account on the instance that sends mail, with its address confirmed. */
async function confirmed(email: string): Promise<Account> {
  await client(mailing).ask('POST', '/auth/register', { email, password: goodPassword }, far);
  const { token } = await mailedLink(mailing, email, 'verify-email');
  await client(mailing).ask('POST', '/auth/verify-email', { token });
  return logInAs(mailing, email, goodPassword);
}

describe('a forgotten password', () => {
  it('is replaced by the link of a mail, once, and every session ends', async () => {
    const user = await confirmed('forgetful@example.com');
    expect((await client(mailing).ask('POST', '/auth/forgot-password', { email: user.email })).status).toBe(202);
    const { page, token } = await mailedLink(mailing, user.email, 'reset-password');
    expect(page).toBe('reset-password');
    const reset = (password: string) => client(mailing).ask('POST', '/auth/reset-password', { token, password });
    expect((await reset('short')).status).toBe(422);
    expect((await reset('a new and long password')).status).toBe(204);
    expect((await reset('yet another password')).json).toMatchObject({ code: 'link_invalid' });
    expect((await user.api.ask('GET', '/me')).status).toBe(401);
    expect((await client(mailing, { cookie: user.cookie }).ask('GET', '/me')).status).toBe(401);
    const old = { email: user.email, password: goodPassword };
    expect((await client(mailing).ask('POST', '/auth/login', old)).status).toBe(401);
    await logInAs(mailing, user.email, 'a new and long password');
    expect((await newestMail(mailing, user.email, 'password-changed')).text).toContain('was changed');
  });

  it('has one link that works, the last, and only for an hour', async () => {
    const user = await confirmed('twice@example.com');
    const ask = () => client(mailing).ask('POST', '/auth/forgot-password', { email: user.email });
    await ask();
    const first = await mailedLink(mailing, user.email, 'reset-password');
    await ask();
    const second = await mailedLink(mailing, user.email, 'reset-password');
    const reset = (token: string) =>
      client(mailing).ask('POST', '/auth/reset-password', { token, password: 'a new and long password' });
    expect((await reset(second.token)).status).toBe(204);
    expect((await reset(first.token)).status).toBe(422);
    await ask();
    const third = await mailedLink(mailing, user.email, 'reset-password');
    await mailing.ctx.db
      .update(mailedTokens)
      .set({ expiresAt: sql`${mailedTokens.createdAt} + interval '1 hour' - interval '2 hours'` })
      .where(eq(mailedTokens.userId, user.id));
    expect((await reset(third.token)).status).toBe(422);
  });

  it('is kept nowhere in a form that could be used', async () => {
    const user = await confirmed('secretive@example.com');
    await client(mailing).ask('POST', '/auth/forgot-password', { email: user.email });
    const { token } = await mailedLink(mailing, user.email, 'reset-password');
    for (const table of ['mailed_tokens', 'emails', 'audit_events', 'credentials', 'sessions', 'refresh_tokens']) {
      const rows = JSON.stringify(await queryRows(mailing.ctx.db, sql.raw(`select * from ${table}`)));
      expect(rows, table).not.toContain(token);
      expect(rows, table).not.toContain(goodPassword);
      expect(rows, table).not.toContain(user.refreshToken);
    }
    expect(mailing.logs.join('')).not.toContain(token);
    expect(mailing.logs.join('')).not.toContain(user.accessToken);
    const [row] = await mailing.ctx.db.select().from(credentials).where(eq(credentials.userId, user.id));
    expect(row?.password).toMatch(/^\$argon2id\$v=19\$m=32768,t=3,p=1\$/);
  });
});

describe('an account', () => {
  it('changes its name and time zone, and says which zone there is not', async () => {
    const user = await someone();
    const change = { name: 'Ann  ', timeZone: 'Pacific/Auckland' };
    expect((await user.api.ask('PATCH', '/me', change)).json).toMatchObject({
      name: 'Ann',
      timeZone: 'Pacific/Auckland',
    });
    expect((await user.api.ask('PATCH', '/me', { timeZone: 'Mars/Olympus' })).json).toMatchObject({
      errors: [{ path: 'timeZone' }],
    });
    expect((await user.api.ask('PATCH', '/me', {})).status).toBe(422);
  });

  it('is spoken to in the language of its browser until it chooses one, and again when it takes that back', async () => {
    const user = await someone();
    expect((await user.api.ask('GET', '/me')).json).toMatchObject({ locale: null });
    expect((await user.api.ask('PATCH', '/me', { locale: 'de' })).json).toMatchObject({ locale: 'de' });
    // What is left out stays as it is.
    expect((await user.api.ask('PATCH', '/me', { name: 'Ann' })).json).toMatchObject({ locale: 'de' });
    expect((await user.api.ask('PATCH', '/me', { locale: 'tlh' })).json).toMatchObject({
      errors: [{ path: 'locale' }],
    });
    expect((await user.api.ask('PATCH', '/me', { locale: null })).json).toMatchObject({ locale: null });
  });

  it('says which mails it can do without, and how its articles sound', async () => {
    const user = await confirmed('quiet@example.com');
    const { json } = await user.api.ask('GET', '/me');
    expect(json).toMatchObject({ voice: null, mutedMails: [] });
    const change = { voice: '  Plain and warm.  ', mutedMails: ['dead-links', 'dead-links', 'webhook-disabled'] };
    expect((await user.api.ask('PATCH', '/me', change)).json).toMatchObject({
      voice: 'Plain and warm.',
      mutedMails: ['dead-links', 'webhook-disabled'],
    });
    // What asks for a decision, or is about access, cannot be turned off.
    for (const kind of ['hold', 'needs-approval', 'password-changed', 'operator-message']) {
      expect((await user.api.ask('PATCH', '/me', { mutedMails: [kind] })).status).toBe(422);
    }
    const to = { userId: user.id, email: user.email };
    const about = { id: 'x', url: 'https://hook.example/', reason: 'it was gone' };
    await mailing.ctx.db.transaction((tx) => mailWebhookDisabled(mailing.ctx, tx, to, about));
    await mailing.ctx.db.transaction((tx) => mailMessage(mailing.ctx, tx, to, 'Hello', 'From the operator.'));
    const kinds = async () =>
      (
        await queryRows<{ kind: string }>(
          mailing.ctx.db,
          sql`select kind from emails where user_id = ${user.id} and kind in ('webhook-disabled', 'operator-message')`,
        )
      ).map(({ kind }) => kind);
    expect(await kinds()).toEqual(['operator-message']);
    await user.api.ask('PATCH', '/me', { mutedMails: [], voice: null });
    await mailing.ctx.db.transaction((tx) => mailWebhookDisabled(mailing.ctx, tx, to, about));
    expect(await kinds()).toHaveLength(2);
  });

  it('tells nobody who registers its address anew what it has chosen', async () => {
    const user = await confirmed('chosen@example.com');
    await user.api.ask('PATCH', '/me', { voice: 'A secret voice', model: 'offline', ownMonthlyLimitMicroUsd: 7 });
    const again = await client(mailing).ask('POST', '/auth/register', { email: user.email, password: goodPassword });
    expect(again).toMatchObject({
      status: 201,
      json: { user: { voice: null, model: null, ownMonthlyLimitMicroUsd: null, mutedMails: [] } },
    });
  });

  it('changes its password with the present one, and signs out every other device', async () => {
    const user = await someone();
    const phone = await logInAs(app, user.email, user.password);
    const change = (currentPassword?: string) =>
      user.api.ask('PATCH', '/me', { password: 'quite another one', ...(currentPassword ? { currentPassword } : {}) });
    expect((await change()).json).toMatchObject({ code: 'password_wrong' });
    expect((await change('wrong password')).json).toMatchObject({ errors: [{ path: 'currentPassword' }] });
    expect((await change(user.password)).status).toBe(200);
    expect((await phone.api.ask('GET', '/me')).status).toBe(401);
    expect((await user.api.ask('GET', '/me')).status).toBe(200);
    await logInAs(app, user.email, 'quite another one');
  });

  it('changes its address once the new one is confirmed', async () => {
    const user = await confirmed('old@example.com');
    const change = { email: 'New@example.com', currentPassword: goodPassword };
    expect((await user.api.ask('PATCH', '/me', change)).json).toMatchObject({ email: 'old@example.com' });
    const { token } = await mailedLink(mailing, 'new@example.com', 'change-email');
    expect((await client(mailing).ask('POST', '/auth/verify-email', { token })).status).toBe(204);
    expect((await user.api.ask('GET', '/me')).json).toMatchObject({ email: 'new@example.com', emailVerified: true });
    expect((await newestMail(mailing, 'old@example.com', 'email-changed')).text).toContain('new@example.com');
    await logInAs(mailing, 'new@example.com', goodPassword);
  });

  it('does not learn from a change of address who else is here', async () => {
    const user = await confirmed('curious@example.com');
    await confirmed('neighbour@example.com');
    const change = (email: string) => user.api.ask('PATCH', '/me', { email, currentPassword: goodPassword });
    const taken = await change('neighbour@example.com');
    const free = await change('free@example.com');
    expect(taken).toMatchObject({ status: 200, json: free.json });
    expect((await newestMail(mailing, 'neighbour@example.com', 'address-taken')).subject).toContain('already');
    await expect(mailedLink(mailing, 'neighbour@example.com', 'change-email')).rejects.toThrow('no mail');
  });

  it('is deleted with everything in it, by its password or right after logging in', async () => {
    const user = await someone();
    await user.api.ask('POST', '/articles', { title: 'Mine', markdown: 'Words.' });
    await user.api.ask('POST', '/api-keys', { name: 'k', scopes: ['read'] });
    await app.ctx.db
      .update(sessions)
      .set({ createdAt: sql`now() - interval '1 hour'` })
      .where(eq(sessions.userId, user.id));
    expect((await user.api.ask('DELETE', '/me')).json).toMatchObject({ code: 'reauthentication_required' });
    expect((await user.api.ask('DELETE', '/me', { password: 'wrong' })).json).toMatchObject({ code: 'password_wrong' });
    expect((await user.api.ask('DELETE', '/me', { password: user.password })).status).toBe(204);
    expect((await user.api.ask('GET', '/me')).status).toBe(401);
    const tables = await queryRows<{ table_name: string }>(
      app.ctx.db,
      sql`select table_name from information_schema.columns where column_name = 'user_id' and table_schema = current_schema()`,
    );
    expect(tables.length).toBeGreaterThan(10);
    for (const { table_name } of tables) {
      // The log of who did what outlives the account.
      if (table_name === 'audit_events') continue;
      const [row] = await queryRows<{ n: string }>(
        app.ctx.db,
        sql`select count(*) as n from ${sql.identifier(table_name)} where user_id = ${user.id}`,
      );
      expect(Number(row?.n), table_name).toBe(0);
    }
    const fresh = await someone();
    expect((await fresh.api.ask('DELETE', '/me')).status).toBe(204);
  });

  it('that is the only admin stays while others use the instance', async () => {
    const boss = await someone();
    await app.ctx.db.update(users).set({ role: 'user' }).where(eq(users.role, 'admin'));
    await app.ctx.db.update(users).set({ role: 'admin' }).where(eq(users.id, boss.id));
    expect((await boss.api.ask('DELETE', '/me')).json).toMatchObject({ code: 'invalid_state' });
    expect((await boss.api.ask('GET', '/me')).status).toBe(200);
  });
});

describe('two-factor log-in', () => {
  async function withSecondFactor(): Promise<{ user: Account; secret: string; backupCodes: string[] }> {
    const user = await someone();
    const prepared = await user.api.ask<{ secret: string; totpUri: string; backupCodes: string[] }>(
      'POST',
      '/me/two-factor',
      { password: user.password },
    );
    expect(prepared.json.totpUri).toMatch(/^otpauth:\/\/totp\//);
    const { secret, backupCodes } = prepared.json;
    const on = await user.api.ask<{ accessToken: string }>('POST', '/me/two-factor/confirm', { code: totp(secret) });
    expect(on.status).toBe(200);
    const api = client(app, { authorization: `Bearer ${on.json.accessToken}` });
    return { user: { ...user, api, cookie: cookieOf(on.headers['set-cookie']) }, secret, backupCodes };
  }

  it('asks for the code of the app, and takes no other', async () => {
    const { user, secret } = await withSecondFactor();
    expect((await user.api.ask('GET', '/me')).json).toMatchObject({ twoFactorEnabled: true });
    const login = (code?: string) =>
      client(app).ask('POST', '/auth/login', { email: user.email, password: user.password, ...(code ? { code } : {}) });
    expect(await login()).toMatchObject({ status: 401, json: { code: 'two_factor_required' } });
    const wrong = totp(secret) === '000000' ? '000001' : '000000';
    expect(await login(wrong)).toMatchObject({ status: 401, json: { code: 'two_factor_invalid' } });
    // The one that turned it on is used up; the next one, which a fast clock shows already, is not.
    expect(await login(totp(secret))).toMatchObject({ json: { code: 'two_factor_invalid' } });
    const next = totp(secret, Date.now() + 30_000);
    expect(await login(next)).toMatchObject({ status: 200, json: { user: { email: user.email } } });
    expect(await login(next)).toMatchObject({ status: 401, json: { code: 'two_factor_invalid' } });
    // Nothing is left behind by the attempts that got only half of the way.
    expect(await app.ctx.db.$count(sessions, eq(sessions.userId, user.id))).toBe(2);
  });

  it('is not asked for with a wrong password, which would tell that it was nearly right', async () => {
    const { user } = await withSecondFactor();
    const login = await client(app).ask('POST', '/auth/login', { email: user.email, password: 'not the password' });
    expect(login.json).toMatchObject({ code: 'invalid_credentials' });
  });

  it('takes each backup code once, and new ones make the old worthless', async () => {
    const { user, backupCodes } = await withSecondFactor();
    const login = (code: string | undefined) =>
      client(app).ask('POST', '/auth/login', { email: user.email, password: user.password, code: code ?? '' });
    expect((await login(backupCodes[0])).status).toBe(200);
    expect((await login(backupCodes[0])).json).toMatchObject({ code: 'two_factor_invalid' });
    const renewed = await user.api.ask<{ backupCodes: string[] }>('POST', '/me/two-factor/backup-codes', {
      password: user.password,
    });
    expect(renewed.json.backupCodes).toHaveLength(backupCodes.length);
    expect((await login(backupCodes[1])).status).toBe(401);
    expect((await login(renewed.json.backupCodes[0])).status).toBe(200);
  });

  it('is turned off with the password', async () => {
    const { user } = await withSecondFactor();
    expect((await user.api.ask('DELETE', '/me/two-factor', { password: 'wrong' })).json).toMatchObject({
      code: 'password_wrong',
    });
    expect((await user.api.ask('DELETE', '/me/two-factor', { password: user.password })).status).toBe(200);
    expect((await logInAs(app, user.email, user.password)).id).toBe(user.id);
  });

  it('is locked for a while after ten wrong codes, on every device', async () => {
    const { user, secret } = await withSecondFactor();
    const login = (code: string) =>
      client(app).ask<{ code: string }>('POST', '/auth/login', { email: user.email, password: user.password, code });
    const answers: string[] = [];
    for (let i = 0; i < 11; i++) answers.push((await login('000000')).json.code);
    expect(answers.at(-1)).toBe('two_factor_locked');
    expect((await login(totp(secret))).json).toMatchObject({ code: 'two_factor_locked' });
  });

  it('is not on before a first code was right', async () => {
    const user = await someone();
    await user.api.ask('POST', '/me/two-factor', { password: user.password });
    expect((await user.api.ask('POST', '/me/two-factor/confirm', { code: '000000' })).json).toMatchObject({
      code: 'two_factor_invalid',
    });
    expect((await logInAs(app, user.email, user.password)).id).toBe(user.id);
  });
});
