import { createHmac } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { exportSPKI, importJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Account, client, cookieOf, givenAccount, goodPassword, logInAs } from '../../test/accounts.ts';
import { operationsOf, sampleOf } from '../../test/api-description.ts';
import { forge, forgeWithKeyInside, tampered, withAlgorithm } from '../../test/forged-tokens.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { mailedLink } from '../../test/mailbox.ts';
import { realPasswordCost } from '../../test/password-cost.ts';
import { totp } from '../../test/totp.ts';
import { createAccessTokens } from './access-tokens.ts';
import { auditEvents, sessions, users } from './schema.ts';

/** An instance without mail, and one with a mail server that is not there: its mails wait in the outbox. */
let app: TestApp;
let mailing: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  mailing = await startTestApp({ env: { SMTP_URL: 'smtp://127.0.0.1:9', ADMIN_EMAIL: 'boss@example.com' } });
  // The first account of an instance is its admin, who is not whom this is about.
  for (const each of [app, mailing]) await givenAccount(each, 'admin@example.com');
});
afterAll(async () => {
  await app.close();
  await mailing.close();
});

let counted = 0;
const newEmail = (name = 'user') => `${name}-${++counted}@example.com`;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
/** Somewhere on the internet: nobody there is taken for whoever sits at the machine. */
const far = { 'x-forwarded-for': '203.0.113.4' };
const login = (on: TestApp, email: string, password: string, more: object = {}, headers: Record<string, string> = {}) =>
  client(on).ask<{ code: string; user: { id: string; role: string } }>(
    'POST',
    '/auth/login',
    { email, password, ...more },
    headers,
  );
const register = (on: TestApp, body: object, headers: Record<string, string> = far) =>
  client(on).ask<{ code: string; user: Record<string, unknown> }>('POST', '/auth/register', body, headers);
const roleOf = async (on: TestApp, email: string) =>
  (await on.ctx.db.select({ role: users.role }).from(users).where(eq(users.email, email)))[0]?.role;
const outcomes = (answers: { status: number }[]) => {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** An account whose address is confirmed, on the instance that sends mail. */
async function confirmed(email = newEmail('confirmed'), password = goodPassword): Promise<Account> {
  await register(mailing, { email, password });
  const { token } = await mailedLink(mailing, email, 'verify-email');
  await client(mailing).ask('POST', '/auth/verify-email', { token });
  return logInAs(mailing, email, password);
}

describe('an access token', () => {
  let user: Account;
  let other: Account;
  const sign = async (payload: Record<string, unknown>) =>
    (await app.ctx.auth.api.signJWT({ body: { payload } })).token;
  const whoIs = (token: string) => client(app, bearer(token)).ask<{ code?: string; id?: string }>('GET', '/me');
  beforeAll(async () => {
    user = await givenAccount(app, newEmail());
    other = await givenAccount(app, newEmail());
  });

  it('that anyone else made or changed is refused', async () => {
    const { accessToken: token } = user;
    const [jwk] = (await app.ctx.accessTokens.publicKeys()).keys;
    if (!jwk) throw new Error('there is no key');
    const publicKeys = {
      'its JSON': JSON.stringify(jwk),
      'its bytes': Buffer.from(String(jwk.x), 'base64url'),
      'its text': String(jwk.x),
      'its PEM': await exportSPKI((await importJWK(jwk, 'EdDSA')) as Parameters<typeof exportSPKI>[0]),
    };
    const hmac = (secret: string | Buffer) => (input: string) =>
      createHmac('sha256', secret).update(input).digest('base64url');
    const signature = token.split('.')[2] ?? '';
    const forgeries: Record<string, string> = {
      'another key under the same kid': await forge(token),
      'another key under another kid': await forge(token, {}, { kid: crypto.randomUUID() }),
      'a kid that is a path': await forge(token, {}, { kid: '../../../dev/null' }),
      'a kid that is SQL': await forge(token, {}, { kid: "' or '1'='1" }),
      'a key that it brings along': await forgeWithKeyInside(token),
      'a key at an address': await forge(token, {}, { jku: 'http://127.0.0.1:1/jwks' }),
      "another's id under its signature": tampered(token, { sub: other.id }),
      'a later end under its signature': tampered(token, { exp: 4_102_444_800 }),
      'another kid over its signature': tampered(token, {}, { kid: 'x' }),
      'no signature': token.slice(0, token.lastIndexOf('.') + 1),
      'two parts': token.slice(0, token.lastIndexOf('.')),
      'four parts': `${token}.${signature}`,
      'itself twice': `${token}.${token}`,
      'the wrong end': `${token.slice(0, -6)}AAAAAA`,
      ...Object.fromEntries(
        ['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [
          [`alg "${alg}" without a signature`, withAlgorithm(token, alg, () => '')],
          [`alg "${alg}" with its signature`, withAlgorithm(token, alg, () => signature)],
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(publicKeys).map(([what, secret]) => [
          `HS256 with ${what} for a secret`,
          withAlgorithm(token, 'HS256', hmac(secret)),
        ]),
      ),
      'HS256 with an empty secret': withAlgorithm(token, 'HS256', hmac('')),
      'another algorithm under its signature': withAlgorithm(token, 'ES256', () => signature),
      'a token in a token': `${token.split('.')[0]}.${Buffer.from(token).toString('base64url')}.${signature}`,
      'a megabyte': `${token.split('.')[0]}.${'A'.repeat(1_000_000)}.${signature}`,
      'a deeply nested header': `${Buffer.from('['.repeat(50_000)).toString('base64url')}.e30.${signature}`,
      'five parts': 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA',
      'dots only': '..',
    };
    const failures: string[] = [];
    for (const [what, forgery] of Object.entries(forgeries)) {
      const { status, json } = await whoIs(forgery);
      if (status !== 401 || json.code !== 'unauthenticated') failures.push(`${what}: ${status} ${json.code}`);
    }
    expect(failures).toEqual([]);
    expect(await whoIs(token)).toMatchObject({ status: 200, json: { id: user.id } });
  });

  it('of ours counts only with every claim as it has to be', async () => {
    const [mine] = await app.ctx.db.select().from(sessions).where(eq(sessions.userId, user.id));
    const [theirs] = await app.ctx.db.select().from(sessions).where(eq(sessions.userId, other.id));
    const now = Math.floor(Date.now() / 1000);
    const good = { sub: user.id, sid: mine?.id, iat: now };
    expect(await whoIs(await sign(good))).toMatchObject({ status: 200 });
    const wrong: Record<string, Record<string, unknown>> = {
      'another issuer': { ...good, iss: 'elsewhere' },
      'another audience': { ...good, aud: 'elsewhere' },
      'no session': { sub: user.id, iat: now },
      'no user': { sid: mine?.id, iat: now },
      "another user's session": { ...good, sid: theirs?.id },
      'a session for another user': { ...good, sub: other.id },
      'a session that never was': { ...good, sid: crypto.randomUUID() },
      'a session that is no id': { ...good, sid: "' or 1=1 --" },
      'a list of sessions': { ...good, sid: [mine?.id] },
      'the id of the local owner': { ...good, sub: app.ctx.ownerId },
      'an end that has passed': { ...good, exp: now - 1 },
      'a beginning to come': { ...good, nbf: now + 3600 },
    };
    const failures: string[] = [];
    for (const [what, payload] of Object.entries(wrong)) {
      const { status, json } = await whoIs(await sign(payload));
      if (status !== 401 || json.code !== 'unauthenticated') failures.push(`${what}: ${status} ${json.code}`);
    }
    expect(failures).toEqual([]);
    const earlier = createAccessTokens(app.ctx.auth, () => Date.now() - 16 * 60_000);
    const old = await earlier.sign({ userId: user.id, sessionId: mine?.id ?? '' });
    expect((await whoIs(old)).json).toMatchObject({ detail: 'The access token has expired.' });
  });

  it('and everything else that lets someone in ends with the session, the account, or its being disabled', async () => {
    const ways: Record<string, (user: Account) => Promise<unknown>> = {
      'logging out': (account) => account.api.ask('POST', '/auth/logout'),
      'a revoked session': async (account) => {
        const { json } = await account.api.ask<{ items: { id: string; current: boolean }[] }>('GET', '/me/sessions');
        for (const { id } of json.items) await account.api.ask('DELETE', `/me/sessions/${id}`);
      },
      'being disabled in the database': (account) =>
        app.ctx.db.execute(sql`update users set disabled = true where id = ${account.id}`),
      'being deleted': (account) => account.api.ask('DELETE', '/me', { password: goodPassword }),
    };
    for (const [way, end] of Object.entries(ways)) {
      const account = await givenAccount(app, newEmail());
      const key = await account.api.ask<{ key: string }>('POST', '/api-keys', { name: 'Key', scopes: ['read'] });
      const ask = async (headers: Record<string, string>) =>
        (await client(app, headers).ask('GET', '/articles')).status;
      const means = [bearer(account.accessToken), { cookie: account.cookie }];
      // A key is of the account, not of a session.
      if (way.startsWith('being')) means.push(bearer(key.json.key));
      for (const headers of means) expect(await ask(headers), way).toBe(200);
      await end(account);
      for (const headers of means) expect(await ask(headers), way).toBe(401);
      const { refreshToken } = account;
      expect((await client(app).ask('POST', '/auth/token', { refreshToken })).status, way).toBe(401);
      expect((await client(app, { cookie: account.cookie }).ask('POST', '/auth/token')).status, way).toBe(401);
      const session = await client(app, { cookie: account.cookie }).ask('GET', '/auth/session');
      expect(session.json, way).toMatchObject({ user: null });
      if (way.startsWith('being')) expect((await login(app, account.email, goodPassword)).status, way).not.toBe(200);
    }
  });
});

describe('a page of another site', () => {
  let user: Account;
  beforeAll(async () => {
    user = await givenAccount(app, newEmail());
  });
  const own = () => app.ctx.config.http.appUrl;
  const nameNow = async () => (await user.api.ask<{ name: string }>('GET', '/me')).json.name;

  it('changes nothing with the cookie of a user, from whatever address that looks like ours', async () => {
    const before = await nameNow();
    const { host, port } = new URL(own());
    const origins = [
      'https://evil.example',
      'null',
      '',
      `${own()}.evil.example`,
      `${own()}@evil.example`,
      `${own()}/`,
      `${own()}, https://evil.example`,
      `https://evil.example, ${own()}`,
      `http://evil-${host}`,
      `http://evil.${host}`,
      `http://localhost.evil.example:${port}`,
      `http://localhost:${Number(port) + 1}`,
      'http://localhost',
      `http://127.0.0.1:${port}`,
      `file://${host}`,
      'javascript:alert(1)',
      own().toUpperCase(),
      `${own()}\u0000`.trim(),
    ].filter((origin) => origin !== own());
    const attempts: Record<string, string>[] = [
      ...origins.map((origin) => ({ origin })),
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'SAME-ORIGIN' },
      { 'sec-fetch-site': '' },
    ];
    const failures: string[] = [];
    for (const headers of attempts) {
      const page = client(app, { cookie: user.cookie, host, ...headers });
      for (const [method, path, body] of [
        ['PATCH', '/me', { name: 'Changed' }],
        ['POST', '/articles', { title: 'Mine', markdown: 'x' }],
        ['POST', '/auth/token', undefined],
        ['POST', '/auth/logout', undefined],
        ['DELETE', '/me', undefined],
      ] as const) {
        const { status, json, headers: answered } = await page.ask<{ code: string } | null>(method, path, body);
        if (status !== 403 || json?.code !== 'cross_site_request' || answered['set-cookie']) {
          failures.push(`${method} ${path} from ${JSON.stringify(headers)}: ${status} ${json?.code}`);
        }
      }
    }
    expect(failures).toEqual([]);
    expect(await nameNow()).toBe(before);
    const ours = client(app, { cookie: user.cookie, origin: own() });
    expect((await ours.ask('PATCH', '/me', { name: 'By the app' })).status).toBe(200);
  });

  it('logs nobody in as somebody else, and registers nobody', async () => {
    const pages: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of pages) {
      const answer = await login(app, user.email, goodPassword, {}, headers);
      expect(answer).toMatchObject({ status: 403, json: { code: 'cross_site_request' } });
      expect(answer.headers['set-cookie']).toBeUndefined();
      const email = newEmail();
      expect((await register(app, { email, password: goodPassword }, headers)).status).toBe(403);
      expect(await roleOf(app, email)).toBeUndefined();
    }
  });

  it('cannot send what a form can send', async () => {
    const body = JSON.stringify({ email: user.email, password: goodPassword });
    const types: [string, string][] = [
      ['text/plain', body],
      ['text/plain;charset=utf-8', body],
      ['text/plain; x=application/json', body],
      ['application/x-www-form-urlencoded', `email=${user.email}&password=${goodPassword}`],
      ['application/x-www-form-urlencoded', body],
      ['multipart/form-data; boundary=x', `--x\r\ncontent-disposition: form-data; name="email"\r\n\r\na\r\n--x--`],
      ['', body],
    ];
    for (const [type, payload] of types) {
      const headers = { cookie: user.cookie, 'content-type': type };
      for (const url of ['/api/v1/auth/login', '/api/v1/articles', '/api/v1/auth/register', '/api/v1/sites']) {
        const answer = await app.send({ method: 'POST', url, headers, payload });
        expect(answer.statusCode, `${type} to ${url}`).toBe(415);
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
    }
  });

  it('is not allowed to read anything: no answer names another origin, and no question beforehand is answered', async () => {
    const headers = { cookie: user.cookie, origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    for (const [method, url] of [
      ['GET', '/api/v1/me'],
      ['GET', '/api/v1/auth/session'],
      ['OPTIONS', '/api/v1/me'],
      ['OPTIONS', '/api/v1/articles'],
    ] as const) {
      const answer = await app.send({ method, url, headers });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      if (method === 'OPTIONS') expect(answer.statusCode).toBeGreaterThanOrEqual(400);
      else expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
    }
  });

  it('gets nowhere by giving this machine a name of its own', async () => {
    // DNS rebinding: a name of theirs that leads to 127.0.0.1; to the browser it is their own site.
    const fresh = await startTestApp();
    try {
      const email = newEmail();
      const headers = { host: 'evil.example:3000', origin: 'http://evil.example:3000' };
      await register(fresh, { email, password: goodPassword }, headers);
      expect(await roleOf(fresh, email)).toBe('user');
      const operator = client(fresh, { ...headers, ...bearer(fresh.ctx.operatorToken) });
      expect((await operator.ask('GET', '/articles')).status).toBe(401);
    } finally {
      await fresh.close();
    }
  });
});

describe('a field too many', () => {
  it('is refused by every route that takes a body, or changes nothing', async () => {
    const victim = await givenAccount(app, newEmail('victim'));
    const user = await givenAccount(app, newEmail('sly'));
    const [before] = await app.ctx.db.select().from(users).where(eq(users.id, user.id));
    const extras: Record<string, unknown> = {
      role: 'admin',
      userId: victim.id,
      user_id: victim.id,
      limits: { requestsPerMinute: 99_999 },
      requestsPerMinute: 99_999,
      monthlyLimitMicroUsd: 1,
      emailVerified: true,
      disabled: false,
      twoFactorEnabled: true,
      id: crypto.randomUUID(),
      createdAt: '2000-01-01T00:00:00Z',
      passwordHash: 'x',
    };
    const failures: string[] = [];
    const taking = operationsOf(app.server.swagger()).filter(({ body, access }) => body !== null && access !== 'admin');
    for (const { id, method, path, body } of taking) {
      for (const [name, value] of Object.entries(extras)) {
        if (body?.properties?.[name] || body?.anyOf?.some((part) => part.properties?.[name])) continue;
        const sample = sampleOf(body ?? {}) as object;
        const sent = { ...sample, [name]: value };
        const url = path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
        const { status, json } = await user.api.ask<{ code: string }>(method, url, sent);
        if (status !== 422 || json?.code !== 'invalid_request')
          failures.push(`${id} with ${name}: ${status} ${json?.code}`);
      }
    }
    expect(failures).toEqual([]);
    expect(taking.length).toBeGreaterThan(15);
    const [after] = await app.ctx.db.select().from(users).where(eq(users.id, user.id));
    expect({ ...after, lastSeenAt: null }).toEqual({ ...before, lastSeenAt: null });
  });
});

describe('the address of a client', () => {
  const attempt = async (on: TestApp, headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
    (
      await on.send({
        method: 'POST',
        url: '/api/v1/auth/login',
        headers,
        remoteAddress,
        payload: { email: newEmail('guess'), password: 'a guess at a password' },
      })
    ).statusCode;
  const spoofs = (address: string): Record<string, string>[] => [
    { 'x-forwarded-for': address },
    { 'x-forwarded-for': `${address}, ${address}` },
    { forwarded: `for=${address}` },
    { 'x-real-ip': address },
    { 'do-connecting-ip': address },
    { 'cf-connecting-ip': address },
    { 'true-client-ip': address },
    { 'x-client-ip': address },
    { 'x-client-address': address },
    { via: `1.1 ${address}` },
  ];

  it('is that of the connection where no header is configured, whatever a request says', async () => {
    const on = await startTestApp({ env: { AUTH_RATE_LIMIT_PER_MINUTE: '5' } });
    try {
      for (let i = 0; i < 5; i++) expect(await attempt(on, spoofs(`198.18.0.${i}`)[i] ?? {})).toBe(401);
      const answers = await Promise.all(spoofs('198.18.1.1').map((headers) => attempt(on, headers)));
      expect(outcomes(answers.map((status) => ({ status })))).toEqual({ 429: answers.length });
      // Whose address was named has lost nothing.
      expect(await attempt(on, {}, '198.18.1.1')).toBe(401);
      const addresses = await on.ctx.db.selectDistinct({ address: auditEvents.address }).from(auditEvents);
      expect(addresses.map(({ address }) => address).sort()).toEqual(['127.0.0.1', '198.18.1.1']);
    } finally {
      await on.close();
    }
  });

  it('is the last that the configured header names, and only from a proxy', async () => {
    const env = { AUTH_RATE_LIMIT_PER_MINUTE: '5', CLIENT_ADDRESS_HEADER: 'X-Forwarded-For' };
    const on = await startTestApp({ env });
    const proxy = '10.1.2.3';
    try {
      const through = (value: string) => attempt(on, { 'x-forwarded-for': value }, proxy);
      // What a client writes into it itself stands before what the proxy adds.
      for (let i = 0; i < 5; i++) expect(await through(`198.18.0.${i}, 93.184.216.34`)).toBe(401);
      for (const spelling of [
        '93.184.216.34',
        ' 93.184.216.34 ',
        '1.1.1.1,8.8.8.8,93.184.216.34',
        '::ffff:93.184.216.34',
        '::FFFF:5db8:d822',
        'garbage, 93.184.216.34',
      ]) {
        expect(await through(spelling), spelling).toBe(429);
      }
      for (const headers of spoofs('8.8.4.4').filter((each) => !each['x-forwarded-for'])) {
        expect(await attempt(on, { ...headers, 'x-forwarded-for': '93.184.216.34' }, proxy)).toBe(429);
      }
      // Named first or alone by a client that is no proxy: neither escapes its own count nor adds to another's.
      for (let i = 0; i < 5; i++) {
        expect(await attempt(on, { 'x-forwarded-for': '93.184.216.99' }, '93.184.216.50')).toBe(401);
      }
      expect(await attempt(on, { 'x-forwarded-for': '93.184.216.98' }, '93.184.216.50')).toBe(429);
      expect(await through('93.184.216.99')).toBe(401);
      // What is no address counts for the proxy, all of it together.
      const garbage = ['', 'unknown', '_hidden', '1.2.3.4.5', '999.1.1.1', '93.184.216.34:80', "'; drop", '[::1]:1'];
      const answers = [];
      for (const value of garbage) answers.push(await through(value));
      expect(answers).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    } finally {
      await on.close();
    }
  });

  it('of IPv6 counts with its network, in which one subscriber has more addresses than anyone can count', async () => {
    const on = await startTestApp({ env: { AUTH_RATE_LIMIT_PER_MINUTE: '5' } });
    try {
      for (let i = 1; i <= 5; i++) expect(await attempt(on, {}, `2a00:1450:4001:82a::${i}`)).toBe(401);
      expect(await attempt(on, {}, '2a00:1450:4001:82a:ffff:ffff:ffff:ffff')).toBe(429);
      expect(await attempt(on, {}, '2A00:1450:4001:082A::0006')).toBe(429);
      expect(await attempt(on, {}, '2a00:1450:4001:82b::1')).toBe(401);
    } finally {
      await on.close();
    }
  });
});

describe('guessing', () => {
  let limited: TestApp;
  beforeAll(async () => {
    limited = await startTestApp({ env: { AUTH_RATE_LIMIT_PER_MINUTE: '5' } });
  });
  afterAll(() => limited.close());
  const from = (remoteAddress: string, path: string, payload: object) =>
    limited.send({ method: 'POST', url: `/api/v1/auth/${path}`, remoteAddress, payload });

  it('is counted: many accounts from one address, and one account from many addresses', async () => {
    const email = newEmail('target');
    await givenAccount(limited, email);
    const many = [];
    for (let i = 0; i < 20; i++) {
      many.push(await from('93.184.216.1', 'login', { email: newEmail('leaked'), password: goodPassword }));
    }
    expect(outcomes(many.map(({ statusCode }) => ({ status: statusCode })))).toEqual({ 401: 5, 429: 15 });
    expect(many.at(-1)?.headers['retry-after']).toMatch(/^[1-9]\d?$/);
    // Three attempts are left after registering and logging in; no spelling of the address is another account.
    const one = [];
    for (let i = 0; i < 20; i++) {
      const spelling = [email, email.toUpperCase(), ` ${email} `][i % 3];
      one.push(await from(`93.184.217.${i}`, 'login', { email: spelling, password: `guess number ${i}` }));
    }
    expect(outcomes(one.map(({ statusCode }) => ({ status: statusCode })))).toEqual({ 401: 3, 429: 17 });
  });

  it('is counted for every other secret that could be guessed', async () => {
    const secrets: [string, object, number][] = [
      ['reset-password', { token: 'x'.repeat(43), password: goodPassword }, 422],
      ['verify-email', { token: 'x'.repeat(43) }, 422],
      ['token', { refreshToken: 'x'.repeat(43) }, 401],
      ['register', { email: 'a@example.com', password: goodPassword, invitation: 'x'.repeat(43) }, 403],
    ];
    for (const [index, [path, body, refused]] of secrets.entries()) {
      const answers = [];
      for (let i = 0; i < 8; i++) answers.push((await from(`93.184.218.${index}`, path, body)).statusCode);
      expect(answers, path).toEqual([...times(5, () => refused), 429, 429, 429]);
    }
  });

  it('at tokens of mails finds none', async () => {
    const user = await confirmed();
    await client(mailing).ask('POST', '/auth/forgot-password', { email: user.email });
    const { token } = await mailedLink(mailing, user.email, 'reset-password');
    const near = [token.slice(0, -1), `${token}A`, token.toUpperCase(), ` ${token}`, `${token}=`, '%', "' or '1'='1"];
    const random = times(20, () => crypto.randomUUID());
    for (const guess of [...near, ...random]) {
      const answer = await client(mailing).ask('POST', '/auth/reset-password', {
        token: guess,
        password: 'stolen by a guess',
      });
      expect(answer, guess).toMatchObject({ status: 422, json: { code: 'link_invalid' } });
    }
    expect((await login(mailing, user.email, goodPassword)).status).toBe(200);
  });

  it('at codes of the second factor is stopped long before it could find one', async () => {
    const user = await givenAccount(app, newEmail());
    const prepared = await user.api.ask<{ secret: string; backupCodes: string[] }>('POST', '/me/two-factor', {
      password: goodPassword,
    });
    const { secret, backupCodes } = prepared.json;
    await user.api.ask('POST', '/me/two-factor/confirm', { code: totp(secret) });
    const right = totp(secret, Date.now() + 30_000);
    const guesses = times(100, (i) => String(i).padStart(6, '0')).filter(
      (code) => code !== right && code !== totp(secret),
    );
    const answers = [];
    for (let i = 0; i < guesses.length; i += 10) {
      const some = guesses.slice(i, i + 10);
      answers.push(...(await Promise.all(some.map((code) => login(app, user.email, goodPassword, { code })))));
    }
    expect(answers.filter(({ status }) => status === 200)).toEqual([]);
    expect(answers.filter(({ json }) => json.code === 'two_factor_invalid').length).toBeLessThanOrEqual(10);
    for (const code of [right, backupCodes[0]]) {
      expect((await login(app, user.email, goodPassword, { code })).json).toMatchObject({ code: 'two_factor_locked' });
    }
  });
});

describe('what works once', () => {
  it.each<[string, () => Promise<() => Promise<{ status: number }>>]>([
    [
      'a link to a new password',
      async () => {
        const user = await confirmed();
        await client(mailing).ask('POST', '/auth/forgot-password', { email: user.email });
        const { token } = await mailedLink(mailing, user.email, 'reset-password');
        return () => client(mailing).ask('POST', '/auth/reset-password', { token, password: `new ${goodPassword}` });
      },
    ],
    [
      'a link that confirms an address',
      async () => {
        const email = newEmail();
        await register(mailing, { email, password: goodPassword });
        const { token } = await mailedLink(mailing, email, 'verify-email');
        return () => client(mailing).ask('POST', '/auth/verify-email', { token });
      },
    ],
    [
      'a refresh token',
      async () => {
        const { refreshToken } = await givenAccount(app, newEmail());
        return () => client(app).ask('POST', '/auth/token', { refreshToken });
      },
    ],
    [
      'a backup code',
      async () => {
        const user = await givenAccount(app, newEmail());
        const prepared = await user.api.ask<{ secret: string; backupCodes: string[] }>('POST', '/me/two-factor', {
          password: goodPassword,
        });
        await user.api.ask('POST', '/me/two-factor/confirm', { code: totp(prepared.json.secret) });
        const code = prepared.json.backupCodes[0];
        return () => login(app, user.email, goodPassword, { code });
      },
    ],
    [
      'a code of the app',
      async () => {
        const user = await givenAccount(app, newEmail());
        const prepared = await user.api.ask<{ secret: string }>('POST', '/me/two-factor', { password: goodPassword });
        await user.api.ask('POST', '/me/two-factor/confirm', { code: totp(prepared.json.secret) });
        const code = totp(prepared.json.secret, Date.now() + 30_000);
        return () => login(app, user.email, goodPassword, { code });
      },
    ],
    [
      'an invitation',
      async () => {
        const admin = await logInAs(mailing, 'admin@example.com', goodPassword);
        const email = newEmail('invited');
        await admin.api.ask('POST', '/admin/invitations', { email });
        const { token: invitation } = await mailedLink(mailing, email, 'invitation');
        return () => register(mailing, { email, password: goodPassword, invitation });
      },
    ],
  ])('%s does so for one of twenty requests at once, and for none afterwards', async (_what, prepare) => {
    const use = await prepare();
    const answers = await Promise.all(times(20, use));
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect(Object.keys(outcomes(answers)).filter((status) => Number(status) >= 500)).toEqual([]);
    expect((await use()).status).toBeGreaterThanOrEqual(400);
  });

  it('ends the session with everything from it when a refresh token comes a second time', async () => {
    const user = await givenAccount(app, newEmail());
    const ask = async (refreshToken: string) =>
      client(app).ask<{ refreshToken: string; accessToken: string }>('POST', '/auth/token', { refreshToken });
    const second = (await ask(user.refreshToken)).json;
    const third = (await ask(second.refreshToken)).json;
    expect((await ask(user.refreshToken)).status).toBe(401);
    expect((await ask(third.refreshToken)).status).toBe(401);
    for (const token of [user.accessToken, second.accessToken, third.accessToken]) {
      expect((await client(app, bearer(token)).ask('GET', '/me')).status).toBe(401);
    }
    expect((await client(app, { cookie: user.cookie }).ask('GET', '/me')).status).toBe(401);
  });
});

describe('a session', () => {
  it('is a new one with every log-in, whatever cookie came before', async () => {
    const user = await givenAccount(app, newEmail());
    const thief = await givenAccount(app, newEmail('thief'));
    const [name = ''] = user.cookie.split('=');
    const unsigned = `${name}=${'A'.repeat(32)}`;
    const chosen = [
      thief.cookie,
      unsigned,
      `${unsigned}.${'B'.repeat(43)}%3D`,
      `${name}=`,
      `${thief.cookie}; ${unsigned}`,
    ];
    for (const cookie of chosen) {
      const answer = await login(app, user.email, goodPassword, {}, { cookie });
      expect(answer.status).toBe(200);
      const given = cookieOf(answer.headers['set-cookie']);
      expect(given).toMatch(new RegExp(`^${name}=.{40,}`));
      for (const part of cookie.split('; ')) expect(given).not.toContain(part.slice(part.indexOf('=') + 1) || '=;');
      expect((await client(app, { cookie: given }).ask('GET', '/me')).json).toMatchObject({ id: user.id });
      const before = await client(app, { cookie }).ask<{ id?: string }>('GET', '/me');
      expect(before.json.id).not.toBe(user.id);
    }
  });

  it('is never sent anywhere: no answer leads to another site', async () => {
    const user = await givenAccount(app, newEmail());
    const evil = '//evil.example';
    const places = [
      ...operationsOf(app.server.swagger())
        .filter(({ method, path }) => method === 'GET' && !path.includes('{') && !path.endsWith('/export'))
        .map(({ path }) => path),
      '/',
      '/login',
      '/verify-email',
      '/docs',
    ];
    const asked = places.flatMap((path) =>
      ['redirect', 'next', 'url', 'return_to', 'callbackURL', 'redirectTo'].map((name) => `${path}?${name}=${evil}`),
    );
    const odd = [
      `/${evil}`,
      `${evil}/..`,
      '/%5c/evil.example',
      '/\\\\evil.example',
      '/%2f%2fevil.example',
      `/api/v1${evil}`,
      `/docs${evil}`,
      `/assets${evil}`,
      '/.//evil.example/%2e%2e',
    ];
    const failures: string[] = [];
    for (const url of [...asked, ...odd]) {
      const answer = await app.send({ method: 'GET', url, headers: { cookie: user.cookie, host: 'localhost' } });
      const { location, refresh } = answer.headers;
      if (refresh !== undefined || (location !== undefined && !/^\/(?![/\\])/.test(String(location)))) {
        failures.push(`${url}: ${answer.statusCode} ${location ?? refresh}`);
      }
    }
    expect(failures).toEqual([]);
  });
});

describe('an address that looks like another', () => {
  it('is refused, unless it is written in plain letters', async () => {
    const email = newEmail('kim');
    await givenAccount(app, email);
    const [local = '', domain = ''] = email.split('@');
    const likenesses = [
      email.replace('k', '\u212a'),
      email.replace('i', '\u0131'),
      email.replace('i', '\u0130'),
      email.replace('k', '\u043a'),
      email.replace('example', 'ex\u0430mple'),
      email.replace('k', '\uff4b'),
      email.replace('@', '\uff20'),
      email.replace('.com', '\u3002com'),
      email.replace('i', 'i\u0307'),
      email.replace('i', 'i\u200b'),
      email.replace('i', '\u202ei'),
      email.replace('i', 'i\u00ad'),
      email.replace('i', 'i\u0000'),
      `${local}@${domain}.`,
      `${local}.@${domain}`,
      `.${local}@${domain}`,
      `${local}..x@${domain}`,
      `${local}@${domain}\r\nBcc: eve@example.org`,
      `${local}@${domain},eve@example.org`,
      `${local}@${domain} eve@example.org`,
      `Kim <${email}>`,
      `"${local}"@${domain}`,
      `${local}(x)@${domain}`,
      `${local}@[127.0.0.1]`,
      `${local}@${domain}@evil.example`,
      `${local}%${domain}@`,
      `${'a'.repeat(250)}@${domain}`,
    ];
    const before = await app.ctx.db.$count(users);
    for (const likeness of likenesses) {
      for (const path of ['register', 'forgot-password', 'resend-verification']) {
        const body = { email: likeness, ...(path === 'register' ? { password: goodPassword } : {}) };
        const answer = await client(app).ask('POST', `/auth/${path}`, body);
        expect(answer, `${path} ${JSON.stringify(likeness)}`).toMatchObject({ status: 422 });
      }
    }
    expect(await app.ctx.db.$count(users)).toBe(before);
  });

  it('is the same account in capitals and between spaces, and another with a tag', async () => {
    const email = newEmail('kim');
    const { id } = await givenAccount(app, email);
    for (const spelling of [email.toUpperCase(), `  ${email} `, `\t${email}\n`, `\u00a0${email}\ufeff`]) {
      expect((await register(app, { email: spelling, password: `another ${goodPassword}` })).status).toBe(201);
      expect(await login(app, spelling, goodPassword)).toMatchObject({ status: 200, json: { user: { id } } });
      expect((await login(app, spelling, `another ${goodPassword}`)).status).toBe(401);
    }
    const tagged = await givenAccount(app, email.replace('@', '+tag@'));
    expect(tagged.id).not.toBe(id);
  });
});

describe('a password', () => {
  it.each<[string, string, boolean]>([
    ['of one character', 'x', false],
    ['of 7', 'seven77', false],
    ['of 8', 'eight888', true],
    ['of 128', 'p'.repeat(127).concat('q'), true],
    ['of 129', 'p'.repeat(129), false],
    ['of 10,000', 'p'.repeat(10_000), false],
    ['of 8 emoji', '🔑🐴🔋📎🦊🌍🎲🧂', true],
    ['of 128 emoji', '🔑'.repeat(128), true],
    ['of 7 emoji, which are 14 units', '🔑'.repeat(7), false],
    ['with a NUL', 'password\u0000more', false],
    ['with half a character', 'password\ud800more', false],
    ['of spaces', ' '.repeat(12), true],
    ['with spaces around it', '  between spaces  ', true],
    ['of other scripts', 'пароль密码كلمة', true],
  ])('%s', async (_what, password, good) => {
    const email = newEmail('password');
    expect((await register(app, { email, password })).status).toBe(good ? 201 : 422);
    const answer = await login(app, email, password);
    const storable = password.isWellFormed() && !password.includes('\0');
    expect(answer.status).toBe(good ? 200 : storable ? 401 : 422);
    if (!good) return;
    // Every character counts, the last one too, and none is added or cut off.
    const others = [password.slice(0, -1), `${password} `, password.trim(), `${[...password].slice(0, -1).join('')}x`];
    for (const other of others.filter((each) => each !== password && each.isWellFormed() && each !== '')) {
      expect((await login(app, email, other)).status).toBe(401);
    }
  });

  it('is the same however the keyboard puts its accents together', async () => {
    const email = newEmail('accents');
    const password = 'crème brûlée à Genève';
    expect(password.normalize('NFC')).not.toBe(password.normalize('NFD'));
    await register(app, { email, password: password.normalize('NFD') });
    for (const form of ['NFC', 'NFD'] as const)
      expect((await login(app, email, password.normalize(form))).status).toBe(200);
    expect((await login(app, email, 'creme brulee a Geneve')).status).toBe(401);
  });
});

describe('who has an account', () => {
  it('is not told by fifty registrations at once: one account, and fifty answers that look the same', async () => {
    const email = newEmail('race');
    const answers = await Promise.all(
      times(50, (i) => register(app, { email, password: `the password number ${i}`, name: 'Racer' })),
    );
    expect(outcomes(answers)).toEqual({ 201: 50 });
    const looks = answers.map(({ json: { user }, headers }) => ({
      user: { ...user, id: typeof user.id, createdAt: typeof user.createdAt },
      headers: Object.keys(headers).sort(),
    }));
    for (const look of looks) expect(look).toEqual(looks[0]);
    expect(new Set(answers.map(({ json }) => json.user.id)).size).toBe(50);
    expect(await app.ctx.db.$count(users, eq(users.email, email))).toBe(1);
    const attempts = await Promise.all(times(50, (i) => login(app, email, `the password number ${i}`)));
    expect(outcomes(attempts)).toEqual({ 200: 1, 401: 49 });
  });

  /** The same question about an account, an address that waits to be confirmed, and one that nobody has. */
  async function questions(): Promise<[string, string, string]> {
    const waiting = newEmail('waiting');
    await register(mailing, { email: waiting, password: goodPassword });
    return [(await confirmed()).email, waiting, newEmail('nobody')];
  }
  const bodyOf = (path: string, email: string) => ({
    email,
    ...(path === 'register' || path === 'login' ? { password: 'not the one of the account' } : {}),
    ...(path === 'register' ? { name: 'Somebody' } : {}),
  });

  it.each(['register', 'login', 'forgot-password', 'resend-verification'])(
    'is not told by what %s answers',
    async (path) => {
      const looks = [];
      for (const email of await questions()) {
        const { status, json, headers } = await client(mailing).ask<Record<string, unknown> | null>(
          'POST',
          `/auth/${path}`,
          bodyOf(path, email),
          far,
        );
        const { user, requestId: _requestId, ...rest } = json ?? {};
        const told = user as Record<string, unknown> | undefined;
        // Headers with their values, but for those that count or tell the time.
        const kept = Object.entries(headers).map(([name, value]) => [
          name,
          /^ratelimit|^date$|length/.test(name) ? '' : value,
        ]);
        looks.push({ status, rest, user: { ...told, id: '', email: '', createdAt: '' }, headers: kept });
      }
      expect(looks[0]).toEqual(looks[2]);
      expect(looks[1]).toEqual(looks[2]);
    },
  );

  it.each(['register', 'login', 'forgot-password', 'resend-verification'])(
    'is not told by the time that %s takes',
    { timeout: 240_000 },
    async (path) => {
      onTestFinished(realPasswordCost());
      const asked = { known: [] as number[], unknown: [] as number[] };
      const [signedUp] = await questions();
      // Only the first few links of an hour are mailed to one address, so each question is about another.
      const waiting = times(15, () => newEmail('waiting'));
      if (path !== 'login') {
        await Promise.all(waiting.map((email) => register(mailing, { email, password: goodPassword })));
      }
      const median = (list: number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
      let ratio = Number.NaN;
      // A busy machine needs more of them until the medians mean something; a difference stays however many there are.
      for (let round = 0; round < 5 && !(ratio > 0.7 && ratio < 1.3); round++) {
        for (let i = 0; i < 15; i++) {
          const pair: ['known' | 'unknown', string][] = [
            ['known', path === 'login' ? signedUp : (waiting[i] ?? '')],
            ['unknown', newEmail('nobody')],
          ];
          // In turns, and in both orders, so that whatever else slows the machine down slows down both.
          for (const [who, email] of i % 2 ? pair : pair.reverse()) {
            const began = performance.now();
            await client(mailing).ask('POST', `/auth/${path}`, bodyOf(path, email), far);
            asked[who].push(performance.now() - began);
          }
        }
        ratio = median(asked.known) / median(asked.unknown);
      }
      expect(ratio).toBeGreaterThan(0.7);
      expect(ratio).toBeLessThan(1.3);
    },
  );
});

describe('the admin', () => {
  const boss = 'boss@example.com';
  const stolen = 'the password of a thief';
  const on = async (env: Record<string, string>, test: (fresh: TestApp) => Promise<void>) => {
    const fresh = await startTestApp({ env: { SMTP_URL: 'smtp://127.0.0.1:9', ADMIN_EMAIL: boss, ...env } });
    try {
      await test(fresh);
    } finally {
      await fresh.close();
    }
  };
  const isBoss = async (fresh: TestApp, password: string) => {
    expect((await login(fresh, boss, stolen)).status).toBe(401);
    expect(await login(fresh, boss, password)).toMatchObject({ status: 200, json: { user: { role: 'admin' } } });
  };

  it.each<[string, string[]]>([
    ['before the owner does', ['thief', 'owner']],
    ['after the owner did', ['owner', 'thief']],
    ['before and after', ['thief', 'owner', 'thief']],
  ])('is the owner of ADMIN_EMAIL, also when a stranger registers it %s', async (_when, order) => {
    await on({}, async (fresh) => {
      let token = '';
      for (const who of order) {
        await register(fresh, { email: boss, password: who === 'owner' ? goodPassword : stolen });
        if (who === 'owner') token = (await mailedLink(fresh, boss, 'verify-email')).token;
        expect(await roleOf(fresh, boss)).toBe('user');
        expect((await login(fresh, boss, stolen)).status).not.toBe(200);
      }
      expect((await client(fresh).ask('POST', '/auth/verify-email', { token })).status).toBe(204);
      await isBoss(fresh, goodPassword);
      // The links of the stranger's registrations are worth nothing any more, nor is registering once again.
      await register(fresh, { email: boss, password: stolen });
      await isBoss(fresh, goodPassword);
    });
  });

  it('chooses the password anew when another link is asked for after a stranger registered as well', async () => {
    await on({}, async (fresh) => {
      await register(fresh, { email: boss, password: goodPassword });
      await register(fresh, { email: boss, password: stolen });
      await client(fresh).ask('POST', '/auth/resend-verification', { email: boss });
      const { token } = await mailedLink(fresh, boss, 'reset-password');
      const password = 'chosen by the reader of the mail';
      expect((await client(fresh).ask('POST', '/auth/reset-password', { token, password })).status).toBe(204);
      await isBoss(fresh, password);
    });
  });

  it.each(['open', 'invite', 'closed'])(
    'is nobody who has no mail to show for it, with sign-ups %s',
    async (signUps) => {
      await on({ SIGNUPS: signUps }, async (fresh) => {
        const strangers: [string, Record<string, string>, string | undefined][] = [
          [boss, far, undefined],
          [boss.toUpperCase(), { host: 'posts.example.com' }, undefined],
          [` ${boss}`, {}, '93.184.216.34'],
          [newEmail(), far, undefined],
          [newEmail(), { via: '1.1 proxy' }, undefined],
          [newEmail(), { 'x-forwarded-for': '127.0.0.1' }, undefined],
          [newEmail(), { host: 'localhost', forwarded: 'for=127.0.0.1' }, undefined],
          [newEmail(), { host: 'localhost.evil.example' }, undefined],
          [newEmail(), { host: 'localhost' }, '10.0.0.5'],
          [newEmail(), { host: '127.0.0.1' }, '93.184.216.34'],
        ];
        for (const [email, headers, remoteAddress] of strangers) {
          const payload = { email, password: stolen };
          const url = '/api/v1/auth/register';
          await fresh.send({ method: 'POST', url, headers, payload, ...(remoteAddress ? { remoteAddress } : {}) });
          expect((await login(fresh, email.trim(), stolen)).status).not.toBe(200);
        }
        expect(await fresh.ctx.db.$count(users, eq(users.role, 'admin'))).toBe(0);
        expect(await fresh.ctx.db.$count(users, sql`${users.email} is null`)).toBe(1);
      });
    },
  );

  it('is not made by giving an account that address', async () => {
    await on({}, async (fresh) => {
      const first = await givenAccount(fresh, newEmail('first'));
      const email = newEmail('climber');
      await register(fresh, { email, password: goodPassword });
      const { token } = await mailedLink(fresh, email, 'verify-email');
      await client(fresh).ask('POST', '/auth/verify-email', { token });
      const climber = await logInAs(fresh, email, goodPassword);
      await climber.api.ask('PATCH', '/me', { email: boss, currentPassword: goodPassword });
      expect(await climber.api.ask('GET', '/me')).toMatchObject({ json: { email, role: 'user' } });
      expect(await first.api.ask('GET', '/me')).toMatchObject({ json: { role: 'admin' } });
    });
    await on({ SMTP_URL: '' }, async (fresh) => {
      await givenAccount(fresh, newEmail('first'));
      const climber = await givenAccount(fresh, newEmail('climber'));
      await climber.api.ask('PATCH', '/me', { email: boss, currentPassword: goodPassword });
      expect(await climber.api.ask('GET', '/me')).toMatchObject({ json: { role: 'user' } });
      expect((await client(fresh).ask('POST', '/auth/resend-verification', { email: boss })).status).toBe(202);
      expect(await fresh.ctx.db.$count(users, eq(users.role, 'admin'))).toBe(1);
    });
  });

  it('of an embedded instance is one person, however many register at once on the machine itself', async () => {
    const fresh = await startTestApp();
    try {
      const answers = await Promise.all(
        times(10, (i) => register(fresh, { email: newEmail('racer'), password: `${goodPassword} ${i}` }, {})),
      );
      expect(outcomes(answers)).toEqual({ 201: 10 });
      expect(await fresh.ctx.db.$count(users, eq(users.role, 'admin'))).toBe(1);
      expect(await fresh.ctx.db.$count(users)).toBe(10);
    } finally {
      await fresh.close();
    }
  });
});
