import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectToSite } from '../../src/sites/connect.ts';
import { openCredential } from '../../src/sites/credentials.ts';
import { sites } from '../../src/sites/schema.ts';
import { type Account, givenAccount } from '../accounts.ts';
import { startTestApp, type TestApp } from '../harness.ts';
import { answerAt, revokeHandedOut, sitesWithLogin } from './wordpress-login.ts';

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
    await revokeHandedOut(connectToSite(app.ctx, site));
  }
  await app.close();
});

const follow = (location: string, cookie: string) => fetch(location, { redirect: 'manual', headers: { cookie } });

describe.each(sitesWithLogin)('one click at site $number', (site) => {
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
