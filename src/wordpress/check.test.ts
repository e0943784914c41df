import { describe, expect, it } from 'vitest';
import { fetchFailed } from '../net/fetch-errors.ts';
import type { SafeFetch, SafeFetchOptions, SafeFetchResponse } from '../net/safe-fetch.ts';
import { type CheckOptions, checkSite } from './check.ts';
import { tryUpload } from './check-upload.ts';
import { createWordPressClient } from './client.ts';

// What each way of being wrong is called. The real sites of test/services/doctor.test.ts show the commonest for real.

interface Answer {
  status?: number;
  url?: string;
  headers?: Record<string, string>;
  body?: unknown;
}
type Asked = { kind: string; url: URL; options: SafeFetchOptions };
type Site = (asked: Asked) => Answer | undefined;

const password = 'abcd EFGH ijkl MNOP qrst UVWX';
const now = new Date('2026-03-01T12:00:00Z');
const index = {
  name: 'Blog',
  home: 'https://blog.example',
  namespaces: ['wp/v2'],
  timezone_string: 'Europe/Paris',
  authentication: { 'application-passwords': { endpoints: {} } },
};
const author = {
  id: 1,
  name: 'Ann',
  username: 'ann',
  roles: ['author'],
  capabilities: { edit_posts: true, publish_posts: true, upload_files: true },
};
const notLoggedIn = { status: 401, body: { code: 'rest_not_logged_in', message: 'You are not currently logged in.' } };
const fault = (code: number) =>
  `<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>${code}</int></value></member><member><name>faultString</name><value><string>No.</string></value></member></struct></value></fault></methodResponse>`;
const blogs =
  '<?xml version="1.0"?><methodResponse><params><param><value><array><data></data></array></value></param></params></methodResponse>';
const xml = (text: string): Answer => ({ body: text, headers: { 'content-type': 'text/xml' } });

/** A site that is well, but for what `site` answers in its place. Requests are named `GET /`, `REST /wp/v2/users/me`, `XML`. */
function connect(site: Site, applicationPassword = password, siteUrl = 'https://blog.example') {
  const requests: Asked[] = [];
  const ask = async (target: string | URL, options: SafeFetchOptions): Promise<SafeFetchResponse> => {
    const url = new URL(target);
    const route = url.searchParams.get('rest_route') ?? /\/wp-json(\/.*)$/.exec(url.pathname)?.[1];
    const kind = url.pathname.endsWith('xmlrpc.php') ? 'XML' : route ? `REST ${route}` : `GET ${url.pathname}`;
    requests.push({ kind, url, options });
    const well: Record<string, Answer> = {
      'REST /': { body: index },
      'REST /wp/v2/users/me': { body: author },
      'REST /wp/v2/posts': { body: {} },
      XML: { status: 404 },
    };
    const { status = 200, url: from, headers, body = '' } = site({ kind, url, options }) ?? well[kind] ?? {};
    const type = typeof body === 'string' ? 'text/html' : 'application/json';
    return {
      status,
      url: from ?? url.href,
      redirects: [],
      headers: new Headers({ 'content-type': type, date: now.toUTCString(), ...headers }),
      body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
    };
  };
  const safeFetch: SafeFetch = Object.assign(ask, { close: async () => undefined });
  const client = createWordPressClient({
    safeFetch,
    siteUrl,
    username: 'ann',
    applicationPassword,
  });
  return { client, requests };
}
async function check(site: Site, options: CheckOptions = {}, applicationPassword?: string) {
  return checkSite(connect(site, applicationPassword).client, { now: () => now, ...options });
}
const trouble = async (site: Site, options: CheckOptions = {}, applicationPassword?: string) => {
  const { ok, findings } = await check(site, options, applicationPassword);
  const found = findings.filter(({ severity }) => severity !== 'info');
  expect(found.every(({ message, hint }) => message.length > 10 && hint.length > 10)).toBe(true);
  expect(JSON.stringify(findings)).not.toMatch(/abcd ?EFGH/);
  return { ok, codes: found.map(({ code }) => code).join(' '), found };
};
/** A site that refuses the login over REST, at both roots. */
const refusing =
  (more: Record<string, Answer> = {}): Site =>
  ({ kind }) =>
    more[kind] ?? (kind === 'REST /wp/v2/users/me' ? notLoggedIn : undefined);

describe('a connection that fails', () => {
  it.each([
    ['ENOTFOUND', 'dns', 'dns'],
    ['CERT_HAS_EXPIRED', 'tls', 'tls_expired'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', 'tls_self_signed'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls', 'tls_self_signed'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', 'tls_wrong_host'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls', 'tls'],
  ] as const)('with %s is called %s: %s', async (code, cause, expected) => {
    const failing: Site = () => {
      throw fetchFailed('The connection failed.', cause, { code });
    };
    expect(await trouble(failing)).toMatchObject({ ok: false, codes: expected });
  });

  it.each([
    ['https://www.blog.example/', 'redirected_to_www'],
    ['https://other.example/', 'redirected_to_other_host'],
    ['http://blog.example/', 'redirected_to_http'],
  ])('by a redirect to %s is called %s', async (url, code) => {
    const { codes, found } = await trouble(({ kind }) => (kind === 'GET /' ? { url } : undefined));
    expect(codes).toBe(code);
    if (code !== 'redirected_to_http') expect(found[0]?.hint).toContain(url);
  });

  it.each([
    ['WordPress as a page', 'Briefly unavailable for scheduled maintenance. Check back in a minute.', {}],
    ['WordPress in JSON', { code: 'wp_die', message: 'Kurzzeitig in Wartung' }, { 'retry-after': '600' }],
    ['WordPress in its own language', '<div class="wp-die-message">Wartung</div>', { 'retry-after': '600' }],
    ['a plugin', '<title>Site under maintenance</title>', {}],
  ])('in the maintenance of %s is called so', async (_, body, headers) => {
    const busy: Answer = { status: 503, body, headers: headers as Record<string, string> };
    expect((await trouble(() => busy)).codes).toBe('maintenance');
  });

  it('with a 503 of its own is a failing server', async () => {
    const busy: Answer = { status: 503, body: '<h1>Oops</h1>', headers: { 'retry-after': '9' } };
    expect((await trouble(() => busy)).codes).toBe('server_error');
  });

  it.each(['rest_disabled', 'rest_login_required', 'rest_cannot_access', 'itsec_rest_api_access_restricted'])(
    'because a plugin answers %s has a closed REST API',
    async (code) => {
      const closed: Site = ({ kind }) =>
        kind.startsWith('REST') ? { status: 403, body: { code, message: 'Closed.' } } : undefined;
      expect(await trouble(closed)).toMatchObject({ ok: false, codes: 'rest_disabled' });
    },
  );

  it('because of a page with 403 has a firewall', async () => {
    const wall: Site = ({ kind }) => (kind.startsWith('REST') ? { status: 403, body: '<h1>Blocked</h1>' } : undefined);
    expect(await trouble(wall)).toMatchObject({ ok: false, codes: 'firewall' });
  });
});

describe('a refused login', () => {
  it.each([
    ['Apache/2.4', ['RewriteRule', 'CGIPassAuth'], 'fastcgi_param'],
    ['nginx/1.29', ['fastcgi_param HTTP_AUTHORIZATION', 'proxy_set_header'], 'RewriteRule'],
  ])('that XML-RPC accepts is a header lost by %s, with its lines', async (server, given, left) => {
    const { codes, found } = await trouble(
      refusing({ XML: xml(blogs), 'REST /': { body: index, headers: { server } } }),
    );
    expect(codes).toBe('authorization_stripped');
    const lines = found[0]?.lines?.join('\n') ?? '';
    for (const part of given) expect(lines).toContain(part);
    expect(lines).not.toContain(left);
  });

  it('that XML-RPC refuses is a wrong password, or one that was revoked', async () => {
    const wrong = await trouble(refusing({ XML: xml(fault(403)) }));
    expect(wrong).toMatchObject({
      codes: 'credentials_rejected',
      found: [{ message: expect.stringContaining('wrong') }],
    });
    expect(wrong.found[0]).not.toHaveProperty('lines');
    const revoked = await trouble(refusing({ XML: xml(fault(403)) }), { handedOver: true });
    expect(revoked.found[0]?.message).toContain('revoked');
  });

  it('of the login page is told apart, although XML-RPC accepts it', async () => {
    const { codes, found } = await trouble(refusing({ XML: xml(blogs) }), {}, 'correct horse!');
    expect(codes).toBe('credentials_rejected');
    expect(found[0]?.message).toContain('login page');
  });

  it.each<[string, Answer]>([
    ['is not there', { status: 404 }],
    ['is forbidden', { status: 403, body: fault(403) }],
    ['is switched off', xml(fault(405))],
    ['redirects', { status: 301, headers: { location: 'https://evil.example/' } }],
    ['is a page', xml('<html><body>Hello')],
    ['declares entities', xml(blogs.replace('?>', `?><!DOCTYPE methodResponse [<!ENTITY a "b">]>`))],
    ['has an error printed before it', xml(`Warning: x${blogs}`)],
  ])('where XML-RPC %s gets both mends, and a lost header if the site gave the password out', async (_, answer) => {
    const typed = await trouble(refusing({ XML: answer }));
    expect(typed.codes).toBe('credentials_rejected');
    expect(typed.found[0]?.lines?.length).toBeGreaterThan(3);
    expect(typed.found[0]?.hint).toContain('new Application Password');
    expect((await trouble(refusing({ XML: answer }), { handedOver: true })).codes).toBe('authorization_stripped');
  });

  it('asks XML-RPC with what was typed, escaped, and follows nothing', async () => {
    const { client, requests } = connect(refusing(), 'a<b>&"c');
    await checkSite(client);
    const asked = requests.find(({ kind }) => kind === 'XML')?.options;
    expect(asked).toMatchObject({ method: 'POST', redirect: 'manual' });
    expect(asked?.body).toContain('<string>a&#60;b&#62;&#38;&#34;c</string>');
  });

  it('is asked about over XML-RPC below the path where the site lies', async () => {
    const { client, requests } = connect(refusing(), password, 'https://blog.example/news');
    await checkSite(client);
    expect(requests.find(({ kind }) => kind === 'XML')?.url.href).toBe('https://blog.example/news/xmlrpc.php');
  });

  it('that works at the other root uses that root from then on', async () => {
    const { client, requests } = connect(({ kind, url }) =>
      kind === 'REST /wp/v2/users/me' && url.pathname.startsWith('/wp-json') ? notLoggedIn : undefined,
    );
    const report = await checkSite(client);
    expect(report).toMatchObject({ ok: true, restRoot: 'https://blog.example/?rest_route=/' });
    expect(report.findings).toContainEqual(expect.objectContaining({ code: 'other_root_used', severity: 'info' }));
    expect(requests.some(({ kind }) => kind === 'XML')).toBe(false);
  });

  it('for want of Application Passwords is not asked over XML-RPC, which refuses right ones then', async () => {
    const off = { ...index, authentication: [] };
    const { client, requests } = connect(refusing({ 'REST /': { body: off }, XML: xml(fault(403)) }));
    expect((await checkSite(client, { now: () => now })).findings.map(({ code }) => code)).toEqual([
      'site_answers',
      'application_passwords_off',
    ]);
    expect(requests.some(({ kind }) => kind === 'XML')).toBe(false);
  });

  it.each([
    ['5.5.3', 'wordpress_too_old'],
    ['4.9', 'wordpress_too_old'],
    ['5.6', 'credentials_rejected'],
  ])('of WordPress %s is called %s', async (version, code) => {
    const home = { body: `<meta name="generator" content="WordPress ${version}" />` };
    expect((await trouble(refusing({ 'GET /': home }))).codes).toBe(code);
  });
});

describe('a site that is well', () => {
  it('tells what is worth keeping', async () => {
    const seo = { body: { ...index, namespaces: ['wp/v2', 'rankmath/v1'] } };
    const report = await check(({ kind }) => (kind === 'REST /' ? seo : undefined));
    expect(report).toMatchObject({ ok: true, timezone: 'Europe/Paris', seoPlugin: 'rank-math' });
    expect(report.restRoot).toBe('https://blog.example/wp-json/');
  });

  it.each([
    [6, 'clock_skew'],
    [-6, 'clock_skew'],
    [4, ''],
  ])('with a clock %i minutes away', async (minutes, codes) => {
    const date = new Date(now.getTime() + minutes * 60_000).toUTCString();
    const off: Site = ({ kind }) => (kind === 'REST /' ? { body: index, headers: { date } } : undefined);
    expect(await trouble(off)).toMatchObject({ ok: true, codes });
    const cached: Site = ({ kind }) => (kind === 'REST /' ? { body: index, headers: { date, age: '9' } } : undefined);
    expect((await trouble(cached)).codes).toBe('');
  });

  it.each([
    ['http://localhost', ''],
    ['http://127.0.0.1:8080', ''],
    ['http://localhost.evil.example', 'insecure_http'],
    ['http://blog.example', 'insecure_http'],
  ])('at %s is warned of: %j', async (siteUrl, code) => {
    const { findings } = await checkSite(connect(() => undefined, password, siteUrl).client, { now: () => now });
    const codes = findings.map((finding) => finding.code);
    expect(codes.filter((found) => found === 'insecure_http').join('')).toBe(code);
  });

  it('but has a user who may not write is not usable', async () => {
    const reader = { body: { ...author, roles: ['subscriber'], capabilities: { read: true } } };
    const found = await trouble(({ kind }) => (kind === 'REST /wp/v2/users/me' ? reader : undefined));
    expect(found).toMatchObject({ ok: false, codes: 'may_not_write' });
  });

  it('reached over https after http is told so', async () => {
    const { client } = connect(() => undefined);
    const report = await checkSite({ ...client, siteUrl: 'http://blog.example/' });
    expect(report.findings).toContainEqual(expect.objectContaining({ code: 'redirected_to_https', severity: 'info' }));
  });

  it.each([
    ['yoast/v1', ['_yoast_wpseo_title'], /takes title, not description, focus keyword/],
    ['yoast/v1', ['_yoast_wpseo_title', '_yoast_wpseo_metadesc', '_yoast_wpseo_focuskw'], /keyword\.$/],
    ['seopress/v1', [], /^SEOPress/],
    ['rankmath/v1', [], /^Rank Math/],
  ])('with %s and the meta keys %o', async (namespace, keys, message) => {
    const meta = { properties: Object.fromEntries(keys.map((key) => [key, {}])) };
    const { findings } = await check(({ kind }) => {
      if (kind === 'REST /') return { body: { ...index, namespaces: ['wp/v2', namespace] } };
      return kind === 'REST /wp/v2/posts' ? { body: { schema: { properties: { meta } } } } : undefined;
    });
    const found = findings.find(({ code }) => code === 'seo_plugin_found');
    expect(found).toMatchObject({ severity: 'info', message: expect.stringMatching(message) });
  });
});

describe('the trial upload', () => {
  /** A media library in memory; `answer` decides what becomes of an upload. */
  function library(answer: 'well' | 'lost' | Answer, deletes: 'well' | 'never' = 'well') {
    const slugs = new Map<number, string>();
    const media = (id: number, slug: string) => ({ id, slug, source_url: 'https://blog.example/x.png' });
    const site: Site = ({ kind, options }) => {
      if (kind === 'REST /wp/v2/media' && options.method === 'POST') {
        if (typeof answer === 'object') return answer;
        const slug =
          /name="slug"\r\n\r\n(\S+)/.exec(Buffer.from(options.body as Uint8Array).toString('latin1'))?.[1] ?? '';
        slugs.set(7, slug);
        if (answer === 'lost') throw fetchFailed('Cut.', 'reset', {});
        return { status: 201, body: media(7, slug) };
      }
      if (kind === 'REST /wp/v2/media') return { body: [...slugs].map(([id, slug]) => media(id, slug)) };
      if (kind !== 'REST /wp/v2/media/7') return undefined;
      if (deletes === 'never') return { status: 403, body: { code: 'rest_cannot_delete', message: 'No.' } };
      slugs.delete(7);
      return { body: { deleted: true } };
    };
    return { slugs, client: connect(site).client };
  }

  it.each(['well', 'lost'] as const)('that goes %s leaves nothing behind', async (answer) => {
    const { client, slugs } = library(answer);
    const finding = await tryUpload(client, [0]);
    expect(finding.code).toBe(answer === 'well' ? 'upload_works' : 'connection_lost');
    expect(slugs.size).toBe(0);
  });

  it.each([
    [
      { status: 500, body: { code: 'rest_upload_unknown_error', message: 'Disk full.' } },
      'upload_refused',
      'Disk full.',
    ],
    [{ status: 500, body: { code: 'rest_upload_sideload_error', message: 'No PNG.' } }, 'upload_refused', 'No PNG.'],
    [{ status: 400, body: { code: 'rest_upload_limited_space', message: 'Full.' } }, 'upload_refused', 'Full.'],
    [{ status: 403, body: { code: 'rest_cannot_create', message: 'Not you.' } }, 'may_not_upload', 'Not you.'],
  ])('refused with %o says so in the words of the site', async (answer, code, words) => {
    const finding = await tryUpload(library(answer).client, [0]);
    expect(finding).toMatchObject({ code, severity: 'warning', message: expect.stringContaining(words) });
  });

  it('tells what it could not delete', async () => {
    const { client, slugs } = library('well', 'never');
    const finding = await tryUpload(client, [0]);
    expect(finding.code).toBe('upload_left');
    expect(finding.message).toContain([...slugs.values()][0]);
  });

  it('is made on request only', async () => {
    const { client, requests } = connect(() => undefined);
    await checkSite(client);
    expect(requests.some(({ kind }) => kind === 'REST /wp/v2/media')).toBe(false);
    await checkSite(client, { tryUpload: true });
    expect(requests.some(({ kind }) => kind === 'REST /wp/v2/media')).toBe(true);
  });
});
