import { eq, isNull } from 'drizzle-orm';
import { afterEach, describe, expect, it } from 'vitest';
import { client, givenAccount, goodPassword, logInAs } from '../../test/accounts.ts';
import { givenPipeline } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { mailedLink } from '../../test/mailbox.ts';
import { systemActor } from './audit.ts';
import { createUser } from './registration.ts';
import { users } from './schema.ts';

let app: TestApp;
afterEach(() => app.close());

/** Mail that goes to a server which is not there: it waits in the outbox, where a test reads it. */
const withMail = { SMTP_URL: 'smtp://127.0.0.1:9' };

describe('the first account of an embedded instance', () => {
  it('takes over the work that was there and is admin', async () => {
    app = await startTestApp();
    const { id } = await givenPipeline(app.ctx);
    if (app.ctx.config.database.kind !== 'embedded') return expect(app.ctx.config.database.kind).toBe('postgres');
    const session = await client(app).ask('GET', '/auth/session');
    expect(session.json).toMatchObject({ user: null, instance: { firstAccount: true, signUps: 'open', mail: false } });
    const first = await givenAccount(app, 'first@example.com');
    expect(first.id).toBe(app.ctx.ownerId);
    expect((await first.api.ask('GET', `/pipelines/${id}`)).status).toBe(200);
    expect((await first.api.ask('GET', '/me')).json).toMatchObject({ role: 'admin' });
    expect((await client(app).ask('GET', '/auth/session')).json).toMatchObject({ instance: { firstAccount: false } });

    const second = await givenAccount(app, 'second@example.com');
    expect((await second.api.ask('GET', '/me')).json).toMatchObject({ role: 'user' });
    expect((await second.api.ask('GET', `/pipelines/${id}`)).status).toBe(404);
    expect((await second.api.ask('GET', '/admin/users')).json).toMatchObject({ code: 'forbidden' });
  });

  it('is an ordinary one when it is not made on the machine itself', async () => {
    app = await startTestApp();
    const body = { email: 'far@example.com', password: goodPassword };
    const far = await client(app).ask('POST', '/auth/register', body, { 'x-forwarded-for': '203.0.113.4' });
    expect(far.json).toMatchObject({ user: { role: 'user' } });
    expect(await app.ctx.db.$count(users, isNull(users.email))).toBe(1);
  });

  it('may be made on the command line', async () => {
    app = await startTestApp();
    const admin = { email: 'boss@example.com', password: goodPassword, name: 'Boss', admin: true };
    const made = await createUser(app.ctx, admin, systemActor);
    expect(made).toMatchObject({ id: app.ctx.ownerId, role: 'admin' });
    await expect(createUser(app.ctx, admin, systemActor)).rejects.toMatchObject({ code: 'conflict' });
    const boss = await logInAs(app, 'boss@example.com', goodPassword);
    expect((await boss.api.ask('GET', '/admin/users')).json).toMatchObject({ items: [{ email: 'boss@example.com' }] });
  });
});

describe('registering where mail is sent', () => {
  it('gives an account that can be used once the address is confirmed', async () => {
    app = await startTestApp({ env: withMail });
    const far = { 'x-forwarded-for': '203.0.113.4' };
    const body = { email: 'ann@example.com', password: goodPassword };
    expect((await client(app).ask('POST', '/auth/register', body, far)).status).toBe(201);
    const login = await client(app).ask('POST', '/auth/login', body);
    expect(login).toMatchObject({ status: 403, json: { code: 'email_not_verified' } });
    const { page, token } = await mailedLink(app, 'ann@example.com', 'verify-email');
    expect(page).toBe('verify-email');
    expect((await client(app).ask('POST', '/auth/verify-email', { token })).status).toBe(204);
    expect((await client(app).ask('POST', '/auth/verify-email', { token })).json).toMatchObject({
      code: 'link_invalid',
    });
    expect((await logInAs(app, 'ann@example.com', goodPassword)).email).toBe('ann@example.com');
  });

  it('lets whoever can read the mail decide which password counts', async () => {
    app = await startTestApp({ env: { ...withMail, ADMIN_EMAIL: 'Boss@example.com' } });
    const far = { 'x-forwarded-for': '203.0.113.4' };
    const ask = (password: string) =>
      client(app).ask('POST', '/auth/register', { email: 'boss@example.com', password }, far);
    const thief = await ask('the password of a thief');
    const owner = await ask(goodPassword);
    expect(Object.keys(owner.json)).toEqual(Object.keys(thief.json));
    const { token } = await mailedLink(app, 'boss@example.com', 'verify-email');
    expect((await client(app).ask('POST', '/auth/verify-email', { token })).status).toBe(204);
    const stolen = { email: 'boss@example.com', password: 'the password of a thief' };
    expect((await client(app).ask('POST', '/auth/login', stolen)).status).toBe(401);
    const boss = await logInAs(app, 'boss@example.com', goodPassword);
    expect((await boss.api.ask('GET', '/me')).json).toMatchObject({ role: 'admin', emailVerified: true });
  });

  it('gives the admin no password that was chosen elsewhere, but a link to choose one', async () => {
    const env = { ...withMail, ADMIN_EMAIL: 'boss@example.com', CLIENT_ADDRESS_HEADER: 'x-real-ip' };
    app = await startTestApp({ env });
    const body = { email: 'boss@example.com', password: 'the password of a thief' };
    await client(app).ask('POST', '/auth/register', body, { 'x-real-ip': '203.0.113.4' });
    const owner = { 'x-real-ip': '198.51.100.9' };
    // Asking for another link makes the password of a stranger no better.
    await client(app).ask('POST', '/auth/resend-verification', { email: body.email }, owner);
    const { token } = await mailedLink(app, 'boss@example.com', 'verify-email');
    const opened = await client(app).ask('POST', '/auth/verify-email', { token }, owner);
    expect(opened).toMatchObject({ status: 422, json: { code: 'link_invalid' } });
    expect((await client(app).ask('POST', '/auth/login', body)).json).toMatchObject({ code: 'email_not_verified' });
    const choose = await mailedLink(app, 'boss@example.com', 'reset-password');
    const chosen = { token: choose.token, password: goodPassword };
    expect((await client(app).ask('POST', '/auth/reset-password', chosen, owner)).status).toBe(204);
    expect((await client(app).ask('POST', '/auth/login', body)).status).toBe(401);
    const boss = await logInAs(app, 'boss@example.com', goodPassword);
    expect((await boss.api.ask('GET', '/me')).json).toMatchObject({ role: 'admin', emailVerified: true });
  });

  it('sends another link when asked, and tells nobody whether there is an account', async () => {
    app = await startTestApp({ env: withMail });
    const far = { 'x-forwarded-for': '203.0.113.4' };
    await client(app).ask('POST', '/auth/register', { email: 'ann@example.com', password: goodPassword }, far);
    const first = await mailedLink(app, 'ann@example.com', 'verify-email');
    const again = await client(app).ask('POST', '/auth/resend-verification', { email: 'ann@example.com' });
    const nobody = await client(app).ask('POST', '/auth/resend-verification', { email: 'nobody@example.com' });
    expect([again.status, nobody.status]).toEqual([202, 202]);
    const second = await mailedLink(app, 'ann@example.com', 'verify-email');
    expect(second.token).not.toBe(first.token);
    expect((await client(app).ask('POST', '/auth/verify-email', { token: second.token })).status).toBe(204);
    await logInAs(app, 'ann@example.com', goodPassword);
    expect((await client(app).ask('POST', '/auth/verify-email', { token: first.token })).status).toBe(422);
  });
});

describe('an instance with closed doors', () => {
  it('takes nobody, or only those with an invitation for their address', async () => {
    app = await startTestApp({ env: { ...withMail, SIGNUPS: 'invite' } });
    const admin = { email: 'boss@example.com', password: goodPassword, name: 'Boss', admin: true };
    await createUser(app.ctx, admin, systemActor);
    const boss = await logInAs(app, 'boss@example.com', goodPassword);
    const register = (body: object) =>
      client(app).ask(
        'POST',
        '/auth/register',
        { password: goodPassword, ...body },
        { 'x-forwarded-for': '203.0.113.4' },
      );
    expect((await register({ email: 'guest@example.com' })).json).toMatchObject({ code: 'invitation_required' });

    expect((await boss.api.ask('POST', '/admin/invitations', { email: 'guest@example.com' })).status).toBe(201);
    const { page, token: invitation } = await mailedLink(app, 'guest@example.com', 'invitation');
    expect(page).toBe('register');
    expect((await register({ email: 'other@example.com', invitation })).status).toBe(403);
    expect((await register({ email: 'guest@example.com', invitation })).status).toBe(201);
    expect((await register({ email: 'guest@example.com', invitation })).status).toBe(403);
    // The invitation was mailed there, so the address is confirmed.
    expect((await logInAs(app, 'guest@example.com', goodPassword)).email).toBe('guest@example.com');
    expect((await boss.api.ask('GET', '/admin/invitations')).json).toMatchObject({ items: [{ status: 'accepted' }] });
  });

  it('takes whoever is to become its first admin', async () => {
    app = await startTestApp({ env: { ...withMail, SIGNUPS: 'closed', ADMIN_EMAIL: 'boss@example.com' } });
    const far = { 'x-forwarded-for': '203.0.113.4' };
    const register = (email: string) =>
      client(app).ask('POST', '/auth/register', { email, password: goodPassword }, far);
    expect((await register('ann@example.com')).json).toMatchObject({ code: 'signups_closed' });
    expect((await register('boss@example.com')).status).toBe(201);
    const [row] = await app.ctx.db.select().from(users).where(eq(users.email, 'boss@example.com'));
    expect(row?.role).toBe('user');
    const { token } = await mailedLink(app, 'boss@example.com', 'verify-email');
    await client(app).ask('POST', '/auth/verify-email', { token });
    expect((await register('ann@example.com')).status).toBe(403);
    const boss = await logInAs(app, 'boss@example.com', goodPassword);
    expect((await boss.api.ask('GET', '/me')).json).toMatchObject({ role: 'admin' });
  });
});
