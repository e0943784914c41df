import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connectToSite } from '../../src/sites/connect.ts';
import { openCredential } from '../../src/sites/credentials.ts';
import { sites } from '../../src/sites/schema.ts';
import { type Account, givenAccount } from '../accounts.ts';
import { startTestApp, type TestApp } from '../harness.ts';

/** This folder is only run where the real servers are: a missing one is a failure, never a skip. */
function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start the WordPress sites and export the TEST_* variables first.`);
  return value;
}

const wordpress = [1, 2].map((number) => ({
  number,
  url: needed(`TEST_WP${number}_URL`),
  user: needed(`TEST_WP${number}_USER`),
  loginPassword: needed(`TEST_WP${number}_LOGIN_PASSWORD`),
}));

let app: TestApp;
let ada: Account;
let eve: Account;
beforeAll(async () => {
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
  const address = await app.server.listen({ host: '127.0.0.1', port: 0 });
  app.ctx.config.http.appUrl = address;
  ada = await givenAccount(app, 'ada@example.com');
  eve = await givenAccount(app, 'eve@example.com');
});
afterAll(async () => {
  for (const site of await app.ctx.db.select().from(sites)) {
    // The sites are shared: the password that was handed out is taken back, and no other one.
    const client = connectToSite(app.ctx, site);
    const { json } = await client.call('GET', '/wp/v2/users/me/application-passwords/introspect');
    const { uuid } = z.object({ uuid: z.uuid(), name: z.literal('blog-poster') }).parse(json);
    await client.call('DELETE', `/wp/v2/users/me/application-passwords/${uuid}`);
  }
  await app.close();
});

/** Someone's browser at a site: keeps its cookies, follows nothing by itself. */
function browserAt(origin: string) {
  const cookies = new Map<string, string>();
  return async (path: string, form?: Record<string, string>) => {
    const answer = await fetch(new URL(path, origin), {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return { status: answer.status, location: answer.headers.get('location') ?? '', text: await answer.text() };
  };
}

/** Logs in at the site and answers the question of its page; returns where WordPress sends the browser. */
async function answerAt(
  { url, user, loginPassword }: (typeof wordpress)[0],
  authorizeUrl: string,
  answer: 'approve' | 'reject',
) {
  const browse = browserAt(url);
  await browse('/wp-login.php');
  const login = { log: user, pwd: loginPassword, 'wp-submit': 'Log In', testcookie: '1', redirect_to: authorizeUrl };
  const { status, location } = await browse('/wp-login.php', login);
  expect({ status, location }).toEqual({ status: 302, location: authorizeUrl });
  const page = await browse(authorizeUrl);
  expect(page.status).toBe(200);
  // What the form of the page would send.
  const [form = ''] = /<form[^>]*authorize-application\.php[\s\S]*?<\/form>/.exec(page.text) ?? [];
  const fields: Record<string, string> = {};
  for (const [input] of form.matchAll(/<input[^>]*>/g)) {
    const [name, value] = ['name', 'value'].map((part) => new RegExp(`\\b${part}=["']([^"']*)`).exec(input)?.[1]);
    if (name && !/submit/i.test(input)) fields[name] = (value ?? '').replaceAll('&#038;', '&').replaceAll('&amp;', '&');
  }
  expect(Object.keys(fields)).toContain('_wpnonce');
  const sent = await browse('/wp-admin/authorize-application.php', { ...fields, [answer]: 'yes' });
  expect(sent.status).toBe(302);
  return sent.location;
}

const follow = (location: string, cookie: string) => fetch(location, { redirect: 'manual', headers: { cookie } });

describe.each(wordpress)('one click at site $number', (site) => {
  const begin = () =>
    ada.api.ask<{ authorizeUrl: string; returns: string }>('POST', '/sites/connect', { url: site.url });

  it('hands a password over that works, once, and to nobody else', async () => {
    const { json } = await begin();
    expect(json.returns).toBe('callback');
    const location = await answerAt(site, json.authorizeUrl, 'approve');
    expect(location).toContain(`${app.ctx.config.http.appUrl}/api/v1/sites/connect/callback?state=`);
    const password = new URL(location).searchParams.get('password') ?? '';
    expect(password.replaceAll(' ', '')).toMatch(/^[\da-z]{24}$/i);

    const led = async (cookie: string) => (await follow(location, cookie)).headers.get('location') ?? '';
    expect(await led(eve.cookie)).toBe('/sites?connectProblem=other_user');
    const id = /^\/sites\?connected=([\da-f-]{36})$/.exec(await led(ada.cookie))?.[1] ?? '';
    expect(await led(ada.cookie)).toBe('/sites?connectProblem=used');

    const [row] = await app.ctx.db.select().from(sites).where(eq(sites.id, id));
    expect(row).toMatchObject({
      name: `Site ${site.number}`,
      url: `${site.url}/`,
      username: site.user,
      connectedBy: 'authorized',
      lastCheck: { ok: true },
    });
    if (row) {
      expect(openCredential(app.ctx.secrets, row)).toBe(password.replaceAll(' ', ''));
      expect((await connectToSite(app.ctx, row).me()).username).toBe(site.user);
    }
    expect(app.logs.join('\n')).not.toContain(password.replaceAll(' ', ''));
  });

  it('stores nothing when the user says no there', async () => {
    const before = await app.ctx.db.$count(sites);
    const { json } = await begin();
    const location = await answerAt(site, json.authorizeUrl, 'reject');
    const answer = await follow(location, ada.cookie);
    expect(answer.headers.get('location')).toBe('/sites?connectProblem=denied');
    expect(await app.ctx.db.$count(sites)).toBe(before);
  });
});
