import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createSafeFetch } from '../../src/net/safe-fetch.ts';
import { type CheckOptions, checkSite } from '../../src/wordpress/check.ts';
import { createWordPressClient } from '../../src/wordpress/client.ts';
import { type FaultRule, startFaultProxy } from '../fakes/fault-proxy.ts';
import { needed } from './environment.ts';
import { installMustUsePlugin } from './must-use-plugins.ts';
import { startProductionSite } from './production-site.ts';

interface Login {
  siteUrl: string;
  username: string;
  applicationPassword: string;
}
const sites = [1, 2].map((number) => ({
  siteUrl: needed(`TEST_WP${number}_URL`),
  username: needed(`TEST_WP${number}_USER`),
  applicationPassword: needed(`TEST_WP${number}_APP_PASSWORD`),
}));
const [pretty, plain] = sites as [Login, Login];
const safeFetch = createSafeFetch({ allowPrivateHosts: ['127.0.0.1', 'localhost'], userAgent: 'blog-poster tests' });
const connect = (login: Login) => createWordPressClient({ safeFetch, ...login });

const undo: (() => unknown)[] = [];
beforeAll(async () => {
  undo.push(
    await installMustUsePlugin('doctor.php', { namespace: 'bp-doctor/v1', header: 'x-bp-test-doctor', value: 'here' }),
    await installMustUsePlugin('seo-double.php', { namespace: 'yoast/v1', header: 'x-bp-test-seo', value: 'yoast' }),
  );
});
afterAll(async () => {
  for (const step of undo.reverse()) await step();
  await safeFetch.close();
});

/** Checks a site through a proxy with a rule, and gives the codes with their severities. */
async function through(
  login: Login,
  rule: FaultRule,
  headers: Record<string, string> = {},
  options: CheckOptions = {},
) {
  const proxy = await startFaultProxy(login.siteUrl, rule, headers);
  try {
    const check = await checkSite(connect({ ...login, siteUrl: proxy.url }), options);
    // The proxy is another address than the one WordPress calls its own.
    const findings = check.findings.filter(({ code }) => code !== 'other_address_named');
    return { ...check, findings, codes: findings.map(({ code }) => code), last: findings.at(-1), seen: proxy.seen() };
  } finally {
    await proxy.close();
  }
}
const nothing: FaultRule = () => undefined;
const stripped: FaultRule = () => ({ kind: 'strip', header: 'authorization' });

describe.each([
  ['pretty', pretty],
  ['plain', plain],
] as const)('the site with %s permalinks', (kind, site) => {
  it('is found well, with what is kept of it', async () => {
    const check = await checkSite(connect(site));
    expect(check).toMatchObject({ ok: true, seoPlugin: null, timezone: expect.any(String) });
    expect(check.restRoot).toBe(
      kind === 'plain' ? `${site.siteUrl}/index.php?rest_route=/` : `${site.siteUrl}/wp-json/`,
    );
    expect(check.findings.map(({ code }) => code)).toEqual([
      'site_answers',
      ...(kind === 'plain' ? ['plain_permalinks'] : []),
      'may_publish',
      'seo_plugin_none',
    ]);
  });

  it('behind a server that drops the header: XML-RPC proves that the password is right', async () => {
    const { ok, last, seen } = await through(site, stripped);
    expect(ok).toBe(false);
    expect(last).toMatchObject({ code: 'authorization_stripped', message: expect.stringContaining('XML-RPC accepts') });
    expect(last?.lines?.join('\n')).toContain('CGIPassAuth On');
    expect(seen['POST /xmlrpc.php']).toBe(1);
  });

  it('with a wrong password: XML-RPC proves that it is', async () => {
    const wrong = { ...site, applicationPassword: 'aaaaBBBBccccDDDDeeeeFFFF' };
    for (const rule of [nothing, stripped]) {
      const { last } = await through(wrong, rule);
      expect(last).toMatchObject({ code: 'credentials_rejected', message: expect.stringContaining('is wrong') });
    }
  });

  it('with the header dropped and XML-RPC closed: both mends', async () => {
    const rule: FaultRule = ({ kind: asked }) =>
      asked.endsWith('xmlrpc.php') ? { kind: 'answer', status: 403 } : { kind: 'strip', header: 'authorization' };
    expect((await through(site, rule)).last).toMatchObject({
      code: 'credentials_rejected',
      lines: expect.arrayContaining([expect.stringContaining('fastcgi_param')]),
    });
    expect((await through(site, rule, {}, { handedOver: true })).last?.code).toBe('authorization_stripped');
  });

  it('tries an upload and leaves nothing, also when the answer is lost; a refusal comes in the words of the site', async () => {
    const ours = async () => {
      const { json } = await connect(site).call('GET', '/wp/v2/media', {
        parameters: { search: 'blog-poster trial', _fields: 'id' },
      });
      return z.array(z.object({ id: z.int() })).parse(json);
    };
    expect((await through(site, nothing, {}, { tryUpload: true })).last?.code).toBe('upload_works');
    const lost: FaultRule = ({ kind: asked }) => (asked === 'POST /wp/v2/media' ? { kind: 'cut_after' } : undefined);
    expect((await through(site, lost, {}, { tryUpload: true })).last?.code).toBe('connection_lost');
    const refused = await through(site, nothing, { 'x-bp-test-doctor': 'no-uploads' }, { tryUpload: true });
    expect(refused.last).toMatchObject({
      code: 'upload_refused',
      message: expect.stringContaining('disk of this site'),
    });
    expect(await ours()).toEqual([]);
  });

  it('without Application Passwords, as in production over plain http', async () => {
    const server = await startProductionSite(kind === 'pretty' ? 1 : 2);
    try {
      const client = connect({ ...site, siteUrl: server.url });
      const { ok, findings } = await checkSite(client);
      expect(ok).toBe(false);
      expect(findings.map(({ code }) => code)).toEqual([
        'site_answers',
        ...(kind === 'plain' ? ['plain_permalinks'] : []),
        'application_passwords_off',
      ]);
      expect(findings.at(-1)).toMatchObject({ severity: 'error', hint: expect.stringContaining('https') });
      // It is the site and not the password: the same one is taken where the site calls itself local.
      await expect(client.me()).rejects.toMatchObject({ details: { status: 401 } });
      expect((await client.discover()).authorizeUrl).toBeUndefined();
      expect((await connect(site).me()).username).toBe(site.username);
    } finally {
      await server.stop();
    }
  });

  it('with a plugin that closes the REST API', async () => {
    const { codes } = await through(site, nothing, { 'x-bp-test-doctor': 'closed' });
    expect(codes).toEqual(['rest_disabled']);
  });

  it.each([
    ['yoast', /Yoast SEO .*takes title, description, not focus keyword/],
    ['rank-math', /Rank Math/],
    ['seopress', /SEOPress/],
  ])('with %s', async (plugin, message) => {
    const check = await through(site, nothing, { 'x-bp-test-seo': plugin });
    expect(check).toMatchObject({ ok: true, seoPlugin: plugin });
    expect(check.last).toMatchObject({ code: 'seo_plugin_found', message: expect.stringMatching(message) });
  });
});

it.each([
  [
    'maintenance',
    { status: 503, headers: { 'retry-after': '600' }, body: '<div class="wp-die-message">Wartung</div>' },
  ],
  ['firewall', { status: 403 }],
] as const)('an answer in place of the site is called %s', async (code, answer) => {
  expect((await through(pretty, () => ({ kind: 'answer', ...answer }))).codes).toEqual([code]);
});

it('names a redirect to another host, and sends no password there', async () => {
  const asked: (string | undefined)[] = [];
  const elsewhere = await startFaultProxy(pretty.siteUrl, ({ headers }) => {
    asked.push(headers.authorization);
    return undefined;
  });
  undo.push(() => elsewhere.close());
  const location = elsewhere.url.replace('127.0.0.1', 'localhost');
  const { codes, last } = await through(pretty, () => ({ kind: 'answer', status: 301, headers: { location } }));
  expect(codes).toEqual(['redirected_to_other_host']);
  expect(last?.hint).toContain(location);
  expect(asked).toEqual([undefined]);
});

it.each([
  ['administrator', true, []],
  ['editor', true, []],
  ['author', true, []],
  ['contributor', true, ['drafts_only', 'may_not_upload']],
  ['subscriber', false, ['may_not_write']],
] as const)('says what a real %s may do', async (role, ok, codes) => {
  const admin = connect(pretty);
  const name = `doctor-${randomUUID().slice(0, 13)}`;
  const made = await admin.call('POST', '/wp/v2/users', {
    body: { username: name, email: `${name}@example.test`, password: randomUUID(), roles: [role] },
  });
  const { id } = z.object({ id: z.int() }).parse(made.json);
  undo.push(() => admin.call('DELETE', `/wp/v2/users/${id}`, { parameters: { force: true, reassign: 1 } }));
  const given = await admin.call('POST', `/wp/v2/users/${id}/application-passwords`, { body: { name: 'doctor' } });
  const { password } = z.object({ password: z.string() }).parse(given.json);
  const login = { ...pretty, username: name, applicationPassword: password };
  const check = await checkSite(connect(login), { tryUpload: true });
  expect(check.ok).toBe(ok);
  expect(check.findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code)).toEqual(codes);
  // Who may not write is not asked for more; all who may upload have proved it.
  expect(check.findings.some(({ code }) => code === 'upload_works')).toBe(codes.length === 0);
});

const validFor2Days = ['-days', '2'];
it.each([
  ['tls_expired', 'localhost', undefined, true],
  ['tls_self_signed', 'localhost', validFor2Days, false],
  ['tls_wrong_host', 'other.example', validFor2Days, true],
] as const)('calls the certificate of a server %s', async (code, name, validity, trusted) => {
  const { key, cert, ca } = validity ? madeCertificate(name, validity) : expiredCertificate();
  const server = createServer({ key, cert }, (_, response) => response.end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const asking = createSafeFetch({
    allowPrivateHosts: ['127.0.0.1', 'localhost'],
    userAgent: 'blog-poster tests',
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    ...(trusted ? { ca } : {}),
  });
  undo.push(
    () => asking.close(),
    () => server.close(),
  );
  const siteUrl = `https://localhost:${(server.address() as AddressInfo).port}`;
  const client = createWordPressClient({ safeFetch: asking, siteUrl, username: 'a', applicationPassword: 'b' });
  const { ok, findings } = await checkSite(client);
  expect(ok).toBe(false);
  expect(findings.map((finding) => finding.code)).toEqual([code]);
});

/** A certificate made now, which is its own authority. */
function madeCertificate(name: string, validity: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'bp-doctor-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const args = ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject, ...validity];
    execFileSync('openssl', args, { stdio: 'pipe' });
    const pem = readFileSync(cert, 'utf8');
    return { key: readFileSync(key, 'utf8'), cert: pem, ca: pem };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of the repository: not every openssl makes certificates that have expired already. */
function expiredCertificate() {
  const pem = (file: string) => readFileSync(new URL(`../../src/net/__fixtures__/${file}`, import.meta.url), 'utf8');
  return { key: pem('server.key.pem'), cert: pem('expired.pem'), ca: pem('ca.pem') };
}
