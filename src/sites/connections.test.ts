import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, client, givenAccount } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { deleteExpired } from '../accounts/clean-up.ts';
import type { SafeFetchResponse } from '../net/safe-fetch.ts';
import { openCredential } from './credentials.ts';
import { siteConnections, sites } from './schema.ts';

/** Sites in memory, by their origin: what each says at the root of its REST API. */
const web = new Map<string, Record<string, unknown>>();
const password = 'Zq9x Kd3f Wm7p Lr2t Vb6n Hc8s';
const bare = password.replaceAll(' ', '');

let app: TestApp;
let ada: Account;
let eve: Account;
beforeAll(async () => {
  app = await startTestApp({ overrides: { safeFetch: Object.assign(ask, { close: async () => undefined }) } });
  ada = await givenAccount(app, 'ada@example.com');
  eve = await givenAccount(app, 'eve@example.com');
});
afterAll(() => app.close());
beforeEach(async () => {
  web.clear();
  givenSite('http://blog.example');
  app.ctx.config.http.appUrl = 'http://localhost:3000';
  await app.ctx.db.delete(sites);
  await app.ctx.db.delete(siteConnections);
});

function givenSite(origin: string, index: Record<string, unknown> = {}) {
  const authorization = `${origin}/wp-admin/authorize-application.php`;
  const authentication = { 'application-passwords': { endpoints: { authorization } } };
  web.set(origin, { name: 'Tom &amp; Ada', home: origin, namespaces: ['wp/v2'], authentication, ...index });
}

async function ask(target: string | URL, options: { headers?: Record<string, string> }): Promise<SafeFetchResponse> {
  const url = new URL(target);
  // A site may lie below a path of its host.
  const path = url.pathname.replace(/^\/news(?=\/)/, '');
  const index = web.get(url.origin);
  const json: Record<string, unknown> = {
    '/wp-json/': index,
    '/wp-json/wp/v2/users/me': options.headers?.authorization && {
      id: 1,
      name: 'Ada',
      roles: ['editor'],
      capabilities: { edit_posts: true, publish_posts: true, upload_files: true },
    },
  };
  const answer = index && json[path];
  const type = path === '/' ? 'text/html' : 'application/json';
  return {
    status: index && (path === '/' || answer) ? 200 : index ? 401 : 404,
    url: url.href,
    redirects: [],
    headers: new Headers({ 'content-type': type }),
    body: new TextEncoder().encode(JSON.stringify(answer ?? {})),
  };
}

interface Begun {
  id: string;
  authorizeUrl: string;
  returns: string;
  expiresAt: string;
  code?: string;
}
const begin = (who: Account, body: object) => who.api.ask<Begun>('POST', '/sites/connect', body);

/** What the site would send the browser to after Approve; `more` changes parts of it. */
async function approved(who: Account, body: object, more: Record<string, string | null> = {}): Promise<string> {
  const { json } = await begin(who, body);
  const back = new URL(new URL(json.authorizeUrl).searchParams.get('success_url') ?? '');
  const siteUrl = new URL(json.authorizeUrl).origin;
  for (const [name, value] of Object.entries({ site_url: siteUrl, user_login: 'editor', password, ...more })) {
    if (value !== null) back.searchParams.set(name, value);
  }
  return `${back.pathname}${back.search}`;
}

/** The browser of someone follows the site's redirect; returns where it is led. */
async function land(path: string, cookie: string | null = ada.cookie): Promise<string> {
  const answer = await client(app, cookie === null ? {} : { cookie }).ask('GET', path);
  expect(answer.status).toBe(303);
  expect(answer.headers['referrer-policy']).toBe('no-referrer');
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.text).toBe('null');
  const location = String(answer.headers.location);
  expect(location).not.toContain(bare.slice(0, 4));
  return location;
}
const stored = () => app.ctx.db.select().from(sites);
const blog = { url: 'http://blog.example' };

describe('a connection by one click', () => {
  it('leads to the page of the site and back, and keeps no more than a digest of the state', async () => {
    const { status, json } = await begin(ada, { url: ' http://blog.example/wp-admin/ ' });
    expect(status).toBe(200);
    const page = new URL(json.authorizeUrl);
    expect(`${page.origin}${page.pathname}`).toBe('http://blog.example/wp-admin/authorize-application.php');
    expect(page.searchParams.get('app_name')).toBe('blog-poster');
    expect(page.searchParams.get('app_id')).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    const state = new URL(page.searchParams.get('success_url') ?? '').searchParams.get('state') ?? '';
    expect(Buffer.from(state, 'base64url')).toHaveLength(32);
    expect(new URL(page.searchParams.get('reject_url') ?? '').searchParams.get('success')).toBe('false');
    expect(JSON.stringify(await app.ctx.db.select().from(siteConnections))).not.toContain(state);
    const minutes = (Date.parse(json.expiresAt) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(14);
    expect(minutes).toBeLessThan(15.1);
  });

  it('stores what the site hands over, under its title, and checks it', async () => {
    const location = await land(await approved(ada, blog));
    const [site] = await stored();
    expect(location).toBe(`/sites?connected=${site?.id}`);
    expect(site).toMatchObject({
      userId: ada.id,
      name: 'Tom & Ada',
      url: 'http://blog.example/',
      username: 'editor',
      connectedBy: 'authorized',
      restRoot: 'http://blog.example/wp-json/',
      lastCheck: { ok: true },
    });
    if (site) expect(openCredential(app.ctx.secrets, site)).toBe(bare);
  });

  it('finds a free name for a second site with the same title', async () => {
    givenSite('http://other.example');
    await land(await approved(ada, blog));
    await land(await approved(ada, { url: 'http://other.example' }));
    await land(await approved(eve, blog), eve.cookie);
    expect((await stored()).map(({ name }) => name).sort()).toEqual(['Tom & Ada', 'Tom & Ada', 'Tom & Ada 2']);
  });

  it('renews the password of a site, and leaves the rest of it alone', async () => {
    const login = { name: 'Mine', ...blog, username: 'old', applicationPassword: 'old old' };
    const { json } = await ada.api.ask<{ id: string }>('POST', '/sites', login);
    const path = await approved(ada, { ...blog, siteId: json.id });
    expect(await land(path)).toBe(`/sites?connected=${json.id}`);
    const [site, ...others] = await stored();
    expect(others).toEqual([]);
    expect(site).toMatchObject({ id: json.id, name: 'Mine', username: 'editor', connectedBy: 'authorized' });
    if (site) expect(openCredential(app.ctx.secrets, site)).toBe(bare);
    await ada.api.ask('PATCH', `/sites/${json.id}`, { applicationPassword: 'typed again' });
    expect((await stored())[0]?.connectedBy).toBe('typed');
  });

  it('takes the renewed site over to https where the password was handed out', async () => {
    givenSite('https://blog.example');
    const login = { name: 'Mine', ...blog, username: 'old', applicationPassword: 'old' };
    const { json } = await ada.api.ask<{ id: string }>('POST', '/sites', login);
    app.ctx.config.http.appUrl = 'https://posts.example';
    const path = await approved(ada, { url: 'https://blog.example', siteId: json.id });
    app.ctx.config.http.appUrl = 'http://localhost:3000';
    expect(await land(path)).toBe(`/sites?connected=${json.id}`);
    expect((await stored())[0]).toMatchObject({ url: 'https://blog.example/', lastCheck: { ok: true } });
  });

  it('keeps the path below which the site lies', async () => {
    await land(await approved(ada, { url: 'http://blog.example/news' }, { site_url: 'http://blog.example/news' }));
    expect((await stored())[0]).toMatchObject({ url: 'http://blog.example/news/' });
  });

  it('renews only on the host where the site is, also when that changes in between', async () => {
    givenSite('http://other.example');
    const login = { name: 'Mine', ...blog, username: 'old', applicationPassword: 'old' };
    const { json } = await ada.api.ask<{ id: string }>('POST', '/sites', login);
    const elsewhere = await begin(ada, { url: 'http://other.example', siteId: json.id });
    expect(elsewhere).toMatchObject({ status: 422, json: { errors: [{ path: 'url' }] } });
    const path = await approved(ada, { ...blog, siteId: json.id });
    await ada.api.ask('PATCH', `/sites/${json.id}`, { url: 'http://other.example', applicationPassword: 'new' });
    expect(await land(path)).toBe('/sites?connectProblem=other_site');
    expect((await stored())[0]).toMatchObject({ url: 'http://other.example/', username: 'old' });
  });

  it('comes back by hand where WordPress would refuse our address without https', async () => {
    givenSite('https://safe.example');
    const byHand = await begin(ada, { url: 'https://safe.example' });
    expect(byHand.json.returns).toBe('by-hand');
    expect(byHand.json.authorizeUrl).not.toMatch(/success_url|reject_url/);
    app.ctx.config.http.appUrl = 'https://posts.example';
    const back = await begin(ada, { url: 'https://safe.example' });
    expect(back.json.returns).toBe('callback');
    expect(new URL(back.json.authorizeUrl).searchParams.get('success_url')).toMatch(/^https:\/\/posts\.example\/api/);
  });
});

describe('a connection that is there already', () => {
  const typed = { name: 'Mine', ...blog, username: 'editor', applicationPassword: 'old old' };
  type Answer = {
    id: string;
    name: string;
    renewed: boolean;
    lastCheck: { findings: { code: string; message: string }[] };
  };
  const post = (who: Account, more: object = {}) => who.api.ask<Answer>('POST', '/sites', { ...typed, ...more });
  const passwordOf = (site: typeof sites.$inferSelect | undefined) => site && openCredential(app.ctx.secrets, site);

  it('is renewed by one click: the same site with the new password, its name and settings as they were', async () => {
    const { json } = await post(ada);
    await ada.api.ask('PATCH', `/sites/${json.id}`, { settings: { tags: ['bread'] } });
    const location = await land(await approved(ada, blog, { user_login: 'Editor' }));
    expect(location).toBe(`/sites?connected=${json.id}&renewed=yes`);
    const rows = await stored();
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      id: json.id,
      name: 'Mine',
      connectedBy: 'authorized',
      settings: { tags: ['bread'] },
    });
    expect(rows[0]?.lastCheck).toMatchObject({ ok: true });
    expect(passwordOf(rows[0])).toBe(bare);
  });

  it('is renewed by a typed password, and says so', async () => {
    await land(await approved(ada, blog));
    const before = (await stored())[0];
    const again = await post(ada, { name: 'Another name', url: 'http://blog.example/wp-admin/' });
    expect(again).toMatchObject({ status: 200, json: { id: before?.id, name: 'Tom & Ada', renewed: true } });
    const [site, ...others] = await stored();
    expect(others).toEqual([]);
    expect(site).toMatchObject({ connectedBy: 'typed', lastCheck: { ok: true } });
    expect(site?.lastCheckedAt?.getTime()).toBeGreaterThan(before?.lastCheckedAt?.getTime() ?? 0);
    expect(passwordOf(site)).toBe('oldold');
    expect(await post(eve)).toMatchObject({ status: 201, json: { renewed: false } });
  });

  it('gets https when it comes again with it, and never loses it', async () => {
    app.ctx.config.http.appUrl = 'https://posts.example';
    givenSite('https://blog.example');
    const { json } = await post(ada);
    const path = await approved(ada, { url: 'https://blog.example' });
    // The name of the cookie follows the address of this instance.
    app.ctx.config.http.appUrl = 'http://localhost:3000';
    expect(await land(path)).toContain(json.id);
    expect((await stored()).map(({ url }) => url)).toEqual(['https://blog.example/']);
    expect(await post(ada)).toMatchObject({ status: 200, json: { id: json.id, url: 'https://blog.example/' } });
  });

  it('is one site, also when it is made many times at once, in either way', async () => {
    const paths: string[] = [];
    for (let count = 0; count < 3; count += 1) paths.push(await approved(ada, blog));
    const led = paths.map((path) => land(path));
    const answers = await Promise.all(Array.from({ length: 3 }, (_, number) => post(ada, { name: `Mine ${number}` })));
    const locations = await Promise.all(led);
    const rows = await stored();
    expect(rows).toHaveLength(1);
    const renewed = [...answers.map(({ json }) => json.renewed), ...locations.map((to) => to.includes('renewed=yes'))];
    expect(renewed.filter((again) => !again)).toHaveLength(1);
    expect([
      ...answers.map(({ json }) => json.id),
      ...locations.map((to) => /connected=([^&]+)/.exec(to)?.[1]),
    ]).toEqual(Array.from({ length: 6 }, () => rows[0]?.id));
  });

  it('is another site as another user, at another path or port, in another account; the check says what it means', async () => {
    await post(ada);
    const second = await post(ada, { name: 'As Ann', username: 'ann' });
    expect(second).toMatchObject({ status: 201, json: { renewed: false } });
    expect(second.json.lastCheck.findings).toContainEqual(
      expect.objectContaining({
        code: 'same_address',
        severity: 'info',
        message: '“Mine” is the same address, with the user editor.',
      }),
    );
    for (const url of ['http://blog.example/news', 'http://blog.example:8080', 'http://www.blog.example']) {
      const { status, json } = await post(ada, { name: url, url });
      expect(status).toBe(201);
      expect(JSON.stringify(json)).not.toContain('same_address');
    }
    expect((await post(eve)).text).not.toContain('same_address');
    expect(await stored()).toHaveLength(6);
  });

  it('is a new site once it was deleted', async () => {
    const { json } = await post(ada);
    await ada.api.ask('DELETE', `/sites/${json.id}`);
    const again = await post(ada);
    expect(again).toMatchObject({ status: 201, json: { renewed: false } });
    expect(again.json.id).not.toBe(json.id);
  });

  it('is not doubled by a change, nor by whoever approves as another user than before', async () => {
    await post(ada);
    const { json } = await post(ada, { name: 'As Ann', username: 'ann' });
    const change = await ada.api.ask('PATCH', `/sites/${json.id}`, { username: 'EDITOR' });
    expect(change).toMatchObject({ status: 409, json: { code: 'conflict', hint: expect.stringContaining('“Mine”') } });
    const path = await approved(ada, { ...blog, siteId: json.id });
    expect(await land(path)).toBe('/sites?connectProblem=already_connected');
    expect((await stored()).map((site) => `${site.username} ${passwordOf(site)}`).sort()).toEqual([
      'ann oldold',
      'editor oldold',
    ]);
    // Two of before this rule: each can still be changed and connected again.
    await app.ctx.db.update(sites).set({ username: 'editor' });
    expect((await ada.api.ask('PATCH', `/sites/${json.id}`, { name: 'Still' })).status).toBe(200);
    expect(await land(await approved(ada, { ...blog, siteId: json.id }))).toBe(`/sites?connected=${json.id}`);
  });
});

describe('a connection is refused', () => {
  it.each([
    ['on another host', 'https://blog.example', 'https://evil.example/wp-admin/authorize-application.php'],
    ['on another port', 'https://blog.example', 'https://blog.example:8443/wp-admin/authorize-application.php'],
    ['without the https of the site', 'https://blog.example', 'http://blog.example/wp-admin/x.php'],
    ['that is a script', 'https://blog.example', 'javascript:alert(1)'],
    ['that is none', 'https://blog.example', 'nothing'],
  ])('where its page is one %s', async (_what, origin, authorization) => {
    givenSite(origin, { authentication: { 'application-passwords': { endpoints: { authorization } } } });
    const answer = await begin(ada, { url: origin });
    expect(answer).toMatchObject({ status: 502, json: { code: 'site_rejected' } });
    expect(answer.text).not.toContain('authorizeUrl');
    expect(await app.ctx.db.$count(siteConnections)).toBe(0);
  });

  it('where the site offers no Application Passwords, is silent, or is no address', async () => {
    givenSite('http://blog.example', { authentication: [] });
    expect(await begin(ada, blog)).toMatchObject({ status: 502, json: { hint: expect.stringContaining('https') } });
    expect((await begin(ada, { url: 'http://nothing.example' })).status).toBe(502);
    expect((await begin(ada, { url: 'nothing' })).json).toMatchObject({ errors: [{ path: 'url' }] });
  });

  it("for another user's site", async () => {
    const login = { name: 'Mine', ...blog, username: 'old', applicationPassword: 'old' };
    const { json } = await ada.api.ask<{ id: string }>('POST', '/sites', login);
    expect((await begin(eve, { ...blog, siteId: json.id })).status).toBe(404);
  });
});

describe('what comes back stores nothing', () => {
  it.each([
    ['denied', { success: 'false', password: null, user_login: null }],
    ['denied', { success: 'false' }],
    ['other_site', { site_url: 'http://evil.example' }],
    ['other_site', { site_url: 'http://blog.example.evil.example' }],
    ['other_site', { site_url: 'http://blog.example:81' }],
    ['other_site', { site_url: 'nothing' }],
    ['incomplete', { password: null }],
    ['incomplete', { user_login: '' }],
    ['incomplete', { site_url: null }],
    ['unknown', { state: 'A'.repeat(43) }],
    ['unknown', { state: '' }],
    ['failed', { user_login: 'with:colon' }],
  ])('%s: %o', async (problem, more) => {
    const path = await approved(ada, blog, more);
    expect(await land(path)).toBe(`/sites?connectProblem=${problem}`);
    expect(await stored()).toEqual([]);
  });

  it('for another user, who was led to approve what somebody else began', async () => {
    const path = await approved(eve, blog);
    expect(await land(path, ada.cookie)).toBe('/sites?connectProblem=other_user');
    expect(await stored()).toEqual([]);
  });

  it('for nobody, and for whoever comes with anything but the cookie of a browser', async () => {
    const path = await approved(ada, blog);
    expect(await land(path, null)).toBe('/sites?connectProblem=signed_out');
    const byToken = await ada.api.ask('GET', path);
    expect(byToken.headers.location).toBe('/sites?connectProblem=signed_out');
    const head = await client(app, { cookie: ada.cookie }).ask('HEAD', path);
    expect(head.status).toBe(404);
    expect(await stored()).toEqual([]);
    // None of them has used it up.
    expect(await land(path)).toMatch(/connected=/);
  });

  it('a second time, also when a denial or another host came first', async () => {
    const path = await approved(ada, blog);
    await land(path);
    expect(await land(path)).toBe('/sites?connectProblem=used');
    const denied = await approved(ada, blog, { success: 'false' });
    await land(denied);
    expect(await land(denied.replace('success=false', 'success='))).toBe('/sites?connectProblem=used');
    expect(await stored()).toHaveLength(1);
  });

  it('a second time when both come at once', async () => {
    const path = await approved(ada, blog);
    const led = await Promise.all(Array.from({ length: 5 }, () => land(path)));
    expect(led.filter((location) => location.includes('connected='))).toHaveLength(1);
    expect(led.filter((location) => location.includes('connectProblem=used'))).toHaveLength(4);
    expect(await stored()).toHaveLength(1);
  });

  it('after its time, and the clean-up takes what is long over', async () => {
    const path = await approved(ada, blog);
    const age = (text: string) =>
      app.ctx.db.execute(sql`update site_connections set expires_at = now() - ${text}::interval`);
    await age('1 second');
    expect(await land(path)).toBe('/sites?connectProblem=expired');
    expect(await stored()).toEqual([]);
    await age('23 hours');
    await deleteExpired(app.ctx.db);
    expect(await app.ctx.db.$count(siteConnections)).toBe(1);
    await age('25 hours');
    await deleteExpired(app.ctx.db);
    expect(await app.ctx.db.$count(siteConnections)).toBe(0);
  });

  it('and an answer that is too much is one of our pages, too', async () => {
    const path = await approved(ada, blog);
    expect(await land(`${path}&state=again`)).toBe('/sites?connectProblem=unknown');
    expect(await land(await approved(ada, blog, { password: 'x'.repeat(2001) }))).toBe(
      '/sites?connectProblem=incomplete',
    );
  });
});

it('no line of the log holds a password or a state, whatever happened', async () => {
  const path = await approved(ada, blog);
  const state = new URLSearchParams(path.split('?')[1]).get('state') ?? '';
  await land(path, null);
  await land(path, eve.cookie);
  await land(path);
  await land(path);
  await land(await approved(ada, blog, { user_login: 'a:b' }));
  await client(app).ask('GET', `/api/v1/sites/connect/callback%E0%A4%A?password=${bare}`);
  await client(app).ask('GET', `/api/v1/sites/connect/elsewhere?password=${bare}`);
  const log = app.logs.join('\n');
  expect(log).toContain('/api/v1/sites/connect/callback');
  for (const secret of [state, bare, bare.slice(0, 8), encodeURIComponent(password), password.replaceAll(' ', '+')]) {
    expect(log).not.toContain(secret);
  }
});
