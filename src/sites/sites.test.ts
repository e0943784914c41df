import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import { openCredential } from './credentials.ts';
import { sites } from './schema.ts';

let app: TestApp;
/** A host that may be asked and does not answer: its port was free a moment ago. */
let silent: string;
beforeAll(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  silent = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.close();
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: silent } });
});
afterAll(() => app.close());

const secretPassword = 'abcd EFGH ijkl MNOP qrst UVWX';
const body = (more: Record<string, unknown> = {}) => ({
  name: `Site ${newId()}`,
  url: `http://${silent}`,
  username: `admin-${newId()}`,
  applicationPassword: secretPassword,
  ...more,
});
async function call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object, headers = {}) {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}), headers });
  return { status: answer.statusCode, text: answer.body, json: answer.body === '' ? null : answer.json() };
}
const rowOf = async (id: string) => {
  const [row] = await app.ctx.db.select().from(sites).where(eq(sites.id, id));
  if (!row) throw new Error('no such row');
  return row;
};

describe('sites', () => {
  it('stores a site that does not answer, and says so at once', async () => {
    const answer = await call(
      'POST',
      '/sites',
      body({ name: 'Bakery', username: 'admin', url: ` http://${silent}/wp-admin/index.php ` }),
    );
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({ name: 'Bakery', url: `http://${silent}/`, username: 'admin' });
    expect(answer.json.lastCheck.ok).toBe(false);
    expect(answer.json.lastCheck.findings[0]).toMatchObject({ code: 'refused', severity: 'error' });
    const { renewed, ...stored } = answer.json;
    expect(renewed).toBe(false);
    expect((await call('GET', `/sites/${stored.id}`)).json).toEqual(stored);
  });

  it('never gives the password out, nor logs it, and stores it without its spaces', async () => {
    const created = await call('POST', '/sites', body());
    const all = await call('GET', '/sites?limit=100');
    const checked = await call('POST', `/sites/${created.json.id}/check`);
    const said = [created.text, all.text, checked.text, ...app.logs].join('\n');
    for (const form of [secretPassword, secretPassword.replaceAll(' ', ''), 'abcd', 'credential']) {
      expect(said).not.toContain(form);
    }
    expect(openCredential(app.ctx.secrets, await rowOf(created.json.id))).toBe('abcdEFGHijklMNOPqrstUVWX');
  });

  it('refuses a private address that is not listed, says exactly that and how to list it', async () => {
    const { json } = await call('POST', '/sites', body({ url: 'http://127.0.0.1:8099' }));
    expect(json.lastCheck).toEqual({
      ok: false,
      findings: [
        {
          code: 'address_blocked',
          severity: 'error',
          message: expect.stringContaining('127.0.0.1:8099 is on this machine or in a private network'),
          hint: expect.stringContaining('ALLOW_PRIVATE_HOSTS=127.0.0.1:8099'),
        },
      ],
    });
  });

  it.each([
    ['url', { url: 'ftp://example.com' }],
    ['url', { url: 'example.com' }],
    ['url', { url: 'https://user:pass@example.com' }],
    ['username', { username: 'a:b' }],
    ['applicationPassword', { applicationPassword: '  ' }],
  ])('refuses a wrong %s (%o) and names the field', async (path, wrong) => {
    const answer = await call('POST', '/sites', body(wrong));
    expect(answer.status).toBe(422);
    expect(answer.json.errors[0].path).toBe(path);
    expect(answer.text).not.toContain('user:pass');
  });

  it('refuses a name in use, whatever its case, on creation and on change', async () => {
    await call('POST', '/sites', body({ name: 'Twice' }));
    expect(await call('POST', '/sites', body({ name: 'tWICE' }))).toMatchObject({
      status: 409,
      json: { code: 'conflict' },
    });
    const other = await call('POST', '/sites', body({ name: 'Once' }));
    expect((await call('PATCH', `/sites/${other.json.id}`, { name: 'TWICE' })).status).toBe(409);
    expect((await call('PATCH', `/sites/${other.json.id}`, { name: 'ONCE' })).json.name).toBe('ONCE');
  });

  it('creates one site for a repeated request with the same Idempotency-Key', async () => {
    const request = body();
    const key = { 'idempotency-key': 'site-1' };
    const [one, two] = [await call('POST', '/sites', request, key), await call('POST', '/sites', request, key)];
    expect(two.status).toBe(201);
    expect(two.json).toEqual(one.json);
    expect((await call('POST', '/sites', { ...request, username: 'other' }, key)).status).toBe(409);
  });

  it('asks for the password again before it would go to another host or unencrypted', async () => {
    const { json } = await call('POST', '/sites', body());
    const elsewhere = await call('PATCH', `/sites/${json.id}`, { url: 'http://127.0.0.1:8098' });
    expect(elsewhere.status).toBe(422);
    expect(elsewhere.json.errors[0].path).toBe('applicationPassword');
    expect((await rowOf(json.id)).url).toBe(`http://${silent}/`);

    const same = await call('PATCH', `/sites/${json.id}`, { url: `http://${silent}/blog/` });
    expect(same.json.url).toBe(`http://${silent}/blog/`);
    const moved = await call('PATCH', `/sites/${json.id}`, {
      url: 'http://127.0.0.1:8098',
      applicationPassword: 'neu neu',
    });
    expect(moved.json.lastCheck.findings[0].code).toBe('address_blocked');
    expect(openCredential(app.ctx.secrets, await rowOf(json.id))).toBe('neuneu');
  });

  it('deletes a site, but not while something is still to be sent to it', async () => {
    const { json } = await call('POST', '/sites', body());
    const article = newId();
    await app.ctx.db.execute(
      sql`insert into articles (id, user_id, title, slug, markdown, word_count, status) values (${article}, ${app.ctx.ownerId}, 'T', 't', 'x', 1, 'ready')`,
    );
    await app.ctx.db.execute(
      sql`insert into publications (id, user_id, article_id, site_id, wanted, status) values (${newId()}, ${app.ctx.ownerId}, ${article}, ${json.id}, 'draft', 'queued')`,
    );
    expect(await call('DELETE', `/sites/${json.id}`)).toMatchObject({ status: 409, json: { code: 'invalid_state' } });
    await app.ctx.db.execute(sql`update publications set status = 'cancelled' where site_id = ${json.id}`);
    expect((await call('DELETE', `/sites/${json.id}`)).status).toBe(204);
    expect((await call('GET', `/sites/${json.id}`)).status).toBe(404);
  });

  it('shows nobody the site of another user', async () => {
    const [stranger, id] = [newId(), newId()];
    await app.ctx.db.execute(sql`insert into users (id, name) values (${stranger}, 'Stranger')`);
    await app.ctx.db.execute(
      sql`insert into sites (id, user_id, name, url, username, credential, credential_key_id) values (${id}, ${stranger}, 'Theirs', 'https://theirs.example/', 'x', 'x', 'x')`,
    );
    for (const method of ['GET', 'DELETE'] as const) expect((await call(method, `/sites/${id}`)).status).toBe(404);
    expect((await call('PATCH', `/sites/${id}`, { name: 'Mine' })).status).toBe(404);
    expect((await call('POST', `/sites/${id}/check`)).status).toBe(404);
    expect((await call('GET', '/sites?limit=100')).text).not.toContain('Theirs');
  });

  it('keeps the root, time zone and SEO plugin of a good check, and no zone that is none', async () => {
    const site = await startSite({ namespaces: ['wp/v2', 'seopress/v1'], timezone_string: 'Europe/Paris' });
    try {
      const { json } = await call('POST', '/sites', body({ url: site.url }));
      expect(json).toMatchObject({ lastCheck: { ok: true }, timezone: 'Europe/Paris', seoPlugin: 'seopress' });
      expect((await rowOf(json.id)).restRoot).toBe(`${site.url}/wp-json/`);
      Object.assign(site.index, { namespaces: ['wp/v2'], timezone_string: 'Europe/<b>' });
      await call('POST', `/sites/${json.id}/check`);
      expect(await rowOf(json.id)).toMatchObject({ timezone: 'Europe/Paris', seoPlugin: null });
    } finally {
      await site.close();
    }
  });

  it('tries an upload when asked to, and refuses any other wish', async () => {
    const site = await startSite({ namespaces: ['wp/v2'] });
    try {
      const { json } = await call('POST', '/sites', body({ url: site.url }));
      for (const wish of [undefined, {}, { tryUpload: false }]) {
        expect((await call('POST', `/sites/${json.id}/check`, wish)).status).toBe(200);
      }
      expect(site.requests.some((request) => request.includes('/media'))).toBe(false);
      const tried = await call('POST', `/sites/${json.id}/check`, { tryUpload: true });
      expect(tried.json).toMatchObject({ ok: true });
      expect(tried.json.findings).toContainEqual(
        expect.objectContaining({ code: 'may_not_upload', severity: 'warning' }),
      );
      expect(site.requests.filter((request) => request.startsWith('POST /wp-json/wp/v2/media'))).toHaveLength(1);
      expect((await call('POST', `/sites/${json.id}/check`, { upload: true })).status).toBe(422);
    } finally {
      await site.close();
    }
  });

  it('says what to do when the stored password can no longer be read', async () => {
    const { json } = await call('POST', '/sites', body());
    await app.ctx.db.update(sites).set({ credentialKeyId: 'of another secret' }).where(eq(sites.id, json.id));
    const answer = await call('POST', `/sites/${json.id}/check`);
    expect(answer).toMatchObject({
      status: 500,
      json: { code: 'secret_unreadable', hint: expect.stringContaining('APP_SECRET') },
    });
  });
});

/** A site that is well, may be changed in its index, and refuses uploads. */
async function startSite(more: Record<string, unknown>) {
  const index: Record<string, unknown> = { name: 'Blog', authentication: { 'application-passwords': {} }, ...more };
  const capabilities = { edit_posts: true, publish_posts: true, upload_files: true };
  const requests: string[] = [];
  const server = createHttpServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site.invalid');
    requests.push(`${request.method} ${pathname}`);
    const refused = pathname.endsWith('/media');
    const me = { id: 1, name: 'Ann', username: 'ann', roles: ['author'], capabilities };
    const said = refused ? { code: 'rest_cannot_create', message: 'Not you.' } : pathname.endsWith('/me') ? me : index;
    request.resume();
    response.writeHead(refused ? 403 : 200, { 'content-type': pathname === '/' ? 'text/html' : 'application/json' });
    response.end(pathname === '/' ? '<html></html>' : JSON.stringify(said));
  });
  // The one address that the app may reach.
  server.listen(Number(silent.split(':')[1]), '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { url: `http://${silent}`, index, requests, close };
}
